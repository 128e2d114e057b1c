# SPDX-License-Identifier: GPL-3.0-or-later
"""The one review that this Blender is in: the connection's events and the scene's changes, brought together by a timer.

Each tick takes events for at most `BUDGET`, tells the others what this user changed, writes what they changed, and says
where one is. A redraft that follows is what a moved slider costs anyway, and waits while a garment is edited or draped.
"""

from __future__ import annotations

import contextlib
import json
import queue
import re
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import bpy

from ...collab_server.invitation import Invitation, read_link
from .. import bridge, job_runner, live
from . import camera, garment
from .events import (
    Answered,
    AssetRefused,
    Changed,
    Denied,
    Dragged,
    Ended,
    Event,
    Joined,
    Online,
    People,
    Saved,
    Uploaded,
    Written,
)
from .host import Host
from .ledger import Key, Ledger, Run, Values

TICK = 1 / 30  # s
BUDGET = 0.004  # s of a tick for events
TOLD_APART = 0.1  # s between two tellings of where one is
HELD = 3.0  # s for which a slider counts as held after it was moved
NEEDS = ("pycrdt", "websockets", "itsdangerous", "prometheus_client", "zstandard")
_NOTES = 5  # sentences that are kept to be shown
_DIGEST = re.compile(r"[0-9a-f]{64}")


class ReviewRefused(RuntimeError):
    """A review that cannot be joined or hosted, or something that cannot be done in it now."""


@dataclass(frozen=True)
class Person:
    """Someone in the review: their presence's number, what the invitation says, what they hold, if they tell a view."""

    client: int
    name: str
    role: str
    holds: str
    looks: bool


class Session:
    """A review that has been joined. What a panel shows are plain attributes; all methods are the main thread's."""

    def __init__(self, invitation: Invitation, toile_id: str, host: Host | None = None) -> None:
        from .connection import Connection  # what they stand on may be missing: see `missing`
        from .dragging import Receiver, Sender

        self.invitation, self.host = invitation, host
        self.toile_id = toile_id  # the shared garment's; empty until it is made
        self.people: dict[int, dict[str, Any]] = {}
        self.review: dict[str, dict[str, Any]] = {}  # of each map of the review, its entries
        self.design: Values = {}
        self.online = self.joined = False
        self.saved = True
        self.sentence = "Joining"
        self.notes: list[str] = []
        self.ended = False
        self.following: int | None = None
        self.stirred = True  # whether a panel would show something else than it did
        self.longest_tick = 0.0  # s spent on events, as measured
        self._arrived: Joined | None = None
        self._events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._ledger = Ledger()
        self._pending: Values = {}
        self._unwritten: Counter[Key] = Counter()  # writes on their way: what is told of these keys before is older
        self._due = ""  # toile_id of what is to be redrafted
        self._holds, self._held_at = "", -HELD
        self._told_at = 0.0
        self._asked: dict[str, str] = {}  # command → what it was, for the sentence if it is refused
        self.connection = Connection(invitation, self._events.put)
        self._sender, self._receiver = Sender(self.connection), Receiver(self.connection, self.note)
        self.connection.start()

    # ---- For panels and operators ----

    @property
    def role(self) -> str:
        """What the invitation makes of this user; empty until the server has said so."""
        return str(self._invited(self.connection.client).get("role", ""))

    @property
    def others(self) -> list[Person]:
        """Everyone else who is here, by name."""
        found: list[Person] = []
        for client, state in self.people.items():
            if client != self.connection.client:
                name, role, holds = map(
                    garment.shown, (*map(self._invited(client).get, ("name", "role")), state.get("holds"))
                )
                found.append(Person(client, name, role, holds, "camera" in state))
        return sorted(found, key=lambda person: (person.name, person.client))

    def entries(self, root: str) -> list[tuple[str, dict[str, Any]]]:
        """(key, entry) of one of the review's maps, the oldest first."""
        found = [(key, entry) for key, entry in self.review.get(root, {}).items() if isinstance(entry, dict)]
        return sorted(found, key=lambda each: (_moment(each[1]), each[0]))

    def documents(self) -> dict[str, dict[str, dict[str, Any]]]:
        """Both documents as plain maps of maps."""
        design: dict[str, dict[str, Any]] = {}
        for (root, key), value in self.design.items():
            if value is not None:
                design.setdefault(root, {})[key] = value
        return {"design": design, "review": self.review}

    def object(self) -> bpy.types.Object | None:
        """The shared garment; None while it is not there (an undo can take it away, and bring it back)."""
        try:
            return bridge.find(self.toile_id, "GARMENT")
        except bridge.ObjectGone:
            return None

    def ask(self, do: str, **what: Any) -> None:
        """A command to the review; a refusal is told among the notes. Raises ReviewRefused before it is joined."""
        if not self.joined:
            raise ReviewRefused("Wait until the review has been joined.")
        self._asked[self.connection.command(do, **what)] = do

    def offer(self, values: Values) -> None:
        """Offer customers what they may choose from (see docs/guide/review.md); None withdraws."""
        self._write(values)

    def publish(self, glb: bytes, label: str, sizes: Mapping[str, bytes] | None = None) -> None:
        """Bring a GLB to the room, and its sizes', and make a version of them.

        Returns at once; a refusal is told among the notes.
        """

        def then(uploaded: Future[dict[str, str]]) -> None:  # on another thread
            try:
                digests = uploaded.result()
                self._events.put(Uploaded(digests.pop(""), label, digests))
            except AssetRefused as refused:
                self._events.put(Denied(str(refused)))

        self.connection.upload_all({"": glb, **(sizes or {})}).add_done_callback(then)

    def note(self, sentence: str) -> None:
        """Something to be told to the user."""
        self.notes = [*(note for note in self.notes if note != sentence), sentence][-_NOTES:]
        self.stirred = True

    def leave(self) -> None:
        """Say good-bye, end what was hosted here, and leave the garment as it stands."""
        self.keep()
        self._sender.close()
        self._receiver.close()
        self.connection.close()
        if self.host is not None:
            self.host.stop()

    def keep(self) -> None:
        """Note in the garment what the room last held, so that edits made apart are known when it is joined again."""
        shared = self.object()
        if shared is not None and self.joined:
            values = [[*key, run.now] for key, run in self._ledger.runs.items() if run.now is not None]
            shared.toile.shared = json.dumps({"room": place(self.invitation), "values": values})

    # ---- The tick ----

    def tick(self) -> None:
        """What a timer does."""
        began = time.perf_counter()
        while not self._events.empty() and time.perf_counter() - began < BUDGET:
            self._take(self._events.get())
        self.longest_tick = max(self.longest_tick, time.perf_counter() - began)
        if self._arrived is not None and self.role:
            arrived, self._arrived = self._arrived, None
            self._join(arrived)
        if self.ended or not self.joined:
            return
        shared = self.object()
        if shared is not None:
            self._tell_changes(shared)
            self._write_changes(shared)
        self._redraft()
        self._tell_presence()
        self._receiver.wanted({base for client, base in self._bases() if client != self.connection.client})
        if self.following is not None:
            self._follow(self.following)

    def undone(self, back: bool) -> None:
        """Blender has just undone (back) or redone: what others wrote is put back, what this user did goes that way."""
        shared = self.object()
        if shared is None or not self.joined:
            return
        told, restored = self._ledger.undone(garment.read(shared), back)
        self._write(told)
        self._pending = {**restored, **self._pending}

    def _take(self, event: Event) -> None:
        self.stirred = True
        match event:
            case Joined():
                self._arrived = event  # what one may do in the room is told a moment later
            case Online(here, sentence):
                self.online, self.sentence = here, "" if here else sentence
            case Changed("design", told):
                values = {key: value for key, value in told.items() if not self._unwritten[key]}
                self.design |= values
                self._pending |= self._ledger.theirs({k: v for k, v in values.items() if k[0] in garment.ROOTS})
            case Changed(_, values):
                self._take_review(values)
            case Written(keys):
                self._unwritten.subtract(keys)
            case People(states):
                self.people |= {client: state for client, state in states.items() if state is not None}
                for client in [client for client, state in states.items() if state is None]:
                    self.people.pop(client, None)
            case Saved(all):
                self.saved = all
            case Answered(command, refused):
                asked = self._asked.pop(command, "")
                if refused:
                    self.note(f"{asked}: {refused}")
            case Denied(sentence):
                self.note(sentence)
            case Uploaded(digest, label, sizes):
                self.ask("publish", glb=digest, label=label, sizes=sizes)
            case Ended(sentence):
                self.ended, self.online, self.sentence = True, False, sentence
            case Dragged(frame):
                self._receiver.show(frame, self.toile_id)

    def _take_review(self, values: Values) -> None:
        for (root, key), entry in values.items():
            if entry is None:
                self.review.get(root, {}).pop(key, None)
            else:
                self.review.setdefault(root, {})[key] = entry

    # ---- Joining ----

    def _join(self, arrived: Joined) -> None:
        self.design = {**arrived.design, **self.design}
        self._take_review(arrived.review)
        try:
            if garment.STYLE in self.design:
                self._adopt(self.design)
            else:
                self._found()
            self.joined = True
        except garment.GarmentRefused as refused:
            self.ended, self.sentence = True, str(refused)

    def _found(self) -> None:
        """The room is empty: the garment that was active becomes what it is about."""
        shared = self.object()
        if shared is None or self.role != "designer":
            raise garment.GarmentRefused("This review has no garment yet: make or select yours, then join again.")
        garment.refuse_unshareable(shared)
        now = garment.read(shared)
        self._ledger.look(now)
        self._ledger.runs = {key: Run([value]) for key, value in now.items()}
        self.offer(garment.offer(shared))
        self._write(now)

    def _adopt(self, design: Values) -> None:
        """The room has a garment: the one here that was in this room before, or else a new one, becomes it.

        Of a value that was changed here and there meanwhile, the room's stands.
        """
        here = place(self.invitation)
        shared = next((obj for obj in bpy.data.objects if obj.toile.kind == "GARMENT" and _kept(obj)[0] == here), None)
        last = _kept(shared)[1] if shared is not None else {}
        if shared is None:
            shared = garment.create(design)
        self.toile_id = bridge.claim_id(shared)
        now = garment.read(shared)
        theirs = {key: value for key, value in design.items() if key[0] in garment.ROOTS}
        self._ledger.runs = {key: Run([value]) for key, value in theirs.items()}
        self._ledger.look(last or now)
        mine = {k: v for k, v in self._ledger.mine(now).items() if theirs.get(k) == last.get(k)} if last else {}
        self._write(mine)
        self._ledger.look(now)
        gone = [key for key in now if key[0] in ("adjustments", "colours") or key == garment.ORDER]
        behind = {key: theirs.get(key) for key in (*theirs, *gone) if key not in mine}
        self._pending = {key: value for key, value in behind.items() if now.get(key) != value}

    # ---- The scene ----

    def _tell_changes(self, shared: bpy.types.Object) -> None:
        changed = self._ledger.mine(garment.read(shared))
        self._pending = {key: value for key, value in self._pending.items() if key not in changed}
        if changed:
            self._holds, self._held_at = "/".join(next(iter(changed))), time.monotonic()
        self._write(changed)

    def _write(self, changed: Values) -> None:
        if changed and self.role == "designer":
            self.design |= changed
            self._unwritten.update(changed.keys())
            self.connection.write(changed)

    def _write_changes(self, shared: bpy.types.Object) -> None:
        if not self._pending:
            return
        pending, self._pending = self._pending, {}
        due, refused = garment.write(shared, pending)
        self._due = due if not self._due or due != self.toile_id else self._due
        self._ledger.look(garment.read(shared))
        for sentence in refused:
            self.note(sentence)

    def _redraft(self) -> None:
        if not self._due or job_runner.busy() or bpy.context.mode != "OBJECT":
            return
        due, self._due = self._due, ""
        live.redraft(due, step=False)
        self.stirred = True

    # ---- Where one is ----

    def _tell_presence(self) -> None:
        now = time.monotonic()
        if now - self._told_at < TOLD_APART:
            return
        self._told_at = now
        state: dict[str, Any] = {"tool": "blender"}
        if now - self._held_at < HELD:
            state["holds"] = self._holds
        elif (active := bpy.context.object) is not None and active.toile.kind == "PIECE":
            state["holds"] = f"piece/{active.toile.piece}"
        if (seen := camera.read()) is not None:
            state["camera"] = seen
        if self._sender.base:
            state["base"] = self._sender.base
        self.connection.be(state)

    def _bases(self) -> Iterator[tuple[int, str]]:
        for client, state in self.people.items():
            base = state.get("base")
            if isinstance(base, str) and _DIGEST.fullmatch(base):
                yield client, base

    def _follow(self, client: int) -> None:
        if client not in self.people:
            self.following, self.stirred = None, True
        else:
            camera.write(self.people[client].get("camera"))

    def _invited(self, client: int) -> Mapping[str, Any]:
        invited = self.people.get(client, {}).get("invited", {})
        return invited if isinstance(invited, dict) else {}


def _moment(entry: Mapping[str, Any]) -> float:
    at = entry.get("at")
    return float(at) if isinstance(at, int | float) else 0.0


def place(invitation: Invitation) -> str:
    """What a room is known by in a saved garment: a server of one's own may have another port each time."""
    return f"{'' if invitation.local else invitation.address}#{invitation.room}"


def _kept(obj: bpy.types.Object) -> tuple[str, Values]:
    """The room that a garment was shared in, and the values that it had there."""
    with contextlib.suppress(ValueError, KeyError, TypeError):
        kept = json.loads(obj.toile.shared)
        return str(kept["room"]), {(str(root), str(key)): value for root, key, value in kept["values"]}
    return "", {}


# ---- The one session ----

_current: Session | None = None


def current() -> Session | None:
    """The review that this Blender is in."""
    return _current


def missing() -> list[str]:
    """The libraries that a review stands on and that this Blender lacks."""
    return [name for name in NEEDS if find_spec(name) is None]


def refuse_missing() -> None:
    """Raises ReviewRefused where a library is missing."""
    if absent := missing():
        raise ReviewRefused(f"This Blender's Toile lacks {', '.join(absent)}: install it from its own zip.")


def join_by(link: str, toile_id: str) -> Session:
    """Join the review that a link invites to, as `join` does. Raises LinkRefused as well."""
    return join(read_link(link), toile_id)


def join(invitation: Invitation, toile_id: str, host: Host | None = None) -> Session:
    """Join a review. toile_id: the garment that a room without one is to be about. Raises ReviewRefused."""
    global _current
    refuse_missing()
    if not (invitation.local or bpy.app.online_access):
        raise ReviewRefused(
            "Blender may not go online: allow Online Access in Preferences ▸ System ▸ Network, then join again."
        )
    leave()
    _current = Session(invitation, toile_id, host)
    if not bpy.app.background and not bpy.app.timers.is_registered(_on_timer):
        bpy.app.timers.register(_on_timer, first_interval=TICK, persistent=True)
    return _current


def leave() -> None:
    """Leave the review, if there is one."""
    global _current
    if bpy.app.timers.is_registered(_on_timer):
        bpy.app.timers.unregister(_on_timer)
    leaving, _current = _current, None
    if leaving is not None:
        leaving.leave()
        job_runner.redraw()


def _on_timer() -> float | None:
    if _current is None:
        return None
    _current.tick()
    if _current.stirred:
        _current.stirred = False
        job_runner.redraw()
    return None if _current.ended else TICK


@bpy.app.handlers.persistent
def _undone(*_scene: object) -> None:
    if _current is not None:
        _current.undone(back=True)


@bpy.app.handlers.persistent
def _redone(*_scene: object) -> None:
    if _current is not None:
        _current.undone(back=False)


@bpy.app.handlers.persistent
def _saving(*_scene: object) -> None:
    if _current is not None:
        _current.keep()


@bpy.app.handlers.persistent
def _loading(*_file: object) -> None:
    leave()


_HANDLERS = {"undo_post": _undone, "redo_post": _redone, "save_pre": _saving, "load_pre": _loading}


def register() -> None:
    """Hear of undo, of saving, and of another file."""
    for name, handler in _HANDLERS.items():
        getattr(bpy.app.handlers, name).append(handler)


def unregister() -> None:
    """Leave, and hear of nothing any more."""
    leave()
    for name, handler in _HANDLERS.items():
        getattr(bpy.app.handlers, name).remove(handler)
