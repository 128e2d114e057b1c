# SPDX-License-Identifier: GPL-3.0-or-later
"""The torso's shell: front and back, each drafted as one half, before any part has altered or cut it.

The flat block follows the flat method for knit tops and shirts (W. Aldrich, Metric Pattern Cutting for Women's Wear,
6th ed., "The tee shirt block"): girths in quarters, depths hung from the neck side point, no darts.
Origin: centre line at the height of the neck side point; x from the centre line to the side, y up; metres.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import cos, sin, sqrt, tan
from typing import Literal

import numpy as np

from ..curves import Cubic, Curve, Points, hermite, line, point, run_length, solve, stretch
from ..parts.darts import Dart
from ..parts.pleats import Knife
from ..pieces import InternalLine, Notch, Side, split_notches
from ..style import Choices, DraftRefused, Measurements, ease, length, ratio

Name = Literal["front", "back"]
_QUARTER = 1.657  # Hermite tangent that makes a cubic a quarter ellipse: 3 · 0.5523
_LEAST_STRETCH = 0.012  # metres of an edge that are sewn by themselves
_SHAPED = 0.4  # of the way from waist to armpit, in which a flat shell's side seam comes in at least
PITCH = 0.38  # of the armhole's height: where it runs upright
ARMHOLE_OVER_SLEEVE = 1.1  # an armhole needs this much of a sleeve's girth, or no cap fits between them

PARAMETERS = (
    ease("bust_ease", 0.12, -0.10, 0.50, "Room about the bust beyond the body; negative stretches the fabric"),
    ease("hip_ease", 0.06, -0.10, 0.50, "Room about the body at the hem"),
    ratio("waist_shaping", 0.25, 0.0, 1.0, "How far the side seam follows the waist: 0 boxy, 1 fitted"),
    ratio("body_length", 0.85, 0.2, 3.5, "From waist to hem, of the way from waist to hip"),
    ratio("shoulder_width", 1.0, 0.55, 1.35, "Shoulder of the garment over the shoulder of the body"),
    length("armhole_depth", 0.028, 0.0, 0.10, "How far the armhole lies below the armpit"),
    length("seam_allowance", 0.01, 0.004, 0.03, "Allowance along sewn edges"),
    length("hem_allowance", 0.02, 0.0, 0.05, "Allowance turned up at hems"),
)
# fmt: off
MEASUREMENTS = (
    "bust", "waist", "hip", "neck", "across_back_shoulder", "shoulder_slope", "back_waist_length",
    "front_waist_length", "neck_point_to_bust", "bust_point_distance", "armscye_depth", "across_back", "across_front",
    "waist_to_hip",
)
# fmt: on


@dataclass(frozen=True)
class Half:
    """Front or back of a torso, a skirt or a leg, drafted from the centre line outwards.

    edges: the curves of each edge in the order of an anticlockwise loop, metres; the centre line, where the loop is
    open, is none of them. darts and pleats: by edge, in order along it. opening: how far an open centre reaches beyond
    the centre line; None where the half is cut on the fold. parted: where the opening is parted into opening_1,
    opening_2 … from the top, metres from there (a zip ends, a vent begins). cut_off: the curves that were cut off an
    edge for a piece of their own (a yoke, a raglan sleeve, a placket), in the half's frame and direction; what was
    cut off the far end of an edge has "_end" after its name. notches and internal: what the piece cut from it bears.
    """

    name: Name
    edges: Mapping[str, tuple[Curve, ...]]
    darts: Mapping[str, tuple[Dart, ...]] = field(default_factory=dict[str, tuple[Dart, ...]])
    opening: float | None = None
    parted: tuple[float, ...] = ()
    pleats: Mapping[str, tuple[Knife, ...]] = field(default_factory=dict[str, tuple[Knife, ...]])
    cut_off: Mapping[str, tuple[Curve, ...]] = field(default_factory=dict[str, tuple[Curve, ...]])
    notches: tuple[Notch, ...] = ()
    internal: tuple[InternalLine, ...] = ()

    def length(self, edge: str) -> float:
        """Metres along the edge and what was cut off it, its darts sewn up and its pleats folded."""
        hidden = sum(d.intake for d in self.darts.get(edge, ())) + sum(2 * k.depth for k in self.pleats.get(edge, ()))
        runs = (self.edges.get(edge, ()), self.cut_off.get(edge, ()), self.cut_off.get(f"{edge}_end", ()))
        return sum(curve.length for run in runs for curve in run) - hidden

    def changed(self, **edges: tuple[Curve, ...]) -> Half:
        """The half with other curves for some of its edges."""
        return replace(self, edges={**self.edges, **edges})

    def split(self, edge: str, at: float, names: tuple[str, str]) -> Half:
        """The half with an edge split `at` metres from its start into two."""
        edges: dict[str, tuple[Curve, ...]] = {}
        for name, run in self.edges.items():
            if name == edge:
                edges |= {names[0]: stretch(run, 0.0, at), names[1]: stretch(run, at, run_length(run))}
            else:
                edges[name] = run
        return replace(self, edges=edges, notches=split_notches(self.notches, edge, at, names))

    def cut(self, names: Sequence[str], at: float, *, before: bool = False) -> Half:
        """The half without what follows, or comes before, `at` metres from the start of a run of edges.

        names: of the edges, in their order. What goes is kept as cut off. So near to where two of them meet that the
        stretch between could not be sewn, the cut is made there.
        """
        meet = np.cumsum([run_length(self.edges[name]) for name in names])
        near = meet[:-1][np.abs(meet[:-1] - at) < _LEAST_STRETCH]
        at = float(near[0]) if len(near) else at
        edges, cut_off, gone = dict(self.edges), dict(self.cut_off), dict[str, float]()
        for name, end in zip(names, meet, strict=True):
            run = edges.pop(name)
            whole = run_length(run)
            here = float(np.clip(at - (end - whole), 0.0, whole))
            low, high = stretch(run, 0.0, here), stretch(run, here, whole)
            stays, goes = (high, low) if before else (low, high)
            gone[name] = here if before else 0.0
            edges |= {name: stays} if stays else {}
            cut_off |= {name: goes} if goes else {}
        notches = (replace(n, distance=n.distance - gone.get(n.edge, 0.0)) for n in self.notches)
        kept = tuple(n for n in notches if n.edge in edges and 0 <= n.distance <= run_length(edges[n.edge]))
        ordered = {name: edges[name] for name in self.edges if name in edges}
        return replace(self, edges=ordered, cut_off=cut_off, notches=kept)

    @property
    def side_of_body(self) -> Side:
        """The side of the wearer on which x > 0 lies, seen from outside."""
        return "left" if self.name == "front" else "right"

    @property
    def facing(self) -> float:
        """The direction in which it lies about the body, as `Wrap.angle`."""
        return 0.0 if self.name == "front" else np.pi

    @property
    def shoulder(self) -> tuple[Curve, ...]:
        """The shoulder line, from tip to neck, wherever it was cut off to."""
        return self.edges.get("shoulder") or self.cut_off["shoulder"]

    @property
    def tip(self) -> Points:
        """The shoulder tip."""
        return self.shoulder[0].start

    @property
    def side_of_neck(self) -> Points:
        return self.shoulder[-1].end

    @property
    def armpit(self) -> Points:
        return self.edges["side"][-1].end


@dataclass(frozen=True)
class Torso:
    """Both halves, and the levels that parts go by: y of the natural waist and of the nape, the shoulder's slope."""

    front: Half
    back: Half
    waist_y: float
    nape: float
    neck: float  # half the width of the neck's base
    slope: float

    def halves(self) -> tuple[Half, Half]:
        return self.front, self.back

    def changed(self, front: Half, back: Half) -> Torso:
        return replace(self, front=front, back=back)


def bust_line(m: Measurements, across: float, neck: float) -> float:
    """The bust point's y; it lies `across` metres from the centre. neck: half the width of the neck's base."""
    return -sqrt(max(m["neck_point_to_bust"] ** 2 - (across - neck) ** 2, 0.0))


def armhole(armpit: Points, pitch: Points, tip: Points, slope: float) -> tuple[Cubic, Cubic]:
    """From the armpit up to the shoulder tip: level at the armpit, upright at the pitch, square to the shoulder."""
    low, high = armpit[0] - pitch[0], pitch[1] - armpit[1]
    rise = float(tip[1] - pitch[1])
    return (
        hermite(armpit, (-_QUARTER * low, 0), pitch, (0, _QUARTER * high)),
        hermite(pitch, (0, 1.1 * rise), tip, (0.9 * rise * sin(slope), 0.9 * rise * cos(slope))),
    )


def flat_torso(m: Measurements, c: Choices, arm: float = 0.0) -> Torso:
    """The shell without darts, its neckline at the neck's base.

    arm: the least girth of a sleeve to be set in, metres; a thick arm gets a deeper armhole. Raises DraftRefused.
    """
    quarter = (m["bust"] + c["bust_ease"]) / 4
    slope = m["shoulder_slope"]
    neck = m["neck"] / 5.4  # half the width of the neck's base, which is 1.12 times as far round as the neck
    nape = m["neck"] / 16  # how far the nape lies below the neck side point
    tip_x = m["across_back_shoulder"] / 2 * c["shoulder_width"]
    if tip_x - neck < 0.02:
        raise DraftRefused("No shoulder is left beside the neck: raise shoulder_width.")
    tip = point((tip_x, -(tip_x - neck) * tan(slope)))
    armpit_y = -(nape + m["armscye_depth"] + c["armhole_depth"])
    if tip[1] - armpit_y < 0.08:
        raise DraftRefused("The armhole would be shallower than 8 cm: raise armhole_depth or check shoulder_slope.")

    def armholes_at(y: float) -> dict[Name, tuple[Cubic, Cubic]]:
        def drawn(across: float, hollow: float) -> tuple[Cubic, Cubic]:
            pitch_x = min(across / 2 + c["bust_ease"] / 16, tip_x - hollow, quarter - 0.025)
            return armhole(point((quarter, y)), point((pitch_x, y + PITCH * (tip[1] - y))), tip, slope)

        return {"front": drawn(m["across_front"], 0.018), "back": drawn(m["across_back"], 0.012)}

    wanted = ARMHOLE_OVER_SLEEVE * arm

    def missing(y: float) -> float:
        return min(2 * run_length(half) for half in armholes_at(y).values()) - wanted

    if missing(armpit_y) < 0:
        armpit_y = solve(missing, armpit_y - 0.25, armpit_y, f"An armhole for an arm of {m['upper_arm']:.3f} m")
    armholes, armpit = armholes_at(armpit_y), point((quarter, armpit_y))
    waist_y = -(nape + m["back_waist_length"])
    if armpit_y - waist_y < 0.04:
        raise DraftRefused("The armhole reaches the waist: lower armhole_depth or sleeve_ease.")

    # Side seam: armpit, upright to the bust line, where the shell is to have its width; waist; hem. At the hem the body
    # is somewhere between its waist and its hip.
    below = c["body_length"] * m["waist_to_hip"]
    at_hem = m["waist"] + (m["hip"] - m["waist"]) * min(c["body_length"], 1.0)
    hem_x = max((at_hem + c["hip_ease"]) / 4, quarter * (1 - c["waist_shaping"]))
    straight_x = quarter + (hem_x - quarter) * (armpit[1] - waist_y) / (armpit[1] - waist_y + below)
    fitted_x = (m["waist"] + c["bust_ease"]) / 4
    waist_x = straight_x + c["waist_shaping"] * min(0.0, fitted_x - straight_x)
    waist, hem = point((waist_x, waist_y)), point((hem_x, waist_y - below))
    flow = (hem - armpit) / (armpit[1] - hem[1])  # how the side seam leans, per metre of height, at the waist
    upper, lower = armpit[1] - waist[1], waist[1] - hem[1]
    lean_down = (waist - hem) / lower
    bust_y = max(bust_line(m, m["bust_point_distance"] / 2, neck), waist_y + _SHAPED * upper)
    upright = (line((quarter, bust_y), armpit),) if armpit_y - bust_y > _LEAST_STRETCH else ()
    shaped = upper - run_length(upright)
    side = (
        hermite(hem, 1.2 * lower * lean_down, waist, -lower * flow),
        hermite(waist, -shaped * flow, upright[0].start if upright else armpit, (0.0, 1.2 * shaped)),
        *upright,
    )

    # A bust needs more length in front than a back: half of it is given at the centre front, as the hem's curve.
    front_drop = float(np.clip(0.5 * (m["front_waist_length"] - m["back_waist_length"] - nape), 0.0, 0.03))
    side_of_neck = point((neck, 0.0))

    def half(name: Name, drop: float, depth: float) -> Half:
        return Half(
            name,
            {
                "hem": (hermite((0, hem[1] - drop), (hem[0], 0), hem, (hem[0], 0.6 * drop)),),
                "side": side,
                "armhole": armholes[name],
                "shoulder": (line(tip, side_of_neck),),
                "neckline": (line(side_of_neck, (0, -depth)),),
            },
        )

    return Torso(half("front", front_drop, neck + 0.008), half("back", 0.0, nape), waist_y, nape, neck, slope)
