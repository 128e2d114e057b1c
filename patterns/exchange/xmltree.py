# SPDX-License-Identifier: GPL-3.0-or-later
"""XML as a tree of elements. No document type, no entity, and no more or deeper elements than a pattern can have."""

from __future__ import annotations

from pathlib import Path
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from .report import ImportRefused, read_text

_DEEPEST = 64
_MOST_ELEMENTS = 100_000


def read_xml(path: Path) -> Element:
    """The root element of an XML file in UTF-8.

    Raises ImportRefused when it cannot be read, is not well formed, declares a document type (where every entity,
    and so every expanding or outside one, would have to stand), or is nested or filled beyond what a pattern needs.
    """
    builder = TreeBuilder()
    depth = count = 0

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal depth, count
        depth, count = depth + 1, count + 1
        if depth > _DEEPEST or count > _MOST_ELEMENTS:
            raise ImportRefused(
                f"{path.name} has more elements, or deeper ones, than any pattern: is it the right file?"
            )
        builder.start(tag, attributes)

    def end(tag: str) -> None:
        nonlocal depth
        depth -= 1
        builder.end(tag)

    def doctype(*_: object) -> None:
        raise ImportRefused(f"{path.name} declares a document type, which no pattern has: it is not opened further.")

    parser = expat.ParserCreate("utf-8")
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = builder.data
    parser.StartDoctypeDeclHandler = doctype
    try:
        parser.Parse(read_text(path).encode(), True)
    except expat.ExpatError as error:
        raise ImportRefused(f"{path.name} is not XML: {error}.") from error
    return builder.close()
