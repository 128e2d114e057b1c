# SPDX-License-Identifier: GPL-3.0-or-later
"""The guide's examples of serving: the unit, the containers, and the proxy before two servers, one of which dies."""

from __future__ import annotations

import asyncio
import contextlib
import re
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from server.peers import Peer, until
from server.process import ROOT, Process, exchange, request, status
from server.test_redis import WRITES_THROUGH, Running, needs_redis
from toile.collab_server import wire
from toile.collab_server.__main__ import parser
from toile.collab_server.settings import Settings

EXAMPLES = ROOT / "docs" / "guide" / "review"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


def await_health(port: int) -> None:
    end = time.monotonic() + 60
    while True:
        with contextlib.suppress(OSError):
            if status(exchange(port, request("/healthz", port, Connection="close"))) == 200:
                return
        assert time.monotonic() < end
        time.sleep(0.05)


def settings_of(arguments: list[str]) -> Settings:
    chosen = parser().parse_args(arguments)
    return Settings(chosen.folder, chosen.host, behind_proxy=chosen.behind_proxy, redis=chosen.redis)


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd here")
def test_the_unit_is_one_that_systemd_takes(tmp_path: Path) -> None:
    text = (EXAMPLES / "toile-review.service").read_text()
    unit = tmp_path / "toile-review.service"
    unit.write_text(text.replace("/opt/toile/env/bin/python", sys.executable))
    done = subprocess.run(["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    command = re.search(r"(?m)^ExecStart=\S+ -m collab_server (.+)$", text)
    assert command is not None
    assert settings_of(command[1].split()).behind_proxy


def test_the_containers_say_what_there_is() -> None:
    yaml = pytest.importorskip("yaml")
    composed = yaml.safe_load((EXAMPLES / "compose.yaml").read_text())
    services = composed["services"]
    for name in ("one", "two"):
        serving = settings_of(services[name]["command"])
        assert serving.redis == "redis://redis:6379/0"
        volumes = dict(volume.split(":")[:2] for volume in services[name]["volumes"])
        assert volumes == {"kept": str(serving.folder)}
        build = services[name]["build"]
        context = (EXAMPLES / build["context"]).resolve()
        assert context == ROOT
        for source in re.findall(r"(?m)^COPY (\S+) ", (context / build["dockerfile"]).read_text()):
            assert (context / source).exists()
    assert services["redis"]["command"][1:] == list(WRITES_THROUGH)
    mounted = [volume.split(":")[0] for volume in services["proxy"]["volumes"]]
    assert (EXAMPLES / mounted[0]).is_file()
    named = {volume.split(":")[0] for one in services.values() for volume in one["volumes"] if volume[0] != "."}
    assert named == set(composed["volumes"])


@pytest.mark.slow
@needs_redis
@pytest.mark.skipif(shutil.which("nginx") is None, reason="there is no nginx here: apt-get install nginx-light")
def test_the_proxy_brings_a_dead_servers_rooms_to_the_other(tmp_path: Path) -> None:
    """Two rooms or more on each of two servers, one of which is killed -9: all come back with what was acknowledged."""
    redis = Running(tmp_path, *WRITES_THROUGH)
    folder, port = tmp_path / "folder", free_port()
    servers = [Process(folder, "--behind-proxy", redis=redis.url) for _ in range(2)]
    example = (EXAMPLES / "nginx.conf").read_text()
    for name, server in zip(("one", "two"), servers, strict=True):  # assets are tried elsewhere
        example = re.sub(rf"{name}:876\d", f"127.0.0.1:{server.port}", example)
    example = re.sub(r"(?m)^ +ssl_.*$", "", example).replace("listen 443 ssl", f"listen 127.0.0.1:{port}")
    whole = f"pid {tmp_path}/pid; error_log {tmp_path}/error.log; events {{}}\nhttp {{ access_log off;\n{example}}}\n"
    (tmp_path / "nginx.conf").write_text(whole)
    proxy = subprocess.Popen(
        ["nginx", "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf"), "-g", "daemon off;"],
        stderr=subprocess.DEVNULL,
    )

    class At:
        pass

    At.port = port  # all that a peer asks of a server

    def held(server: Process) -> int:
        asked = request("/metrics", server.port, Authorization=f"Bearer {server.token('operator', 'all')}")
        told = re.search(rb"(?m)^toile_rooms (\d+)", exchange(server.port, asked))
        assert told is not None
        return int(told[1])

    async def back(room: str) -> Peer:
        end = time.monotonic() + 60
        while True:
            assert time.monotonic() < end
            try:
                peer = await Peer.join(At, token=servers[0].token(room=room), room=room)
            except Exception:  # noqa: BLE001 # while the proxy learns, it answers in many ways
                await asyncio.sleep(0.2)
                continue
            if peer.closed is None:
                return peer
            await peer.close()
            await asyncio.sleep(0.2)

    async def course() -> None:
        peers: dict[str, Peer] = {}
        while min([await asyncio.to_thread(held, server) for server in servers]) < 2:
            room = f"room-{len(peers)}"
            assert len(peers) < 64
            peer = peers[room] = await back(room)
            peer.map("parameters")["hem"] = room
            await until(lambda peer=peer: peer.saved == wire.read_state_vector(peer.doc.get_state()))
        await asyncio.to_thread(servers[0].kill)
        await until(lambda: any(peer.closed is not None for peer in peers.values()))
        await asyncio.sleep(1.0)  # until all of them have seen it
        gone = [room for room, peer in peers.items() if peer.closed is not None]
        assert 2 <= len(gone) <= len(peers) - 2
        for room in gone:
            peer = await back(room)
            assert peer.map("parameters").to_py() == {"hem": room}
            await peer.close()
        for peer in peers.values():
            await peer.close()

    try:
        await_health(port)
        asyncio.run(course())
    finally:
        proxy.terminate()
        proxy.wait(60)
        for server in servers:
            server.kill()
        redis.kill()
