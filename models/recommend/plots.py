# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures of an evaluation: whether probabilities of fit mean what they say, and how each group is served.

Worker only.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .study import KNOWN, NEW

_SIZE, _DPI = (7.0, 4.5), 120
_COLOURS = ("#1b6ca8", "#d1495b", "#66a182")


class PlotsRefused(RuntimeError):
    """Pictures where nothing can draw them."""


def library() -> Any:
    """What draws. Raises PlotsRefused."""
    try:
        return importlib.import_module("matplotlib.figure")
    except ImportError as error:
        raise PlotsRefused(
            "Pictures need matplotlib: install “Recommendations” of Toile's engine in Preferences ▸ Add-ons ▸ Toile, "
            "or matplotlib in the Python that TOILE_ENGINE_PYTHON names."
        ) from error


def plot(report: Mapping[str, Any], folder: Path) -> list[str]:
    """Draw what a report of `report.evaluate_files` holds: calibration.png and segments.png. Returns their names.

    Raises PlotsRefused without matplotlib, OSError.
    """
    figure = library()
    folder.mkdir(parents=True, exist_ok=True)
    drawn = {"segments.png": _segments(figure.Figure(_SIZE, dpi=_DPI, layout="constrained"), report)}
    if "calibration" in report:
        drawn["calibration.png"] = _calibration(
            figure.Figure(_SIZE, dpi=_DPI, layout="constrained"), report["calibration"]
        )
    for name, picture in drawn.items():
        beside = folder / f".{name}.part"
        picture.savefig(beside, format="png", metadata={"Software": None})
        beside.replace(folder / name)
    return sorted(drawn)


def _calibration(picture: Any, bins: Mapping[str, list[list[float]]]) -> Any:
    """Of each answer, the share that came true against the probability it was given."""
    axes = picture.subplots()
    axes.plot([0, 1], [0, 1], color="#999999", linewidth=1, label="as it should be")
    for colour, (felt, rows) in zip(_COLOURS, bins.items(), strict=True):
        told, true, _ = zip(*rows, strict=True)
        axes.plot(told, true, "o-", color=colour, label=felt, markersize=4)
    axes.set(xlabel="probability told", ylabel="share that came true", xlim=(0, 1), ylim=(0, 1), title="Fit")
    axes.legend(frameon=False)
    return picture


def _segments(picture: Any, report: Mapping[str, Any]) -> Any:
    """The gain of NDCG over popularity in each group of customers, with its 95 % interval."""
    kinds = [kind for kind in (KNOWN, NEW) if kind in report]
    for axes, kind in zip(picture.subplots(1, len(kinds), squeeze=False)[0], kinds, strict=True):
        rows = [
            (f"{name.replace('_', ' ')}: {group}", row["gain"])
            for name, groups in report[kind]["segments"].items()
            for group, row in groups.items()
        ]
        for place, (_, (mean, low, high)) in enumerate(reversed(rows)):
            axes.plot([low, high], [place, place], color=_COLOURS[0])
            axes.plot(mean, place, "o", color=_COLOURS[0], markersize=4)
        if not rows:
            axes.text(0.5, 0.5, "no group of 30 customers", ha="center", transform=axes.transAxes)
        axes.set_yticks(range(len(rows)), [name for name, _ in reversed(rows)], fontsize=6)
        axes.axvline(0.0, color="#999999", linewidth=1)
        axes.set(title=f"{kind} customers", xlabel="gain of NDCG@10 over popularity")
    return picture
