# SPDX-License-Identifier: GPL-3.0-or-later
"""The link by which someone is invited: `https://HOST:PORT/#ROOM/TOKEN`. What follows # is never sent to a server."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

_LONGEST = 2_000
_TOKEN = re.compile(r"[A-Za-z0-9_.-]{10,1000}")
ROOM = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


class LinkRefused(ValueError):
    """A text that is no invitation's link."""


@dataclass(frozen=True)
class Invitation:
    """A server's address (`https://host:port`), a room there, and the token that admits to it."""

    address: str
    room: str
    token: str

    @property
    def link(self) -> str:
        """What is sent to whoever is invited; it is as good as a key."""
        return f"{self.address}/#{self.room}/{self.token}"

    @property
    def local(self) -> bool:
        """Whether the server is on this machine, so that nothing goes over a network."""
        host = urlsplit(self.address).hostname or ""
        try:
            return host == "localhost" or ipaddress.ip_address(host).is_loopback
        except ValueError:
            return False

    def live(self, document: str) -> str:
        """The WebSocket address of one of the room's documents."""
        return f"ws{self.address.removeprefix('http')}/live/{self.room}/{document}"


def read_link(text: str) -> Invitation:
    """The invitation that a link is. Raises LinkRefused."""
    text = text.strip()
    if not text:
        raise LinkRefused("Paste the invitation's link first: it looks like https://host/#room/token.")
    if len(text) > _LONGEST or not text.isprintable():
        raise LinkRefused("This is no invitation's link: paste it anew, whole and alone.")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise LinkRefused(f"This is no address: {error}.") from error
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.query:
        raise LinkRefused("An invitation's link begins with https:// and names a server; this does not.")
    if parts.path not in ("", "/"):
        raise LinkRefused("Only a server's own address may stand before the #: the link has been changed.")
    room, _, token = parts.fragment.partition("/")
    if not ROOM.fullmatch(room) or not _TOKEN.fullmatch(token):
        raise LinkRefused("The room and the token are missing after the #: copy the whole link.")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return Invitation(f"{parts.scheme}://{host}" + (f":{port}" if port else ""), room, token)
