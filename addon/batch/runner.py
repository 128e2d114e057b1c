# SPDX-License-Identifier: GPL-3.0-or-later
"""Carrying a job out: garments side by side, each taken up where the last run left it.

A garment is made in a folder below `.work` and renamed into its place with a `garment.json` that names every file by
its checksum: what has one is whole. A run that was killed at any moment is taken up by the next, which makes what is
missing and nothing twice. Nothing in a garment's folder or in `manifest.json` tells the time: two runs of one job are
alike to the byte; what each garment took stands in `log.jsonl`.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import secrets
import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Protocol

from ...patterns.writing import write_json
from ...worker.client import TaskCancelled
from . import process
from .job import Job, JobRefused, Task
from .process import Ended, run_limited

GARMENT, MANIFEST, LOG, _WORK, _LOCK = "garment.json", "manifest.json", "log.jsonl", ".work", ".lock"
_FLEETING = ("seconds", "cpu_seconds", "peak_rss")  # of a drape: different in every run
_REFUSED = 3  # exit status: a refusal is an answer, and stays one
_PATIENCE = 2.0
_LOOK = 0.5  # seconds between looks whether it is still wanted
_ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}  # sums in one order

Progress = Callable[[float, str], None]


class Crew(Protocol):
    """Where processes run: here, or on a cluster."""

    def submit(self, words: Sequence[str], seconds: float, memory: int) -> Future[Ended]: ...
    def close(self) -> None: ...


class Here:
    """So many processes at a time on this machine."""

    def __init__(self, workers: int) -> None:
        self._pool = ThreadPoolExecutor(workers)
        self._closed = threading.Event()

    def submit(self, words: Sequence[str], seconds: float, memory: int) -> Future[Ended]:
        environment = {**os.environ, **_ONE_THREAD}
        return self._pool.submit(run_limited, words, environment, seconds, memory, self._closed.is_set)

    def close(self) -> None:
        self._closed.set()
        self._pool.shutdown(cancel_futures=True)


class Cluster:
    """The workers of a Dask scheduler. They need the same file system and the same command, and no Toile in Python."""

    def __init__(self, address: str) -> None:
        try:
            import cloudpickle
            import distributed
        except ImportError as error:
            raise JobRefused("--scheduler needs Dask: pip install 'dask[distributed]' beside Toile.") from error
        cloudpickle.register_pickle_by_value(process)
        try:
            self._client = distributed.Client(address, timeout="20s")
        except (OSError, TimeoutError, ValueError) as error:
            raise JobRefused(f"There is no Dask scheduler at {address}: {error}") from error
        self._executor = self._client.get_executor(pure=False)

    def submit(self, words: Sequence[str], seconds: float, memory: int) -> Future[Ended]:
        return self._executor.submit(run_limited, words, {**os.environ, **_ONE_THREAD}, seconds, memory)

    def close(self) -> None:
        self._client.close()


@dataclass(frozen=True)
class _Outcome:
    """What became of a garment: `reason` is empty for one that is done."""

    reason: str = ""
    refused: bool = False


def run_job(
    job: Job,
    out: Path,
    command: Sequence[str],
    crew: Crew,
    in_flight: int,
    progress: Progress,
    cancelled: Callable[[], bool] = lambda: False,
) -> dict[str, Any]:
    """Make what is missing of a job's garments in the folder `out`.

    command: what a garment's words are appended to; in_flight: how many are handed out at a time. Gives `done`
    and `failed`, of which `skipped` were so before, `seconds`, `failures` ({name: reason}) and `manifest`. Raises
    JobRefused where another run works in the folder, or it cannot be written; TaskCancelled.
    """
    began = time.monotonic()
    try:
        (out / _WORK).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise JobRefused(f"The folder {out} cannot be made: {error.strerror}.") from error
    with _alone(out):
        for left in (out / _WORK).iterdir():  # of a run that was killed; a garment of it may still be at work
            shutil.rmtree(left, ignore_errors=True)
        work = out / _WORK / secrets.token_hex(8)
        outcomes = {task.name: kept for task in job.tasks if (kept := _kept(out, task)) is not None}
        skipped = len(outcomes)
        waiting = iter([task for task in job.tasks if task.name not in outcomes])
        running: dict[Future[Ended], tuple[Task, Path]] = {}
        try:
            while True:
                while len(running) < in_flight and (task := next(waiting, None)) is not None:
                    folder = work / task.name
                    words = [*command, *task.words, "--out", str(folder.resolve()), "--json"]
                    running[crew.submit(words, job.seconds, job.memory)] = (task, folder)
                if not running:
                    break
                if cancelled():
                    raise TaskCancelled(f"{job.name} was cancelled; what is done stays done.")
                for future in wait(running, timeout=_LOOK, return_when=FIRST_COMPLETED).done:
                    task, folder = running.pop(future)
                    outcomes[task.name] = _taken_in(out, task, folder, future.result())
                    progress(len(outcomes) / len(job.tasks), _said(job, outcomes, skipped, began))
        finally:
            crew.close()
        shutil.rmtree(work, ignore_errors=True)
        write_json(out / MANIFEST, _manifest(job, outcomes))
    failures = {name: outcome.reason for name, outcome in sorted(outcomes.items()) if outcome.reason}
    return {
        "done": len(outcomes) - len(failures),
        "failed": len(failures),
        "skipped": skipped,
        "seconds": time.monotonic() - began,
        "failures": failures,
        "manifest": str(out / MANIFEST),
    }


def _said(job: Job, outcomes: Mapping[str, _Outcome], skipped: int, began: float) -> str:
    """How far it is, and for how long yet."""
    made, left = len(outcomes) - skipped, len(job.tasks) - len(outcomes)
    minutes = (time.monotonic() - began) / max(made, 1) * left / 60
    return f"{len(outcomes)} of {len(job.tasks)} garments, about {minutes:.0f} min more"


def _kept(out: Path, task: Task) -> _Outcome | None:
    """What a run before made of a garment, where that is whole and still what is wanted."""
    try:
        kept = json.loads((out / task.name / GARMENT).read_text(encoding="utf-8"))
        if kept["fingerprint"] != task.fingerprint:
            return None
        if any(_digest(out / task.name / name) != sha for name, sha in kept["files"].items()):
            return None
        return _Outcome(str(kept["refused"] or ""), bool(kept["refused"]))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _taken_in(out: Path, task: Task, folder: Path, ended: Ended) -> _Outcome:
    """Put a garment into its place, or say why not; write the log."""
    report = _last_line(ended.out)
    outcome = _Outcome()
    if ended.status not in (0, _REFUSED):
        said = ended.err.strip().splitlines()[-1:] or [""]
        outcome = _Outcome(ended.reason or f"it ended with status {ended.status}: {said[0][:300]}")
    elif ended.status == _REFUSED:
        outcome = _Outcome(str(report.get("refused", "refused")), refused=True)
    if not outcome.reason or outcome.refused:
        folder.mkdir(parents=True, exist_ok=True)
        _settled(folder)
        files = {p.relative_to(folder).as_posix(): _digest(p) for p in sorted(folder.rglob("*")) if p.is_file()}
        words = [word for word in task.words if not os.path.isabs(word)]
        content = {
            "name": task.name,
            "fingerprint": task.fingerprint,
            "words": words,
            "refused": outcome.reason or None,
        }
        write_json(folder / GARMENT, {**content, "files": files})
        place = out / task.name
        shutil.rmtree(place, ignore_errors=True)
        os.replace(folder, place)
    line = {
        "garment": task.name,
        "status": "refused" if outcome.refused else "failed" if outcome.reason else "done",
        "reason": outcome.reason,
        "seconds": round(ended.seconds, 3),
        "peak_rss": ended.peak_rss,
        **{key: report[key] for key in ("cpu_seconds", "vertices", "settled") if key in report},
    }
    with (out / LOG).open("a", encoding="utf-8") as log:
        log.write(json.dumps(line) + "\n")
    return outcome


def _settled(folder: Path) -> None:
    """Take out of a garment's JSON files what is different in every run."""
    for path in folder.glob("*.json"):
        with contextlib.suppress(ValueError):
            content = json.loads(path.read_text(encoding="utf-8"))
            if isinstance(content, dict) and any(key in content for key in _FLEETING):
                write_json(path, {key: value for key, value in content.items() if key not in _FLEETING})


def _manifest(job: Job, outcomes: Mapping[str, _Outcome]) -> dict[str, Any]:
    return {
        "name": job.name,
        "garments": {
            task.name: {
                "fingerprint": task.fingerprint,
                "status": "failed" if outcomes[task.name].reason else "done",
                "reason": outcomes[task.name].reason or None,
            }
            for task in job.tasks
        },
    }


def _last_line(text: str) -> dict[str, Any]:
    with contextlib.suppress(ValueError, IndexError):
        if isinstance(report := json.loads(text.strip().splitlines()[-1]), dict):
            return report
    return {}


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@contextlib.contextmanager
def _alone(out: Path) -> Iterator[None]:
    """Hold the folder, so that no other run works in it; the system lets go of it when a run is killed.

    A garment that was being started at that moment holds it a little longer: so it is tried for _PATIENCE seconds.
    """
    with (out / _LOCK).open("a+b") as held:
        deadline = time.monotonic() + _PATIENCE
        while not _locked(held):
            if time.monotonic() > deadline:
                raise JobRefused(f"Another run works in {out}: let it end, or give another --out.")
            time.sleep(0.1)
        yield


def _locked(file: IO[bytes]) -> bool:
    """Whether the file is now ours alone."""
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
