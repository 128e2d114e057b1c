# SPDX-License-Identifier: GPL-3.0-or-later
"""A moved slider redrafts its garment (or rebuilds its avatar) once the hand rests for a moment."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Generator

import bpy

from . import job_runner

REST = 0.1  # seconds after the last movement

_due: dict[str, float] = {}  # toile_id -> when
_refused: dict[str, str] = {}  # toile_id -> why its sliders, as they stand, give no garment
_paused = False


@contextlib.contextmanager
def paused() -> Generator[None, None, None]:
    """Values set in here are no hand's doing."""
    global _paused
    before, _paused = _paused, True
    try:
        yield
    finally:
        _paused = before


def touch(obj: bpy.types.Object) -> None:
    """A slider of a body or garment has moved. In background mode scripts call `toile.redraft` themselves."""
    if _paused or bpy.app.background:
        return
    _due[obj.toile.toile_id] = time.monotonic() + REST
    if not bpy.app.timers.is_registered(_on_timer):
        bpy.app.timers.register(_on_timer, first_interval=REST)


def refusal(obj: bpy.types.Object) -> str:
    """Why the sliders of an object could not be followed; empty if they were."""
    return _refused.get(obj.toile.toile_id, "")


def forget() -> None:
    """Drop what is due: the extension is being disabled."""
    _due.clear()
    _refused.clear()
    if bpy.app.timers.is_registered(_on_timer):
        bpy.app.timers.unregister(_on_timer)


def _on_timer() -> float | None:
    now = time.monotonic()
    for toile_id in [toile_id for toile_id, when in _due.items() if when <= now]:
        del _due[toile_id]
        redraft(toile_id, step=True)
    return REST / 4 if _due else None


def redraft(toile_id: str, step: bool) -> None:
    """Bring a body or garment up to its sliders now. step: as a step of undo, as if a button had been pressed."""
    _refused.pop(toile_id, None)
    try:
        with job_runner.in_a_window():
            bpy.ops.toile.redraft("EXEC_DEFAULT", step, target=toile_id)
    except RuntimeError as error:  # what an operator reported as an error; the panel shows it beside the sliders
        _refused[toile_id] = str(error).removeprefix("Error: ").strip()
