# SPDX-License-Identifier: GPL-3.0-or-later
"""Rooms decide without sockets, clock or disk, so their laws are tried on thousands of courses of events."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pycrdt import Doc, Map, TransactionEvent
from toile.collab_server import wire
from toile.collab_server.limits import Limits
from toile.collab_server.presence import Guest
from toile.collab_server.room import DESIGN, REVIEW, Cut, Drag, Note, Room, Send, Store

ANA, BEN = Guest("a", "designer", "Ana"), Guest("b", "designer", "Ben")
RITA, EVE = Guest("r", "reviewer", "Rita"), Guest("e", "viewer", "Eve")


def room_of(kept: list[bytes] | None = None, **limits: float) -> Room:
    return Room(replace(Limits(), **limits), lambda digest: True, lambda statement: "signed", {DESIGN: kept or []})


class Client:
    """A Yjs client whose network is in the test's hand: out and inbox are queues that it moves or loses."""

    def __init__(self, guest: Guest, client_id: int) -> None:
        self.guest = guest
        self.doc: Doc = Doc(client_id=client_id)
        self.map = self.doc.get("parameters", type=Map)
        self.out: list[bytes] = []
        self.inbox: list[bytes] = []
        self.online = False
        self.applying = False
        self.observed = self.doc.observe(self.edited)

    def edited(self, event: TransactionEvent) -> None:
        if self.online and not self.applying:
            self.out.append(wire.sync(wire.UPDATE, event.update))

    def take(self, data: bytes) -> None:
        if data[0] != wire.SYNC:
            return
        reader = wire.Reader(data[1:])
        step, payload = reader.number(), reader.buffer()
        if step == wire.STEP1:
            self.out.append(wire.sync(wire.STEP2, self.doc.get_update(payload)))
        else:
            self.applying = True
            self.doc.apply_update(payload)
            self.applying = False


class World:
    """A room, its clients, its disk, and everything that can go wrong between them."""

    def __init__(self, count: int) -> None:
        self.disk: list[bytes] = []
        self.unsaved: list[bytes] = []
        self.now = 0.0
        self.room = room_of()
        self.clients = [Client(Guest(str(n), "designer", str(n)), n + 1) for n in range(count)]
        self.acknowledged: list[dict[int, int]] = [{} for _ in self.clients]

    def carry_out(self, effects: list) -> None:
        for effect in effects:
            if isinstance(effect, Send):
                for peer in effect.peers:
                    self.clients[peer].inbox.append(effect.data)
            elif isinstance(effect, Store):
                self.unsaved.append(effect.update)
            else:
                assert isinstance(effect, Note), effect

    def connect(self, n: int) -> None:
        client = self.clients[n]
        if not client.online:
            client.online = True
            self.carry_out(self.room.join(n, DESIGN, client.guest, self.now))
            client.out.append(wire.sync(wire.STEP1, client.doc.get_state()))

    def disconnect(self, n: int) -> None:
        client = self.clients[n]
        client.online = False
        client.out, client.inbox = [], []
        self.carry_out(self.room.leave(n))

    def speak(self, n: int) -> None:
        client = self.clients[n]
        if client.online and client.out:
            self.now += 0.01
            self.carry_out(self.room.receive(n, client.out.pop(0), self.now, self.now))

    def hear(self, n: int) -> None:
        client = self.clients[n]
        if client.inbox:
            data = client.inbox.pop(0)
            if data[:2] == bytes((wire.SYNC, wire.STEP1)):
                self.acknowledged[n] = wire.read_state_vector(wire.Reader(data[2:]).buffer())
            client.take(data)

    def commit(self) -> None:
        if self.unsaved:
            self.disk += self.unsaved
            self.unsaved = []
            self.room.saved(DESIGN, self.room.state(DESIGN))

    def kill(self) -> None:
        """Kill -9: what was not committed is gone, and so is every connection."""
        for n in range(len(self.clients)):
            self.clients[n].online, self.clients[n].out, self.clients[n].inbox = False, [], []
        self.unsaved = []
        self.room = room_of(self.disk)
        held = wire.read_state_vector(self.room.state(DESIGN))
        for acknowledged in self.acknowledged:
            assert all(held.get(client, 0) >= clock for client, clock in acknowledged.items())

    def settle(self) -> None:
        for n in range(len(self.clients)):
            self.connect(n)
        for _ in range(200):
            self.now += 1.0
            self.commit()
            self.carry_out(self.room.heartbeat(self.now))
            self.carry_out(self.room.flush())
            for n in range(len(self.clients)):
                while self.clients[n].out:
                    self.speak(n)
                while self.clients[n].inbox:
                    self.hear(n)
            if not any(client.out or client.inbox for client in self.clients) and not self.room.restless:
                return
        raise AssertionError("the room never comes to rest")


acts = st.lists(
    st.tuples(
        st.sampled_from(["edit", "delete", "connect", "disconnect", "speak", "lose", "hear", "flush", "beat", "commit"])
        | st.just("kill"),
        st.integers(0, 3),
        st.sampled_from("abc"),
    ),
    min_size=5,
    max_size=80,
)


@settings(max_examples=300)
@given(acts)
def test_whatever_happens_all_converge_and_nothing_acknowledged_is_lost(course: list) -> None:
    """Partitions, lost messages, kills between commits, offline edits: in the end all hold the same."""
    world = World(4)
    for step, (act, n, key) in enumerate(course):
        client = world.clients[n]
        if act == "edit":
            client.map[key] = step
        elif act == "delete" and key in client.map:
            del client.map[key]
        elif act == "lose" and client.out:
            client.out.pop(0)  # a message lost within a connection: what no TCP does, and a bug would
        elif act == "flush":
            world.carry_out(world.room.flush())
        elif act == "beat":
            world.now += 1.0
            world.carry_out(world.room.heartbeat(world.now))
        elif act in ("connect", "disconnect", "speak", "hear"):
            getattr(world, act)(n)
        elif act in ("commit", "kill"):
            getattr(world, act)()
    world.settle()
    world.settle()
    held = Doc()
    for update in world.disk:
        held.apply_update(update)
    kept = held.get("parameters", type=Map).to_py()
    assert all(client.map.to_py() == kept for client in world.clients)


def test_ten_thousand_clocks_later_the_merge_is_the_sum() -> None:
    """What is flushed is merged: one message for a burst, and it holds the whole of it."""
    room, ana, ben = room_of(), Client(ANA, 1), Client(BEN, 2)
    room.join(0, DESIGN, ANA, 0.0)
    room.join(1, DESIGN, BEN, 0.0)
    ana.online = True
    for step in range(500):
        ana.map["hem"] = step
    for n, data in enumerate(ana.out):
        room.receive(0, data, n * 0.01, 0.0)
    (sent,) = [effect for effect in room.flush() if isinstance(effect, Send)]
    assert sent.peers == (1,)  # alone in this flush, its author is not told what it said
    ben.take(sent.data)
    assert ben.map.to_py() == {"hem": 499}
    assert not room.flush()


def test_an_edit_of_one_who_left_reaches_whoever_wrote_next() -> None:
    """Both within one flush: the update goes to Ben as well, though of those who are here he alone wrote to it."""
    world = World(3)
    ana, ben, _ = world.clients
    for n in range(3):
        world.connect(n)
        world.speak(n)
    while any(client.inbox or client.out for client in world.clients):
        for n in range(3):
            world.hear(n)
            world.speak(n)
    ana.map["hem"] = 1
    world.speak(0)
    world.disconnect(0)
    ben.map["waist"] = 2
    world.speak(1)
    world.carry_out(world.room.flush())
    for n in (1, 2):
        while world.clients[n].inbox:
            world.hear(n)
        assert world.clients[n].map.to_py() == {"hem": 1, "waist": 2}


def test_the_disks_word_is_the_acknowledgement() -> None:
    room, ana = room_of(), Client(ANA, 1)
    room.join(0, DESIGN, ANA, 0.0)
    ana.online = True
    ana.map["hem"] = 1
    (kept,) = room.receive(0, ana.out.pop(), 0.0, 0.0)
    assert isinstance(kept, Store)
    assert not room.heartbeat(1.0)
    room.saved(DESIGN, room.state(DESIGN))
    (told,) = room.heartbeat(2.0)
    assert isinstance(told, Send)
    assert told.data == wire.sync(wire.STEP1, ana.doc.get_state())
    assert not room.heartbeat(3.0)
    assert room.heartbeat(17.1)  # and again when it has been quiet for long


def test_a_command_is_answered_after_the_disk_took_it() -> None:
    room = room_of()
    room.join(0, REVIEW, RITA, 0.0)
    kept, note = room.receive(0, wire.command({"id": "ab" * 16, "do": "comment", "text": "shorter"}), 0.0, 5.0)
    assert isinstance(kept, Store)
    assert kept.then is not None
    assert json.loads(wire.Reader(kept.then.data[1:]).text()) == {"id": "ab" * 16, "done": True}
    assert isinstance(note, Note)
    assert "shorter" not in note.what


def test_a_paused_room_takes_no_edit_and_says_so() -> None:
    room, ana = room_of(), Client(ANA, 1)
    room.join(0, DESIGN, ANA, 0.0)
    room.join(1, REVIEW, RITA, 0.0)
    room.paused = ana.online = True
    ana.map["hem"] = 1
    (sent,) = room.receive(0, ana.out.pop(), 0.0, 0.0)
    assert sent.data[0] == wire.AUTH
    (sent,) = room.receive(1, wire.command({"id": "ab" * 16, "do": "comment", "text": "x"}), 0.0, 0.0)
    assert b"cannot save" in sent.data
    room.paused = False
    (asked,) = [e for e in room.heartbeat(16.0) if 0 in e.peers]
    ana.take(asked.data)
    assert isinstance(room.receive(0, ana.out.pop(), 16.0, 0.0)[0], Store)  # and nothing was lost by it


def test_a_full_design_takes_no_more_but_counts_what_was_overwritten_once() -> None:
    room, ana = room_of(document=3_000), Client(ANA, 1)
    room.join(0, DESIGN, ANA, 0.0)
    ana.online = True
    for step in range(400):
        ana.map["hem"] = "x" * 100 + str(step)
        (effect,) = room.receive(0, ana.out.pop(), step * 0.1, 0.0)
        assert isinstance(effect, Store)
    for step in range(60):
        ana.map[f"k{step}"] = "x" * 100
        (effect,) = room.receive(0, ana.out.pop(), 100 + step * 0.1, 0.0)
    assert b"too large" in effect.data


@pytest.mark.parametrize(("count", "size"), [(2_000, 2), (30, 1 << 20)])
def test_too_much_too_fast_is_cut(count: int, size: int) -> None:
    room = room_of()
    room.join(0, DESIGN, ANA, 0.0)
    effects = [e for n in range(count) for e in room.receive(0, wire.frame(b"x" * size), n * 1e-4, 0.0)]
    assert isinstance(effects[-1], Cut)
    assert "Too many" in effects[-1].reason


def test_a_drag_at_sixty_hertz_is_not_too_fast() -> None:
    room = room_of()
    room.join(0, DESIGN, ANA, 0.0)
    for n in range(600):
        (effect,) = room.receive(0, wire.frame(b"x" * 130_000), n / 60, 0.0)
        assert isinstance(effect, Drag)


def test_presence_of_another_cannot_be_moved_or_ended() -> None:
    room = room_of()
    room.join(0, DESIGN, ANA, 0.0)
    room.join(1, DESIGN, EVE, 0.0)
    room.receive(0, wire.awareness([(5, 1, '{"x":1}')]), 0.0, 0.0)
    room.flush()
    for said in ('{"x":2}', "null"):
        room.receive(1, wire.awareness([(5, 99, said)]), 0.0, 0.0)
        assert not room.flush()
    room.join(2, DESIGN, ANA, 0.0)  # she is back before her old connection was found dead
    room.receive(2, wire.awareness([(5, 2, '{"x":3}')]), 0.0, 0.0)
    room.leave(0)
    assert [json.loads(text)["x"] for _, _, text in room.presence.all()] == [3]


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ([(5, 1, '"x"')], "no object"),
        ([(5, 1, "{")], "broken"),
        ([(5, 1, '{"x": NaN}')], "broken"),
        ([(5, 1, "[" * 100_000)], "4096 bytes"),
        ([(5, 1, json.dumps({"x": "y" * 5_000}))], "4096 bytes"),
        ([(n, 1, "{}") for n in range(9)], "more than 4"),
        ([(5, 2**53 - 1, "{}")], "clock"),  # it would leave with a clock that no JavaScript peer can read
    ],
)
def test_presence_has_its_bounds(said: list, why: str) -> None:
    room = room_of()
    room.join(0, DESIGN, ANA, 0.0)
    _, cut = room.receive(0, wire.awareness(said), 0.0, 0.0)
    assert isinstance(cut, Cut)
    assert why in cut.reason


@given(st.binary(max_size=200))
def test_no_bytes_break_a_room(data: bytes) -> None:
    for document, guest in ((DESIGN, ANA), (REVIEW, RITA), (DESIGN, EVE)):
        room = room_of()
        before = room.state(document)
        room.join(0, document, guest, 0.0)
        for effect in room.receive(0, data, 0.0, 0.0):
            assert isinstance(effect, Send | Drag | Store | Note | Cut)
            if isinstance(effect, Cut):
                assert len(effect.reason.encode()) <= 123
                assert room.state(document) == before


GOOD = {"id": "ab" * 16}


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ({"do": "comment", "text": "x"}, "id"),
        ({"id": "AB" * 16, "do": "comment", "text": "x"}, "hexadecimal"),
        ({**GOOD, "do": "rm"}, "no command"),
        ({**GOOD, "do": ["comment"]}, "a text"),
        ({**GOOD, "do": "comment"}, "text is to be a text"),
        ({**GOOD, "do": "comment", "text": "  "}, "a text"),
        ({**GOOD, "do": "comment", "text": "x" * 4_001}, "longer"),
        ({**GOOD, "do": "comment", "text": "x", "piece": "front", "uv": [1e400, 0]}, "finite"),
        ({**GOOD, "do": "comment", "text": "x", "piece": "front", "uv": [True, 0]}, "finite"),
        ({**GOOD, "do": "comment", "text": "x", "reply_to": "cd" * 16}, "no reply_to"),
        ({**GOOD, "do": "mark", "comment": "cd" * 16, "status": "open"}, "no comment"),
        ({**GOOD, "do": "choose", "what": "price", "part": "x", "value": "1"}, "one of"),
        ({**GOOD, "do": "choose", "what": "colour", "part": "x", "value": "url(//x)"}, "colour such as"),
        ({**GOOD, "do": "propose", "parameter": "hem", "value": "5 cm"}, "finite number"),
        ({**GOOD, "do": "propose", "parameter": "hem", "value": 10**400}, "finite number"),
        ({**GOOD, "do": "publish", "glb": "0" * 64}, "may not"),
        ({**GOOD, "do": "decide", "proposal": "cd" * 16, "accepted": True}, "may not"),
        ({**GOOD, "do": "approve", "version": "../../etc"}, "no version"),
    ],
)
def test_a_wrong_command_is_refused_in_words(body: dict, why: str) -> None:
    room = room_of()
    room.join(0, REVIEW, RITA, 0.0)
    before = room.state(REVIEW)
    text = json.dumps(body).replace("Infinity", "1e400")
    (sent,) = room.receive(0, bytes((wire.COMMAND,)) + wire.buffer(text.encode()), 0.0, 0.0)
    answer = json.loads(wire.Reader(sent.data[1:]).text())
    assert answer["done"] is False
    assert why in answer["refused"]
    assert room.state(REVIEW) == before


@pytest.mark.parametrize(
    ("sizes", "why"),
    [
        (["M"], "at most 60 names"),
        ({"": "0" * 64}, "at most 60 names"),
        ({"x" * 41: "0" * 64}, "at most 60 names"),
        ({str(k): "0" * 64 for k in range(61)}, "at most 60 names"),
        ({"M": "../secret"}, "SHA-256"),
        ({"M": 7}, "SHA-256"),
        ({"M": "0" * 64}, "not here"),
    ],
)
def test_sizes_of_a_version_are_assets_of_the_room(sizes: object, why: str) -> None:
    room = room_of()
    room.has_asset = lambda digest: digest == "1" * 64
    room.join(0, REVIEW, ANA, 0.0)
    before = room.state(REVIEW)
    body = {**GOOD, "do": "publish", "glb": "1" * 64, "sizes": sizes}
    (answer,) = room.receive(0, wire.command(body), 0.0, 0.0)
    assert isinstance(answer, Send)
    reader = wire.Reader(answer.data)
    assert reader.number() == wire.REPLY
    assert why in json.loads(reader.text())["refused"]
    assert room.state(REVIEW) == before


def test_a_full_review_and_a_taken_id_are_refused() -> None:
    room = room_of(entries=3)
    room.join(0, REVIEW, RITA, 0.0)
    room.join(1, REVIEW, ANA, 0.0)

    def say(peer: int, n: int) -> object:
        return room.receive(peer, wire.command({"id": f"{n:032x}", "do": "comment", "text": "x"}), 0.0, 0.0)[0]

    assert isinstance(say(0, 0), Store)
    assert b"already" in say(1, 0).data
    assert isinstance(say(0, 1), Store)
    assert isinstance(say(0, 2), Store)
    assert b"full" in say(0, 3).data
