# SPDX-License-Identifier: GPL-3.0-or-later
"""The server as a conversation: designers, reviewers and viewers in one room, over real sockets."""

from __future__ import annotations

import asyncio
import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
from pycrdt import UndoManager
from server.peers import Peer, dial, invite, serving, until
from server.process import drain, opened
from toile.collab_server import connection, frames, wire
from toile.collab_server.limits import Limits
from toile.collab_server.review import canonical
from toile.collab_server.wire import read_state_vector
from websockets.exceptions import ConnectionClosed, InvalidStatus

ASSET = b"glTF" + bytes(range(256))
DIGEST = hashlib.sha256(ASSET).hexdigest()


def run(conversation) -> None:
    asyncio.run(asyncio.wait_for(conversation, 60))


def test_what_one_designer_edits_the_other_sees(tmp_path: Path) -> None:
    async def conversation() -> None:
        async with serving(tmp_path) as server:
            ana, ben = await Peer.join(server), await Peer.join(server)
            ana.map("parameters")["hem"] = 0.05
            ben.map("colours")["front"] = "#aa2233"
            await until(lambda: ben.map("parameters").to_py() == {"hem": 0.05})
            await until(lambda: ana.map("colours").to_py() == {"front": "#aa2233"})
            late = await Peer.join(server, "viewer")
            assert late.map("parameters").to_py() == {"hem": 0.05}

    run(conversation())


def test_a_state_vector_says_what_is_on_the_disk(tmp_path: Path) -> None:
    async def conversation() -> None:
        async with serving(tmp_path) as server:
            ana = await Peer.join(server)
            for step in range(20):
                ana.map("parameters")["hem"] = step
            await until(lambda: ana.saved == read_state_vector(ana.doc.get_state()))
        async with serving(tmp_path) as server:
            ben = await Peer.join(server)
            assert ben.map("parameters").to_py() == {"hem": 19}

    run(conversation())


def test_a_designer_brings_back_what_the_server_lost(tmp_path: Path) -> None:
    """The heartbeat's state vector makes the client send whatever the server does not hold."""

    async def conversation() -> None:
        async with serving(tmp_path) as server:
            ana = await Peer.join(server)
            ana._applying = True  # these edits are made but never sent, as by a lost message
            ana.map("parameters")["waist"] = 0.7
            ana._applying = False
            ana.map("parameters")["hem"] = 0.1  # stands on the lost one
            ben = await Peer.join(server)
            await until(lambda: ben.map("parameters").to_py() == {"waist": 0.7, "hem": 0.1})

    run(conversation())


def test_a_viewer_only_looks(tmp_path: Path) -> None:
    async def conversation() -> None:
        async with serving(tmp_path) as server:
            ana, eve = await Peer.join(server), await Peer.join(server, "viewer")
            ana.map("parameters")["hem"] = 0.05
            await until(lambda: eve.map("parameters").to_py())
            eve.map("parameters")["hem"] = 9.0
            await until(lambda: eve.denied)
            assert "viewer" in eve.denied[0]
            late = await Peer.join(server)
            assert late.map("parameters").to_py() == {"hem": 0.05}
            assert ana.map("parameters").to_py() == {"hem": 0.05}
            assert eve.closed is None

    run(conversation())


def test_undo_leaves_the_others_edits(tmp_path: Path) -> None:
    """Every transaction has its origin, or an UndoManager takes back what came over the wire."""

    async def conversation() -> None:
        async with serving(tmp_path) as server:
            ana, ben = await Peer.join(server), await Peer.join(server)
            parameters = ana.map("parameters")
            undo = UndoManager(scopes=[parameters], capture_timeout_millis=0)
            undo.include_origin("ana")
            with ana.doc.transaction(origin="ana"):
                parameters["hem"] = 0.05
            ben.map("parameters")["waist"] = 0.7
            await until(lambda: "waist" in parameters)
            assert undo.undo()
            assert not undo.undo()
            await until(lambda: ben.map("parameters").to_py() == {"waist": 0.7})
            assert parameters.to_py() == {"waist": 0.7}

    run(conversation())


def test_presence_is_stamped_and_leaves_with_its_peer(tmp_path: Path) -> None:
    async def conversation() -> None:
        async with serving(tmp_path) as server:
            ana, eve = await Peer.join(server), await Peer.join(server, "viewer")
            ana.say(7, 1, {"camera": [1, 2, 3], "invited": {"role": "operator"}})
            await until(lambda: 7 in eve.presence)
            assert json.loads(eve.presence[7]) == {
                "camera": [1, 2, 3],
                "invited": {"name": "Ana", "role": "designer"},
            }
            eve.say(7, 9, None)  # as a client does that believes another gone
            eve.say(8, 1, {})
            await until(lambda: 8 in ana.presence)
            late = await Peer.join(server, "viewer")
            await until(lambda: set(late.presence) == {7, 8})
            await ana.close()
            await until(lambda: set(eve.presence) == {8})

    run(conversation())


def test_a_review_from_comment_to_approval(tmp_path: Path) -> None:
    async def conversation() -> None:
        async with serving(tmp_path) as server:
            ana, design = await Peer.join(server, document="review"), await Peer.join(server)
            rita, eve = await Peer.join(server, "reviewer", "review"), await Peer.join(server, "viewer", "review")
            design.map("parameters")["length"] = 0.6
            await until(lambda: design.saved == read_state_vector(design.doc.get_state()))

            name = "ab" * 16
            said = {"text": "<img src=x onerror=alert(1)>", "piece": "front", "uv": [0.1, 0.2]}
            assert (await rita.command("comment", id=name, **said))["done"]
            assert (await rita.command("comment", id=name, **said))["done"]  # sent again after a lost reply
            await until(lambda: name in eve.map("comments"))
            entry = eve.map("comments")[name]
            assert entry["text"] == said["text"]
            assert (entry["by"], entry["role"]) == ("Ana", "reviewer")
            assert len(eve.map("comments")) == 1
            assert (await ana.command("comment", text="Yes", reply_to=name))["done"]
            assert (await rita.command("mark", comment=name, status="resolved"))["done"]
            assert (await rita.command("choose", what="colour", part="front", value="#112233"))["done"]

            proposal = "cd" * 16
            assert (await rita.command("propose", id=proposal, parameter="length", value=0.65))["done"]
            assert "may not" in (await rita.command("decide", proposal=proposal, accepted=True))["refused"]
            assert (await ana.command("decide", proposal=proposal, accepted=True))["done"]
            assert not (await eve.command("comment", text="me too"))["done"]

            assert "upload" in (await ana.command("publish", glb=DIGEST))["refused"]
            (tmp_path / "assets" / "gown").mkdir(parents=True)
            (tmp_path / "assets" / "gown" / DIGEST).write_bytes(ASSET)
            assert (await ana.command("publish", glb=DIGEST, label="first"))["done"]
            await until(lambda: len(rita.map("versions")) == 1)
            (version,) = rita.map("versions")
            assert (await rita.command("approve", version=version))["done"]
            await until(lambda: len(rita.map("approvals")) == 1)
            (approval,) = rita.map("approvals").values()
            signature = approval.pop("signature")
            assert approval["glb"] == DIGEST
            assert server.invites.signed(canonical(approval), signature)
            assert not server.invites.signed(canonical({**approval, "glb": "0" * 64}), signature)

            design.map("parameters")["length"] = 0.65
            await until(lambda: design.saved == read_state_vector(design.doc.get_state()))
            assert (await ana.command("publish", glb=DIGEST, label="second"))["done"]
            await until(lambda: len(ana.map("versions")) == 2)  # the same GLB of another design is another version
        async with serving(tmp_path) as server:
            rita = await Peer.join(server, "reviewer", "review")
            await until(lambda: len(rita.map("approvals")) == 1)
            assert rita.map("marks")[name]["status"] == "resolved"

    run(conversation())


def test_nobody_writes_the_review_document(tmp_path: Path) -> None:
    async def conversation() -> None:
        async with serving(tmp_path) as server:
            ana, rita = await Peer.join(server, document="review"), await Peer.join(server, "reviewer", "review")
            for peer in (ana, rita):
                peer.map("approvals")["forged"] = {"by": "Rita"}
                await until(lambda peer=peer: peer.denied)
            assert len((await Peer.join(server, "viewer", "review")).map("approvals")) == 0

    run(conversation())


def test_drag_frames_reach_the_others_and_are_kept_nowhere(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    base = rng.random((500, 3), np.float32)
    moved = base + rng.normal(0, 0.01, base.shape).astype(np.float32)

    async def conversation() -> None:
        async with serving(tmp_path) as server:
            ana, ben, eve = await Peer.join(server), await Peer.join(server), await Peer.join(server, "viewer")
            ana.send(wire.frame(frames.encode(moved, base, 1)))
            eve.send(wire.frame(frames.encode(base, base, 1)))
            await until(lambda: ben.frames and eve.frames and eve.denied)
            assert len(ben.frames) == len(eve.frames) == 1
            assert not ana.frames
            assert np.abs(frames.decode(ben.frames[0], base).positions - moved).max() < 11e-6
            late = await Peer.join(server)
            assert not late.frames

    run(conversation())


def test_a_revoked_invitation_ends_at_once(tmp_path: Path) -> None:
    async def conversation() -> None:
        async with serving(tmp_path) as server:
            token = invite(server, "viewer")
            eve, ana = await Peer.join(server, token=token), await Peer.join(server)
            server.invites.revoke(server.invites.all()[0].id, 0.0)
            await until(lambda: eve.closed)
            assert eve.closed is not None
            assert eve.closed[0] == 1008
            assert ana.closed is None
            with pytest.raises(InvalidStatus, match="403"):
                await dial(server, token)

    run(conversation())


def test_one_invitation_cannot_fill_the_audit_by_joining(tmp_path: Path) -> None:
    async def conversation() -> None:
        async with serving(tmp_path, limits=Limits(joins=5, joins_rate=0.01)) as server:
            token = invite(server, "viewer")
            for _ in range(5):
                await (await dial(server, token)).close()
            with pytest.raises(InvalidStatus, match="429"):
                await dial(server, token)
            await Peer.join(server)

    run(conversation())


def test_a_full_room_and_a_full_server_say_so(tmp_path: Path) -> None:
    async def conversation() -> None:
        async with serving(tmp_path, limits=Limits(peers_room=2, rooms=1)) as server:
            ana, _ = await Peer.join(server), await Peer.join(server)
            third = await dial(server, invite(server))
            await third.wait_closed()
            assert third.close_code == 1013
            with pytest.raises(InvalidStatus, match="503"):
                await dial(server, invite(server, room="coat"), room="coat")
            assert ana.closed is None

    run(conversation())


def test_who_answers_no_more_is_let_go_and_who_answers_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "_QUIET", 1.5)

    async def conversation() -> None:
        async with serving(tmp_path) as server:
            ana = await Peer.join(server)
            with await asyncio.to_thread(opened, server.port, invite(server)) as mute:
                mute.settimeout(60)
                assert bytes((0x89, 0)) in await asyncio.to_thread(drain, mute)  # a ping, and then the end
            assert len(server._connections) == 1
            assert ana.closed is None

    run(conversation())


def test_an_idle_room_is_let_go_and_comes_back(tmp_path: Path) -> None:
    async def conversation() -> None:
        async with serving(tmp_path) as server:
            ana = await Peer.join(server)
            ana.map("parameters")["hem"] = 0.05
            await until(lambda: ana.saved == read_state_vector(ana.doc.get_state()))
            await ana.close()
            await until(lambda: not server._rooms)
            assert (await Peer.join(server)).map("parameters").to_py() == {"hem": 0.05}

    run(conversation())


def test_a_designer_offline_merges_on_return(tmp_path: Path) -> None:
    async def conversation() -> None:
        async with serving(tmp_path) as server:
            ana, ben = await Peer.join(server), await Peer.join(server)
            ana.map("parameters")["hem"] = 0.05
            await until(lambda: ben.map("parameters").to_py())
            offline = ben.doc
            await ben.close()
            ben.map("parameters")["waist"] = 0.7
            ana.map("parameters")["hip"] = 0.95
            back = Peer(await dial(server, invite(server)))
            back.doc.apply_update(offline.get_update())
            await back.sync()
            whole = {"hem": 0.05, "waist": 0.7, "hip": 0.95}
            await until(lambda: ana.map("parameters").to_py() == back.map("parameters").to_py() == whole)

    run(conversation())


def test_a_second_server_is_refused_the_folder(tmp_path: Path) -> None:
    async def conversation() -> None:
        async with serving(tmp_path):
            with pytest.raises(ValueError, match="Another server"):
                async with serving(tmp_path):
                    pass

    run(conversation())


def test_the_socket_closes_for_good(tmp_path: Path) -> None:
    async def conversation() -> None:
        async with serving(tmp_path) as server:
            ana = await Peer.join(server)
        with pytest.raises(ConnectionClosed):
            await ana.socket.send(b"\0")

    run(conversation())
