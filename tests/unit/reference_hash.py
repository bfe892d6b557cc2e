"""The hash's definition, written as plainly as it can be: what the vectorised hasher is held to."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any


def json_value(value: Any) -> Any:
    """A stored value as the definition gives it to json.dumps."""
    if isinstance(value, Decimal):
        return float(value) + 0.0
    if isinstance(value, datetime):
        return str(value.astimezone(UTC))
    if isinstance(value, date):
        return str(value)
    if isinstance(value, list):
        return [json_value(element) for element in value]
    return value


def reference_hash(row: Mapping[str, Any]) -> str:
    text = json.dumps({name: json_value(value) for name, value in row.items()}, sort_keys=True, default=str)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:16]
