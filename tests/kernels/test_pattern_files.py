# SPDX-License-Identifier: GPL-3.0-or-later
"""pattern.json and SVG: round trips, true scale, and broken or hostile files refused by name."""

import contextlib
import copy
import re
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from people import WOMAN
from shapely import Polygon
from toile.patterns import draft, styles
from toile.patterns.allowance import cut_line
from toile.patterns.document import (
    PatternFileRefused,
    pattern_from_json,
    pattern_to_json,
    read_pattern,
    write_pattern,
)
from toile.patterns.svg import pattern_to_svg

SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize("name", styles())
def test_a_pattern_file_is_read_back_unchanged(name: str, tmp_path: Path) -> None:
    pattern = draft(name, WOMAN)
    write_pattern(pattern, tmp_path / "pattern.json")
    again = read_pattern(tmp_path / "pattern.json")
    assert pattern_to_json(again) == pattern_to_json(pattern)
    assert again.proof() == pattern.proof()
    assert [p.name for p in tmp_path.iterdir()] == ["pattern.json"]


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"\xff\xfe", b'{"format": "toile-pattern"}', b"[" * 200_000, b'{"format": "x"}'],
    ids=range(7),
)
def test_files_that_are_no_pattern_are_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "pattern.json"
    path.write_bytes(content)
    with pytest.raises(PatternFileRefused):
        read_pattern(path)


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "none.json", tmp_path):
        with pytest.raises(PatternFileRefused, match="cannot be read"):
            read_pattern(path)


GOOD = pattern_to_json(draft("tshirt", WOMAN))


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_pattern_broken_anywhere_is_refused_or_still_a_pattern(data: st.DataObject) -> None:
    """Walk to a random place in the file and put nonsense there: never anything but a named refusal."""
    broken = copy.deepcopy(GOOD)
    node: object = broken
    for _ in range(data.draw(st.integers(1, 7))):
        if isinstance(node, dict) and node:
            key: object = data.draw(st.sampled_from(sorted(node)))
        elif isinstance(node, list) and node:
            key = data.draw(st.integers(0, len(node) - 1))
        else:
            break
        parent, node = node, node[key]  # type: ignore[index]
    parent[key] = data.draw(  # type: ignore[index]
        st.sampled_from([None, -1, float("nan"), float("inf"), 1e308, "", "-", [], {}, [[]], {"line": 3}, True])
    )
    with contextlib.suppress(PatternFileRefused):
        pattern_to_json(pattern_from_json(broken))


def test_the_svg_is_true_to_scale() -> None:
    pattern = draft("pencil_skirt", WOMAN)
    root = ElementTree.fromstring(pattern_to_svg(pattern))
    width = float(root.attrib["width"].removesuffix("mm"))
    assert root.attrib["width"].endswith("mm")
    assert float(root.attrib["viewBox"].split()[2]) == width
    square = root.find(f".//{SVG}path[@id='test-square']")
    assert square is not None
    assert "h100v100h-100Z" in square.attrib["d"]
    for piece in pattern.pieces:
        for edge in piece.edges:
            drawn = root.find(f".//{SVG}path[@id='{piece.name}.{edge.name}']")
            assert drawn is not None
            numbers = [float(x) for x in re.findall(r"-?\d+\.?\d*", drawn.attrib["d"])]
            chord = np.hypot(numbers[-2] - numbers[0], numbers[-1] - numbers[1])
            assert chord == pytest.approx(1000 * np.linalg.norm(edge.end - edge.start), abs=1e-3)


@pytest.mark.parametrize("name", styles())
def test_every_cut_line_holds_its_seam_line(name: str) -> None:
    for piece in draft(name, WOMAN).pieces:
        seam_line = Polygon(np.concatenate([e.flattened(1e-4)[:-1] for e in piece.edges]))
        cut = Polygon(cut_line(piece).points)
        assert cut.is_valid
        assert cut.buffer(1e-4).contains(seam_line)
        most = max(piece.allowance, *piece.allowances.values()) if piece.allowances else piece.allowance
        assert seam_line.buffer(most + 1e-4, join_style="mitre").buffer(0.03).contains(cut)
