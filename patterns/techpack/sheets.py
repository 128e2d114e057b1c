# SPDX-License-Identifier: GPL-3.0-or-later
"""Sheets of a document as content: tables, drawings, pictures and notes in rows on titled pages.

`sheets_pdf` and `sheets_html` write the same content.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from ..curves import Points

Align = Literal["left", "right", "centre"]
Colour = tuple[float, float, float]  # red, green, blue, 0 … 1
BLACK: Colour = (0.0, 0.0, 0.0)
_PNG = b"\x89PNG\r\n\x1a\n"


class PictureRefused(ValueError):
    """A picture that is no PNG of the plain kind: eight bits, red, green and blue."""


@dataclass(frozen=True)
class Stroke:
    """A line (n, 2) of a drawing, in the drawing's own units, y up: `width` in metres of paper, dashes in millimetres.

    fill: the colour inside; None: nothing. A width of 0 draws no line.
    """

    points: Points
    closed: bool = False
    width: float = 2.5e-4
    dash: tuple[float, ...] = ()
    colour: Colour = BLACK
    fill: Colour | None = None


@dataclass(frozen=True)
class Word:
    """Text on a drawing: its middle's place in the drawing's units, its height in metres of paper; on a white plate."""

    at: tuple[float, float]
    text: str
    height: float = 2.2e-3
    align: Align = "centre"
    colour: Colour = BLACK
    bold: bool = False


@dataclass(frozen=True)
class Drawing:
    """Lines and words, `low` and `high` (2,) the corners of what is shown, fitted into its place on the page."""

    title: str
    strokes: tuple[Stroke, ...]
    words: tuple[Word, ...] = ()
    margin: float = 0.0

    @cached_property
    def box(self) -> tuple[Points, Points]:
        """The corners (2,) of what is shown, in the drawing's units."""
        points = [stroke.points for stroke in self.strokes] + [np.array([word.at]) for word in self.words]
        every = np.concatenate(points or [np.zeros((1, 2))])
        return every.min(axis=0) - self.margin, every.max(axis=0) + self.margin


@dataclass(frozen=True)
class Picture:
    """A PNG of eight bits red, green and blue; crop: what is shown of it, (left, top, right, bottom) as shares.

    Raises PictureRefused.
    """

    title: str
    png: bytes
    crop: tuple[float, float, float, float] = (0.0, 0.0, 1.0, 1.0)

    def __post_init__(self) -> None:
        depth_and_kind = self.png[24:29] if self.png.startswith(_PNG) and self.png[12:16] == b"IHDR" else b""
        if depth_and_kind != bytes((8, 2, 0, 0, 0)):
            raise PictureRefused(f"{self.title!r} is no PNG of eight bits RGB without interlacing: save it as one.")
        left, top, right, bottom = self.crop
        if not (0.0 <= left < right <= 1.0 and 0.0 <= top < bottom <= 1.0):
            raise PictureRefused(f"{self.title!r} is cropped to nothing: {self.crop!r}.")

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels, uncropped."""
        width, height = struct.unpack(">II", self.png[16:24])
        return int(width), int(height)

    @property
    def shape(self) -> float:
        """Height over width of what is shown."""
        (width, height), (left, top, right, bottom) = self.size, self.crop
        return height * (bottom - top) / (width * (right - left))

    def pixels(self) -> bytes:
        """The PNG's compressed rows, as a PDF takes them. Raises PictureRefused where the file is broken."""
        return b"".join(data for kind, data in self._chunks() if kind == b"IDAT")

    def _chunks(self) -> Iterator[tuple[bytes, bytes]]:
        at = len(_PNG)
        while at + 12 <= len(self.png):
            length, kind = struct.unpack(">I4s", self.png[at : at + 8])
            if at + 12 + length > len(self.png):
                break
            yield kind, self.png[at + 8 : at + 8 + length]
            if kind == b"IEND":
                return
            at += 12 + length
        raise PictureRefused(f"The picture of {self.title!r} ends in the middle: make it again.")


@dataclass(frozen=True)
class Column:
    """A table's column: its head, where its words stand, and its share of the width."""

    head: str
    align: Align = "left"
    share: float = 1.0


@dataclass(frozen=True)
class Table:
    """Rows of words under heads; `strong` are the rows that stand out (totals), by number."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    strong: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Note:
    """Sentences under a title, a paragraph each."""

    title: str
    sentences: tuple[str, ...]


Block = Table | Drawing | Picture | Note


@dataclass(frozen=True)
class Row:
    """Blocks side by side, each with its share of the width, `height` a share of the page's, 0: what its tables need.

    A table that stands alone in its row goes on on the next page.
    """

    blocks: tuple[Block, ...]
    shares: tuple[float, ...]
    height: float = 0.0


@dataclass(frozen=True)
class Page:
    """A titled page; what does not fit goes on on another of the same title."""

    title: str
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Document:
    """A document in one language ("en" or "zh_HANS"): its title, what stands in each page's head, and its pages."""

    title: str
    head: tuple[str, ...]
    pages: tuple[Page, ...]
    language: str = "en"
