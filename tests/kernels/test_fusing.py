# SPDX-License-Identifier: GPL-3.0-or-later
"""Interlinings: a fused cloth, the pieces that are, and every door through which they go."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from people import WOMAN
from toile.patterns import draft
from toile.patterns.cutting import cutting_words
from toile.patterns.document import PatternFileRefused, pattern_from_json, pattern_to_json
from toile.patterns.exchange import read_aama, write_aama
from toile.patterns.grading import Sizes
from toile.patterns.interlinings import interlinings
from toile.patterns.pieces import PieceRefused
from toile.sim.fabric import fabrics, secant
from toile.sim.fusing import cut_and_fused, fused

FABRICS = fabrics()
KNIT = FABRICS["cotton_jersey"]


@pytest.mark.parametrize("name", interlinings())
@pytest.mark.parametrize("fabric", FABRICS)
def test_what_fusing_adds_is_added_and_nothing_else_changes(fabric: str, name: str) -> None:
    cloth, interlining = FABRICS[fabric], interlinings()[name]
    made = fused(cloth, interlining)
    for number in ("density", "thickness", "stretch_warp", "stretch_weft", "shear", "bend_warp", "bend_weft"):
        assert getattr(made, number) == pytest.approx(getattr(cloth, number) + getattr(interlining, number))
        assert interlining.sources[number].partition(":")[0] in ("declared", "derived", "estimate")
    assert (made.friction, made.friction_skin, made.drape) == (cloth.friction, cloth.friction_skin, cloth.drape)


def test_a_fused_knit_pulls_by_both_tensions_at_every_strain() -> None:
    made = fused(KNIT, interlinings()["light"])
    added = interlinings()["light"].stretch_weft
    for (strain, before), (same, after) in zip(KNIT.curve_weft, made.curve_weft, strict=True):
        assert same == strain
        assert after - before == pytest.approx(added * strain)
    assert secant(made.curve_weft) > secant(KNIT.curve_weft) + 0.99 * added


def test_tailoring_and_shirting_stiffen_the_cloth_they_are_made_for_as_their_sources_say() -> None:
    flannel, poplin = FABRICS["wool_flannel"], FABRICS["cotton_poplin"]
    assert fused(flannel, interlinings()["tailoring"]).bend_warp / flannel.bend_warp == pytest.approx(8, rel=0.1)
    assert fused(poplin, interlinings()["shirting"]).bend_warp / poplin.bend_warp == pytest.approx(10, rel=0.1)


def test_each_panel_is_made_of_its_own_cloth_and_what_is_left_out_of_the_garments() -> None:
    cloths, names = cut_and_fused(
        {"self": KNIT, "rib": FABRICS["cotton_rib"]},
        [("main", ""), ("rib", ""), ("main", "light"), ("lining", "light"), ("rib", "light")],
    )
    assert names == ["self", "rib", "self+light", "self+light", "rib+light"]
    assert cloths["self"] is KNIT
    assert cloths["rib+light"].density == pytest.approx(FABRICS["cotton_rib"].density + 0.025)
    assert list(cloths) == list(dict.fromkeys(names))


@pytest.mark.parametrize(
    ("style", "on"),
    [
        ("jacket", {"front", "front_facing", "collar", "under_collar"}),
        ("waistcoat", {"front", "front_facing"}),
        ("shirt", {"collar", "stand", "cuff"}),
        ("blouse", {"collar", "cuff"}),
        ("polo", {"placket"}),
        ("tshirt", set()),
    ],
)
def test_what_keeps_its_shape_is_fused(style: str, on: set[str]) -> None:
    pattern = draft(style, WOMAN)
    assert {piece.name for piece in pattern.pieces if piece.interlining} == on
    assert {panel.piece for panel in pattern.panels() if panel.interlining} == on
    for piece in pattern.pieces:
        asked = f"and {piece.quantity} of {piece.interlining} interlining"
        assert cutting_words(piece).endswith(asked) == bool(piece.interlining)
    assert not any(piece.interlining for piece in draft(style, WOMAN, {"interlining": "none"}).pieces)


def test_a_file_keeps_them_and_one_from_before_there_were_any_has_none() -> None:
    pattern = draft("shirt", WOMAN)
    told = pattern_to_json(pattern)
    assert pattern_to_json(pattern_from_json(told)) == told
    for piece in told["pieces"]:
        del piece["interlining"]
    assert not any(piece.interlining for piece in pattern_from_json(told).pieces)


def test_the_cutting_rooms_file_names_them_and_leaves_off_what_it_does_not_know(tmp_path: Path) -> None:
    pattern = draft("shirt", WOMAN)
    path = write_aama(Sizes({"M": pattern}, "M"), tmp_path / "shirt.dxf")[0]
    path.with_name(path.name + ".json").unlink()
    there = {piece.name: piece.interlining for piece in pattern.pieces}
    assert {piece.name: piece.interlining for piece in read_aama(path).pattern.pieces} == there
    path.write_bytes(path.read_bytes().replace(b"INTERLINING: shirting", b"INTERLINING: horsehair"))
    back = read_aama(path)
    assert not any(piece.interlining for piece in back.pattern.pieces)
    assert any("horsehair" in note for note in back.notes)


@pytest.mark.parametrize("name", ["horsehair", "Tailoring", "light ", "7"])
def test_an_interlining_that_there_is_not_is_refused_with_those_there_are(name: str) -> None:
    pattern = draft("tshirt", WOMAN)
    with pytest.raises(PieceRefused, match="choose tailoring, shirting, light"):
        replace(pattern.pieces[0], interlining=name)
    told = pattern_to_json(pattern)
    told["pieces"][0]["interlining"] = name
    with pytest.raises(PatternFileRefused, match="choose tailoring"):
        pattern_from_json(told)
