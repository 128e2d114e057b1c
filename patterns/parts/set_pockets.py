# SPDX-License-Identifier: GPL-3.0-or-later
"""Pockets of tailored clothes: welts and flaps set into a front or a trousers' back, patches laid on a front.

On a divided front they are set over the seam once that is sewn, as W. Aldrich has them (Metric Pattern Cutting for
Women's Wear, 6th ed., "Pockets"; Metric Pattern Cutting for Menswear, 5th ed., "The classic jacket"): so what they are
sewn to is drawn on the front up to the seam and goes on from there on the side panel.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import atan2, cos, sin

import numpy as np

from ..assembly import SIDES, Assembly, Walk, backwards
from ..blocks.bodice import fitted
from ..blocks.lower import Lower
from ..blocks.torso import Half, Torso
from ..curves import Curve, Points, hermite, line, point_along, run_length, solve
from ..pieces import InternalLine, Piece, Side, Wrap, loop, reaches_out
from ..style import Choices, DraftRefused, Measurements, Parameter, Part, ratio
from .seam_pockets import IN_SEAM, NONE

WIDTH = ratio("pocket_width", 0.13, 0.06, 0.2, "Width of the pockets, of the hip, where there is room")
LEVEL = ratio(
    "pocket_level",
    0.25,
    -0.1,
    0.9,
    "How far down the pockets are set, of the way from waist to hem, on a short front as far as they hang clear of it",
)
ANGLE = Parameter("pocket_angle", 0.05, (-0.5, 0.5), "rad", "angle", "By how much the pockets fall towards the side")
WELT = ratio("welt_height", 0.17, 0.08, 0.35, "Height of a welt, of its width")
FLAP = ratio("flap_depth", 0.36, 0.2, 0.6, "Depth of a flap, of its width")
PATCH = ratio("patch_depth", 0.85, 0.6, 1.6, "Depth of a patch pocket, of its width")
_BEFORE = 0.28  # of a pocket's width lies on the front, the rest on the side panel
_ROUND = 0.12  # of a pocket's width: how far its corners are rounded
_QUARTER = 1.657  # tangent that makes a cubic a quarter of a circle
_JET = 0.006  # metres: finished width of the strip that edges the mouth under a flap
_BAG = 1.2  # depth of a bag, of the pocket's width
_HEM = 0.025  # metres turned in at a patch pocket's opening
_SWINGS = 0.35  # radians at most between the sides of a seam that swings out, where a pocket crosses it
_LEAST = 0.05  # metres that a pocket stays wide where it is made narrower
_CLEAR = 0.012  # metres that a pocket keeps from the edges of its piece
_BACK_LEVEL = 0.42  # how far below the waist a welt is set into trousers, of the way to the hip
_NO_ROOM = "There is no room for the pockets: lower pocket_width, change pocket_level, or choose pocket 'none'."


@dataclass(frozen=True)
class Mouth:
    """A straight line across a half on which a pocket is set, from the centre outwards.

    start and end: of the line, in the half's frame, metres. bearers: the piece on which it lies, or the two, and meets:
    the place on it where it passes from one to the other. turn and shift: from the half's frame into the second
    bearer's, so that both sides of the seam between them lie on each other there.
    """

    start: Points
    end: Points
    bearers: tuple[str, ...]
    meets: Points
    turn: Points
    shift: Points

    @property
    def width(self) -> float:
        return float(np.linalg.norm(self.end - self.start))

    @property
    def along(self) -> Points:
        """The unit vector from the centre outwards."""
        return (self.end - self.start) / self.width

    @property
    def up(self) -> Points:
        """The unit vector square to it."""
        return np.array([-self.along[1], self.along[0]])

    def at(self, along: float, up: float) -> Points:
        """The point so many metres beyond the start of the line and above it."""
        return self.start + along * self.along + up * self.up


def _heading(run: tuple[Curve, ...], s: float) -> tuple[Points, Points]:
    """The point of a run `s` metres from its start, and the unit vector in which it goes on."""
    before, after = (point_along(run, s + by) for by in (-1e-5, 1e-5))
    return point_along(run, s), (after - before) / np.linalg.norm(after - before)


def _room(outline: Points, start: Points, way: Points) -> float:
    """How far it is from a point, in the direction of the unit vector `way`, to the far side of a closed polygon."""
    off = (outline - start) @ np.array([[-way[1], way[0]], [way[0], way[1]]]).T  # across the way, and along it
    a, b = off, np.roll(off, -1, axis=0)
    passes = (a[:, 0] > 0) != (b[:, 0] > 0)
    a, b = a[passes], b[passes]
    return float((a[:, 1] - a[:, 0] * (b[:, 1] - a[:, 1]) / (b[:, 0] - a[:, 0])).max(initial=0.0))


def _over_seam(torso: Torso, below: float, hangs: float, c: Choices, m: Measurements) -> Mouth:
    """A line across the front's dividing seam, which it meets as far below the pockets' level as `below` says.

    below: of its width; hangs: how far what is sewn to it reaches down, of its width.
    """
    front = fitted(torso.front)
    rising, falling = front.edges["princess"], dict(front.panel)["princess"]
    foot, whole = float(rising[0].start[1]), run_length(rising)
    wide = c["pocket_width"] * m["hip"]
    hangs += abs(sin(c["pocket_angle"]))
    y = max(front.waist_y - c["pocket_level"] * (front.waist_y - foot) - below * wide, foot + 3 * _CLEAR + hangs * wide)

    def meeting(y: float) -> tuple[Points, Points, Points, Points]:
        """The place at that height and the way up the seam there, on the front and on the panel."""
        s = solve(lambda s: float(point_along(rising, s)[1]) - y, 0.0, whole, "A pocket's place on the dividing seam")
        (other, way), own = _heading(falling, whole - s), _heading(rising, s)
        return *own, other, -way

    places = map(meeting, np.linspace(y, max(y, front.waist_y), 9))
    flat = next((place for place in places if place[1] @ place[3] > cos(_SWINGS)), None)
    if flat is None:
        raise DraftRefused(_NO_ROOM)
    own, own_way, other, other_way = flat
    x, y = own_way @ other_way, own_way[0] * other_way[1] - own_way[1] * other_way[0]
    turn = np.array([[x, -y], [y, x]])
    along = np.array([cos(c["pocket_angle"]), -sin(c["pocket_angle"])])
    outline = np.concatenate([curve.flattened(5e-4)[:-1] for _, run in front.panel for curve in run])
    up = turn @ np.array([-along[1], along[0]])
    rises = (-hangs * wide - _CLEAR, 0.0, below * wide)
    room = min(_room(outline, other + rise * up, turn @ along) for rise in rises) - _CLEAR
    before = _BEFORE + max(-below * along[1], 0.0)  # a slanting pocket leans over the seam above its line
    wide = min(wide, room / (1 - before), (own[0] - 2 * _CLEAR) / (before * along[0]))
    if wide < min(c["pocket_width"] * m["hip"], _LEAST):
        raise DraftRefused(_NO_ROOM)
    start, end = own - before * wide * along, own + (1 - before) * wide * along
    return Mouth(start, end, ("front", "front_side"), own, turn, other - turn @ own)


def _refuse_tight(assembly: Assembly, mouth: Mouth, low: float, high: float) -> None:
    """Refuse a pocket from `low` to `high` metres above its line that comes too near to an edge of its bearers."""
    for bearer, beside in ((mouth.bearers[0], -_CLEAR), (mouth.bearers[-1], mouth.width + _CLEAR)):
        corners = np.stack([mouth.at(beside, up) for up in (low, high)])
        if bearer != mouth.bearers[0]:
            corners = corners @ mouth.turn.T + mouth.shift
        outline = np.concatenate([e.flattened(5e-4)[:-1] for e in assembly.piece(bearer).edges])
        if reaches_out(corners, outline):
            raise DraftRefused(_NO_ROOM)


def _drawn(
    assembly: Assembly, mouth: Mouth, name: str, near: tuple[Curve, ...], far: tuple[Curve, ...]
) -> dict[Side, Walk]:
    """Lines to sew a pocket to: `near` before the seam between the bearers, `far` beyond it, in the half's frame."""
    if len(mouth.bearers) == 1:
        runs = {mouth.bearers[0]: (*near, *far)}
    else:
        beyond = tuple(curve.transformed(mouth.turn, mouth.shift) for curve in far)
        runs = dict(zip(mouth.bearers, (near, beyond), strict=True))
    bearing = [bearer for bearer, run in runs.items() if run]
    for bearer in bearing:
        piece, drawn = assembly.piece(bearer), InternalLine(name, runs[bearer], "seam")
        if reaches_out(drawn.flattened(5e-4), np.concatenate([e.flattened(5e-5)[:-1] for e in piece.edges])):
            raise DraftRefused(_NO_ROOM)
        assembly.change(bearer, internal=(*piece.internal, drawn))
    return {side: tuple(assembly.along(bearer, name, side) for bearer in bearing) for side in SIDES}


def _piece(assembly: Assembly, mouth: Mouth, name: str, c: Choices, *edges: tuple[str, tuple[Curve, ...]]) -> Piece:
    """A pocket's piece, drafted in the half's frame, on the last of its bearers, which has most of it."""
    bearer = assembly.piece(mouth.bearers[-1])
    (x, y), (u, v) = mouth.meets, mouth.turn @ mouth.meets + mouth.shift
    angle = atan2(mouth.turn[1, 0], mouth.turn[0, 0])
    return Piece(
        name,
        loop(*edges),
        Wrap(
            "on",
            anchor=(float(x), float(y)),
            angle=angle,
            host=f"{bearer.name}_{bearer.side}",
            at=(float(u), float(v)),
            layer=1,
        ),
        cut="mirrored",
        side=bearer.side,
        allowance=c["seam_allowance"],
    )


def _hidden(piece: Piece, fabric: str = "main", **fields: object) -> Piece:
    """A piece that lies within, and is not draped."""
    wrap = replace(piece.wrap, layer=-1)
    return replace(piece, wrap=wrap, fabric=fabric, draped=False, **fields)  # type: ignore[arg-type]  # a piece's own


def _rounded(mouth: Mouth, low: float, high: float) -> tuple[tuple[Curve, ...], tuple[Curve, ...]]:
    """From the inner end `high` metres above the line down to `low`, round two corners and up to the outer end.

    In two: to where the line from `low` meets the seam between the bearers, and from there on.
    """
    r, wide = _ROUND * mouth.width, mouth.width
    down, out = -_QUARTER * r * mouth.up, _QUARTER * r * mouth.along
    middle = mouth.meets + low * mouth.up
    begin, a, b = mouth.at(0.0, high), mouth.at(0.0, low + r), mouth.at(r, low)
    d, e, end = mouth.at(wide - r, low), mouth.at(wide, low + r), mouth.at(wide, high)
    near = (line(begin, a), hermite(a, down, b, out), line(b, middle))
    return near, (line(middle, d), hermite(d, out, e, -down), line(e, end))


def _patch(assembly: Assembly, torso: Torso, m: Measurements, c: Choices) -> None:
    mouth = _over_seam(torso, c["patch_depth"], 0.0, c, m)
    deep = c["patch_depth"] * mouth.width
    _refuse_tight(assembly, mouth, -_CLEAR, deep)
    near, far = _rounded(mouth, 0.0, deep)
    walks = _drawn(assembly, mouth, "pocket_line", near, far)
    top = line(far[-1].end, near[0].start)
    pocket = _piece(assembly, mouth, "pocket", c, ("round", (*near, *far)), ("top", (top,)))
    assembly.add(replace(pocket, allowances={"top": _HEM}))
    for side, walk in walks.items():
        assembly.sew(f"pocket_{side}", walk, (assembly.along("pocket", "round", side),), faces="right_wrong")


def _straight(mouth: Mouth) -> tuple[tuple[Curve, ...], tuple[Curve, ...]]:
    """The line itself, to where it meets the seam between its bearers and from there on."""
    far = (line(mouth.meets, mouth.end),) if len(mouth.bearers) > 1 else ()
    return (line(mouth.start, mouth.meets),), far


def _bagged(assembly: Assembly, mouth: Mouth, c: Choices, of: str) -> dict[Side, tuple[Walk, ...]]:
    """The two layers of a bag that hangs below its mouth, sewn to each other; their mouths, for the pocket's seam."""
    low, foot = mouth.at(0.0, -_BAG * mouth.width), mouth.at(mouth.width, -_BAG * mouth.width)
    round_it = (line(mouth.start, low), line(low, foot), line(foot, mouth.end))
    mine = line(mouth.end, mouth.start)
    names = (f"{of}_bag", f"{of}_under_bag")
    for name in names:
        assembly.add(
            _hidden(_piece(assembly, mouth, name, c, ("round", round_it), ("mouth", (mine,))), fabric="lining")
        )
    for side in SIDES:
        a, b = ((assembly.along(name, "round", side),) for name in names)
        assembly.sew(f"{of}_bag_{side}", a, b)
    return {side: tuple(backwards((assembly.along(name, "mouth", side),)) for name in names) for side in SIDES}


def _flap(assembly: Assembly, torso: Torso, m: Measurements, c: Choices) -> None:
    """A flap over a mouth that is edged by a jet."""
    mouth = _over_seam(torso, 0.0, c["flap_depth"], c, m)
    deep = c["flap_depth"] * mouth.width
    _refuse_tight(assembly, mouth, -deep, 0.0)
    walks = _drawn(assembly, mouth, "flap_mouth", *_straight(mouth))
    near, far = _rounded(mouth, -deep, 0.0)
    upper = line(mouth.end, mouth.start)
    flap = _piece(assembly, mouth, "flap", c, ("round", (*near, *far)), ("mouth", (upper,)))
    assembly.add(flap)
    assembly.add(_hidden(flap, name="flap_facing"))
    low, high = mouth.at(0.0, -_JET), mouth.at(mouth.width, -_JET)
    sides = (("end_in", (line(mouth.start, low),)), ("fold", (line(low, high),)), ("end_out", (line(high, mouth.end),)))
    jet = _piece(assembly, mouth, "jet", c, *sides, ("mouth", (upper,)))
    assembly.add(_hidden(jet, doubled="fold", allowances={"fold": 0.0}))
    bag = _bagged(assembly, mouth, c, "flap")
    for side, walk in walks.items():
        outer, inner = ((assembly.along(name, "round", side),) for name in ("flap", "flap_facing"))
        assembly.sew(f"flap_{side}", outer, inner)
        sewn, *layers = (backwards((assembly.along(name, "mouth", side),)) for name in ("flap", "flap_facing", "jet"))
        assembly.sew(f"flap_mouth_{side}", walk, sewn, 1.0, *layers, *bag[side], faces="right_wrong")


def _welt(assembly: Assembly, mouth: Mouth, c: Choices) -> None:
    """A welt that stands up from its mouth, its ends stitched down."""
    high = c["welt_height"] * mouth.width
    _refuse_tight(assembly, mouth, -_CLEAR, high)
    corner, end = mouth.at(0.0, high), mouth.at(mouth.width, high)
    inner, outer = line(corner, mouth.start), line(mouth.end, end)
    lines = {
        "mouth": _drawn(assembly, mouth, "welt_mouth", *_straight(mouth)),
        "end_in": _drawn(assembly, mouth, "welt_end_in", (inner,), ()),
        "end_out": _drawn(assembly, mouth, "welt_end_out", (), (outer,)),
    }
    sides = (("end_in", (inner,)), ("mouth", (line(mouth.start, mouth.end),)), ("end_out", (outer,)))
    welt = _piece(assembly, mouth, "welt", c, *sides, ("top", (line(end, corner),)))
    assembly.add(replace(welt, doubled="top", allowances={"top": 0.0}))
    bag = _bagged(assembly, mouth, c, "welt")
    for edge, walks in lines.items():
        for side, walk in walks.items():
            layers = bag[side] if edge == "mouth" else ()
            sewn = (assembly.along("welt", edge, side),)
            assembly.sew(f"welt_{edge}_{side}", walk, sewn, 1.0, *layers, faces="right_wrong")


def _front_welt(assembly: Assembly, torso: Torso, m: Measurements, c: Choices) -> None:
    _welt(assembly, _over_seam(torso, 0.0, 0.0, c, m), c)


def across(half: Half, y: float) -> tuple[float, float]:
    """The least and the greatest x of a half at the height y, its centre line at x = 0 where it is on the fold."""
    outline = np.concatenate([curve.flattened(5e-4) for run in half.edges.values() for curve in run])
    a, b = outline, np.roll(outline, -1, axis=0)
    passes = (a[:, 1] > y) != (b[:, 1] > y)
    if passes.sum() < 1:
        raise DraftRefused(f"The {half.name} is too short for a pocket: choose pocket 'none', or lower patch_height.")
    a, b = a[passes], b[passes]
    x = a[:, 0] + (y - a[:, 1]) / (b[:, 1] - a[:, 1]) * (b[:, 0] - a[:, 0])
    return (float(x.min()) if len(x) > 1 else 0.0), float(x.max())


def _back_level(lower: Lower, m: Measurements, c: Choices) -> float:
    """How high a back's welt is set: at its level, or as low as a yoke's seam asks for, metres."""
    seam = [float(end[1]) for curve in lower.back.edges.get("yoke", ()) for end in (curve.start, curve.end)]
    high = c["welt_height"] * c["pocket_width"] * m["hip"]
    return min([-_BACK_LEVEL * (m["waist_to_hip"] - lower.above), *(y - high - 2 * _CLEAR for y in seam)])


def _shorter_darts(lower: Lower, m: Measurements, c: Choices) -> Lower:
    """The back's darts end above its pockets."""
    top = _back_level(lower, m, c) + c["welt_height"] * c["pocket_width"] * m["hip"] + _CLEAR
    darts = tuple(replace(d, depth=min(d.depth, -top)) for d in lower.back.darts.get("waist", ()))
    return replace(lower, back=replace(lower.back, darts={**lower.back.darts, "waist": darts}))


def _back_welt(assembly: Assembly, lower: Lower, m: Measurements, c: Choices) -> None:
    """A welt in each back, in the middle between the centre and the side, as wide as there is room."""
    y, wide = _back_level(lower, m, c), c["pocket_width"] * m["hip"]
    (low, high), above = (across(lower.back, y + rise) for rise in (0.0, c["welt_height"] * wide + _CLEAR))
    low, high = max(low, above[0]), min(high, above[1])
    wide = min(wide, high - low - 3 * _CLEAR)
    start, end = np.array([(low + high - wide) / 2, y]), np.array([(low + high + wide) / 2, y])
    _welt(assembly, Mouth(start, end, ("back",), end, np.eye(2), np.zeros(2)), c)


_NEEDS = ("hip",)
FLAP_POCKETS = Part(
    "flap", "Flap", "Pockets under flaps, set into the fronts", (WIDTH, LEVEL, ANGLE, FLAP), _NEEDS, attach=_flap
)
WELT_POCKETS = Part(
    "welt", "Welt", "Pockets with a welt, set into the fronts", (WIDTH, LEVEL, ANGLE, WELT), _NEEDS, attach=_front_welt
)
PATCH_POCKETS = Part(
    "patch", "Patch", "Patch pockets on the fronts", (WIDTH, LEVEL, ANGLE, PATCH), _NEEDS, attach=_patch
)
BACK_WELT = Part(
    "welt", "Welt", "A pocket with a welt in each back", (WIDTH, WELT), shape=_shorter_darts, attach=_back_welt
)
FRONTS = (NONE, FLAP_POCKETS, WELT_POCKETS, PATCH_POCKETS, IN_SEAM)
WAISTCOAT = (NONE, WELT_POCKETS, FLAP_POCKETS)
