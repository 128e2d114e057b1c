# SPDX-License-Identifier: GPL-3.0-or-later
"""Buttoned fronts with and without lapels, and the collar that goes on from them.

The lapel is grown onto the front and turned over its roll line, which runs from the break, at the top button, past the
neck at the height of the collar's stand; the gorge seam joins it to the collar (W. Aldrich, Metric Pattern Cutting for
Women's Wear, 6th ed., "The classic tailored jacket: collar and rever"; M. Müller & Sohn, "Reverskragen"). The collar is
a part of a ring as far as it rolls: as much longer at its outer edge as its fall reaches down the slope of shoulders.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import acos, atan2, cos, hypot, pi, sin

import numpy as np

from ..assembly import Assembly
from ..blocks.bodice import FittedHalf, fitted
from ..blocks.torso import Torso
from ..curves import Arc, Curve, Points, cubic, hermite, line, part, point, run_length, solve, stretch
from ..pieces import InternalLine, Notch, Piece, Trim, Wrap, loop, other_side
from ..seams import walk
from ..style import Choices, DraftRefused, Measurements, Part, choice, count, length, ratio
from . import facings, necklines

Edges = dict[str, tuple[Curve, ...]]

OVERLAP = length("front_overlap", 0.02, 0.012, 0.09, "How far the fronts reach beyond the centre, one over the other")
BREAK = ratio(
    "break_height",
    0.15,
    -0.5,
    1.3,
    "Height of the top button: 0 at the waist, 1 at the bust; higher where the buttons below it find no room",
)
BUTTONS = count("buttons", 2, 0, 10, "Buttons, from the break down")
BUTTON_SIZE = length("button_size", 0.02, 0.008, 0.045, "Diameter of the buttons")
LAP = choice("lap", "right", ("right", "left"), "The side that lies on top: by custom right for women, left for men")
CORNER = length("front_corner", 0.0, 0.0, 0.12, "Radius by which the corner of front edge and hem is rounded off")
POINTS = length("front_points", 0.0, 0.0, 0.12, "How far the hem of the fronts drops to a point, as on a waistcoat")
LAPEL_WIDTH = length("lapel_width", 0.08, 0.04, 0.14, "From the roll line out to the lapel's point")
GORGE = ratio("gorge", 0.45, 0.1, 1.0, "Height of the seam between lapel and collar: 0 at the shoulder, 1 low")
STAND = length("collar_stand", 0.028, 0.015, 0.05, "Height of the collar's stand at the centre back")
FALL = length("collar_fall", 0.042, 0.02, 0.10, "Depth of the collar from its roll line at the centre back")
NECK = (necklines.WIDTH, necklines.DEPTH_BACK, facings.WIDTH)
FRONT = (OVERLAP, BREAK, BUTTONS, BUTTON_SIZE, LAP, CORNER, POINTS, *NECK)
WRAP = ratio("wrap", 0.7, 0.3, 0.9, "How far the front wraps beyond the centre, of its half at the waist")
TIE_WIDTH = length("tie_width", 0.035, 0.01, 0.10, "Finished width of the tie")

_TURNING = 1.1  # radians through which half a neckline turns as far as the collar rolls, laid flat with its shoulders
_RISES = 1.6  # of the stand: how high its roll line would rise if it went straight on as it leaves the seam
_GORGE_SLOPE = 0.42  # radians by which the gorge falls outwards
_ROLL_BESIDE_NECK = 0.75  # of the stand: how far beyond the neck point the roll line passes
_NOTCH_FROM_ROLL = 0.62  # of the lapel's width: where the collar ends
_BUTTON_FROM_EDGE = 0.02
_BUTTON_TO_HEM = 0.04
_SQUARE = 1e-4  # metres of radius below which a corner is none
_LEAST_EDGE = 0.04  # metres of straight front edge below the break
_BUTTONS_APART = 0.11  # metres at most,
_LEAST_APART = 1.5  # of their size at least
_TIE_ENDS = 0.45  # metres that hang from the bow, on each side
_BUTTON_MASS = 0.6  # kg per metre of diameter: 12 g at 20 mm


def _front_edge(front: FittedHalf, overlap: float, row: float, c: Choices) -> tuple[Points, FittedHalf, Edges]:
    """The break, the front with its hem drawn on to the front edge, and the edges from the break to where that begins:
    the opening and the rounded corner, where there is one.

    The break lies as high as is asked for, or as its row of buttons, `row` metres long at least, needs above the hem.
    """
    corner, drop = c["front_corner"], c["front_points"]
    hem = front.edges["hem"]
    start, end = hem[0].start, hem[-1].end
    low = float(start[1])
    y = max(
        front.waist_y + c["break_height"] * (float(front.pivot[1]) - front.waist_y),
        low + corner + max(_LEAST_EDGE, _BUTTON_TO_HEM + row),
    )
    if drop:
        tip, edge = point((0.5 * front.pivot[0], low - drop)), point((-overlap, low - 0.35 * drop))
        run: tuple[Curve, ...] = (line(edge, tip), hermite(tip, 0.9 * (end - tip), end, 1.1 * (end - tip)))
    else:
        run = (line((-overlap, low), start), *hem)
    breaking = point((-overlap, y))
    below: Edges = {"opening": (line(breaking, run[0].start),)}
    if corner > _SQUARE:
        if corner > 0.8 * (float(end[0]) + overlap):
            raise DraftRefused("The rounded corner takes up the whole hem: lower front_corner.")
        foot = run[0].start + point((0.0, corner))
        run = stretch(run, corner, run_length(run))
        (way,) = run[0].derivative([0.0])
        way = 1.66 * corner * way / hypot(*way)
        rounded = hermite(foot, (0.0, -1.66 * corner), run[0].start, way)
        below = {"opening": (line(breaking, foot),), "corner": (rounded,)}
    return breaking, replace(front, edges={**front.edges, "hem": run}), below


def _row(c: Choices) -> float:
    """From the first to the last button where they lie as near to each other as they can, metres."""
    return max(c["buttons"] - 1, 0) * _LEAST_APART * c["button_size"]


def _open(
    torso: Torso, overlap: float, row: float, m: Measurements, c: Choices
) -> tuple[Torso, FittedHalf, Points, Edges]:
    """The shell with its neck's width, its front with the hem drawn on, the break, and the edges from it to the hem."""
    if torso.front.opening is not None:
        raise DraftRefused("The front is already open: choose another closure.")
    neck = necklines.ROUND.shape
    assert neck is not None
    torso = neck(torso, m, {**c, "neck_depth_front": 0.0})
    breaking, front, below = _front_edge(fitted(torso.front), overlap, row, c)
    if breaking[1] > -(torso.neck + 0.02):
        raise DraftRefused("The front breaks above the neck: lower break_height, buttons or button_size.")
    return torso, front, breaking, below


def _plain(torso: Torso, m: Measurements, c: Choices) -> Torso:
    return _crossed(torso, c["front_overlap"], _row(c), m, c)


def _wrapped(torso: Torso, m: Measurements, c: Choices) -> Torso:
    return _crossed(torso, c["wrap"] * fitted(torso.front).waist, 0.0, m, c)


def _crossed(torso: Torso, overlap: float, row: float, m: Measurements, c: Choices) -> Torso:
    """The neckline runs down to the break, beyond the centre."""
    torso, front, breaking, below = _open(torso, overlap, row, m, c)
    side = front.side_of_neck
    way = breaking - side
    neckline = hermite(side, (-0.02, 1.1 * way[1]), breaking, (1.25 * way[0], 0.7 * way[1]))
    return torso.changed(replace(front, edges={**front.edges, "neckline": (neckline,), **below}), torso.back)


def _lapelled(kind: str) -> Callable[[Torso, Measurements, Choices], Torso]:
    def shape(torso: Torso, m: Measurements, c: Choices) -> Torso:
        torso, front, breaking, below = _open(torso, c["front_overlap"], _row(c), m, c)
        side, width = front.side_of_neck, c["lapel_width"]
        shoulder = (side - front.tip) / hypot(*(side - front.tip))
        over = side + _ROLL_BESIDE_NECK * c["collar_stand"] * shoulder
        roll = (over - breaking) / hypot(*(over - breaking))
        out = np.array([-roll[1], roll[0]])  # square to the roll line, away from the front
        corner = side - (0.01 + c["gorge"] * torso.neck) * roll
        gorge = np.array([-np.cos(_GORGE_SLOPE), -np.sin(_GORGE_SLOPE)])

        def at(distance: float) -> Points:  # on the gorge, that far beyond the roll line
            return corner + (distance - float((corner - over) @ out)) / float(gorge @ out) * gorge

        notch = at((1.0 if kind == "shawl" else _NOTCH_FROM_ROLL) * width)
        tip = at(width) + (0.03 * roll if kind == "peaked" else 0.0)
        if tip[1] - breaking[1] < 0.4 * width:
            raise DraftRefused("The lapel is wider than it is long: lower lapel_width, gorge or break_height.")
        neckline = cubic(side, side + 0.85 * (corner - side), corner + 0.12 * (notch - corner), notch)
        down = breaking - tip
        bulge = 0.9 if kind == "shawl" else 0.3
        lapel = hermite(tip, down + bulge * 0.25 * hypot(*down) * out, breaking, (0.0, 1.2 * down[1]))
        edges = dict(front.edges)
        if kind != "shawl":
            edges["notch"] = (line(notch, tip),)
        edges |= {"lapel": (lapel,), **below}
        rolls = solve(lambda t: float((neckline.points([t])[0] - over) @ out), 0.0, 1.0, "The roll line's upper end")
        edges["neckline"] = (part(neckline, 0.0, rolls), part(neckline, rolls, 1.0))
        fold = InternalLine("roll_line", (line(edges["neckline"][1].start, breaking),), "fold", pi)
        return torso.changed(replace(front, edges=edges, internal=(*front.internal, fold)), torso.back)

    return shape


def _buttoned(assembly: Assembly, c: Choices) -> None:
    """Buttons and buttonholes from the break down, and the front that lies on top."""
    front = assembly.piece("front")
    edge = front.edge("opening")
    high, low = float(edge.start[1]), float(edge.end[1])
    size, lap = c["button_size"], c["lap"]
    number = c["buttons"]
    inset = c["front_overlap"] - max(_BUTTON_FROM_EDGE, 0.6 * size)
    room = high - low - _BUTTON_TO_HEM
    under = other_side(lap)
    trims: list[Trim] = []
    for k in range(number):
        y = high - k * min(room / max(number - 1, 1), _BUTTONS_APART)
        trims += [
            Trim(f"buttonhole_{k + 1}", "buttonhole", (-inset, y), size + 0.003, only=lap),
            Trim(f"button_{k + 1}", "button", (inset, y), size, _BUTTON_MASS * size, only=under),
        ]
    assembly.change("front", trims=(*front.trims, *trims), lap=lap)
    for k in range(number):
        over, below = f"front_{lap}.buttonhole_{k + 1}", f"front_{under}.button_{k + 1}"
        assembly.fasten(f"front_button_{k + 1}", over, below)


def _faced(assembly: Assembly, torso: Torso, c: Choices) -> None:
    width = facings.roomy(torso, c["facing_width"])
    facings.front_facing(assembly, torso.front, width, c)
    facings.neck_facing(assembly, torso.back, width, c)
    facings.sew_shoulders(assembly)


def _finished(assembly: Assembly, torso: Torso, _m: Measurements, c: Choices) -> None:
    """Facings and buttons of a front without lapels."""
    _faced(assembly, torso, c)
    assembly.sew("neckline", assembly.around_neck(), facings.around_neck(assembly))
    _buttoned(assembly, c)


def _across(front: FittedHalf, x: float, y: float) -> tuple[str, float]:
    """The piece, and there the abscissa, of a point so far from the centre along the cloth, metres."""
    if "princess" not in front.edges:
        return "front", x
    near, far = (
        np.concatenate([curve.flattened(1e-4) for curve in run])
        for run in (front.edges["princess"], dict(front.panel)["princess"])
    )
    seam, panel = (float(np.interp(y, *at[at[:, 1].argsort()].T[::-1])) for at in (near, far))
    return ("front", x) if x < seam else ("front_side", panel + x - seam)


def _tied(assembly: Assembly, torso: Torso, m: Measurements, c: Choices) -> None:
    """Facings of a front that wraps over to the other side, is held there, and the tie."""
    _faced(assembly, torso, c)
    assembly.sew("neckline", assembly.around_neck(), facings.around_neck(assembly))
    front, lap = assembly.piece("front"), c["lap"]
    edge, y = (float(at) for at in front.edge("opening").start)
    assembly.change("front", trims=(*front.trims, Trim("hook", "hook", (edge, y))), lap=lap)
    held, x = _across(fitted(torso.front), -edge, y)
    bearer = assembly.piece(held)
    assembly.change(held, trims=(*bearer.trims, Trim("eye", "eye", (x, y))))
    assembly.fasten("tie", f"front_{lap}.hook", f"{held}_{other_side(lap)}.eye")
    half, width = (m["waist"] + c["waist_ease"]) / 2 + _TIE_ENDS, c["tie_width"]
    corners = point((-half, 0.0)), point((half, 0.0)), point((half, width)), point((-half, width))
    names = ("seam", "end_left", "top", "end_right")
    sides = zip(names, corners, (*corners[1:], corners[0]), strict=True)
    assembly.add(
        Piece(
            "tie",
            loop(*((name, line(a, b)) for name, a, b in sides)),
            Wrap("on", host="front_left", layer=1),
            doubled="top",
            grain=(1.0, 0.0),
            allowance=c["seam_allowance"],
            allowances={"top": 0.0},
            draped=False,
        )
    )


def _lapels(assembly: Assembly, torso: Torso, _m: Measurements, c: Choices) -> None:
    """Facings, buttons and the collar, from notch to notch, which rolls where the lapels do."""
    _faced(assembly, torso, c)
    _buttoned(assembly, c)
    front = assembly.piece("front")
    stays = float(front.edge("opening").start[1]) - 0.05  # below the break nothing is turned over
    assembly.change("front", wrap=replace(front.wrap, anchor=(0.0, stays)))

    collar = _collar(front, torso, c)
    under = replace(
        collar,
        name="under_collar",
        wrap=Wrap("on", host="collar", layer=-1),
        grain=(1.0, 1.0),
        notches=(),
        draped=False,
    )
    assembly.add(collar)
    assembly.add(under)
    within = walk("-under_collar.seam"), facings.around_neck(assembly)
    assembly.sew("collar", assembly.around_neck(), walk("-collar.seam"), 1.0, *within)
    for name in (edge.name for edge in collar.edges[1:]):
        assembly.sew(f"collar_{name}", walk(f"collar.{name}"), walk(f"under_collar.{name}"))


def _collar(front: Piece, torso: Torso, c: Choices) -> Piece:
    """The collar: a part of a ring as far as it rolls, then along the gorge.

    Its roll line comes down from the stand to the seam and lies two thirds of the stand above it on the mean: so turned
    over, the collar reaches beyond its seam by the fall less a third of the stand. At the gorge its seam turns up by so
    much that lapel and fall, turned over together, lie flat beside one straight fold.
    """
    stand, fall = c["collar_stand"], c["collar_fall"]
    behind, (rolled, gorge) = torso.back.length("neckline"), torso.front.edges["neckline"]
    rolls, width = behind + rolled.length, stand + fall
    half, rise = rolls + gorge.length, _RISES * stand
    turn = _TURNING * (fall - stand / 3) / width
    radius = rolls / turn
    ends = radius * point((sin(turn), cos(turn) - 1.0))
    back = point((-cos(turn), sin(turn)))  # along the seam from where the collar begins to roll, to the centre back
    out = _turned(-back, _lapel_angle(front, gorge) - atan2(rise, rolls))
    up, notch = _turned(out, pi / 2), ends + gorge.length * out
    seam = Arc(point((0.0, -radius)), radius, pi / 2, -turn), line(ends, notch)
    notched = "notch" in torso.front.edges
    tip = notch + (0.85 * fall * (0.3 * out + 0.95 * up) if notched else 0.0)
    outer = hermite(tip, 1.1 * half * (back if notched else 0.6 * up - 0.8 * out), (0.0, width), (-half, 0.0))
    edges: list[tuple[str, tuple[Curve, ...]]] = [
        ("seam", (*(_mirrored(curve) for curve in reversed(seam)), *seam)),
        ("outer", (outer, _mirrored(outer))),
    ]
    if notched:
        edges[1:1] = [("end_right", (line(notch, tip),))]
        edges.append(("end_left", (_mirrored(line(notch, tip)),)))
    roll = hermite(ends, rolls * back + rise * _turned(back, -pi / 2), (0.0, stand), (-rolls, 0.0))
    return Piece(
        "collar",
        loop(*edges),
        Wrap("seam", "neck_side_left"),
        grain=(1.0, 0.0),
        notches=tuple(Notch("seam", half + sign * s) for s in (behind, rolls) for sign in (-1, 1)),
        internal=(InternalLine("roll_line", (roll, _mirrored(roll)), "fold", pi),),
        allowance=c["seam_allowance"],
    )


def _turned(way: Points, angle: float) -> Points:
    """A direction turned anticlockwise."""
    return np.array([[cos(angle), -sin(angle)], [sin(angle), cos(angle)]]) @ way


def _lapel_angle(front: Piece, gorge: Curve) -> float:
    """Between a lapel's roll line and its gorge, which begins on that, radians."""
    (roll,) = (i for i in front.internal if i.name == "roll_line")
    down, (way,) = roll.end - roll.start, gorge.derivative([0.0])
    return acos(float(down @ way) / (hypot(*down) * hypot(*way)))


def _mirrored(curve: Curve) -> Curve:
    """The curve mirrored in x = 0 and walked backwards, so that it goes on where the curve met that line."""
    return curve.transformed(np.diag([-1.0, 1.0]), np.zeros(2)).reversed()


PLAIN = Part(
    "buttoned",
    "Buttoned",
    "Buttoned in front, the neckline running down to the top button",
    FRONT,
    shape=_plain,
    attach=_finished,
)
WRAPPED = Part(
    "wrapped",
    "Wrapped",
    "Each front wraps over to the other side and is tied at the waist",
    (WRAP, BREAK, LAP, CORNER, POINTS, *NECK, TIE_WIDTH),
    shape=_wrapped,
    attach=_tied,
)
_COLLARED = (*FRONT, LAPEL_WIDTH, GORGE, STAND, FALL)
NOTCHED, PEAKED, SHAWL = (
    Part(name, label, help, _COLLARED, shape=_lapelled(name), attach=_lapels)
    for name, label, help in (
        ("notched", "Notched lapel", "A lapel that meets the collar in a notch"),
        ("peaked", "Peaked lapel", "A lapel whose point rises beside the collar"),
        ("shawl", "Shawl collar", "Lapel and collar of one unbroken line"),
    )
)
FRONTS = (NOTCHED, PEAKED, SHAWL, PLAIN)
