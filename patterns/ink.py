# SPDX-License-Identifier: GPL-3.0-or-later
"""Drawing into a PDF in metres: lines, fills and words.

Words are shown in faces that readers bring along: Helvetica, and for what it has no letters for, the Chinese face of
Adobe's collection GB1, which readers replace by the system's own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from pydyf import PDF, Array, Dictionary, Stream, String

from .curves import Points

POINT = 0.0254 / 72.0  # metres
Colour = tuple[float, float, float]  # red, green, blue, 0 … 1
_BLACK: Colour = (0.0, 0.0, 0.0)

# Adobe's metrics of Helvetica, thousandths of the height, from the space to the tilde; bold is a twelfth wider.
_WIDTHS = (
    "278 278 355 556 556 889 667 191 333 333 389 584 278 333 278 278 556 556 556 556 556 556 556 556 556 556 "
    "278 278 584 584 584 556 1015 667 667 722 722 667 611 778 722 278 500 667 556 833 722 778 667 778 722 "
    "667 611 722 667 944 667 667 611 278 278 278 469 556 333 556 556 500 556 556 278 556 556 222 222 500 222 "
    "833 556 556 556 556 333 500 278 556 500 722 500 500 500 334 260 334 584"
)
_WIDTH = dict(zip(map(chr, range(32, 127)), map(int, _WIDTHS.split()), strict=True))
_BOLD = 13.0 / 12.0


def faces(pdf: PDF) -> Dictionary:
    """The faces that `Ink.text` uses, added to a PDF: what belongs under Font in the resources of a page."""
    fonts: dict[str, object] = {}
    for key, name in (("F", "Helvetica"), ("B", "Helvetica-Bold")):
        face = Dictionary(
            {"Type": "/Font", "Subtype": "/Type1", "BaseFont": f"/{name}", "Encoding": "/WinAnsiEncoding"}
        )
        pdf.add_object(face)
        fonts[key] = face.reference
    about = Dictionary(
        {
            "Type": "/FontDescriptor",
            "FontName": "/STSong-Light",
            "Flags": 6,
            "FontBBox": Array([-25, -254, 1000, 880]),
            "ItalicAngle": 0,
            "Ascent": 880,
            "Descent": -120,
            "CapHeight": 880,
            "StemV": 93,
        }
    )
    pdf.add_object(about)
    system = Dictionary({"Registry": String("Adobe"), "Ordering": String("GB1"), "Supplement": 4})
    glyphs = Dictionary(
        {
            "Type": "/Font",
            "Subtype": "/CIDFontType0",
            "BaseFont": "/STSong-Light",
            "CIDSystemInfo": system,
            "FontDescriptor": about.reference,
            "DW": 1000,
        }
    )
    pdf.add_object(glyphs)
    chinese = Dictionary(
        {
            "Type": "/Font",
            "Subtype": "/Type0",
            "BaseFont": "/STSong-Light-UniGB-UTF16-H",
            "Encoding": "/UniGB-UTF16-H",
            "DescendantFonts": Array([glyphs.reference]),
        }
    )
    pdf.add_object(chinese)
    return Dictionary({**fonts, "C": chinese.reference})


def width_of(words: str, height: float, bold: bool = False) -> float:
    """How wide text is, in the unit of its height."""
    thousandths = sum((_WIDTH.get(c, 556) * (_BOLD if bold else 1.0)) if _western(c) else 1000 for c in words)
    return thousandths * height / 1000.0


def _western(letter: str) -> bool:
    try:
        letter.encode("cp1252")
    except UnicodeEncodeError:
        return False
    return True


def _runs(words: str) -> Iterator[tuple[bool, str]]:
    """Text in runs: whether Helvetica has the letters, and the letters."""
    run, western = "", True
    for letter in words:
        if run and _western(letter) != western:
            yield western, run
            run = ""
        run, western = run + letter, _western(letter)
    if run:
        yield western, run


class Ink:
    """A content stream that is drawn on in metres."""

    def __init__(self) -> None:
        self.stream = Stream(compress=True)
        self.stream.set_matrix(1 / POINT, 0, 0, 1 / POINT, 0, 0)

    def _path(self, points: Points) -> None:
        self.stream.move_to(*fixed(points[0]))
        for p in points[1:]:
            self.stream.line_to(*fixed(p))

    def line(self, points: Points, closed: bool = False) -> None:
        """Draw along points (n, 2)."""
        self._path(points)
        (self.stream.stroke_and_close if closed else self.stream.stroke)()

    def fill(self, points: Points, colour: Colour) -> None:
        """Fill a polygon (n, 2); the pen's colour is then this."""
        self.stream.set_color_rgb(*colour)
        self._path(points)
        self.stream.fill()

    def pen(self, width: float, dash: Iterable[float] = (), colour: Colour = _BLACK) -> None:
        """Width in metres, dashes in millimetres."""
        self.stream.set_line_width(width)
        self.stream.set_dash(Array(d / 1000 for d in dash), 0)
        self.stream.set_color_rgb(*colour, stroke=True)
        self.stream.set_color_rgb(*colour)

    def text(self, at: Points, words: str, height: float = 0.005, bold: bool = False) -> None:
        """Write from the foot of the first letter on, in the pen's colour."""
        self.stream.begin_text()
        x = float(at[0])
        for western, run in _runs(words):
            self.stream.set_font_size("FB"[bold] if western else "C", height)
            self.stream.set_text_matrix(1, 0, 0, 1, *fixed(np.array([x, at[1]])))
            self.stream.show_text(b"<%s>" % run.encode("cp1252" if western else "utf-16-be").hex().encode())
            x += width_of(run, height, bold)
        self.stream.end_text()


def fixed(p: Points) -> tuple[str, str]:
    """Coordinates to a micrometre."""
    x, y = (round(float(v), 6) + 0.0 for v in p)
    return f"{x:.6f}", f"{y:.6f}"
