# SPDX-License-Identifier: GPL-3.0-or-later
"""What the command line writes for the cutting room: patterns for machines and on paper, and a style's sizes."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
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


def write_production(pattern: Pattern, folder: Path, paper: str) -> dict[str, str]:
    """pattern.svg, .pdf and .dxf with its sidecar; where each was written, by its name."""
    write_beside(folder / "pattern.svg", pattern_to_svg(pattern).encode())
    write_beside(folder / "pattern.pdf", pattern_to_pdf(pattern, paper))
    written = write_aama(Sizes({_ONE: pattern}, _ONE), folder / "pattern.dxf")
    return {path.name: str(path) for path in (folder / "pattern.svg", folder / "pattern.pdf", *written)}


def grade(drafted: Mapping[str, Pattern], sample: str, paper: str, folder: Path) -> dict[str, Any]:
    """A style's drafts by size → a pattern.json each, sizes.dxf with its sidecar, sizes.rul, and sizes.pdf nested."""
    began = time.perf_counter()
    sizes = Sizes(drafted, sample)
    proofs = {size: pattern.proof() for size, pattern in drafted.items()}
    rules = grade_rules(sizes)
    plain = {size: re.sub(r"[^\w.-]", "-", size) for size in drafted}
    files = {size: folder / f"pattern_{plain[size]}.json" for size in drafted}
    for size, path in files.items():
        write_pattern(drafted[size], path)
    written = [*write_aama(sizes, folder / "sizes.dxf", rules, "sizes"), write_rules(rules, folder / "sizes.rul")]
    write_beside(folder / "sizes.pdf", pattern_to_pdf(sizes, paper))
    return {
        "sizes": list(drafted),
        "sample": sample,
        "rules": len(rules.deltas),
        "rule_errors": dict(rules.errors),
        "without_rules": dict(rules.skipped),
        "max_error": max(proof.max_error for proof in proofs.values()),
        "seconds": time.perf_counter() - began,
        "files": {path.name: str(path) for path in (*files.values(), *written, folder / "sizes.pdf")},
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
