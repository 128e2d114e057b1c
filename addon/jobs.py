# SPDX-License-Identifier: GPL-3.0-or-later
"""What a long action is, decided apart from doing it: a frozen Job moved by one pure `transition`. No bpy, no threads.

waiting ─Begin→ running ─Delivered→ applying ─Applied→ done
                │     └─CancelPressed→ cancelling ─(whatever the worker says)→ cancelled
                └PausePressed, StepPressed→ paused ─ResumePressed→ running; else as running
Refused leads from any live phase to failed, or to cancelled where a cancel was asked for.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import Literal

Order = Literal["pause", "resume", "step"]


class Phase(Enum):
    """Where a job stands."""

    WAITING = "waiting"
    RUNNING = "running"
    PAUSED = "paused"
    CANCELLING = "cancelling"
    APPLYING = "applying"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


ENDED = frozenset({Phase.DONE, Phase.FAILED, Phase.CANCELLED})


@dataclass(frozen=True)
class Job:
    """A long action as panels show it: `place` names the panel, `fraction` is 0..1, `sentence` is the last word.

    pausable: its work shows frames, and waits at one of them while it is paused.
    """

    title: str
    place: str = ""
    pausable: bool = False
    phase: Phase = Phase.WAITING
    fraction: float = 0.0
    text: str = ""
    sentence: str = ""

    @property
    def ended(self) -> bool:
        """Nothing more will happen."""
        return self.phase in ENDED


# ---- What can happen ----


@dataclass(frozen=True)
class Begin:
    """The user asked for it."""


@dataclass(frozen=True)
class Advanced:
    """The work reports how far it is."""

    fraction: float
    text: str


@dataclass(frozen=True)
class Delivered:
    """The work has its result, which is now to be written into Blender."""


@dataclass(frozen=True)
class Applied:
    """The result is in Blender."""

    sentence: str


@dataclass(frozen=True)
class Refused:
    """The work, or writing its result, came to nothing; `details` (a traceback) where that is a fault of ours."""

    sentence: str
    details: str = ""


@dataclass(frozen=True)
class Stopped:
    """The work gave up because it was asked to."""


@dataclass(frozen=True)
class CancelPressed:
    """The user changed their mind."""


@dataclass(frozen=True)
class PausePressed:
    """The user wants to look at it as it hangs just now."""


@dataclass(frozen=True)
class StepPressed:
    """One frame more, then pause."""


@dataclass(frozen=True)
class ResumePressed:
    """Go on."""


Event = (
    Begin
    | Advanced
    | Delivered
    | Applied
    | Refused
    | Stopped
    | CancelPressed
    | PausePressed
    | StepPressed
    | ResumePressed
)

# ---- What is to be done about it ----


@dataclass(frozen=True)
class Launch:
    """Start the work on its thread."""


@dataclass(frozen=True)
class StopWork:
    """Tell the work to give up."""


@dataclass(frozen=True)
class OrderWork:
    """Pass "pause", "step" or "resume" on to the work."""

    order: Order


@dataclass(frozen=True)
class CloseView:
    """Take away what showed the work's frames; the scene is as it was."""


@dataclass(frozen=True)
class ApplyResult:
    """Begin writing the result into Blender, piece by piece."""


@dataclass(frozen=True)
class AbandonResult:
    """Throw away what has not been written yet."""


@dataclass(frozen=True)
class PushUndo:
    """Make the change one step of Blender's undo."""

    title: str


@dataclass(frozen=True)
class Tell:
    """Say the closing sentence; `details` go to the log."""

    sentence: str
    details: str = ""


Effect = Launch | StopWork | OrderWork | CloseView | ApplyResult | AbandonResult | PushUndo | Tell


def transition(job: Job, event: Event) -> tuple[Job, tuple[Effect, ...]]:
    """The job after an event, and what is to be done. Events that come too late change nothing."""
    match job.phase, event:
        case Phase.WAITING, Begin():
            return replace(job, phase=Phase.RUNNING), (Launch(),)
        case Phase.RUNNING | Phase.PAUSED | Phase.APPLYING, Advanced(fraction, text):
            return replace(job, fraction=max(job.fraction, min(fraction, 1.0)), text=text), ()
        case Phase.RUNNING | Phase.PAUSED, Delivered():
            return replace(job, phase=Phase.APPLYING, fraction=1.0, text="Bringing the result into the scene"), (
                ApplyResult(),
            )
        case Phase.APPLYING, Applied(sentence):
            told = (CloseView(), PushUndo(job.title), Tell(sentence))
            return replace(job, phase=Phase.DONE, sentence=sentence), told
        case Phase.RUNNING, PausePressed() if job.pausable:
            return replace(job, phase=Phase.PAUSED), (OrderWork("pause"),)
        case Phase.RUNNING | Phase.PAUSED, StepPressed() if job.pausable:
            return replace(job, phase=Phase.PAUSED), (OrderWork("step"),)
        case Phase.PAUSED, ResumePressed():
            return replace(job, phase=Phase.RUNNING), (OrderWork("resume"),)
        case Phase.RUNNING | Phase.PAUSED, CancelPressed():
            return replace(job, phase=Phase.CANCELLING, text="Stopping"), (StopWork(),)
        case Phase.WAITING, CancelPressed():
            return _cancelled(job)
        case Phase.APPLYING, CancelPressed():
            return _cancelled(job, AbandonResult())
        case Phase.CANCELLING, Delivered():
            return _cancelled(job, AbandonResult())
        case Phase.CANCELLING | Phase.RUNNING | Phase.PAUSED, Stopped():
            return _cancelled(job)
        case Phase.CANCELLING, Refused():
            return _cancelled(job)
        case Phase.WAITING | Phase.RUNNING | Phase.PAUSED | Phase.APPLYING, Refused(sentence, details):
            abandoned = (AbandonResult(),) if job.phase is Phase.APPLYING else ()
            told = (CloseView(), Tell(sentence, details))
            return replace(job, phase=Phase.FAILED, sentence=sentence), (*abandoned, *told)
        case _:
            return job, ()


def _cancelled(job: Job, *effects: Effect) -> tuple[Job, tuple[Effect, ...]]:
    sentence = f"{job.title} was cancelled; nothing was changed."
    return replace(job, phase=Phase.CANCELLED, sentence=sentence), (*effects, CloseView(), Tell(sentence))
