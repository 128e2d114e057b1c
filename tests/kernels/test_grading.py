# SPDX-License-Identifier: GPL-3.0-or-later
"""Grading: rules reproduce the drafts of all sizes, and their table goes into a file and back."""

from pathlib import Path

import ezdxf
import numpy as np
import pytest
import shapely
from people import WOMAN
from toile.patterns import draft, styles
from toile.patterns.allowance import cut_line
from toile.patterns.cutting import boundary
from toile.patterns.exchange import ImportRefused, aama_dxf, read_rules, rule_table, write_rules
from toile.patterns.exchange.aama import block_name
from toile.patterns.grading import GradeRules, GradingRefused, Sizes, grade_rules

GIRTHS = ("bust", "waist", "hip", "neck", "upper_arm", "wrist", "thigh", "knee", "underbust", "across_back_shoulder")


def run_of(style: str, steps: dict[str, float]) -> Sizes:
    """A style in sizes that are a share wider and a little longer than the next."""
    people = {
        size: {
            k: v * (step if k in GIRTHS else 1 + (step - 1) / 4) if k != "shoulder_slope" else v
            for k, v in WOMAN.items()
        }
        for size, step in steps.items()
    }
    return Sizes({size: draft(style, person) for size, person in people.items()}, "M")


STEPS = {"XS": 0.92, "S": 0.96, "M": 1.0, "L": 1.05, "XL": 1.11}


@pytest.mark.slow
@pytest.mark.parametrize(
    "style", ["tshirt", "shirt", "jacket", "waistcoat", "bodice", "trousers", "pleated_skirt", "circle_dress"]
)
def test_the_rules_reproduce_every_draft(style: str) -> None:
    sizes = run_of(style, STEPS)
    rules = grade_rules(sizes)
    assert not rules.skipped
    assert max(rules.errors.values()) <= 5e-4
    for piece in sizes.pattern.pieces:
        line = sizes.boundary(piece)
        for size, pattern in sizes.patterns.items():
            graded = rules.graded(piece.name, line.points, size)
            drafted = sizes.boundary(next(p for p in pattern.pieces if p.name == piece.name))
            ring = shapely.LinearRing(drafted.points)
            corners = max(ring.distance(shapely.Point(graded[k])) for k in rules.points[piece.name])
            assert corners <= 5e-5
            assert shapely.hausdorff_distance(shapely.LinearRing(graded), ring) <= 5e-4
        assert set(line.turns) <= rules.points[piece.name].keys()
    assert rules.deltas[:, rules.sizes.index("M")] == pytest.approx(0.0)


def test_a_jacket_that_ends_above_the_hips_in_one_size_and_below_in_another_is_graded_as_well() -> None:
    long = {"skirt_length": 1.05 * WOMAN["waist_to_hip"] / WOMAN["waist_to_knee"]}
    hips = {size: share * WOMAN["waist_to_hip"] for size, share in zip(STEPS, (0.94, 0.97, 1, 1.03, 1.06), strict=True)}
    patterns = {size: draft("jacket", WOMAN | {"waist_to_hip": hip}, long) for size, hip in hips.items()}
    sides = [e for p in patterns.values() for piece in p.pieces for e in piece.edges if e.name == "side"]
    assert {len(side.curves) for side in sides} == {3, 4}
    assert max(grade_rules(Sizes(patterns, "M")).errors.values()) <= 5e-4


@pytest.mark.parametrize("style", list(styles()))
def test_no_cut_line_turns_back_on_itself(style: str) -> None:
    for piece in draft(style, WOMAN).pieces:
        cut = cut_line(piece)
        steps = np.diff(np.concatenate([cut.points, cut.points[:2]]), axis=0)
        steps /= np.linalg.norm(steps, axis=1, keepdims=True)
        onward = (steps[:-1] * steps[1:]).sum(axis=1)[np.arange(len(cut.points)) - 1]  # at each point
        assert onward[~cut.corners].min() > -0.5, piece.name  # a step to a wider allowance is square


def test_a_mitre_that_is_cut_off_in_one_size_is_cut_off_in_all() -> None:
    sizes = run_of("jacket", STEPS)
    named = [(p.name, len(boundary(p).turns)) for pattern in sizes.patterns.values() for p in pattern.pieces]
    alone = {name: {turns for other, turns in named if other == name} for name in sizes.blunt}
    assert any(len(corners) > 1 for corners in alone.values())  # by itself a size may have another corner
    for name in sizes.blunt:
        lines = [
            cut_line(p, blunt=sizes.blunt[name])
            for pattern in sizes.patterns.values()
            for p in pattern.pieces
            if p.name == name
        ]
        assert len({line.blunt for line in lines}) == 1


def test_a_piece_that_another_size_does_not_have_is_skipped_in_words() -> None:
    small, large = draft("tshirt", WOMAN), draft("tank", WOMAN)
    with pytest.raises(GradingRefused, match="one style"):
        Sizes({"S": small, "L": large}, "S")
    pieces = tuple(p for p in small.pieces if p.name != "sleeve")
    lacking = type(small)("t", small.style, pieces, ())
    rules = grade_rules(Sizes({"S": small, "L": lacking}, "S"))
    assert rules.skipped == {"sleeve": "it is no piece of size L"}
    with pytest.raises(GradingRefused, match="no rules for 'sleeve'"):
        rules.graded("sleeve", np.zeros((3, 2)), "L")


@pytest.mark.parametrize(
    ("names", "sample"), [(["S", "L"], "M"), ([], "M"), (["M M"], "M M"), (["M#"], "M#"), ([""], "")]
)
def test_sizes_without_a_sample_or_with_names_no_table_can_hold_are_refused(names: list[str], sample: str) -> None:
    with pytest.raises(GradingRefused):
        Sizes(dict.fromkeys(names, draft("tank", WOMAN)), sample)


def test_the_table_comes_back_and_the_dxf_names_its_rules(tmp_path: Path) -> None:
    sizes = run_of("tshirt", STEPS)
    rules = grade_rules(sizes)
    table = read_rules(write_rules(rules, tmp_path / "run.rul"))
    assert (table.name, table.sizes, table.sample) == ("run", rules.sizes, "M")
    assert table.numbers == tuple(range(1, len(rules.deltas) + 1))
    assert table.deltas == pytest.approx(rules.deltas, abs=1e-7)
    path = tmp_path / "run.dxf"
    path.write_text(aama_dxf(sizes, rules, "run"))
    document = ezdxf.readfile(path)
    assert any(t.dxf.text == "GRADE RULE TABLE: run" for t in document.modelspace().query("TEXT"))
    for piece in sizes.pattern.pieces:
        block = document.blocks[block_name(piece.name, "M")]
        line = sizes.boundary(piece)
        marked = {
            t.dxf.text.removeprefix("# "): np.array(t.dxf.insert)[:2] / 1000
            for t in block.query("TEXT")
            if "#" in t.dxf.text
        }
        for k, rule in rules.points[piece.name].items():
            assert str(rule) in marked
            if list(rules.points[piece.name].values()).count(rule) == 1:
                assert marked[str(rule)] == pytest.approx(line.points[k], abs=1e-6)


TABLE = "UNITS: METRIC\nSIZE LIST: S M\nSAMPLE SIZE: S\nRULE: DELTA 1\n 0.0, 0.0 # Size S\n 1.5, -2 # Size M\nEND\n"


def test_a_table_as_others_write_it(tmp_path: Path) -> None:
    path = tmp_path / "other.rul"
    path.write_text(TABLE)
    assert read_rules(path).deltas == pytest.approx(np.array([[[0, 0], [1.5e-3, -2e-3]]]))
    path.write_text(TABLE.replace("METRIC", "ENGLISH").replace("# Size S\n", " "))  # several moves on a line
    path.write_text(path.read_text().replace("# Size M", ""))
    assert read_rules(path).deltas[0, 1] == pytest.approx([1.5 * 0.0254, -2 * 0.0254])


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("", "SIZE LIST"),
        (TABLE.replace("METRIC", "ELLS"), "neither METRIC"),
        (TABLE.replace("SAMPLE SIZE: S", "SAMPLE SIZE: L"), "SAMPLE SIZE"),
        (TABLE.replace("SIZE LIST: S M", "SIZE LIST: S S"), "each once"),
        (TABLE.replace("1.5", "nan"), "pair of numbers"),
        (TABLE.replace("1.5", "1e99"), "pair of numbers"),
        (TABLE.replace("1.5, -2", "1.5"), "pair of numbers"),
        (TABLE.replace("1.5, -2 # Size M", ""), "one move for each"),
        (TABLE.replace("0.0, 0.0", "1.0, 0.0"), "sample size itself"),
        (TABLE.replace("DELTA 1", "DELTA one"), "number"),
        (TABLE.replace("END\n", "RULE: DELTA 1\n0,0 1,1\n"), "twice"),
    ],
)
def test_broken_tables_are_refused_by_name(text: str, match: str, tmp_path: Path) -> None:
    path = tmp_path / "broken.rul"
    path.write_text(text)
    with pytest.raises(ImportRefused, match=match):
        read_rules(path)


def test_no_rule_for_what_does_not_change() -> None:
    pattern = draft("tank", WOMAN)
    rules = grade_rules(Sizes({"A": pattern, "B": pattern}, "A"))
    assert len(rules.deltas) == 1
    assert "RULE: DELTA 1" in rule_table(rules, "t")
    assert isinstance(rules, GradeRules)
