# SPDX-License-Identifier: GPL-3.0-or-later
"""What reviewers did in review sessions, as records of events: their comments, what they chose, what they approved.

A review is two documents of plain data, `design` and `review`, each a map of maps; it comes as one JSON object, or with
all others of a studio in the review server's store (SQLite), which pycrdt reads while no server holds it.
"""

from __future__ import annotations

import importlib
import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from ...sim.fabric import fabric_rows

_KINDS = {"comments": "comment", "choices": "chosen", "approvals": "approval"}
_LOOKS = {"fabric": "fabrics", "colour": "colours"}  # of the garment's own cloth, and where a design has them
_LARGEST = 64 * 2**20


class ReviewRefused(ValueError):
    """A file that holds no review."""


def read_reviews(path: Path) -> Iterator[Mapping[str, Any]]:
    """Records of a review's JSON file, or of every review in a server's store. Raises ReviewRefused, OSError."""
    with path.open("rb") as file:
        is_store = file.read(16) == b"SQLite format 3\0"
    if is_store:
        for documents in _rooms(path):
            yield from records(documents)
        return
    try:
        text = path.read_text("utf-8") if path.stat().st_size <= _LARGEST else ""
        documents = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ReviewRefused(f"{path.name} is no review: {error}. Give its two documents as one JSON object.") from error
    yield from records(documents)


def records(documents: object) -> Iterator[Mapping[str, Any]]:
    """Records as `events.read_events` reads them. Customers are a review's reviewers; each look is a garment of its
    own: the style in the fabric and colour that it is shown in, or that were chosen.

    documents: {"design": {"garment": {"style": …}, "fabrics": {"main": …}, "colours": {"main": …}}, "review":
    {"comments": …, "choices": …, "approvals": …}}. An entry that lacks what a record needs is one that cleaning
    reports. Raises ReviewRefused, and FabricRefused for a designer's own fabrics that cannot be read.
    """
    style = _at(documents, "design", "garment").get("style")
    if not isinstance(style, str):
        raise ReviewRefused("This review does not say which style it shows: export it from the room of a garment.")
    names = {row["label"]: name for name, row in fabric_rows().items()}
    shown = {what: _at(documents, "design", root).get("main") for what, root in _LOOKS.items()}
    for root, kind in _KINDS.items():
        for entry in _at(documents, "review", root).values():
            if not isinstance(entry, dict):
                raise ReviewRefused(f"An entry of this review's {root} is no object: export it anew.")
            entry = cast("dict[str, Any]", entry)
            if entry.get("role") == "designer":
                continue
            look = shown | ({str(entry.get("what")): entry.get("value")} if kind == "chosen" else {})
            if isinstance(label := look["fabric"], str):
                look["fabric"] = names.get(label, label)  # reviewers choose by what a fabric is called
            words = [word for what in _LOOKS if isinstance(word := look[what], str) and word]
            of = {"customer": entry.get("by"), "garment": ", ".join((style, *words)), "category": style}
            yield {**look, **of, "kind": kind, "date": _day(entry.get("at"))}


def _at(documents: object, *keys: str) -> dict[str, Any]:
    """A map within maps; an empty one where it is not there."""
    for key in keys:
        if not isinstance(documents, dict):
            raise ReviewRefused(f"This is no review: there is no map in which to look for {key!r}.")
        documents = cast("dict[str, Any]", documents).get(key, {})
    if not isinstance(documents, dict):
        raise ReviewRefused(f"This is no review: {keys[-1]!r} is no map.")
    return cast("dict[str, Any]", documents)


def _day(at: object) -> str | None:
    if isinstance(at, bool) or not isinstance(at, int | float):
        return None
    try:
        return datetime.fromtimestamp(at, UTC).date().isoformat()
    except (OverflowError, ValueError, OSError):
        return None


def _rooms(path: Path) -> Iterator[dict[str, Any]]:
    """The documents of each room in a server's store that shows a garment."""
    try:
        pycrdt: Any = importlib.import_module("pycrdt")
    except ImportError as error:
        raise ReviewRefused(f"{path.name}: a store of reviews needs pycrdt; give the reviews as JSON.") from error
    updates: dict[str, dict[str, list[bytes]]] = {}
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=1.0)) as base:
            found = base.execute(
                "select room, document, state, 0 as number from snapshot union all "
                "select room, document, change, log.id from log left join snapshot using (room, document) "
                "where log.id > coalesce(through, 0) order by number"
            )
            for room, document, update, _ in found:
                updates.setdefault(room, {}).setdefault(document, []).append(update)
    except sqlite3.DatabaseError as error:
        raise ReviewRefused(f"{path.name} is no store of reviews, or a server holds it: {error}. Stop it.") from error
    for _, of_room in sorted(updates.items()):
        documents: dict[str, Any] = {}
        for name, changes in of_room.items():
            doc = pycrdt.Doc()
            for change in changes:
                doc.apply_update(change)
            roots = {root: doc.get(root, type=pycrdt.Map).to_py() for root in doc}
            documents[name] = roots
        if "style" in _at(documents, "design", "garment"):
            yield documents
