# SPDX-License-Identifier: GPL-3.0-or-later
"""The wardrobe: one file a garment."""

from __future__ import annotations

import difflib
from collections.abc import Mapping

from ..pattern import Pattern
from ..style import Measurements, Style, UnknownStyle
from .circle_dress import CIRCLE_DRESS
from .skirt import SKIRT
from .trousers import TROUSERS
from .tshirt import TSHIRT

_WARDROBE = {s.name: s for s in (TSHIRT, SKIRT, TROUSERS, CIRCLE_DRESS)}


def styles() -> dict[str, Style]:
    """Every style by name, in the order of the wardrobe."""
    return dict(_WARDROBE)


def style(name: str) -> Style:
    """The style of that name; raises UnknownStyle, naming the nearest."""
    if name in _WARDROBE:
        return _WARDROBE[name]
    near = difflib.get_close_matches(name, _WARDROBE, 1)
    hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(_WARDROBE)}."
    raise UnknownStyle(f"There is no style {name!r}: {hint}")


def draft(name: str, measurements: Measurements, choices: Mapping[str, object] | None = None) -> Pattern:
    """Draft a style by name; see Style.draft for what is refused."""
    return style(name).draft(measurements, choices)
