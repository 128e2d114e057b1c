# SPDX-License-Identifier: GPL-3.0-or-later
"""The laws of a job, over every sequence of events."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from toile.addon.jobs import (
    AbandonResult,
    Advanced,
    Applied,
    ApplyResult,
    Begin,
    CancelPressed,
    Delivered,
    Job,
    Launch,
    Phase,
    PushUndo,
    Refused,
    Stopped,
    StopWork,
    Tell,
    transition,
)

SAID = [Advanced(0.2, "sewing"), Advanced(0.7, "settling"), Delivered(), Applied("Draped."), Refused("No."), Stopped()]
events = st.sampled_from([Begin(), CancelPressed(), *SAID])


def run(sequence, job=None):
    job, done = job or Job("Drape"), []
    for event in sequence:
        job, effects = transition(job, event)
        done += effects
    return job, done


def test_a_job_that_goes_well():
    job, done = run([Begin(), Advanced(0.5, "settling"), Delivered(), Applied("Draped in 12 s.")])
    assert job.phase is Phase.DONE
    assert job.sentence == "Draped in 12 s."
    assert done == [Launch(), ApplyResult(), PushUndo("Drape"), Tell("Draped in 12 s.")]


def test_a_cancelled_job_stops_its_work_and_applies_nothing():
    job, done = run([Begin(), CancelPressed(), Advanced(0.9, "late"), Delivered()])
    assert job.phase is Phase.CANCELLED
    assert done[:3] == [Launch(), StopWork(), AbandonResult()]
    assert "nothing was changed" in job.sentence


def test_a_refusal_is_told_once_with_its_details():
    job, done = run([Begin(), Refused("Load a person.", "traceback"), Refused("again")])
    assert job.phase is Phase.FAILED
    assert done == [Launch(), Tell("Load a person.", "traceback")]


@given(st.lists(events, max_size=12))
def test_laws(sequence):
    job, done = run(sequence)
    told = [effect for effect in done if isinstance(effect, Tell)]
    assert len(told) == (1 if job.ended else 0), "exactly one closing sentence"
    assert (job.sentence != "") == job.ended
    assert done.count(Launch()) <= 1
    assert done.count(StopWork()) <= 1
    assert done.count(ApplyResult()) <= 1
    assert (PushUndo("Drape") in done) == (job.phase is Phase.DONE), "undo knows finished changes only"
    if StopWork() in done:
        assert ApplyResult() not in done[done.index(StopWork()) :], "nothing is applied after a cancel"
    if Launch() not in done:
        assert ApplyResult() not in done


@given(st.lists(events, max_size=12), events)
def test_an_ended_job_never_moves_again(sequence, event):
    job, _ = run(sequence)
    if job.ended:
        assert transition(job, event) == (job, ())


@given(st.lists(events, max_size=12))
def test_progress_never_goes_back(sequence):
    job, last = Job("Drape"), 0.0
    for event in sequence:
        job, _ = transition(job, event)
        assert last <= job.fraction <= 1.0
        last = job.fraction


@pytest.mark.parametrize("phase", [phase for phase in Phase if not Job("x", phase=phase).ended])
def test_every_live_phase_can_end(phase):
    """Wherever a job stands, a cancel followed by what a dying worker says ends it."""
    job, _ = run([CancelPressed(), Stopped()], Job("Drape", phase=phase))
    assert job.ended
