# SPDX-License-Identifier: GPL-3.0-or-later
"""A body from a few measurements: the likeliest one of the basis on which the tape reads them. NumPy alone."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from .body import Body, Measurement
from .landmarks import body_joints, landmarks_of
from .measure import DEFINITIONS, Tape, TapeSlipped, level_landmarks, tapes
from .parting import parted
from .population import UNITS, estimated
from .resizing import READING, TOLERANCE, drawn_to
from .template import Template, template

Floats = NDArray[np.float64]

DEFAULT_STATURE = {"woman": 1.68, "man": 1.78}
FARTHEST = 6.5  # Mahalanobis distance beyond which no such person is known
FREE = 0.08  # share of a measure that may be missing at that distance and is drawn out of the surface itself
ROUNDS = 16
POSSIBLE = {"bust": (0.36, 1.0), "waist": (0.28, 1.0), "hip": (0.40, 1.05)}  # shares of stature, wider than ANSUR II
STATURES = (1.0, 2.3)
PEOPLE = {"weight": (12.0, 300.0), "age": (16.0, 100.0)}  # kilograms, years; children are no grown-ups made small
_TOLD = ("bust", "hip", "calf", "upper_arm")  # girths by which weight and age enter, where ANSUR II means what we mean


class AvatarRefused(ValueError):
    """The requested measurements do not make a person."""


def avatar(measures: Mapping[str, float] | None = None, *, sex: str | float | None = None) -> Body:
    """The likeliest standing body with these measurements (metres; shoulder_slope in radians).

    measures may also tell ``weight`` in kilograms and ``age`` in years: girths that are not given then lean on what
    the population says of such people. sex: "woman" (also when None), "man", or a share from 0 (woman) to 1 (man).
    What is not given follows from what is given, with an uncertainty that says how much people differ.
    Deterministic, about 0.2 s.
    Raises AvatarRefused for an unknown name, a value that is no positive number, or a set that nobody could have.
    """
    wanted = {str(name): value for name, value in (measures or {}).items()}
    share = _sex_share(sex)
    for name, value in wanted.items():
        if name not in DEFINITIONS and name not in PEOPLE:
            raise AvatarRefused(f"There is no measurement {name!r}; choose among {', '.join([*DEFINITIONS, *PEOPLE])}.")
        number = isinstance(value, int | float | np.floating | np.integer) and not isinstance(value, bool)
        if not number or not math.isfinite(value) or value <= 0:
            raise AvatarRefused(f"{name} must be a positive number of {UNITS.get(name, 'metres')}, not {value!r}.")
        if name in PEOPLE and not PEOPLE[name][0] <= value <= PEOPLE[name][1]:
            raise AvatarRefused(
                f"{name} must lie between {PEOPLE[name][0]:g} and {PEOPLE[name][1]:g} {UNITS[name]}, not at {value:g}."
            )
    if "stature" not in wanted:
        wanted["stature"] = (1 - share) * DEFAULT_STATURE["woman"] + share * DEFAULT_STATURE["man"]
    if not STATURES[0] <= wanted["stature"] <= STATURES[1]:
        raise AvatarRefused(f"stature must lie between {STATURES[0]} and {STATURES[1]} m, not {wanted['stature']:.3f}.")
    for name, (low, high) in POSSIBLE.items():
        if name in wanted and not low <= wanted[name] / wanted["stature"] <= high:
            raise AvatarRefused(_impossible(wanted))
    told = {name: wanted.pop(name) for name in PEOPLE if name in wanted}
    leaning = _leaning(wanted, told, share)
    aims = np.array([*map(float, wanted.values()), *(median for median, _ in leaning.values())])
    noise = np.array([*[1e-4] * len(wanted), *(deviation for _, deviation in leaning.values())]) ** 2
    names, exact = (*wanted, *leaning), len(wanted)
    t = template()
    mean, covariance = _prior(t, share)
    c, stride, before, far = mean, 1.0, math.inf, math.inf if leaning else 0.0
    try:
        for _ in range(ROUNDS):
            vertices, joints = _standing(t, c)
            taken = tapes(vertices, body_joints(t, joints))
            gap = aims - [taken[k].value(vertices) for k in names]
            most = float(np.abs(gap[:exact]).max())
            if most < 2e-4 and far < 0.01:
                break
            # Level searches may jump between two equal girths; shorter strides settle them.
            stride, before = (stride if most < before else 0.6 * stride), most
            jacobian = np.array([taken[k].jacobian(vertices, t.shape) for k in names])
            # Least Mahalanobis distance to the mean subject to the linearised measurements.
            spread = jacobian @ covariance @ jacobian.T + np.diag(noise)
            target = gap + jacobian @ (c - mean)
            step = mean + covariance @ jacobian.T @ np.linalg.solve(spread, target) - c
            far = float(np.sqrt(step @ np.linalg.solve(covariance, step)))
            c = c + step * min(stride, 4.0 / max(far, 1e-9))
    except TapeSlipped as slipped:
        raise AvatarRefused(_impossible(wanted)) from slipped
    vertices, joints, taken = _reached(t, c, mean, covariance, wanted)
    jacobian = np.array([tape.jacobian(vertices, t.shape) for tape in taken.values()])
    seen = jacobian[[list(taken).index(name) for name in names]]
    gain = np.linalg.solve(seen @ covariance @ seen.T + np.diag(noise), seen @ covariance)
    variance = np.einsum("mk,kl,ml->m", jacobian, covariance - covariance @ seen.T @ gain, jacobian)
    people = estimated(wanted | told, share)
    uncertainty = {
        name: READING
        if name in wanted
        else 1.96 * max(READING, math.sqrt(max(v, 0.0)), people[name][1] if name in people else 0.0)
        for name, v in zip(taken, variance, strict=True)
    }
    return assembled(t, vertices, joints, taken, source="avatar", uncertainty=uncertainty)


def _reached(
    t: Template, c: Floats, mean: Floats, covariance: Floats, wanted: Mapping[str, float]
) -> tuple[Floats, Floats, dict[str, Tape]]:
    """Vertices (n, 3), joints (b, 3) and tapes of the body of shape c (k,), drawn to what the basis does not reach.

    Raises AvatarRefused where that is more than a body's own surface could be.
    """
    far = float(np.sqrt((c - mean) @ np.linalg.solve(covariance, c - mean)))
    vertices, joints = _standing(t, mean + (c - mean) * min(1.0, FARTHEST / max(far, 1e-9)))
    try:
        taken = tapes(vertices, body_joints(t, joints))
        read = {name: taken[name].value(vertices) for name in wanted}
        if max(abs(read[name] - value) for name, value in wanted.items()) > TOLERANCE:
            worst = max(wanted, key=lambda name: abs(read[name] / wanted[name] - 1))
            if abs(read[worst] / wanted[worst] - 1) > FREE:
                raise AvatarRefused(
                    f"{_impossible(wanted)} The nearest body has {worst} {read[worst]:.3f}, not {wanted[worst]:.3f}."
                )
            vertices, joints = drawn_to(t, vertices, joints, wanted)
            taken = tapes(vertices, body_joints(t, joints))
    except TapeSlipped as slipped:
        raise AvatarRefused(_impossible(wanted)) from slipped
    if max(abs(taken[name].value(vertices) - value) for name, value in wanted.items()) > TOLERANCE:
        raise AvatarRefused(_impossible(wanted))
    return vertices, joints, taken


def _leaning(wanted: Mapping[str, float], told: Mapping[str, float], share: float) -> dict[str, tuple[float, float]]:
    """Median and deviation of the girths that weight and age speak of, as far as they are not asked for."""
    if not told:
        return {}
    people = estimated({**wanted, **told}, share)
    return {name: people[name] for name in _TOLD if name in people}


def assembled(
    t: Template,
    vertices: Floats,
    joints: Floats,
    taken: Mapping[str, Tape],
    *,
    source: str,
    uncertainty: Mapping[str, float],
    registration: Mapping[str, float] | None = None,
) -> Body:
    """The Body of standing template vertices (n, 3) and skeleton joints (b, 3) with its tapes."""
    marks = landmarks_of(vertices)
    for name in ("waist", "hip"):
        marks |= level_landmarks(vertices, name, taken[name])
    marks["bust_right"], marks["bust_left"] = taken["bust_point_distance"].points.at(vertices)
    return Body(
        vertices=parted(vertices, t.parts, float(marks["crotch"][2])),
        faces=t.faces.copy(),
        parts=t.parts.copy(),
        landmarks=marks,
        measurements={
            name: Measurement(tape.value(vertices), uncertainty[name], DEFINITIONS[name], tape.curve(vertices))
            for name, tape in taken.items()
        },
        joints=body_joints(t, joints),
        source=source,
        registration=dict(registration or {}),
    )


def _standing(t: Template, c: Floats) -> tuple[Floats, Floats]:
    """Shaped vertices and joints with the soles on Z = 0."""
    vertices, joints = t.shaped(c)
    drop = np.array([0, 0, vertices[:, 2].min()])
    return vertices - drop, joints - drop


def _sex_share(sex: str | float | None) -> float:
    shares = {"woman": 0.0, "female": 0.0, "man": 1.0, "male": 1.0}
    if sex is None:
        return 0.0
    if isinstance(sex, str):
        if sex not in shares:
            raise AvatarRefused(f"sex must be 'woman', 'man' or a number from 0 to 1, not {sex!r}.")
        return shares[sex]
    if not math.isfinite(sex) or not 0 <= sex <= 1:
        raise AvatarRefused(f"sex must be 'woman', 'man' or a number from 0 to 1, not {sex!r}.")
    return float(sex)


def _prior(t: Template, share: float) -> tuple[Floats, Floats]:
    """Mean (k,) and covariance (k, k) of people of this sex; a little is added so that no direction is forbidden."""
    (woman, spread_w), (man, spread_m) = t.prior["woman"], t.prior["man"]
    covariance = (1 - share) * spread_w + share * spread_m
    return (1 - share) * woman + share * man, covariance + 0.02 * np.eye(len(woman))


def _impossible(wanted: Mapping[str, float]) -> str:
    listed = ", ".join(f"{k} {float(v):.3f}" for k, v in wanted.items())
    return f"No body of ours has {listed}: bring the measurements closer to each other."
