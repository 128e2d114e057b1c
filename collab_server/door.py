# SPDX-License-Identifier: GPL-3.0-or-later
"""The door: who may connect, and the plain answers over HTTP (the review page, health, metrics, where assets are)."""

from __future__ import annotations

import json
import re
import time
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from http import HTTPStatus

from websockets.datastructures import Headers
from websockets.http11 import Request, Response

from . import page
from .assets import HARDENED, origin_allowed
from .invitation import ROOM
from .invites import Invite, InviteRefused, Invites, ListUnavailable
from .metrics import Metrics
from .room import ROOTS, Bucket
from .settings import Settings
from .wire import INVITE, SUBPROTOCOL

_LIVE = re.compile(rf"/live/({ROOM.pattern})/({'|'.join(ROOTS)})")


@dataclass(frozen=True)
class Admission:
    """What an invitation admits a connection to."""

    room: str
    document: str
    invite: Invite


class Door:
    """Counts connections and looks at invitations. `healthy`, `assets_port` and `rooms` are told by the server."""

    def __init__(self, settings: Settings, invites: Invites, metrics: Metrics) -> None:
        self.settings, self.limits = settings, settings.limits
        self.invites, self.metrics = invites, metrics
        self.healthy = True
        self.assets_port = 0
        self.rooms: Collection[str] = ()
        self._page = page.load(page.BUILT)
        self._connections = 0
        self._addresses: Counter[str] = Counter()
        self._joins: dict[str, Bucket] = {}  # by invitation

    def enter(self, address: str) -> bool:
        """Whether one more TCP connection from an address has its place, which it then takes."""
        crowd = self._addresses[address] >= self.limits.peers_address and not self.settings.behind_proxy
        if self._connections >= self.limits.peers or crowd:
            self.metrics.refused.labels("full").inc()
            return False
        self._connections += 1
        self._addresses[address] += 1
        self.metrics.peers.set(self._connections)
        return True

    def leave(self, address: str) -> None:
        """That connection is gone."""
        self._connections -= 1
        self._addresses[address] -= 1
        self._addresses += Counter()  # forgets those at none
        self.metrics.peers.set(self._connections)

    def answer(self, request: Request) -> Admission | Response:
        """Admission to a document, or what an HTTP client gets instead."""
        path, _, query = request.path.partition("?")
        asked = _LIVE.fullmatch(path)
        if asked is None:
            return self._told(path, request)
        if "websocket" not in (_one(request, "Upgrade") or "").lower():
            return self._refuse(HTTPStatus.UPGRADE_REQUIRED, "This address speaks WebSocket.", "protocol")
        if not origin_allowed(_one(request, "Origin"), _one(request, "Host"), self.settings.origins):
            return self._refuse(HTTPStatus.FORBIDDEN, "This page may not connect here.", "origin")
        offered = [name.strip() for name in (_one(request, "Sec-WebSocket-Protocol") or "").split(",")]
        tokens = [name.removeprefix(INVITE) for name in offered if name.startswith(INVITE)]
        if SUBPROTOCOL not in offered or len(tokens) != 1 or query:
            how = f"Connect with the subprotocols {SUBPROTOCOL} and {INVITE}TOKEN, and nothing more in the address."
            return self._refuse(HTTPStatus.UNAUTHORIZED, how, "protocol")
        try:
            invite = self.invites.admit(tokens[0], asked[1], time.time())
        except InviteRefused as refused:
            return self._refuse(HTTPStatus.FORBIDDEN, str(refused), "invite")
        except ListUnavailable as unavailable:
            return self._refuse(HTTPStatus.SERVICE_UNAVAILABLE, str(unavailable), "list")
        if asked[1] not in self.rooms and len(self.rooms) >= self.limits.rooms:
            return self._refuse(HTTPStatus.SERVICE_UNAVAILABLE, "Too many rooms are open: come back later.", "full")
        fresh = Bucket(self.limits.joins_rate, self.limits.joins / self.limits.joins_rate)
        if not self._joins.setdefault(invite.id, fresh).allow(1, time.monotonic()):
            return self._refuse(HTTPStatus.TOO_MANY_REQUESTS, "This invitation joins too often: wait a while.", "full")
        return Admission(asked[1], asked[2], invite)

    def _refuse(self, status: HTTPStatus, reason: str, why: str) -> Response:
        self.metrics.refused.labels(why).inc()
        return _response(status, f"{reason}\n".encode())

    def _told(self, path: str, request: Request) -> Response:
        if path == "/healthz":
            if not self.healthy:
                return _response(HTTPStatus.SERVICE_UNAVAILABLE, b"the disk takes no edits\n")
            return _response(HTTPStatus.OK, b"ok\n")
        if path == "/metrics":
            scheme, _, token = (_one(request, "Authorization") or "").partition(" ")
            try:
                self.invites.admit_operator(token if scheme == "Bearer" else "", time.time())
            except InviteRefused as refused:
                return self._refuse(HTTPStatus.FORBIDDEN, str(refused), "invite")
            except ListUnavailable as unavailable:
                return self._refuse(HTTPStatus.SERVICE_UNAVAILABLE, str(unavailable), "list")
            return _response(HTTPStatus.OK, self.metrics.text())
        port = None if self.settings.behind_proxy else self.assets_port
        if file := self._page.get(path):
            body, headers = page.answer(file, request, port)
            return _response(HTTPStatus.OK, body, **headers)
        if path == "/":
            return _response(HTTPStatus.SERVICE_UNAVAILABLE, f"{page.NOT_BUILT}\n".encode())
        if path == "/config.json":
            body = json.dumps({"protocol": SUBPROTOCOL, "assets_port": port})
            return _response(HTTPStatus.OK, body.encode(), **{"Content-Type": "application/json"})
        return _response(HTTPStatus.NOT_FOUND, b"There is nothing here.\n")


def _response(status: HTTPStatus, body: bytes, **headers: str) -> Response:
    plain = {**HARDENED, "Content-Type": "text/plain; charset=utf-8", "Cache-Control": "no-store"}
    shown = {**plain, **headers, "Content-Length": str(len(body)), "Connection": "close"}
    return Response(status, status.phrase, Headers(**shown), body)


def _one(request: Request, name: str) -> str | None:
    """A header; one that came several times is joined by commas, as HTTP has it."""
    values = request.headers.get_all(name)
    return ", ".join(values) if values else None
