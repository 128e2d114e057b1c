# SPDX-License-Identifier: GPL-3.0-or-later
"""Which engine drapes: what there is on this computer, and what `auto` makes of it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from dataclasses import dataclass

import bpy

from ..worker.client import TaskFailed, WorkerDied, call
from . import engine
from .engine import EngineMissing

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class DrapeEngineKind:
    """A drape engine as it is offered: its label, what it is good for, and the modules that its worker must have."""

    label: str
    help: str
    modules: tuple[str, ...] = ()


KINDS = {
    "toile": DrapeEngineKind(
        "Toile", "The trustworthy one: stops when the cloth is at rest", ("warp", "cvxopt", "scipy")
    ),
    "style3d": DrapeEngineKind("Style3D", "Newton's SolverStyle3D: quick on a GPU", ("warp", "newton")),
    "blender": DrapeEngineKind("Blender", "Blender's own cloth: always there"),
}
AUTO = ("toile", "blender")  # the first that is there


@dataclass(frozen=True)
class Workers:
    """The commands of a worker with bpy and, where there is an engine environment, of one with the heavy libraries."""

    blender: Sequence[str]
    engine: Sequence[str] | None


@dataclass(frozen=True)
class Survey:
    """The modules that the engine environment has, and the devices that Warp found: cpu, cuda:0 …"""

    modules: tuple[str, ...] = ()
    devices: tuple[str, ...] = ("cpu",)

    def lacks(self, name: str) -> bool:
        """Whether an engine misses something here."""
        return not set(KINDS[name].modules) <= set(self.modules)


_surveyed: dict[tuple[str, ...], Survey] = {}  # by the engine worker's command, () where there is none


def workers() -> Workers:
    """The workers of this Blender. Main thread only."""
    try:
        return Workers(engine.blender_worker(), engine.engine_worker())
    except EngineMissing:
        return Workers(engine.blender_worker(), None)


def survey(command: Sequence[str] | None) -> Survey:
    """What the engine worker says it has; asked once, which takes about a second, then known. Any thread."""
    key = tuple(command or ())
    if not key:
        _surveyed[key] = Survey()
    elif key not in _surveyed:
        modules = sorted({module for kind in KINDS.values() for module in kind.modules})
        try:
            said = call(command, "survey", {"modules": modules}, {}).values
        except (TaskFailed, WorkerDied) as error:
            raise EngineMissing(f"Toile's engine does not answer: remove it and install it again. {error}") from error
        _surveyed[key] = Survey(tuple(said["modules"]), tuple(said["devices"]))
    return _surveyed[key]


def choose(asked: str, device: str, found: Workers) -> tuple[str, Sequence[str]]:
    """The engine that will drape, and its worker's command. Raises EngineMissing where what is asked for is not there.

    asked: "auto" or an engine's name; device: "", "cpu", "cuda" …
    """
    here = survey(found.engine) if asked != "blender" else Survey()
    name = next(name for name in AUTO if not here.lacks(name)) if asked == "auto" else asked
    if name not in KINDS:
        raise EngineMissing(f"There is no engine {name!r}. Choose auto, {', '.join(KINDS)}.")
    if here.lacks(name):
        lacking = ", ".join(sorted(set(KINDS[name].modules) - set(here.modules)))
        raise EngineMissing(
            f"The engine {KINDS[name].label} needs {lacking}: install it in Preferences ▸ Add-ons ▸ Toile, "
            "or drape with Blender's."
        )
    if device.startswith("cuda") and name != "blender" and not any(d.startswith(device) for d in here.devices):
        raise EngineMissing("There is no CUDA GPU here that the engine can use: choose CPU or Auto.")
    return name, found.blender if name == "blender" else found.engine or found.blender


# ---- For panels: what is known by now ----


def known() -> Survey | None:
    """The last survey, if there was one."""
    return next(reversed(_surveyed.values()), None)


def has_gpu() -> bool:
    """Whether the engine environment reported a GPU."""
    here = known()
    return here is not None and any(device.startswith("cuda") for device in here.devices)


def items() -> list[tuple[str, str, str]]:
    """Each engine for a menu: name, label, and what there is to know about it here."""
    here = known()
    listed = [("auto", "Auto", "Toile where its engine is installed, else Blender")]
    for name, kind in KINDS.items():
        missing = kind.modules and (here is None or here.lacks(name))
        state = "" if not missing else ". Not known to be installed" if here is None else ". Not installed"
        listed.append((name, kind.label, kind.help + state))
    return listed


def look_later() -> None:
    """Survey an installed engine soon, beside Blender's start, so that the panel can say what there is."""
    if not bpy.app.background:
        bpy.app.timers.register(_look, first_interval=2.0)


def forget() -> None:
    """Drop what is known: the engine may have changed, or Toile is being disabled."""
    _surveyed.clear()
    if bpy.app.timers.is_registered(_look):
        bpy.app.timers.unregister(_look)


def _look() -> None:
    threading.Thread(target=_survey_quietly, args=(workers().engine,), name="toile: survey", daemon=True).start()


def _survey_quietly(command: Sequence[str] | None) -> None:
    try:
        survey(command)
    except EngineMissing:
        log.info("the engine does not answer", exc_info=True)
