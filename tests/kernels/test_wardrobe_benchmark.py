# SPDX-License-Identifier: GPL-3.0-or-later
"""The benchmark of the wardrobe, on a few people: its people are possible, its designs allowed, and it sees faults."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from toile.bodies.measure import DEFINITIONS
from toile.patterns import DraftRefused, Piece, style, styles
from toile.patterns.curves import Line
from toile.patterns.pieces import Edge, Wrap

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.skipif(
    not (ROOT.parent / "shared" / "data" / "anthropometry").exists(), reason="the survey of people is not here"
)
COUNT = 6


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    return tmp_path_factory.mktemp("population")


@pytest.fixture(scope="module")
def benchmark(kept):
    """The two files, which lie beside the package; people are kept in a folder of the test's."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / "benchmarks"))
        import population
        import wardrobe

        patch.setattr(population, "KEPT", kept)
        yield wardrobe


@pytest.fixture(scope="module")
def everybody(benchmark):
    return benchmark.people(COUNT)


@pytest.mark.slow
def test_people_are_possible_and_the_same_again(benchmark, everybody, kept):
    assert {p.kind for p in everybody} > {"measured woman", "measured man", "child"}
    for person in everybody:
        m = person.measures
        assert set(DEFINITIONS) <= m.keys()
        assert m["crotch_height"] < m["waist_height"] < m["bust_height"] < m["cervicale_height"] < m["stature"]
        assert m["knee"] < m["thigh"] < m["hip"]
        assert m["wrist"] < m["upper_arm"] < m["bust"]
        assert 0.99 < m["stature"] < 2.1
        if person.kind == "child":
            assert m["stature"] < 1.56
    assert benchmark.people(COUNT) == everybody  # as kept
    for file in kept.iterdir():
        file.unlink()
    assert benchmark.people(COUNT) == everybody  # as drawn


def test_designs_keep_to_what_is_declared_and_reach_every_part(benchmark):
    own, rng = style("tshirt"), np.random.default_rng(1)
    designs = [benchmark.design(own, rng) for _ in range(200)]
    for design in designs:
        assert own.resolve(design).items() >= design.items()
    for p in own.parameters:
        chosen = [design[p.name] for design in designs if p.name in design]
        assert 60 < len(chosen) < 140
        if p.kind == "choice":
            assert set(chosen) == set(p.range)


@pytest.mark.slow
def test_a_few_drafts_are_proven_or_refused_in_words(benchmark, everybody):
    tallies = [benchmark.tallied(name, everybody[k % COUNT :][:1]) for k, name in enumerate(styles())]
    for tally in tallies:
        assert tally.drawn == 1
        assert not tally.faults, tally.faults
        assert len(tally.errors) + tally.refused.total() == tally.drawn
        assert max(tally.errors, default=0.0) <= benchmark.WALKED
    meshed = [angle for tally in tallies for angle in tally.angles]
    assert all(0 < angle < np.pi / 3 + 1e-9 for angle in meshed)


def test_faults_crossings_refusals_and_wrong_seams_are_seen(benchmark, everybody, monkeypatch):
    """A style that goes wrong in every way, one after the other."""
    own = style("pencil_skirt")
    corners = [np.array(corner) for corner in ((0.0, 0.0), (0.5, 0.0), (0.5, 0.5), (0.3, -0.3), (0.0, 0.4))]
    sides = zip("abcde", corners, [*corners[1:], corners[0]], strict=True)
    crossed = Piece("crossed", tuple(Edge(name, (Line(p, q),)) for name, p, q in sides), Wrap("flat"))
    turn = iter(("fault", "seam", "crossing", "refusal", "refusal", "refusal"))

    def drafting(measurements, choices):
        pattern = own.drafting(measurements, choices)
        match next(turn):
            case "fault":
                raise KeyError("waist")
            case "seam":
                seam = pattern.seams[0]
                return replace(pattern, seams=(replace(seam, ratio=1.01 * seam.ratio), *pattern.seams[1:]))
            case "crossing":
                return replace(pattern, pieces=(*pattern.pieces, crossed))
            case _:
                raise DraftRefused("Give it 12 cm more, or 3.5.")

    monkeypatch.setattr(benchmark, "style", lambda _name: replace(own, drafting=drafting, slots=()))
    monkeypatch.setattr(benchmark, "design", lambda _own, _rng: {})
    monkeypatch.setattr(benchmark, "MESHED", 10**9)
    tally = benchmark.tallied("pencil_skirt", everybody[1:5])
    assert {kind: times for kind, (times, _) in tally.faults.items()} == {"KeyError: 'waist'": 1}
    assert (np.array(tally.errors) > benchmark.WALKED).tolist() == [True]
    refused = {reason: times for (_, reason), times in tally.refused.items()}
    assert refused.pop("Give it … cm more, or ….") == 1
    assert [("'crossed' crosses itself" in reason, times) for reason, times in refused.items()] == [(True, 1)]
