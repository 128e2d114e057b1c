# SPDX-License-Identifier: GPL-3.0-or-later
"""A browser and a server for the session, a room for each test; skipped where the page or a browser is missing."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import pytest
from server.process import Process, running
from web.studio import Browser, Studio, start_browser


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    started = start_browser()
    yield started
    started.close()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    with running(tmp_path_factory.mktemp("review") / "rooms") as process:
        yield process


@pytest.fixture
def studio(request: pytest.FixtureRequest, browser: Browser, server: Process) -> Iterator[Studio]:
    """A room of its own for each test."""
    room = hashlib.sha256(request.node.nodeid.encode()).hexdigest()[:16]
    opened = Studio(room, server, browser)
    yield opened
    opened.close()
