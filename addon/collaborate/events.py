# SPDX-License-Identifier: GPL-3.0-or-later
"""What a connection tells the session. Plain data: nothing here needs what the connection itself stands on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .ledger import Key, Values


@dataclass(frozen=True)
class Online:
    """Whether the server is there; if not, why."""

    here: bool
    sentence: str = ""


@dataclass(frozen=True)
class Joined:
    """The whole of both documents, once; from now on changes."""

    design: Values
    review: Values


@dataclass(frozen=True)
class Changed:
    """What others changed in one of the documents; None where a value was taken away."""

    document: str
    values: Values


@dataclass(frozen=True)
class Written:
    """What this side wrote stands in the document now: over all that was told of these keys before."""

    keys: tuple[Key, ...]


@dataclass(frozen=True)
class People:
    """Who is here: their presence by client, this side's own among them; None: that one has gone."""

    states: Mapping[int, dict[str, Any] | None]


@dataclass(frozen=True)
class Saved:
    """Whether all that was written here is on the server's disk."""

    all: bool


@dataclass(frozen=True)
class Answered:
    """What became of a command; refused is empty where it was carried out."""

    command: str
    refused: str


@dataclass(frozen=True)
class Dragged:
    """A drag frame of somebody's."""

    frame: bytes


@dataclass(frozen=True)
class Denied:
    """The server did not take something, and says why."""

    sentence: str


@dataclass(frozen=True)
class Uploaded:
    """A version's GLB is in the room, and one for each size that it is seen in, by their SHA-256."""

    digest: str
    label: str
    sizes: dict[str, str]


@dataclass(frozen=True)
class Ended:
    """It is over, and why."""

    sentence: str


Event = Online | Joined | Changed | Written | People | Saved | Answered | Dragged | Denied | Uploaded | Ended


class AssetRefused(RuntimeError):
    """A file could not be brought to the server or fetched from it."""
