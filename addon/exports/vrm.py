# SPDX-License-Identifier: GPL-3.0-or-later
"""VRM 1.0: a rigged GLB that says which node is which bone of a human, and what its licence allows. No bpy.

Source: vrm-c/vrm-specification, VRMC_vrm-1.0 (humanoid.md, meta.md, tpose.md).
"""

from __future__ import annotations

import copy
from typing import Any

from .glb import Glb

LICENCE = "https://vrm.dev/licenses/1.0/"

# Our bone → the humanoid's. Its left and right are the figure's own, as ours are.
_MIDDLE = {"pelvis": "hips", "abdomen": "spine", "chest": "chest", "neck": "neck", "head": "head"}
_SIDED = {
    "clavicle": "Shoulder", "upper_arm": "UpperArm", "forearm": "LowerArm", "hand": "Hand", "thigh": "UpperLeg",
    "shin": "LowerLeg", "foot": "Foot",
}  # fmt: skip
HUMAN_BONES = _MIDDLE | {f"{own}_{side}": side + theirs for own, theirs in _SIDED.items() for side in ("left", "right")}

# What a licence allows, in VRM's words; of one not listed here, only what VRM itself presumes.
_STRICT: dict[str, Any] = {
    "avatarPermission": "onlyAuthor",
    "commercialUsage": "personalNonProfit",
    "creditNotation": "required",
    "allowRedistribution": False,
    "modification": "prohibited",
}
_FREE: dict[str, Any] = {
    "avatarPermission": "everyone",
    "commercialUsage": "corporation",
    "allowRedistribution": True,
    "modification": "allowModificationRedistribution",
}
_ALLOWED: dict[str, dict[str, Any]] = {
    "CC0-1.0": {**_FREE, "creditNotation": "unnecessary"},
    "CC-BY-4.0": {**_FREE, "creditNotation": "required"},
    "CC-BY-NC-4.0": {**_FREE, "creditNotation": "required", "commercialUsage": "personalNonProfit"},
    "CC-BY-ND-4.0": {**_FREE, "creditNotation": "required", "modification": "prohibited"},
}


class VrmRefused(ValueError):
    """A file that VRM 1.0 does not allow."""


def to_vrm(glb: Glb, title: str, author: str, licence: str) -> Glb:
    """A GLB whose joints bear our bones' names, in T-pose and facing +Z, as VRM 1.0.

    licence: an SPDX identifier, or any words; they stand in the file, and what they allow where they are known.
    Raises VrmRefused without an author, GlbRefused where a bone is missing.
    """
    if not author.strip():
        raise VrmRefused("A VRM names its author: say who made it.")
    made = copy.deepcopy(glb)
    meta: dict[str, Any] = {"name": title, "version": "1", "authors": [author], "licenseUrl": LICENCE, **_STRICT}
    meta |= _ALLOWED.get(licence, {})
    if licence:
        meta["copyrightInformation"] = licence
    made.json.setdefault("extensions", {})["VRMC_vrm"] = {
        "specVersion": "1.0",
        "meta": meta,
        "humanoid": {"humanBones": {theirs: {"node": made.node(own)} for own, theirs in HUMAN_BONES.items()}},
    }
    used = made.json.setdefault("extensionsUsed", [])
    used.append("VRMC_vrm")
    used.sort()
    return made
