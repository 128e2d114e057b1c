# SPDX-License-Identifier: GPL-3.0-or-later
"""One process with a limit of time and memory. It imports nothing of ours, so that a cluster's Python can run it."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

_LOOK = 0.2  # seconds between looks at the clock and the memory
_KEPT = 20_000  # characters of what a process said last


@dataclass(frozen=True)
class Ended:
    """How a process ended: its status, None where a limit ended it; what it said last; and what it took."""

    status: int | None
    reason: str
    out: str
    err: str
    seconds: float
    peak_rss: int


def run_limited(
    words: Sequence[str],
    environment: Mapping[str, str],
    seconds: float,
    memory: int,
    stopped: Callable[[], bool] = lambda: False,
) -> Ended:
    """Run a command to its end or to its limit: `seconds`, and (on Linux) `memory` in bytes of it and its children.

    stopped: asked again and again whether it is still wanted.
    """
    began = time.monotonic()
    peak, reason = 0, ""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        process = subprocess.Popen(
            list(words), stdin=subprocess.DEVNULL, stdout=out, stderr=err, env=dict(environment), start_new_session=True
        )
        try:
            while process.poll() is None:
                peak = max(peak, _resident(process.pid))
                if time.monotonic() - began > seconds:
                    reason = f"it took longer than {seconds:g} s"
                elif memory and peak > memory:
                    reason = f"it took more than {memory / 1e9:g} GB of memory"
                elif stopped():
                    reason = "it was stopped"
                if reason:
                    break
                time.sleep(_LOOK if time.monotonic() - began > 1 else 0.02)
        finally:
            _end(process)
        said = [_tail(stream) for stream in (out, err)]
    status = None if reason else process.returncode
    return Ended(status, reason, said[0], said[1], time.monotonic() - began, peak)


def _tail(stream: IO[bytes]) -> str:
    stream.seek(0, os.SEEK_END)
    stream.seek(max(0, stream.tell() - _KEPT))
    return stream.read().decode("utf-8", errors="replace")


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill whatever is left of a process and the session that it leads."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if sys.platform == "win32":
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _resident(leader: int) -> int:
    """Bytes that the processes of a session hold, 0 where the system does not say."""
    total = 0
    with contextlib.suppress(OSError):
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            with contextlib.suppress(OSError, ValueError, IndexError):
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                if int(fields[3]) == leader:  # its session
                    total += int(fields[21]) * os.sysconf("SC_PAGE_SIZE")
    return total
