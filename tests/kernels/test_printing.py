# SPDX-License-Identifier: GPL-3.0-or-later
"""The printed pattern, read back by another library: true to size, every line on a tile, the same bytes each time."""

import io
import re

import numpy as np
import pypdf
import pytest
from people import WOMAN
from toile.patterns import draft
from toile.patterns.cutting import notch_marks
from toile.patterns.grading import Sizes
from toile.patterns.notches import walked_notches
from toile.patterns.printing import PAPERS, WHOLE, PrintRefused, pattern_to_pdf

POINT = 0.0254 / 72


@pytest.fixture(scope="module")
def sizes() -> Sizes:
    larger = {k: v * (1.06 if k != "shoulder_slope" else 1.0) for k, v in WOMAN.items()}
    return Sizes({"M": draft("tshirt", WOMAN), "L": draft("tshirt", larger)}, "M")


def read(data: bytes) -> pypdf.PdfReader:
    return pypdf.PdfReader(io.BytesIO(data), strict=True)


def paths(stream: bytes) -> list[np.ndarray]:
    """Every line of a content stream in the stream's own unit, which is metres."""
    found: list[list[list[float]]] = []
    for x, y, verb in re.findall(rb"(-?[\d.]+) (-?[\d.]+) ([ml])\n", stream):
        if verb == b"m":
            found.append([])
        found[-1].append([float(x), float(y)])
    return [np.array(path) for path in found]


def sheet(reader: pypdf.PdfReader) -> bytes:
    return reader.pages[0]["/Resources"]["/XObject"]["/Sheet"].get_data()


@pytest.mark.parametrize("paper", [WHOLE, *PAPERS])
def test_pages_have_the_size_of_their_paper_and_the_square_is_a_hundred_millimetres(sizes: Sizes, paper: str) -> None:
    reader = read(pattern_to_pdf(sizes.pattern, paper))
    if paper != WHOLE:
        for page in reader.pages:
            size = np.array([float(page.mediabox.width), float(page.mediabox.height)]) * POINT
            assert size == pytest.approx(np.array(PAPERS[paper]), abs=1e-5)
    squares = [
        path for path in paths(reader.pages[0].get_contents().get_data())
        if len(path) == 4 and np.allclose(np.ptp(path, axis=0), 0.1, atol=1e-4)
    ]  # fmt: skip
    assert len(squares) == 1
    assert b"28346.4" not in reader.pages[0].get_contents().get_data()
    scale = re.search(rb"([\d.]+) 0 0 ([\d.]+) 0 0 cm", reader.pages[0].get_contents().get_data())
    assert scale is not None
    assert [float(s) * POINT for s in scale.groups()] == pytest.approx([1.0, 1.0], rel=1e-6)  # metres to points
    assert "100 mm" in reader.pages[0].extract_text()


def test_the_sheet_holds_every_cut_line_at_its_true_size_with_all_notches(sizes: Sizes) -> None:
    lines = paths(sheet(read(pattern_to_pdf(sizes))))
    drawn = [path - path.min(axis=0) for path in lines]
    for pattern in sizes.patterns.values():
        for piece in pattern.pieces:
            cut = sizes.boundary(piece).points
            wanted = cut - cut.min(axis=0)
            assert any(len(d) == len(wanted) and np.abs(d - wanted).max() < 2e-6 for d in drawn), piece.name
    ticks = sum(len(path) == 2 for path in lines)
    marks = [
        list(notch_marks(piece, walked_notches(pattern)[piece.name]))
        for pattern in sizes.patterns.values()
        for piece in pattern.pieces
    ]
    assert ticks >= sum(map(len, marks)) > 0


def test_tiles_cover_every_line_once(sizes: Sizes) -> None:
    reader = read(pattern_to_pdf(sizes, "A4"))
    across, down = (side - 0.024 for side in PAPERS["A4"])
    shown: list[np.ndarray] = []
    for page in reader.pages[1:]:
        content = page.get_contents().get_data()
        x, y = re.findall(rb"0 0 [\d.]+ (-?[\d.]+) (-?[\d.]+) cm\n/Sheet Do", content)[0]
        shown.append(np.array([-float(x), -float(y)]))
    lines = np.concatenate([path for path in paths(sheet(reader)) if len(path) > 2])
    covered = np.zeros(len(lines), bool)
    for low in shown:
        inside = ((lines >= low - 1e-6) & (lines <= low + [across, down] + 1e-6)).all(axis=1)
        covered |= inside
    assert covered.all()
    words = (page.extract_text().split() for page in reader.pages[1:])
    labels = [next(word for word in page if re.fullmatch(r"[A-Z]+\d+", word)) for page in words]
    assert len(set(labels)) == len(labels)


def test_sizes_are_layers_and_words_say_how_to_cut(sizes: Sizes) -> None:
    reader = read(pattern_to_pdf(sizes))
    names = [layer.get_object()["/Name"] for layer in reader.trailer["/Root"]["/OCProperties"]["/OCGs"]]
    assert names == ["Size M", "Size L"]
    content = sheet(reader)
    assert content.count(b"BDC") == content.count(b"EMC") == 2
    words = read(pattern_to_pdf(sizes)).pages[0].extract_text()
    assert "on the fold" in words
    assert "sleeve" in words


def test_the_same_pattern_gives_the_same_bytes(sizes: Sizes) -> None:
    assert pattern_to_pdf(sizes, "A4") == pattern_to_pdf(sizes, "A4")


@pytest.mark.parametrize("name", ["jacket", "pleated_skirt", "polo", "circle_dress"])
def test_every_kind_of_piece_prints(name: str) -> None:
    assert len(read(pattern_to_pdf(draft(name, WOMAN), "A0")).pages) >= 2


def test_paper_that_there_is_not_is_refused(sizes: Sizes) -> None:
    with pytest.raises(PrintRefused, match="A4, Letter"):
        pattern_to_pdf(sizes, "A5000")


def test_names_in_any_letters_print(sizes: Sizes) -> None:
    named = Sizes({"中号": sizes.pattern}, "中号")
    assert len(read(pattern_to_pdf(named)).pages) == 1
