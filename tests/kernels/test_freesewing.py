# SPDX-License-Identifier: GPL-3.0-or-later
"""FreeSewing's drafts and measurements: pieces as drawn, marks where stated, nothing guessed, broken files refused."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from people import WOMAN
from shapely import Polygon
from toile.bodies.measure import DEFINITIONS
from toile.patterns.document import pattern_from_json, pattern_to_json
from toile.patterns.exchange import (
    ImportRefused,
    measurements_from_freesewing,
    measurements_to_freesewing,
    read_freesewing,
    read_freesewing_measurements,
)
from toile.patterns.exchange.freesewing import MEASUREMENTS, UNNAMED
from toile.sim.meshing import mesh_pattern

SAMPLES = Path(__file__).resolve().parents[3] / "shared" / "data" / "patterns" / "freesewing"
here = pytest.mark.skipif(not SAMPLES.exists(), reason="the shared patterns are not here")
drafts = pytest.mark.parametrize("design", ["aaron", "teagan", "titan"])


def move(x: float, y: float) -> dict:
    return {"type": "move", "to": [x, y]}


def to(x: float, y: float) -> dict:
    return {"type": "line", "to": [x, y]}


CLOSE = {"type": "close"}
BOX = [move(0, 0), to(0, 400), to(200, 400), to(200, 0), CLOSE]  # 20 × 40 cm, y down the page


def drawn(paths: dict | None = None, snippets: dict | None = None, **more: object) -> dict:
    part = {"paths": {"seam": BOX} | (paths or {}), "snippets": snippets or {}}
    return {"design": "box", "units": "mm", "measurements": {}, "parts": {"box.front": part}} | more


def reading(data: object, folder: Path):
    path = folder / "draft.json"
    path.write_text(data if isinstance(data, str) else json.dumps(data), encoding="utf-8")
    return read_freesewing(path)


@here
@drafts
class TestSamples:
    def test_every_part_becomes_a_piece_of_the_area_that_is_drawn(self, design: str) -> None:
        path = SAMPLES / f"draft_{design}.json"
        parts = json.loads(path.read_text())["parts"]
        pattern = read_freesewing(path).pattern
        assert [p.name for p in pattern.pieces] == [name.partition(".")[2] for name in parts]
        for piece, part in zip(pattern.pieces, parts.values(), strict=True):
            outline, t = [], np.linspace(0, 1, 1001)[:, None]
            for op in part["paths"]["seam"]:
                if op["type"] in ("move", "line"):
                    outline.append(np.array([op["to"]], float))
                if op["type"] == "curve":
                    p, q, r = (np.array(op[k], float) for k in ("cp1", "cp2", "to"))
                    u = 1 - t
                    outline.append(u**3 * outline[-1][-1] + 3 * u * u * t * p + 3 * u * t * t * q + t**3 * r)
            page = Polygon(np.concatenate(outline))
            cut = Polygon(np.concatenate([e.at(np.linspace(0, e.length, 2000)) for e in piece.edges]))
            assert cut.area == pytest.approx(page.area / 1e6, rel=1e-5)
            low_x, low_y, high_x, high_y = page.bounds
            assert cut.bounds == pytest.approx((low_x / 1000, -high_y / 1000, high_x / 1000, -low_y / 1000), abs=1e-6)

    def test_it_is_proven_meshed_and_kept_without_a_guessed_seam(self, design: str) -> None:
        imported = read_freesewing(SAMPLES / f"draft_{design}.json")
        pattern = imported.pattern
        assert pattern.seams == ()
        assert pattern.proof().max_error == 0.0
        meshes, _ = mesh_pattern(pattern, 0.02)
        assert meshes.keys() == {p.name for p in pattern.pieces}
        assert any("nothing is sewn" in note for note in imported.notes)
        again = pattern_from_json(json.loads(json.dumps(pattern_to_json(pattern))))
        assert pattern_to_json(again) == pattern_to_json(pattern)

    def test_notches_lie_where_the_snippets_do(self, design: str) -> None:
        path = SAMPLES / f"draft_{design}.json"
        pattern = read_freesewing(path).pattern
        found = [p.edge(n.edge).at(n.distance)[0] for p in pattern.pieces for n in p.notches]
        expected = [
            np.array(s["at"]) * (0.001, -0.001)
            for part in json.loads(path.read_text())["parts"].values()
            for s in part["snippets"].values()
            if s["def"] in ("notch", "bnotch")
        ]
        assert len(found) == len(expected) == (4 if design == "teagan" else 0)
        for a, b in zip(found, expected, strict=True):
            assert np.linalg.norm(a - b) < 1e-4


class TestMarks:
    def test_a_grain_line_is_the_pieces_grain(self, tmp_path: Path) -> None:
        imported = reading(drawn({"frontgrainline": [move(50, 300), to(80, 100)]}), tmp_path)
        (piece,) = imported.pattern.pieces
        assert piece.grain == pytest.approx((30 / math.hypot(30, 200), 200 / math.hypot(30, 200)))
        assert not piece.internal
        assert not any("no grain line" in note for note in imported.notes)
        assert any("no grain line" in note for note in reading(drawn(), tmp_path).notes)

    @pytest.mark.parametrize(("x", "side"), [(0.0, "left"), (200.0, "right")])
    def test_a_fold_mark_makes_a_half_on_the_fold(self, x: float, side: str, tmp_path: Path) -> None:
        mark = [move(x, 20), to(x + 15, 20), to(x + 15, 380), to(x, 380)]
        paths = {"cutonfoldCutonfold": mark, "waist": [move(0, 100), to(200, 100)]}
        (piece,) = reading(drawn(paths), tmp_path).pattern.pieces
        assert (piece.cut, piece.side) == ("fold", side)
        assert piece.edge(piece.fold).length == pytest.approx(0.4)
        (panel,) = piece.panels()
        assert panel.area == pytest.approx(0.16)
        assert panel.outline().min(axis=0) == pytest.approx((-0.2, -0.4))
        assert panel.outline().max(axis=0) == pytest.approx((0.2, 0.0))
        assert piece.internal[0].length == pytest.approx(0.2)

    def test_a_slanting_fold_is_brought_upright(self, tmp_path: Path) -> None:
        c, s = math.cos(0.4), math.sin(0.4)

        def turned(x: float, y: float) -> tuple[float, float]:
            return (c * x - s * y + 70, s * x + c * y - 30)

        seam = [move(*turned(0, 0)), *(to(*turned(*p)) for p in ((0, 400), (200, 400), (150, 0))), CLOSE]
        mark = [move(*turned(0, 20)), to(*turned(15, 20)), to(*turned(15, 380)), to(*turned(0, 380))]
        grain = [move(*turned(50, 300)), to(*turned(50, 100))]
        (piece,) = reading(drawn({"seam": seam, "cutonfold": mark, "grainline": grain}), tmp_path).pattern.pieces
        assert piece.panels()[0].area == pytest.approx(0.4 * 0.35)
        assert piece.grain == pytest.approx((0.0, 1.0))

    def test_a_fold_mark_on_no_edge_is_told(self, tmp_path: Path) -> None:
        imported = reading(drawn({"cutonfold": [move(50, 20), to(65, 20), to(65, 380), to(50, 380)]}), tmp_path)
        assert imported.pattern.pieces[0].cut == "single"
        assert any("no straight edge" in note for note in imported.notes)

    def test_notches_of_front_and_back_and_what_is_no_notch(self, tmp_path: Path) -> None:
        snippets = {
            "a": {"def": "notch", "at": [200, 100]},
            "b": {"def": "bnotch", "at": [0, 300]},
            "c": {"def": "button", "at": [100, 100]},
            "d": {"def": "notch", "at": [100, 100]},
        }
        imported = reading(drawn(snippets=snippets), tmp_path)
        (piece,) = imported.pattern.pieces
        assert [n.kind for n in piece.notches] == ["single", "double"]
        for n, at in zip(piece.notches, ((0.2, -0.1), (0.0, -0.3)), strict=True):
            assert piece.edge(n.edge).at(n.distance)[0] == pytest.approx(at, abs=1e-6)
        assert any("button (1), notch d (1)" in note for note in imported.notes)

    def test_the_cut_line_stays_out_and_other_paths_are_drawn_inside(self, tmp_path: Path) -> None:
        line = [move(0, 100), to(200, 100), move(0, 200), {"type": "noop"}, to(200, 200)]
        imported = reading(drawn({"sa": BOX, "saHem": BOX, "sash": line}), tmp_path)
        (piece,) = imported.pattern.pieces
        assert [i.name for i in piece.internal] == ["sash_0", "sash_1"]
        assert any("sa, saHem" in note for note in imported.notes)

    def test_parts_without_a_seam_line_are_told(self, tmp_path: Path) -> None:
        data = drawn()
        data["parts"]["box.open"] = {"paths": {"seam": BOX[:3]}}
        data["parts"]["box.two"] = {"paths": {"seam": [*BOX, *BOX]}}
        data["parts"]["box.title"] = {"paths": {}}
        imported = reading(data, tmp_path)
        assert [p.name for p in imported.pattern.pieces] == ["front"]
        for part in ("open", "two", "title"):
            assert any(note.startswith(f"{part}: left out") for note in imported.notes)

    @given(st.lists(st.tuples(st.floats(-0.2, 0.2), st.floats(-0.2, 0.2)), min_size=3, max_size=9), st.booleans())
    @settings(max_examples=50, deadline=None)
    def test_either_way_round_is_one_piece(self, tmp_path_factory, wobble, backwards) -> None:
        """A star-shaped outline, drawn clockwise or anticlockwise, is cut with its inside on the left."""
        angle = np.linspace(0, 2 * np.pi, len(wobble), endpoint=False)
        corners = (300 * (1 + np.array(wobble)) * np.stack([np.cos(angle), np.sin(angle)], axis=1)).tolist()
        if backwards:
            corners.reverse()
        seam = [move(*corners[0]), *(to(*p) for p in corners[1:]), CLOSE]
        page = Polygon(corners)
        folder = tmp_path_factory.mktemp("round")
        if not page.is_valid or page.area < 1:
            return
        (piece,) = reading(drawn({"seam": seam}), folder).pattern.pieces
        assert piece.panels()[0].area == pytest.approx(page.area / 1e6)


class TestMeasurements:
    def test_the_table_knows_every_measurement_of_both(self) -> None:
        ours = list(MEASUREMENTS.values())
        assert len(set(ours)) == len(ours)
        assert sorted([*ours, *UNNAMED]) == sorted(DEFINITIONS)

    @here
    def test_twenty_sizes_are_read(self) -> None:
        path = SAMPLES / "models_20_adult_sizes.json"
        data = json.loads(path.read_text())
        tables = read_freesewing_measurements(path)
        assert tables.keys() == data.keys()
        for size, table in tables.items():
            assert MEASUREMENTS.keys() == data[size].keys()
            assert table.values["bust"] == pytest.approx(data[size]["chest"] / 1000)
            assert table.values["shoulder_slope"] == pytest.approx(math.radians(data[size]["shoulderSlope"]))
            assert table.missing == UNNAMED
            assert not table.unused
            back = measurements_to_freesewing(table.values)
            assert back.values == pytest.approx(data[size])

    def test_there_and_back_is_the_same_person(self) -> None:
        theirs = measurements_to_freesewing(WOMAN)
        assert theirs.values["waistToFloor"] == pytest.approx(1050.0)
        assert theirs.values["shoulderSlope"] == pytest.approx(math.degrees(0.37))
        assert set(theirs.unused) == WOMAN.keys() & set(UNNAMED)
        assert "wrist" not in theirs.missing
        assert "hips" in theirs.missing
        back = measurements_from_freesewing(dict(theirs.values))
        assert back.values == pytest.approx({k: v for k, v in WOMAN.items() if k not in UNNAMED})
        assert any("bust point" in note for note in back.notes)

    def test_one_person_may_stand_alone_or_below_a_heading(self, tmp_path: Path) -> None:
        for data in ({"chest": 900}, {"measurements": {"chest": 900}}):
            (tmp_path / "ann.json").write_text(json.dumps(data))
            assert read_freesewing_measurements(tmp_path / "ann.json")["ann"].values == {"bust": 0.9}

    @pytest.mark.parametrize(
        ("table", "says"),
        [
            ({"waist": -750}, "millimetres"),
            ({"waist": 0.75}, "millimetres"),
            ({"waist": "750"}, "finite"),
            ({"waist": True}, "finite"),
            ({"waist": float("nan")}, "finite"),
            ({"shoulderSlope": 130}, "degrees"),
            ([750], "must be an object"),
        ],
    )
    def test_broken_tables_are_refused(self, table: object, says: str) -> None:
        with pytest.raises(ImportRefused, match=says):
            measurements_from_freesewing(table)

    def test_centimetres_are_suspected(self) -> None:
        assert any("centimetres" in note for note in measurements_from_freesewing({"chest": 92.5}).notes)


BROKEN = {
    "empty": ("", "not JSON"),
    "deep": ("[" * 200_000, "not JSON"),
    "a list": ([], "must be an object"),
    "another JSON": ({"pattern": {}}, "no FreeSewing draft"),
    "inches": (drawn(units="in"), "mm"),
    "no parts": (drawn(parts={}), "Parts in the file: 0"),
    "no part with an outline": (drawn(parts={"box.front": {}}), "closed path"),
    "a thousand parts": (drawn(parts={f"box.{k}": {} for k in range(1000)}), "1000"),
    "a thousand snippets": (drawn(snippets={str(k): {} for k in range(1000)}), "1000 snippets"),
    "parts in a list": (drawn(parts=[]), "must be an object"),
    "an operation before a move": (drawn({"seam": [to(0, 0), CLOSE]}), "begins with a move"),
    "an unknown operation": (drawn({"seam": [move(0, 0), {"type": "arc", "to": [1, 1]}]}), "arc"),
    "an operation in words": (drawn({"seam": ["M 0 0"]}), "must be an object"),
    "NaN": (json.dumps(drawn({"seam": [move(0, float("nan"))]})), "finite"),
    "a point of three": (drawn({"seam": [{"type": "move", "to": [0, 0, 0]}]}), "2 numbers"),
    "a curve without a control point": (drawn({"seam": [move(0, 0), {"type": "curve", "to": [1, 1]}]}), "cp1"),
    "a million operations": (drawn({"waist": [move(0, 0), *[to(1, 1)] * 100_001]}), "100002 operations"),
    "a thousand edges": (
        drawn({"seam": [move(0, 0), *(to(k % 2 + 1, k) for k in range(999)), CLOSE]}),
        "1000; from 1 to 500",
    ),
    "an outline that crosses itself": (
        drawn({"seam": [move(0, 0), to(90, 100), to(90, 0), to(0, 80), CLOSE]}),
        "crosses",
    ),
    "no area": (drawn({"seam": [move(0, 0), to(100, 0), CLOSE]}), "no area"),
    "metres": (drawn({"seam": [move(0, 0), to(0.2, 0), to(0.2, 0.4), CLOSE]}), "in the unit"),
    "two parts of one name": (
        drawn() | {"parts": {k: drawn()["parts"]["box.front"] for k in ("a.front", "b.front")}},
        "twice",
    ),
    "a part without a name": (drawn() | {"parts": {"box.": drawn()["parts"]["box.front"]}}, "needs a name"),
    "a broken measurement": (drawn(measurements={"waist": "wide"}), "finite"),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_draft_is_refused_by_name(kind: str, tmp_path: Path) -> None:
    data, says = BROKEN[kind]
    with pytest.raises(ImportRefused, match=says):
        reading(data, tmp_path)


@given(
    st.lists(
        st.fixed_dictionaries(
            {"type": st.sampled_from(["move", "line", "curve", "close", "noop", "x", None])},
            optional={
                k: st.lists(st.floats(-1e3, 1e3, width=32) | st.floats() | st.none(), min_size=1, max_size=3)
                for k in ("to", "cp1", "cp2")
            },
        ),
        max_size=8,
    )
)
@settings(max_examples=200, deadline=None)
def test_any_operations_are_read_or_refused_by_name(tmp_path_factory, operations) -> None:
    try:
        imported = reading(drawn({"seam": operations}), tmp_path_factory.mktemp("any"))
    except ImportRefused:
        return
    assert imported.pattern.panels()[0].area > 0
