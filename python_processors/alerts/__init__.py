"""What runs tell a person, over the channels in FULLCOURT_ALERTS (docs/alerts.md): each thing once.

`findings` are what needs attention, `memory` is what each channel was told of them, `news` what is left to tell,
`digest` the words, `channels` the way there. `telling` puts them together for the commands.
"""

from __future__ import annotations

from python_processors.alerts.channels import CHANNELS
from python_processors.alerts.telling import alerting, tell_of_run

__all__ = ["CHANNELS", "alerting", "tell_of_run"]
