# SPDX-License-Identifier: GPL-3.0-or-later
"""A body whose own surface moves until the tape reads other numbers, and nothing else more than it must. NumPy alone.

The move x is made of the basis' shapes and, for every girth that is asked for, of a *swelling*: the skin about its tape
along its normals, fading along the limb. It is the least move

    min |c|² + |s / SWELLING|² + Σ_others (Δm / HELD)²   subject to  every asked measure,   x = c·shape + s·swelling,

solved by Gauss–Newton with the tapes' exact gradients. So a girth grows where its tape lies, the other measures stay
nearly where they were, and a height, which no swelling can change, comes out of the basis.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from .body import Body
from .fitting import vertex_normals
from .landmarks import body_joints
from .measure import Points, Tape, TapeSlipped, nearest_point, tapes
from .remeasure import reshaped, skeleton
from .template import Template, template

Floats = NDArray[np.float64]

TOLERANCE = 0.003  # metres (and radians) between what was asked and what the tape then reads
SWELLING = 0.006  # metres, one standard deviation of a swelling
HELD = 0.004  # metres by which another measure may as well move as a swelling by its deviation
FADING = 0.045  # metres along the limb, one standard deviation
MOST_ASKED = 0.15  # share of its value by which a measure may be changed: beyond it, it is another person
ROUNDS = 16
READING = 5e-4  # 95 % half-width of a tape on the mesh itself: its chords against the smooth surface


class ResizeRefused(ValueError):
    """A body cannot take these measures; the message says what to do."""


def swelling(t: Template, vertices: Floats, normals: Floats, tape: Tape) -> Floats:
    """(n, 3) how the skin about a closed tape moves when it swells by one metre, alike on both sides of the body."""
    ring = tape.points.at(vertices)
    centre = ring.mean(axis=0)
    axis = np.linalg.svd(ring - centre, full_matrices=False)[2][2]
    from_centre = vertices - centre
    along = from_centre @ axis
    aside = np.linalg.norm(from_centre - along[:, None] * axis, axis=1)
    reach = np.linalg.norm(ring - centre, axis=1).max()
    near = np.clip((1.8 * reach - aside) / (0.5 * reach), 0, 1)
    # The skin that moves with the parts the tape goes round: skin weights fade where an arm joins the trunk.
    leading = t.skin_bones[np.arange(len(vertices)), t.skin_weights.argmax(axis=1)]
    round_ = np.isin(t.parts, np.unique(t.parts[tape.points.ids[:, 0]]))
    owned = np.isin(t.skin_bones, np.unique(leading[round_]))
    weight = np.exp(-0.5 * (along / FADING) ** 2) * near * (t.skin_weights * owned).sum(axis=1)
    return np.maximum(weight, weight[t.mirror])[:, None] * normals


def drawn_to(
    t: Template, vertices: Floats, joints: Floats, wanted: Mapping[str, float],
    placed: Mapping[str, Points] | None = None,
) -> tuple[Floats, Floats]:  # fmt: skip
    """Vertices (n, 3) and joints (b, 3) moved as little as they must for the tape to read what is wanted (SI).

    placed: landmarks put by hand, which follow the skin. Raises TapeSlipped when that takes a tape off the body.
    """
    for _ in range(ROUNDS):
        taken = tapes(vertices, body_joints(t, joints), placed)
        gap = np.array([value - taken[name].value(vertices) for name, value in wanted.items()])
        if np.abs(gap).max() < 2e-4:
            break
        normals = vertex_normals(vertices, t.faces)
        girths = [taken[name] for name in wanted if taken[name].kind == "closed"]
        fields = np.array([swelling(t, vertices, normals, tape) for tape in girths]).reshape(-1, *vertices.shape)
        rows = {
            name: np.r_[tape.jacobian(vertices, t.shape), tape.jacobian(vertices, fields)]
            for name, tape in taken.items()
        }
        asked = np.array([rows[name] for name in wanted])
        held = np.array([row for name, row in rows.items() if name not in wanted]) / HELD
        deviation = np.r_[np.ones(len(t.shape)), np.full(len(fields), SWELLING)]
        price = np.diag(deviation**-2) + held.T @ held
        pull = np.linalg.solve(price, asked.T)
        step = pull @ np.linalg.solve(asked @ pull + 1e-9 * np.eye(len(asked)), gap)
        step *= min(1.0, 2.0 / float(np.linalg.norm(step / deviation)))
        c, s = step[: len(t.shape)], step[len(t.shape) :]
        vertices = vertices + np.tensordot(c, t.shape, 1) + np.tensordot(s, fields, 1)
        joints = joints + np.tensordot(c, t.joint_shape, 1)
        drop = np.array([0.0, 0.0, vertices[:, 2].min()])
        vertices, joints = vertices - drop, joints - drop
    return vertices, joints


def resized(body: Body, wanted: Mapping[str, float]) -> Body:
    """The body with these measures (metres; shoulder_slope in radians), the others kept as nearly as can be.

    It is still the same person: only as much of the surface moves as must. What was asked is certain then, the other
    uncertainties stay. Raises ResizeRefused for an unknown measure, one that is no positive number or too far from what
    it was and measures that do not go together, LandmarkRefused for a body that has not the template's topology.
    """
    t, joints = template(), skeleton(body)
    for name, value in wanted.items():
        if name not in body.measurements:
            raise ResizeRefused(f"There is no measurement {name!r}; choose among {', '.join(body.measurements)}.")
        if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value) or value <= 0:
            raise ResizeRefused(f"{name} must be a positive number, not {value!r}.")
        was = body.measurements[name].value
        if abs(value - was) > MOST_ASKED * abs(was):
            raise ResizeRefused(f"{name} of {value:.3f} is too far from {was:.3f}: make a new body for it.")
    if not wanted:
        return body
    placed = {name: nearest_point(body.vertices, body.faces, body.landmarks[name]) for name in body.placed}
    try:
        vertices, joints = drawn_to(t, body.vertices, joints, wanted, placed)
    except TapeSlipped as slipped:
        raise ResizeRefused(
            f"This body cannot have {_listed(wanted)} ({slipped}): bring it closer to what it was."
        ) from slipped
    found = reshaped(body, vertices, joints)
    for name, value in wanted.items():
        if abs(off := found.measurements[name].value - value) > TOLERANCE:
            raise ResizeRefused(
                f"This body cannot have {_listed(wanted)} ({name} stays {1000 * abs(off):.0f} mm off): "
                "bring it closer to what it was."
            )
    told = {name: replace(found.measurements[name], uncertainty=READING) for name in wanted}
    return replace(found, measurements=found.measurements | told)


def _listed(wanted: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {value:.3f}" for name, value in wanted.items())
