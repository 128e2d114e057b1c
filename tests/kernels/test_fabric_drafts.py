# SPDX-License-Identifier: GPL-3.0-or-later
"""Drafts: what a weaver would read off the point paper."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from toile.models.assortment import random_weave
from toile.models.drafts import LONGEST_FLOAT, Draft, drawdown, jacquard, named_draft, satin, threadcount

BALANCED = ["plain", "twill_2_1", "twill_2_2", "twill_3_1_1_1", "twill_2_2_left", "satin_5", "satin_8", "basket_2"]
BALANCED += ["weft_satin_7", "herringbone_2_2_8"]


@pytest.mark.parametrize("name", BALANCED)
def test_drafts_bind_every_end_and_every_pick_equally_often(name):
    up = named_draft(name).up
    assert len(set(up.sum(axis=0))) == 1
    assert len(set(up.sum(axis=1))) == 1


@given(st.integers(5, 24).filter(lambda n: n != 6))
def test_satin_bindings_never_touch(harnesses):
    binding = ~satin(harnesses)
    assert (binding.sum(0) == 1).all()
    assert (binding.sum(1) == 1).all()
    for step in ((0, 1), (1, 0), (1, 1), (1, -1)):
        assert not (binding & np.roll(binding, step, (0, 1))).any()


def test_a_left_twill_is_a_right_one_in_the_mirror_and_a_weft_satin_the_back_of_a_warp_satin():
    right, left = (named_draft(name).up for name in ("twill_3_1", "twill_3_1_left"))
    assert (left == right[:, ::-1]).all()
    assert (np.roll(right, (1, 1), (0, 1)) == right).all()
    assert (named_draft("weft_satin_5").up == ~named_draft("satin_5").up).all()


def test_a_herringbone_turns_with_a_clean_cut():
    up = named_draft("herringbone_2_2_8").up
    assert (up[:, 7] == ~up[:, 8]).all()
    assert (up[:, 15] == ~up[:, 0]).all()
    rising, falling = up[:, :8], up[:, 8:]
    assert (np.roll(rising[:, :-1], 1, 0) == rising[:, 1:]).all()
    assert (np.roll(falling[:, :-1], -1, 0) == falling[:, 1:]).all()


def test_a_drawdown_is_the_product_of_threading_tie_up_and_treadling():
    tie_up = np.array([[1, 1, 0, 0], [0, 1, 1, 0], [0, 0, 1, 1], [1, 0, 0, 1]], bool)
    assert drawdown(range(4), tie_up, range(4)) == Draft(("xx..", ".xx.", "..xx", "x..x"))  # a straight draw: 2/2 twill
    threading, treadling = [0, 1, 2, 3, 2, 1], [0, 0, 1, 2, 3]
    up = drawdown(threading, tie_up, treadling).up
    for pick, treadle in enumerate(treadling):
        for end, shaft in enumerate(threading):
            assert up[pick, end] == tie_up[treadle, shaft]
    with pytest.raises(ValueError, match="treadles"):
        drawdown([4], tie_up, [0])


def test_a_jacquard_shows_its_figure_by_its_two_weaves():
    pick, end = np.mgrid[:80, :80]
    figure = (pick - 40) ** 2 + (end - 40) ** 2 < 30**2
    up = jacquard(figure, named_draft("satin_8"), named_draft("weft_satin_8")).up
    assert up[figure].mean() == pytest.approx(7 / 8, abs=0.01)
    assert up[~figure].mean() == pytest.approx(1 / 8, abs=0.01)
    with pytest.raises(ValueError, match="float"):
        jacquard(figure, Draft(("x" * 40 + "." * 40, "." * 40 + "x" * 40)), named_draft("plain"))
    with pytest.raises(ValueError, match="rounder"):
        jacquard(np.eye(1009, dtype=bool), named_draft("satin_8"), named_draft("satin_5"))
    assert LONGEST_FLOAT >= 8


@given(st.lists(st.tuples(st.sampled_from("BWRG"), st.integers(1, 30)), min_size=2, max_size=6))
def test_a_mirrored_sett_reads_the_same_both_ways_about_its_pivots(stripes):
    plain = " ".join(f"{code}{count}" for code, count in stripes)
    once = threadcount(plain)
    assert len(once) == sum(count for _, count in stripes)
    first, *between, last = stripes
    mirrored = threadcount(
        " ".join([f"{first[0]}/{first[1]}", *(f"{c}{n}" for c, n in between), f"{last[0]}/{last[1]}"])
    )
    turned = np.roll(mirrored, -first[1])
    assert list(turned[: len(turned) - first[1]]) == list(turned[: len(turned) - first[1]][::-1])
    assert mirrored[: len(once)] == once


@given(st.lists(st.lists(st.booleans(), min_size=6, max_size=6), min_size=4, max_size=4))
def test_point_paper_is_read_top_pick_last(rows):
    up = np.array(rows)
    loose = up.all(0).any() or (~up).all(0).any() or up.all(1).any() or (~up).all(1).any()
    paper = "\n".join("".join(".x"[place] for place in row) for row in reversed(rows))
    if loose:
        with pytest.raises(ValueError, match="never bound"):
            named_draft(paper)
    else:
        assert (named_draft(paper).up == up).all()


@pytest.mark.parametrize(
    "name",
    [
        *("", "tweed", "twill_2", "twill_2_0", "twill_1_1_1", "satin_6", "satin_4", "satin_8_2", "plain_2", "basket_0"),
        *("satin_8_left", "x. x..", "xx ..", "twill_9999_1", "plain\0", "herringbone_2_2", "satin_5_2_2", "../plain"),
    ],
)
def test_what_is_no_weave_is_refused_by_name(name):
    with pytest.raises(ValueError, match=r"weave|draft|satin|bound|part"):
        named_draft(name)


@pytest.mark.parametrize("text", ["", "B", "B0", "B/4 W2", "B/4 W/2 R/2", "4B", "B-4", "B/4", "B99999", "B4,W4"])
def test_what_is_no_thread_count_is_refused(text):
    with pytest.raises(ValueError, match=r"thread count|stripe"):
        threadcount(text)


@pytest.mark.parametrize("seed", range(40))
def test_cloths_by_lot_can_be_woven_and_weigh_what_cloths_weigh(seed):
    cloth = random_weave(np.random.default_rng(seed))
    assert cloth == random_weave(np.random.default_rng(seed))
    assert 0.01 < cloth.mass < 1.5  # kg/m²: from gauze to a heavy overcoating
    assert max(cloth.counts) <= 400
