# SPDX-License-Identifier: GPL-3.0-or-later
"""The fitted torso: front and back with bust and waist darts, ending at the waist or continued to a hem below it.

After W. Aldrich, Metric Pattern Cutting for Women's Wear, 6th ed., "The close fitting bodice block" and "The tailored
jacket block": the bust dart takes up what the front is longer than the back, side seam and waist darts share what the
waist is smaller than the bust. What a full bust is rounder than the ribs is given to the front alone. A dart is turned
about the bust point into another edge ("true rotation"), or two darts that point to one another become a dividing seam
(H. Joseph-Armstrong, Patternmaking for Fashion Design, 5th ed., "Principle of dart manipulation", "Princess line").
Origin: centre line at the height of the neck side point; x from the centre line to the side, y up; metres.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import atan2, cos, hypot, sin, sqrt, tan

import numpy as np

from ..curves import Cubic, Curve, Points, cubic, hermite, line, point, solve
from ..parts.darts import LEAST_INTAKE, Dart, run_length, stretch
from ..style import Choices, DraftRefused, Measurements, ease, length, ratio
from .torso import Half, Name, Torso, armhole

EDGES = ("hem", "side", "armhole", "shoulder", "neckline")  # of a half, anticlockwise from the centre line
_PITCH = 0.38  # of the armhole's height: where it runs upright
_ARMHOLE_OVER_SLEEVE = 1.1
_CLEAR = 0.012  # metres that a dart's mouth keeps from the ends of its edge
_WIDEST_DART = 0.9  # radians; a rounder bust would need a second dart
_CUP_IN_FRONT = 16.0  # a half's front is wider than its back by two of these parts of what the bust is over the ribs
_MOST_IN_ONE_SEAM = 0.05  # metres that a dividing seam may take in at the waist

SHELL = (
    ease("bust_ease", 0.06, -0.08, 0.30, "Room about the bust"),
    ease("waist_ease", 0.04, -0.08, 0.40, "Room about the waist"),
    ratio("shoulder_width", 1.0, 0.7, 1.2, "Shoulder of the garment over the shoulder of the body"),
    length("armhole_depth", 0.015, 0.0, 0.08, "How far the armhole lies below the armpit"),
    ratio("side_shaping", 0.4, 0.0, 1.0, "Share of the waist's suppression taken by the side seam"),
    length("seam_allowance", 0.012, 0.004, 0.03, "Allowance along sewn edges"),
    length("hem_allowance", 0.03, 0.0, 0.06, "Allowance turned up at the hem"),
)
SKIRT = (
    ease("hip_ease", 0.06, -0.08, 0.60, "Room about the hip"),
    ratio("skirt_length", 0.95, 0.12, 1.75, "From waist to hem, of the way from waist to knee"),
    ratio("waist_shaping", 1.0, 0.0, 1.0, "How far the garment follows the waist: 0 straight, 1 fitted"),
    length("flare", 0.0, -0.04, 0.30, "How far each seam swings out from hip to hem"),
)
# fmt: off
MEASUREMENTS = (
    "bust", "underbust", "waist", "hip", "neck", "across_back_shoulder", "shoulder_slope", "back_waist_length",
    "front_waist_length", "neck_point_to_bust", "bust_point_distance", "armscye_depth", "armscye_girth", "across_back",
    "across_front", "waist_to_hip", "waist_to_knee",
)
# fmt: on


@dataclass(frozen=True)
class FittedHalf(Half):
    """A half that has darts.

    pivot: the point about which darts turn: the bust point, or that of the shoulder blade. waist_y: its waist line.
    waist_intake: what a dividing seam takes in there where the half goes on below the waist, and hip_y where that ends.
    flare: by how much each side of a dividing seam swings out at the hem. panel: the side panel that it was divided
    from, a closed loop of (edge, curves), of which "princess" runs up along the half's.
    """

    pivot: Points = None  # type: ignore[assignment]  # always given; a dataclass wants defaults after defaults
    waist_y: float = 0.0
    waist_intake: float = 0.0
    hip_y: float = 0.0
    flare: float = 0.0
    panel: tuple[tuple[str, tuple[Curve, ...]], ...] = ()

    @property
    def waist(self) -> float:
        """Width at the waist, metres, all that is to be taken in taken in; before it is divided."""
        hem = sum(d.intake for d in self.darts.get("hem", ()))
        return float(self.edges["side"][-1].start[0]) - self.waist_intake - hem

    @property
    def tip(self) -> Points:
        """The shoulder tip."""
        return self.cut_off.get("shoulder", self.edges["shoulder"])[0].start


def fitted(half: Half) -> FittedHalf:
    """The half, if it has darts; raises DraftRefused."""
    if not isinstance(half, FittedHalf):
        raise DraftRefused("This garment's shell has no darts to be turned or divided: choose shaping 'none'.")
    return half


def _held(at: float, intake: float, whole: float) -> float:
    """The middle of a dart's mouth, kept clear of both ends of its edge."""
    clear = min(_CLEAR, (whole - intake) / 3) + intake / 2
    return float(np.clip(at, clear, whole - clear))


def _foot(run: Curve, from_point: Points, intake: float) -> tuple[float, Points]:
    """Where a dart's mouth lies on a straight edge so that it looks at the point, and the unit normal there, inwards."""
    way = (run.end - run.start) / run.length
    at = _held(float((from_point - run.start) @ way), intake, run.length)
    return at, np.array([-way[1], way[0]])


def fitted_torso(m: Measurements, c: Choices, arm: float = 0.0, *, skirt: bool = False, divided: bool = False) -> Torso:
    """The shell with its darts, its neckline at the neck's base.

    arm: the least girth of a sleeve to be set in, metres. skirt: goes on below the waist, by the parameters SKIRT;
    then only dividing seams can take in the waist beyond the side seams' share. Raises DraftRefused.
    """
    slope, neck, nape = m["shoulder_slope"], m["neck"] / 5.4, m["neck"] / 16
    cup = float(np.clip((m["bust"] - m["underbust"]) / _CUP_IN_FRONT, 0.0, 0.025))
    quarters: dict[Name, float] = {
        name: (m["bust"] + c["bust_ease"]) / 4 + sign * cup for name, sign in (("front", 1), ("back", -1))
    }
    tip_x = m["across_back_shoulder"] / 2 * c["shoulder_width"]
    if tip_x - neck < 0.02:
        raise DraftRefused("No shoulder is left beside the neck: raise shoulder_width.")
    tip = point((tip_x, -(tip_x - neck) * tan(slope)))

    def armholes_at(y: float) -> dict[Name, tuple[Cubic, Cubic]]:
        def drawn(name: Name, across: float, hollow: float) -> tuple[Cubic, Cubic]:
            pitch_x = min(across / 2 + c["bust_ease"] / 16, tip_x - hollow, quarters[name] - 0.02)
            return armhole(point((quarters[name], y)), point((pitch_x, y + _PITCH * (tip[1] - y))), tip, slope)

        return {"front": drawn("front", m["across_front"], 0.014), "back": drawn("back", m["across_back"], 0.008)}

    def missing(y: float) -> float:  # an armhole shorter than the armscye would cut in, or not take the sleeve
        front, back = (run_length(half) for half in armholes_at(y).values())
        return min(front + back - m["armscye_girth"], 2 * min(front, back) - _ARMHOLE_OVER_SLEEVE * arm)

    armpit_y = min(-(nape + m["armscye_depth"] + c["armhole_depth"]), float(tip[1]) - 0.06)
    if missing(armpit_y) < 0:
        what = f"An armhole for an armscye of {m['armscye_girth']:.3f} m and a sleeve of {arm:.3f} m"
        armpit_y = solve(missing, armpit_y - 0.25, armpit_y, what)
    back_y = -(nape + m["back_waist_length"])
    if armpit_y - back_y < 0.05:
        raise DraftRefused("The armhole reaches the waist: lower armhole_depth or sleeve_ease.")
    front_y = min(-m["front_waist_length"], back_y)
    armholes = armholes_at(armpit_y)
    drafted = _Drafted(m, c, neck, armpit_y, back_y, front_y, quarters, skirt, divided)
    runs, darts, pivots, intakes = drafted.below_armholes()
    side_of_neck = point((neck, 0.0))

    def half(name: Name, depth: float) -> FittedHalf:
        hem, side = runs[name]
        return FittedHalf(
            name,
            {
                "hem": hem,
                "side": side,
                "armhole": armholes[name],
                "shoulder": (line(tip, side_of_neck),),
                "neckline": (line(side_of_neck, (0, -depth)),),
            },
            darts[name],
            pivot=pivots[name],
            waist_y=front_y if name == "front" else back_y,
            waist_intake=intakes[name],
            hip_y=(front_y if name == "front" else back_y) - m["waist_to_hip"],
            flare=c["flare"] if skirt else 0.0,
        )

    return Torso(half("front", neck + 0.008), half("back", nape), back_y, nape, neck, slope)


@dataclass(frozen=True)
class _Drafted:
    """What is known of a shell from its armholes up, while side seams, waist and hem are drafted."""

    m: Measurements
    c: Choices
    neck: float
    armpit_y: float
    back_y: float
    front_y: float
    quarters: dict[Name, float]
    skirt: bool
    divided: bool

    def below_armholes(
        self,
    ) -> tuple[
        dict[Name, tuple[tuple[Curve, ...], tuple[Curve, ...]]],
        dict[Name, dict[str, tuple[Dart, ...]]],
        dict[Name, Points],
        dict[Name, float],
    ]:
        """By half: its hem and side seam, its darts, its pivot, and what a dividing seam takes in at the waist."""
        hip_x, waist_x, intake = self._widths()
        back_side = line((waist_x["back"], self.back_y), (self.quarters["back"], self.armpit_y))
        front_side, bust_dart, bust = self._front_side(waist_x["front"], back_side.length)
        pivots: dict[Name, Points] = {
            "front": bust,
            "back": point((0.5 * waist_x["back"] + 0.1 * intake["back"], self.armpit_y + 0.01)),
        }
        sides: dict[Name, Curve] = {"front": front_side, "back": back_side}
        darts: dict[Name, dict[str, tuple[Dart, ...]]] = {"front": {"side": bust_dart} if bust_dart else {}, "back": {}}
        if not self.skirt:
            runs: dict[Name, tuple[tuple[Curve, ...], tuple[Curve, ...]]] = {}
            for name, y in (("front", self.front_y), ("back", self.back_y)):
                hem = line((0.0, y), sides[name].start)
                runs[name] = (hem,), (sides[name],)
                if intake[name]:
                    at, inward = _foot(hem, pivots[name], intake[name])
                    depth = float((pivots[name] - hem.at([at])[0]) @ inward)
                    darts[name]["hem"] = (Dart(at, intake[name], depth),)
            return runs, darts, pivots, {"front": 0.0, "back": 0.0}
        below = self.c["skirt_length"] * self.m["waist_to_knee"]
        lower: dict[Name, tuple[Curve, ...]] = {}
        for name in ("back", "front"):
            lower[name] = self._below_waist(sides[name], hip_x, below, lower.get("back"))
        return (
            {name: (self._hem(name, lower[name], below), (*lower[name], sides[name])) for name in lower},
            darts
            if not bust_dart
            else {
                "front": {"side": (replace(bust_dart[0], at=bust_dart[0].at + run_length(lower["front"])),)},
                "back": {},
            },
            pivots,
            intake,
        )

    def _widths(self) -> tuple[float, dict[Name, float], dict[Name, float]]:
        """Half-widths at hip and waist, the latter with what darts take in, and that intake; metres."""
        m, c = self.m, self.c
        waist = (m["waist"] + c["waist_ease"]) / 4
        hip_x = max((m["hip"] + c["hip_ease"]) / 4, 0.9 * waist) if self.skirt else 0.0
        waist_x: dict[Name, float] = {}
        intake: dict[Name, float] = {}
        for name, quarter in self.quarters.items():
            if not self.skirt:
                taken = max(quarter - waist, 0.0) * (1 - c["side_shaping"])
                intake[name] = taken if taken >= LEAST_INTAKE else 0.0
                waist_x[name] = waist + intake[name]
                continue
            drop = self.armpit_y - self.back_y
            straight = quarter + (hip_x - quarter) * drop / (drop + m["waist_to_hip"])
            suppression = c["waist_shaping"] * max(straight - waist, 0.0)
            taken = min(suppression * (1 - c["side_shaping"]), _MOST_IN_ONE_SEAM) if self.divided else 0.0
            intake[name] = taken if taken >= LEAST_INTAKE else 0.0
            most = max(suppression * c["side_shaping"], suppression - intake[name] if self.divided else 0.0)
            waist_x[name] = max(straight - most, waist + intake[name] - 1e-9) if suppression else max(straight, waist)
        return hip_x, waist_x, intake

    def _front_side(self, waist_x: float, back_length: float) -> tuple[Curve, tuple[Dart, ...], Points]:
        """The front's side seam above the waist, its bust dart, and the bust point about which darts turn.

        A front so much longer than the back that one dart cannot hold it lies deeper at the centre than at the side.
        """
        m, armpit = self.m, point((self.quarters["front"], self.armpit_y))
        bust_x = min(m["bust_point_distance"] / 2, 0.8 * waist_x, self.quarters["front"] - 0.05)
        reach = self.quarters["front"] - bust_x
        most = min(2 * tan(_WIDEST_DART / 2) * reach, 0.6 * (self.armpit_y - self.front_y))

        def drawn(y: float) -> Curve:
            return line((sqrt(max(waist_x**2 - (y - self.front_y) ** 2, 0.0)), y), armpit)

        side_y = self.front_y
        if drawn(side_y).length - back_length > most:
            side_y = solve(
                lambda y: drawn(y).length - back_length - most, side_y, self.back_y + 0.02, "The front's side seam"
            )
        side = drawn(side_y)
        bust_y = -sqrt(max(m["neck_point_to_bust"] ** 2 - (bust_x - self.neck) ** 2, 0.0))
        bust_y = float(np.clip(bust_y, side_y + 0.25 * (self.armpit_y - side_y), self.armpit_y - 0.01))
        intake = side.length - back_length
        if intake < LEAST_INTAKE:  # nothing to take up: both sides one length
            low = float(
                solve(lambda y: drawn(y).length - back_length, side_y - 0.01, self.armpit_y - 0.02, "A side seam")
            )
            return drawn(low), (), point((bust_x, bust_y))
        at, inward = _foot(side, point((bust_x, bust_y)), intake)
        middle = side.at([at])[0]
        depth = float((bust_x - middle[0]) / inward[0])
        return side, (Dart(at, intake, depth),), middle + depth * inward

    def _below_waist(
        self, above: Curve, hip_x: float, below: float, like: tuple[Curve, ...] | None
    ) -> tuple[Curve, ...]:
        """The side seam from hem to waist, as long as that of the other half, `like`."""
        c, wth = self.c, self.m["waist_to_hip"]
        waist = above.start
        if below <= 1.05 * wth:
            share = below / wth
            ease_in = share * share * (3 - 2 * share) if share < 1 else 1.0
            hem = point((waist[0] + (hip_x - waist[0]) * ease_in + c["flare"] * min(share, 1.0), waist[1] - below))
            way = (waist - hem) * (run_length(like) / hypot(*(waist - hem)) if like else 1.0)
            return (line(waist - way, waist),)
        hip = point((max(hip_x, waist[0] - 0.02), waist[1] - wth))
        swing = point((c["flare"], -(below - wth)))
        swing = swing / hypot(*swing)
        onward = (above.end - waist) / above.length + (waist - hip) / hypot(*(waist - hip))
        over = hermite(hip, -swing * wth, waist, 0.5 * wth * onward)
        rest = run_length(like) - over.length if like else (below - wth) / -swing[1]
        return line(hip + rest * swing, hip), over

    def _hem(self, name: Name, side: tuple[Curve, ...], below: float) -> tuple[Curve, ...]:
        """From the centre line to the side seam, square to both."""
        centre_y = (self.front_y if name == "front" else self.back_y) - below
        corner, (way,) = side[0].start, side[0].derivative([0.0])
        square = np.array([way[1], -way[0]]) / hypot(*way)
        return (hermite((0.0, centre_y), (corner[0], 0.0), corner, corner[0] * square),)


def _turn(angle: float, about: Points) -> tuple[Points, Points]:
    """The rotation about a point, as (matrix, offset)."""
    matrix = np.array([[cos(angle), -sin(angle)], [sin(angle), cos(angle)]])
    return matrix, about - matrix @ about


def _turned(curves: Sequence[Curve], matrix: Points, offset: Points) -> tuple[Curve, ...]:
    return tuple(curve.transformed(matrix, offset) for curve in curves)


def turned(half: FittedHalf, edge: str, share: float) -> FittedHalf:
    """The bust dart turned about the pivot out of the side seam into another edge, at that share of its length.

    What lies between swings until the dart closes; the new dart has legs of one length. Into a hem that has a dart, it
    joins that. Raises DraftRefused where it finds no room.
    """
    bust = half.darts.get("side", ())
    if not bust or edge == "side":
        return half
    dart, side = bust[0], half.edges["side"]
    below, above = dart.at - dart.intake / 2, dart.at + dart.intake / 2
    lower, upper = stretch(side, 0.0, below), stretch(side, above, run_length(side))
    a, b = lower[-1].end - half.pivot, upper[0].start - half.pivot
    angle = atan2(a[0] * b[1] - a[1] * b[0], a @ b)  # from the lower leg to the upper
    edges = dict(half.edges)
    darts = {name: found for name, found in half.darts.items() if name != "side"}
    run, swung = edges[edge], (_turn(angle if edge == "hem" else -angle, half.pivot))
    waist = half.darts.get(edge, ())
    if waist and edge == "hem":  # the mouth that is there opens wider
        first = waist[0].at - waist[0].intake / 2
        kept, moved = stretch(run, 0.0, first), stretch(run, first + waist[0].intake, run_length(run))
    else:
        first = share * run_length(run)
        kept, moved = stretch(run, 0.0, first), stretch(run, first, run_length(run))
    if edge == "hem":
        moved = _turned(moved, *swung)
        edges["side"] = (*_turned(lower, *swung), *upper)
    else:
        kept = _turned(kept, *swung)
        edges["side"] = (*lower, *_turned(upper, *swung))
        for name in EDGES[2 : EDGES.index(edge)]:
            edges[name] = _turned(edges[name], *swung)
    mouth = line(kept[-1].end, moved[0].start)
    edges[edge] = (*kept, mouth, *moved)
    middle = (mouth.start + mouth.end) / 2
    depth = hypot(*(half.pivot - middle))
    darts[edge] = (Dart(run_length(kept) + mouth.length / 2, mouth.length, depth),)
    return replace(half, edges=edges, darts=darts)


def shortened(half: FittedHalf, share: float) -> FittedHalf:
    """The darts' points drawn back from the pivot to that share of their depth."""
    return replace(
        half, darts={e: tuple(replace(d, depth=share * d.depth) for d in ds) for e, ds in half.darts.items()}
    )


def _of_length(p: Points, leave: Points, q: Points, arrive: Points, apex: Points, wanted: float) -> Curve:
    """A cubic from p, in the direction `leave`, to q, in the direction `arrive`, that rounds the apex at that length."""
    before, after = hypot(*(apex - p)), hypot(*(apex - q))

    def drawn(s: float) -> Cubic:
        return cubic(p, p + s * before * leave, q - s * after * arrive, q)

    return drawn(solve(lambda s: drawn(s).length - wanted, 1e-3, 1.9, f"A dividing seam of {wanted:.3f} m"))


def divided(half: FittedHalf, edge: str, share: float) -> FittedHalf:
    """The half divided by a seam from the armhole or the shoulder over the pivot to its hem (a princess line).

    The seam takes up the bust dart, the waist dart, and what the half is to be taken in at the waist; both of its sides
    are drawn as smooth curves of exactly one length, that of the darts' legs. Raises DraftRefused.
    """
    half = turned(half, edge, share)
    run, hem = half.edges[edge], half.edges["hem"]
    whole, wide = run_length(run), run_length(hem)
    (dart,) = half.darts.get(edge, ()) or (Dart(share * whole, 0.0, 0.0),)
    up_side, up_centre = stretch(run, 0.0, dart.at - dart.intake / 2), stretch(run, dart.at + dart.intake / 2, whole)
    tops = up_centre[0].start, up_side[-1].end
    pivot = half.pivot
    upper = max(hypot(*(top - pivot)) for top in tops)
    if hem[-1].end[1] > half.waist_y - 1e-6 or half.darts.get("hem"):  # it ends at the waist
        (taken,) = half.darts.get("hem", ()) or (Dart(float(pivot[0]), 0.0, 0.0),)
        hems = stretch(hem, 0.0, taken.at - taken.intake / 2), stretch(hem, taken.at + taken.intake / 2, wide)
        ends = hems[0][-1].end, hems[1][0].start
        below: tuple[tuple[Curve, ...], tuple[Curve, ...]] = (), ()
        waists, arriving = ends, tuple((end - pivot) / hypot(*(end - pivot)) for end in ends)
    else:
        waists, hems, below = _lower_division(half)
        arriving = (point((0.0, -1.0)),) * 2
    wanted = upper + max(hypot(*(w - pivot)) for w in waists)
    seams: list[tuple[Curve, ...]] = []
    for top, waist_end, arrive, rest in zip(tops, waists, arriving, below, strict=True):
        leave = (pivot - top) / hypot(*(pivot - top))
        seams.append((_of_length(top, leave, waist_end, arrive, pivot, wanted), *rest))
    centre, panel = seams
    edges: dict[str, tuple[Curve, ...]] = {"hem": hems[0], "princess": _reversed(centre)}
    loop: list[tuple[str, tuple[Curve, ...]]] = [("hem", hems[1]), ("side", half.edges["side"])]
    cut_off: dict[str, tuple[Curve, ...]] = {"hem": hems[1], "side": half.edges["side"]}
    for name in EDGES[2:]:
        if name == edge:
            edges[name], cut_off[name] = up_centre, up_side
            loop.append((name, up_side))
        elif EDGES.index(name) < EDGES.index(edge):
            cut_off[name] = half.edges[name]
            loop.append((name, half.edges[name]))
        else:
            edges[name] = half.edges[name]
    edges |= {name: run for name, run in half.edges.items() if name not in EDGES}  # what a front edge is made of
    loop.append(("princess", panel))
    kept = {name: found for name, found in half.darts.items() if name not in (edge, "hem")}
    return replace(half, edges=edges, darts=kept, cut_off=cut_off, panel=tuple(loop))


def _reversed(curves: Sequence[Curve]) -> tuple[Curve, ...]:
    return tuple(curve.reversed() for curve in reversed(curves))


def _lower_division(
    half: FittedHalf,
) -> tuple[
    tuple[Points, Points],
    tuple[tuple[Curve, ...], tuple[Curve, ...]],
    tuple[tuple[Curve, ...], tuple[Curve, ...]],
]:
    """Of a dividing seam below the waist, towards centre and side: waist points, hems, and curves from waist to hem.

    The two sides are mirror images of each other, so they are of one length.
    """
    *before, hem = half.edges["hem"]  # what comes before its last curve reaches out to a front edge
    x = float(half.pivot[0])
    at_x = solve(lambda t: float(hem.points([t])[0, 0]) - x, 0.0, 1.0, "A dividing seam's foot")
    hem_y = float(hem.points([at_x])[0, 1])
    drop, hip = half.waist_y - hem_y, half.waist_y - half.hip_y
    taper = max(1.0 - drop / hip, 0.0)  # of the intake is left at the hem
    left = half.waist_intake / 2 * taper * taper * (3 - 2 * taper)
    waists: list[Points] = []
    hems: list[tuple[Curve, ...]] = []
    rests: list[tuple[Curve, ...]] = []
    for sign in (-1.0, 1.0):
        waist = point((x + sign * half.waist_intake / 2, half.waist_y))
        hip_end = point((x + sign * left, max(half.hip_y, hem_y)))
        swing = point((-sign * half.flare, -(hip_end[1] - hem_y)))
        rest: tuple[Curve, ...] = (
            hermite(
                waist,
                (0, -min(hip, drop)),
                hip_end,
                (swing / hypot(*swing) if hip_end[1] - hem_y > 1e-6 else point((0, -1.0))) * min(hip, drop),
            ),
        )
        foot = hip_end
        if hip_end[1] - hem_y > 1e-6:
            foot = hip_end + swing
            rest = (*rest, line(hip_end, foot))
        square = point((-swing[1], swing[0])) / hypot(*swing) if hypot(*swing) > 1e-6 else point((1.0, 0.0))
        if sign < 0:
            (begin_way,), near = hem.derivative([0.0]), foot - hem.start
            hems.append((*before, hermite(hem.start, near[0] * begin_way / hypot(*begin_way), foot, near[0] * square)))
        else:
            far = hem.end - foot
            (end_way,) = hem.derivative([1.0])
            hems.append((hermite(foot, far[0] * square, hem.end, far[0] * end_way / hypot(*end_way)),))
        waists.append(waist)
        rests.append(rest)
    return (waists[0], waists[1]), (hems[0], hems[1]), (rests[0], rests[1])
