# SPDX-License-Identifier: GPL-3.0-or-later
"""The child's conversation: read a task, run it on the main thread (bpy wants that), answer, leave."""

from __future__ import annotations

import os
import queue
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .protocol import MAGIC, Decoder, Message, ProtocolError, encode

Arrays = dict[str, NDArray[Any]]
Task = Callable[[dict[str, Any], Arrays, "Onlooker"], tuple[dict[str, Any], Arrays]]

PROGRESS_INTERVAL = 0.05  # seconds; a solver's inner loop may report far more often than anyone can see
FRAME_INTERVAL = 0.06  # of an engine's thirty frames a second every second one is sent, and none waits for another


def private_stdout() -> int:
    """A descriptor of the parent's pipe for us alone: what Blender and libraries print now goes to stderr."""
    private = os.dup(1)
    os.dup2(2, 1)
    if os.name == "nt":
        import msvcrt

        msvcrt.setmode(private, os.O_BINARY)
        msvcrt.setmode(0, os.O_BINARY)
    return private


def serve(tasks: Mapping[str, Task], source: int, sink: int) -> None:
    """Do one task from descriptor `source`, answering on `sink`; the parent's death ends this process too."""
    _write(sink, MAGIC)
    requests: queue.SimpleQueue[Message] = queue.SimpleQueue()
    gate = Gate()
    answered = threading.Event()
    threading.Thread(target=_listen, args=(source, requests, gate, answered), daemon=True).start()
    _write(sink, _answer(tasks, requests.get(), Onlooker(sink, gate)))
    answered.set()


class Gate:
    """Where a task waits while the parent has paused it. Orders come from the listening thread."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._steps = 0
        self.paused = False
        self.cancelled = False

    def hear(self, order: str) -> None:
        """Follow an order: "pause", "resume", "step" (one frame more, then pause) or "cancel"."""
        with self._changed:
            match order:
                case "pause":
                    self.paused, self._steps = True, 0
                case "resume":
                    self.paused = False
                case "step":
                    self.paused, self._steps = True, self._steps + 1
                case "cancel":
                    self.cancelled = True
                case _:
                    raise ProtocolError(f"The worker knows no order {order!r}.")
            self._changed.notify_all()

    def wait(self) -> None:
        """Return at once, or, while paused, with the next step, the resumption or the cancel."""
        with self._changed:
            self._changed.wait_for(lambda: self.cancelled or not self.paused or self._steps > 0)
            self._steps = max(self._steps - 1, 0)


class Onlooker:
    """What a task tells while it works, at most one message an interval, and what it asks: shall I go on?"""

    def __init__(self, sink: int, gate: Gate) -> None:
        self._sink = sink
        self._gate = gate
        self._told = self._shown = -1.0  # by time.monotonic

    def cancelled(self) -> bool:
        """Whether the task is to give up."""
        return self._gate.cancelled

    def progress(self, fraction: float, text: str) -> None:
        """Tell how far the task is, 0..1, and what it does."""
        now = time.monotonic()
        if now - self._told >= PROGRESS_INTERVAL:
            self._told = now
            _write(self._sink, encode(Message("progress", {"fraction": float(fraction), "text": text})))

    def frame(self, positions: NDArray[Any]) -> None:
        """Show positions (w, 3), then wait while paused. Too early a frame is left out: the next one is newer."""
        now = time.monotonic()
        if self._gate.paused or now - self._shown >= FRAME_INTERVAL:
            self._shown = now
            _write(self._sink, encode(Message("frame", {}, {"positions": np.asarray(positions, np.float32)})))
        self._gate.wait()


def _answer(tasks: Mapping[str, Task], request: Message, onlooker: Onlooker) -> bytes:
    """The frame of the answer."""
    name = request.fields.get("name")
    params = request.fields.get("params")
    if not isinstance(name, str) or name not in tasks or not isinstance(params, dict):
        return _failed(ProtocolError(f"The worker knows no task {name!r}; it knows {', '.join(sorted(tasks))}."))
    try:
        values, arrays = tasks[name](params, request.arrays, onlooker)
        return encode(Message("cancelled") if onlooker.cancelled() else Message("result", values, arrays))
    # The boundary of the process: whatever a task raises must reach the parent as an answer, with its traceback.
    except Exception as error:  # noqa: BLE001
        return encode(Message("cancelled")) if onlooker.cancelled() else _failed(error)


def _failed(error: Exception) -> bytes:
    """Errors of our own kernels carry a sentence for the user; anything else is a fault with a traceback."""
    ours = type(error).__module__.startswith("toile.")
    refused = ours and not isinstance(error, ProtocolError)
    sentence = str(error) or type(error).__name__
    if not ours:
        sentence = f"The worker failed: {type(error).__name__}: {sentence}"
    details = "".join(traceback.format_exception(error))
    fields = {"error": type(error).__name__, "sentence": sentence, "refused": refused, "details": details}
    return encode(Message("failed", fields))


def _listen(source: int, requests: queue.SimpleQueue[Message], gate: Gate, answered: threading.Event) -> None:
    decoder = Decoder()
    try:
        while data := os.read(source, 1 << 18):
            for message in decoder.feed(data):
                if message.kind == "task":
                    requests.put(message)
                else:
                    gate.hear(message.kind)
    except ProtocolError as error:
        os.write(2, f"{error}\n".encode())
    if not answered.wait(0.5):
        os._exit(1)  # the parent is gone: nobody waits for this result


def _write(sink: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(sink, view) :]
