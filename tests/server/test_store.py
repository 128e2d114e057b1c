# SPDX-License-Identifier: GPL-3.0-or-later
"""The log keeps what it said it kept: through compaction, a full disk, damage, and kills."""

from __future__ import annotations

import asyncio
import os
import random
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pycrdt import Doc, Map
from server.peers import Peer, serving, until
from server.process import Process
from toile.collab_server import store as store_module
from toile.collab_server import wire
from toile.collab_server.store import NotSaved, Store, StoreRefused
from websockets.asyncio.client import connect


def edits(count: int, doc: Doc | None = None, first: int = 0) -> list[bytes]:
    doc = doc or Doc()
    shared = doc.get("parameters", type=Map)
    updates: list[bytes] = []
    observed = doc.observe(lambda event: updates.append(event.update))
    for n in range(first, first + count):
        shared[f"k{n % 7}"] = n
    doc.unobserve(observed)
    return updates


def held(store: Store) -> dict[str, object]:
    doc = Doc()
    for update in store.load("gown").get("design", []):
        doc.apply_update(update)
    return doc.get("parameters", type=Map).to_py()


def test_what_was_written_after_a_compaction_is_there_after_the_next_start(tmp_path: Path, monkeypatch) -> None:
    """Ids that SQLite uses again after a compaction once hid acknowledged edits behind the snapshot."""
    monkeypatch.setattr(store_module, "COMPACT_AFTER", 5)
    doc = Doc()
    for start in range(3):
        store = Store(tmp_path / "rooms.sqlite")
        store.append(("gown", "design", update) for update in edits(9, doc, 9 * start))
        store.compact("gown")
        assert len(store.load("gown")["design"]) == 1
        store.close()  # the log is empty now: without AUTOINCREMENT the next id is 1
    store = Store(tmp_path / "rooms.sqlite")
    store.append(("gown", "design", update) for update in edits(2, doc, 27))
    store.close()
    assert held(Store(tmp_path / "rooms.sqlite")) == doc.get("parameters", type=Map).to_py()


@settings(max_examples=40)
@given(st.lists(st.sampled_from(["append", "compact", "restart"]), max_size=30))
def test_any_course_of_appends_compactions_and_starts_keeps_all(tmp_path_factory, course: list[str]) -> None:
    path = tmp_path_factory.mktemp("store") / "rooms.sqlite"
    compact_after, store_module.COMPACT_AFTER = store_module.COMPACT_AFTER, 2
    try:
        store, doc, n = Store(path), Doc(), 0
        for act in course:
            if act == "append":
                store.append(("gown", "design", update) for update in edits(2, doc, n))
                n += 2
            elif act == "compact":
                store.compact("gown")
            else:
                store.close()
                store = Store(path)
        assert held(store) == doc.get("parameters", type=Map).to_py()
        assert store.load("coat") == {}
        store.close()
    finally:
        store_module.COMPACT_AFTER = compact_after


def test_a_full_disk_takes_all_or_nothing_and_goes_on_when_there_is_room(tmp_path: Path) -> None:
    store, doc = Store(tmp_path / "rooms.sqlite"), Doc()
    (pages,) = store._base.execute("pragma page_count").fetchone()
    store._base.execute(f"pragma max_page_count={pages + 3}")  # SQLite then says what it says of a full disk
    updates = [("gown", "design", update) for update in edits(400, doc)]
    with pytest.raises(NotSaved, match="full"):
        store.append([*updates, ("gown", "design", bytes(100_000))])
    assert store.load("gown") == {}
    store._base.execute("pragma max_page_count=100000")
    store.append(updates)
    assert held(store) == doc.get("parameters", type=Map).to_py()


def test_a_server_survives_a_full_disk(tmp_path: Path) -> None:
    """Edits go on reaching the others, none is acknowledged, and all are once there is room again."""

    async def conversation() -> None:
        async with serving(tmp_path) as server:
            ana, ben = await Peer.join(server), await Peer.join(server)
            base = server._keeper._store._base
            await until(lambda: not server._keeper._notes)
            (pages,) = base.execute("pragma page_count").fetchone()
            base.execute(f"pragma max_page_count={pages}")
            ana.map("fabrics")["front"] = "x" * 50_000
            await until(lambda: server._keeper.failing)
            await until(lambda: len(ben.map("fabrics").to_py().get("front", "")) == 50_000)
            await until(lambda: not server.door.healthy)
            assert ana.saved == {}
            base.execute("pragma max_page_count=100000")
            await until(lambda: ana.saved == wire.read_state_vector(ana.doc.get_state()))
            assert server.door.healthy or not server._keeper.failing
        async with serving(tmp_path) as server:
            late = await Peer.join(server)
            assert late.map("fabrics").to_py() == {"front": "x" * 50_000}

    asyncio.run(conversation())


@pytest.mark.parametrize("content", [b"not a database" * 100, b"SQLite format 3\0" + bytes(4_080), b"\xff" * 8_192])
def test_a_damaged_file_is_refused_by_name(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "rooms.sqlite").write_bytes(content)
    with pytest.raises(StoreRefused, match=r"rooms\.sqlite"):
        Store(tmp_path / "rooms.sqlite")


def test_a_second_holder_is_refused(tmp_path: Path) -> None:
    first = Store(tmp_path / "rooms.sqlite")
    with pytest.raises(StoreRefused, match="Another server"):
        Store(tmp_path / "rooms.sqlite")
    first.close()
    Store(tmp_path / "rooms.sqlite").close()


def test_the_audit_tells_who_did_what(tmp_path: Path) -> None:
    async def conversation() -> None:
        async with serving(tmp_path) as server:
            rita = await Peer.join(server, "reviewer", "review")
            await rita.command("comment", id="ab" * 16, text="a secret of the house")
            await rita.close()

    asyncio.run(conversation())
    store = Store(tmp_path / "rooms.sqlite")
    told = [what for _, _, what in store.audit("gown")]
    assert told == ["joined review as reviewer", f"comment {'ab' * 16}", "left review"]
    store.close()


@pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is of POSIX")
def test_nothing_acknowledged_is_lost_by_kill_9(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """Six rounds here; `KILLS=500` in the environment runs as many as one has time for."""
    rng = random.Random(int(os.environ.get("SEED", "7")))
    asyncio.run(_killed(tmp_path / "folder", int(os.environ.get("KILLS", "6")), rng))


async def _killed(folder: Path, rounds: int, rng: random.Random) -> None:
    acknowledged: dict[int, int] = {}
    values: dict[str, int] = {}  # key → value, of edits acknowledged
    total = 0
    for _ in range(rounds):
        process = await asyncio.to_thread(Process, folder)
        try:
            token = process.token()
            socket = await connect(
                f"ws://127.0.0.1:{process.port}/live/gown/design",
                subprotocols=[wire.SUBPROTOCOL, wire.INVITE + token],
                compression=None,
                max_size=None,  # after hundreds of rounds the design alone has a megabyte
            )
            peer = Peer(socket)
            await peer.sync()
            state = wire.read_state_vector(peer.doc.get_state())
            assert all(state.get(client, 0) >= clock for client, clock in acknowledged.items())
            shared = peer.map("parameters")
            assert all(shared[key] == value for key, value in values.items())
            made: list[tuple[int, str, int]] = []  # clock, key, value
            end = asyncio.get_running_loop().time() + rng.uniform(0.2, 1.8)
            while asyncio.get_running_loop().time() < end:
                key = f"{peer.doc.client_id}/{len(made) % 50}"
                shared[key] = total
                made.append((len(made) + 1, key, total))
                total += 1
                await asyncio.sleep(0.005)
        finally:
            await asyncio.to_thread(process.kill)
        await until(lambda peer=peer: peer.closed is not None)
        for client, clock in peer.saved.items():
            acknowledged[client] = max(acknowledged.get(client, 0), clock)
        mine = acknowledged.get(peer.doc.client_id, 0)
        kept = [(key, value) for clock, key, value in made if clock <= mine]
        values.update(kept[-50:])
        values = {key: value for key, value in values.items() if _settled(key, made, mine)}
        await peer.close()
    assert total > 0
    assert acknowledged
    print(f"{rounds} kills, {total} edits, {sum(acknowledged.values())} acknowledged, 0 lost")


def _settled(key: str, made: list[tuple[int, str, int]], acknowledged: int) -> bool:
    """Whether nothing was written over a key after what was acknowledged: that may or may not be on the disk."""
    return all(clock <= acknowledged for clock, written, _ in made if written == key)
