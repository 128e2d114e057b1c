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

from numpy.typing import NDArray

from .protocol import MAGIC, Decoder, Message, ProtocolError, encode

Arrays = dict[str, NDArray[Any]]
ProgressReport = Callable[[float, str], None]
Task = Callable[[dict[str, Any], Arrays, ProgressReport, Callable[[], bool]], tuple[dict[str, Any], Arrays]]

PROGRESS_INTERVAL = 0.05  # seconds; a solver's inner loop may report far more often than anyone can see


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
    cancel = threading.Event()
    answered = threading.Event()
    threading.Thread(target=_listen, args=(source, requests, cancel, answered), daemon=True).start()
    _write(sink, _answer(tasks, requests.get(), _Reporter(sink), cancel))
    answered.set()


class _Reporter:
    """Sends progress, at most one message an interval."""

    def __init__(self, sink: int) -> None:
        self._sink = sink
        self._last = -PROGRESS_INTERVAL

    def __call__(self, fraction: float, text: str) -> None:
        now = time.monotonic()
        if now - self._last >= PROGRESS_INTERVAL:
            self._last = now
            _write(self._sink, encode(Message("progress", {"fraction": float(fraction), "text": text})))


def _answer(tasks: Mapping[str, Task], request: Message, progress: ProgressReport, cancel: threading.Event) -> bytes:
    """The frame of the answer."""
    name = request.fields.get("name")
    params = request.fields.get("params")
    if not isinstance(name, str) or name not in tasks or not isinstance(params, dict):
        return _failed(ProtocolError(f"The worker knows no task {name!r}; it knows {', '.join(sorted(tasks))}."))
    try:
        values, arrays = tasks[name](params, request.arrays, progress, cancel.is_set)
        return encode(Message("cancelled") if cancel.is_set() else Message("result", values, arrays))
    # The boundary of the process: whatever a task raises must reach the parent as an answer, with its traceback.
    except Exception as error:  # noqa: BLE001
        return encode(Message("cancelled")) if cancel.is_set() else _failed(error)


def _failed(error: Exception) -> bytes:
    """Errors of our own kernels carry a sentence for the user; anything else is a fault with a traceback."""
    refused = type(error).__module__.startswith("toile.") and isinstance(error, ValueError)
    sentence = str(error) or type(error).__name__
    if not type(error).__module__.startswith("toile."):
        sentence = f"The worker failed: {type(error).__name__}: {sentence}"
    details = "".join(traceback.format_exception(error))
    fields = {"error": type(error).__name__, "sentence": sentence, "refused": refused, "details": details}
    return encode(Message("failed", fields))


def _listen(
    source: int, requests: queue.SimpleQueue[Message], cancel: threading.Event, answered: threading.Event
) -> None:
    decoder = Decoder()
    try:
        while data := os.read(source, 1 << 18):
            for message in decoder.feed(data):
                if message.kind == "cancel":
                    cancel.set()
                else:
                    requests.put(message)
    except ProtocolError as error:
        os.write(2, f"{error}\n".encode())
    if not answered.wait(0.5):
        os._exit(1)  # the parent is gone: nobody waits for this result


def _write(sink: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(sink, view) :]
