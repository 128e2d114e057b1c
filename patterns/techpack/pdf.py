# SPDX-License-Identifier: GPL-3.0-or-later
"""A document of sheets as a PDF on A4 across. Nothing in it depends on the time or the place."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from pydyf import PDF, Array, Dictionary, Stream, String

from ..ink import POINT, Ink, faces, fixed, width_of
from .sheets import BLACK, Align, Block, Colour, Document, Drawing, Note, Page, Picture, Row, Table, Word

_PAPER = (0.297, 0.210)  # metres
_SIDE, _HEAD, _FOOT = 0.012, 0.023, 0.012  # metres from the paper's edges to what stands on a page
_BETWEEN = 0.005  # metres between blocks
_TITLE, _TEXT, _SMALL = 3.4e-3, 2.5e-3, 2.2e-3  # heights of letters
_LINE = 1.5  # heights from line to line
_PAD = 1.3e-3  # metres round the words in a table's cell
_GREY: Colour = (0.45, 0.45, 0.45)
_RULE: Colour = (0.75, 0.75, 0.75)
_TINT: Colour = (0.93, 0.94, 0.95)
_INK: Colour = (0.12, 0.16, 0.22)
_PAPER_WHITE: Colour = (1.0, 1.0, 1.0)


@dataclass(frozen=True)
class _Box:
    """A place on a page, metres, y up."""

    left: float
    top: float
    width: float
    height: float


def document_to_pdf(document: Document) -> bytes:
    """The document as a PDF. Raises PictureRefused for a picture that is cut off."""
    return _Press(document).printed()


class _Press:
    """The PDF as it grows."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._pdf = PDF()
        self._faces = faces(self._pdf)
        self._pictures: dict[bytes, tuple[str, Stream]] = {}
        self._pdf.info["Title"] = String(document.title)
        self._pdf.info["Producer"] = String("Toile")

    def printed(self) -> bytes:
        """All pages, and the file."""
        laid = [(page.title, rows) for page in self._document.pages for rows in _turned(page)]
        for number, (title, rows) in enumerate(laid, 1):
            self._add(self._page(title, rows, number, len(laid)))
        out = io.BytesIO()
        self._pdf.write(out, identifier=True)
        return out.getvalue()

    def _add(self, ink: Ink) -> None:
        self._pdf.add_object(ink.stream)
        shown = Dictionary({name: image.reference for name, image in self._pictures.values()})
        page = {
            "Type": "/Page",
            "Parent": self._pdf.pages.reference,
            "MediaBox": Array([0, 0, *(side / POINT for side in _PAPER)]),
            "Contents": ink.stream.reference,
            "Resources": Dictionary({"Font": self._faces, "XObject": shown}),
        }
        self._pdf.add_page(Dictionary(page))

    def _page(self, title: str, rows: Sequence[Row], number: int, of: int) -> Ink:
        ink = Ink()
        across, tall = _PAPER
        right = across - _SIDE
        _write(ink, title, _SIDE, tall - 0.0125, 5.0e-3, bold=True, colour=_INK)
        _write(ink, self._document.title, right, tall - 0.0105, _TEXT, "right", bold=True)
        _write(ink, "   ".join(self._document.head), right, tall - 0.0148, _SMALL, "right", colour=_GREY)
        ink.pen(4e-4, (), _INK)
        ink.line(np.array([[_SIDE, tall - 0.0175], [right, tall - 0.0175]]))
        _write(ink, f"{number} / {of}", right, 0.006, _SMALL, "right", colour=_GREY)
        top = tall - _HEAD
        for row in rows:
            height = _height(row)
            for block, box in zip(row.blocks, _places(row, top, height), strict=True):
                self._block(ink, block, box)
            top -= height + _BETWEEN
        return ink

    def _block(self, ink: Ink, block: Block, box: _Box) -> None:
        if block.title:
            _write(ink, block.title, box.left, box.top - _TITLE * 0.8, _SMALL * 1.15, bold=True, colour=_INK)
            box = replace(box, top=box.top - _under_title(block), height=box.height - _under_title(block))
        match block:
            case Table():
                _table(ink, block, box)
            case Note():
                for k, line in enumerate(_lines(block, box.width)):
                    _write(ink, line, box.left, box.top - _TEXT * (1.0 + k * _LINE), _TEXT)
            case Drawing():
                _drawing(ink, block, box)
            case Picture():
                self._picture(ink, block, box)

    def _picture(self, ink: Ink, picture: Picture, box: _Box) -> None:
        if picture.png not in self._pictures:
            width, height = picture.size
            rows = {"Predictor": 15, "Colors": 3, "BitsPerComponent": 8, "Columns": width}
            about = {
                "Type": "/XObject", "Subtype": "/Image", "Width": width, "Height": height, "ColorSpace": "/DeviceRGB",
                "BitsPerComponent": 8, "Filter": "/FlateDecode", "DecodeParms": Dictionary(rows),
            }  # fmt: skip
            image = Stream([picture.pixels()], extra=about)
            self._pdf.add_object(image)
            self._pictures[picture.png] = (f"P{len(self._pictures)}", image)
        name, _ = self._pictures[picture.png]
        wide = min(box.width, box.height / picture.shape)
        tall = wide * picture.shape
        left, foot = box.left + (box.width - wide) / 2, box.top - tall
        x0, _, x1, y1 = picture.crop
        whole_width = wide / (x1 - x0)
        whole_height = whole_width * picture.size[1] / picture.size[0]
        stream = ink.stream
        stream.push_state()
        stream.rectangle(left, foot, wide, tall)
        stream.clip()
        stream.end()
        corner = fixed(np.array([left - x0 * whole_width, foot - (1.0 - y1) * whole_height]))
        stream.set_matrix(*fixed(np.array([whole_width, 0.0])), *fixed(np.array([0.0, whole_height])), *corner)
        stream.draw_x_object(name)
        stream.pop_state()


def _turned(page: Page) -> Iterator[list[Row]]:
    """A page's rows as they go onto sheets of paper; a table alone in its row is parted where it has to be."""
    room = _PAPER[1] - _HEAD - _FOOT
    rows: list[Row] = []
    left = room
    for row in page.rows:
        rest: Row | None = row
        while rest is not None:
            fits, rest = _parted(rest, left)
            if fits is None and not rows:  # more than a whole page: what does not fit is drawn smaller
                fits, rest = replace(rest, height=1.0) if rest is not None else None, None
            if fits is not None:
                rows.append(fits)
                left -= _height(fits) + _BETWEEN
            if rest is not None:
                yield rows
                rows, left = [], room
    if rows:
        yield rows


def _parted(row: Row, room: float) -> tuple[Row | None, Row | None]:
    """What of a row goes into that height, and what is left."""
    if _height(row) <= room + 1e-9:
        return row, None
    table = row.blocks[0]
    if len(row.blocks) > 1 or not isinstance(table, Table):
        return None, row
    heights = _cell_heights(table, _width(row, 0))
    used = _under_title(table) + heights[0]
    count = 0
    while count < len(table.rows) and used + heights[count + 1] <= room:
        used += heights[count + 1]
        count += 1
    if count < 1:
        return None, row
    strong = frozenset(k - count for k in table.strong if k >= count)
    return (
        replace(row, blocks=(replace(table, rows=table.rows[:count]),)),
        replace(row, blocks=(replace(table, rows=table.rows[count:], strong=strong),)),
    )


def _width(row: Row, which: int) -> float:
    room = _PAPER[0] - 2 * _SIDE - _BETWEEN * (len(row.blocks) - 1)
    return room * row.shares[which] / sum(row.shares)


def _places(row: Row, top: float, height: float) -> Iterator[_Box]:
    left = _SIDE
    for k in range(len(row.blocks)):
        yield _Box(left, top, _width(row, k), height)
        left += _width(row, k) + _BETWEEN


def _height(row: Row) -> float:
    """Metres that a row takes."""
    needed = [row.height * (_PAPER[1] - _HEAD - _FOOT)]
    for k, block in enumerate(row.blocks):
        match block:
            case Table():
                needed.append(_under_title(block) + sum(_cell_heights(block, _width(row, k))))
            case Note():
                needed.append(_under_title(block) + _TEXT * _LINE * len(_lines(block, _width(row, k))))
            case _:
                pass
    return max(needed)


def _under_title(block: Block) -> float:
    return 1.5 * _TITLE if block.title else 0.0


def _wrapped(words: str, width: float, height: float) -> list[str]:
    """Text in lines of at most that width; it breaks at spaces, and between Chinese letters."""
    lines, line = [""], 0.0
    for part in _parts(words):
        long = width_of(part, height)
        if line + long > width and lines[-1]:
            lines[-1] = lines[-1].rstrip()
            lines.append("")
            line, part = 0.0, part.lstrip()
            long = width_of(part, height)
        lines[-1] += part
        line += long
    return lines


def _parts(words: str) -> Iterator[str]:
    """Text in the smallest parts between which a line may break."""
    part = ""
    for letter in words:
        if part and (ord(letter) > 0x2E80 or part[-1] == " "):
            yield part
            part = ""
        part += letter
    if part:
        yield part


def _lines(note: Note, width: float) -> list[str]:
    return [line for sentence in note.sentences for line in _wrapped(sentence, width, _TEXT)]


def _cell_heights(table: Table, width: float) -> list[float]:
    """Of a table's head and of each of its rows."""
    widths = _column_widths(table, width)

    def height(cells: Sequence[str]) -> float:
        lines = max(
            (len(_wrapped(cell, wide - 2 * _PAD, _SMALL)) for cell, wide in zip(cells, widths, strict=True)), default=1
        )
        return _SMALL * (1.0 + _LINE * (lines - 1)) + 2 * _PAD

    return [height([column.head for column in table.columns]), *(height(row) for row in table.rows)]


def _column_widths(table: Table, width: float) -> list[float]:
    total = sum(column.share for column in table.columns)
    return [width * column.share / total for column in table.columns]


def _table(ink: Ink, table: Table, box: _Box) -> None:
    widths, heights = _column_widths(table, box.width), _cell_heights(table, box.width)
    y = box.top
    for k, height in enumerate(heights):
        cells = [column.head for column in table.columns] if k == 0 else table.rows[k - 1]
        bold = k == 0 or k - 1 in table.strong
        if bold:
            right, foot = box.left + box.width, y - height
            ink.fill(np.array([[box.left, y], [right, y], [right, foot], [box.left, foot]]), _TINT)
        x = box.left
        for cell, column, wide in zip(cells, table.columns, widths, strict=True):
            at = {"left": x + _PAD, "right": x + wide - _PAD, "centre": x + wide / 2}[column.align]
            for n, line in enumerate(_wrapped(cell, wide - 2 * _PAD, _SMALL)):
                base = y - _PAD - _SMALL * (0.82 + _LINE * n)
                _write(ink, line, at, base, _SMALL, column.align, bold=bold, colour=_INK if bold else BLACK)
            x += wide
        y -= height
        ink.pen(1.2e-4, (), _RULE)
        ink.line(np.array([[box.left, y], [box.left + box.width, y]]))


def _drawing(ink: Ink, drawing: Drawing, box: _Box) -> None:
    low, high = drawing.box
    size = np.maximum(high - low, 1e-9)
    scale = min(box.width / size[0], box.height / size[1])
    corner = np.array([box.left + (box.width - scale * size[0]) / 2, box.top - scale * size[1]])
    for stroke in drawing.strokes:
        points = corner + scale * (stroke.points - low)
        if stroke.fill is not None:
            ink.fill(points, stroke.fill)
        if stroke.width > 0:
            ink.pen(stroke.width, stroke.dash, stroke.colour)
            ink.line(points, stroke.closed)
    for word in drawing.words:
        x, y = (float(v) for v in corner + scale * (np.array(word.at) - low))
        _plate(ink, word, x, y)
        _write(ink, word.text, x, y - 0.36 * word.height, word.height, word.align, bold=word.bold, colour=word.colour)


def _plate(ink: Ink, word: Word, x: float, y: float) -> None:
    """White behind a word, so that lines do not run through it."""
    wide, half = width_of(word.text, word.height, word.bold), 0.55 * word.height
    left = x - {"left": 0.0, "centre": 0.5, "right": 1.0}[word.align] * wide - 0.15 * word.height
    right = left + wide + 0.3 * word.height
    ink.fill(np.array([[left, y - half], [right, y - half], [right, y + half], [left, y + half]]), _PAPER_WHITE)


def _write(
    ink: Ink,
    words: str,
    x: float,
    foot: float,
    height: float,
    align: Align = "left",
    *,
    bold: bool = False,
    colour: Colour = BLACK,
) -> None:
    start = x - {"left": 0.0, "centre": 0.5, "right": 1.0}[align] * width_of(words, height, bold)
    ink.pen(2.5e-4, (), colour)
    ink.text(np.array([start, foot]), words, height, bold)
