# SPDX-License-Identifier: GPL-3.0-or-later
"""Fused cloth: a fabric with an interlining on its wrong side, as an engine feels it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from ..patterns.interlinings import Interlining, interlinings
from .fabric import Curve, Mechanics

_ADDED = ("density", "thickness", "stretch_warp", "stretch_weft", "shear", "bend_warp", "bend_weft")


def fused(fabric: Mechanics, interlining: Interlining) -> Mechanics:
    """The fabric with the interlining on it: what fusing adds stands in the interlining's table."""

    def stiffer(curve: Curve, added: float) -> Curve:
        return tuple((strain, tension + added * strain) for strain, tension in curve)

    return replace(
        fabric,
        name=f"{fabric.name}+{interlining.name}",
        label=f"{fabric.label}, fused",
        **{name: getattr(fabric, name) + getattr(interlining, name) for name in _ADDED},
        curve_warp=stiffer(fabric.curve_warp, interlining.stretch_warp),
        curve_weft=stiffer(fabric.curve_weft, interlining.stretch_weft),
        curve_shear=stiffer(fabric.curve_shear, interlining.shear),
    )


def cut_and_fused(
    fabrics: Mapping[str, Mechanics], panels: Sequence[tuple[str, str]]
) -> tuple[dict[str, Mechanics], list[str]]:
    """The cloths that panels are made of, by name, and the name of each panel's.

    fabrics: by role, "self" for whatever they leave out. panels: the role and the interlining of each, or "".
    """
    cloths: dict[str, Mechanics] = {}
    names: list[str] = []
    for role, interlining in panels:
        own = role if role in fabrics else "self"
        names.append(f"{own}+{interlining}" if interlining else own)
        if names[-1] not in cloths:
            cloths[names[-1]] = fused(fabrics[own], interlinings()[interlining]) if interlining else fabrics[own]
    return cloths, names
