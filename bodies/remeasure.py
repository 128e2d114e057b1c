# SPDX-License-Identifier: GPL-3.0-or-later
"""A body measured again from landmarks that somebody moved. NumPy alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from .body import Body, Measurement
from .definitions import DEFINITIONS
from .landmarks import LEVELS, body_joints, joint_of, landmark_vertices, landmarks_of
from .measure import TapeSlipped, level_landmarks, nearest_point, tapes
from .parting import parted
from .template import template

Floats = NDArray[np.float64]

FARTHEST = 0.15  # metres from the surface at which a landmark was dropped beside the body


class LandmarkRefused(ValueError):
    """A landmark cannot lie there; the message says what to do."""


def remeasured(body: Body, moved: Mapping[str, Floats]) -> Body:
    """The body with its landmarks at these positions (3,) in metres, drawn to the surface, and measured from them.

    Landmarks placed before stay where they were put. A level's landmark (bust, underbust, waist, hip) sets its height.
    Uncertainties stay as they were: whoever moves a landmark says what is meant, not how well the surface is known.
    Raises LandmarkRefused for an unknown name, a position that is none or far from the body, one that no tape can be
    taken from, and a body that has not the template's topology.
    """
    t = template()
    if body.faces.shape != t.faces.shape or not np.array_equal(body.faces, t.faces):
        raise LandmarkRefused("This body is no registered one: measure its scan again, then move its landmarks.")
    positions = {name: body.landmarks[name] for name in body.placed} | dict(moved)
    placed = {}
    for name, position in positions.items():
        if name not in body.landmarks or name not in movable():
            raise LandmarkRefused(f"There is no landmark {name!r}; choose among {', '.join(movable())}.")
        at = np.asarray(position, dtype=np.float64)
        if at.shape != (3,) or not np.isfinite(at).all():
            raise LandmarkRefused(f"{name} must be a position of three numbers in metres.")
        placed[name] = nearest_point(body.vertices, body.faces, at)
        if float(np.linalg.norm(placed[name].at(body.vertices)[0] - at)) > FARTHEST:
            raise LandmarkRefused(f"{name} lies {FARTHEST:g} m or more beside the body: put it on the skin.")
    try:
        taken = tapes(body.vertices, body.joints, placed)
        marks = body.landmarks | {name: point.at(body.vertices)[0] for name, point in placed.items()}
        for name in ("waist", "hip"):
            levels = level_landmarks(body.vertices, name, taken[name])
            marks |= {k: v for k, v in levels.items() if k not in placed}
        marks["bust_right"], marks["bust_left"] = taken["bust_point_distance"].points.at(body.vertices)
    except TapeSlipped as slipped:
        raise LandmarkRefused(f"Nothing can be measured from there ({slipped}): move the landmark back.") from slipped
    return replace(
        body,
        landmarks=marks,
        placed=tuple(sorted(placed)),
        measurements={
            name: Measurement(
                tape.value(body.vertices),
                body.measurements[name].uncertainty,
                DEFINITIONS[name],
                tape.curve(body.vertices),
            )
            for name, tape in taken.items()
        },
    )


def unplaced(body: Body) -> Body:
    """The body measured from where its landmarks are found, whatever was placed by hand."""
    return remeasured(replace(body, placed=(), landmarks=body.landmarks | landmarks_of(body.vertices)), {})


def reshaped(body: Body, vertices: Floats, joints: Floats) -> Body:
    """The body with its surface at vertices (n, 3) and its skeleton at joints (b, 3), measured there.

    Landmarks that were placed by hand follow the skin that they lie on. Raises LandmarkRefused as `remeasured` does.
    """
    t = template()
    placed = {name: nearest_point(body.vertices, body.faces, body.landmarks[name]) for name in body.placed}
    marks = landmarks_of(vertices)
    moved = replace(
        body,
        vertices=parted(vertices, t.parts, float(marks["crotch"][2])),
        joints=body_joints(t, joints),
        landmarks=body.landmarks | marks | {name: point.at(vertices)[0] for name, point in placed.items()},
    )
    return remeasured(moved, {})


def skeleton(body: Body) -> Floats:
    """(b, 3) the body's joints in the order of the template's bones.

    Raises LandmarkRefused for a body without the template's topology or a joint (a file of an older version).
    """
    t = template()
    if body.faces.shape != t.faces.shape or not np.array_equal(body.faces, t.faces):
        raise LandmarkRefused("This body is no registered one: measure its scan again first.")
    if lacking := [joint_of(bone) for bone in t.bones if joint_of(bone) not in body.joints]:
        raise LandmarkRefused(f"This body has no joint {lacking[0]!r}: make it again.")
    return np.array([body.joints[joint_of(bone)] for bone in t.bones])


def movable() -> tuple[str, ...]:
    """The names of the landmarks that may be moved by hand: all but the crown, which is the highest point."""
    names = {*landmark_vertices(), *LEVELS["waist"], *LEVELS["hip"]} - {"crown"}
    return tuple(sorted(names))
