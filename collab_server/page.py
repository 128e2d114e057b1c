# SPDX-License-Identifier: GPL-3.0-or-later
"""The review page: its built files, held in memory, and what each answer lets a browser do with them.

`python build.py page` builds it out of web/ into web/dist; the extension's zip holds it built.
"""

from __future__ import annotations

import gzip
import mimetypes
import re
from dataclasses import dataclass
from pathlib import Path

from websockets.http11 import Request

from .assets import HARDENED

BUILT = Path(__file__).parent / "web" / "dist"
NOT_BUILT = (
    "The review page is not built here: run `python build.py page` (it needs Node.js and npm), then serve again."
)
_HOST = re.compile(r"([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:\d{1,5})?")
_HASHED = "/built/"
_TYPES = {".js": "text/javascript; charset=utf-8", ".woff2": "font/woff2", ".html": "text/html; charset=utf-8"}
_TEXTS = {".js", ".html", ".css", ".svg"}


@dataclass(frozen=True)
class File:
    """A built file. packed: gzipped, of what is text. lasting: its name changes with its content."""

    kind: str
    body: bytes
    packed: bytes | None
    lasting: bool


def load(folder: Path) -> dict[str, File]:
    """The built page by path, `/` among them; empty where it is not built."""
    files = {f"/{file.relative_to(folder).as_posix()}": file for file in folder.rglob("*") if file.is_file()}
    page = {path: _file(file, path.startswith(_HASHED)) for path, file in files.items()}
    if index := page.pop("/index.html", None):
        page["/"] = index
    return page


def _file(path: Path, lasting: bool) -> File:
    body = path.read_bytes()
    kind = _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return File(kind, body, gzip.compress(body, mtime=0) if path.suffix in _TEXTS else None, lasting)


def answer(file: File, request: Request, assets_port: int | None) -> tuple[bytes, dict[str, str]]:
    """The body and the headers of a file. assets_port: where the garments are, None where it is the page's own."""
    cache = "public, max-age=31536000, immutable" if file.lasting else "no-cache"
    headers = {**HARDENED, "Content-Type": file.kind, "Cache-Control": cache, "Vary": "Accept-Encoding"}
    headers["Content-Security-Policy"] = _policy(request.headers.get("Host", ""), assets_port)
    headers["Permissions-Policy"] = "xr-spatial-tracking=(self), camera=(), microphone=(), geolocation=()"
    if file.packed is None or "gzip" not in request.headers.get("Accept-Encoding", ""):
        return file.body, headers
    return file.packed, {**headers, "Content-Encoding": "gzip"}


def _policy(host: str, assets_port: int | None) -> str:
    """Our own files and nothing else; a garment's pictures are blobs; `wasm-unsafe-eval` is for meshopt's decoder."""
    asked = _HOST.fullmatch(host)
    here = f" ws://{host} wss://{host}" if asked else ""  # older Safari does not count them as its own
    assets = f" http://{asked[1]}:{assets_port} https://{asked[1]}:{assets_port}" if asked and assets_port else ""
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self' 'wasm-unsafe-eval'",
            "style-src 'self'",
            "font-src 'self'",
            "img-src 'self' blob:",
            f"connect-src 'self' blob:{here}{assets}",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
            "require-trusted-types-for 'script'",
        )
    )
