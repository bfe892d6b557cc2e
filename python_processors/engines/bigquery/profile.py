"""dbt's credentials of a target, outside of a dbt run: the profile is the one place that says how to connect."""

from __future__ import annotations

import contextvars
import os
from typing import Any

from python_processors.contract import PROJECT_ROOT
from python_processors.engines.base import checked_name
from python_processors.errors import FullcourtError

PROFILE = "fullcourt"


class ProfileError(FullcourtError):
    """profiles/profiles.yml has no such target, or a variable that it needs is not set."""

    def __init__(self, target: str, cause: str) -> None:
        self.target = target
        super().__init__(
            f"The target `{target}` of profiles/profiles.yml cannot be used: {' '.join(cause.split())}"
            " Set FULLCOURT_TARGET and the variables that docs/bigquery.md lists. Nothing was changed."
        )


def credentials_of(target: str) -> Any:
    """The credentials that dbt itself would use, environment variables filled in.

    :raises ProfileError: the target is not in the profile, or cannot be filled in.
    """
    # dbt reads variables from its invocation's context; a copy leaves that of a run in this process alone.
    return contextvars.copy_context().run(_read, target)


def _read(target: str) -> Any:
    from dbt.adapters.factory import load_plugin
    from dbt.config.profile import Profile, read_profile
    from dbt.config.renderer import ProfileRenderer
    from dbt_common.context import set_invocation_context
    from dbt_common.dataclass_schema import ValidationError
    from dbt_common.exceptions import DbtBaseException

    set_invocation_context(dict(os.environ))
    try:
        raw = read_profile(str(PROJECT_ROOT / "profiles"))[PROFILE]
        _, settings = Profile.render_profile(raw, PROFILE, target, ProfileRenderer({}))
        # Profile.from_raw_profiles() would be the next step, and needs the flags of a dbt command (dbt 1.11).
        settings.pop("threads", None)
        credentials_class = load_plugin(settings.pop("type"))
        settings = credentials_class.translate_aliases(settings)
        credentials_class.validate(settings)
        found = credentials_class.from_dict(settings)
        checked_name("FULLCOURT_BIGQUERY_PROJECT", str(found.database), r"[A-Za-z0-9_][A-Za-z0-9_:.-]*")
        return found
    except (DbtBaseException, ValidationError) as error:
        raise ProfileError(target, str(error)) from error
