# SPDX-License-Identifier: GPL-3.0-or-later
"""The three-dimensional formats, each with what it is for: what panel, File ▸ Export and command line offer."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Format:
    """A format: its label, what its files end in, what it is for, and whether it takes a skeleton or a wall."""

    label: str
    ending: str
    help: str
    rigged: bool = False
    solid: bool = False

    @property
    def pictured(self) -> bool:
        """Whether its files show the fabric by pictures of their own."""
        return not self.solid and self.ending not in (".abc", ".blend")


FORMATS: dict[str, Format] = {
    "GLB": Format("GLB", ".glb", "The garment with its fabric, for the web and for games"),
    "VRM": Format("VRM 1.0", ".vrm", "The garment on a rigged avatar in T-pose, for virtual worlds", rigged=True),
    "FBX": Format(
        "FBX", ".fbx", "The garment on a rigged body with levels of detail, for Unity and Unreal", rigged=True
    ),
    "USD": Format("USD", ".usdc", "The garment for film and other 3D programs"),
    "USDZ": Format("USDZ", ".usdz", "The garment in one file, for augmented reality on a phone"),
    "ABC": Format("Alembic", ".abc", "The garment as it moves on the timeline, for film"),
    "OBJ": Format("OBJ", ".obj", "The garment for any 3D program, without the fabric's sheen"),
    "3MF": Format("3MF", ".3mf", "The garment as a closed body with a wall, for a 3D printer", solid=True),
    "STL": Format("STL", ".stl", "As 3MF, for older printers: no names and no units", solid=True),
    "BLEND": Format(".blend", ".blend", "This scene as a Blender file of its own"),
}
