# SPDX-License-Identifier: GPL-3.0-or-later
"""The fitted torso: front and back with bust and waist darts, ending at the waist or continued to a hem below it.

After W. Aldrich, Metric Pattern Cutting for Women's Wear, 6th ed., "The close fitting bodice block" and "The tailored
jacket block": the bust dart takes up what the front is longer than the back, side seam and waist darts share what the
waist is smaller than the bust. What a full bust is rounder than the ribs is given to the front alone.
Origin: centre line at the height of the neck side point; x from the centre line to the side, y up; metres.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import hypot, sqrt, tan

import numpy as np

from ..curves import Cubic, Curve, Points, hermite, line, point, run_length, solve
from ..parts.darts import LEAST_INTAKE, Dart
from ..style import Choices, DraftRefused, Measurements, ease, length, ratio
from .torso import ARMHOLE_OVER_SLEEVE, PITCH, Half, Name, Torso, armhole, bust_line

EDGES = ("hem", "side", "armhole", "shoulder", "neckline")  # of a half, anticlockwise from the centre line
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

    pivot: the point about which darts turn: the bust point, or that of the shoulder blade. waist_y: its waist line, and
    waist its width there with all taken in that darts and seams are to take. waist_intake: what a dividing seam takes
    in there where the half goes on below the waist, and hip_y where that ends. flare: by how much each side of a
    dividing seam swings out at the hem. panel: the side panel that it was divided from, a closed loop of (edge,
    curves), of which "princess" runs up along the half's. unturned: the half before its bust dart was turned or it was
    divided, None where neither was done.
    """

    pivot: Points = None  # type: ignore[assignment]  # always given; a dataclass wants defaults after defaults
    waist_y: float = 0.0
    waist: float = 0.0
    waist_intake: float = 0.0
    hip_y: float = 0.0
    flare: float = 0.0
    panel: tuple[tuple[str, tuple[Curve, ...]], ...] = ()
    unturned: FittedHalf | None = None

    @property
    def tip(self) -> Points:
        """The shoulder tip."""
        return (self.cut_off.get("shoulder") or self.edges["shoulder"])[0].start


def fitted(half: Half) -> FittedHalf:
    """The half, if it has darts; raises DraftRefused."""
    if not isinstance(half, FittedHalf):
        raise DraftRefused("This garment's shell has no darts to be turned or divided: choose shaping 'none'.")
    return half


def unturned(half: Half) -> Half:
    """The half with its darts where they were drafted: what facings are cut from."""
    while isinstance(half, FittedHalf) and half.unturned:
        half = half.unturned
    return half


def _held(at: float, intake: float, whole: float) -> float:
    """The middle of a dart's mouth, kept clear of both ends of its edge."""
    clear = min(_CLEAR, (whole - intake) / 3) + intake / 2
    return float(np.clip(at, clear, whole - clear))


def _foot(run: Curve, from_point: Points, intake: float) -> tuple[float, Points]:
    """Where the mouth of a dart lies on a straight edge to look at the point, and the unit normal there, inwards."""
    way = (run.end - run.start) / run.length
    at = _held(float((from_point - run.start) @ way), intake, run.length)
    return at, np.array([-way[1], way[0]])


def _widths(
    m: Measurements, c: Choices, quarter: float, drop: float, skirt: bool, divided: bool
) -> tuple[float, float, float]:
    """Of a half whose bust line is `quarter` wide: its width at the waist, all taken in; what darts or dividing seams
    take in there; and its width at the hip; metres. drop: from bust to waist line.
    """
    waist, hip = (m["waist"] + c["waist_ease"]) / 4, 0.0
    if not skirt:
        taken = max(quarter - waist, 0.0) * (1 - c["side_shaping"])
        return waist, taken if taken >= LEAST_INTAKE else 0.0, hip
    hip = max((m["hip"] + c["hip_ease"]) / 4, 0.9 * waist)
    straight = quarter + (hip - quarter) * drop / (drop + m["waist_to_hip"])
    suppression = c["waist_shaping"] * max(straight - waist, 0.0)
    taken = min(suppression * (1 - c["side_shaping"]), _MOST_IN_ONE_SEAM) if divided else 0.0
    taken = taken if taken >= LEAST_INTAKE else 0.0
    at_side = suppression - taken if divided else suppression * c["side_shaping"]
    return max(straight - at_side - taken, waist), taken, hip


@dataclass(frozen=True)
class _Sides:
    """The side seams of front and back between waist and armpit, and the bust dart in the front's.

    They stand upright from the armpit down to the bust line, so that the garment has its width there.
    """

    front: tuple[Curve, ...]
    back: tuple[Curve, ...]
    darts: tuple[Dart, ...]
    bust_y: float  # the front's bust line, to which the dart points


def _side_seams(
    quarters: Mapping[Name, float],
    waists: Mapping[Name, float],
    levels: tuple[float, float, float, float],
    reach: float,
) -> _Sides:
    """Both halves' side seams of one length: the bust dart takes up what the front is longer than the back.

    quarters and waists: widths at bust and waist. levels: y of armpit, bust and the centre's waist in front and back.
    reach: of the dart. A front so much longer that one dart cannot hold it lies deeper at the centre than at the side.
    """
    armpit_y, bust_y, front_y, back_y = levels
    most = min(2 * tan(_WIDEST_DART / 2) * reach, 0.7 * (armpit_y - front_y))

    def level(intake: float) -> float:  # the mouth's middle: at bust height, clear of the armhole and of the waist
        half = intake / 2 + _CLEAR
        return float(np.clip(bust_y, min(front_y + half, armpit_y - half), armpit_y - half))

    def lower(intake: float, side_y: float) -> tuple[Curve, Curve]:
        y = level(intake)
        across = sqrt(max(waists["front"] ** 2 - (side_y - front_y) ** 2, 0.0))
        front = line((across, side_y), (quarters["front"], y - intake / 2))
        return front, line((waists["back"], back_y), (quarters["back"], y + intake / 2))

    def longer(intake: float, side_y: float = front_y) -> float:
        front, back = lower(intake, side_y)
        return front.length - back.length

    what, side_y = "A front's side seam as long as the back's", front_y
    if longer(LEAST_INTAKE) <= 0:
        intake = 0.0
        side_y = solve(lambda y: longer(0.0, y), front_y - 0.02, level(0.0) - 0.01, what)
    elif longer(most) > 0:
        intake = most
        side_y = solve(lambda y: longer(most, y), front_y, level(most) - most / 2 - 0.01, what)
    else:
        intake = solve(longer, LEAST_INTAKE, most, what)
    front, back = lower(intake, side_y)
    top = armpit_y - level(intake) - intake / 2
    corner, above = front.end, point((quarters["front"], armpit_y - top))
    mouth = (line(corner, above),) if intake else ()
    return _Sides(
        (front, *mouth, line(above, (quarters["front"], armpit_y))),
        (back, line(back.end, (quarters["back"], armpit_y))),
        (Dart(front.length + intake / 2, intake, reach),) if intake else (),
        level(intake),
    )


def fitted_torso(m: Measurements, c: Choices, arm: float = 0.0, *, skirt: bool = False, divided: bool = False) -> Torso:
    """The shell with its darts, its neckline at the neck's base.

    arm: the least girth of a sleeve to be set in, metres. skirt: goes on below the waist, by the parameters SKIRT;
    then only dividing seams can take in the waist beyond the side seams' share. Raises DraftRefused.
    """
    slope, neck, nape = m["shoulder_slope"], m["neck"] / 5.4, m["neck"] / 16
    cup = float(np.clip((m["bust"] - m["underbust"]) / _CUP_IN_FRONT, 0.0, 0.025))
    quarter = (m["bust"] + c["bust_ease"]) / 4
    quarters: dict[Name, float] = {"front": quarter + cup, "back": quarter - cup}
    tip_x = m["across_back_shoulder"] / 2 * c["shoulder_width"]
    if tip_x - neck < 0.02:
        raise DraftRefused("No shoulder is left beside the neck: raise shoulder_width.")
    tip = point((tip_x, -(tip_x - neck) * tan(slope)))

    def armholes_at(y: float) -> dict[Name, tuple[Cubic, Cubic]]:
        def drawn(name: Name, across: float, hollow: float) -> tuple[Cubic, Cubic]:
            pitch_x = min(across / 2 + c["bust_ease"] / 16, tip_x - hollow, quarters[name] - 0.02)
            return armhole(point((quarters[name], y)), point((pitch_x, y + PITCH * (tip[1] - y))), tip, slope)

        return {"front": drawn("front", m["across_front"], 0.014), "back": drawn("back", m["across_back"], 0.008)}

    def missing(y: float) -> float:  # an armhole shorter than the armscye would cut in, or not take the sleeve
        front, back = (run_length(half) for half in armholes_at(y).values())
        return min(front + back - m["armscye_girth"], 2 * min(front, back) - ARMHOLE_OVER_SLEEVE * arm)

    armpit_y = min(-(nape + m["armscye_depth"] + c["armhole_depth"]), float(tip[1]) - 0.06)
    if missing(armpit_y) < 0:
        what = f"An armhole for an armscye of {m['armscye_girth']:.3f} m and a sleeve of {arm:.3f} m"
        armpit_y = solve(missing, armpit_y - 0.25, armpit_y, what)
    back_y = -(nape + m["back_waist_length"])
    if armpit_y - back_y < 0.06:
        raise DraftRefused("The armhole reaches the waist: lower armhole_depth or sleeve_ease.")
    front_y = min(-m["front_waist_length"], back_y)
    waists: dict[Name, tuple[float, float, float]] = {
        name: _widths(m, c, width, 0.6 * (armpit_y - back_y), skirt, divided) for name, width in quarters.items()
    }
    bust_x = min(m["bust_point_distance"] / 2, 0.8 * waists["front"][0], quarters["front"] - 0.05)
    bust_y = bust_line(m, bust_x, neck)
    sides = _side_seams(
        quarters,
        {name: width + taken for name, (width, taken, _) in waists.items()},
        (armpit_y, bust_y, front_y, back_y),
        quarters["front"] - bust_x,
    )
    armholes, side_of_neck = armholes_at(armpit_y), point((neck, 0.0))

    def half(name: Name, side: tuple[Curve, ...], pivot: Points, y: float, depth: float) -> FittedHalf:
        width, taken, _ = waists[name]
        darts = {"side": sides.darts} if name == "front" and sides.darts else {}
        hem = line((0.0, y), side[0].start)
        if taken and not skirt:
            at, inward = _foot(hem, pivot, taken)
            darts["hem"] = (Dart(at, taken, float((pivot - hem.at([at])[0]) @ inward)),)
        edges = {
            "hem": (hem,),
            "side": side,
            "armhole": armholes[name],
            "shoulder": (line(tip, side_of_neck),),
            "neckline": (line(side_of_neck, (0, -depth)),),
        }
        return FittedHalf(name, edges, darts, pivot=pivot, waist_y=y, waist=width)

    front = half("front", sides.front, point((bust_x, sides.bust_y)), front_y, neck + 0.008)
    blade = point((0.5 * waists["back"][0] + 0.6 * waists["back"][1], sides.back[0].end[1]))
    back = half("back", sides.back, blade, back_y, nape)
    if skirt:
        below = _Below(c["skirt_length"] * m["waist_to_knee"], m["waist_to_hip"], waists["front"][2], c["flare"])
        back = below.carried_on(back, waists["back"][1])
        front = below.carried_on(front, waists["front"][1], like=back)
    return Torso(front, back, back_y, nape, neck, slope)


@dataclass(frozen=True)
class _Below:
    """What hangs from the waist: lengths from waist to hem and to hip, half-width at the hip, and the sides' swing."""

    length: float
    to_hip: float
    hip: float
    flare: float

    def carried_on(self, half: FittedHalf, intake: float, like: FittedHalf | None = None) -> FittedHalf:
        """The half with its side seam drawn on down to the hem, as long as that of the half `like`."""
        above = half.edges["side"]
        wanted = None
        if like:
            darts = sum(d.intake for d in half.darts.get("side", ()))
            wanted = run_length(like.edges["side"]) - run_length(above) + darts
        side = self._side(above[0], wanted)
        corner, (way,) = side[0].start, side[0].derivative([0.0])
        square = np.array([way[1], -way[0]]) / hypot(*way)
        hem = hermite((0.0, half.waist_y - self.length), (corner[0], 0.0), corner, corner[0] * square)
        darts = {e: tuple(replace(d, at=d.at + run_length(side)) for d in found) for e, found in half.darts.items()}
        edges = {**half.edges, "hem": (hem,), "side": (*side, *above)}
        hip_y = half.waist_y - self.to_hip
        return replace(half, edges=edges, darts=darts, waist_intake=intake, hip_y=hip_y, flare=self.flare)

    def _side(self, above: Curve, wanted: float | None) -> tuple[Curve, ...]:
        """The side seam from hem to waist, of that length, metres, or down to the hem's level."""
        waist, beyond = above.start, self.length - self.to_hip
        hip = point((max(self.hip, waist[0] - 0.02), waist[1] - self.to_hip))
        onward = (above.end - waist) / above.length + (waist - hip) / hypot(*(waist - hip))
        if beyond <= 0.05 * self.to_hip:  # the hem cuts it off on its way to the hip
            share, wide = min(self.length / self.to_hip, 1.0), hip[0] - waist[0]
            way = point((wide * share * share * (3 - 2 * share) + self.flare * share, -self.length))
            lean = point((-6 * wide * share * (1 - share) - self.flare, self.to_hip)) / self.to_hip

            def short(of_way: float) -> Cubic:
                deep = of_way * self.length
                return hermite(waist + of_way * way, deep * lean, waist, 0.5 * deep * onward)

            what = f"A side seam of {wanted or 0.0:.3f} m below the waist"
            return (short(solve(lambda k: short(k).length - wanted, 0.2, 3.0, what) if wanted else 1.0),)
        swing = point((self.flare, -beyond)) / hypot(self.flare, beyond)
        over = hermite(hip, -swing * self.to_hip, waist, 0.5 * self.to_hip * onward)
        rest = wanted - over.length if wanted else beyond / -swing[1]
        return line(hip + rest * swing, hip), over
