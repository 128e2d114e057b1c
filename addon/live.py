# SPDX-License-Identifier: GPL-3.0-or-later
"""A moved slider redrafts its garment (or rebuilds its avatar) once the hand rests for a moment."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Generator

import bpy

REST = 0.2  # seconds after the last movement

_due: dict[str, float] = {}  # toile_id -> when
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


def forget() -> None:
    """Drop what is due: the extension is being disabled."""
    _due.clear()
    if bpy.app.timers.is_registered(_on_timer):
        bpy.app.timers.unregister(_on_timer)


def _on_timer() -> float | None:
    now = time.monotonic()
    for toile_id in [toile_id for toile_id, when in _due.items() if when <= now]:
        del _due[toile_id]
        with bpy.context.temp_override(window=bpy.context.window_manager.windows[0]):
            bpy.ops.toile.redraft(target=toile_id)
    return REST / 4 if _due else None
