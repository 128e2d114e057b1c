# SPDX-License-Identifier: GPL-3.0-or-later
"""Patterns of Seamly2D (.sm2d) and Valentina (.val), drafted anew from their formulas and measurements.

The formats are told by the programs' schemas (Seamly2D `src/libs/ifc/schema`, Valentina likewise). Theirs are y down
and in mm, cm or inches; ours y up and in metres. Seams do not exist there.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path, PureWindowsPath
from xml.etree.ElementTree import Element

from ..pattern import Pattern
from .formula import resolved, spoken_of
from .report import Imported, ImportRefused
from .seamly_draft import Draft
from .seamly_measures import Measures, given_measures, read_measurements, unit_of
from .seamly_pieces import PieceReader, unite
from .xmltree import read_xml

STYLE = "seamly"  # of an imported pattern
_NEWEST = {"draftBlock": (0, 7, 5), "draw": (1, 2, 1)}  # what Seamly2D and what Valentina call a block of their drafts
_ALWAYS = (
    "The format knows no seams: which edges are sewn together has still to be said.",
    "The format does not say where a piece lies on the body: the pattern can be drawn and exported, but not draped.",
    "Labels, colours, groups and pictures were left behind.",
)


def read_seamly(path: Path, measurements: Path | Mapping[str, float] | None = None) -> Imported:
    """The pattern of a .sm2d or .val file.

    measurements: a measurement file (.smis, .vit; .smms, .vst at their base size), or measurements by the file's own
    names in metres (angles in radians), which take the place of those in the file that the pattern refers to. Where
    none are given that file is looked for beside the pattern. What a drafting tool cannot do is told in the notes,
    with the pieces that are left out because of it. Raises ImportRefused for a file that is not such a pattern, is
    newer than what is known here, or of which not one piece can be drafted.
    """
    root = read_xml(path)
    blocks = root.findall("draftBlock") or root.findall("draw")
    if root.tag != "pattern" or not blocks:
        raise ImportRefused(f"{path.name} is no pattern of Seamly2D or Valentina (.sm2d, .val).")
    notes = [*_ALWAYS, *_version_notes(root, blocks[0].tag, path.name)]
    unit = unit_of(root, path.name)
    measures, missing = _measures(root, path, measurements)
    notes += [*measures.notes, *missing]

    known = {n: math.degrees(v) if n in measures.angles else v / unit for n, v in measures.values.items()}
    rows = [*root.findall("increments/increment"), *root.findall("variables/variable")]
    formulas = {r.get("name", ""): r.get("formula", "") for r in rows if r.get("type") != "separator"}
    values, broken = resolved(formulas, known, measures.broken)
    draft = Draft(unit, values, broken, looks_ahead=blocks[0].tag == "draftBlock")
    _refuse_bad_ids(root, path.name)
    for element in (e for block in blocks for e in block.findall("calculation/*")):
        draft.draw(element)
    paths: dict[int, Element] = {}
    for element in (e for block in blocks for e in block.findall("modeling/*")):
        if element.tag == "path":
            paths[draft.id_of(element, "id")] = element
        elif element.tag == "tools":
            unite(draft, element)
        else:
            draft.model(element)

    reader = PieceReader(draft, paths)
    owners = [o for block in blocks for o in (*block.findall("pieces/piece"), *block.findall("details/detail"))]
    pieces = tuple(piece for owner in owners if (piece := reader.read(owner)) is not None)
    if not pieces:
        reasons = [*missing, *reader.left_out] or ["It holds none."]
        raise ImportRefused(f"Not one piece of {path.name} can be cut. {' '.join(reasons[:3])}")
    pattern = Pattern(
        name=(root.findtext("patternName") or "").strip() or path.stem,
        style=STYLE,
        pieces=pieces,
        seams=(),
        measurements=dict(measures.values),
    )
    known_here = measures.names | draft.asked | spoken_of(formulas.values())
    given = () if measurements is None or isinstance(measurements, Path) else measurements
    return Imported(
        pattern,
        (*notes, *draft.failures, *dict.fromkeys(draft.notes), *reader.summary()),
        tuple(name for name in given if name not in known_here),
    )


def _version_notes(root: Element, block: str, file: str) -> tuple[str, ...]:
    text = (root.findtext("version") or "").strip()
    parts = text.split(".")
    if len(parts) != 3 or not all(p.isascii() and p.isdigit() and len(p) < 6 for p in parts):
        raise ImportRefused(f"{file} has the version {text!r}: it must be three numbers such as 0.6.8.")
    version, newest = tuple(map(int, parts)), _NEWEST[block]
    if version[:2] > newest[:2]:
        raise ImportRefused(
            f"{file} has the version {text}, which is newer than what is known here: save it as an older one."
        )
    if version > newest:
        return (f"The file's version {text} is newer than what is known here: look its pieces over.",)
    return ()


def _measures(root: Element, path: Path, given: Path | Mapping[str, float] | None) -> tuple[Measures, tuple[str, ...]]:
    """The measurements to draft from, and a sentence where the file that the pattern names is missing."""
    if isinstance(given, Path):
        return read_measurements(given), ()
    own = given_measures(given or {})
    element = root.find("measurements")
    reference = "" if element is None else element.get("path") or (element.text or "").strip()
    if not reference:
        return Measures(own), ()
    # Only the file's name is taken, so that a pattern cannot make this machine open files elsewhere.
    beside = path.parent / PureWindowsPath(reference).name
    if not beside.is_file():
        return Measures(own), (f"The measurement file {beside.name} does not lie beside {path.name}.",)
    return read_measurements(beside, own), ()


def _refuse_bad_ids(root: Element, file: str) -> None:
    seen: set[str] = set()
    for element in (*root.iterfind(".//calculation/*"), *root.iterfind(".//modeling/*")):
        identity = element.get("id", "")
        if not (identity.isascii() and identity.isdigit() and len(identity) < 12):
            raise ImportRefused(f"{file} gives a {element.tag} the id {identity!r}: it must be a whole number.")
        if identity in seen:
            raise ImportRefused(f"{file} gives the id {identity} to two objects.")
        seen.add(identity)
