# SPDX-License-Identifier: GPL-3.0-or-later
"""`python -m collab_server` as a studio types it: without set-up, with TLS, and every wrong way by name."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import signal
import ssl
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
from pycrdt import Doc, Map
from server.process import ROOT, Process
from toile.collab_server import wire
from toile.collab_server.invites import Invites
from toile.collab_server.store import Store
from websockets.asyncio.client import connect

# A folder where `npm install yjs@13 ws@8 y-websocket@2` was run: from there real Yjs clients join too.
MODULES = os.environ.get("TOILE_NODE_MODULES")


def typed(*arguments: str, seconds: float = 30.0) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "toile.collab_server", *arguments],
        env={**os.environ, "PYTHONPATH": str(ROOT / ".dev")},
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )


def test_invite_list_revoke(tmp_path: Path) -> None:
    folder = ("--folder", str(tmp_path / "folder"))
    made = typed("invite", "gown", "--role", "reviewer", "--name", "Rita", *folder)
    assert made.returncode == 0
    room, _, token = made.stdout.strip().partition("/")
    invites = Invites(tmp_path / "folder")
    (invite,) = invites.all()
    assert invites.admit(token, room, 0.0) == invite
    assert (invite.role, invite.name) == ("reviewer", "Rita")
    listed = typed("invites", *folder).stdout
    assert invite.id in listed
    assert token not in listed
    assert typed("revoke", invite.id, *folder).returncode == 0
    with pytest.raises(ValueError, match="withdrawn"):
        invites.admit(token, room, 0.0)


def test_the_audit_tells_who_did_what_once_the_server_is_gone(tmp_path: Path) -> None:
    folder = ("--folder", str(tmp_path))
    token = typed("invite", "gown", "--name", "Rita", *folder).stdout.strip().partition("/")[2]
    (invite,) = Invites(tmp_path).all()
    store = Store(tmp_path / "rooms.sqlite")
    store.append([], [(0.0, "gown", invite.id, "joined"), (1.0, "hat", invite.id, "a line\nof another room")])
    held = typed("audit", "gown", *folder)
    assert (held.returncode, "Another server" in held.stderr) == (3, True)
    store.close()
    (line,) = typed("audit", "gown", *folder).stdout.splitlines()
    assert line.endswith(f"{invite.id}  'Rita'  'joined'")
    assert token not in line
    assert len(typed("audit", "hat", *folder).stdout.splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "code", "why"),
    [
        (["invite", "Gown", "--name", "x"], 3, "small letters"),
        (["invite", "gown", "--name", ""], 3, "printable"),
        (["invite", "gown", "--name", "x", "--days", "nan"], 3, "days"),
        (["invite", "gown", "--name", "x", "--days", "-1"], 3, "days"),
        (["invite", "gown", "--name", "x", "--role", "king"], 2, "invalid choice"),
        (["invite", "gown"], 2, "--name"),
        (["revoke", "nobody"], 3, "no invitation"),
        (["audit", "gown"], 3, "no rooms"),
        (["serve", "--host", "0.0.0.0"], 3, "--certificate"),
        (["serve", "--certificate", "x.pem"], 3, "both"),
        (["serve", "--certificate", "missing.pem", "--key", "missing.pem"], 3, "Refused"),
        (["serve", "--port", "99999999"], 3, "port"),
        (["dance"], 2, "invalid choice"),
    ],
)
def test_wrong_use_is_refused_in_words(tmp_path: Path, arguments: list[str], code: int, why: str) -> None:
    done = typed(*arguments, "--folder", str(tmp_path / "folder"))
    assert done.returncode == code, done.stderr
    assert why in done.stderr
    assert "Traceback" not in done.stderr


def test_without_set_up_it_prints_two_invitations_and_stops_when_told(tmp_path: Path) -> None:
    process = Process(tmp_path / "folder")
    assert process.child.stdout is not None
    links = [process.child.stdout.readline() for _ in range(2)]
    for role, link in zip(("designer", "reviewer"), links, strict=True):
        found = re.fullmatch(rf"{role}: (\w+)/(\S+)\n", link)
        assert found
        assert process.invites.admit(found[2], found[1], 0.0).role == role
    assert process.stop() == 0
    assert (tmp_path / "folder" / "rooms.sqlite").exists()


@pytest.mark.skipif(shutil.which("openssl") is None, reason="makes its certificate with openssl")
def test_tls_on_both_ports(tmp_path: Path) -> None:
    certificate, key = tmp_path / "c.pem", tmp_path / "k.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate],
        check=True, capture_output=True,
    )  # fmt: skip
    trust = ssl.create_default_context(cafile=str(certificate))
    process = Process(tmp_path / "folder", "--certificate", str(certificate), "--key", str(key))
    try:
        with urllib.request.urlopen(f"https://127.0.0.1:{process.port}/config.json", context=trust) as answer:
            assets = json.load(answer)["assets_port"]
        with pytest.raises(urllib.error.HTTPError, match="401"):
            urllib.request.urlopen(f"https://127.0.0.1:{assets}/assets/gown/{'0' * 64}", context=trust)

        async def greet() -> None:
            async with connect(
                f"wss://127.0.0.1:{process.port}/live/gown/design",
                ssl=trust,
                subprotocols=[wire.SUBPROTOCOL, wire.INVITE + process.token()],
            ) as socket:
                assert await socket.recv() == wire.sync(wire.STEP1, b"\0")

        asyncio.run(greet())
    finally:
        process.kill()


def test_the_assets_go_with_their_server(tmp_path: Path) -> None:
    process = Process(tmp_path / "folder")
    with urllib.request.urlopen(f"http://127.0.0.1:{process.port}/config.json") as answer:
        assets = json.load(answer)["assets_port"]
    os.kill(process.child.pid, signal.SIGKILL)
    process.child.wait()
    for _ in range(100):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{assets}/", timeout=1)
        except urllib.error.HTTPError:
            subprocess.run([sys.executable, "-c", "import time; time.sleep(0.1)"], check=True)
        except OSError:
            break
    else:
        raise AssertionError("the assets' process outlived its server")
    process.invites.close()


NODE = """
const Y = require('yjs'), { WebsocketProvider } = require('y-websocket'), ws = require('ws')
const doc = new Y.Doc(), parameters = doc.getMap('parameters')
const provider = new WebsocketProvider(process.argv[1], 'gown/design', doc, {
  WebSocketPolyfill: ws, disableBc: true, protocols: ['toile.1', 'invite.' + process.argv[2]],
})
provider.awareness.setLocalStateField('user', { name: 'node' })
parameters.observe(() => { if (parameters.get('hem') !== undefined && parameters.get('waist') === undefined) {
  parameters.set('waist', parameters.get('hem') * 2)
  parameters.set('note', { said: ['é', 1, null, true] })
} })
parameters.observe(() => { if (parameters.get('done')) { console.log(JSON.stringify(parameters)); process.exit(0) } })
setTimeout(() => process.exit(1), 20000)
"""


@pytest.mark.skipif(MODULES is None, reason="TOILE_NODE_MODULES names no folder with yjs and y-websocket")
def test_a_real_y_websocket_client_joins(tmp_path: Path) -> None:
    from server.peers import Peer, until

    process = Process(tmp_path / "folder")

    async def conversation() -> None:
        socket = await connect(
            f"ws://127.0.0.1:{process.port}/live/gown/design",
            subprotocols=[wire.SUBPROTOCOL, wire.INVITE + process.token()],
        )
        ana = Peer(socket)
        await ana.sync()
        node = await asyncio.create_subprocess_exec(
            "node", "-e", NODE, f"ws://127.0.0.1:{process.port}/live", process.token(),
            cwd=MODULES, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        shared = ana.map("parameters")
        shared["hem"] = 0.25
        await until(lambda: shared.get("waist") == 0.5 and ana.presence)
        assert shared["note"] == {"said": ["é", 1, None, True]}
        assert any("node" in state for state in ana.presence.values())
        shared["done"] = True
        assert node.stdout is not None
        said = json.loads(await node.stdout.readline())
        assert said == shared.to_py()
        await until(lambda: ana.saved == wire.read_state_vector(ana.doc.get_state()))
        await until(lambda: not ana.presence)

    try:
        asyncio.run(conversation())
    finally:
        process.kill()


def test_a_design_outlives_its_compaction(tmp_path: Path) -> None:
    """More edits than a log keeps, over the wire, then a restart: the snapshot holds them all."""
    from server.peers import Peer, until

    async def write(process: Process) -> Doc:
        socket = await connect(
            f"ws://127.0.0.1:{process.port}/live/gown/design",
            subprotocols=[wire.SUBPROTOCOL, wire.INVITE + process.token()],
        )
        ana = Peer(socket)
        await ana.sync()
        shared = ana.map("parameters")
        for step in range(1_100):
            shared[f"k{step % 13}"] = step
            if step % 100 == 0:
                await asyncio.sleep(0.5)  # within the rate
        await until(lambda: ana.saved == wire.read_state_vector(ana.doc.get_state()))
        return ana.doc

    process = Process(tmp_path / "folder")
    doc = asyncio.run(write(process))
    assert process.stop() == 0
    from toile.collab_server.store import Store

    store = Store(tmp_path / "folder" / "rooms.sqlite")
    kept = store.load("gown")["design"]
    assert len(kept) < 1_100
    held = Doc()
    for update in kept:
        held.apply_update(update)
    assert held.get("parameters", type=Map).to_py() == doc.get("parameters", type=Map).to_py()
    store.close()


def test_toile_serve_is_the_same_door(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from toile.addon.cli import main

    folder = ["--folder", str(tmp_path)]
    assert main(["serve", "invite", "gown", "--role", "reviewer", "--name", "Rita", *folder]) == 0
    assert "gown/" in capsys.readouterr().out
    assert main(["serve", "invites", *folder]) == 0
    assert "Rita" in capsys.readouterr().out
    assert main(["serve", "--port", "many", *folder]) == 2
