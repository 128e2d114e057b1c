# SPDX-License-Identifier: GPL-3.0-or-later
"""The laws of a job, over every sequence of events."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from toile.addon.jobs import (
    ENDED,
    AbandonResult,
    Advanced,
    Applied,
    ApplyResult,
    Begin,
    CancelPressed,
    CloseView,
    Delivered,
    Job,
    Launch,
    OrderWork,
    PausePressed,
    Phase,
    PushUndo,
    Refused,
    ResumePressed,
    StepPressed,
    Stopped,
    StopWork,
    Tell,
    transition,
)

SAID = [Advanced(0.2, "sewing"), Advanced(0.7, "settling"), Delivered(), Applied("Draped."), Refused("No."), Stopped()]
PRESSED = [CancelPressed(), PausePressed(), StepPressed(), ResumePressed()]
events = st.sampled_from([Begin(), *PRESSED, *SAID])


def run(sequence, job=None):
    job, done = job or Job("Drape", pausable=True), []
    for event in sequence:
        job, effects = transition(job, event)
        done += effects
    return job, done


def test_a_job_that_goes_well():
    job, done = run([Begin(), Advanced(0.5, "settling"), Delivered(), Applied("Draped in 12 s.")])
    assert job.phase is Phase.DONE
    assert job.sentence == "Draped in 12 s."
    assert done == [Launch(), ApplyResult(), CloseView(), PushUndo("Drape"), Tell("Draped in 12 s.")]


def test_a_cancelled_job_stops_its_work_and_applies_nothing():
    job, done = run([Begin(), CancelPressed(), Advanced(0.9, "late"), Delivered()])
    assert job.phase is Phase.CANCELLED
    assert done[:3] == [Launch(), StopWork(), AbandonResult()]
    assert "nothing was changed" in job.sentence


def test_a_refusal_is_told_once_with_its_details():
    job, done = run([Begin(), Refused("Load a person.", "traceback"), Refused("again")])
    assert job.phase is Phase.FAILED
    assert done == [Launch(), CloseView(), Tell("Load a person.", "traceback")]


@given(st.lists(events, max_size=12))
def test_laws(sequence):
    job, done = run(sequence)
    told = [effect for effect in done if isinstance(effect, Tell)]
    assert len(told) == (1 if job.ended else 0), "exactly one closing sentence"
    assert (job.sentence != "") == job.ended
    assert done.count(CloseView()) == len(told), "what showed the frames goes when the job ends, and only then"
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
def test_the_work_is_ordered_as_the_panel_shows(sequence):
    """The last order that the work was given is what the phase says; a job without frames is given none."""
    job, done = run(sequence)
    orders = [effect.order for effect in done if isinstance(effect, OrderWork)]
    if job.phase is Phase.PAUSED:
        assert orders[-1] in ("pause", "step")
    if job.phase is Phase.RUNNING:
        assert not orders or orders[-1] == "resume"
    stubborn, done = run(sequence, Job("Measure"))
    assert not any(isinstance(effect, OrderWork) for effect in done)
    assert stubborn.phase is not Phase.PAUSED


def test_a_paused_job_goes_on_steps_finishes_and_is_cancelled():
    begun = [Begin(), PausePressed()]
    assert run(begun)[0].phase is Phase.PAUSED
    assert run([*begun, Advanced(0.4, "step 7")])[0].text == "step 7"
    assert run([*begun, StepPressed(), StepPressed()])[1][1:] == [
        OrderWork("pause"),
        OrderWork("step"),
        OrderWork("step"),
    ]
    assert run([*begun, ResumePressed()])[0].phase is Phase.RUNNING
    assert run([*begun, Delivered(), Applied("Draped.")])[0].phase is Phase.DONE
    job, done = run([*begun, CancelPressed(), Stopped()])
    assert job.phase is Phase.CANCELLED
    assert done[2:4] == [StopWork(), CloseView()]


@given(st.lists(events, max_size=12))
def test_progress_never_goes_back(sequence):
    job, last = Job("Drape", pausable=True), 0.0
    for event in sequence:
        job, _ = transition(job, event)
        assert last <= job.fraction <= 1.0
        last = job.fraction


@pytest.mark.parametrize("phase", [phase for phase in Phase if phase not in ENDED])
def test_every_live_phase_can_end(phase):
    """Wherever a job stands, a cancel followed by what a dying worker says ends it."""
    job, _ = run([CancelPressed(), Stopped()], Job("Drape", phase=phase))
    assert job.ended
