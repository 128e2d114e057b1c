# SPDX-License-Identifier: GPL-3.0-or-later
"""Garments and pictures by their SHA-256, over HTTP, from a process of its own: no download delays an edit.

`PUT /assets/ROOM/SHA256` (designers), `GET` and `HEAD` (whoever is invited), each with `Authorization: Bearer TOKEN`.
A file is known by its content, so it never changes and is cached for good; one whose content is another is refused.
"""

from __future__ import annotations

import contextlib
import hashlib
import multiprocessing
import os
import re
import secrets
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from .invitation import ROOM
from .invites import Invite, InviteRefused, Invites, ListUnavailable
from .limits import Limits

_PATH = re.compile(rf"/assets/({ROOM.pattern})/([0-9a-f]{{64}})")
_HASH = re.compile(r"[0-9a-f]{64}")
_CHUNK = 64 << 10
_PATIENCE = 10.0  # s for a silent peer; a whole upload has this and a second for each 100 kB
_SLOWEST = 100_000.0  # bytes a second


@dataclass(frozen=True)
class Wanted:
    """What the process is started with. origins: the pages that may fetch from here, beside this server's own."""

    folder: Path
    host: str
    port: int
    own_port: int  # the live server's, whose page is on another port than these files
    origins: frozenset[str]
    certificate: Path | None
    key: Path | None
    limits: Limits
    redis: str | None = None  # where the invitations are listed, if not in the folder


class AssetRefused(ValueError):
    """A request cannot be served. status: of HTTP; the text says why."""

    def __init__(self, status: HTTPStatus, reason: str) -> None:
        super().__init__(reason)
        self.status = status


def asset_path(folder: Path, room: str, name: str) -> Path:
    """Where an asset lies. Raises AssetRefused unless room and name (SHA-256) are what they must be."""
    if not ROOM.fullmatch(room) or not _HASH.fullmatch(name):
        raise AssetRefused(HTTPStatus.NOT_FOUND, "There is no such asset.")
    return folder / "assets" / room / name


def origin_allowed(origin: str | None, host: str | None, origins: frozenset[str]) -> bool:
    """Whether a page may speak to us: none (no browser), one named at the start, or one this server sent (by Host)."""
    return origin is None or origin in origins or (host is not None and origin in (f"http://{host}", f"https://{host}"))


def context_of(certificate: Path | None, key: Path | None) -> ssl.SSLContext | None:
    """TLS 1.2 or later with a certificate, or None for none."""
    if certificate is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(certificate, key)
    return context


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, wanted: Wanted) -> None:
        self.wanted = wanted
        self.invites = Invites(wanted.folder, wanted.redis)
        self.places = threading.BoundedSemaphore(wanted.limits.downloads)
        self.writing = threading.Lock()
        self.context = context_of(wanted.certificate, wanted.key)
        super().__init__((wanted.host, wanted.port), _Handler)

    def get_request(self) -> tuple[Any, Any]:
        connection, address = super().get_request()
        connection.settimeout(_PATIENCE)
        if self.context is not None:  # the handshake is made in the request's own thread
            connection = self.context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
        return connection, address

    def process_request(self, request: Any, client_address: Any) -> None:
        if not self.places.acquire(blocking=False):
            self.shutdown_request(request)
            return
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self.places.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A peer that went away or stalled is no fault of ours; it is gone, and that is all."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server  # pyright: ignore[reportIncompatibleVariableOverride] # it is the one that makes these
    server_version, sys_version = "", ""

    def do_OPTIONS(self) -> None:
        self._answer(HTTPStatus.NO_CONTENT)

    def do_HEAD(self) -> None:
        self._serve(self._get)

    def do_GET(self) -> None:
        self._serve(self._get)

    def do_PUT(self) -> None:
        self._serve(self._put)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: a request line is the peer's text."""

    def _serve(self, verb: Any) -> None:
        try:
            if not self._welcome():
                raise AssetRefused(HTTPStatus.FORBIDDEN, "This page may not fetch from here.")
            asked = _PATH.fullmatch(self.path)
            if asked is None:
                raise AssetRefused(HTTPStatus.NOT_FOUND, "There is no such asset.")
            verb(self._admitted(asked[1]), asset_path(self.server.wanted.folder, asked[1], asked[2]))
        except AssetRefused as refused:
            self.close_connection = True
            self._answer(refused.status, str(refused).encode())

    def _welcome(self) -> bool:
        """The page comes from this machine's live port, from this very port (a proxy), or is named."""
        wanted, host = self.server.wanted, self.headers.get("Host")
        live = None if host is None else f"{host.rpartition(':')[0] or host}:{wanted.own_port}"
        origin = self.headers.get("Origin")
        return origin_allowed(origin, host, wanted.origins) or origin_allowed(origin, live, frozenset())

    def _admitted(self, room: str) -> Invite:
        scheme, _, token = (self.headers.get("Authorization") or "").partition(" ")
        if scheme != "Bearer":
            raise AssetRefused(HTTPStatus.UNAUTHORIZED, "An invitation is needed: Authorization: Bearer TOKEN.")
        try:
            return self.server.invites.admit(token, room, time.time())
        except InviteRefused as refused:
            raise AssetRefused(HTTPStatus.FORBIDDEN, str(refused)) from None
        except ListUnavailable as unavailable:
            raise AssetRefused(HTTPStatus.SERVICE_UNAVAILABLE, str(unavailable)) from None

    def _get(self, invite: Invite, path: Path) -> None:
        try:
            file = path.open("rb")
        except OSError:
            raise AssetRefused(HTTPStatus.NOT_FOUND, "There is no such asset.") from None
        with file:
            self._answer(HTTPStatus.OK, length=os.fstat(file.fileno()).st_size, cached=True)
            while self.command == "GET" and (chunk := file.read(_CHUNK)):
                self.wfile.write(chunk)

    def _put(self, invite: Invite, path: Path) -> None:
        if invite.role != "designer":
            raise AssetRefused(HTTPStatus.FORBIDDEN, f"A {invite.role} may not upload.")
        length = self.headers.get("Content-Length", "")
        if not re.fullmatch(r"\d{1,12}", length) or "Transfer-Encoding" in self.headers:
            raise AssetRefused(HTTPStatus.LENGTH_REQUIRED, "The length of an asset is to be said first.")
        limits = self.server.wanted.limits
        if not 0 < int(length) <= limits.asset:
            raise AssetRefused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"An asset has 1 to {limits.asset} bytes.")
        if path.exists():
            for _ in self._chunks(int(length)):  # whoever is still sending would not hear the answer
                pass
            self._answer(HTTPStatus.OK)
            return
        beside = path.with_name(f".{secrets.token_hex(8)}")
        try:
            with self.server.writing:  # the quota is looked at, and the place taken, by one at a time
                path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                held = sum(entry.stat().st_size for entry in os.scandir(path.parent))
                if held + int(length) > limits.assets_room:
                    raise AssetRefused(HTTPStatus.INSUFFICIENT_STORAGE, "This room's assets take all of its space.")
                with beside.open("xb") as file:
                    file.truncate(int(length))
            self._receive(beside, int(length), path.name)
            beside.replace(path)
        except OSError as error:
            raise AssetRefused(HTTPStatus.INSUFFICIENT_STORAGE, "The upload was broken off or not kept.") from error
        finally:
            beside.unlink(missing_ok=True)
        self._answer(HTTPStatus.CREATED)

    def _receive(self, beside: Path, length: int, name: str) -> None:
        digest = hashlib.sha256()
        with beside.open("r+b") as file:
            for chunk in self._chunks(length):
                digest.update(chunk)
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        if digest.hexdigest() != name:
            raise AssetRefused(HTTPStatus.UNPROCESSABLE_ENTITY, "The content is not what its SHA-256 says.")

    def _chunks(self, left: int) -> Iterator[bytes]:
        """What is sent, as it comes. Raises AssetRefused where it comes too slowly or ends too early."""
        until = time.monotonic() + _PATIENCE + left / _SLOWEST
        while left:
            if time.monotonic() > until:
                raise AssetRefused(HTTPStatus.REQUEST_TIMEOUT, "The upload is too slow.")
            chunk = self.rfile.read1(min(_CHUNK, left))
            if not chunk:
                raise AssetRefused(HTTPStatus.BAD_REQUEST, "The upload ended too early.")
            left -= len(chunk)
            yield chunk

    def _answer(self, status: HTTPStatus, body: bytes = b"", length: int | None = None, cached: bool = False) -> None:
        self.send_response(status)
        origin = self.headers.get("Origin")
        if origin is not None and self._welcome():
            self.send_header("Access-Control-Allow-Origin", origin)
            self.send_header("Access-Control-Allow-Methods", "GET, HEAD, PUT")
            self.send_header("Access-Control-Allow-Headers", "Authorization")
            self.send_header("Vary", "Origin")
        self.send_header("Content-Type", "text/plain; charset=utf-8" if length is None else "application/octet-stream")
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.send_header("Cache-Control", "private, max-age=31536000, immutable" if cached else "no-store")
        for name, value in HARDENED.items():
            self.send_header(name, value)
        self.end_headers()
        if body and self.command != "HEAD":
            self.wfile.write(body)


# What every answer carries: nothing in it is run, framed, guessed at or told on.
HARDENED = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def serve_assets(wanted: Wanted, bound: Any) -> None:
    """The process's whole life: serves until its parent is gone. bound: a pipe that gets the port, or the refusal."""
    try:
        server = _Server(wanted)
    except (OSError, InviteRefused) as error:
        bound.send(str(error))
        return
    if server.socket.family == socket.AF_INET6:
        with contextlib.suppress(OSError):
            server.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    bound.send(server.server_address[1])
    threading.Thread(target=server.serve_forever, daemon=True).start()
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
