# SPDX-License-Identifier: GPL-3.0-or-later
"""A cloth that somebody designed, as a fabric of theirs: weight and thickness by its yarns, the rest as a kin's."""

from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from ..sim.fabric import CURVES, LIMITS, Mechanics, fabric_name, fabric_row, keep_fabric, mechanics, shipped_rows
from .maps import Colour
from .recipes import weave_row
from .weave import WeaveRecipe

_YARNS = "derived: yarns, setts and crimp of the design, by Peirce's geometry of cloth (J. Text. Inst. 28, 1937, T45)"


def kin(name: str) -> str:
    """The fabric of Toile's own that a fabric is, or is like. Raises FabricRefused for an unknown one."""
    row = fabric_row(name)
    return name if name in shipped_rows() else str(row.get("like", ""))


def likened(label: str, like: str) -> Mechanics:
    """A fabric of another name that hangs as `like` does, which is all that is known of it. Raises FabricRefused."""
    near = mechanics(like)
    sources = dict.fromkeys(near.sources, f"estimate: as {near.label}, which it is said to be like")
    return replace(near, name=fabric_name(label), label=label, sources=MappingProxyType(sources))


def face_colour(recipe: WeaveRecipe) -> Colour:
    """The sRGB colour that most crossings of a woven cloth show."""
    told = recipe.crossings
    faces = np.where(told.interlacement[..., None], told.warp_colours[None], told.weft_colours[:, None])
    colours, counts = np.unique(faces.reshape(-1, 3), axis=0, return_counts=True)
    red, green, blue = colours[counts.argmax()].tolist()
    return red, green, blue


def keep_design(label: str, recipe: WeaveRecipe, like: str, folder: Path | None = None) -> Mechanics:
    """Keep a woven design on the designer's shelf under its label; its look is that of the fabric `like`.

    Raises FabricRefused for a label that is no name or taken, yarns that make no apparel cloth, and as `keep_fabric`.
    """
    near = likened(label, like)
    derived = {"density": recipe.mass, "thickness": recipe.thickness}
    told = {key: near.sources[key] for key in (*LIMITS, *CURVES) if key in near.sources} | dict.fromkeys(
        derived, _YARNS
    )
    fabric = replace(near, **derived, drape=(0.0, 1.0), sources=MappingProxyType(told))
    own: dict[str, Any] = weave_row(recipe)
    keep_fabric(fabric, like, folder, own)
    return fabric
