# SPDX-License-Identifier: GPL-3.0-or-later
"""The parent's side of a worker: one child process, one task, its events.

`Worker` never blocks its caller: spawning, writing, reading and killing happen on its own threads, which call `emit`.
`call` is the same conversation for those who wait (command line, background Blender, tests).
"""

from __future__ import annotations

import contextlib
import os
import queue
import subprocess
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from .protocol import MAGIC, Decoder, Message, ProtocolError, encode

CHILD_SCRIPT = Path(__file__).with_name("__main__.py")
STDERR_LINES = 30
_CHUNK = 1 << 18

Order = Literal["pause", "resume", "step"]


class WorkerDied(RuntimeError):
    """The worker process ended without an answer."""

    refused = False  # whatever was asked of it: that is a fault


class TaskFailed(RuntimeError):
    """The task raised `error` (a class name); `refused`: the input was to blame; `details`: the traceback."""

    def __init__(self, event: Failed) -> None:
        super().__init__(event.sentence)
        self.error = event.error
        self.refused = event.refused
        self.details = event.details


class TaskCancelled(RuntimeError):
    """The task was stopped on request."""


@dataclass(frozen=True)
class Progress:
    """How far the task is, 0..1, and what it does."""

    fraction: float
    text: str


@dataclass(frozen=True)
class Frame:
    """How the cloth hangs just now: positions (w, 3) float32."""

    positions: NDArray[np.float32]


@dataclass(frozen=True)
class Result:
    """The task's answer."""

    values: dict[str, Any] = field(default_factory=dict)
    arrays: dict[str, NDArray[Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class Failed:
    """The task raised."""

    error: str
    sentence: str
    refused: bool = False
    details: str = ""


@dataclass(frozen=True)
class Cancelled:
    """The task was stopped on request."""


@dataclass(frozen=True)
class Died:
    """The process ended without an answer; `stderr` holds its last lines."""

    code: int | None
    stderr: str = ""

    @property
    def sentence(self) -> str:
        """For the user."""
        tail = self.stderr.strip().splitlines()
        last = f" Its last words: {tail[-1]}" if tail else ""
        return f"The worker process ended without an answer (exit status {self.code}); nothing was changed.{last}"


WorkerEvent = Progress | Frame | Result | Failed | Cancelled | Died


def python_command(python: str | os.PathLike[str]) -> list[str]:
    """The child as a script of a plain Python. `-P` keeps the script's folder out of the module search."""
    return [os.fspath(python), "-P", os.fspath(CHILD_SCRIPT)]


def blender_command(blender: str | os.PathLike[str]) -> list[str]:
    """The child inside a background Blender that loads no preferences and no add-ons."""
    script = os.fspath(CHILD_SCRIPT)
    return [os.fspath(blender), "-b", "--factory-startup", "--python-exit-code", "1", "--python", script]


class Worker:
    """One child doing one task. Exactly one of Result, Failed, Cancelled, Died is emitted, and it is the last."""

    def __init__(
        self,
        command: Sequence[str],
        task: str,
        params: Mapping[str, Any],
        arrays: Mapping[str, NDArray[Any]],
        emit: Callable[[WorkerEvent], None],
        *,
        grace: float = 3.0,
    ) -> None:
        """`grace`: seconds between a polite cancel and the kill. Raises ProtocolError when the task cannot be sent."""
        self._command = list(command)
        self._request = MAGIC + encode(Message("task", {"name": task, "params": dict(params)}, dict(arrays)))
        self._emit = emit
        self._grace = grace
        self._cancelled = False
        self._orders: queue.SimpleQueue[str | None] = queue.SimpleQueue()  # None: the end
        self._stop = threading.Event()  # set by a cancel or by the end
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._converse, name=f"toile worker: {task}", daemon=True)

    def start(self) -> None:
        """Spawn the child; events follow, on another thread."""
        self._thread.start()

    def order(self, order: Order) -> None:
        """Have the task pause at its next frame, go on, or go on for one frame. Returns at once."""
        self._orders.put(order)

    def cancel(self) -> None:
        """Ask politely; after the grace the child is killed. Returns at once; the event follows."""
        if not self._stop.is_set():
            self._cancelled = True
            self._orders.put("cancel")
            self._stop.set()

    def join(self, timeout: float | None = None) -> bool:
        """Wait for the last event; True when it has been emitted."""
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _converse(self) -> None:
        try:
            child = subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                bufsize=0,
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),  # no console flashes up on Windows
            )
        except OSError as error:
            self._emit(Died(None, f"{self._command[0]} could not be started: {error.strerror or error}"))
            return
        tail: deque[str] = deque(maxlen=STDERR_LINES)
        helpers = [
            threading.Thread(target=_drain, args=(child.stderr, tail), daemon=True),
            threading.Thread(target=self._write, args=(child,), daemon=True),
            threading.Thread(target=self._kill_when_cancelled, args=(child,), daemon=True),
        ]
        for helper in helpers:
            helper.start()
        answer = self._read(child, tail)
        self._ended.set()
        self._stop.set()
        self._orders.put(None)
        helpers[1].join(self._grace)
        _close(child.stdin)  # the child leaves when its input ends
        try:
            code = child.wait(self._grace)
        except subprocess.TimeoutExpired:
            child.kill()
            code = child.wait()
        for helper in helpers:
            helper.join(self._grace)
        _close(child.stdout)
        _close(child.stderr)
        if answer is None:
            answer = Cancelled() if self._cancelled else Died(code, "\n".join(tail))
        self._emit(answer)

    def _read(self, child: subprocess.Popen[bytes], tail: deque[str]) -> WorkerEvent | None:
        """Pass progress and frames on until the answer comes; None when the child's output ends without one."""
        assert child.stdout is not None
        decoder = Decoder()
        try:
            while data := child.stdout.read(_CHUNK):
                for message in decoder.feed(data):
                    event = _event(message)
                    if not isinstance(event, Progress | Frame):
                        return event
                    self._emit(event)
            decoder.close()
        except ProtocolError as error:
            child.kill()
            tail.append(str(error))
        return None

    def _write(self, child: subprocess.Popen[bytes]) -> None:
        """Send the task, then the orders as they come, and the polite cancel."""
        assert child.stdin is not None
        try:
            _write_all(child.stdin, self._request)
            while (order := self._orders.get()) is not None:
                _write_all(child.stdin, encode(Message(order)))
        except (OSError, ValueError):
            return  # the child has died or has been closed: the reader tells

    def _kill_when_cancelled(self, child: subprocess.Popen[bytes]) -> None:
        self._stop.wait()
        if not self._ended.wait(self._grace):
            child.kill()


def call(
    command: Sequence[str],
    task: str,
    params: Mapping[str, Any],
    arrays: Mapping[str, NDArray[Any]],
    *,
    progress: Callable[[float, str], None] = lambda fraction, text: None,
    cancelled: Callable[[], bool] = lambda: False,
    frame: Callable[[NDArray[np.float32]], None] = lambda positions: None,
    orders: queue.SimpleQueue[Order] | None = None,
    grace: float = 3.0,
) -> Result:
    """Run a task and wait. Raises TaskFailed, TaskCancelled, WorkerDied.

    `frame` is given each frame that the task shows; `orders` are passed on to it as they come in.
    """
    events: queue.SimpleQueue[WorkerEvent] = queue.SimpleQueue()
    worker = Worker(command, task, params, arrays, events.put, grace=grace)
    worker.start()
    try:
        while True:
            if cancelled():
                worker.cancel()
            while orders is not None and not orders.empty():
                worker.order(orders.get())
            try:
                event = events.get(timeout=0.1)
            except queue.Empty:
                continue
            match event:
                case Progress(fraction, text):
                    progress(fraction, text)
                case Frame(positions):
                    frame(positions)
                case Result():
                    return event
                case Failed():
                    raise TaskFailed(event)
                case Cancelled():
                    raise TaskCancelled(f"{task} was cancelled; nothing was changed.")
                case Died():
                    raise WorkerDied(event.sentence)
    finally:
        worker.cancel()  # Ctrl-C or a raising progress callback must not leave the child behind
        worker.join(grace + 1.0)


def _event(message: Message) -> WorkerEvent:
    values = message.fields
    match message.kind, values:
        case "progress", {"fraction": float() | int() as fraction, "text": str(text)}:
            return Progress(min(max(float(fraction), 0.0), 1.0), text)
        case "frame", _ if message.arrays.keys() == {"positions"}:
            positions = message.arrays["positions"]
            if positions.dtype == np.float32 and positions.ndim == 2 and positions.shape[1] == 3:
                return Frame(positions)
            raise ProtocolError(f"The worker sent a frame of shape {positions.shape} and type {positions.dtype}.")
        case "result", _:
            return Result(values, message.arrays)
        case "failed", {
            "error": str(error),
            "sentence": str(sentence),
            "refused": bool(refused),
            "details": str(details),
        }:
            return Failed(error, sentence, refused, details)
        case "cancelled", _:
            return Cancelled()
        case _:
            raise ProtocolError(f"The worker sent an unknown message, {message.kind!r}.")


def _write_all(stream: Any, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[stream.write(view) :]


def _drain(stream: Any, tail: deque[str]) -> None:
    """Keep the last lines; an undrained pipe would stop a talkative child."""
    try:
        for line in stream:
            tail.append(line.decode(errors="replace").rstrip())
    except (OSError, ValueError):
        return  # closed under us at the end


def _close(stream: Any) -> None:
    with contextlib.suppress(OSError):  # a broken pipe: what was unsent has no reader any more
        stream.close()
