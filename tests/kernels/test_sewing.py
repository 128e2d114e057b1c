# SPDX-License-Identifier: GPL-3.0-or-later
"""What is sewn on: elastic that draws in, folds that bear no moment, trims that weigh, pockets and layers that hold."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("warp")
pytest.importorskip("cvxopt")

from scipy.optimize import brentq
from toile.bodies import avatar
from toile.patterns import Pattern
from toile.patterns.curves import line
from toile.patterns.pieces import Elastic, InternalLine, Piece, Pleat, Trim, Wrap, loop
from toile.patterns.seams import Fastening, Zip, seam
from toile.sim import Cloth, build_cloth, mechanics
from toile.sim import cloth as cloth_file
from toile.sim.drape import Watch, Wishes, unfelt
from toile.sim.engines.style3d import _hinges, _sheet_scene
from toile.sim.engines.toile import ToileEngine
from toile.sim.implicit.bending import bending_matrix
from toile.sim.implicit.elastic import Threads
from toile.sim.implicit.kernels.membrane import BUCKLED, COMPRESSION
from toile.sim.implicit.membrane import elements
from toile.sim.implicit.newton import Garment, SewnOn, relax
from toile.sim.intersections import self_intersections
from toile.sim.laboratory.meshes import Cut, strip
from toile.sim.sheet import Sheet
from toile.worker.protocol import MAGIC, Decoder, Message, encode
from toile.worker.records import pack, unpack

GRAVITY = 9.80665
POPLIN = mechanics("cotton_poplin")
LIMP = replace(  # next to nothing: what is sewn on decides
    POPLIN, density=0.005, stretch_warp=5.0, stretch_weft=5.0, shear=5.0, bend_warp=1e-8, bend_weft=1e-8
)
random = st.integers(0, 2**31)


def along(path, ratio, stiffness, at):
    """Elastic along a path of vertices, relaxed at `ratio` of its length in the positions `at`."""
    ends = np.stack([path[:-1], path[1:]], axis=1).astype(np.int32)
    rest = ratio * np.linalg.norm(np.diff(at[path], axis=0), axis=1)
    return Threads(ends, rest, np.full(len(rest), stiffness))


def garment(uv, faces, fabric, held, threads=None, mass=None, creased=None, pressed=None, gravity=GRAVITY):
    nothing = SewnOn.nothing(len(faces), len(uv))
    on = SewnOn(
        nothing.threads if threads is None else threads,
        nothing.creased if creased is None else creased,
        nothing.pressed if pressed is None else pressed,
        nothing.mass if mass is None else mass,
    )
    rest, which = elements(uv[faces]), np.zeros(len(faces), np.int32)
    down = (0.0, 0.0, -gravity)
    return Garment(faces, uv[faces], rest, which, [fabric], len(uv), down, held, "cpu", sewn_on=on)


def hanging(length=0.3, width=0.02, h=0.02):
    """A strip that hangs from z = 0: positions, uv with the warp along it, faces."""
    cut = Cut(h, "regular")
    flat = strip(cut, np.arange(0.0, length + h / 2, h), width)
    x = np.column_stack([flat.points[:, 1], np.zeros(len(flat.points)), -flat.points[:, 0]])
    return x, cut.uv(flat.points), flat.faces.astype(np.int32)


# ---- Elastic ----


@settings(max_examples=20)
@given(random, st.floats(0.3, 1.2).filter(lambda ratio: abs(ratio - 1.0) > 1e-4))  # at 1 they begin to pull: a kink
def test_elastics_forces_and_their_slopes_are_those_of_its_energy(seed, ratio):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(9, 3))
    threads = along(rng.permutation(9), ratio, 30.0, x)
    way, step = rng.normal(size=x.shape), 1e-6
    slope = (threads.energy(x + step * way) - threads.energy(x - step * way)) / (2 * step)
    assert slope == pytest.approx(np.sum(threads.gradient(x) * way), rel=1e-5, abs=1e-7)
    dense = np.zeros((9, 9, 3, 3))
    np.add.at(dense, (threads.rows, threads.columns), threads.blocks(x))
    dense = dense.transpose(0, 2, 1, 3).reshape(27, 27)
    bent = (threads.gradient(x + step * way) - threads.gradient(x - step * way)) / (2 * step)
    np.testing.assert_allclose(dense @ way.ravel(), bent.ravel(), atol=1e-4 * max(1.0, np.abs(bent).max()))
    assert np.linalg.eigvalsh(dense).min() > -1e-9
    np.testing.assert_allclose(threads.gradient(x).sum(axis=0), 0.0, atol=1e-12)


def test_slack_elastic_does_not_push():
    x = np.random.default_rng(1).normal(size=(5, 3))
    threads = along(np.arange(5), 1.5, 100.0, x)
    assert threads.energy(x) == 0.0
    assert not threads.gradient(x).any()
    assert not threads.blocks(x).any()


def side_by_side(*parts):
    return Threads(*(np.concatenate([getattr(p, name) for p in parts]) for name in ("ends", "rest", "stiffness")))


@pytest.mark.parametrize(("ratio", "weight"), [(0.6, 6.0), (1.0, 0.5), (0.8, 3.0)])
def test_a_strip_with_elastic_edges_lengthens_under_a_weight_as_the_law_says(ratio, weight):
    """Two bands of k newtons beside a cloth of Y newtons a metre: weight = 2 k (λ / ratio - 1) + Y w (λ - 1)."""
    x, uv, faces = hanging()
    top, bottom = np.isclose(x[:, 2], 0.0), np.isclose(x[:, 2], -0.3)
    edges = [np.flatnonzero(np.isclose(x[:, 0], side)) for side in (0.0, 0.02)]
    bands = side_by_side(*(along(edge, ratio, 4.0, x) for edge in edges))
    mass = np.where(bottom, weight / GRAVITY / bottom.sum(), 0.0)
    cloth = garment(uv, faces, LIMP, top, bands, mass)
    at = relax(cloth, x, 1e-8, 300)[0]
    # Of the cloth's own weight a half hangs below its middle.
    hung = weight + 0.5 * LIMP.density * 0.3 * 0.02 * GRAVITY
    stretch = brentq(lambda s: 8.0 * max(s / ratio - 1, 0.0) + 5.0 * 0.02 * (s - 1) - hung, 0.3, 5.0)
    assert -at[bottom, 2].mean() == pytest.approx(0.3 * stretch, rel=1e-4)


def test_a_tube_is_drawn_in_until_its_push_holds_the_elastics_pull():
    """Rows of elastic round a tube: k (λ / ratio - 1) a row against the cloth's compression over the row's height."""
    n, rows, h, k, ratio = 24, 5, 0.02, 0.05, 0.5
    flat = strip(Cut(h, "regular"), np.arange(rows) * h, n * h)  # its last column is sewn to the first
    i, j = np.divmod(np.arange(len(flat.points)), n + 1)
    weld = i * n + j % n
    angle, radius = 2 * np.pi * np.arange(n) / n, h / 2 / np.sin(np.pi / n)
    ring = np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])
    x = np.concatenate([np.column_stack([ring, np.full(n, row * h)]) for row in range(rows)])
    loops = [along(np.append(np.arange(n), 0) + row * n, ratio, k, x) for row in range(rows)]
    # The outer rows have half of an inner one's cloth beside them.
    loops = [replace(t, stiffness=t.stiffness / (2 if row in (0, rows - 1) else 1)) for row, t in enumerate(loops)]
    corners = Cut(h, "regular").uv(flat.points)[flat.faces]
    faces, nothing = weld[flat.faces].astype(np.int32), SewnOn.nothing(len(flat.faces), len(x))
    on = replace(nothing, threads=side_by_side(*loops))
    free = np.zeros(len(x), bool)
    which = np.zeros(len(faces), np.int32)
    cloth = Garment(faces, corners, elements(corners), which, [LIMP], len(x), (0, 0, 0), free, "cpu", sewn_on=on)
    at = relax(cloth, x, 1e-9, 60)[0]

    def pull(stretch):
        pushed = np.where(
            1 - stretch > BUCKLED, BUCKLED * (1 + COMPRESSION) / 2 + COMPRESSION * (1 - stretch - BUCKLED), 0
        )
        return k * (stretch / ratio - 1) - LIMP.stretch_weft * h * pushed

    sides = np.linalg.norm(at.reshape(rows, n, 3) - np.roll(at.reshape(rows, n, 3), 1, axis=1), axis=2)
    np.testing.assert_allclose(sides / h, brentq(pull, ratio, 0.99), rtol=1e-4)


# ---- Creases ----


def creased_at(faces, x, height):
    """(m, 3) the edges at a height, by the corner that they are opposite to."""
    return np.stack(
        [np.isclose(x[faces[:, [(k + 1) % 3, (k + 2) % 3]], 2], height).all(axis=1) for k in range(3)], axis=1
    )


@settings(max_examples=15)
@given(random, st.integers(2, 12))
def test_cloth_bends_at_a_crease_as_if_it_were_cut_there(seed, row):
    x, uv, faces = hanging(width=0.06)
    rest, rigid = elements(uv[faces]), np.random.default_rng(seed).uniform(1e-6, 1e-4, (2, len(faces)))
    height = -0.02 * row
    whole = bending_matrix(faces, uv[faces], rest, *rigid, len(x), None, creased_at(faces, x, height))
    above = x[faces, 2].mean(axis=1) > height
    parts = [
        bending_matrix(faces[part], uv[faces[part]], elements(uv[faces[part]]), *rigid[:, part], len(x))
        for part in (above, ~above)
    ]
    assert np.abs(whole - parts[0] - parts[1]).max() < 1e-12 * np.abs(whole).max()


def test_a_strip_hangs_plumb_below_a_crease():
    """A shelf of stiff cloth, and beyond its edge a fold that no moment passes."""
    h, shelf = 0.01, 0.02
    cut = Cut(h, "alternate")
    flat = strip(cut, np.arange(0.0, 0.12 + h / 2, h), 0.03)
    x, uv, faces = flat.lifted, cut.uv(flat.points), flat.faces.astype(np.int32)
    creased = creased_at(faces, x[:, [1, 2, 0]], shelf)
    held = flat.points[:, 0] <= shelf + 1e-9
    bent = x.copy()
    beyond = ~held
    bent[beyond, 2] = -(x[beyond, 0] - shelf) * np.sin(0.9)
    bent[beyond, 0] = shelf + (x[beyond, 0] - shelf) * np.cos(0.9)
    stiff = replace(POPLIN, bend_warp=1e-4, bend_weft=1e-4)
    at, state, *_ = relax(garment(uv, faces, stiff, held, creased=creased), bent, 1e-9, 400)
    assert state.residual <= 1e-9
    assert np.abs(at[beyond, 0] - shelf).max() < 1e-8
    # And without the crease it stands out.
    at = relax(garment(uv, faces, stiff, held), bent, 1e-6, 400)[0]
    assert at[beyond, 0].max() > shelf + 0.02


def turned(x, edge, angle):
    """Positions (n, 3), flat in z = 0, with what lies beyond x = `edge` turned over it by an angle."""
    beyond = np.maximum(x[:, 0] - edge, 0.0)
    return np.column_stack([x[:, 0] - beyond * (1 - np.cos(angle)), x[:, 1], beyond * np.sin(angle)])


@settings(max_examples=25)
@given(st.floats(0.0, np.pi), st.sampled_from(["regular", "alternate"]))
def test_a_pressed_fold_opens_against_the_moment_of_a_tight_bend(angle, mesh):
    cut, edge, width = Cut(0.01, mesh), 0.05, 0.04
    flat = strip(cut, np.arange(0.0, 0.105, 0.01), width)
    x, uv, faces = flat.lifted, cut.uv(flat.points), flat.faces.astype(np.int32)
    fold, rigid = creased_at(faces, x[:, [1, 2, 0]], edge), np.full(len(faces), 2e-5)
    q = bending_matrix(faces, uv[faces], elements(uv[faces]), rigid, rigid, len(x), None, fold, fold)
    at = turned(x, edge, angle)
    assert 0.5 * np.sum(at * (q @ at)) == pytest.approx(width * 2e-5 / 0.002 * (1 + np.cos(angle)), abs=1e-12)


def test_what_is_pressed_turns_over_by_itself():
    cut, edge = Cut(0.01, "alternate"), 0.05
    flat = strip(cut, np.arange(0.0, 0.105, 0.01), 0.03)
    x, uv, faces = flat.lifted, cut.uv(flat.points), flat.faces.astype(np.int32)
    fold, held = creased_at(faces, x[:, [1, 2, 0]], edge), flat.points[:, 0] <= edge + 1e-9
    hanging = garment(uv, faces, POPLIN, held, creased=fold, pressed=fold, gravity=0.0)
    at = relax(hanging, turned(x, edge, 1.0), 1e-9, 400)[0]
    np.testing.assert_allclose(at, turned(x, edge, np.pi), atol=1e-6)


# ---- Trims ----


@settings(max_examples=8)
@given(random)
def test_what_holds_a_strip_bears_its_cloth_and_its_trims(seed):
    x, uv, faces = hanging(width=0.06)
    held = np.isclose(x[:, 2], 0.0)
    mass = np.random.default_rng(seed).uniform(0.0, 0.003, len(x))
    cloth = garment(uv, faces, POPLIN, held, mass=mass)
    gradient = relax(cloth, x, 1e-9, 200)[2].gradient
    weight = (POPLIN.density * 0.3 * 0.06 + mass.sum()) * GRAVITY
    np.testing.assert_allclose(gradient[held].sum(axis=0), [0.0, 0.0, weight], atol=1e-7 * weight)


# ---- A cloth with things sewn on ----


def rectangle(name, width, height, wrap=None, **more):
    corners = [(0.0, 0.0), (width, 0.0), (width, height), (0.0, height)]
    edges = loop(*zip(("hem", "right", "top", "left"), map(line, corners, corners[1:] + corners[:1]), strict=True))
    return Piece(name, edges, wrap or Wrap("torso", "waist_front"), **more)


def ruled(name, *points, **more):
    return InternalLine(name, tuple(map(line, points, points[1:])), **more)


def patch_pocket():
    """A sheet with a pocket sewn on by three edges, its opening drawn in by elastic, and buttoned in the middle."""
    lines = (
        ruled("p_left", (0.1, 0.26), (0.1, 0.1), kind="seam"),
        ruled("p_hem", (0.1, 0.1), (0.24, 0.1), kind="seam"),
        ruled("p_right", (0.24, 0.1), (0.24, 0.26), kind="seam"),
    )
    front = rectangle("front", 0.34, 0.34, internal=lines, trims=(Trim("button", "button", (0.17, 0.25), mass=0.002),))
    pocket = rectangle(
        "pocket",
        0.14,
        0.16,
        Wrap("on", host="front", at=(0.1, 0.1), layer=1),
        elastics=(Elastic("top", 0.8, 10.0),),
        trims=(Trim("hole", "buttonhole", (0.07, 0.15)),),
    )
    return Pattern(
        "sheet",
        "sheet",
        (front, pocket),
        (seam("pocket", "pocket.left pocket.hem pocket.right", "front.p_left front.p_hem front.p_right"),),
        fastenings=(Fastening("buttoned", "pocket.hole", "front.button"),),
    )


def laid_flat(panels, points, _faces, sewing, *_rest, untangle):
    """In place of a body: panels upright before it, layers 3 mm apart, together where they are sewn."""
    placed = []
    start = 0
    for panel in panels:
        flat = points[panel.name]
        sewn = np.unique(sewing)
        sewn = sewn[(sewn >= start) & (sewn < start + len(flat))] - start
        apart = np.linalg.norm(flat[:, None] - flat[sewn], axis=2).min(axis=1, initial=1.0)
        x, z = (flat + panel.wrap.at).T
        placed.append(np.column_stack([x, -0.6 - 0.003 * panel.wrap.layer * np.minimum(apart / 0.02, 1.0), z + 0.5]))
        start += len(flat)
    return np.concatenate(placed), np.concatenate(placed)


@cache
def body():
    return avatar({})


@pytest.fixture
def sewn(monkeypatch):
    monkeypatch.setattr(cloth_file, "place_panels", laid_flat)
    return lambda pattern, h=0.02: build_cloth(pattern, body(), h)


def at_panel(cloth, name):
    return cloth.panel == cloth.panel_names.index(name)


@pytest.mark.slow
def test_a_pocket_is_welded_on_lies_on_its_host_and_keeps_clear_of_it(sewn):
    cloth = sewn(patch_pocket())
    x = cloth.welded(cloth.vertices)
    top = np.flatnonzero(np.isclose(x[:, 2], x[:, 2].max()))
    wishes = Wishes(pinned=top.astype(np.int32))
    fabrics = {"self": mechanics("cotton_poplin")}
    drape = ToileEngine().drape(cloth, body(), fabrics, Watch(lambda *_: None, lambda: False), wishes)
    report = drape.report
    assert report.settled
    assert report.seam_gap_max == 0.0
    assert report.self_intersections == len(self_intersections(drape.positions, drape.faces)) == 0
    assert not report.notes
    np.testing.assert_array_equal(drape.positions[top], x[top])
    # The elastic has drawn the opening in, and is what still pulls.
    threads = Threads(cloth.weld[cloth.elastic], cloth.elastic_rest, cloth.elastic_stiffness)
    assert cloth.elastic_rest.sum() < threads.lengths(drape.positions).sum() < 0.14 - 0.002
    assert report.energies["elastic"] == pytest.approx(threads.energy(drape.positions))
    # The pocket is before the sheet: from its middle the sheet lies behind.
    middle = drape.positions[cloth.weld[at_panel(cloth, "pocket")]].mean(axis=0)
    front = drape.positions[np.unique(cloth.weld[at_panel(cloth, "front")])]
    behind = front[np.argsort(np.linalg.norm((front - middle)[:, [0, 2]], axis=1))[:6]]
    assert (middle[1] < behind[:, 1]).all()


def test_a_pocket_hangs_on_its_host_as_on_a_hinge(sewn):
    """Sheet and pocket bend each for itself: the sheet on under the pocket's seam, the pocket not at all across it."""
    cloth = sewn(patch_pocket())
    uv, rigid = cloth.uv[cloth.faces], np.random.default_rng(2).uniform(1e-6, 1e-4, (2, len(cloth.faces)))

    def q(chosen, creased=None):
        corners = uv[chosen]
        args = (elements(corners), *rigid[:, chosen], cloth.welded_count, None, creased)
        return bending_matrix(cloth.welded_faces[chosen], corners, *args)

    of_front = at_panel(cloth, "front")[cloth.faces[:, 0]]
    whole = q(np.ones(len(uv), bool), cloth.creased)
    assert np.abs(whole - q(of_front) - q(~of_front)).max() < 1e-12 * np.abs(whole).max()


def test_every_layer_of_a_seam_is_welded_to_the_others(sewn):
    names = ("collar", "bodice", "facing", "interlining")
    pieces = tuple(rectangle(name, 0.2, 0.1) for name in names)
    pattern = Pattern(
        "p", "p", pieces, (seam("neck", "bodice.top", "collar.hem", 1.0, "facing.top", "interlining.top"),)
    )
    cloth = sewn(pattern, 0.013)
    joined = np.bincount(cloth.weld)[cloth.weld]
    for name, edge in zip(names, ("hem", "top", "top", "top"), strict=True):
        v = cloth.uv[:, 1]
        mine = at_panel(cloth, name) & np.isclose(v, 0.0 if edge == "hem" else 0.1)
        assert mine.sum() == 16
        np.testing.assert_array_equal(joined[mine], 4)
    assert (joined > 1).sum() == 4 * 16
    # Bodice and collar go on in each other; what else is caught in the seam hangs from it.
    assert {cloth.panel_names[k] for k in cloth.panel[cloth.creases[:, 0]]} == {"facing", "interlining"}


def test_a_pleat_is_free_where_it_is_folded_and_its_cover_goes_on_in_the_band(sewn):
    corners = [(0.0, 0.0), (0.4, 0.0), (0.4, 0.3), (0.3, 0.3), (0.25, 0.3), (0.2, 0.3), (0.15, 0.3), (0.0, 0.3)]
    # From the right: what lies on the pleat, its two hidden stretches, and the other end.
    names = ("hem", "right", "rest", "out", "in", "cover", "first", "left")
    edges = loop(*zip(names, map(line, corners, corners[1:] + corners[:1]), strict=True))
    pleat = Pleat("p", ((0.2, 0.3), (0.2, 0.0)), ((0.3, 0.3), (0.3, 0.0)))
    skirt = Piece("skirt", edges, Wrap("torso", "waist_front"), pleats=(pleat,))
    band = rectangle("band", 0.3, 0.04)
    seams = (
        seam("pleat", "skirt.in", "-skirt.out", 1.0, "skirt.cover"),
        seam("waist", "band.hem", "-skirt.first -skirt.cover -skirt.rest"),
    )
    cloth = sewn(Pattern("p", "p", (skirt, band), seams))
    u, v = (cloth.uv[cloth.creases].mean(axis=1)).T
    assert (cloth.panel[cloth.creases] == cloth.panel_names.index("skirt")).all()
    on_top = np.isclose(v, 0.3)
    assert ((u[on_top] > 0.2) & (u[on_top] < 0.3)).all()
    assert set(np.round(u[~on_top], 9)) == {0.2, 0.25}
    length = np.linalg.norm(np.diff(cloth.uv[cloth.creases], axis=1)[:, 0], axis=1)
    assert length.sum() == pytest.approx(2 * 0.3 + 0.1)


def test_elastic_runs_along_its_line_and_is_shorter_by_its_ratio(sewn):
    casing = ruled("casing", (0.0, 0.2), (0.3, 0.2))
    more = {"internal": (casing,), "elastics": (Elastic("casing", 0.7, 45.0), Elastic("top", 0.5))}
    cloth = sewn(Pattern("p", "p", (rectangle("skirt", 0.3, 0.25, **more),), ()))
    flat = np.linalg.norm(np.diff(cloth.uv[cloth.elastic], axis=1)[:, 0], axis=1)
    on_top = np.isclose(cloth.uv[cloth.elastic][:, :, 1], 0.25).all(axis=1)
    np.testing.assert_allclose(cloth.elastic_rest, np.where(on_top, 0.5, 0.7) * flat)
    np.testing.assert_allclose(cloth.elastic_stiffness, np.where(on_top, 30.0, 45.0))
    assert flat[on_top].sum() == pytest.approx(0.3)
    assert flat[~on_top].sum() == pytest.approx(0.3)


@settings(max_examples=20)
@given(st.lists(st.tuples(st.floats(0.0, 0.3), st.floats(0.0, 0.25), st.floats(1e-4, 0.02)), min_size=1, max_size=5))
def test_trims_weigh_what_they_weigh_where_they_are(found):
    trims = tuple(Trim(f"b{k}", "button", (x, y), mass=m) for k, (x, y, m) in enumerate(found))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cloth_file, "place_panels", laid_flat)
        cloth = build_cloth(Pattern("p", "p", (rectangle("front", 0.3, 0.25, trims=trims),), ()), body(), 0.03)
    masses = np.array([m for *_, m in found])
    assert cloth.trim_mass.sum() == pytest.approx(masses.sum())
    assert (cloth.trim_mass >= 0).all()
    moment = cloth.trim_mass @ cloth.uv
    np.testing.assert_allclose(moment, masses @ np.array([at for *at, _ in found]), atol=1e-12)


def test_a_zip_weighs_along_its_seam_alone(sewn):
    fronts = tuple(rectangle(name, 0.2, 0.3) for name in ("one", "two"))
    closed = seam("front", "one.right", "-two.left", zip=Zip(0.05))
    cloth = sewn(Pattern("p", "p", fronts, (closed,)))
    assert cloth.trim_mass.sum() == pytest.approx(0.05 * 0.3)
    assert set(np.flatnonzero(cloth.trim_mass)) == set(np.unique(cloth.sewing))
    assert cloth.welded_mass.sum() == pytest.approx(0.05 * 0.3)
    assert sewn(Pattern("p", "p", fronts, (seam("front", "one.right", "-two.left"),))).trim_mass is None


def test_a_fastening_welds_its_two_trims_and_no_more(sewn):
    cloth = sewn(patch_pocket())
    assert cloth.seam_names == ("pocket", "buttoned")
    ((over, under),) = cloth.sewing[cloth.seam_of == 1]
    assert [cloth.panel_names[cloth.panel[k]] for k in (over, under)] == ["pocket", "front"]
    assert cloth.weld[over] == cloth.weld[under]
    assert np.bincount(cloth.weld)[cloth.weld[over]] == 2
    np.testing.assert_allclose(cloth.uv[under] - cloth.uv[cloth.panel == 0].min(axis=0), [0.17, 0.25], atol=1e-9)


def test_pieces_that_are_not_draped_are_left_out(sewn):
    pattern = patch_pocket()
    hidden = replace(pattern, pieces=(pattern.pieces[0], replace(pattern.pieces[1], draped=False)))
    cloth = sewn(hidden)
    assert cloth.panel_names == ("front",)
    assert not len(cloth.sewing)
    assert not len(cloth.elastic)


def test_a_cloth_with_all_of_it_goes_to_the_worker_and_back(sewn):
    cloth = sewn(patch_pocket())
    values, arrays = pack(cloth, "cloth")
    decoder = Decoder()
    (message,) = decoder.feed(MAGIC + encode(Message("drape", values, arrays)))
    back = unpack(Cloth, message.fields, message.arrays, "cloth")
    for name in Cloth.__dataclass_fields__:
        a, b = getattr(cloth, name), getattr(back, name)
        assert np.array_equal(a, b) and a.dtype == b.dtype if isinstance(a, np.ndarray) else a == b


# ---- Engines that know less ----


def test_what_an_engine_cannot_feel_it_says(sewn):
    everything, nothing = sewn(patch_pocket()), sewn(Pattern("p", "p", (rectangle("front", 0.2, 0.2),), ()))
    kinds = ("elastic", "folds", "trims")
    said = unfelt(everything, Wishes(), "Blender's cloth", *kinds)
    assert len(said) == 2  # panels that are not welded have no bending between them: a pocket's edge is free as it is
    assert all(sentence.startswith("Blender's cloth") for sentence in said)
    assert unfelt(everything, Wishes(), "Style3D", "elastic")[0].startswith("Style3D does not feel elastic")
    assert unfelt(nothing, Wishes(), "Blender's cloth", *kinds, "wind") == ()
    assert unfelt(nothing, Wishes(wind=(0.0, 3.0, 0.0)), "Style3D", "wind")[0].startswith("Style3D does not feel wind")
    turned = ruled("turn", (0.0, 0.05), (0.2, 0.05), kind="fold", turn=-np.pi)
    hemmed = sewn(Pattern("p", "p", (rectangle("front", 0.2, 0.2, internal=(turned,)),), ()))
    assert unfelt(hemmed, Wishes(), "Blender's cloth", *kinds)[0].startswith("Blender's cloth folds cloth as if")


def test_style3d_tells_no_hinge_at_a_crease_and_leaves_the_others():
    x, uv, faces = hanging(width=0.06)
    scene = _sheet_scene(Sheet(x, uv, faces), POPLIN)
    keys, whole = _hinges(scene)
    creased = creased_at(faces, x, -0.1)
    same, told = _hinges(replace(scene, creased=creased))
    np.testing.assert_array_equal(keys, same)
    ends = np.stack(np.divmod(keys, len(x)), axis=1)
    at_crease = np.isclose(x[ends, 2], -0.1).all(axis=1)
    inner = whole > 0.0
    assert at_crease.sum() == 3
    assert not told[at_crease].any()
    np.testing.assert_array_equal(told[~at_crease & inner], whole[~at_crease & inner])
