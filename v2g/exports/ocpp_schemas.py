"""The schemas of OCPP, which come with the package ocpp: whether messages are what they allow."""

from __future__ import annotations

import json
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from v2g.errors import UsageError

CALL = 2
"""Type of a message that asks for something (OCPP-J, 4.1.3)."""


def installed() -> bool:
    """Whether the package is there."""
    try:
        import ocpp.messages  # noqa: F401
    except ImportError:
        return False
    return True


def validate(version: str, station: str, messages: Iterable[Any]) -> None:
    """Hold SetChargingProfile requests to the schema of a version; raises UsageError for the first that breaks it."""
    from ocpp.messages import get_validator

    schema = get_validator(CALL, "SetChargingProfile", version, parse_float=Decimal)
    for number, message in enumerate(messages, start=1):
        exact = json.loads(json.dumps(message), parse_float=Decimal)  # 0.1 W as such: 1.6 asks for a multiple of 0.1
        fault = next(iter(schema.iter_errors(exact)), None)
        if fault is not None:
            where = ".".join(str(step) for step in fault.absolute_path)
            raise UsageError(
                f"Message {number} for charger {station} is not OCPP {version}, at {where}: {fault.message}. "
                "Nothing is written; please report this."
            )
