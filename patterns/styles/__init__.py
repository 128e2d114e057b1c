# SPDX-License-Identifier: GPL-3.0-or-later
"""The wardrobe: one file a garment."""

from __future__ import annotations

import difflib
import functools
import os
from collections.abc import Mapping

from ..pattern import Pattern
from ..studio import SHELF, Studio, read_studio
from ..style import Measurements, Style, UnknownStyle
from .a_line_dress import A_LINE_DRESS
from .blouse import BLOUSE
from .bodice import BODICE
from .bomber import BOMBER
from .cardigan import CARDIGAN
from .circle_dress import CIRCLE_DRESS
from .circle_skirt import CIRCLE_SKIRT
from .coat import COAT
from .hoodie import HOODIE
from .jacket import JACKET
from .jeans import JEANS
from .leggings import LEGGINGS
from .pencil_skirt import PENCIL_SKIRT
from .pleated_skirt import PLEATED_SKIRT
from .polo import POLO
from .sheath import SHEATH
from .shirt import SHIRT
from .shorts import SHORTS
from .sweatshirt import SWEATSHIRT
from .tank import TANK
from .trousers import TROUSERS
from .tshirt import TSHIRT
from .waistcoat import WAISTCOAT
from .wrap_dress import WRAP_DRESS

_FAMILIES = {
    "Tops": (TSHIRT, TANK, POLO, SHIRT, BLOUSE, SWEATSHIRT, HOODIE, CARDIGAN, BODICE),
    "Outerwear": (BOMBER, WAISTCOAT, JACKET, COAT),
    "Dresses": (SHEATH, A_LINE_DRESS, CIRCLE_DRESS, WRAP_DRESS),
    "Skirts": (PENCIL_SKIRT, PLEATED_SKIRT, CIRCLE_SKIRT),
    "Trousers": (TROUSERS, JEANS, LEGGINGS, SHORTS),
}
_WARDROBE = {s.name: s for family in _FAMILIES.values() for s in family}


def styles() -> dict[str, Style]:
    """Every style by name, in the order of the wardrobe; then a studio's own (see `patterns.studio`)."""
    return {**_WARDROBE, **_studio(os.environ.get(SHELF, "")).styles}


def wardrobe() -> dict[str, Style]:
    """Toile's own styles by name."""
    return dict(_WARDROBE)


def families() -> dict[str, tuple[Style, ...]]:
    """Toile's own styles, as a shop hangs them."""
    return dict(_FAMILIES)


def faults() -> tuple[str, ...]:
    """What is wrong with a studio's own styles, a sentence each."""
    return _studio(os.environ.get(SHELF, "")).faults


def reread() -> None:
    """Read the studio's folders again when next asked."""
    _studio.cache_clear()


@functools.lru_cache(maxsize=4)
def _studio(shelf: str) -> Studio:
    return read_studio(shelf, _WARDROBE)


def style(name: str) -> Style:
    """The style of that name; raises UnknownStyle, naming the nearest."""
    every = styles()
    if name in every:
        return every[name]
    near = difflib.get_close_matches(name, every, 1)
    hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(every)}."
    raise UnknownStyle(f"There is no style {name!r}: {hint}")


def draft(name: str, measurements: Measurements, choices: Mapping[str, object] | None = None) -> Pattern:
    """Draft a style by name; see Style.draft for what is refused."""
    return style(name).draft(measurements, choices)
