# SPDX-License-Identifier: GPL-3.0-or-later
"""How a server is to serve."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

from .limits import Limits


class ServeRefused(ValueError):
    """The server cannot start as asked; the text says what to do."""


@dataclass(frozen=True)
class Settings:
    """How to serve. Without any: this machine alone, in the clear. Ports may be 0: any that is free.

    Raises ServeRefused.
    """

    folder: Path
    host: str = "127.0.0.1"
    port: int = 8765
    assets_port: int = 8766
    certificate: Path | None = None
    key: Path | None = None
    behind_proxy: bool = False  # it ends TLS and counts its clients' connections itself
    plain: bool = False  # in the clear on a closed network
    origins: frozenset[str] = frozenset()
    redis: str | None = None  # its address, where several servers keep their rooms and invitations together
    limits: Limits = field(default_factory=Limits)

    def __post_init__(self) -> None:
        for port in (self.port, self.assets_port):
            if not 0 <= port < 1 << 16:
                raise ServeRefused(f"{port} is no port: they go from 0 (any that is free) to 65535.")
        if self.redis is not None and find_spec("redis") is None:
            raise ServeRefused("Several servers stand on the package redis: pip install redis, then serve again.")
        if (self.certificate is None) != (self.key is None):
            raise ServeRefused("TLS takes both a certificate and its key.")
        if not (_is_loopback(self.host) or self.certificate or self.behind_proxy or self.plain):
            raise ServeRefused(
                "Listening beyond this machine in the clear lets anyone on the way read and change the design: give "
                "--certificate and --key, put a proxy in front (--behind-proxy), or say --plain on a closed network."
            )


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
