# SPDX-License-Identifier: GPL-3.0-or-later
"""What is fused: the interlining on the pieces of a garment that are to keep their shape.

Of a collar in two layers the outer one is fused (H. Joseph-Armstrong, Patternmaking for Fashion Design, 5th ed.,
"Interfacing"); of tailored garments the whole front, its facing and both layers of the collar (W. Aldrich, Metric
Pattern Cutting for Women's Wear, 6th ed., "The tailored jacket: interlinings").
"""

from __future__ import annotations

from ..assembly import Assembly
from ..style import Part

_SHIRT = ("stand", "collar", "cuff", "placket", "front_band")
_TAILORED = ("front", "front_facing", "collar", "under_collar")


def _part(interlining: str, label: str, help: str, pieces: tuple[str, ...]) -> Part:
    """An interlining on those of the pieces that there are and that are cut from the garment's own cloth."""

    def attach(assembly: Assembly, *_: object) -> None:
        for name in pieces:
            if name in assembly and assembly.piece(name).fabric == "main":
                assembly.change(name, interlining=interlining)

    return Part(interlining, label, help, attach=attach)


NONE = Part("none", "None", "Nothing is fused")
SHIRT = (
    NONE,
    _part("light", "Light", "Collar, cuffs and placket fused with a light nonwoven", _SHIRT),
    _part("shirting", "Shirting", "Collar, cuffs and placket fused with woven cotton", _SHIRT),
)
TAILORED = (NONE, _part("tailoring", "Tailoring", "Fronts, their facings and the collar fused", _TAILORED))
