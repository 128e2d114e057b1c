# SPDX-License-Identifier: GPL-3.0-or-later
"""The words of a tech pack in English and Chinese, from assets/techpack.toml."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

LANGUAGES = ("en", "zh_HANS")
WORDS = Path(__file__).parent.parent.parent / "assets" / "techpack.toml"


class LanguageRefused(ValueError):
    """A language that tech packs are not written in."""


@cache
def _vocabulary(language: str) -> Mapping[str, Mapping[str, str]]:
    if language not in LANGUAGES:
        raise LanguageRefused(f"A tech pack is written in {' or '.join(LANGUAGES)}, not in {language!r}.")
    return tomllib.loads(WORDS.read_text(encoding="utf-8")).get(language, {})


@dataclass(frozen=True)
class Speech:
    """Words in one language. Raises LanguageRefused for another than LANGUAGES."""

    language: str

    def __post_init__(self) -> None:
        _vocabulary(self.language)

    def __call__(self, english: str) -> str:
        """A sentence or head of the pack."""
        return english if self.language == "en" else _vocabulary(self.language)["sentences"].get(english, english)

    def name(self, name: str) -> str:
        """A seam's, edge's or piece's name: whole where the language has it, else from its parts."""
        if self.language == "en":
            return name.replace("_", " ").replace(".", ", ")
        if "." in name:
            return "：".join(self.name(part) for part in name.split(".", 1))
        whole, parts = (_vocabulary(self.language)[table] for table in ("names", "parts"))
        if name in whole:
            return whole[name]
        said = [parts.get(part, part if part.isdecimal() else "") for part in re.split(r"[_ ]", name)]
        if not all(said):
            return name.replace("_", " ")
        first = [word for word in said if word in _vocabulary(self.language)["first"].values()]
        return "".join(first + [word for word in said if word not in first])
