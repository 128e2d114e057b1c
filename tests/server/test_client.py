# SPDX-License-Identifier: GPL-3.0-or-later
"""Blender's side of a review without Blender: links, whose a value is, and the connection beside a real server."""

from __future__ import annotations

import hashlib
import io
import queue
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from server.process import Process, running
from toile.addon.collaborate.cloth import ClothRefused, pack, unpack
from toile.addon.collaborate.connection import Connection
from toile.addon.collaborate.events import (
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
    Written,
)
from toile.addon.collaborate.ledger import Ledger
from toile.collab_server import frames
from toile.collab_server.invitation import Invitation, LinkRefused, read_link

HEM, WAIST = ("parameters", "hem"), ("parameters", "waist")


# ---- Links ----


@given(
    st.sampled_from(["http://127.0.0.1:8765", "https://review.example.com", "https://[::1]:9", "http://localhost"]),
    st.from_regex(r"[a-z0-9][a-z0-9-]{0,62}", fullmatch=True),
    st.from_regex(r"[A-Za-z0-9_.-]{10,200}", fullmatch=True),
)
def test_a_link_is_read_as_it_was_written(address, room, token):
    invitation = Invitation(address, room, token)
    assert read_link(f"  {invitation.link}\n") == invitation
    assert invitation.local == (address != "https://review.example.com")
    assert invitation.live("design") == f"{address.replace('http', 'ws', 1)}/live/{room}/design"


@pytest.mark.parametrize(
    "text",
    [
        "", "gown", "ftp://host/#gown/abcdefghij", "https://#gown/abcdefghij", "https://host/", "https://host/#gown",
        "https://host/#gown/short", "https://host/#Gown/abcdefghij", "https://host:99999/#gown/abcdefghij",
        "https://ana:pw@host/#gown/abcdefghij", "https://host/live?x#gown/abcdefghij", "https://host/#../abcdefghij",
        "https://host/#gown/abc\ndefghij", "https://[::1/#gown/abcdefghij", "https://host/#gown/" + "a" * 3000,
        "javascript:alert(1)#gown/abcdefghij", "file:///etc/passwd#gown/abcdefghij",
    ],
)  # fmt: skip
def test_what_is_no_link_is_refused(text):
    with pytest.raises(LinkRefused):
        read_link(text)


# ---- The ledger ----


def test_what_others_wrote_is_no_change_of_mine():
    ledger = Ledger()
    ledger.look({HEM: 0.05})
    assert ledger.theirs({HEM: 0.07}) == {HEM: 0.07}
    ledger.look({HEM: 0.07})
    assert ledger.mine({HEM: 0.07}) == {}
    assert ledger.theirs({HEM: 0.07}) == {}


def test_undo_goes_back_to_what_the_other_wrote_and_no_further():
    """Ana 0.05 → Ben 0.07 → Ana 0.09; her Blender's undo says 0.05, for it never saw Ben's as a step of its own."""
    ledger = Ledger()
    ledger.look({HEM: 0.05, WAIST: 0.7})
    ledger.theirs({HEM: 0.07, WAIST: 0.8})
    ledger.look({HEM: 0.07, WAIST: 0.8})
    assert ledger.mine({HEM: 0.09, WAIST: 0.8}) == {HEM: 0.09}
    told, restored = ledger.undone({HEM: 0.05, WAIST: 0.7}, back=True)
    assert told == {HEM: 0.07}
    assert restored == {HEM: 0.07, WAIST: 0.8}
    ledger.look({HEM: 0.07, WAIST: 0.8})
    told, restored = ledger.undone({HEM: 0.09, WAIST: 0.7}, back=False)  # redo
    assert told == {HEM: 0.09}
    assert restored == {WAIST: 0.8}


@given(st.lists(st.tuples(st.sampled_from(["mine", "theirs", "undo", "redo"]), st.integers(0, 3)), max_size=40))
def test_no_undo_changes_what_another_wrote_last(steps):
    """Whatever an undo makes of the scene, a value that another wrote last is told to nobody, and put back."""
    ledger, scene, shared, last = Ledger(), {HEM: 0}, {HEM: 0}, "mine"
    ledger.look(scene)
    for what, value in steps:
        if what == "mine":
            scene = {HEM: value}
            changed = ledger.mine(scene)
            shared |= changed
            last = "mine" if changed else last
        elif what == "theirs":
            shared, last = {HEM: value}, "theirs"
            scene |= ledger.theirs(shared)
            ledger.look(scene)
        else:
            told, restored = ledger.undone({HEM: value}, back=what == "undo")
            assert not (told and last == "theirs")
            shared |= told
            scene = {HEM: value} | restored
            ledger.look(scene)
        assert scene == shared


def test_a_value_taken_away_is_told_as_none():
    ledger = Ledger()
    ledger.look({("adjustments", "Notch"): {"at": 0.5}})
    assert ledger.mine({}) == {("adjustments", "Notch"): None}
    assert ledger.undone({("adjustments", "Notch"): {"at": 0.5}}, back=True)[0] == {
        ("adjustments", "Notch"): {"at": 0.5}
    }


# ---- Moving cloth's mesh ----

RNG = np.random.default_rng(5)
POINTS = RNG.normal(size=(50, 3)).astype(np.float32)
FACES = RNG.integers(0, 50, (80, 3)).astype(np.int32)


def test_the_mesh_of_moving_cloth_comes_back_bit_by_bit_and_any_gltf_reader_reads_it():
    data = pack(POINTS, FACES)
    points, faces = unpack(data)
    assert frames.base_of(points) == frames.base_of(POINTS + np.float32(0))
    assert (faces == FACES).all()
    trimesh = pytest.importorskip("trimesh")
    (read,) = trimesh.load(io.BytesIO(data), file_type="glb", process=False).geometry.values()
    assert np.allclose(read.vertices, POINTS[:, [0, 2, 1]] * (1, 1, -1))
    assert (read.faces == FACES).all()


@given(st.integers(0, 2000), st.binary(min_size=1, max_size=8))
def test_a_broken_mesh_is_refused_by_name_or_is_a_mesh(at, rubbish):
    data = bytearray(pack(POINTS, FACES))
    data[at : at + len(rubbish)] = rubbish
    try:
        points, faces = unpack(bytes(data))
    except ClothRefused:
        return
    assert np.isfinite(points).all()
    assert faces.min() >= 0
    assert faces.max() < len(points)


@pytest.mark.parametrize("data", [b"", b"glTF", pack(POINTS, FACES)[:-4], pack(POINTS, FACES + 50), b"\0" * 10_000])
def test_what_is_no_mesh_is_refused(data):
    with pytest.raises(ClothRefused):
        unpack(data)


# ---- The connection ----


class Designer:
    """A connection and what it told so far."""

    def __init__(self, link: Invitation) -> None:
        self.told: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self.seen: list[Event] = []
        self.connection = Connection(link, self.told.put)
        self.connection.start()

    def hear(self, kind: type, true: Callable[[Any], object] = lambda _: True) -> Any:
        """The first event of a kind that is not looked at yet, for which this holds."""
        end = time.monotonic() + 60
        while time.monotonic() < end:
            for event in self.seen:
                if isinstance(event, kind) and true(event):
                    self.seen.remove(event)
                    return event
            try:
                self.seen.append(self.told.get(timeout=1))
            except queue.Empty:
                continue
        raise AssertionError((kind, self.seen))


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Process]:
    with running(tmp_path / "review") as process:
        yield process


@pytest.fixture
def join(server: Process) -> Iterator[Callable[..., Designer]]:
    here: list[Designer] = []

    def come(role: str = "designer", **how: Any) -> Designer:
        token = how.get("token") or server.token(role)
        here.append(Designer(Invitation(f"http://127.0.0.1:{how.get('port', server.port)}", "gown", token)))
        return here[-1]

    yield come
    for designer in here:
        designer.connection.close()
    assert not [thread for thread in threading.enumerate() if thread.name == "toile review"]


def test_what_one_writes_the_other_hears_and_nobody_hears_himself(join):
    ana, ben = join(), join()
    assert ana.hear(Joined) == ben.hear(Joined) == Joined({}, {})
    ana.connection.write({HEM: 0.05, ("adjustments", "Notch"): {"kind": "add_notch", "at": {"edge": "hem", "at": 0.5}}})
    heard = ben.hear(Changed)
    assert heard.values[HEM] == 0.05
    assert heard.values["adjustments", "Notch"]["at"] == {"edge": "hem", "at": 0.5}
    ana.hear(Saved, lambda saved: saved.all)
    ben.connection.write({("adjustments", "Notch"): None})
    assert ana.hear(Changed).values == {("adjustments", "Notch"): None}
    assert not any(isinstance(event, Changed) for event in (*ana.seen, *ben.seen))


def test_who_writes_at_the_same_moment_holds_the_same_in_the_end(join):
    """A main thread that hears late: what it was told before its own write was in the document is older than that."""
    both = ana, ben = join(), join()
    for one in both:
        one.hear(Joined)
    for n in range(40):
        ana.connection.write({HEM: n})
        ben.connection.write({HEM: 100 + n})
    for one in both:  # nothing of the other's comes behind what he says once all of one's own has been heard
        one.hear(Saved, lambda event: event.all)
    ana.connection.write({("parameters", "ana"): 1})
    ben.connection.write({("parameters", "ben"): 1})
    held = []
    for one, own, others in ((ana, 39, "ben"), (ben, 139, "ana")):
        hem, on_their_way, over = own, 40, False
        while not over:
            event = one.seen.pop(0) if one.seen else one.told.get(timeout=60)
            if isinstance(event, Written):
                on_their_way -= HEM in event.keys
            elif isinstance(event, Changed):
                if HEM in event.values and not on_their_way:
                    hem = event.values[HEM]
                over = ("parameters", others) in event.values
        assert on_their_way == 0
        held.append(hem)
    assert held[0] == held[1]


def test_presence_frames_and_commands(join):
    ana, rita = join(), join("reviewer")
    ana.hear(Joined)
    rita.hear(Joined)
    ana.connection.be({"tool": "blender", "holds": "parameters/hem"})
    me = ana.connection.client
    state = rita.hear(People, lambda people: (people.states.get(me) or {}).get("holds")).states[me]
    assert (state["holds"], state["invited"]) == ("parameters/hem", {"name": "Ana", "role": "designer"})

    base = np.random.default_rng(1).random((300, 3), np.float32)
    ana.connection.drag(frames.encode(base + np.float32(0.01), base, 1))
    assert np.abs(frames.decode(rita.hear(Dragged).frame, base).positions - base - 0.01).max() < 2e-5

    said = rita.connection.command("comment", text="Shorter?", piece="front", uv=[0.1, 0.2])
    assert rita.hear(Answered) == Answered(said, "")
    assert ana.hear(Changed).values["comments", said]["text"] == "Shorter?"
    refused = rita.connection.command("decide", proposal=said, accepted=True)
    assert "may not" in rita.hear(Answered, lambda answer: answer.command == refused).refused
    rita.connection.write({HEM: 9.0})
    assert "reviewer" in rita.hear(Denied).sentence
    ana.connection.close()
    assert rita.hear(People, lambda people: people.states == {me: None})


def test_assets_come_and_go_by_their_hash(join):
    ana, rita = join(), join("reviewer")
    data = bytes(range(256)) * 1000
    digest = ana.connection.upload(data).result(60)
    assert digest == hashlib.sha256(data).hexdigest()
    assert rita.connection.download(digest).result(60) == data
    with pytest.raises(AssetRefused, match="no such asset"):
        rita.connection.download("0" * 64).result(60)
    with pytest.raises(AssetRefused, match="may not upload"):
        rita.connection.upload(b"glTF").result(60)


def test_what_is_edited_while_the_server_is_away_merges_when_it_is_back(server, join, tmp_path):
    ana, ben = join(), join()
    ana.hear(Joined)
    ben.hear(Joined)
    ana.connection.write({HEM: 0.05})
    ben.hear(Changed)
    ana.hear(Saved, lambda saved: saved.all)
    server.kill()  # kill -9
    ana.hear(Online, lambda online: not online.here)
    ben.hear(Online, lambda online: not online.here)
    ana.connection.write({HEM: 0.06})
    ben.connection.write({WAIST: 0.7})
    said = ben.connection.command("comment", text="While you were away")
    with running(server.folder, "--port", str(server.port)):
        assert ben.hear(Changed, lambda c: HEM in c.values).values[HEM] == 0.06
        assert ana.hear(Changed, lambda c: WAIST in c.values).values[WAIST] == 0.7
        assert ana.hear(Changed, lambda c: ("comments", said) in c.values)
        ana.hear(Saved, lambda saved: saved.all)
        ana.connection.close()
        ben.connection.close()


def test_an_invitation_that_admits_nobody_ends_it(server, join):
    stranger = join(token="x" * 40)
    assert "no invitation" in stranger.hear(Ended).sentence
    ana = join()
    ana.hear(Joined)
    server.invites.revoke(server.invites.all()[-1].id, 0.0)
    assert "ended" in ana.hear(Ended).sentence


def test_a_server_that_is_not_there_is_knocked_at_until_one_leaves(join):
    lost = join(port=1)
    assert "reached" in lost.hear(Online).sentence
    lost.connection.close()
    with pytest.raises(AssetRefused):
        lost.connection.upload(b"glTF").result(60)


def test_a_server_that_speaks_another_protocol_is_left():
    """A WebSocket server that answers with rubbish: the connection ends with a sentence, and its thread too."""
    from websockets.sync.server import serve

    def rubbish(socket):
        socket.send(b"\x00\x02\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff")
        for _ in socket:
            pass

    with serve(rubbish, "127.0.0.1", 0, subprotocols=["toile.1"]) as other:
        thread = threading.Thread(target=other.serve_forever)
        thread.start()
        guest = Designer(Invitation(f"http://127.0.0.1:{other.socket.getsockname()[1]}", "gown", "x" * 40))
        assert "speaks otherwise" in guest.hear(Ended).sentence
        guest.connection.close()
        other.shutdown()
        thread.join()
