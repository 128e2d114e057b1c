# SPDX-License-Identifier: GPL-3.0-or-later
"""The fabric laboratory: the trade's own tests, taken on a drape engine instead of on a cloth.

Each test cuts a specimen (`Cut`), has an engine settle it (`sim.sheet.SheetEngine`), reads off it what the standard
reads, and puts beside it what a fabric of these numbers must give exactly.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType

from ..fabric import Mechanics
from ..sheet import SheetEngine
from .cantilever import Cantilever, cantilever
from .cusick import Cusick, cusick
from .elastica import Elastica, OverhangRefused, elastica
from .fall import Fall, fall
from .frame import PictureFrame, picture_frame
from .hanging import Hanging, hanging
from .laws import LawRefused, bending_length
from .meshes import MESH_KINDS, Cut, MeshKind, SpecimenRefused
from .outcome import LaboratoryRefused, Outcome
from .tensile import Bias, Tensile, bias, tensile

TESTS: Mapping[str, Callable[[SheetEngine, Mechanics, Cut], Outcome]] = MappingProxyType(
    {
        "cantilever": cantilever,
        "cusick": cusick,
        "tensile": tensile,
        "bias": bias,
        "shear": picture_frame,
        "hanging": hanging,
        "fall": fall,
    }
)


def usual_cut(
    test: str,
    fabric: Mechanics,
    mesh: MeshKind = "alternate",
    particle_distance: float | None = None,
    direction: float | None = None,
) -> Cut:
    """The cut that a test takes where none is wished: direction (radians) along the warp, on the bias for `bias`;
    particles a fifth of the bending length apart for the cantilever, a quarter for the disc (3 to 6 mm), 5 mm for all
    else.

    Raises LaboratoryRefused for a test that is not in TESTS, SpecimenRefused.
    """
    if test not in TESTS:
        raise LaboratoryRefused(f"There is no test “{test}”. Choose {', '.join(TESTS)}.")
    if direction is None:
        direction = math.pi / 4 if test == "bias" else 0.0
    cut = Cut(0.005 if particle_distance is None else particle_distance, mesh, direction)
    if particle_distance is None and test == "cantilever":
        return replace(cut, particle_distance=bending_length(fabric, direction) / 5)
    if particle_distance is None and test == "cusick":
        return replace(cut, particle_distance=round(min(max(min(fabric.bending_length) / 4, 0.003), 0.006), 4))
    return cut


__all__ = [
    "Bias",
    "Cantilever",
    "Cusick",
    "Cut",
    "Elastica",
    "Fall",
    "Hanging",
    "LaboratoryRefused",
    "LawRefused",
    "MESH_KINDS",
    "MeshKind",
    "Outcome",
    "OverhangRefused",
    "PictureFrame",
    "SpecimenRefused",
    "TESTS",
    "Tensile",
    "bending_length",
    "bias",
    "cantilever",
    "cusick",
    "elastica",
    "fall",
    "hanging",
    "picture_frame",
    "tensile",
    "usual_cut",
]
