# SPDX-License-Identifier: GPL-3.0-or-later
"""The pattern on paper: a PDF at 1:1, whole for a plotter or in tiles for a desk printer, its sizes on layers.

Tiles are cut along their frame and laid edge to edge: the crosses on the frames meet. The first page says which tile
lies where and carries a square to measure. One pattern, one text: nothing depends on the time or the place.
"""

from __future__ import annotations

import io
import string
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from pydyf import PDF, Array, Dictionary, Stream, String

from .curves import Points
from .cutting import cutting_words, grain_line, notch_marks, seam_line
from .grading import Sizes
from .ink import POINT, Ink, faces, fixed
from .notches import walked_notches
from .pattern import Pattern
from .pieces import Notch, Piece

PAPERS = {"A4": (0.210, 0.297), "Letter": (0.2159, 0.2794), "A3": (0.297, 0.420), "A0": (0.841, 1.189)}  # metres
WHOLE = "whole"  # one page as large as the pattern needs
TEST_SQUARE = 0.1  # metres
LARGEST_PAGE = 5.0  # metres: what every reader of PDFs shows (14,400 points)
_MARGIN = 0.012  # metres of paper that printers leave white, with room for the marks
_GAP = 0.02  # metres between pieces
_EDGE = 1e-6  # metres: what lies on a tile's edge is not on the next tile as well
_STEP = 0.005  # metres between the points at which a tile is looked for
_WIDTH = 1.5  # metres of a plotter's roll
_DASHES = ((), (12.0, 3.0), (6.0, 2.0), (12.0, 2.0, 2.0, 2.0), (3.0, 2.0), (12.0, 2.0, 2.0, 2.0, 2.0, 2.0))  # by size
_COLOURS = ((0.0, 0.0, 0.0), (0.75, 0.1, 0.1), (0.1, 0.3, 0.7), (0.1, 0.5, 0.2), (0.6, 0.3, 0.0), (0.5, 0.1, 0.5))


class PrintRefused(ValueError):
    """Paper that there is not, or a pattern that no page holds."""


@dataclass(frozen=True)
class Placed:
    """Where the pieces of one name lie on the sheet, in all sizes: what is added to their points, metres, y up.

    lines: their cut lines as drafted, by size.
    """

    offset: Points
    sizes: Mapping[str, Piece]
    lines: Mapping[str, Points]


def laid_out(sizes: Sizes, width: float) -> tuple[list[Placed], float, float]:
    """The pieces in rows of at most `width` from the upper left, sizes of one piece on each other; the sheet's size."""
    names = dict.fromkeys(piece.name for pattern in sizes.patterns.values() for piece in pattern.pieces)
    placed: list[Placed] = []
    x = y = row = wide = 0.0
    for name in names:
        found = {s: p for s, pattern in sizes.patterns.items() for p in pattern.pieces if p.name == name}
        lines = {size: sizes.boundary(piece).points for size, piece in found.items()}
        points = np.concatenate(list(lines.values()))
        low, size = points.min(axis=0), np.ptp(points, axis=0)
        if x > 0 and x + size[0] > width:
            x, y, row = 0.0, y + row + _GAP, 0.0
        placed.append(Placed(np.array([x - low[0], -y - size[1] - low[1]]), found, lines))
        x += float(size[0]) + _GAP
        row, wide = max(row, float(size[1])), max(wide, x - _GAP)
    tall = y + row
    return [Placed(p.offset + _by(0.0, tall), p.sizes, p.lines) for p in placed], wide, tall


def _by(x: float, y: float) -> Points:
    return np.array([x, y])


def _piece(
    ink: Ink, piece: Piece, cut: Points, size: str, rank: int, offset: Points, notches: tuple[Notch, ...], many: bool
) -> None:
    """One piece in one size; words and grain with the first size alone."""
    dash, colour = _DASHES[rank % len(_DASHES)], _COLOURS[rank % len(_COLOURS)]
    line = cut + offset
    ink.pen(4e-4, dash, colour)
    ink.line(line, closed=True)
    ink.pen(2.5e-4, (3.0, 2.0), colour)
    ink.line(seam_line(piece).points + offset, closed=True)
    if piece.fold or piece.doubled:
        ink.pen(4e-4, (10.0, 2.0, 2.0, 2.0), colour)
        for name in filter(None, (piece.fold, piece.doubled)):
            ink.line(piece.edge(name).flattened(1e-5) + offset)
    ink.pen(2.5e-4, (), colour)
    for inner in piece.internal:
        ink.line(inner.flattened(1e-5) + offset)
    for pleat in piece.pleats:
        for ends in (pleat.fold, pleat.placement):
            ink.line(np.array(ends) + offset)
    for trim in piece.trims:
        at, arm = np.array(trim.at) + offset, trim.size / 2
        along = np.array([np.cos(trim.angle), np.sin(trim.angle)])
        ink.line(np.array([at - arm * along, at + arm * along]))
        if trim.kind != "buttonhole":
            ink.line(np.array([at - arm * along[::-1] * [-1, 1], at + arm * along[::-1] * [-1, 1]]))
    for at, direction, depth in notch_marks(piece, notches):
        ink.line(np.array([at, at + depth * np.array([np.cos(direction), np.sin(direction)])]) + offset)
    ends = np.array(grain_line(piece, line))
    middle, grain = ends.mean(axis=0), np.array(piece.grain) / np.linalg.norm(piece.grain)
    if rank == 0:
        ink.line(ends)
        side = np.array([-grain[1], grain[0]])
        for end, tip in zip((-1, 1), ends, strict=True):
            ink.line(np.array([tip - end * 6e-3 * grain + 3e-3 * side, tip, tip - end * 6e-3 * grain - 3e-3 * side]))
        for k, words in enumerate((piece.name.replace("_", " "), cutting_words(piece))):
            ink.text(middle + _by(0.004, -0.008 * k), words)
    if many:
        ink.text(line[0] + _by(0.002, 0.002 + 0.004 * rank), size, 0.0035)
    elif rank == 0:
        ink.text(middle + _by(0.004, -0.016), f"size {size}" if size else "")


def _drawn(pattern: Sizes, placed: list[Placed]) -> Ink:
    """All pieces, every size on its layer."""
    ink = Ink()
    notches = {size: walked_notches(p) for size, p in pattern.patterns.items()}
    for rank, size in enumerate(pattern.patterns):
        ink.stream.begin_marked_content("OC", f"/S{rank}")
        for place in placed:
            if size in place.sizes:
                piece = place.sizes[size]
                first = next(iter(place.sizes)) == size
                marks = notches[size][piece.name]
                _piece(
                    ink,
                    piece,
                    place.lines[size],
                    size,
                    0 if first else rank,
                    place.offset,
                    marks,
                    len(pattern.patterns) > 1,
                )
        ink.stream.end_marked_content()
    return ink


def _square(ink: Ink, at: Points) -> None:
    ink.pen(3e-4)
    corners = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])
    ink.line(at + TEST_SQUARE * corners, closed=True)
    ink.text(at + _by(0.004, 0.045), "100 mm", 0.006)
    ink.text(at + _by(0.004, 0.036), "Print at 100 %; measure before you cut.", 0.0035)


def _touched(placed: list[Placed], tall: float, across: float, down: float) -> list[tuple[int, int]]:
    """The row from above and the column of every tile that a piece reaches or spans, in reading order."""
    found: set[tuple[int, int]] = set()
    for place in placed:
        for cut in place.lines.values():
            line = cut + place.offset
            ends = np.roll(line, -1, axis=0)
            steps = 1 + int(np.linalg.norm(ends - line, axis=1).max() / _STEP)
            points = (line + np.linspace(0.0, 1.0, steps)[:, None, None] * (ends - line)).reshape(-1, 2)
            inside = np.maximum(np.column_stack([tall - points[:, 1], points[:, 0]]) - _EDGE, 0.0)
            tiles = np.unique(np.floor(inside / [down, across]), axis=0)
            for row in np.unique(tiles[:, 0]):
                columns = tiles[tiles[:, 0] == row, 1]
                found |= {(int(row), column) for column in range(int(columns.min()), int(columns.max()) + 1)}
    return sorted(found)


def _frame(ink: Ink, across: float, down: float, label: str) -> None:
    """A tile's frame with a cross at its corners and half-way along its sides, and the tile's name."""
    ink.pen(1.5e-4, (), (0.5, 0.5, 0.5))
    ink.line(np.array([[0.0, 0.0], [across, 0.0], [across, down], [0.0, down]]), closed=True)
    arm = _MARGIN / 2
    for x in (0.0, across / 2, across):
        for y in (0.0, down / 2, down):
            if (x, y) != (across / 2, down / 2):
                ink.line(np.array([[x - arm, y], [x + arm, y]]))
                ink.line(np.array([[x, y - arm], [x, y + arm]]))
    ink.text(np.array([0.004, 0.004]), label, 0.006)


def _letters(row: int) -> str:
    """A, B, … Z, AA, AB, …"""
    letters = string.ascii_uppercase
    return (letters[row // 26 - 1] if row >= 26 else "") + letters[row % 26]


def pattern_to_pdf(pattern: Pattern | Sizes, paper: str = WHOLE) -> bytes:
    """A PDF of one pattern, or of all sizes of a style on layers that a reader can switch.

    paper: one of PAPERS for tiles, or WHOLE. Raises PrintRefused for any other, and for a sheet larger than
    LARGEST_PAGE.
    """
    if paper != WHOLE and paper not in PAPERS:
        raise PrintRefused(f"There is no paper {paper!r}: choose {', '.join(PAPERS)}, or {WHOLE!r} for a plotter.")
    sizes = pattern if isinstance(pattern, Sizes) else Sizes({"-": pattern}, "-")
    placed, wide, tall = laid_out(sizes, _WIDTH)
    if max(wide, tall) > LARGEST_PAGE:
        raise PrintRefused(
            f"The pattern needs {wide:.1f} × {tall:.1f} m of paper, more than a PDF holds: print fewer sizes."
        )
    book = _Book(sizes)
    sheet = book.form(_drawn(sizes, placed), wide, tall)
    if paper == WHOLE:
        book.whole(sheet, wide, tall)
    else:
        book.tiled(sheet, placed, wide, tall, PAPERS[paper])
    return book.written()


class _Book:
    """A PDF as it grows: one form with all pieces, which each page shows a part of."""

    def __init__(self, sizes: Sizes) -> None:
        self._pdf = PDF()
        self._faces = faces(self._pdf)
        self._layers: list[Dictionary] = []
        for size in sizes.patterns:
            self._layers.append(Dictionary({"Type": "/OCG", "Name": String(f"Size {size}")}))
            self._pdf.add_object(self._layers[-1])
        every = Array(layer.reference for layer in self._layers)
        self._pdf.catalog["OCProperties"] = Dictionary({"OCGs": every, "D": Dictionary({"Order": every, "ON": every})})
        self._pdf.info["Title"] = String(sizes.pattern.name)
        self._pdf.info["Producer"] = String("Toile")

    def form(self, ink: Ink, wide: float, tall: float) -> Stream:
        ink.stream.extra = {
            "Type": "/XObject",
            "Subtype": "/Form",
            "BBox": Array([-1.0, -1.0, wide / POINT + 1.0, tall / POINT + 1.0]),
            "Resources": Dictionary(
                {
                    "Font": self._faces,
                    "Properties": Dictionary({f"S{k}": layer.reference for k, layer in enumerate(self._layers)}),
                }
            ),
        }
        self._pdf.add_object(ink.stream)
        return ink.stream

    def page(self, ink: Ink, wide: float, tall: float, sheet: Stream) -> None:
        """Add a page of that size in metres."""
        self._pdf.add_object(ink.stream)
        resources = {
            "Font": self._faces,
            "XObject": Dictionary({"Sheet": sheet.reference}),
        }
        box = Array([0, 0, wide / POINT, tall / POINT])
        page = {"Type": "/Page", "Parent": self._pdf.pages.reference, "MediaBox": box, "Contents": ink.stream.reference}
        self._pdf.add_page(Dictionary({**page, "Resources": Dictionary(resources)}))

    def _shown(self, ink: Ink, at: Points, scale: float = 1.0) -> None:
        """Show the sheet with its lower left corner at a point of the page, metres."""
        ink.stream.push_state()
        ink.stream.set_matrix(POINT * scale, 0, 0, POINT * scale, *fixed(at))
        ink.stream.draw_x_object("Sheet")
        ink.stream.pop_state()

    def whole(self, sheet: Stream, wide: float, tall: float) -> None:
        """One page with everything, the test square below it."""
        below = TEST_SQUARE + _GAP
        ink = Ink()
        self._shown(ink, np.array([_GAP, _GAP + below]))
        _square(ink, np.array([_GAP, _GAP]))
        self.page(ink, max(wide, TEST_SQUARE) + 2 * _GAP, tall + below + 2 * _GAP, sheet)

    def tiled(self, sheet: Stream, placed: list[Placed], wide: float, tall: float, paper: tuple[float, float]) -> None:
        """A page that shows how the tiles lie, with the test square; then the tiles that have a line on them."""
        across, down = (side - 2 * _MARGIN for side in paper)
        touched = _touched(placed, tall, across, down)
        rows, columns = (1 + max(tile[axis] for tile in touched) for axis in (0, 1))
        cover = Ink()
        corner = np.array([_MARGIN, _MARGIN])
        _square(cover, corner)
        scale = min(1.0 / columns, (down - TEST_SQUARE - _GAP) / (rows * down))
        foot = corner + _by(0.0, TEST_SQUARE + _GAP + scale * (rows * down - tall))
        self._shown(cover, foot, scale)
        cover.pen(1.5e-4, (), (0.5, 0.5, 0.5))
        tiles: list[tuple[str, Points]] = []
        for row, column in touched:
            low = np.array([column * across, tall - (row + 1) * down])
            tiles.append((f"{_letters(row)}{column + 1}", low))
            box = foot + scale * (low + np.array([[0, 0], [across, 0], [across, down], [0, down]]))
            cover.line(box, closed=True)
            cover.text(box[0] + _by(0.001, 0.001), tiles[-1][0], 0.003)
        self.page(cover, *paper, sheet)
        for label, low in tiles:
            ink = Ink()
            ink.stream.push_state()
            ink.stream.set_matrix(1, 0, 0, 1, *fixed(corner))
            _frame(ink, across, down, label)
            ink.stream.rectangle(0, 0, across, down)
            ink.stream.clip()
            ink.stream.end()
            self._shown(ink, -low)
            ink.stream.pop_state()
            self.page(ink, *paper, sheet)

    def written(self) -> bytes:
        """The file."""
        out = io.BytesIO()
        self._pdf.write(out, identifier=True)
        return out.getvalue()
