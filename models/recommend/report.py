# SPDX-License-Identifier: GPL-3.0-or-later
"""What `recommend evaluate` says: two files of events in, every model's table and the fit figures out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from .events import EventsRefused, read_events
from .fit import Classifier, FitRefused
from .fit_study import evaluate_fit
from .rankers import Learner
from .study import evaluate


def evaluate_files(
    train: Path,
    test: Path,
    today: date,
    learners: Mapping[str, Learner],
    classifier: Classifier,
    seed: int,
    progress: Callable[[float, str], None],
) -> dict[str, Any]:
    """`study.evaluate` and `fit_study.evaluate_fit` of two files, and `cleaning`: what was found in them.

    Raises EventsRefused where the test is not later than the training, or a file is none; EvaluationRefused, OSError.
    """
    progress(0.0, "Reading")
    (past, period), cleaning = read_events([train, test], today)
    if not len(past) or not len(period):
        empty = test if len(past) else train
        raise EventsRefused(f"{empty.name} holds no sound event of its own: look at its rows, or give another file.")
    if period.day[0] < past.day[-1]:
        raise EventsRefused(
            f"{test.name} begins before {train.name} ends: a recommender is judged on what comes later. Split by date."
        )
    report = evaluate(past, period, learners, seed, progress)
    progress(0.95, "Judging fit and size")
    try:
        report |= evaluate_fit(past, period, classifier)
    except FitRefused as error:
        report["fit_refused"] = str(error)
    return {**report, "models": ["built in", *learners], "cleaning": cleaning.to_json()}
