# SPDX-License-Identifier: GPL-3.0-or-later
"""A scan becomes a body: cleaned, aligned, fitted, refined, judged, stood up and measured. Worker side."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from .alignment import align, spread_vertices
from .avatar import assembled
from .body import Body
from .cleaning import Cleaned, clean, thinned
from .fitting import PointTarget, Stage, fit_stage
from .judging import Judged, judge
from .landmarks import body_joints
from .measure import Tape, TapeSlipped, tapes
from .refinement import refine, trust
from .scan_io import Scan, ScanRefused
from .standing import arms_free, stood_up, upward
from .template import template

Floats = NDArray[np.float64]

STAGES = (
    Stage(12, 0.12, 0.04, 4, dense=True), Stage(30, 0.08, 0.02, 5, dense=True), Stage(64, 0.06, 0.012, 6, dense=True),
)  # fmt: skip


PROBES = 5000  # points of the scan that the fine rounds look at: noise of 4 mm leaves a tenth of it in the fit


class Cancelled(RuntimeError):
    """The user stopped the registration."""


def body_from_scan(
    scan: Scan,
    *,
    progress: Callable[[float, str], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
    stood: Callable[[Floats], None] | None = None,
) -> Body:
    """The standing body of a scan of a standing person, in any unit, up-axis and facing. Deterministic.

    stood: told the points (n, 3) of the cleaned scan where the body then stands, to lay one over the other.

    Arms may hang, stand out in an A or reach sideways; the first and the last are brought to an A-pose.
    Raises ScanRefused with the reason, or Cancelled.
    """

    def report(share: float, text: str) -> None:
        if cancelled is not None and cancelled():
            raise Cancelled("The measurement was stopped.")
        if progress is not None:
            progress(share, text)

    rng = np.random.default_rng(0)
    t = template()
    report(0.0, "Cleaning the scan")
    cleaned = clean(scan, rng)
    target = PointTarget(cleaned.points, cleaned.normals, cleaned.signed, cleaned.floor)
    weight = np.maximum(trust(t), 0.3)
    report(0.1, "Finding which way it stands")
    fit = align(t, cleaned, target, weight, rng, lambda s: report(0.1 + 0.45 * s, "Finding which way it stands"))
    ids = spread_vertices(t, 1500, seed=1)
    within = np.flatnonzero(~target.rim)  # noise of a rim's points lies nearest to what was not seen: soles, crowns
    even = within[thinned(cleaned.points[within], 0.01)]  # cameras see the crown and feet askew, hence thinly
    probes = rng.choice(even, min(PROBES, len(even)), replace=False)
    for i, stage in enumerate(STAGES):
        report(0.55 + 0.07 * i, "Fitting pose and shape")
        fit = fit_stage(t, fit, target, stage, ids, probes, weight)
    if not np.isfinite(fit.cost):
        raise ScanRefused(f"{scan.name} does not look like a standing person: nothing of a body was recognised.")
    modelled, joints = fit.body(t)
    refined = refine(t, modelled, target, 0.04, lambda s: report(0.76 + 0.14 * s, "Following the surface"))
    report(0.9, "Judging the result")
    up = upward(t, cleaned, fit, modelled)
    judged = judge(t, cleaned, target, fit, modelled, refined, up)
    reason = judged.reason()
    if reason:
        raise ScanRefused(f"{scan.name} was not taken for a standing person: {reason}.")
    report(0.95, "Measuring")
    vertices, joints, points = stood_up(t, cleaned, up, refined, joints)
    if stood is not None:
        stood(points)
    vertices, joints = arms_free(t, vertices, joints)
    try:
        taken = tapes(vertices, body_joints(t, joints))
    except TapeSlipped as slipped:
        raise ScanRefused(f"{scan.name} cannot be measured: {slipped}.") from slipped
    body = assembled(
        t,
        vertices,
        joints,
        taken,
        source=scan.name,
        uncertainty=_uncertainties(taken, judged, cleaned),
        registration={"mean": judged.mean, "p95": judged.p95},
    )
    report(1.0, "Done")
    return body


# 95 % half-widths of a perfect reading, metres: how well the definition can be placed on a registered body, from
# synthetic scans of known bodies other than the benchmark's (cf. ISO 20685 Table 1). Others: girths 5 mm, heights and
# lengths 8 mm.
_PLACING = {
    "stature": 0.006, "bust": 0.006, "underbust": 0.009, "waist": 0.006, "hip": 0.006, "neck_base": 0.012,
    "neck": 0.010, "thigh": 0.008, "armscye_girth": 0.010, "arm_length": 0.016, "bust_point_distance": 0.024,
    "front_waist_length": 0.010, "armscye_depth": 0.010, "shoulder_slope": 0.035, "knee_height": 0.012,
    "head": 0.030, "heel": 0.020, "high_bust": 0.010, "high_hip": 0.012, "mid_thigh": 0.008, "forearm": 0.008,
    "upper_arm_length": 0.016, "forearm_length": 0.016, "cervicale_to_wrist": 0.018, "cross_seam": 0.020,
    "cross_seam_front": 0.012, "waist_to_armpit": 0.012, "waist_to_underbust": 0.012,
    "hip_height": 0.011, "waist_to_hip": 0.012, "waist_to_thigh": 0.011, "waist_to_knee": 0.012, "crotch_depth": 0.010,
    "neck_point_to_waist_back": 0.010,
}  # fmt: skip


def _uncertainties(taken: dict[str, Tape], judged: Judged, scan: Cleaned) -> dict[str, float]:
    """95 % half-width per measurement: placing the definition, registration residual along the tape, scan noise."""
    found = {}
    for name, tape in taken.items():
        # A tape averages the surface over its length, so noise of single points enters only in part.
        surface = 0.5 * float(judged.residual[tape.points.ids[:, 0]].mean()) + 0.3 * scan.noise
        usual, gain = {
            "closed": (0.005, np.pi),
            "open": (0.008, 1.5),
            "height": (0.008, 1.5),
            "slope": (0.035, 10.0),  # 1.5 over a shoulder's 0.12 m
        }[tape.kind]
        term = _PLACING.get(name, usual)
        if name == "stature" and not judged.crown_seen:
            term = 0.015
        found[name] = float(np.hypot(term, gain * surface))
    return found
