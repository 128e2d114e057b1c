# SPDX-License-Identifier: GPL-3.0-or-later
"""3D: meshing, sewing, placing, drape engines, fabric mechanics, fit numbers."""

from .cloth import Cloth, build_cloth, build_coarse
from .drape import Drape, DrapeCancelled, DrapeEngine, DrapeRefused
from .fabric import FabricRefused, Mechanics, fabrics, mechanics
from .meshing import ParticleDistanceRefused
from .placing import PlacingRefused
from .report import DrapeReport
from .stations import PanelRefused

__all__ = [
    "Cloth",
    "Drape",
    "DrapeCancelled",
    "DrapeEngine",
    "DrapeRefused",
    "DrapeReport",
    "FabricRefused",
    "Mechanics",
    "PanelRefused",
    "ParticleDistanceRefused",
    "PlacingRefused",
    "build_cloth",
    "build_coarse",
    "fabrics",
    "mechanics",
]
