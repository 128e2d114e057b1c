# SPDX-License-Identifier: GPL-3.0-or-later
"""A flat dataclass (Cloth, Mechanics, Wishes …) as plain values + arrays, the two things the protocol carries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from .protocol import ProtocolError

Record = TypeVar("Record")


def pack(record: Any, name: str) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Split a dataclass: its arrays as `name.field`, everything else as plain values (tuples become lists in JSON)."""
    content = {entry.name: getattr(record, entry.name) for entry in fields(record)}
    content = {key: dict(value) if isinstance(value, Mapping) else value for key, value in content.items()}
    arrays = {f"{name}.{key}": value for key, value in content.items() if isinstance(value, np.ndarray)}
    return {key: value for key, value in content.items() if f"{name}.{key}" not in arrays}, arrays


def unpack(kind: type[Record], values: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]], name: str) -> Record:
    """The dataclass again. Raises ProtocolError when fields are missing or unknown."""
    content = {key: _tuples(value) for key, value in values.items()}
    content |= {key.removeprefix(f"{name}."): array for key, array in arrays.items() if key.startswith(f"{name}.")}
    try:
        return kind(**content)
    except TypeError as error:
        raise ProtocolError(f"The message does not hold a {kind.__name__}: {error}.") from error


def _tuples(value: Any) -> Any:
    """What was a tuple before JSON made it a list, to any depth."""
    return tuple(_tuples(entry) for entry in value) if isinstance(value, list) else value
