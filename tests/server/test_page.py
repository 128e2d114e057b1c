# SPDX-License-Identifier: GPL-3.0-or-later
"""The built review page over HTTP: what is served, how it is fenced in, and what is said where it is not built."""

from __future__ import annotations

import asyncio
import gzip
from pathlib import Path

import pytest
from server.peers import serving
from server.process import exchange, request, status
from server.test_conversation import run
from toile.collab_server import page

INDEX = b"<!doctype html><title>Toile</title>" + b" " * 500


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in the built page's place."""
    folder = tmp_path / "dist"
    (folder / "built").mkdir(parents=True)
    monkeypatch.setattr(page, "BUILT", folder)
    return folder


def fetched(tmp_path: Path, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    """Status, headers by small name, and body."""
    got: list[bytes] = []

    async def conversation() -> None:
        async with serving(tmp_path / "rooms") as server:
            asked = request(path, server.port, **headers)
            got.append(await asyncio.to_thread(exchange, server.port, asked))

    run(conversation())
    head, _, body = got[0].partition(b"\r\n\r\n")
    lines = [line.partition(": ") for line in head.decode("latin-1").split("\r\n")[1:]]
    return status(got[0]), {name.lower(): value for name, _, value in lines}, body


def test_a_page_that_is_not_built_says_what_to_do(tmp_path: Path, built: Path) -> None:
    code, _, body = fetched(tmp_path, "/")
    assert code == 503
    assert b"python build.py page" in body


def test_the_page_is_fenced_in(tmp_path: Path, built: Path) -> None:
    (built / "index.html").write_bytes(INDEX)
    code, headers, body = fetched(tmp_path, "/")
    assert (code, body) == (200, INDEX)
    assert headers["content-type"].startswith("text/html")
    assert headers["cache-control"] == "no-cache"
    rules = dict(rule.split(" ", 1) for rule in headers["content-security-policy"].split("; "))
    assert rules["default-src"] == "'none'"
    assert rules["script-src"] == "'self' 'wasm-unsafe-eval'"
    assert rules["frame-ancestors"] == "'none'"
    assert rules["require-trusted-types-for"] == "'script'"
    assert not any(
        word in value for value in rules.values() for word in ("unsafe-inline", "'unsafe-eval'", "*", "data:")
    )
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"


def test_what_changes_its_name_with_its_content_is_kept_and_packed(tmp_path: Path, built: Path) -> None:
    script = b"let garment = 1;\n" * 100
    (built / "built" / "index-abc.js").write_bytes(script)
    code, headers, body = fetched(tmp_path, "/built/index-abc.js", Accept_Encoding="gzip, br")
    assert code == 200
    assert "immutable" in headers["cache-control"]
    assert headers["content-type"].startswith("text/javascript")
    assert gzip.decompress(body) == script
    assert fetched(tmp_path, "/built/index-abc.js")[2] == script


@pytest.mark.parametrize(
    "path",
    ["/index.html", "/../rooms/secret.key", "/built/../../secret.key", "/built/", "/%2e%2e/secret.key", "//", "/built"],
)
def test_nothing_else_is_served(tmp_path: Path, built: Path, path: str) -> None:
    (built / "index.html").write_bytes(INDEX)
    assert fetched(tmp_path, path)[0] == 404


@pytest.mark.parametrize("host", ["a; script-src *", "x' 'unsafe-inline", "evil.example/ *", ""])
def test_a_host_that_is_none_is_not_repeated_in_the_policy(tmp_path: Path, built: Path, host: str) -> None:
    (built / "index.html").write_bytes(INDEX)
    code, headers, _ = fetched(tmp_path, "/", Host=host)
    if code == 200:  # or it is no request at all
        connect = headers["content-security-policy"].split("connect-src ")[1].split(";")[0]
        assert connect == "'self' blob:"
        assert headers["content-security-policy"].count("script-src") == 1


def test_assets_of_the_other_port_may_be_fetched(tmp_path: Path, built: Path) -> None:
    (built / "index.html").write_bytes(INDEX)
    _, headers, _ = fetched(tmp_path, "/", Host="review.example.com:8765")
    assert "wss://review.example.com:8765" in headers["content-security-policy"]
    assert "https://review.example.com:" in headers["content-security-policy"].replace(
        "wss://review.example.com:8765", ""
    )
