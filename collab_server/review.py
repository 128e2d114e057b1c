# SPDX-License-Identifier: GPL-3.0-or-later
"""What reviewers say and decide. They send commands; the server alone writes the review document, with who and when.

A command is a JSON object with `id` (32 hex digits, drawn by the client: sent again after a lost reply it changes
nothing), `do`, and:

| do        | by                  | takes                                                                              |
|-----------|---------------------|------------------------------------------------------------------------------------|
| `comment` | reviewer, designer| `text`; pinned: `piece`, `uv` (metres in the flat pattern); `reply_to` a comment  |
| `mark`  | reviewer, designer| `comment`, `status`: open or resolved                                             |
| `choose`| reviewer, designer| `what`: fabric, colour or size; `part`; `value`                                   |
| `propose` | reviewer, designer| `parameter`, `value` (SI), `text`                                                 |
| `decide`| designer          | `proposal`, `accepted`                                                            |
| `publish` | designer          | `glb` (SHA-256 of an asset of the room), `label`; `sizes`: {size: its own GLB}    |
| `approve` | reviewer, designer| `version`                                                                         |

The review document has a root map for each kind of entry (`ROOTS`); its values are plain objects.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeGuard

from pycrdt import Map

from .document import Document
from .limits import Limits
from .presence import Guest

ROOTS = frozenset({"comments", "marks", "choices", "proposals", "decisions", "versions", "approvals"})
_ID = re.compile(r"[0-9a-f]{32}")
_HASH = re.compile(r"[0-9a-f]{64}")
_SIZES = 60  # of one version
_COLOUR = re.compile(r"#[0-9a-f]{6}")


class CommandRefused(ValueError):
    """A command cannot be carried out; the text says why."""


@dataclass(frozen=True)
class Desk:
    """What a command may look at besides the review itself."""

    limits: Limits
    design: Document
    has_asset: Callable[[str], bool]
    sign: Callable[[bytes], str]


@dataclass(frozen=True)
class _Asked:
    body: dict[str, Any]
    limits: Limits

    def text(self, name: str, most: int = 120, optional: bool = False) -> str:
        value = self.body.get(name, "" if optional else None)
        if not isinstance(value, str) or (not value.strip() and not optional):
            raise CommandRefused(f"{name} is to be a text.")
        if len(value) > most:
            raise CommandRefused(f"{name} is longer than {most} letters.")
        return value

    def one_of(self, name: str, *choices: str) -> str:
        value = self.text(name)
        if value not in choices:
            raise CommandRefused(f"{name} is to be one of {', '.join(choices)}.")
        return value

    def matching(self, name: str, pattern: re.Pattern[str], kind: str) -> str:
        value = self.text(name)
        if not pattern.fullmatch(value):
            raise CommandRefused(f"{name} is to be {kind}.")
        return value

    def number(self, name: str) -> float:
        value = self.body.get(name)
        if not _finite(value):
            raise CommandRefused(f"{name} is to be a finite number.")
        return value

    def uv(self) -> list[float]:
        value = self.body.get("uv")
        if not (isinstance(value, list) and len(value) == 2 and all(map(_finite, value))):
            raise CommandRefused("uv is to be two finite numbers, in metres.")
        return value

    def sizes(self) -> dict[str, str]:
        value = self.body.get("sizes", {})
        if not isinstance(value, dict) or len(value) > _SIZES or not all(0 < len(size) <= 40 for size in value):
            raise CommandRefused(f"sizes is to be at most {_SIZES} names, each with its own GLB.")
        if not all(isinstance(glb, str) and _HASH.fullmatch(glb) for glb in value.values()):
            raise CommandRefused("sizes is to name each GLB by its SHA-256 in hexadecimal digits.")
        return value


def _finite(value: object) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e15 and math.isfinite(value)


def carry_out(review: Document, body: dict[str, Any], guest: Guest, at: float, desk: Desk) -> bytes | None:
    """Write what a guest asks into the review document; returns the update, or None where nothing changed.

    at: seconds since 1970. Raises CommandRefused, and then nothing has changed.
    """
    asked = _Asked(body, desk.limits)
    name = asked.matching("id", _ID, "32 hexadecimal digits")
    verb = asked.text("do")
    roles, write = _VERBS.get(verb, ((), None))
    if write is None:
        raise CommandRefused(f"There is no command {verb!r}; there are {', '.join(_VERBS)}.")
    if guest.role not in roles:
        raise CommandRefused(f"A {guest.role} may not {verb}.")
    by = {"id": name, "by": guest.name, "role": guest.role, "invite": guest.invite, "at": at}
    root, key, entry = write(review, asked, by, desk)
    shared = _root(review, root)
    known = shared.get(key)
    if root in _ONCE and known is not None:
        if known.get("id") == name and known.get("invite") == guest.invite:
            return None
        raise CommandRefused(f"There is already something under {key[:80]!r}.")
    if known is None and sum(len(_root(review, root)) for root in ROOTS) >= desk.limits.entries:
        raise CommandRefused("This review is full: export it and begin another.")
    if known is not None and known == {**entry, **by, "at": known.get("at")}:
        return None
    with review.doc.transaction():
        shared[key] = {**entry, **by}
    return review.news()


_Entry = tuple[str, str, dict[str, Any]]  # root, key, what is said


def _comment(review: Document, asked: _Asked, by: dict[str, Any], desk: Desk) -> _Entry:
    entry: dict[str, Any] = {"text": asked.text("text", desk.limits.comment)}
    if "reply_to" in asked.body:
        entry["reply_to"] = _existing(review, asked, "reply_to", "comments")
    elif "piece" in asked.body:
        entry |= {"piece": asked.text("piece"), "uv": asked.uv()}
    return "comments", by["id"], entry


def _mark(review: Document, asked: _Asked, by: dict[str, Any], desk: Desk) -> _Entry:
    comment = _existing(review, asked, "comment", "comments")
    return "marks", comment, {"status": asked.one_of("status", "open", "resolved")}


def _choose(review: Document, asked: _Asked, by: dict[str, Any], desk: Desk) -> _Entry:
    what, part = asked.one_of("what", "fabric", "colour", "size"), asked.text("part")
    if what == "colour":
        value = asked.matching("value", _COLOUR, "a colour such as #a0b1c2")
    else:
        value = asked.text("value")
    return "choices", f"{what}/{part}", {"what": what, "part": part, "value": value}


def _propose(review: Document, asked: _Asked, by: dict[str, Any], desk: Desk) -> _Entry:
    entry = {"parameter": asked.text("parameter"), "value": asked.number("value")}
    return "proposals", by["id"], {**entry, "text": asked.text("text", desk.limits.comment, optional=True)}


def _decide(review: Document, asked: _Asked, by: dict[str, Any], desk: Desk) -> _Entry:
    proposal = _existing(review, asked, "proposal", "proposals")
    if not isinstance(asked.body.get("accepted"), bool):
        raise CommandRefused("accepted is to be true or false.")
    return "decisions", proposal, {"accepted": asked.body["accepted"]}


def _publish(review: Document, asked: _Asked, by: dict[str, Any], desk: Desk) -> _Entry:
    glb = asked.matching("glb", _HASH, "a SHA-256 in hexadecimal digits")
    sizes = asked.sizes()
    if not all(map(desk.has_asset, {glb, *sizes.values()})):
        raise CommandRefused("That GLB is not here: upload it first.")
    design = {root: _root(desk.design, root).to_py() for root in sorted(desk.design.roots)}
    design_hash = hashlib.sha256(canonical(design)).hexdigest()
    of_sizes = canonical(sizes).decode() if sizes else ""
    version = hashlib.sha256(f"{glb}{design_hash}{of_sizes}".encode()).hexdigest()
    entry = {"glb": glb, "design": design_hash, "label": asked.text("label", optional=True)}
    return "versions", version, {**entry, "sizes": sizes, "parameters": design["parameters"]}


def _approve(review: Document, asked: _Asked, by: dict[str, Any], desk: Desk) -> _Entry:
    version = _existing(review, asked, "version", "versions")
    seen = _root(review, "versions")[version]
    statement = {"version": version, "glb": seen["glb"], "design": seen["design"]}
    return "approvals", f"{version}/{by['id']}", {**statement, "signature": desk.sign(canonical({**statement, **by}))}


_VERBS: dict[str, tuple[tuple[str, ...], Callable[[Document, _Asked, dict[str, Any], Desk], _Entry]]] = {
    "comment": (("reviewer", "designer"), _comment),
    "mark": (("reviewer", "designer"), _mark),
    "choose": (("reviewer", "designer"), _choose),
    "propose": (("reviewer", "designer"), _propose),
    "decide": (("designer",), _decide),
    "publish": (("designer",), _publish),
    "approve": (("reviewer", "designer"), _approve),
}
_ONCE = frozenset({"comments", "proposals", "decisions", "versions", "approvals"})  # said once, never said over


def canonical(value: Any) -> bytes:
    """The one JSON text of a value: what is hashed and signed."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=bytes.hex).encode()


def _root(document: Document, name: str) -> Any:
    return document.doc.get(name, type=Map)


def _existing(review: Document, asked: _Asked, name: str, root: str) -> str:
    key = asked.text(name)
    if key not in _root(review, root):
        raise CommandRefused(f"There is no {name} {key!r}.")
    return key
