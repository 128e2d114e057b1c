# SPDX-License-Identifier: GPL-3.0-or-later
"""What is asked for in a scene: the customer, the occasion, and what stands or is ruled out. Kept in the .blend file.

No `from __future__ import annotations` here: Blender reads properties from evaluated annotations.
"""

import functools
import json
import math
from typing import Any

import bpy
from bpy.props import EnumProperty, FloatProperty, IntProperty, PointerProperty, StringProperty

from ..bodies.sizes import systems
from . import customers, shelf

ANY = "ANY"


def _fabrics(_group: bpy.types.PropertyGroup, _context: bpy.types.Context | None) -> shelf.Items:
    return _with_any(shelf.menu(None, None))


@functools.lru_cache(maxsize=4)  # and kept, because Blender keeps no reference to a menu's words
def _with_any(fabrics: shelf.Items) -> shelf.Items:
    return ((ANY, "Any", "Each design in its style's own fabric"), *fabrics)


def _occasions(_group: bpy.types.PropertyGroup, _context: bpy.types.Context, typed: str) -> list[str]:
    return [word for word in customers.occasions() if typed.lower() in word]


class Brief(bpy.types.PropertyGroup):
    """What a scene's cards are made to."""

    customer: StringProperty(name="Customer", description="Your own name for the customer; it is never written down")
    occasion: StringProperty(
        name="Occasion",
        description="What it is for, in a word of your events; empty for any",
        search=_occasions,
    )
    season: EnumProperty(
        name="Season",
        description="When it is worn: the weight of the cloth follows",
        items=[(ANY, "Any", ""), *((s, s.capitalize(), "") for s in ("spring", "summer", "autumn", "winter"))],
    )
    budget: FloatProperty(
        name="Budget", description="The most that its cloth may cost; 0 for any", min=0.0, precision=2
    )
    price: FloatProperty(
        name="Cloth per m²", description="What a square metre of the cloth costs", min=0.01, default=20.0, precision=2
    )
    fabric: EnumProperty(name="Fabric", description="What it is to be made of", items=_fabrics)
    sizes: EnumProperty(
        name="Sizes",
        description="In which sizes cards tell this body's own",
        items=[(name, rules.label, "") for name, rules in systems().items()],
        default="en_13402_women",
    )
    popularity: FloatProperty(
        name="Popularity",
        description="What everybody takes: 0 leaves it to this customer's own taste, 1 is as learnt",
        min=0.0,
        max=2.0,
        default=1.0,
        subtype="FACTOR",
    )
    count: IntProperty(name="Cards", description="How many designs to show", min=6, max=12, default=8)
    never: StringProperty(options={"HIDDEN"}, description="Styles never to show, as a JSON list")
    locked: StringProperty(options={"HIDDEN"}, description="Choices that stand, as JSON by their names")


def never(brief: Brief) -> list[str]:
    """Styles that this customer is never shown."""
    return json.loads(brief.never or "[]")


def locked(brief: Brief) -> dict[str, Any]:
    """Choices that stand."""
    return json.loads(brief.locked or "{}")


def cloth(brief: Brief) -> float:
    """The most square metres of cloth that the budget pays for."""
    return brief.budget / brief.price if brief.budget else math.inf


def register() -> None:
    """Give every scene a brief."""
    bpy.types.Scene.toile_brief = PointerProperty(type=Brief)


def unregister() -> None:
    """Take it away again; what is stored in the file stays stored."""
    del bpy.types.Scene.toile_brief
