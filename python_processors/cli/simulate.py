"""`fullcourt simulate`."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from pathlib import Path

import click

from python_processors.cli import opening
from python_processors.cli.command import NOBODY, Command, guarded
from python_processors.cli.options import Day, json_option
from python_processors.errors import meant
from python_processors.places import SIMULATED
from python_processors.words import count_of


class _WithFaults(Command):
    """Lists the faults below the options; they are imported only then."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        from python_processors.simulation.faults import described

        with formatter.section("Faults"):
            formatter.write_dl(list(described().items()))


@click.command(cls=_WithFaults)
@click.option(
    "--out",
    default=SIMULATED,
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder to write to; else data/simulated, which is loaded where there is no archive.",
)
@click.option("--seasons", default=1, type=click.IntRange(1, 40), help="How many seasons.", show_default=True)
@click.option("--first-season", default=2021, type=click.IntRange(1980, 2100), help="Year in which the first starts.")
@click.option("--seed", default=7, type=click.IntRange(0), help="Another seed, another league.", show_default=True)
@click.option("--until", type=Day(), help="Last day with played games; later ones are scheduled.")
@click.option("--bettingpros", is_flag=True, help="Write BettingPros' lines on points, too.")
@click.option("--espn-rosters", is_flag=True, help="Write ESPN's rosters of teams, too.")
@click.option("--espn-scoreboard", is_flag=True, help="Write ESPN's scoreboard, too.")
@click.option("--nbac-play-by-play", is_flag=True, help="Write nba.com's own play-by-play, too.")
@click.option("--fault", "faults", multiple=True, help="Spoil the files: see below. May be repeated.")
@click.option("--fault-day", type=Day(), help="The day a fault is about; else one in the middle.")
@json_option
@guarded
def simulate(
    out: Path, seasons: int, first_season: int, seed: int, until: date | None, bettingpros: bool,
    espn_rosters: bool, espn_scoreboard: bool, nbac_play_by_play: bool, faults: tuple[str, ...], fault_day: date | None,
    as_json: bool,
) -> int:  # fmt: skip
    """Write the raw files of an invented league.

    Play-by-play, box scores, odds, injuries. The same arguments give the same bytes.
    """
    from python_processors.outputs import output_folder
    from python_processors.simulation import FolderNotEmptyError
    from python_processors.simulation import simulate as simulate_league
    from python_processors.simulation.faults import FAULTS, apply

    unknown = sorted(set(faults) - set(FAULTS))
    if unknown:
        raise click.BadParameter(
            f"no fault is called {', '.join(unknown)}.{meant(unknown[0], FAULTS)} There are {', '.join(FAULTS)}."
        )
    output_folder(out)
    if out.is_dir() and any(out.iterdir()):
        raise FolderNotEmptyError(out)
    written = simulate_league(
        out, seasons=seasons, first_season=first_season, seed=seed, until=until, bettingpros=bettingpros,
        espn_rosters=espn_rosters, espn_scoreboard=espn_scoreboard,
        nbac_play_by_play=nbac_play_by_play,
    )  # fmt: skip
    done = apply(out, list(faults), fault_day)
    opening.printed(
        {"folder": str(out), "seasons": [asdict(season) for season in written], "faults": [asdict(of) for of in done]},
        [
            *(
                f"{season.season}: {count_of(season.games, 'game')} played, {season.games_to_come:,} to come"
                f" ({season.first_date} to {season.last_date}), {count_of(sum(season.rows.values()), 'row')}"
                for season in written
            ),
            *(
                f"{of.fault}{f' of {of.day}' if of.day else ''}: "
                + ", ".join(f"{count_of(count, 'row')} of {table}" for table, count in of.rows.items())
                for of in done
            ),
            f"An invented league is in {out}: RAW_DIR={out} makes it the raw folder.",
        ],
        as_json,
    )  # fmt: skip
    return NOBODY
