"""The charts, as Vega-Lite specifications; colours come from the page, light or dark, when it draws them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from python_processors.report.runs import Run

_MOST_BARS = 40
_ROOM_FOR = 10


def chart_specs(runs: Sequence[Run], rates: Mapping[str, float], tables: Sequence[str]) -> dict[str, Any]:
    """By the id of the element that shows it; a chart without data is left out."""
    newest = runs[-_MOST_BARS:]
    charts: dict[str, Any] = {}
    if newest:
        charts |= {"durations": _durations(newest), "spared": _spared(newest)}
    if any(table in rates for table in tables):
        charts["rates"] = _rates(rates, tables)
    return charts


def _durations(runs: Sequence[Run]) -> dict[str, Any]:
    values = [
        {
            "run": _name(run, number), "run id": run.run_id, "started": f"{run.started_at:%Y-%m-%d %H:%M} UTC",
            "seconds": round(run.seconds, 1), "dates": f"{run.first} to {run.last}", "verdict": run.verdict,
            "rows written": run.rows_written, "partitions built": run.built,
        }
        for number, run in enumerate(runs)
    ]  # fmt: skip
    return {
        **_bars("Run history: seconds of work in each run, oldest first", values, 200),
        "encoding": {
            "x": _by_run(len(runs)),
            "y": {"field": "seconds", "type": "quantitative", "title": "seconds of work"},
            "color": {
                "field": "verdict", "type": "nominal", "title": None,
                "scale": {
                    "domain": ["built", "nothing to do", "blocked", "failed"],
                    "range": [{"expr": name} for name in ("complete", "faint", "blocked", "failed")],
                },
            },
            "tooltip": _tooltip(
                "run id", "started", "dates", "seconds", "verdict", "partitions built", "rows written"
            ),
        },
    }  # fmt: skip


def _spared(runs: Sequence[Run]) -> dict[str, Any]:
    values = []
    for number, run in enumerate(runs):
        for place, (what, count) in enumerate(
            (("recomputed", run.built), ("left alone", run.left_alone), ("skipped by early cutoff", run.cut_off))
        ):
            bar = {"run": _name(run, number), "run id": run.run_id, "what": what, "place": place, "dates": count}
            values.append(bar)
    return {
        **_bars("Partitions that each run recomputed and left alone, oldest run first", values, 200),
        "encoding": {
            "x": _by_run(len(runs)),
            "y": {"field": "dates", "type": "quantitative", "title": "partitions"},
            "order": {"field": "place"},
            "color": {
                "field": "what", "type": "nominal", "title": None,
                "scale": {
                    "domain": ["recomputed", "left alone", "skipped by early cutoff"],
                    "range": [{"expr": name} for name in ("accent", "faint", "stale")],
                },
            },
            "tooltip": _tooltip("run id", "what", "dates"),
        },
    }  # fmt: skip


def _rates(rates: Mapping[str, float], tables: Sequence[str]) -> dict[str, Any]:
    values = [
        {"table": table, "milliseconds per date": round(1000 * rates[table], 1)} for table in tables if table in rates
    ]
    spec = _bars("Milliseconds that one date of each table takes, over all runs", values, {"step": 20})
    return {
        **spec,
        "mark": {"type": "bar", "color": {"expr": "accent"}},
        "encoding": {
            "y": {"field": "table", "type": "nominal", "sort": None, "title": None, "axis": {"labelLimit": 240}},
            "x": {"field": "milliseconds per date", "type": "quantitative", "axis": {"tickCount": 4}},
            "tooltip": _tooltip("table", "milliseconds per date"),
        },
    }


def _bars(description: str, values: list[dict[str, Any]], height: Any) -> dict[str, Any]:
    return {
        "description": description, "width": "container", "height": height, "data": {"values": values},
        "mark": {"type": "bar"}, "autosize": {"type": "fit-x", "contains": "padding"},
    }  # fmt: skip


def _by_run(runs: int) -> dict[str, Any]:
    axis = {"labelAngle": -40, "labelOverlap": True, "labelExpr": "split(datum.label, '#')[0]"}
    scale = {"paddingInner": 0.25, "paddingOuter": max(0.2, (_ROOM_FOR - runs) / 2)}  # few runs make no broad bars
    return {"field": "run", "type": "ordinal", "sort": None, "title": None, "axis": axis, "scale": scale}


def _name(run: Run, number: int) -> str:
    """A bar's label, made unique by what the axis does not show."""
    return f"{run.started_at:%m-%d %H:%M}#{number}"


def _tooltip(*fields: str) -> list[dict[str, str]]:
    return [{"field": field, "type": "nominal"} for field in fields]
