# SPDX-License-Identifier: GPL-3.0-or-later
"""The fabrics and colours that one file of a garment can show, as they are asked for. No bpy."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ...sim.fabric import fabric_row

_COLOUR = re.compile(r"([^=,]+)=\s*(#[0-9a-fA-F]{6})\s*")
MOST = 32


class VariantRefused(ValueError):
    """What is asked for is neither a fabric nor a colour."""


@dataclass(frozen=True)
class Variant:
    """A fabric in the place of the garment's own; or its own, dyed `colour`, which is #rrggbb in sRGB."""

    label: str
    fabric: str = ""
    colour: str = ""


def read_variants(text: str) -> tuple[Variant, ...]:
    """The fabric and the colour of "denim, Navy=#1f2a44", for example. Raises VariantRefused, FabricRefused."""
    found: list[Variant] = []
    for word in filter(None, (part.strip() for part in text.split(","))):
        if match := _COLOUR.fullmatch(word):
            found.append(Variant(match[1].strip(), colour=match[2].lower()))
        elif "=" in word or "#" in word:
            raise VariantRefused(f"{word!r} is no colour: write a name and six digits, as in Navy=#1f2a44.")
        else:
            found.append(Variant(fabric_row(word)["label"], fabric=word))
    labels = [variant.label for variant in found]
    if len(set(labels)) < len(labels):
        raise VariantRefused("Two variants have the same name: leave one out.")
    if len(found) > MOST:
        raise VariantRefused(f"One file shows {MOST} variants at most, not {len(found)}.")
    return tuple(found)
