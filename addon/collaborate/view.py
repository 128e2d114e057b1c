# SPDX-License-Identifier: GPL-3.0-or-later
"""What the Collaborate panel shows of a review: sentences out of entries, each looked at before it is believed."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import bpy

from .. import bridge, shelf
from ..i18n import translated
from .garment import MEASURES, measures, shown
from .session import Session

_CHOSEN = (("fabric", "main"), ("colour", "main"), ("size", "garment"))  # what, and the part that the page names
_SAME = 1e-4  # metres


@dataclass(frozen=True)
class Said:
    """An entry of a review: its key, who made it, what it says; a version counts as resolved once it is approved."""

    key: str
    by: str
    text: str
    resolved: bool = False
    pinned: bool = False
    answers: tuple[Said, ...] = ()


def state_icon(here: Session) -> str:
    """How the connection stands."""
    if here.ended or not here.online:
        return "ERROR" if here.ended else "SORTTIME"
    return "CHECKMARK" if here.saved else "SORTTIME"


def comments(here: Session) -> list[Said]:
    """Threads, the open first, each with its answers."""
    marks, threads = here.review.get("marks", {}), []
    every = here.entries("comments")
    for key, entry in every:
        if "reply_to" not in entry:
            answers = tuple(_said(k, e, shown(e.get("text"))) for k, e in every if e.get("reply_to") == key)
            resolved = _of(marks, key).get("status") == "resolved"
            text = shown(entry.get("text"))
            threads.append(Said(key, shown(entry.get("by")), text, resolved, "piece" in entry, answers))
    return sorted(threads, key=lambda thread: thread.resolved)


def proposals(here: Session) -> list[Said]:
    """Those that nobody has decided yet."""
    decided = here.review.get("decisions", {})
    found: list[Said] = []
    for key, entry in here.entries("proposals"):
        if key not in decided:
            told = f"{held(entry.get('parameter'))} {_amount(here, entry)}", shown(entry.get("text"))
            found.append(_said(key, entry, ": ".join(filter(None, told))))
    return found


def held(name: object) -> str:
    """What someone holds or proposes to change, in words: parameters/sleeve_length is the sleeve length."""
    words = shown(name).rpartition("/")[2].replace("_", " ").capitalize()
    return translated(words) if words else ""


def _amount(here: Session, entry: Mapping[str, Any]) -> str:
    value, told = entry.get("value"), here.design.get(("offer", f"parameter/{entry.get('parameter')}"))
    if not isinstance(value, int | float):
        return "?"
    unit = told.get("unit") if isinstance(told, dict) else ""
    words = {"m": f"{100 * value:.1f} cm", "rad": f"{math.degrees(value):.0f}°", "1": f"{100 * value:.0f} %"}
    return words.get(str(unit), f"{value:.3g}")


def choices(here: Session) -> list[Said]:
    """Fabrics, colours and sizes that were chosen and that the garment does not have yet."""
    garment = here.object()
    if garment is None:
        return []
    return [
        _said(key, entry, f"{held(entry['what'])}: {shown(entry.get('value'))}")
        for key, entry in here.entries("choices")
        if (entry.get("what"), entry.get("part")) in _CHOSEN and not _worn(here, garment, entry)
    ]


def _worn(here: Session, garment: bpy.types.Object, choice: Mapping[str, Any]) -> bool:
    value = choice.get("value")
    if choice["what"] != "size":
        return value in (garment.toile.fabric, shelf.label(garment.toile.fabric), garment.toile.colour)
    told, body = here.design.get(("offer", f"body/{value}")), bridge.body_object_of(garment)
    if not isinstance(told, Mapping) or body is None:
        return False
    own = measures(body)
    return all(name in own and _near(told.get(name), own[name]) for name in MEASURES)


def _near(told: object, own: float) -> bool:
    return isinstance(told, int | float) and abs(told - own) < _SAME


def versions(here: Session) -> list[Said]:
    """The published versions, and who has approved each."""
    found: list[Said] = []
    for key, entry in here.entries("versions"):
        by = sorted({shown(e.get("by")) for _, e in here.entries("approvals") if e.get("version") == key})
        told = shown(entry.get("label")) or key[:8]
        found.append(_said(key, entry, f"{told} ✓ {', '.join(by)}" if by else told, bool(by)))
    return found


def _said(key: str, entry: Mapping[str, Any], text: str, resolved: bool = False) -> Said:
    return Said(key, shown(entry.get("by")), text, resolved)


def _of(entries: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    entry = entries.get(key)
    return entry if isinstance(entry, dict) else {}
