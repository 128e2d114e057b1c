# SPDX-License-Identifier: GPL-3.0-or-later
"""GarmentCode's JSON: both dialects read, nothing lost on the way there and back, broken files refused by name."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from people import WOMAN
from toile.patterns import Pattern, Piece, PieceRefused, Seam, SeamMismatch, draft, styles
from toile.patterns.curves import Arc, Cubic, Nurbs, line, place_on
from toile.patterns.document import pattern_from_json, pattern_to_json
from toile.patterns.exchange import ImportRefused, read_garmentcode, write_garmentcode
from toile.patterns.pieces import Edge, InternalLine, Notch, Panel, Wrap, loop
from toile.patterns.seams import seam
from toile.sim.meshing import mesh_pattern

SAMPLES = Path(__file__).resolve().parents[3] / "shared" / "data" / "patterns" / "garmentcode"
PATTERNS = sorted(p for p in SAMPLES.rglob("*.json") if "segmentation" not in p.name and "landmarks" not in p.name)
samples = pytest.mark.parametrize(
    "path",
    PATTERNS or [pytest.param(None, marks=pytest.mark.skip(reason="the shared patterns are not here"))],
    ids=lambda p: getattr(p, "stem", "absent"),
)
PERSON = {"underbust": 0.78, "stature": 1.68, "cervicale_height": 1.44} | WOMAN
T = np.linspace(0.0, 1.0, 33)


def square(**changes: object) -> dict:
    """A specification of one panel of 20 × 30 cm and no stitch."""
    panel = {
        "translation": [0, 0, 0],
        "rotation": [0, 0, 0],
        "vertices": [[0, 0], [20, 0], [20, 30], [0, 30]],
        "edges": [{"endpoints": [k, (k + 1) % 4]} for k in range(4)],
    }
    return {
        "pattern": {"panels": {"front": panel | changes}, "stitches": []},
        "properties": {"curvature_coords": "relative", "units_in_meter": 100},
    }


def reading(data: object, folder: Path):
    path = folder / "shirt_specification.json"
    path.write_text(data if isinstance(data, str) else json.dumps(data), encoding="utf-8")
    return read_garmentcode(path)


def in_space(panel: Panel) -> list[np.ndarray]:
    """(33, 3) points along each edge where the panel hangs, metres."""
    origin, x, y = (np.array(v) for v in panel.wrap.frame)
    return [origin + p[:, :1] * x + p[:, 1:] * y for e in panel.edges for p in [e.curves[0].points(T)]]


def theirs(panel: dict) -> list[np.ndarray]:
    """(33, 3) points along each edge of a panel of the file, by the format's own words: in metres, Z up."""
    turn = np.eye(3)
    for axis, degrees in enumerate(panel["rotation"]):
        c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
        i, j = [(1, 2), (2, 0), (0, 1)][axis]
        about = np.eye(3)
        about[[i, i, j, j], [i, j, i, j]] = c, -s, s, c
        turn = about @ turn
    runs = []
    for edge in panel["edges"]:
        a, b = (np.array(panel["vertices"][k], float) for k in edge["endpoints"])
        curvature = edge.get("curvature") or {"type": "line", "params": []}
        if isinstance(curvature, list):
            curvature = {"type": "quadratic", "params": [curvature]}
        kind, params = curvature["type"], curvature["params"]
        along, across = b - a, np.array([a[1] - b[1], b[0] - a[0]])
        if kind == "circle":
            radius, large, left = params
            half = np.linalg.norm(along) / 2
            rise = np.sqrt(max(radius**2 - half**2, 0)) * (1 if bool(large) != bool(left) else -1)
            centre = (a + b) / 2 + rise * across / (2 * half)
            begin, end = (np.arctan2(*(p - centre)[::-1]) for p in (a, b))
            sweep = (end - begin) % (2 * np.pi) if left else -((begin - end) % (2 * np.pi))
            angle = begin + T * sweep
            flat = centre + radius * np.stack([np.cos(angle), np.sin(angle)], axis=1)
        else:
            points = [a, *(a + p[0] * along + p[1] * across for p in params), b]
            flat = np.zeros((len(T), 2))
            n = len(points) - 1
            for k, p in enumerate(points):
                choose = [1, n, n * (n - 1) // 2, 1][k] if k < n else 1
                flat += choose * (T**k * (1 - T) ** (n - k))[:, None] * p
        space = np.concatenate([flat, np.zeros((len(T), 1))], axis=1) @ turn.T + panel["translation"]
        runs.append(np.stack([space[:, 0], -space[:, 2], space[:, 1]], axis=1))
    return runs


class TestSamples:
    @samples
    def test_every_edge_lies_where_the_file_says(self, path: Path) -> None:
        data = json.loads(path.read_text())
        units = data["properties"]["units_in_meter"]
        pattern = read_garmentcode(path).pattern
        assert [p.name for p in pattern.panels()] == list(data["pattern"]["panels"])
        for panel in pattern.panels():
            expected = theirs(data["pattern"]["panels"][panel.name])
            for mine, own in zip(in_space(panel), expected, strict=True):
                assert np.abs(mine - own / units).max() < 1e-12
            assert panel.area > 0

    @samples
    def test_file_pattern_file_pattern_agree(self, path: Path, tmp_path: Path) -> None:
        first = read_garmentcode(path).pattern
        write_garmentcode(first, tmp_path / path.name)
        second = read_garmentcode(tmp_path / path.name).pattern
        for a, b in zip(first.panels(), second.panels(), strict=True):
            assert [(e.name, e.dart) for e in a.edges] == [(e.name, e.dart) for e in b.edges]
            assert np.abs(np.array(a.wrap.frame) - np.array(b.wrap.frame)).max() < 1e-12
            assert max(np.abs(u - v).max() for u, v in zip(in_space(a), in_space(b), strict=True)) < 1e-12
        for s, t in zip(first.seams, second.seams, strict=True):
            assert (s.name, s.a, s.b, s.faces) == (t.name, t.a, t.b, t.faces)
            assert s.ratio == pytest.approx(t.ratio, abs=1e-9)
        assert first.parameters == second.parameters

    @samples
    def test_a_file_of_the_newer_dialect_comes_back_as_it_was(self, path: Path, tmp_path: Path) -> None:
        data = json.loads(path.read_text())
        if "template" in path.name:
            pytest.skip("the older dialect is written in the newer")
        write_garmentcode(read_garmentcode(path).pattern, tmp_path / path.name)
        back = json.loads((tmp_path / path.name).read_text())
        for panel, was in data["pattern"]["panels"].items():
            now = back["pattern"]["panels"][panel]
            assert now.get("label") == was.get("label")
            for key in ("translation", "rotation", "vertices"):
                assert np.abs(np.array(now[key]) - np.array(was[key])).max() < 1e-9
            for a, b in zip(was["edges"], now["edges"], strict=True):
                assert a["endpoints"] == b["endpoints"]
                assert a.get("label") == b.get("label")
                assert ("curvature" in a) == ("curvature" in b)
                if "curvature" in a:
                    assert a["curvature"]["type"] == b["curvature"]["type"]
                    assert np.abs(np.array(a["curvature"]["params"]) - b["curvature"]["params"]).max() < 1e-9
        stitches = [[(s["panel"], s["edge"]) for s in stitch[:2]] for stitch in data["pattern"]["stitches"]]
        assert [[(s["panel"], s["edge"]) for s in stitch[:2]] for stitch in back["pattern"]["stitches"]] == stitches

    @samples
    def test_it_is_proven_and_meshed(self, path: Path) -> None:
        imported = read_garmentcode(path)
        proof = imported.pattern.proof()
        assert proof.max_error < 1e-7
        told = {note.split()[0] for note in imported.notes if " sews " in note}
        assert told == {s.name for s in proof.seams if abs(s.length_a - s.length_b) > 1e-4}
        meshes, _ = mesh_pattern(imported.pattern, 0.02)
        for panel in imported.pattern.panels():
            corner = meshes[panel.name].points[meshes[panel.name].faces]
            u, v = corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0]
            assert (u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0]).min() > 0
            assert (u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0]).sum() / 2 == pytest.approx(panel.area, rel=0.01)

    @samples
    def test_the_right_side_faces_away_from_the_body(self, path: Path) -> None:
        for panel in read_garmentcode(path).pattern.panels():
            _, x, y = (np.array(v) for v in panel.wrap.frame)
            middle = np.concatenate(in_space(panel)).mean(axis=0)
            assert np.cross(x, y)[:2] @ middle[:2] > 0

    @samples
    def test_our_own_file_keeps_it(self, path: Path, tmp_path: Path) -> None:
        pattern = read_garmentcode(path).pattern
        again = pattern_from_json(json.loads(json.dumps(pattern_to_json(pattern))))
        for name, way in (("direct", pattern), ("kept", again)):
            write_garmentcode(way, tmp_path / name)
        assert (tmp_path / "direct").read_bytes() == (tmp_path / "kept").read_bytes()


def spots_of(pattern: Pattern):
    """Where seams lie: (panel, metres along its loop) → (seam, side, fraction of the side) or None."""
    sewn = {}
    for s in pattern.seams:
        for which, side in enumerate((s.a, s.b)):
            ends = np.cumsum([0.0, *(pattern.panel(r.panel).line(r.edge).length for r in side)])
            for ref, start, end in zip(side, ends, ends[1:], strict=False):
                sewn[ref.panel, ref.edge] = s.name, which, (end, start) if ref.backwards else (start, end), ends[-1]
    loops = {p.name: np.cumsum([0.0, *(e.length for e in p.edges)]) for p in pattern.panels()}

    def spot(panel: str, distance: float) -> tuple[str, int, float] | None:
        at = int(np.searchsorted(loops[panel], distance)) - 1
        low, high = loops[panel][at : at + 2]
        found = sewn.get((panel, pattern.panel(panel).edges[at].name))
        if not found:
            return None
        name, which, walk, total = found
        return name, which, float(np.interp(distance, (low, high), walk)) / total

    return spot


def agree(ours: Pattern, back: Pattern) -> None:
    """Outlines agree to 1e-8 m, and each stitch joins points that our seams join."""
    for a, b in zip(ours.panels(), back.panels(), strict=True):
        turn = np.array([[a.grain[1], -a.grain[0]], [a.grain[0], a.grain[1]]])
        length = sum(e.length for e in a.edges)
        assert sum(e.length for e in b.edges) == pytest.approx(length, abs=1e-8)
        mine = np.concatenate([e.at(np.linspace(0, e.length, 50)) for e in a.edges]) @ turn.T
        starts = np.cumsum([0.0, *(e.length for e in a.edges)])
        ends = np.cumsum([0.0, *(e.length for e in b.edges)])
        where = np.concatenate([s + np.linspace(0, e.length, 50) for s, e in zip(starts, a.edges, strict=False)])
        which = np.clip(np.searchsorted(ends, where, side="right") - 1, 0, len(b.edges) - 1)
        theirs = np.array([b.edges[k].at(s - ends[k])[0] for k, s in zip(which, where, strict=True)])
        mirrored = np.array([-1.0, 1.0]) if np.abs(mine - theirs).max() > 1e-3 else np.ones(2)
        assert np.abs(mine - theirs * mirrored).max() < 1e-8

    joined, spot = 0.0, spots_of(ours)
    for stitch in back.seams:
        spots = []
        for f in (0.1, 0.5, 0.9):
            ends = []
            for (ref,) in (stitch.a, stitch.b):
                panel = back.panel(ref.panel)
                at = next(k for k, e in enumerate(panel.edges) if e.name == ref.edge)
                before = sum(e.length for e in panel.edges[:at])
                ends.append((ref.panel, before + panel.edges[at].length * (1 - f if ref.backwards else f)))
            spots.append([spot(*end) for end in ends])
        for a, b in spots:
            assert a is not None
            assert b is not None
            assert a[0] == b[0]
            assert {a[1], b[1]} == {0, 1}
            assert a[2] == pytest.approx(b[2], abs=1e-5)
        joined += stitch_length(back, stitch)
        sewn = next(s for s in ours.seams if s.name == spots[0][0][0])
        assert stitch.ratio == pytest.approx(stitch_length(ours, sewn, 1) / stitch_length(ours, sewn), abs=1e-4)
    edges = {(p.name, e.name) for p in ours.panels() for e in p.edges}
    sayable = [s for s in ours.seams if edges.issuperset((r.panel, r.edge) for r in (*s.a, *s.b))]
    assert sayable
    assert joined == pytest.approx(sum(stitch_length(ours, s) for s in sayable), abs=1e-5)


def stitch_length(pattern: Pattern, s: Seam, side: int = 0) -> float:
    return sum(pattern.panel(r.panel).line(r.edge).length for r in (s.a, s.b)[side])


class TestOwn:
    @pytest.mark.slow
    @pytest.mark.parametrize("style", styles())
    def test_our_styles_keep_every_outline_and_seam(self, style: str, tmp_path: Path) -> None:
        ours = draft(style, PERSON)
        lost = write_garmentcode(ours, tmp_path / "x.json")
        back = read_garmentcode(tmp_path / "x.json").pattern
        agree(ours, back)
        assert back.proof().max_error < 1e-7
        assert any("side by side" in note for note in lost)
        assert any("allowances" in note for note in lost)

    def test_darts_stay_darts(self, tmp_path: Path) -> None:
        ours = draft("trousers", PERSON)
        write_garmentcode(ours, tmp_path / "x.json")
        back = read_garmentcode(tmp_path / "x.json").pattern
        assert {p.name: sum(e.dart for e in p.edges) for p in back.panels()} == {
            p.name: sum(e.dart for e in p.edges) for p in ours.panels()
        }
        assert any(e.dart for p in back.panels() for e in p.edges)

    def test_rings_and_nurbs_and_edges_of_many_curves_are_kept(self, tmp_path: Path) -> None:
        ring = Edge("round", (Arc(np.zeros(2), 0.1, 0.3, 2 * np.pi),))
        w = np.sqrt(0.5)
        quarter = Nurbs(
            np.array([[0.1, 0], [0.1, 0.1], [0, 0.1]]), np.array([1, w, 1]), np.array([0.0] * 3 + [1] * 3), 2
        )
        half = (quarter, Cubic(*(np.array(p) for p in ((0, 0.1), (-0.05, 0.11), (-0.09, 0.06), (-0.1, 0)))))
        bow = (Edge("bow", half), Edge("base", (line((-0.1, 0), (0.1, 0)),)))
        space = Wrap("space", frame=((0.1, -0.2, 1.3), (0.0, -1.0, 0.0), (0.0, 0.0, 1.0)))
        ours = Pattern(
            "bows",
            "",
            (Piece("disc", (ring,), space, grain=(1.0, 0.0)), Piece("bow", bow, Wrap("flat"))),
            (seam("round", "disc.round", "-bow.bow -bow.base", ratio=(np.pi * 0.05 + 0.36) / (np.pi * 0.2)),),
        )
        write_garmentcode(ours, tmp_path / "x.json")
        back = read_garmentcode(tmp_path / "x.json").pattern
        agree(ours, back)
        disc = back.panel("disc")
        origin, x, y = (np.array(v) for v in disc.wrap.frame)
        points = np.concatenate([e.flattened() for e in disc.edges])
        assert np.abs(np.linalg.norm(points, axis=1) - 0.1).max() < 1e-8
        assert np.allclose(origin, (0.1, -0.2, 1.3), atol=1e-12)
        assert np.allclose(np.cross(x, y), np.cross((0, -1, 0), (0, 0, 1)), atol=1e-12)  # the right side stays out

    def test_seams_that_cannot_be_sewn_are_not_written(self, tmp_path: Path) -> None:
        ours = draft("tshirt", PERSON)
        for wrong in ("front.side_left", "-back.elbow"):
            more = (*ours.seams, seam("more", "front.hem_left", wrong))
            with pytest.raises(SeamMismatch, match=wrong.removeprefix("-")):
                write_garmentcode(replace(ours, seams=more), tmp_path / "x.json")
        assert not list(tmp_path.iterdir())

    def test_edge_ends_that_all_but_meet_make_no_sliver(self, tmp_path: Path) -> None:
        def strip(name: str, cut: float) -> Piece:
            sides = (("one", (0, cut)), ("two", (cut, 0.2)))
            edges = loop(
                *((side, line((x0, 0), (x1, 0))) for side, (x0, x1) in sides),
                ("end", line((0.2, 0), (0.2, 0.1))),
                ("top", line((0.2, 0.1), (0, 0.1))),
                ("other", line((0, 0.1), (0, 0))),
            )
            return Piece(name, edges, Wrap("flat"))

        pieces = (strip("a", 0.05), strip("b", 0.15 + 3e-8))
        ours = Pattern("strips", "", pieces, (seam("long", "a.one a.two", "-b.two -b.one"),))
        write_garmentcode(ours, tmp_path / "x.json")
        back = read_garmentcode(tmp_path / "x.json").pattern
        agree(ours, back)
        assert [len(s.a) + len(s.b) for s in back.seams] == [2, 2]
        assert min(e.length for p in back.panels() for e in p.edges) > 0.04

    @pytest.mark.parametrize("knots", [[0, 0, 0, 1, 2, 2, 2], [0, 1, 2, 3, 4, 5, 6], [0, 0, 0, 1, 1, 1.5, 1.5]])
    def test_any_spline_is_kept(self, knots: list[float], tmp_path: Path) -> None:
        control = np.array([[0.2, 0.0], [0.25, 0.1], [0.15, 0.2], [0.2, 0.3]])
        spline = Nurbs(control, np.array([1.0, 2.0, 0.5, 1.0]), np.array(knots, float), 2)
        rest = (line(spline.end, (0, 0.3)), line((0, 0.3), (0, 0)), line((0, 0), spline.start))
        piece = Piece("front", loop(("side", spline), *zip(("top", "middle", "hem"), rest, strict=True)), Wrap("flat"))
        ours = Pattern("p", "", (piece,), ())
        write_garmentcode(ours, tmp_path / "x.json")
        back = read_garmentcode(tmp_path / "x.json").pattern.panel("front")
        for p in spline.points(np.linspace(0.01, 0.97, 9)):
            assert min(place_on(e.curves, p)[1] for e in back.edges) < 1e-8
        assert back.area == pytest.approx(piece.panels()[0].area, abs=2e-5)  # of two polygons

    def test_what_is_lost_is_said(self, tmp_path: Path) -> None:
        pocket = Piece(
            "pocket",
            loop(
                ("bottom", line((0, 0), (0.1, 0))),
                ("side", line((0.1, 0), (0.1, 0.1))),
                ("top", line((0.1, 0.1), (0, 0.1))),
                ("other", line((0, 0.1), (0, 0))),
            ),
            Wrap("flat"),
            fabric="lining",
            notches=(Notch("side", 0.05),),
            internal=(InternalLine("place", (line((0.02, 0.02), (0.08, 0.02)),), "seam"),),
        )
        sewn = (seam("sides", "pocket.side", "-pocket.other"), seam("laid", "pocket.bottom", "pocket.place", 0.6))
        lost = " ".join(write_garmentcode(Pattern("p", "", (pocket,), sewn), tmp_path / "x.json"))
        for word in ("notches (1)", "internal lines (1)", "allowances", "lining", "laid", "side by side", "ratios"):
            assert word in lost
        assert [s.name for s in read_garmentcode(tmp_path / "x.json").pattern.seams] == ["stitch_0"]
        assert not (tmp_path / "x.json.part").exists()


@pytest.mark.parametrize(
    "frame",
    [
        ((0, 0, 0), (2, 0, 0), (0, 1, 0)),
        ((0, 0, 0), (1, 0, 0), (0.6, 0.8, 0)),
        ((0, 0), (1, 0), (0, 1)),
        ((0, 0, float("nan")), (1, 0, 0), (0, 1, 0)),
    ],
)
def test_a_skewed_frame_places_no_panel(frame) -> None:
    with pytest.raises(PieceRefused, match="square to each other"):
        Wrap("space", frame=frame)


class TestLaws:
    def test_angles_that_two_of_its_programs_read_differently_are_told(self, tmp_path: Path) -> None:
        for rotation, told in (([0, 30, 0], False), ([180, 180, 0], False), ([20, 0, 30], True)):
            notes = reading(square(rotation=rotation), tmp_path).notes
            assert any("more than one axis" in note for note in notes) == told

    @given(st.tuples(*[st.floats(-180, 180)] * 3), st.tuples(*[st.floats(-200, 200)] * 3), st.booleans())
    @settings(max_examples=60, deadline=None)
    def test_any_placing_survives_whichever_way_the_loop_runs(self, tmp_path_factory, rotation, translation, reverse):
        folder = tmp_path_factory.mktemp("placing")
        data = square(rotation=list(rotation), translation=list(translation))
        panel = data["pattern"]["panels"]["front"]
        panel["edges"][1]["curvature"] = {"type": "cubic", "params": [[0.2, 0.1], [0.7, -0.2]]}
        if reverse:
            panel["vertices"] = [[-x, y] for x, y in panel["vertices"]]
        first = reading(data, folder).pattern
        write_garmentcode(first, folder / "again.json")
        second = read_garmentcode(folder / "again.json").pattern
        expected = [run / 100 for run in theirs(panel)]
        for pattern in (first, second):
            for mine, own in zip(in_space(pattern.panel("front")), expected, strict=True):
                assert np.abs(mine - own).max() < 1e-8

    @given(st.floats(-0.5, 3.0).filter(lambda r: abs(r) > 0.01), st.floats(0.0, 360.0))
    @settings(max_examples=60, deadline=None)
    def test_arcs_survive(self, tmp_path_factory, rise, turned):
        """An arc of that rise over its chord, from a sliver to nearly a full circle."""
        folder = tmp_path_factory.mktemp("arcs")
        radius = 20 * (0.25 + rise**2) / (2 * abs(rise))
        data = square(rotation=[0, 0, turned])
        data["pattern"]["panels"]["front"]["edges"][2]["curvature"] = {
            "type": "circle",
            "params": [radius, int(abs(rise) > 0.5), int(rise > 0)],
        }
        first = reading(data, folder).pattern
        arc = first.panel("front").edges[2].curves[0]
        apex = arc.points([0.5])[0]
        assert apex == pytest.approx((0.1, 0.3 + 0.2 * rise), abs=1e-8)  # it walks from right to left: outwards is up
        write_garmentcode(first, folder / "again.json")
        second = read_garmentcode(folder / "again.json").pattern
        for a, b in zip(in_space(first.panel("front")), in_space(second.panel("front")), strict=True):
            assert np.abs(a - b).max() < 1e-8

    def test_units_and_absolute_control_points_say_the_same(self, tmp_path: Path) -> None:
        data = square()
        data["pattern"]["panels"]["front"]["edges"][0]["curvature"] = [0.5, -0.1]
        relative = reading(data, tmp_path).pattern
        data["pattern"]["panels"]["front"]["edges"][0]["curvature"] = [100.0, -20.0]
        data["pattern"]["panels"]["front"]["vertices"] = [[0, 0], [200, 0], [200, 300], [0, 300]]
        data["properties"] = {"curvature_coords": "absolute", "units_in_meter": 1000}
        absolute = reading(data, tmp_path).pattern
        for a, b in zip(in_space(relative.panel("front")), in_space(absolute.panel("front")), strict=True):
            assert np.abs(a - b).max() < 1e-12

    def test_a_stitch_walks_its_edges_against_each_other_unless_right_meets_wrong(self, tmp_path: Path) -> None:
        data = square()
        data["pattern"]["stitches"] = [
            [{"panel": "front", "edge": 1}, {"panel": "front", "edge": 3}],
            [{"panel": "front", "edge": 0}, {"panel": "front", "edge": 2}, "right_wrong"],
        ]
        plain, lapped = reading(data, tmp_path).pattern.seams
        assert (plain.b[0].backwards, plain.faces) == (True, "right_right")
        assert (lapped.b[0].backwards, lapped.faces) == (False, "right_wrong")
        write_garmentcode(reading(data, tmp_path).pattern, tmp_path / "x.json")
        assert json.loads((tmp_path / "x.json").read_text())["pattern"]["stitches"] == data["pattern"]["stitches"]


def stitched(*stitches: object) -> dict:
    data = square()
    data["pattern"]["stitches"] = list(stitches)
    return data


def bent(curvature: object) -> dict:
    data = square()
    data["pattern"]["panels"]["front"]["edges"][0]["curvature"] = curvature
    return data


def crooked(count: int = 400) -> dict:
    """A ring of waves, 8 m across."""
    angles = np.linspace(0, 2 * np.pi, count, endpoint=False)
    wave = {"type": "cubic", "params": [[0.3, 1.5], [0.7, -1.5]]}
    return square(
        vertices=(400 * np.stack([np.cos(angles), np.sin(angles)], axis=1)).tolist(),
        edges=[{"endpoints": [k, (k + 1) % count], "curvature": wave} for k in range(count)],
    )


EDGE_0, EDGE_2 = {"panel": "front", "edge": 0}, {"panel": "front", "edge": 2}
BROKEN = {
    "empty": ("", "not JSON"),
    "not JSON": ("{", "not JSON"),
    "deep": ("[" * 200_000, "not JSON"),
    "a number of 5000 digits": ("1" * 5000, "not JSON"),
    "a list": ([], "must be an object"),
    "another JSON": ({"landmarks": {}}, "no GarmentCode pattern"),
    "a name twice": ('{"pattern": {}, "pattern": {}}', "twice"),
    "no panel": (square() | {"pattern": {"panels": {}, "stitches": []}}, "Panels in the file: 0"),
    "no unit": (square() | {"properties": {"curvature_coords": "relative"}}, "units_in_meter"),
    "a negative unit": (
        square() | {"properties": {"curvature_coords": "relative", "units_in_meter": -100}},
        "units_in_meter",
    ),
    "metres for centimetres": (
        square() | {"properties": {"curvature_coords": "relative", "units_in_meter": 1}},
        "in the unit",
    ),
    "nanometres": (
        square() | {"properties": {"curvature_coords": "relative", "units_in_meter": 1e7}},
        "no length|in the unit",
    ),
    "unknown coordinates": (
        square() | {"properties": {"curvature_coords": "polar", "units_in_meter": 100}},
        "curvature_coords",
    ),
    "NaN": (json.dumps(square(translation=[0, float("nan"), 0])), "finite"),
    "infinity": (json.dumps(square(vertices=[[0, 0], [20, float("inf")], [20, 30], [0, 30]])), "finite"),
    "text for a number": (square(rotation=["0", 0, 0]), "finite"),
    "two numbers for three": (square(translation=[0, 0]), "3 numbers"),
    "a vertex that is not there": (square(edges=[{"endpoints": [0, 7]}]), "vertices"),
    "a vertex from the end": (square(edges=[{"endpoints": [-1, 0]}]), "vertices"),
    "edges out of order": (square(edges=[{"endpoints": e} for e in ([0, 1], [2, 3], [1, 2], [3, 0])]), "head to tail"),
    "open": (square(edges=[{"endpoints": [k, k + 1]} for k in range(3)]), "head to tail"),
    "a vertex passed twice": (square(edges=[{"endpoints": e} for e in ([0, 1], [1, 0], [0, 2], [2, 0])]), "twice"),
    "no edges": (square(edges=[]), "Edges of panel 'front': 0"),
    "a million edges": (
        square(vertices=[[k % 7, k] for k in range(9999)], edges=[{"endpoints": [k, k + 1]} for k in range(9998)]),
        "9998",
    ),
    "an outline of ten thousand corners": (crooked(), "crooked"),
    "an edge of no length": (square(vertices=[[0, 0], [0, 0], [20, 30], [0, 30]]), "no length"),
    "a panel that crosses itself": (square(vertices=[[0, 0], [20, 30], [20, 0], [0, 29]]), "crosses itself|no area"),
    "a panel without area": (square(vertices=[[0, 0], [10, 0], [20, 0], [30, 0]]), "no area|crosses"),
    "an unknown curvature": (bent({"type": "spiral", "params": [[0, 0]]}), "spiral"),
    "a cubic of one point": (bent({"type": "cubic", "params": [[0, 0]]}), "cubic"),
    "a curvature of three numbers": (bent([0.1, 0.2, 0.3]), "2 numbers"),
    "a curvature in words": (bent("round"), "must be an object"),
    "an arc too small": (bent({"type": "circle", "params": [3, 0, 1]}), "cannot reach"),
    "an arc with odd flags": (bent({"type": "circle", "params": [30, 2, 1]}), "flags"),
    "an edge sewn twice": (stitched([EDGE_0, EDGE_2], [EDGE_0, {"panel": "front", "edge": 1}]), "sewn once"),
    "an edge sewn to itself": (stitched([EDGE_0, EDGE_0]), "sewn once"),
    "a stitch to no panel": (stitched([EDGE_0, {"panel": "back", "edge": 0}]), "back"),
    "a stitch to no edge": (stitched([EDGE_0, {"panel": "front", "edge": 4}]), "edge 4"),
    "a stitch of one side": (stitched([EDGE_0]), "two edges"),
    "a stitch of an unknown kind": (stitched([EDGE_0, EDGE_2, "inside_out"]), "right_wrong"),
    "a name with a dot": (
        square() | {"pattern": {"panels": {"a.b": square()["pattern"]["panels"]["front"]}}},
        "without dots",
    ),
}


class TestBroken:
    @pytest.mark.parametrize("kind", BROKEN)
    def test_a_broken_file_is_refused_by_name(self, kind: str, tmp_path: Path) -> None:
        data, says = BROKEN[kind]
        with pytest.raises(ImportRefused, match=says):
            reading(data, tmp_path)

    def test_no_file_and_too_large_a_file_are_refused(self, tmp_path: Path) -> None:
        with pytest.raises(ImportRefused, match="cannot be read"):
            read_garmentcode(tmp_path / "none.json")
        with (tmp_path / "large.json").open("wb") as file:
            file.truncate(2**30)
        with pytest.raises(ImportRefused, match="larger"):
            read_garmentcode(tmp_path / "large.json")
        (tmp_path / "binary.json").write_bytes(b"\xff\xfe\x00")
        with pytest.raises(ImportRefused, match="UTF-8"):
            read_garmentcode(tmp_path / "binary.json")

    def test_what_the_file_says_besides_is_told(self, tmp_path: Path) -> None:
        data = square(pleats=[1]) | {"parameters": {"length": 1}}
        data["pattern"]["panels"]["front"]["edges"][0]["glue"] = True
        data["pattern"]["panels"]["front"]["vertices"].append([5, 5])
        notes = " ".join(reading(data, tmp_path).notes)
        for word in ("pleats", "glue", "parameters", "1 vertices", "no seam allowance"):
            assert word in notes

    @given(
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
            lambda inner: (
                st.lists(inner, max_size=4)
                | st.dictionaries(
                    st.sampled_from(
                        ["panels", "stitches", "vertices", "edges", "endpoints", "curvature", "type", "params"]
                    ),
                    inner,
                    max_size=4,
                )
            ),
            max_leaves=12,
        ),
        st.sampled_from(["pattern", "panels", "stitches", "front", "vertices", "edges", "rotation", "endpoints"]),
    )
    @settings(max_examples=200, deadline=None)
    def test_anything_in_any_place_is_read_or_refused_by_name(self, tmp_path_factory, value, place) -> None:
        data = square()
        where = {"pattern": data, "panels": data["pattern"], "stitches": data["pattern"]}
        where["front"] = data["pattern"]["panels"]
        panel = data["pattern"]["panels"]["front"]
        where["endpoints"] = panel["edges"][1]
        where.get(place, panel)[place] = value
        folder = tmp_path_factory.mktemp("anything")
        try:
            imported = reading(data, folder)
        except ImportRefused:
            return
        assert imported.pattern.panels()[0].area > 0
