# SPDX-License-Identifier: GPL-3.0-or-later
"""Families of garments: which of a shop's many words for them mean garments that are cut alike."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
FAMILIES = {
    "dress": "dress frock mini midi print shirtdress tunic caftan kaftan",
    "sheath": "sheath shift",
    "gown": "gown maxi",
    "jumpsuit": "jumpsuit romper overalls",
    "top": "top blouse tank cami tee t-shirt tshirt henley polo bodice",
    "shirt": "shirt",
    "knit": "sweater pullover jumper knit turtleneck cardigan sweatshirt hoodie",
    "jacket": "jacket blazer suit bomber vest waistcoat",
    "coat": "coat peacoat overcoat trench parka down cape poncho kimono",
    "skirt": "skirt skirts",
    "trousers": "trousers trouser pants pant jeans shorts culottes culotte",
    "leggings": "leggings legging tight",
}
_FAMILY = {word: family for family, words in FAMILIES.items() for word in words.split()}


def family(category: str) -> str:
    """The family of what a shop calls a garment, by its last word; the category itself where that is in none."""
    words = category.replace("_", " ").split()
    return _FAMILY.get(words[-1], category) if words else category


def families_of(words: Sequence[str], category: Ints) -> Ints:
    """(g,) the family of each garment, numbered, from its category: (g,) index into words, -1 where none is told."""
    number: dict[str, int] = {}
    of_word = [number.setdefault(family(word), len(number)) for word in words]
    return np.array([*of_word, len(number)], np.int64)[category]
