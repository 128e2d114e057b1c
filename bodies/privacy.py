# SPDX-License-Identifier: GPL-3.0-or-later
"""A body that nobody is recognised by: a scan is personal data, and a garment needs no face. NumPy alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from .body import Body
from .fitting import similarity
from .remeasure import reshaped, skeleton
from .template import Template, template

Floats = NDArray[np.float64]

NAMELESS = "scan"  # the source of a body whose file was not to be known
BROW, SKULL = 0.125, 0.105  # metres below the crown: wholly replaced from the one, kept above the other (a hat's girth)


def anonymous(body: Body) -> Body:
    """The body with everybody's face: the template's, in this head's size and place, and without its file's name.

    The skull's girth, the neck and what lies below stay. Raises LandmarkRefused for a body that has not the template's
    topology.
    """
    t, joints = template(), skeleton(body)
    share = face_share(t)
    scale, turn, shift = similarity(t.mean[share > 0.05], body.vertices[share > 0.05])
    nobody = scale * t.mean @ turn.T + shift
    vertices = body.vertices + share[:, None] * (nobody - body.vertices)
    source = body.source if body.source == "avatar" else NAMELESS
    return replace(reshaped(body, vertices, joints), source=source)


def face_share(t: Template) -> Floats:
    """(n,) how much of each vertex is face: 1 below the brow, 0 on the skull and where the neck takes over."""
    is_head = t.skin_bones == t.bones.index("head")
    head = (t.skin_weights * is_head).sum(axis=1)
    below = t.mean[:, 2].max() - t.mean[:, 2]
    u = np.clip((below - SKULL) / (BROW - SKULL), 0, 1) * np.clip(2 * head - 1, 0, 1)
    return u * u * (3 - 2 * u)
