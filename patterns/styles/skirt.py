# SPDX-License-Identifier: GPL-3.0-or-later
"""Skirt: two halves on the fold with waist darts or gathers, from pencil to A-line, on a waistband.

The block follows W. Aldrich, Metric Pattern Cutting for Women's Wear, 6th ed., "The tailored skirt block": the
difference between hip and waist is shared out between side seam and darts, and a dart lies square to the waist line.
Origin: centre line at the waist; x across, y up; metres.
"""

from __future__ import annotations

import numpy as np

from ..curves import Cubic, Curve, hermite, line, point, solve, solve_together
from ..parts.bands import band
from ..parts.darts import LEAST_INTAKE, dart_seams, darted, evenly, stretches
from ..pattern import Pattern
from ..pieces import Notch, Piece, Wrap, loop
from ..seams import seam
from ..style import Choices, DraftRefused, Measurements, Style, count, ease, flag, length, ratio

_SIDE_RAISE = 0.012  # the waist line rises towards the side, over the hip bone

PARAMETERS = (
    ease("waist_ease", 0.015, -0.05, 0.20, "Room about the waist"),
    ease("hip_ease", 0.05, -0.05, 0.60, "Room about the hip"),
    ratio("skirt_length", 1.0, 0.35, 1.75, "From waist to hem, of the way from waist to knee"),
    length("flare", 0.05, -0.05, 0.40, "How far each side seam swings out from hip to hem"),
    ratio("gathers", 1.0, 1.0, 2.5, "Waist edge over waistband: above 1 it is gathered and has no darts"),
    count("darts_front", 2, 0, 2, "Waist darts in each half of the front"),
    count("darts_back", 2, 0, 2, "Waist darts in each half of the back"),
    ratio("dart_length_front", 0.50, 0.2, 0.85, "Length of the front darts, of the way from waist to hip"),
    ratio("dart_length_back", 0.68, 0.2, 0.90, "Length of the back darts, of the way from waist to hip"),
    ratio("side_shaping", 0.5, 0.2, 1.0, "Share of the waist's suppression taken by the side seam"),
    length("front_dip", 0.008, 0.0, 0.05, "How far the waist line dips at the centre front"),
    length("back_dip", 0.012, 0.0, 0.05, "How far the waist line dips at the centre back"),
    flag("waistband", True, "Finish the waist with a band"),
    length("waistband_width", 0.03, 0.015, 0.10, "Finished width of the waistband"),
    length("seam_allowance", 0.012, 0.004, 0.03, "Allowance along sewn edges"),
    length("hem_allowance", 0.04, 0.0, 0.08, "Allowance turned up at the hem"),
)
MEASUREMENTS = ("waist", "hip", "waist_to_hip", "waist_to_knee")


def _waist_line(side_x: float, side_raise: float, dip: float) -> Cubic:
    """From the side in to the centre line: level at the centre, rising to the side."""
    return hermite((side_x, side_raise), (-side_x, -0.4 * (side_raise + dip)), (0.0, -dip), (-side_x, 0.0))


def _half(name: str, m: Measurements, c: Choices, over: float | None = None) -> Piece:
    """Front or back, drafted as one half; `over` is the length of the side from hip to waist, if given."""
    front = name == "front"
    darts, dip = (c["darts_front"], c["front_dip"]) if front else (c["darts_back"], c["back_dip"])
    depth = m["waist_to_hip"] * (c["dart_length_front"] if front else c["dart_length_back"])
    waist = (m["waist"] + c["waist_ease"]) / 4 * c["gathers"]
    hip_x = max((m["hip"] + c["hip_ease"]) / 4, waist if c["gathers"] > 1 else 0.0)
    suppression = hip_x - waist
    intake = max(suppression, 0.0) * (1 - c["side_shaping"]) / max(darts, 1)
    if c["gathers"] > 1 or intake < LEAST_INTAKE:
        darts = 0
    intake *= darts > 0

    hip_y, hem_y = -m["waist_to_hip"], -c["skirt_length"] * m["waist_to_knee"]
    skirt = hip_y - hem_y
    if skirt < 0.02:
        raise DraftRefused("The skirt ends above the hip: raise skirt_length.")
    swing = point((c["flare"], -skirt)) / np.hypot(c["flare"], skirt)
    hip = point((hip_x, hip_y))
    hem = hip + swing * skirt  # walked down the side seam, so that the hem is level all round
    if hem[0] < 0.05:
        raise DraftRefused("The hem would be narrower than the legs: raise flare.")

    def over_the_hip(side_x: float, side_raise: float) -> Cubic:
        rise = side_raise - hip_y
        return hermite(hip, -swing * rise, (side_x, side_raise), (1.5 * (side_x - hip_x), 0.75 * rise))

    # The waist line's length, less its darts, is exactly a quarter of the waistband: its side end is solved for. In the
    # back, which dips and darts differently, that end also moves up or down until both side seams are one length.
    wanted = waist + darts * intake
    what = f"A waist line of {waist:.3f} m"
    if over is None:
        side_raise = _SIDE_RAISE
        side_x = solve(lambda x: _waist_line(x, side_raise, dip).length - wanted, 0.2 * waist, 2 * wanted, what)
    else:
        side_x, side_raise = solve_together(
            lambda end: np.array(
                [_waist_line(end[0], end[1], dip).length - wanted, over_the_hip(end[0], end[1]).length - over]
            ),
            (wanted, _SIDE_RAISE),
            what,
        )
    side: tuple[Curve, ...] = (line(hem, hip), over_the_hip(side_x, side_raise))
    hem_line = hermite((0.0, hem_y), (hem[0], 0.0), hem, hem[0] * np.array([-swing[1], swing[0]]))
    waist_line = _waist_line(side_x, side_raise, dip)
    edges = (
        *loop(("hem", hem_line), ("side", side)),
        *darted("waist", waist_line, evenly(waist_line.length, darts, intake, depth)),
        *loop(("fold", line((0.0, -dip), (0.0, hem_y)))),
    )
    return Piece(
        name,
        edges,
        Wrap("torso", "waist_front", (0.0, 0.0), 0.0 if front else np.pi, -c["waistband_width"] / 2 * c["waistband"]),
        cut="fold",
        side="left" if front else "right",
        fold="fold",
        fabric="main",
        notches=(Notch("side", side[0].length, "single" if front else "double"),),
        allowance=c["seam_allowance"],
        allowances={"hem": c["hem_allowance"], "fold": 0.0},
    )


def _waist_walk(piece: Piece, side: str, inward: bool) -> list[str]:
    """The waist edges of one half, from the side in or from the centre out."""
    names = [f"{piece.name}.{name}_{side}" for name in stretches(piece, "waist")]
    return names if inward else names[::-1]


def draft(m: Measurements, c: Choices) -> Pattern:
    """Front, back and waistband from measurements `m` and resolved choices `c`."""
    front = _half("front", m, c)
    back = _half("back", m, c, over=front.edge("side").curves[1].length)
    seams = [
        *(seam(f"side_{s}", f"front.side_{s}", f"-back.side_{s}") for s in ("left", "right")),
        *dart_seams((front, back)),
    ]
    pieces = [front, back]
    if c["waistband"]:
        girth = m["waist"] + c["waist_ease"]
        pieces.append(
            band("waistband", girth, c["waistband_width"], "waist_front", girth / 4, allowance=c["seam_allowance"])
        )
        around = (
            _waist_walk(back, "left", inward=False)
            + _waist_walk(front, "left", inward=True)
            + _waist_walk(front, "right", inward=False)
            + _waist_walk(back, "right", inward=True)
        )
        seams.append(seam("waist", " ".join(around), "-waistband.seam", 1 / c["gathers"]))
        seams.append(seam("waistband_ends", "waistband.end_left", "-waistband.end_right"))
    return Pattern("Skirt", "skirt", tuple(pieces), tuple(seams))


SKIRT = Style(
    "skirt",
    "Skirt",
    "Skirt with waist darts or gathers on a waistband, from pencil to A-line",
    PARAMETERS,
    MEASUREMENTS,
    draft,
    fabric="wool_twill",
)
