# SPDX-License-Identifier: GPL-3.0-or-later
"""`toile batch`: a job file, and where and how many at a time its garments are made."""

from __future__ import annotations

import contextlib
import json
import statistics
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..patterns import style
from ..sim import mechanics
from ..sim.fabric import fabric_row
from .batch import JobRefused, read_job, run_job
from .batch.job import SCHEMA
from .batch.runner import LOG, Cluster, Here, Progress
from .commands import declared

_MOST_WORKERS = 256
_GUESS = 60.0  # seconds a garment takes where no log says
_MANIFEST = Path(__file__).parent.parent / "blender_manifest.toml"


def make_batch(
    job: str | None,
    out: str | None,
    workers: int,
    scheduler: str,
    dry_run: bool,
    progress: Progress,
    cancelled: Callable[[], bool] = lambda: False,
) -> dict[str, Any]:
    """Make a job's garments. Raises JobRefused with a sentence, TaskCancelled."""
    if job is None:
        return SCHEMA
    if out is None:
        raise JobRefused("Give --out DIR, where the garments are to be put.")
    if not 1 <= workers <= _MOST_WORKERS:
        raise JobRefused(f"From 1 to {_MOST_WORKERS} garments are made at a time, not {workers}.")
    wanted = read_job(Path(job), tomllib.loads(_MANIFEST.read_text("utf-8"))["version"], _known)
    if dry_run:
        return _foreseen(len(wanted.tasks), Path(out), workers, [task.name for task in wanted.tasks])
    from .photography import command_line

    crew = Cluster(scheduler) if scheduler else Here(workers)
    return run_job(wanted, Path(out), command_line(), crew, workers, progress, cancelled)


def _known(kind: str, name: str) -> object:
    """What is declared of a style or a fabric. Raises UnknownStyle, FabricRefused."""
    if kind == "style":
        return declared(style(name))
    mechanics(name)  # a broken one is refused before the work
    return fabric_row(name)


def _foreseen(garments: int, out: Path, workers: int, names: list[str]) -> dict[str, Any]:
    """How long it may take, from what garments took in this folder before."""
    took: list[float] = []
    if (out / LOG).exists():
        for line in (out / LOG).read_text(encoding="utf-8", errors="replace").splitlines():
            with contextlib.suppress(ValueError, KeyError, TypeError):  # a line that a kill cut off
                garment = json.loads(line)
                if garment["status"] == "done":
                    took.append(float(garment["seconds"]))
    each = statistics.median(took) if took else _GUESS
    return {
        "garments": garments,
        "names": names,
        "seconds_each": each,
        "measured": len(took),
        "seconds": each * garments / workers,
    }
