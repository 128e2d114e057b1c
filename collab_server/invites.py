# SPDX-License-Identifier: GPL-3.0-or-later
"""Invitations: signed tokens that say which room, in which role and until when; listed, and revocable.

The secret and the list lie in the server's folder, made on first use. A token that is not on the list is refused even
if it is well signed.
"""

from __future__ import annotations

import os
import re
import secrets
import sqlite3
import threading
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Protocol

from itsdangerous import BadData, Signer, URLSafeSerializer

from .invitation import ROOM
from .presence import Guest

ROLES = ("designer", "reviewer", "viewer", "operator")  # an operator reads the metrics and joins no room
_LONGEST_TOKEN = 1_000
_LONGEST_NAME = 80


class InviteRefused(ValueError):
    """An invitation does not admit, or cannot be made; the text says why and never holds the token."""


@dataclass(frozen=True)
class Invite:
    """An invitation. expires, revoked: seconds since 1970; revoked is None while it holds."""

    id: str
    room: str
    role: str
    name: str
    expires: float
    revoked: float | None = None

    @property
    def guest(self) -> Guest:
        """Whom it admits."""
        return Guest(self.id, self.role, self.name)


class ListUnavailable(OSError):
    """Nobody can be let in at present: the list cannot be read; the text says why."""


class InviteList(Protocol):
    """Where invitations are listed: `_SqliteList`, or `redis_store.RedisInvites` for several servers."""

    def add(self, invite: Invite) -> None: ...
    def find(self, name: str) -> Invite | None: ...
    def all(self) -> list[Invite]: ...
    def over(self, now: float) -> set[str]: ...
    def revoke(self, name: str, now: float) -> bool: ...
    def close(self) -> None: ...


class Invites:
    """The invitations of one server, or of all that share a folder and a Redis. Safe to use from several threads and
    processes. Raises StoreRefused for a Redis that is not there, and every method ListUnavailable once it is gone.
    """

    def __init__(self, folder: Path, redis: str | None = None) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        secret = _secret(folder / "secret.key")
        self._serializer = URLSafeSerializer(secret, salt="toile.invite")
        self._signer = Signer(secret, salt="toile.approval")
        self._list = _SqliteList(folder / "invites.sqlite") if redis is None else _redis_list(redis)
        self.find, self.all, self.over, self.close = self._list.find, self._list.all, self._list.over, self._list.close

    def issue(self, room: str, role: str, name: str, expires: float) -> str:
        """A token for a new invitation. expires: seconds since 1970. Raises InviteRefused."""
        if not ROOM.fullmatch(room):
            raise InviteRefused("A room's name is of small letters, digits and hyphens, at most 63.")
        if role not in ROLES:
            raise InviteRefused(f"There is no role {role!r}; there are {', '.join(ROLES)}.")
        if not name.isprintable() or not 0 < len(name.strip()) <= _LONGEST_NAME:
            raise InviteRefused(f"A name has 1 to {_LONGEST_NAME} printable letters.")
        invite = Invite(secrets.token_hex(8), room, role, name, expires)
        self._list.add(invite)
        token = self._serializer.dumps([invite.id, room])
        return token if isinstance(token, str) else token.decode()

    def admit(self, token: str, room: str, now: float) -> Invite:
        """The invitation that a token is. now: seconds since 1970. Raises InviteRefused."""
        name, signed_room = self._read(token)
        invite = self.find(name)
        if invite is None or signed_room != invite.room:
            raise InviteRefused("This is no invitation of this server.")
        if invite.role == "operator" or invite.room != room:
            raise InviteRefused("This invitation is for another room.")
        _refuse_over(invite, now)
        return invite

    def admit_operator(self, token: str, now: float) -> Invite:
        """As `admit`, for the metrics. Raises InviteRefused."""
        name, _ = self._read(token)
        invite = self.find(name)
        if invite is None or invite.role != "operator":
            raise InviteRefused("This needs an operator's invitation.")
        _refuse_over(invite, now)
        return invite

    def revoke(self, name: str, now: float) -> None:
        """From now on it admits nobody, and whoever came by it is cut. Raises InviteRefused for an unknown id."""
        if not self._list.revoke(name, now):
            raise InviteRefused(f"There is no invitation {name!r}; `invites` lists them.")

    def sign(self, statement: bytes) -> str:
        """The server's signature (HMAC) of an approval."""
        return self._signer.get_signature(statement).decode()

    def signed(self, statement: bytes, signature: str) -> bool:
        """Whether this server signed a statement."""
        return self._signer.verify_signature(statement, signature)

    def _read(self, token: str) -> tuple[str, str]:
        """The id and the room that a token was signed with."""
        try:
            match self._serializer.loads(token) if len(token) <= _LONGEST_TOKEN else None:
                case [str(name), str(room)]:
                    return name, room
        except BadData:
            pass
        raise InviteRefused("This is no invitation of this server.")


class _SqliteList:
    """The list in a file of its own, so that the command line revokes while the server runs."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        self._base = sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=10)
        self._base.execute("pragma journal_mode=wal")
        self._base.execute(
            "create table if not exists invite"
            "(id text primary key, room text, role text, name text, expires real, revoked real) strict"
        )

    def add(self, invite: Invite) -> None:
        """One more."""
        with self._lock:
            self._base.execute("insert into invite values (?, ?, ?, ?, ?, ?)", astuple(invite))

    def find(self, name: str) -> Invite | None:
        """The invitation with this id."""
        with self._lock:
            row = self._base.execute("select * from invite where id = ?", (name,)).fetchone()
        return Invite(*row) if row else None

    def all(self) -> list[Invite]:
        """Every invitation ever made, the newest last."""
        with self._lock:
            rows = self._base.execute("select * from invite order by rowid").fetchall()
        return [Invite(*row) for row in rows]

    def over(self, now: float) -> set[str]:
        """The ids of those revoked or expired."""
        with self._lock:
            rows = self._base.execute("select id from invite where revoked is not null or expires <= ?", (now,))
            return {name for (name,) in rows}

    def revoke(self, name: str, now: float) -> bool:
        """End one now, unless it has been; whether there is one."""
        with self._lock:
            found = self._base.execute("update invite set revoked = coalesce(revoked, ?) where id = ?", (now, name))
            return found.rowcount > 0

    def close(self) -> None:
        """Let go of the file."""
        self._base.close()


def _redis_list(url: str) -> InviteList:
    from .redis_store import RedisInvites  # an extra that most servers do without

    return RedisInvites(url)


def _refuse_over(invite: Invite, now: float) -> None:
    if invite.revoked is not None:
        raise InviteRefused("This invitation was withdrawn: ask for another.")
    if invite.expires <= now:
        raise InviteRefused("This invitation has expired: ask for another.")


def _secret(path: Path) -> str:
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            file.write(secrets.token_hex(32))
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError:
        pass
    secret = path.read_text("ascii").strip()
    if not re.fullmatch(r"[0-9a-f]{64}", secret):
        raise InviteRefused(f"{path.name} is damaged: put it back from a copy, or remove it and invite everyone anew.")
    return secret
