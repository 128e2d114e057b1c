# SPDX-License-Identifier: GPL-3.0-or-later
"""Do all come to the same? `python benchmarks/convergence.py --modules DIR`: Blender's client and real Yjs in Node.

Two of Blender's connections (pycrdt), two y-websocket providers (yjs, in a process of Node) and, with --page, a third
in a Chromium page of the server's own origin edit one design, each over a line of its own that can be cut. A round is a
dozen random acts: keys are set, overwritten and deleted, lines are cut and mended, Node's clock jumps by up to half a
day, and in one round of twenty the server is killed -9 and started again with its own clock elsewhere. Then all lines
are mended, and these and a newcomer must come to hold the same.

Prints a Markdown row, and ends with status 1 in a round in which they do not.

    --rounds N      1000 unless given
    --seed N        of all that is random
    --modules DIR   a folder where `npm install yjs@13 ws@8 y-websocket@2` was run
    --page          a Chromium too, with the packages of the review page (`python build.py page`)
"""

import argparse
import asyncio
import contextlib
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from toile.addon.collaborate import connection
from toile.addon.collaborate.connection import Connection
from toile.addon.collaborate.events import Changed, Ended, Event, Joined, Online, Saved, Written
from toile.collab_server import wire
from toile.collab_server.invitation import Invitation
from toile.collab_server.invites import Invites

ROOT = Path(__file__).resolve().parents[1]
WEB = ROOT / "collab_server" / "web"
ROOM, PATIENCE, SKEW = "fuzz", 60.0, 43_200.0  # s
KEYS, ACTS, KILLED = 12, 12, 0.05
SERVE = """
import sys, time
real, skew = time.time, float(sys.argv.pop(1))
time.time = lambda: real() + skew
from toile.collab_server.__main__ import main
sys.exit(main(sys.argv[1:]))
"""
NODE = """
const Y = require('yjs'), { WebsocketProvider } = require('y-websocket'), ws = require('ws')
const now = Date.now
const [token, ...ports] = process.argv.slice(1)
const docs = ports.map((port) => {
  const doc = new Y.Doc()
  new WebsocketProvider(`ws://127.0.0.1:${port}/live`, 'fuzz/design', doc, {
    WebSocketPolyfill: ws, disableBc: true, maxBackoffTime: 300, protocols: ['toile.1', 'invite.' + token],
  })
  return doc
})
require('readline').createInterface({ input: process.stdin }).on('line', (line) => {
  const { who, key, value, skew } = JSON.parse(line)
  const map = who === undefined ? null : docs[who].getMap('parameters')
  if (skew !== undefined) Date.now = () => now() + 1000 * skew
  else if (key === undefined) { console.log(JSON.stringify(map)); return }
  else if (value === null) map.delete(key)
  else map.set(key, value)
  console.log('null')
}).on('close', () => process.exit())
"""
BUNDLE = """
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
const entry = `${process.argv[1]}/fuzz.js`
const { rolldown } = await import(pathToFileURL(createRequire(entry).resolve('rolldown')).href)
const yjs = `import * as Y from 'yjs'; import { WebsocketProvider } from 'y-websocket'
globalThis.yjs = { Y, WebsocketProvider }`
const made = await rolldown({ input: entry, platform: 'browser', plugins: [
  { name: 'entry', resolveId: (id) => id === entry ? id : null, load: (id) => id === entry ? yjs : null },
] })
console.log((await made.generate({ format: 'iife' })).output[0].code)
"""
OPEN = """
const page = await open('fuzz', values.address, { bypassCSP: true })
await page.evaluate(values.bundle)
await page.evaluate(({ live, protocols }) => {
  globalThis.doc = new yjs.Y.Doc()
  new yjs.WebsocketProvider(live, 'fuzz/design', doc, { disableBc: true, maxBackoffTime: 300, protocols })
}, values)
"""
SET = """
await pages.fuzz.evaluate(({ key, value }) => {
  const map = doc.getMap('parameters')
  if (value === null) map.delete(key)
  else map.set(key, value)
}, values)
"""
READ = "return pages.fuzz.evaluate(() => doc.getMap('parameters').toJSON())"


class Line:
    """A port that leads to the server, until it is cut."""

    def __init__(self) -> None:
        self.target = 0
        self.whole = True
        self._open: set[asyncio.StreamWriter] = set()

    async def open(self) -> int:
        """Listen; the port."""
        self._listening = await asyncio.start_server(self._joined, "127.0.0.1", 0)
        return self._listening.sockets[0].getsockname()[1]

    def cut(self) -> None:
        """Whatever is under way is lost."""
        self.whole = False
        for writer in list(self._open):
            writer.transport.abort()

    async def _joined(self, near: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        self._open.add(back)
        try:
            if self.whole:
                far, forth = await asyncio.open_connection("127.0.0.1", self.target)
                self._open.add(forth)
                await asyncio.wait(
                    [asyncio.create_task(_pump(near, forth)), asyncio.create_task(_pump(far, back))],
                    return_when=asyncio.FIRST_COMPLETED,
                )
                forth.transport.abort()
                self._open.discard(forth)
        except OSError:
            pass  # the server is dead just now
        back.transport.abort()
        self._open.discard(back)


async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await source.read(1 << 16):
            sink.write(data)
            await sink.drain()


class Blender:
    """Blender's connection, and what its session would know."""

    def __init__(self, port: int, token: str) -> None:
        self.values: dict[tuple[str, str], Any] = {}
        self._unwritten: Counter[tuple[str, str]] = Counter()
        self._lock = threading.Lock()  # events come on the connection's thread
        self.saved, self.online = True, False  # nothing of its own waits yet
        self.connection = Connection(Invitation(f"http://127.0.0.1:{port}", ROOM, token), self._hear)
        self.connection.start()

    async def set(self, key: str, value: float | None) -> None:
        """Write a value, or take it away."""
        name = ("parameters", key)
        with self._lock:
            self.saved = False
            self.values[name] = value
            self._unwritten[name] += 1
        self.connection.write({name: value})

    async def read(self) -> dict[str, Any]:
        """What it has been told, and has written."""
        with self._lock:
            return {key: value for (_, key), value in self.values.items() if value is not None}

    def _hear(self, event: Event) -> None:
        with self._lock:
            match event:
                case Joined(told, _) | Changed("design", told):
                    self.values |= {key: value for key, value in told.items() if not self._unwritten[key]}
                case Written(keys):
                    self._unwritten.subtract(keys)
                case Saved(all):
                    self.saved = all
                case Online(here, _):
                    self.online = here
                case Ended(sentence):
                    self.online = False
                    print(f"A client was sent away: {sentence}", file=sys.stderr)
                case _:
                    pass


class Node:
    """One of the documents in the process of Node."""

    def __init__(self, process: asyncio.subprocess.Process, who: int) -> None:
        self._process, self._who = process, who

    async def set(self, key: str, value: float | None) -> None:
        """Write a value, or take it away."""
        await self.told(who=self._who, key=key, value=value)

    async def read(self) -> dict[str, Any]:
        """What it holds."""
        return await self.told(who=self._who)

    async def told(self, **what: Any) -> Any:
        """Say one thing to the process; its answer."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(what).encode() + b"\n")
        return json.loads(await self._process.stdout.readline())


class Page:
    """A document in a page of Chromium."""

    def __init__(self, driver: asyncio.subprocess.Process) -> None:
        self.driver = driver

    @classmethod
    async def open(cls, port: int, token: str) -> "Page":
        """Join from a page of the server's."""
        chromium = shutil.which("chromium") or shutil.which("google-chrome")
        if chromium is None or not (WEB / "node_modules").is_dir():
            raise SystemExit("--page wants Chromium, and the page's packages: python build.py page.")
        bundle = subprocess.check_output(["node", "--input-type=module", "-e", BUNDLE, str(WEB)], text=True)
        page = cls(
            await asyncio.create_subprocess_exec(
                "node", str(ROOT / "tests" / "web" / "browser.mjs"), str(WEB), chromium,
                stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
            )
        )  # fmt: skip
        here = f"127.0.0.1:{port}"
        protocols = [wire.SUBPROTOCOL, wire.INVITE + token]
        await page._run(
            OPEN, address=f"http://{here}/healthz", bundle=bundle, live=f"ws://{here}/live", protocols=protocols
        )
        return page

    async def set(self, key: str, value: float | None) -> None:
        """Write a value, or take it away."""
        await self._run(SET, key=key, value=value)

    async def read(self) -> dict[str, Any]:
        """What it holds."""
        return await self._run(READ)

    async def _run(self, code: str, **values: Any) -> Any:
        assert self.driver.stdin is not None
        assert self.driver.stdout is not None
        self.driver.stdin.write(json.dumps({"run": code, "values": values}).encode() + b"\n")
        answer = json.loads(await self.driver.stdout.readline())
        if "error" in answer:
            raise SystemExit(answer["error"])
        return answer["value"]


async def _fuzz(rounds: int, seed: int, modules: Path, paged: bool, folder: Path) -> str:
    rng, invites = random.Random(seed), Invites(folder)
    token = invites.issue(ROOM, "designer", "Fuzz", time.time() + 1e8)
    lines = [Line() for _ in range(4 + paged)]
    ports = [await line.open() for line in lines]
    server = await _serve(folder, 0.0, lines)
    process = await asyncio.create_subprocess_exec(
        "node", "-e", NODE, token, *map(str, ports[2:4]), cwd=modules,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    blenders = [Blender(port, token) for port in ports[:2]]
    nodes = [Node(process, number) for number in range(2)]
    pages = [await Page.open(port, token) for port in ports[4:]]
    clients = (*blenders, *nodes, *pages)
    kills = cuts = edits = 0
    began = time.monotonic()
    try:
        for number in range(rounds):
            killed = rng.random() < KILLED
            for act in range(ACTS):
                choice = rng.random()
                if killed and act == ACTS // 2:
                    server.kill()
                    await asyncio.to_thread(server.wait)
                    server = await _serve(folder, rng.uniform(-SKEW, SKEW), lines)
                    kills += 1
                elif choice < 0.15:
                    rng.choice(lines).cut()
                    cuts += 1
                elif choice < 0.3:
                    rng.choice(lines).whole = True
                elif choice < 0.35:
                    await nodes[0].told(skew=rng.uniform(-SKEW, SKEW))
                elif choice < 0.4:
                    await asyncio.sleep(rng.uniform(0.0, 0.05))
                else:
                    value = None if rng.random() < 0.2 else round(rng.random(), 6)
                    await rng.choice(clients).set(f"k{rng.randrange(KEYS)}", value)
                    edits += 1
            for line in lines:
                line.whole = True
            await _agreed(number, clients, blenders, lines[0].target, token)
    finally:
        for blender in blenders:
            blender.connection.close()
        for child in (process, *(page.driver for page in pages)):
            assert child.stdin is not None
            child.stdin.close()  # their cue
            await child.wait()
        server.kill()
        server.wait()
        invites.close()
    return f"| {rounds} | {edits} | {cuts} | {kills} | 0 | {time.monotonic() - began:.0f} |"


async def _agreed(
    number: int, clients: Sequence[Blender | Node | Page], blenders: list[Blender], port: int, token: str
) -> None:
    """All hold the same as a newcomer, and Blender's connections were told that theirs is on the disk."""
    end = time.monotonic() + PATIENCE
    while True:
        held = [await client.read() for client in clients]
        if all(one == held[0] for one in held[1:]) and all(each.online and each.saved for each in blenders):
            newcomer = await _newcomer(port, token)
            if newcomer == held[0]:
                return
            held.append(newcomer)
        if time.monotonic() > end:
            raise SystemExit(f"Round {number} did not come together in {PATIENCE:.0f} s: {held}")
        await asyncio.sleep(0.02)


async def _newcomer(port: int, token: str) -> dict[str, Any]:
    """What the server gives to someone who comes now."""
    from pycrdt import Doc, Map
    from websockets.asyncio.client import connect

    doc: Doc = Doc()
    async with connect(
        f"ws://127.0.0.1:{port}/live/{ROOM}/design",
        subprotocols=[wire.SUBPROTOCOL, wire.INVITE + token],  # pyright: ignore[reportArgumentType] # a NewType of str
        compression=None,
    ) as socket:
        await socket.send(wire.sync(wire.STEP1, b"\0"))
        async for message in socket:
            reader = wire.Reader(message if isinstance(message, bytes) else message.encode())
            if reader.number() == wire.SYNC and reader.number() == wire.STEP2:
                doc.apply_update(reader.buffer())
                break
    return doc.get("parameters", type=Map).to_py() or {}


async def _serve(folder: Path, skew: float, lines: list[Line]) -> subprocess.Popen[str]:
    server = subprocess.Popen(
        [sys.executable, "-c", SERVE, str(skew), "--folder", str(folder), "--port", "0", "--assets-port", "0"],
        env={**os.environ, "PYTHONPATH": str(ROOT / ".dev")},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert server.stdout is not None
    line = await asyncio.to_thread(server.stdout.readline)
    for each in lines:
        each.target = int(line.rstrip("/\n").rpartition(":")[2])
    return server


def main() -> None:
    """Run the rounds and print the row."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--modules", type=Path, required=True)
    parser.add_argument("--page", action="store_true")
    chosen = parser.parse_args()
    connection.LATEST = 0.3  # s: knocks as often as Node does, or a round would wait for the slowest
    with tempfile.TemporaryDirectory() as folder:
        row = asyncio.run(_fuzz(chosen.rounds, chosen.seed, chosen.modules, chosen.page, Path(folder)))
    print("| rounds | edits | cuts | kill -9 | diverged | s |\n|---|---|---|---|---|---|")
    print(row)


if __name__ == "__main__":
    main()
