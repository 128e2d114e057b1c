# SPDX-License-Identifier: GPL-3.0-or-later
"""DXF after AAMA and ASTM D6673: what another library reads in it, the way there and back, and broken files."""

import contextlib
from pathlib import Path

import ezdxf
import numpy as np
import pytest
import shapely
from ezdxf import recover
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from people import WOMAN
from toile.patterns import Pattern, draft
from toile.patterns.allowance import cut_line
from toile.patterns.cutting import notch_marks
from toile.patterns.document import pattern_to_json
from toile.patterns.exchange import ImportRefused, aama_dxf, read_aama, read_pattern_file, write_aama
from toile.patterns.exchange.aama import block_name
from toile.patterns.grading import Sizes
from toile.patterns.notches import walked_notches

SAMPLE = Path(__file__).resolve().parents[3] / "shared" / "data" / "patterns" / "dxf" / "clo-box.dxf"
# Plackets, darts, bands, a kangaroo pocket, lapels, pleats, yokes: whatever an outline may be.
every_kind = pytest.mark.parametrize(
    "name", ["tshirt", "polo", "shirt", "hoodie", "jacket", "wrap_dress", "pleated_skirt", "jeans"]
)


def written(pattern: Pattern, folder: Path) -> Path:
    return write_aama(Sizes({"M": pattern}, "M"), folder / "style.dxf")[0]


def layer(block, kind: str, number: int) -> list:
    return [e for e in block if e.dxftype() == kind and e.dxf.layer == str(number)]


def corners(polyline) -> np.ndarray:
    return np.array([(v.dxf.location.x, v.dxf.location.y) for v in polyline.vertices]) / 1000


@pytest.mark.slow
@every_kind
def test_another_library_finds_every_piece_within_two_hundredths_of_a_millimetre(name: str, tmp_path: Path) -> None:
    pattern = draft(name, WOMAN)
    path = written(pattern, tmp_path)
    document, faults = recover.readfile(path)
    assert not faults.errors
    for piece in pattern.pieces:
        block = document.blocks[block_name(piece.name, "M")]
        (cut,), (sewn,) = layer(block, "POLYLINE", 1), layer(block, "POLYLINE", 14)
        assert cut.is_closed
        assert sewn.is_closed
        for drawn, exact in (
            (cut, cut_line(piece, 2e-7).points),
            (sewn, np.concatenate([e.flattened(2e-7)[:-1] for e in piece.edges])),
        ):
            assert shapely.Polygon(corners(drawn)).is_valid
            apart = shapely.hausdorff_distance(shapely.LinearRing(corners(drawn)), shapely.LinearRing(exact))
            assert apart < 2e-5, piece.name
        notches = walked_notches(pattern)[piece.name]
        assert len(layer(block, "POINT", 4)) == sum(1 if n.kind == "single" else 2 for n in notches)
        assert len(layer(block, "POINT", 13)) == len(piece.trims)
        assert len(layer(block, "LINE", 6)) == (piece.cut == "fold")
        assert len(layer(block, "LINE", 7)) == 1
        assert len(layer(block, "POLYLINE", 8)) == len(piece.internal) + 2 * len(piece.pleats)
        said = {t.dxf.text.split(":")[0]: t.dxf.text.split(": ")[1] for t in layer(block, "TEXT", 1)}
        assert said["PIECE NAME"] == piece.name
        assert sum(map(int, said["QUANTITY"].split(","))) == piece.quantity
    assert len(document.modelspace().query("INSERT")) == len(pattern.pieces)


@every_kind
def test_notches_are_cut_into_the_cut_line_from_outside(name: str) -> None:
    pattern = draft(name, WOMAN)
    for piece in pattern.pieces:
        ring = shapely.Polygon(cut_line(piece, 5e-6).points)
        for at, direction, depth in notch_marks(piece, walked_notches(pattern)[piece.name]):
            tip = at + depth * np.array([np.cos(direction), np.sin(direction)])
            assert ring.exterior.distance(shapely.Point(at)) < 1e-4
            assert ring.contains(shapely.Point(tip))


@every_kind
def test_with_its_sidecar_the_whole_pattern_comes_back_and_is_written_alike(name: str, tmp_path: Path) -> None:
    pattern = draft(name, WOMAN)
    path = written(pattern, tmp_path)
    first = path.read_bytes()
    back = read_aama(path)
    assert pattern_to_json(back.pattern) == pattern_to_json(pattern)
    assert not back.notes
    assert written(back.pattern, tmp_path).read_bytes() == first


@pytest.mark.slow
@every_kind
def test_without_its_sidecar_pieces_come_back_as_drawn(name: str, tmp_path: Path) -> None:
    pattern = draft(name, WOMAN)
    path = written(pattern, tmp_path)
    path.with_name(path.name + ".json").unlink()
    back = read_pattern_file(path)
    assert any("no seams" in note for note in back.notes)
    back.pattern.refuse_unfit()
    for before, after in zip(pattern.pieces, back.pattern.pieces, strict=True):
        assert (after.name, after.cut, after.fabric) == (before.name, before.cut, before.fabric)
        assert after.grain == pytest.approx(np.array(before.grain) / np.linalg.norm(before.grain), abs=1e-6)
        assert len(after.trims) == len(before.trims)
        assert [e.dart for e in after.edges].count(True) == [e.dart for e in before.edges].count(True)
        outlines = [shapely.Polygon(np.concatenate([e.flattened(5e-6)[:-1] for e in p.edges])) for p in (before, after)]
        assert outlines[0].symmetric_difference(outlines[1]).area < 1e-5 * outlines[0].length


def test_a_changed_dxf_no_longer_believes_its_sidecar(tmp_path: Path) -> None:
    path = written(draft("tshirt", WOMAN), tmp_path)
    path.write_bytes(path.read_bytes().replace(b"STYLE NAME: ", b"STYLE NAME: my "))
    back = read_aama(path)
    assert any("was changed" in note for note in back.notes)
    assert back.pattern.name.startswith("my ")
    assert not back.pattern.seams


def test_sizes_stand_side_by_side_and_one_is_chosen(tmp_path: Path) -> None:
    patterns = {"S": draft("tshirt", WOMAN), "L": draft("tshirt", {**WOMAN, "bust": 1.02, "hip": 1.08, "waist": 0.84})}
    path, sidecar = write_aama(Sizes(patterns, "S"), tmp_path / "run.dxf")
    kept = read_aama(path, "L").pattern
    sidecar.unlink()
    drawn = read_aama(path, "L")
    assert any("sizes S, L" in note for note in drawn.notes)
    for a, b in zip(kept.pieces, drawn.pattern.pieces, strict=True):
        assert a.panels()[0].area == pytest.approx(b.panels()[0].area, rel=1e-4)
    assert read_aama(path).pattern.pieces[0].panels()[0].area < drawn.pattern.pieces[0].panels()[0].area
    with pytest.raises(ImportRefused, match="has the sizes S, L"):
        read_aama(path, "XXL")


def test_names_in_any_letters_stay_within_what_r12_allows(tmp_path: Path) -> None:
    assert block_name("vorderteil_ärmel", "42/44") == "VORDERTEIL_-RMEL_42-44"
    long = block_name("a" * 60, "M")
    assert len(long) <= 31
    assert long != block_name("a" * 61, "M")
    text = aama_dxf(Sizes({"中": draft("tank", WOMAN)}, "中"))
    assert text.isascii()
    path = tmp_path / "han.dxf"
    path.write_text(text)
    assert ezdxf.readfile(path).blocks


@pytest.mark.skipif(not SAMPLE.exists(), reason="the shared patterns are not here")
def test_a_file_of_a_commercial_system_in_inches() -> None:
    back = read_aama(SAMPLE)
    (piece,) = back.pattern.pieces
    size = np.ptp(piece.panels()[0].outline(), axis=0)
    assert size == pytest.approx(np.array([118.206688, 78.832344]) * 0.0254, abs=1e-6)  # the file's own corners
    assert back.pattern.name == "clo-box"


def tags(*pairs: object) -> str:
    return "\n".join(map(str, pairs)) + "\n"


def square(side: float = 100.0, units: str = "METRIC", block: tuple = (), closed: int = 1) -> str:
    """A DXF of one square piece; more groups for its block."""
    vertices = [(0, 0), (side, 0), (side, side), (0, side)]
    return tags(
        0, "SECTION", 2, "BLOCKS", 0, "BLOCK", 8, 1, 2, "P_M", 70, 0,
        0, "POLYLINE", 8, 1, 66, 1, 70, closed,
        *(g for x, y in vertices for g in (0, "VERTEX", 8, 1, 10, x, 20, y)),
        0, "SEQEND", *block, 0, "ENDBLK", 0, "ENDSEC", 0, "SECTION", 2, "ENTITIES",
        0, "TEXT", 8, 1, 1, f"Units: {units}", 0, "ENDSEC", 0, "EOF",
    )  # fmt: skip


def reading(text: str | bytes, folder: Path):
    path = folder / "file.dxf"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_aama(path)


def test_units_are_taken_from_what_the_file_says(tmp_path: Path) -> None:
    assert reading(square(), tmp_path).pattern.pieces[0].panels()[0].area == pytest.approx(0.01)
    assert reading(square(units="English"), tmp_path).pattern.pieces[0].panels()[0].area == pytest.approx(2.54**2)
    none = reading(square().replace("Units: METRIC", "Author: me"), tmp_path)
    assert any("no unit" in note for note in none.notes)
    with pytest.raises(ImportRefused, match="neither METRIC"):
        reading(square(units="CUBITS"), tmp_path)
    with pytest.raises(ImportRefused, match="in the unit"):
        reading(square(side=1e6), tmp_path)


def polyline(layer: str, points: list, closed: int = 1, kind: str = "POLYLINE", bulge: float = 0.0) -> tuple:
    if kind == "LWPOLYLINE":
        flat = (g for x, y in points for g in (10, x, 20, y, *((42, bulge) if bulge else ())))
        return (0, kind, 8, layer, 90, len(points), 70, closed, *flat)
    vertices = (g for x, y in points for g in (0, "VERTEX", 8, layer, 10, x, 20, y, *((42, bulge) if bulge else ())))
    return (0, "POLYLINE", 8, layer, 66, 1, 70, closed, *vertices, 0, "SEQEND", 8, layer)


def line(layer: str, a: tuple, b: tuple) -> tuple:
    return (0, "LINE", 8, layer, 10, a[0], 20, a[1], 11, b[0], 21, b[1])


def said(layer: str, words: str, kind: str = "TEXT", at: tuple = (5, 5)) -> tuple:
    return (0, kind, 8, layer, 10, at[0], 20, at[1], 40, 3, 1, words)


def drawing(block: tuple, entities: tuple, header: tuple = ()) -> str:
    return tags(
        *((0, "SECTION", 2, "HEADER", *header, 0, "ENDSEC") if header else ()),
        *((0, "SECTION", 2, "BLOCKS", 0, "BLOCK", 8, 0, 2, "FRONT", 70, 0, 10, 0, 20, 0, *block, 0, "ENDBLK",
           0, "ENDSEC") if block else ()),
        0, "SECTION", 2, "ENTITIES", *entities, 0, "ENDSEC", 0, "EOF",
    )  # fmt: skip


CUT = [(0, 0), (120, 0), (120, 220), (0, 220)]  # a front of 100 × 200, 10 all round, on millimetres
SEW = [(10, 10), (110, 10), (110, 210), (10, 210)]
SHARED = (*polyline("8", [(30, 30), (80, 80)], 0), 0, "POINT", 8, 13, 10, 60, 20, 60)


def inches(*groups: object) -> list:
    """The same groups, coordinates in inches."""
    return [v / 25.4 if k % 2 and c in (10, 20, 11, 21) else v
            for k, (c, v) in enumerate(zip((None, *groups), groups, strict=False))]  # fmt: skip


DIALECTS = {
    "layers with words, units in full": (
        (*polyline("L1", CUT), *polyline("LAYER 14", SEW), *line("GRAIN_7", (50, 50), (50, 150)), *SHARED,
         0, "POINT", 8, "04", 10, 60, 20, 0, *said("15", "Piece: Front"), *said("15", "Qty: 2")),
        (*said("1", "Style: Sheath"), *said("1", "UNIT: MM (1:1)")), (), "named otherwise",
    ),
    "layers by name, outlines stroke by stroke": (
        (*(g for a, b in zip(CUT, CUT[1:] + CUT[:1], strict=True) for g in line("CUT", a, b)),
         *(g for a, b in zip(SEW, SEW[1:] + SEW[:1], strict=True) for g in line("Sew Line", b, a)),
         *line("GRAIN", (50, 50), (50, 150)), *SHARED, 0, "POINT", 8, "NOTCH", 10, 60, 20, 0,
         *said("TEXT", "PIECE NAME=FRONT"), *said("TEXT", "QUANTITY=1,1")),
        (*said("TEXT", "STYLE NAME=Sheath"), *said("TEXT", "UNITS=METRIC")), (), "several lines",
    ),
    "grain as a polyline, notch as a stroke": (
        (*polyline("1", CUT), *polyline("14", SEW), *polyline("7", [(50, 50), (50, 100), (50, 150)], 0),
         *line("4", (60, 0), (60, 6)), *SHARED, *said("1", "PIECE NAME: FRONT"), *said("1", "QUANTITY: 1, 1")),
        (*said("1", "STYLE NAME: Sheath"), *said("1", "UNITS: METRIC")), (), "strokes",
    ),
    "inches, multiline texts with fonts": (
        inches(*polyline("1", CUT), *polyline("14", SEW), *line("7", (50, 50), (50, 150)), *SHARED,
               0, "POINT", 8, "4", 10, 60, 20, 0,
               *said("1", "{\\fArial|b0|i0;PIECE NAME: FRONT}\\PQUANTITY: 1,1", "MTEXT")),
        (*said("1", "STYLE_NAME: Sheath"), *said("1", "UNITS: Inches")), (), "no seams",
    ),
    "light polylines, the unit in the header": (
        (*polyline("1", CUT, kind="LWPOLYLINE"), *polyline("14", [*SEW, SEW[0]], 0, kind="LWPOLYLINE"),
         *line("7", (50, 50), (50, 150)), *SHARED, 0, "POINT", 8, "4", 10, 60, 20, 0,
         *said("1", "PIECE NAME: FRONT", "ATTRIB"), *said("1", "QUANTITY: 1,1", "ATTRIB"),
         *said("1", "STYLE NAME: Sheath")),
        (), (9, "$INSUNITS", 70, 4), "INSUNITS",
    ),
    "no blocks": (
        (),
        (*polyline("1", CUT), *polyline("14", SEW), *line("7", (50, 50), (50, 150)), *SHARED,
         0, "POINT", 8, "4", 10, 60, 20, 0, *said("1", "PIECE NAME: FRONT"), *said("1", "QUANTITY: 1,1"),
         *said("1", "STYLE NAME: Sheath", at=(-50, -50)), *said("1", "UNITS: METRIC", at=(-50, -50))),
        (), "outside of blocks",
    ),
}  # fmt: skip


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"], ids=["unix", "windows", "mac"])
@pytest.mark.parametrize("name", DIALECTS)
def test_a_dialect_says_the_same_piece(name: str, ends: str, tmp_path: Path) -> None:
    block, entities, header, note = DIALECTS[name]
    back = reading(drawing(tuple(block), entities, header).replace("\n", ends), tmp_path)
    assert back.pattern.name == "Sheath"
    (piece,) = back.pattern.pieces
    assert piece.name.upper() == "FRONT"
    assert (piece.cut, piece.quantity) == ("mirrored", 2)
    assert np.sort(np.ptp(piece.panels()[0].outline(), axis=0)) == pytest.approx([0.1, 0.2], abs=1e-6)
    assert list(piece.allowances.values()) == pytest.approx([0.01] * 4, abs=1e-5)
    assert piece.grain == pytest.approx((0, 1))
    assert len(piece.notches) == len(piece.internal) == len(piece.trims) == 1
    [notch] = piece.notches
    edge = next(e for e in piece.edges if e.name == notch.edge)
    assert edge.at([notch.distance])[0] - edge.at([0])[0] == pytest.approx([0.05, 0], abs=1e-6)
    assert any(note in sentence for sentence in back.notes)


@pytest.mark.parametrize("kind", ["POLYLINE", "LWPOLYLINE"])
def test_arcs_in_an_outline_are_arcs(kind: str, tmp_path: Path) -> None:
    """Two half circles by their bulges, which is a circle: its area, to what a corner every five degrees leaves off."""
    back = reading(drawing(polyline("1", [(0, 0), (100, 0)], kind=kind, bulge=1.0), said("1", "UNITS: MM")), tmp_path)
    assert back.pattern.pieces[0].panels()[0].area == pytest.approx(np.pi * 0.05**2, rel=2e-3)
    assert any("Arcs" in note for note in back.notes)


def test_each_outline_outside_of_blocks_is_a_piece_and_a_hole_is_none(tmp_path: Path) -> None:
    hole = [(40, 40), (60, 40), (60, 60), (40, 60)]
    far = [(x + 300, y) for x, y in CUT]
    text = drawing((), (*polyline("1", CUT), *polyline("1", hole), *polyline("1", far), *said("1", "UNITS: MM")))
    back = reading(text, tmp_path)
    assert [np.ptp(p.panels()[0].outline(), axis=0).max() for p in back.pattern.pieces] == pytest.approx([0.22, 0.22])


def test_a_block_inserted_at_another_scale_is_said(tmp_path: Path) -> None:
    entities = (*said("1", "UNITS: MM"), 0, "INSERT", 8, 1, 2, "FRONT", 41, 25.4, 42, 25.4)
    assert any("another scale" in note for note in reading(drawing(polyline("1", CUT), entities), tmp_path).notes)


def test_what_is_left_out_is_said(tmp_path: Path) -> None:
    block = (0, "POLYLINE", 8, 11, 66, 1, 70, 1, 0, "VERTEX", 8, 11, 10, 1, 20, 1, 0, "SEQEND", 0, "ARC", 8, 8, 40, 3)
    notes = " ".join(reading(square(block=block), tmp_path).notes)
    assert "cutouts" in notes
    assert "Arcs" in notes
    assert "grain" in notes


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("", "cut off"),
        ("hello\nworld\n", "group code"),
        (square()[: len(square()) // 2], "cut off"),
        (square().replace("100.0", "nan"), "coordinate|number"),
        (square().replace("100.0", "1e300"), "coordinate"),
        (square().replace("100.0", "ten"), "number"),
        (square(closed=0), "no piece|pieces|cut line"),
        (tags(0, "SECTION", 2, "BLOCKS", 0, "ENDSEC", 0, "EOF"), "blocks with a cut line"),
        (b"AutoCAD Binary DXF\r\n\x1a\x00", "binary"),
        (tags(0, "SECTION", 2, "BLOCKS", *(0, "BLOCK", 2, "A", 0, "ENDBLK") * 2, 0, "EOF"), "two blocks"),
        (tags(0, "SECTION", 2, "ENTITIES", *(0, "POINT") * 100_001, 0, "EOF"), "more points"),
        (tags(0, "SECTION", 2, "ENTITIES", 0, "POLYLINE", *(0, "VERTEX") * 400_001, 0, "EOF"), "more points"),
        (b"0\n" * (9 * 2**20), "larger than any"),
        (square(block=(0, "LWPOLYLINE", 8, 1, 10, 0, 20, 0, 42, 1e8, 10, 5, 20, 5)), "whole circle"),
        (drawing((), line("1", (0, 0), (0, 9)) * 20_000), "cut line"),
        (drawing((), polyline("1", [(0, 0), (9, 0), (9, 9)], kind="LWPOLYLINE") * 9_999), "Outlines outside of blocks"),
    ],
    ids=["empty", "text", "cut off", "nan", "huge", "word", "open", "no block", "binary", "twice", "points", "vertices",
         "large", "circle", "strokes", "outlines"],
)  # fmt: skip
def test_broken_and_hostile_files_are_refused_by_name(text: str | bytes, match: str, tmp_path: Path) -> None:
    with pytest.raises(ImportRefused, match=match):
        reading(text, tmp_path)


def test_blocks_that_hold_each_other_are_never_followed(tmp_path: Path) -> None:
    back = reading(square(block=(0, "INSERT", 8, 1, 2, "P_M")), tmp_path)
    assert len(back.pattern.pieces) == 1
    assert any("nested blocks" in note for note in back.notes)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_no_change_of_a_byte_raises_anything_but_a_refusal(tmp_path: Path, data: st.DataObject) -> None:
    text = bytearray(square(block=(0, "LINE", 8, 6, 10, 0, 20, 0, 11, 0, 21, 100)).encode())
    for _ in range(data.draw(st.integers(1, 4))):
        text[data.draw(st.integers(0, len(text) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(ImportRefused):
        reading(bytes(text), tmp_path).pattern.proof()


@every_kind
def test_the_cut_line_knows_which_edge_it_follows(name: str) -> None:
    for piece in draft(name, WOMAN).pieces:
        line = cut_line(piece, 1e-5)
        for edge in piece.edges:
            beside = line.beside(edge.name)
            if edge.dart:
                assert not len(beside)
                continue
            reach = piece.allowances.get(edge.name, piece.allowance)
            seam = shapely.LineString(edge.flattened(1e-6))
            corners = {tuple(point) for point in line.points[line.corners]}
            inner = [point for point in beside[1:-1] if tuple(point) not in corners]
            assert all(seam.distance(shapely.Point(p)) >= reach - 1e-5 for p in inner)
            middle = shapely.LineString(beside).distance(seam.interpolate(0.5, normalized=True))
            assert reach - 2e-5 <= middle <= 1.05 * reach + 2e-5  # more where curves meet at an angle
