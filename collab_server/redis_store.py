# SPDX-License-Identifier: GPL-3.0-or-later
"""The log in Redis, for servers on more than one machine: a stream for each room, and one server at a time that has it.

A room is whose lease says so. Every append looks at the lease in the same step (a Lua script), so a server that was
stopped for a while and has lost its lease writes nothing more, acknowledges nothing more, and lets its peers go to
whoever has the room now. A server that is asked for a room that another has says that it wants it; the other lets go
soon, so rooms follow their peers when a proxy sends them elsewhere.

Redis is to write through (`appendonly yes`, `appendfsync always`), or it acknowledges what a power cut takes away.
"""

from __future__ import annotations

import json
import logging
import secrets
import time
from collections.abc import Iterable, Mapping
from dataclasses import astuple
from typing import Any, cast

from redis import Redis
from redis.exceptions import RedisError, ResponseError

from .invites import Invite, ListUnavailable
from .store import COMPACT_AFTER, NotSaved, StoreRefused, StoreUnavailable, added_up

LEASE = 10.0  # s for which a room is a server's, unless renewed
HELD = 10.0  # s for which a server keeps a room that another wants, so that two never toss it to and fro
_PATIENCE = 5.0  # s for an answer of Redis'
_AUDIT = 1_000_000  # lines kept, about
_MINE = "if redis.call('get', KEYS[1]) ~= ARGV[1] then return 0 end\n"
_CLAIM = """
local owner = redis.call('get', KEYS[1])
if owner and owner ~= ARGV[1] then
  redis.call('set', KEYS[2], ARGV[1], 'PX', ARGV[2])
  return 0
end
redis.call('set', KEYS[1], ARGV[1], 'PX', ARGV[2])
if redis.call('get', KEYS[2]) == ARGV[1] then redis.call('del', KEYS[2]) end
return 1
"""
_APPEND = f"""{_MINE}
for i = 2, #ARGV, 2 do redis.call('xadd', KEYS[2], '*', 'document', ARGV[i], 'change', ARGV[i + 1]) end
return 1
"""
_COMPACT = f"""{_MINE}
redis.call('hset', KEYS[2], unpack(ARGV, 4))
redis.call('hset', KEYS[2], 'through', ARGV[2])
redis.call('xtrim', KEYS[3], 'MINID', ARGV[3])
return 1
"""
_RENEW = f"""{_MINE}
redis.call('pexpire', KEYS[1], ARGV[2])
return redis.call('exists', KEYS[2]) == 1 and 2 or 1
"""
_RELEASE = f"{_MINE} return redis.call('del', KEYS[1])"
log = logging.getLogger(__name__)


class RedisStore:
    """As `Store`, shared by the servers that name the same Redis. To be used from one thread at a time.

    Raises StoreRefused where there is no Redis, or one that does not write through.
    """

    def __init__(self, url: str) -> None:
        self._redis = connected(url)
        self._me = secrets.token_hex(8)
        self._since: dict[str, float] = {}  # room → when it became ours
        script = self._redis.register_script
        self._claim, self._append, self._compact = script(_CLAIM), script(_APPEND), script(_COMPACT)
        self._renew, self._release = script(_RENEW), script(_RELEASE)
        _refuse_forgetful(self._redis)

    def load(self, room: str) -> dict[str, list[bytes]]:
        """Take a room on; document → its updates, in their order. Raises StoreUnavailable where another has it."""
        try:
            if not self._claim([_lease(room), _wanted(room)], [self._me, int(1e3 * LEASE)]):
                raise StoreUnavailable("Another server has this review just now: come back in a moment.")
            found = self._read(room)[0]
        except RedisError as error:
            raise StoreUnavailable(f"Redis does not answer ({error}): come back in a moment.") from error
        self._since[room] = time.monotonic()
        return found

    def append(
        self, updates: Iterable[tuple[str, str, bytes]], notes: Iterable[tuple[float, str, str, str]] = ()
    ) -> set[str]:
        """Keep (room, document, update)s and audit (at, room, invite, what)s; the rooms of which nothing was kept,
        because they are another server's now. What is handed over again after NotSaved may be kept twice, which Yjs'
        updates do not mind. Raises NotSaved.
        """
        of_room: dict[str, list[str | bytes]] = {}
        for room, document, update in updates:
            of_room.setdefault(room, []).extend((document, update))
        try:
            with self._redis.pipeline(transaction=False) as pipe:
                for room, changes in of_room.items():
                    self._append([_lease(room), _log(room)], [self._me, *changes], client=pipe)
                for at, room, invite, what in notes:
                    line = {"at": at, "room": room, "invite": invite, "what": what}
                    pipe.xadd("toile:audit", cast(Any, line), maxlen=_AUDIT, approximate=True)
                kept = pipe.execute()
        except RedisError as error:
            raise NotSaved(str(error)) from error
        return {room for room, done in zip(of_room, kept, strict=False) if not done}

    def compact(self, room: str) -> None:
        """Put one snapshot in the place of a room's log, where that has grown long. Raises NotSaved."""
        try:
            if self._redis.xlen(_log(room)) < COMPACT_AFTER:
                return
            found, through = self._read(room)
            state = [part for document, updates in found.items() for part in (document, added_up(updates))]
            self._compact([_lease(room), _snapshot(room), _log(room)], [self._me, through, _after(through), *state])
        except RedisError as error:
            raise NotSaved(str(error)) from error

    def renew(self, rooms: Iterable[str]) -> tuple[set[str], set[str]]:
        """Go on having these rooms; those that are another's now, and those that another waits for. Raises NotSaved."""
        rooms = list(rooms)
        try:
            with self._redis.pipeline(transaction=False) as pipe:
                for room in rooms:
                    self._renew([_lease(room), _wanted(room)], [self._me, int(1e3 * LEASE)], client=pipe)
                told = dict(zip(rooms, pipe.execute(), strict=True))
        except RedisError as error:
            raise NotSaved(str(error)) from error
        long = time.monotonic() - HELD
        wanted = {room for room, state in told.items() if state == 2 and self._since.get(room, 0.0) <= long}
        return {room for room, state in told.items() if not state}, wanted

    def release(self, room: str) -> None:
        """Have a room no longer, so that another may at once. Raises NotSaved."""
        self._since.pop(room, None)
        try:
            self._release([_lease(room)], [self._me])
        except RedisError as error:
            raise NotSaved(str(error)) from error

    def audit(self, room: str) -> list[tuple[float, str, str]]:
        """(at, invite, what) of all that happened in a room, as far as it is kept."""
        lines = ({k.decode(): v.decode() for k, v in line.items()} for _, line in _entries(self._redis, "toile:audit"))
        return [(float(line["at"]), line["invite"], line["what"]) for line in lines if line["room"] == room]

    def close(self) -> None:
        """Let go of all rooms and of Redis."""
        try:
            for room in list(self._since):
                self.release(room)
        except NotSaved as error:
            log.warning("rooms are let go only when their leases end (%s)", error)
        self._redis.close()

    def _read(self, room: str) -> tuple[dict[str, list[bytes]], str]:
        """Document → its updates, and the id of the last of them."""
        kept = cast("dict[bytes, bytes]", self._redis.hgetall(_snapshot(room)))
        through = kept.pop(b"through", b"0").decode()
        found = {document.decode(): [state] for document, state in kept.items()}
        for name, entry in _entries(self._redis, _log(room), _after(through)):
            through = name.decode()
            found.setdefault(entry[b"document"].decode(), []).append(entry[b"change"])
        return found, through


class RedisInvites:
    """The list of invitations of all servers that name the same Redis. Every method raises ListUnavailable."""

    def __init__(self, url: str) -> None:
        self._redis = connected(url)

    def add(self, invite: Invite) -> None:
        """One more."""
        with _Answering(), self._redis.pipeline() as pipe:
            number = self._redis.incr("toile:invites:count")
            pipe.hset("toile:invites", invite.id, json.dumps([number, *astuple(invite)]))
            pipe.zadd("toile:invites:end", {invite.id: invite.expires})
            pipe.execute()

    def find(self, name: str) -> Invite | None:
        """The one with this id."""
        with _Answering():
            row = cast("bytes | None", self._redis.hget("toile:invites", name))
        return None if row is None else Invite(*json.loads(row)[1:])

    def all(self) -> list[Invite]:
        """Every one ever made, the newest last."""
        with _Answering():
            rows = cast("list[bytes]", self._redis.hvals("toile:invites"))
        return [Invite(*row[1:]) for row in sorted(map(json.loads, rows))]

    def over(self, now: float) -> set[str]:
        """The ids of those revoked or expired."""
        with _Answering():
            return {
                name.decode() for name in cast("list[bytes]", self._redis.zrangebyscore("toile:invites:end", 0, now))
            }

    def revoke(self, name: str, now: float) -> bool:
        """End one now, unless it has been; whether there is one."""
        with _Answering(), self._redis.pipeline() as pipe:
            row = cast("bytes | None", self._redis.hget("toile:invites", name))
            if row is None:
                return False
            *kept, revoked = json.loads(row)
            pipe.hset("toile:invites", name, json.dumps([*kept, revoked or now]))
            pipe.zadd("toile:invites:end", {name: 0.0})
            pipe.execute()
        return True

    def close(self) -> None:
        """Let go of it."""
        self._redis.close()


class _Answering:
    """Whatever is wrong with Redis is the list's being unavailable."""

    def __enter__(self) -> None: ...

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, RedisError):
            raise ListUnavailable(f"Redis does not answer ({error}): come back in a moment.") from error


def connected(url: str) -> Redis:
    """A Redis by its address, such as redis://:PASSWORD@HOST:6379/0. Raises StoreRefused."""
    try:
        redis = Redis.from_url(url, socket_timeout=_PATIENCE, socket_connect_timeout=_PATIENCE)
        redis.ping()
    except ValueError as error:
        raise StoreRefused("This is no Redis' address: write redis://HOST:6379/0, or rediss:// with TLS.") from error
    except RedisError as error:
        raise StoreRefused(f"There is no Redis to be had ({error}): start it, or name another.") from error
    return redis


def _refuse_forgetful(redis: Redis) -> None:
    try:
        told = cast("Mapping[str, str]", redis.config_get("append*"))
    except ResponseError:  # a hosted one, whose configuration is its host's
        log.warning("this Redis does not tell whether it writes through; it is to, or a power cut loses edits")
        return
    if (told.get("appendonly"), told.get("appendfsync")) != ("yes", "always"):
        raise StoreRefused(
            "This Redis would acknowledge edits that a power cut takes away: start it with "
            "--appendonly yes --appendfsync always."
        )


def _entries(redis: Redis, stream: str, first: str = "-") -> Iterable[tuple[bytes, dict[bytes, bytes]]]:
    while page := cast("list[tuple[bytes, dict[bytes, bytes]]]", redis.xrange(stream, first, "+", 1_000)):
        yield from page
        first = _after(page[-1][0].decode())


def _after(name: str) -> str:
    """The first id behind one of a stream's."""
    moment, _, number = name.partition("-")
    return f"{moment}-{int(number or 0) + 1}"


def _lease(room: str) -> str:
    return f"toile:{{{room}}}:lease"


def _wanted(room: str) -> str:
    return f"toile:{{{room}}}:wanted"


def _log(room: str) -> str:
    return f"toile:{{{room}}}:log"


def _snapshot(room: str) -> str:
    return f"toile:{{{room}}}:snapshot"
