# SPDX-License-Identifier: GPL-3.0-or-later
"""People to try things on: avatars of ANSUR II's bodies, standing a little askew."""

from dataclasses import replace

import numpy as np
import trimesh
from toile.bodies import AvatarRefused, Body, avatar, posed
from toile.bodies.population import NAMES, population
from toile.bodies.refinement import trust
from toile.bodies.template import template

ASKEW = {"upper_arm": 0.12, "forearm": 0.10, "thigh": 0.04, "neck": 0.06, "head": 0.06}  # SD, radians


def person(seed: int, waves: float = 0.0) -> Body:
    """Somebody of ANSUR II as an avatar, then posed; waves (metres, deviation) are what the basis does not know."""
    rng = np.random.default_rng(seed)
    sex = ("woman", "man")[seed % 2]
    of = population(sex)
    while True:
        measures = dict(zip(NAMES, np.exp(rng.multivariate_normal(of.mean, of.covariance)), strict=True))
        try:
            body = avatar({name: measures[name] for name in ("stature", "bust", "waist", "hip", "thigh")}, sex=sex)
            break
        except AvatarRefused:  # a few in a hundred: the tails of a Gaussian hold people who are not
            continue
    turns = {
        bone: rng.normal(size=3) * spread
        for bone in template().bones
        if (spread := ASKEW.get(bone.removesuffix("_left").removesuffix("_right"), 0.0))
    }
    for side in ("left", "right"):  # soles stay flat on the floor
        turns[f"foot_{side}"] = -turns[f"thigh_{side}"]
    body = posed(body, turns)
    numbers = rng.normal(size=(60, 3)) * (2 * np.pi / rng.uniform(0.08, 0.25, (60, 1)))
    bumps = np.cos(body.vertices @ numbers.T + rng.uniform(0, 2 * np.pi, 60)).sum(axis=1)
    mesh = trimesh.Trimesh(body.vertices, body.faces, process=False)
    vertices = body.vertices + (waves / bumps.std() * bumps * trust(template()))[:, None] * mesh.vertex_normals
    return replace(body, vertices=vertices - [0, 0, vertices[:, 2].min()], source=f"person {seed}")
