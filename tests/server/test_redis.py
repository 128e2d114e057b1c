# SPDX-License-Identifier: GPL-3.0-or-later
"""Several servers with one Redis: a room is one server's at a time, and nothing acknowledged is lost with a server."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pycrdt import Doc, Map

pytest.importorskip("redis", reason="several servers stand on the package redis: pip install redis")

from redis import Redis
from redis.exceptions import RedisError
from server.peers import Peer, serving, until
from server.process import Process, exchange, request, status
from server.test_store import edits, held
from toile.collab_server import redis_store, wire
from toile.collab_server.invites import InviteRefused, Invites, ListUnavailable
from toile.collab_server.redis_store import RedisStore
from toile.collab_server.store import NotSaved, StoreRefused, StoreUnavailable

BINARY = shutil.which("redis-server")
needs_redis = pytest.mark.skipif(BINARY is None, reason="there is no redis-server here: apt-get install redis-server")
WRITES_THROUGH = ("--appendonly", "yes", "--appendfsync", "always")


class Running:
    """A Redis in a process of its own, which can be killed and started again on its folder."""

    def __init__(self, folder: Path, *options: str) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._command = [BINARY, "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", *options]
        self._folder = folder
        self.start()

    def start(self) -> None:
        self.child = subprocess.Popen(self._command, cwd=self._folder, stdout=subprocess.DEVNULL)
        end = time.monotonic() + 60
        while True:
            with contextlib.suppress(RedisError), Redis.from_url(self.url) as redis:
                redis.ping()
                return
            assert time.monotonic() < end
            time.sleep(0.02)

    def kill(self) -> None:
        self.child.kill()
        self.child.wait()


@pytest.fixture(scope="module")
def shared(tmp_path_factory) -> Iterator[Running]:
    running = Running(tmp_path_factory.mktemp("redis"), *WRITES_THROUGH)
    yield running
    running.kill()


@pytest.fixture
def redis(shared: Running) -> Running:
    """A Redis that holds nothing yet."""
    with Redis.from_url(shared.url) as client:
        client.flushall()
    return shared


# ---- The store ----


@needs_redis
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(["append", "compact", "restart", "outlived"]), max_size=30))
def test_any_course_of_appends_compactions_and_takings_over_keeps_all(redis: Running, course: list[str]) -> None:
    with Redis.from_url(redis.url) as client, pytest.MonkeyPatch.context() as patch:
        patch.setattr(redis_store, "COMPACT_AFTER", 2)
        client.flushall()
        store, doc, n = RedisStore(redis.url), Doc(), 0
        store.load("gown")
        for act in course:
            if act == "append":
                assert store.append(("gown", "design", update) for update in edits(2, doc, n)) == set()
                n += 2
            elif act == "compact":
                store.compact("gown")
            else:
                if act == "restart":
                    store.close()
                else:  # it was killed, and its lease has run out
                    client.delete("toile:{gown}:lease")
                store = RedisStore(redis.url)
                store.load("gown")
        assert held(store) == doc.get("parameters", type=Map).to_py()
        assert store.load("coat") == {}
        store.close()


@needs_redis
def test_a_compacted_log_is_short_and_goes_on(redis: Running, monkeypatch) -> None:
    monkeypatch.setattr(redis_store, "COMPACT_AFTER", 5)
    store, doc = RedisStore(redis.url), Doc()
    for start in range(3):
        store.load("gown")
        store.append(("gown", "design", update) for update in edits(9, doc, 9 * start))
        store.compact("gown")
        assert len(store.load("gown")["design"]) == 1
        assert Redis.from_url(redis.url).xlen("toile:{gown}:log") == 0
    assert held(store) == doc.get("parameters", type=Map).to_py()
    store.close()


@needs_redis
def test_who_has_lost_a_room_writes_nothing_to_it(redis: Running) -> None:
    """As one that was stopped for longer than its lease and wakes up behind another's back."""
    asleep, awake, doc = RedisStore(redis.url), RedisStore(redis.url), Doc()
    asleep.load("gown")
    asleep.load("coat")
    with pytest.raises(StoreUnavailable, match="Another server has this review"):
        awake.load("gown")
    Redis.from_url(redis.url).delete("toile:{gown}:lease")
    awake.load("gown")
    awake.append(("gown", "design", update) for update in edits(3, doc))
    rows = [("gown", "design", edits(1)[0]), ("coat", "design", edits(1)[0])]
    assert asleep.append(rows) == {"gown"}
    assert held(awake) == doc.get("parameters", type=Map).to_py()
    assert asleep.renew(["gown", "coat"]) == ({"gown"}, set())
    asleep.release("gown")  # and cannot take it away
    assert awake.renew(["gown"]) == (set(), set())
    for store in (asleep, awake):
        store.close()


@needs_redis
def test_a_room_that_another_waits_for_is_told(redis: Running, monkeypatch) -> None:
    has, wants = RedisStore(redis.url), RedisStore(redis.url)
    has.load("gown")
    with pytest.raises(StoreUnavailable):
        wants.load("gown")
    assert has.renew(["gown"]) == (set(), set())  # not at once
    monkeypatch.setattr(redis_store, "HELD", 0.0)
    assert has.renew(["gown"]) == (set(), {"gown"})
    has.release("gown")
    wants.load("gown")
    assert wants.renew(["gown"]) == (set(), set())
    for store in (has, wants):
        store.close()


@needs_redis
def test_the_audit_tells_who_did_what(redis: Running) -> None:
    store = RedisStore(redis.url)
    store.append([], [(1.5, "gown", "a1", "joined"), (2.0, "coat", "b2", "joined"), (3.0, "gown", "a1", "left")])
    assert store.audit("gown") == [(1.5, "a1", "joined"), (3.0, "a1", "left")]
    store.close()


def test_what_is_no_redis_is_refused_by_name() -> None:
    for url in ("http://127.0.0.1/", "redis://127.0.0.1:1/0", "redis://127.0.0.1:99999/0", "gown", "redis://[/"):
        with pytest.raises(StoreRefused, match="Redis"):
            RedisStore(url)


@needs_redis
def test_a_forgetful_redis_is_refused(tmp_path: Path) -> None:
    forgetful = Running(tmp_path)
    try:
        with pytest.raises(StoreRefused, match="--appendonly yes --appendfsync always"):
            RedisStore(forgetful.url)
    finally:
        forgetful.kill()


@needs_redis
def test_invitations_are_everyones(redis: Running, tmp_path: Path) -> None:
    """Made by one server, admitted and ended by another; and while Redis is away nobody is let in."""
    one, two = Invites(tmp_path, redis.url), Invites(tmp_path, redis.url)
    tokens = [one.issue("gown", role, "Ana", 100.0) for role in ("designer", "reviewer")]
    assert [two.admit(token, "gown", 50.0).role for token in tokens] == ["designer", "reviewer"]
    assert [invite.role for invite in two.all()] == ["designer", "reviewer"]
    assert two.over(50.0) == set()
    two.revoke(two.all()[0].id, 50.0)
    two.revoke(two.all()[0].id, 60.0)
    assert one.all()[0].revoked == 50.0
    assert one.over(50.0) == {one.all()[0].id}
    assert one.over(100.0) == {invite.id for invite in one.all()}
    with pytest.raises(InviteRefused, match="withdrawn"):
        one.admit(tokens[0], "gown", 50.0)
    with pytest.raises(InviteRefused, match="There is no invitation"):
        one.revoke("none", 1.0)
    redis.kill()
    with pytest.raises(ListUnavailable, match="Redis does not answer"):
        two.admit(tokens[1], "gown", 50.0)
    redis.start()
    assert two.admit(tokens[1], "gown", 50.0).role == "reviewer"


# ---- Servers ----


@needs_redis
def test_a_room_outlives_its_servers(redis: Running, tmp_path: Path) -> None:
    """Kill -9, four times in turn: whoever has the room next has all that was acknowledged before."""
    client = Redis.from_url(redis.url)

    async def course() -> None:
        saved: dict[str, int] = {}
        for number in range(4):
            process = await asyncio.to_thread(lambda: Process(tmp_path / "folder", redis=redis.url))
            try:
                ana = await Peer.join(process, token=process.token())
                assert ana.map("parameters").to_py() == saved
                for n in range(30):
                    ana.map("parameters")[f"k{n % 5}"] = saved[f"k{n % 5}"] = 100 * number + n
                await until(lambda ana=ana: ana.saved == wire.read_state_vector(ana.doc.get_state()))
            finally:
                await asyncio.to_thread(process.kill)
            await ana.close()
            client.delete("toile:{gown}:lease")  # what ten seconds do

    asyncio.run(course())


@needs_redis
def test_a_room_follows_its_peers_to_another_server(redis: Running, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(redis_store, "HELD", 0.0)

    async def course() -> None:
        async with (
            serving(tmp_path, redis=redis.url) as first,
            serving(tmp_path, redis=redis.url) as second,
        ):
            ana = await Peer.join(first)
            ana.map("parameters")["hem"] = 1
            await until(lambda: ana.saved == wire.read_state_vector(ana.doc.get_state()))
            token = second.invites.issue("gown", "designer", "Ben", time.time() + 60)
            turned_away = 0
            while (ben := await Peer.join(second, token=token)).closed is not None:
                assert ben.closed[0] == 1013
                await ben.close()
                turned_away += 1
                await asyncio.sleep(0.1)
            assert turned_away
            assert ben.map("parameters").to_py() == {"hem": 1}
            await until(lambda: ana.closed == (1012, "This review has moved to another server: come back."))
            ben.map("parameters")["hem"] = 2
            await until(lambda: ben.saved == wire.read_state_vector(ben.doc.get_state()))
            for peer in (ana, ben):
                await peer.close()

    asyncio.run(course())


@needs_redis
def test_a_server_that_lost_its_room_acknowledges_nothing_and_sends_its_peers_away(
    redis: Running, tmp_path: Path
) -> None:
    client = Redis.from_url(redis.url)

    async def course() -> None:
        async with serving(tmp_path, redis=redis.url) as server:
            ana = await Peer.join(server)
            ana.map("parameters")["hem"] = 1
            await until(lambda: ana.saved == wire.read_state_vector(ana.doc.get_state()))
            client.set("toile:{gown}:lease", "another")
            ana.map("parameters")["hem"] = 2
            await until(lambda: ana.closed is not None)
            assert ana.closed == (1012, "This review has moved to another server: come back.")
            assert ana.saved != wire.read_state_vector(ana.doc.get_state())
            assert client.xlen("toile:{gown}:log") == 1
            await ana.close()

    asyncio.run(course())


@needs_redis
def test_redis_may_go_and_come_back(redis: Running, tmp_path: Path) -> None:
    """Killed -9 under a running server: edits reach the others, none is acknowledged, and all are in the end."""

    async def course() -> None:
        async with serving(tmp_path, redis=redis.url) as server:
            ana, ben = await Peer.join(server), await Peer.join(server)
            ana.map("parameters")["hem"] = 1
            await until(lambda: ana.saved == wire.read_state_vector(ana.doc.get_state()))
            redis.kill()
            ana.map("parameters")["hem"] = 2
            await until(lambda: ben.map("parameters").to_py() == {"hem": 2})
            await until(lambda: not server.door.healthy)
            assert ana.saved != wire.read_state_vector(ana.doc.get_state())
            answer = await asyncio.to_thread(exchange, server.port, request("/healthz", server.port))
            assert status(answer) == 503
            redis.start()
            await until(lambda: ana.saved == wire.read_state_vector(ana.doc.get_state()))
            for peer in (ana, ben):
                await peer.close()
        store = RedisStore(redis.url)
        assert held(store) == {"hem": 2}
        store.close()

    asyncio.run(course())


@needs_redis
def test_a_full_redis_is_a_full_disk(redis: Running) -> None:
    client = Redis.from_url(redis.url)
    store, doc = RedisStore(redis.url), Doc()
    store.load("gown")
    updates = [("gown", "design", update) for update in edits(5, doc)]
    client.config_set("maxmemory", "1")
    try:
        with pytest.raises(NotSaved, match="memory"):
            store.append(updates)
    finally:
        client.config_set("maxmemory", "0")
    assert store.append(updates) == set()
    assert held(store) == doc.get("parameters", type=Map).to_py()
    store.close()
