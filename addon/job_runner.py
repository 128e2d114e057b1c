# SPDX-License-Identifier: GPL-3.0-or-later
"""Doing what `jobs.transition` decides: work on a thread, its events applied on Blender's main thread by a timer.

`work(progress, cancelled) -> result` runs on its own thread, touches no bpy, and usually waits for a worker process.
`apply(result)` is a generator on the main thread: it yields after each small piece, so that no tick holds Blender up
(nothing, or jobs.Advanced where there is something to say), and returns the closing sentence. Between two pieces the
user may undo or delete: it finds its objects anew each time.
In background mode `start` returns when all is done; the code is the same.
"""

from __future__ import annotations

import contextlib
import logging
import queue
import sys
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable, Generator
from typing import Any

import bpy

from ..worker.client import TaskCancelled, TaskFailed
from . import jobs
from .refusals import sentence_of

log = logging.getLogger(__name__)

TICK = 0.1  # seconds between two looks at the queue
LIVE_TICK = 0.03  # while frames come
BUDGET = 0.03  # seconds of a tick after which no further piece is begun
DRAWN_APART = 0.4  # seconds between two drawings of a progress bar: drawing costs more than telling
SHARING = 0.0005  # seconds for which the work's thread keeps the interpreter from Blender's main thread

Progress = Callable[[float, str], None]
Work = Callable[[Progress, Callable[[], bool]], Any]
Apply = Callable[[Any], Generator[jobs.Advanced | None, None, str]]


class JobRefused(RuntimeError):
    """A job that cannot begin or whose result cannot be used any more."""


class Live:
    """Between a job's work and its onlookers: the newest frame one way, their orders the other.

    show(frame) brings a frame into the viewport, close() leaves the scene as it was; both on the main thread, and close
    whenever the job ends.
    """

    def __init__(self, show: Callable[[Any], None], close: Callable[[], None]) -> None:
        self.orders: queue.SimpleQueue[jobs.Order] = queue.SimpleQueue()
        self.shown = 0  # frames
        self.close = close
        self._show = show
        self._newest: deque[Any] = deque(maxlen=1)

    def frame(self, frame: Any) -> None:
        """Offer a frame, from any thread; it replaces one that nobody has seen yet."""
        self._newest.append(frame)

    def draw(self) -> None:
        """Show the newest frame, if there is one."""
        if self._newest:
            self._show(self._newest.pop())
            self.shown += 1


class Runner:
    """One job: its state, its thread, its queue."""

    def __init__(self, title: str, place: str, work: Work, apply: Apply, live: Live | None = None) -> None:
        self.job = jobs.Job(title, place, pausable=live is not None)
        self.live = live
        self.longest_tick = 0.0  # seconds; the UI's stall, measured
        self._work = work
        self._apply = apply
        self._events: queue.SimpleQueue[jobs.Event] = queue.SimpleQueue()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"toile job: {title}", daemon=True)
        self._result: Any = None
        self._pieces: Generator[jobs.Advanced | None, None, str] | None = None

    def send(self, event: jobs.Event) -> None:
        """Report an event, from any thread."""
        self._events.put(event)

    def tick(self) -> None:
        """Apply waiting events, then pieces of the result, within the budget. Main thread only."""
        start = time.perf_counter()
        while not self._events.empty():
            self._handle(self._events.get())
        while self._pieces is not None and time.perf_counter() - start < BUDGET:
            self._apply_piece()
        if self.live is not None and self.job.phase in _SHOWN:
            self._draw(self.live)
        self.longest_tick = max(self.longest_tick, time.perf_counter() - start)

    def sentence(self) -> str:
        """The closing sentence; empty while the job is under way. Raises JobRefused where it came to nothing."""
        if self.job.ended and self.job.phase is not jobs.Phase.DONE:
            raise JobRefused(self.job.sentence)
        return self.job.sentence

    def stop(self) -> None:
        """Give up, and wait until the worker process has gone (Toile is being disabled, or Ctrl-C was pressed)."""
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join(5.0)
        if self.live is not None:
            self.live.close()

    def _run(self) -> None:
        # While it draws, Blender asks for the interpreter many times, and each time would wait Python's 5 ms for us.
        before = sys.getswitchinterval()
        sys.setswitchinterval(SHARING)
        try:
            self._result = self._work(
                lambda fraction, text: self.send(jobs.Advanced(fraction, text)), self._stop.is_set
            )
            self.send(jobs.Delivered())
        except TaskCancelled:
            self.send(jobs.Stopped())
        except TaskFailed as error:
            self.send(jobs.Refused(str(error), "" if error.refused else error.details))
        # The boundary of a thread: whatever happens, the job must hear of it, or it would wait for ever.
        except Exception as error:  # noqa: BLE001
            self.send(_refusal(error))
        finally:
            sys.setswitchinterval(before)

    def _handle(self, event: jobs.Event) -> None:
        self.job, effects = jobs.transition(self.job, event)
        for effect in effects:
            match effect:
                case jobs.Launch():
                    self._thread.start()
                case jobs.StopWork():
                    self._stop.set()
                case jobs.OrderWork(order) if self.live is not None:
                    self.live.orders.put(order)
                case jobs.CloseView() if self.live is not None:
                    self.live.close()
                case jobs.ApplyResult():
                    self._pieces = self._apply(self._result)
                case jobs.AbandonResult():
                    if self._pieces is not None:
                        self._pieces.close()
                    self._pieces = self._result = None
                case jobs.PushUndo(title):
                    _push_undo(title)
                case jobs.Tell(sentence, details):
                    log.log(logging.ERROR if details else logging.INFO, "%s\n%s", sentence, details)

    def _draw(self, live: Live) -> None:
        try:
            live.draw()
        # The boundary of a timer, as below: what cannot be shown ends the job, and says so.
        except Exception as error:  # noqa: BLE001
            self._stop.set()
            self._handle(_refusal(error))

    def _apply_piece(self) -> None:
        assert self._pieces is not None
        try:
            told = next(self._pieces)
            if told is not None:
                self._handle(told)
        except StopIteration as finished:
            self._pieces = self._result = None
            self._handle(jobs.Applied(finished.value))
        # The boundary of a timer: an exception here would end the timer and leave the job in the panel for ever.
        except Exception as error:  # noqa: BLE001
            self._pieces = None
            self._handle(_refusal(error))


_SHOWN = frozenset({jobs.Phase.RUNNING, jobs.Phase.PAUSED})  # the phases in which frames are looked at
_current: Runner | None = None
_drawn: tuple[object, ...] = ()
_drawn_at = 0.0  # by time.monotonic


def view() -> jobs.Job | None:
    """The running or last job, for panels."""
    return _current.job if _current else None


def busy() -> jobs.Job | None:
    """The job that is under way, for polls."""
    return _current.job if _current and not _current.job.ended else None


def start(title: str, place: str, work: Work, apply: Apply, live: Live | None = None) -> Runner:
    """Begin a job; in background mode, see it through. Raises JobRefused while another is under way.

    live: where its frames go and its orders come from; such a job can be paused.
    """
    global _current
    if under_way := busy():
        raise JobRefused(f"Wait until {under_way.title} has finished, or cancel it.")
    _current = runner = Runner(title, place, work, apply, live)
    runner.send(jobs.Begin())
    if bpy.app.background:
        try:
            while not runner.job.ended:
                runner.tick()
                time.sleep(0.005)
        finally:
            runner.stop()
    elif not bpy.app.timers.is_registered(_on_timer):
        bpy.app.timers.register(_on_timer, first_interval=0.0, persistent=True)
    return runner


def cancel() -> None:
    """Cancel the job that is under way."""
    press(jobs.CancelPressed())


def press(event: jobs.CancelPressed | jobs.PausePressed | jobs.StepPressed | jobs.ResumePressed) -> None:
    """Tell the job that is under way which of its buttons was pressed."""
    if _current is not None:
        _current.send(event)


def shut_down() -> None:
    """Forget everything: the extension is being disabled."""
    global _current
    if bpy.app.timers.is_registered(_on_timer):
        bpy.app.timers.unregister(_on_timer)
    if _current is not None:
        _current.stop()
    _current = None


def redraw() -> None:
    """Draw all sidebars and the preferences anew, and not the 3D views beside them, which may be slow."""
    for window in bpy.context.window_manager.windows:
        for area in window.screen.areas:
            for region in area.regions:
                if region.type == {"VIEW_3D": "UI", "PREFERENCES": "WINDOW"}.get(area.type):
                    region.tag_redraw()


def _on_timer() -> float | None:
    global _drawn, _drawn_at
    if _current is None:
        return None
    _current.tick()
    now, seen = time.monotonic(), _seen(_current.job)
    if seen != _drawn and (seen[:2] != _drawn[:2] or now - _drawn_at >= DRAWN_APART):
        _drawn, _drawn_at = seen, now
        redraw()
    if _current.job.ended:
        return None
    return LIVE_TICK if _current.live is not None and _current.job.phase in _SHOWN else TICK


def _seen(job: jobs.Job) -> tuple[object, ...]:
    """What a person can tell apart; the first two, that a button was pressed or the job ended, at once."""
    return job.title, job.phase, round(50 * job.fraction), job.text.split(",")[0]


def _refusal(error: Exception) -> jobs.Refused:
    """Refusals are sentences for the user; others are faults, named as such, with their traceback for the log."""
    if refused := sentence_of(error):
        return jobs.Refused(refused)
    sentence = f"Something went wrong ({type(error).__name__}: {error}); see the system console."
    return jobs.Refused(sentence, "".join(traceback.format_exception(error)))


def in_a_window() -> contextlib.AbstractContextManager[object]:
    """Blender's operators look for a window, which a timer has not."""
    windows = bpy.context.window_manager.windows
    return bpy.context.temp_override(window=windows[0]) if windows else contextlib.nullcontext()


def _push_undo(title: str) -> None:
    with in_a_window():
        bpy.ops.ed.undo_push(message=title)
