# SPDX-License-Identifier: GPL-3.0-or-later
"""What the command line writes for the cutting room: patterns for machines and on paper, and a style's sizes."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ..patterns import Pattern
from ..patterns.document import pattern_to_json, write_pattern
from ..patterns.exchange import write_aama, write_rules
from ..patterns.grading import Sizes, grade_rules
from ..patterns.marker import Fabric
from ..patterns.printing import pattern_to_pdf
from ..patterns.svg import pattern_to_svg
from ..patterns.writing import write_beside, write_json
from ..worker.client import call

_ONE = "-"  # the size of a pattern that is made to measure
KINDS = ("JSON", "SVG", "DXF", "PDF")  # each size's pattern.json and .svg; one DXF with its RUL, and one nest


def write_production(pattern: Pattern, folder: Path, paper: str) -> dict[str, str]:
    """pattern.svg, .pdf and .dxf with its sidecar; where each was written, by its name."""
    write_beside(folder / "pattern.svg", pattern_to_svg(pattern).encode())
    write_beside(folder / "pattern.pdf", pattern_to_pdf(pattern, paper))
    written = write_aama(Sizes({_ONE: pattern}, _ONE), folder / "pattern.dxf")
    return {path.name: str(path) for path in (folder / "pattern.svg", folder / "pattern.pdf", *written)}


def grade(
    sizes: Sizes,
    paper: str,
    folder: Path,
    kinds: Collection[str] = KINDS,
    progress: Callable[[float, str], None] = lambda _fraction, _text: None,
) -> dict[str, Any]:
    """A style's drafts by size into files of those KINDS; what was written, and how true rules and seams are."""
    began = time.perf_counter()
    proofs = [pattern.proof() for pattern in sizes.patterns.values()]
    progress(0.1, "Finding the grade rules")
    rules = grade_rules(sizes)
    plain = {size: re.sub(r"[^\w.-]", "-", size) for size in sizes.patterns}
    written: list[Path] = []
    if "JSON" in kinds:
        written += (write_pattern(p, folder / f"pattern_{plain[size]}.json") for size, p in sizes.patterns.items())
    if "SVG" in kinds:
        for size, pattern in sizes.patterns.items():
            written.append(write_beside(folder / f"pattern_{plain[size]}.svg", pattern_to_svg(pattern).encode()))
    if "DXF" in kinds:
        progress(0.6, "Writing DXF and RUL")
        written += write_aama(sizes, folder / "sizes.dxf", rules, "sizes")
        written.append(write_rules(rules, folder / "sizes.rul"))
    if "PDF" in kinds:
        progress(0.8, "Writing PDF")
        written.append(write_beside(folder / "sizes.pdf", pattern_to_pdf(sizes, paper)))
    return {
        "sizes": list(sizes.patterns),
        "sample": sizes.sample,
        "rules": len(rules.deltas),
        "rule_errors": dict(rules.errors),
        "without_rules": dict(rules.skipped),
        "max_error": max(proof.max_error for proof in proofs),
        "seconds": time.perf_counter() - began,
        "files": {path.name: str(path) for path in written},
    }


def lay_marker(
    patterns: Mapping[str, Pattern], counts: Mapping[str, int], fabric: Fabric, role: str, seconds: int, folder: Path
) -> dict[str, Any]:
    """Patterns by size, and how many of each → marker.json and marker.svg, laid by a worker."""
    began = time.perf_counter()
    from .engine import engine_worker

    told = call(
        engine_worker(),
        "marker",
        {
            "patterns": {size: pattern_to_json(pattern) for size, pattern in patterns.items()},
            "counts": dict(counts),
            "fabric": asdict(fabric),
            "role": role,
            "seconds": seconds,
        },
        {},
    ).values
    write_json(folder / "marker.json", told["marker"])
    write_beside(folder / "marker.svg", told["svg"].encode())
    files = {name: str(folder / name) for name in ("marker.json", "marker.svg")}
    numbers = {key: value for key, value in told["marker"].items() if key != "laid"}
    return {**numbers, "pieces": told["pieces"], "seconds": time.perf_counter() - began, "files": files}
