# SPDX-License-Identifier: GPL-3.0-or-later
"""What a style offers: a parameter is hidden only where it means nothing, and none is out of reach."""

import re
from pathlib import Path

import pytest
from people import WOMAN
from toile.patterns import DraftRefused, Style, style, styles
from toile.patterns.document import pattern_to_json
from toile.patterns.studio import read_style
from toile.patterns.style import Choices, Offer, Parameter, Value
from toile.patterns.styles import families, wardrobe

BODY = WOMAN | {"stature": 1.68, "cervicale_height": 1.44}
SLOTS = [(s.name, slot.name, part.name) for s in wardrobe().values() for slot in s.slots for part in slot.parts]


def named(offer: Offer) -> list[str]:
    return [p.name for p in (*offer.slots, *offer.own, *(p for *_, mine in offer.parts for p in mine))]


def drawn(own: Style, choices: Choices) -> dict[str, object]:
    """The pattern as it is written, without what was chosen."""
    return {key: value for key, value in pattern_to_json(own.draft(BODY, choices)).items() if key != "parameters"}


def with_part(own: Style, slot_name: str, part: str) -> Choices:
    """The style's defaults with one part, and a place for it."""
    of = {slot.name: slot for slot in own.slots}
    chosen: dict[str, Value] = {slot_name: part}
    slot = of[slot_name]
    while slot.when:
        other, parts = slot.when
        if own.resolve({})[other] not in parts:
            chosen[other] = parts[0]
        slot = of[other]
    return own.resolve(chosen)


def another(p: Parameter) -> Value:
    """Another value than the default."""
    if p.kind == "flag":
        return not p.value
    return next(p.checked(end) for end in p.range if end != p.value)


@pytest.mark.parametrize("name", sorted(wardrobe()))
def test_what_is_not_offered_changes_nothing(name: str) -> None:
    own = style(name)
    choices = own.resolve({})
    offered = named(own.offer(choices))
    slots = {slot.name for slot in own.slots}
    hidden = {p.name: another(p) for p in own.parameters if p.name not in offered and p.name not in slots}
    assert len(set(offered)) == len(offered)
    assert drawn(own, choices | hidden) == drawn(own, choices)


@pytest.mark.parametrize("name", sorted(wardrobe()))
def test_every_parameter_is_offered_beside_some_part(name: str) -> None:
    own = style(name)
    found = set(named(own.offer(own.resolve({}))))
    for slot in own.slots:
        for part in slot.parts:
            found |= set(named(own.offer(with_part(own, slot.name, part.name))))
    assert found == {p.name for p in own.parameters} - {slot.name for slot in own.slots if len(slot.parts) == 1}


@pytest.mark.parametrize(("name", "slot", "part"), SLOTS)
def test_a_chosen_part_brings_its_parameters(name: str, slot: str, part: str) -> None:
    own = style(name)
    choices = with_part(own, slot, part)
    chosen = next(p for s, p in own.placed(choices) if s.name == slot)
    assert chosen.name == part
    assert {p.name for p in chosen.parameters} <= set(named(own.offer(choices)))
    for p in chosen.parameters:
        when = own.parameter(p.name).when
        assert when is None or (when[0] == slot and part in when[1])


def test_a_slot_without_its_place_is_not_offered() -> None:
    tshirt = style("tshirt")
    assert {"cuff", "yoke"} <= set(named(tshirt.offer(tshirt.resolve({}))))
    assert "cuff" not in named(tshirt.offer(tshirt.resolve({"sleeve": "none"})))
    assert "yoke" not in named(tshirt.offer(tshirt.resolve({"sleeve": "raglan"})))


@pytest.mark.parametrize("name", sorted(wardrobe()))
def test_what_does_not_go_together_is_what_is_not_open_and_is_refused_by_its_sentence(name: str) -> None:
    own = style(name)
    default = own.resolve({})
    assert own.clash(default) is None
    for p in own.parameters:
        if p.kind != "choice":
            continue
        opened = own.open(p.name, default)
        assert p.value in opened
        for value in p.range:
            choices = {**default, p.name: value}
            clash = own.clash(choices)
            assert (clash is None) == (value in opened)
            if clash:
                with pytest.raises(DraftRefused, match=re.escape(clash.why)):
                    own.draft(BODY, choices)


def test_a_studio_style_does_not_open_what_its_fixed_choices_bar(tmp_path: Path) -> None:
    (tmp_path / "gown").mkdir()
    (tmp_path / "gown" / "style.toml").write_text(
        'base = "sheath"\nlabel = "Gown"\nhelp = "A gown"\n[fixed]\nopening = "zip_back"\n'
    )
    own = read_style(tmp_path / "gown", wardrobe())
    assert own.open("collar", own.resolve({})) == ("none", "peter_pan")
    with pytest.raises(DraftRefused, match="choose opening 'buttons'"):
        own.draft(BODY, {"collar": "stand"})


def test_each_style_hangs_in_one_family() -> None:
    hung = [s.name for family in families().values() for s in family]
    assert sorted(hung) == sorted(wardrobe())
    assert list(styles())[: len(hung)] == hung
