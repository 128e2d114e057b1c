# SPDX-License-Identifier: GPL-3.0-or-later
"""Photographs of a draped garment on its body, taken in this Blender or, while it goes on working, by another one."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import bpy

from ..worker.client import TaskCancelled
from . import overlay
from .batch.process import run_limited
from .preview import render_preview

SHOTS = ("front", "back")
WHOLE = (1000, 1300)  # pixels of a picture of the garment
SAMPLES = 32  # of light, a pixel
_PATIENCE = 1800.0  # seconds

Progress = Callable[[float, str], None]


class PhotographRefused(RuntimeError):
    """The Blender that was to photograph a garment came to nothing."""


def photograph(
    figure: bpy.types.Object, garment: bpy.types.Object, folder: Path, progress: Progress, shots: Sequence[str] = SHOTS
) -> dict[str, Path]:
    """Each of these views of a garment in its fabric as a PNG in a folder, here and now. Raises ExportRefused."""
    taken: dict[str, Path] = {}
    with overlay.in_fabric(garment):
        for number, view in enumerate(shots):
            progress(number / len(shots), f"Photographing the garment, {view.replace('_', ' ')}")
            taken[view] = folder / f"{view}.png"
            render_preview([figure, garment], taken[view], views=(view,), size=WHOLE, samples=SAMPLES, focus=garment)
    return taken


def photographed_apart(scene: Path, name: str, cancelled: Callable[[], bool]) -> dict[str, bytes]:
    """The same of the garment of that name in a saved scene, by a Blender of its own; from any thread.

    Raises TaskCancelled, PhotographRefused.
    """
    with tempfile.TemporaryDirectory() as folder:
        words = [*command_line(), "photograph", str(scene), "--garment", name, "--out", folder]
        ended = run_limited(words, os.environ, _PATIENCE, 0, cancelled)
        if cancelled():
            raise TaskCancelled("The photographs are no longer wanted.")
        if ended.status != 0:
            said = ended.err.strip().splitlines()[-1:] or [""]
            raise PhotographRefused(f"The garment was not photographed: {ended.reason or said[0]}")
        return {view: (Path(folder) / f"{view}.png").read_bytes() for view in SHOTS}


def command_line() -> list[str]:
    """The command line as a process of its own: of this Blender, or of this Python with Blender's module."""
    if bpy.app.binary_path:
        return [bpy.app.binary_path, "-b", "--command", "toile"]
    return [sys.executable, "-m", f"{__package__}.cli"]
