# SPDX-License-Identifier: GPL-3.0-or-later
"""The review page in a real Chromium, a server of its own, and a designer who is pycrdt."""

from __future__ import annotations

import asyncio
import hashlib
import json
import shutil
import subprocess
import threading
import urllib.request
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

import pytest
from server.peers import Peer, until
from server.process import ROOT, Process

WEB = ROOT / "collab_server" / "web"
T = TypeVar("T")


class Browser:
    """A Chromium behind a process of Node: `run` gives it the body of an async function of (pages, open, values)."""

    def __init__(self, node: str, chromium: str) -> None:
        self.child = subprocess.Popen(
            [node, str(Path(__file__).with_name("browser.mjs")), str(WEB), chromium],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def run(self, code: str, **values: Any) -> Any:
        assert self.child.stdin is not None
        assert self.child.stdout is not None
        self.child.stdin.write(json.dumps({"id": 0, "run": code, "values": values}) + "\n")
        self.child.stdin.flush()
        answer = json.loads(self.child.stdout.readline())
        assert "error" not in answer, answer["error"]
        return answer["value"]

    def close(self) -> None:
        assert self.child.stdin is not None
        self.child.stdin.close()
        self.child.wait(60)


def start_browser() -> Browser:
    """A Chromium; skips the test, by name, where the page is not built or there is none."""
    node, chromium = shutil.which("node"), shutil.which("chromium") or shutil.which("google-chrome")
    built, driven = WEB / "dist" / "index.html", WEB / "node_modules" / "playwright-core"
    if node is None or not built.exists() or not driven.exists():
        pytest.skip("the review page is not built here: python build.py page (it needs npm)")
    if chromium is None:
        pytest.skip("there is no Chromium here to open the review page in: apt-get install chromium")
    return Browser(node, chromium)


class Studio:
    """A room of a server, a designer in it with both documents, and whoever is invited."""

    def __init__(self, room: str, server: Process, browser: Browser) -> None:
        self.room, self.server, self.browser = room, server, browser
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self.token = self.invite("designer", "Ana Ruiz")
        self._join()

    def _join(self) -> None:
        self.design = self.joined(self.token, "design")
        self.review = self.joined(self.token, "review")

    def rejoin(self, server: Process) -> None:
        """Come back to a room that another process serves now."""
        for peer in (self.design, self.review):
            self.do(peer.close())
        self.server = server
        self._join()

    def invite(self, role: str, name: str) -> str:
        return self.server.invites.issue(self.room, role, name, 1e11)

    def joined(self, token: str, document: str) -> Peer:
        return self.do(Peer.join(self.server, token=token, document=document, room=self.room))  # pyright: ignore[reportArgumentType] # a port is all it asks for

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(120)

    def until(self, true: Callable[[], object]) -> None:
        self.do(until(true))

    def edit(self, root: str, **values: Any) -> None:
        async def edited() -> None:
            with self.design.doc.transaction():
                for key, value in values.items():
                    self.design.map(root)[key.replace("__", "/")] = value

        self.do(edited())

    def read(self, root: str, peer: Peer | None = None) -> dict[str, Any]:
        async def told() -> dict[str, Any]:
            return (peer or self.review).map(root).to_py() or {}

        return self.do(told())

    def command(self, verb: str, **what: Any) -> None:
        reply = self.do(self.review.command(verb, **what))
        assert reply["done"], reply

    def upload(self, glb: bytes) -> str:
        digest = hashlib.sha256(glb).hexdigest()
        config = urllib.request.urlopen(f"http://127.0.0.1:{self.server.port}/config.json", timeout=60)
        port = json.load(config)["assets_port"]
        request = urllib.request.Request(
            f"http://127.0.0.1:{port}/assets/{self.room}/{digest}",
            glb, {"Authorization": f"Bearer {self.token}"}, method="PUT",
        )  # fmt: skip
        urllib.request.urlopen(request, timeout=60).close()
        return digest

    def publish(self, glb: bytes, label: str, **sizes: bytes) -> str:
        before = set(self.read("versions"))
        self.command(
            "publish", glb=self.upload(glb), label=label, sizes={name: self.upload(one) for name, one in sizes.items()}
        )
        self.until(lambda: set(self.review.map("versions")) > before)
        (key,) = set(self.read("versions")) - before
        return key

    def open(self, role: str = "reviewer", name: str = "Rita Lund", page: str = "page", **options: Any) -> None:
        address = f"http://127.0.0.1:{self.server.port}/#{self.room}/{self.invite(role, name)}"
        opening = "await open(values.page, values.address, values.options);"
        self.browser.run(opening, page=page, address=address, options=options)
        self.run("await page.locator('.state[data-health=live]').waitFor({ state: 'attached' });", page)

    def run(self, code: str, page: str = "page", **values: Any) -> Any:
        """Steps on a page: the body of an async function of (page, values)."""
        return self.browser.run(f"const page = pages[values._]; {code}", _=page, **values)

    def close(self) -> None:
        self.browser.run("for (const name in pages) { await pages[name].context().close(); delete pages[name]; }")
        for peer in (self.design, self.review):
            self.do(peer.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(60)
        self._loop.close()
