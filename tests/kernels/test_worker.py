# SPDX-License-Identifier: GPL-3.0-or-later
"""Conversations with a real child process, well-behaved and not."""

import json
import os
import queue
import signal
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
import toile.worker
from processes import children
from toile.sim import Mechanics, mechanics
from toile.worker.child import FRAME_INTERVAL
from toile.worker.client import (
    Cancelled,
    Died,
    Frame,
    Progress,
    Result,
    TaskCancelled,
    TaskFailed,
    Worker,
    WorkerDied,
    call,
    python_command,
)
from toile.worker.protocol import ProtocolError
from toile.worker.records import pack, unpack
from toile.worker.tasks import TASKS

CHILD = Path(__file__).with_name("worker_child.py")
COMMAND = [sys.executable, str(CHILD)]


@pytest.fixture(autouse=True)
def _package_for_the_child(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(Path(toile.worker.__file__).parent.parent.parent))


def left(before: set[int], seconds: float = 60.0) -> set[int]:
    """Children that were not there `before`, once those that are ending have ended."""
    end = time.monotonic() + seconds
    while children() - before and time.monotonic() < end:
        time.sleep(0.01)
    return children() - before


def run(task, params=None, arrays=None, **options):
    return call(COMMAND, task, params or {}, arrays or {}, grace=0.5, **options)


def test_arrays_come_back_as_they_went():
    told = []
    sent = {
        "f": np.random.default_rng(1).normal(size=(1000, 3)),
        "i": np.arange(6, dtype=np.int32).reshape(2, 3),
        "e": np.zeros((0, 3)),
    }
    result = run("echo", {"style": "tshirt", "ease": [0.08, None]}, sent, progress=lambda f, t: told.append((f, t)))
    assert result.values == {"style": "tshirt", "ease": [0.08, None]}
    assert told == [(0.5, "half way")]
    for name, array in sent.items():
        np.testing.assert_array_equal(result.arrays[name], array)
        assert result.arrays[name].dtype == array.dtype


def test_prints_in_the_child_do_not_touch_the_stream():
    assert run("chatter").values == {"done": True}


def test_a_result_larger_than_every_pipe_arrives_whole():
    count = 2_000_000
    assert run("big", {"count": count}).arrays["big"][-1] == count - 1


def test_a_polite_cancel_ends_the_task_and_leaves_no_child():
    before = children()
    started = []
    with pytest.raises(TaskCancelled):
        run("patient", progress=lambda f, t: started.append(f), cancelled=lambda: bool(started))
    assert left(before) == set()


@pytest.mark.parametrize("command", [COMMAND, [*COMMAND, "--silent"]])
def test_a_deaf_child_is_killed_after_the_grace(command):
    before, events = children(), []
    worker = Worker(command, "deaf", {}, {"much": np.zeros(1_000_000)}, events.append, grace=0.3)
    worker.start()
    time.sleep(0.5)
    worker.cancel()
    assert worker.join(60)
    assert events[-1] == Cancelled()
    assert left(before) == set()


def test_a_crash_tells_its_last_words():
    with pytest.raises(WorkerDied, match="nothing was changed") as caught:
        run("crash")
    assert str(-signal.SIGABRT) in str(caught.value)


def test_the_standard_error_of_a_crash_is_kept():
    events = []
    worker = Worker(COMMAND, "crash", {}, {}, events.append)
    worker.start()
    assert worker.join(60)
    assert isinstance(events[-1], Died)
    assert "out of cloth" in events[-1].stderr


def test_a_child_that_leaves_without_an_answer_has_died():
    with pytest.raises(WorkerDied, match="exit status 7"):
        run("leave")


def test_a_child_killed_from_outside_has_died():
    events = []
    worker = Worker(COMMAND, "patient", {}, {}, events.append)
    before = children()
    worker.start()
    while not any(isinstance(event, Progress) for event in events):
        time.sleep(0.01)
    (child,) = children() - before
    os.kill(child, signal.SIGKILL)
    assert worker.join(60)
    assert isinstance(events[-1], Died)
    assert events[-1].code == -signal.SIGKILL


def test_a_named_refusal_keeps_its_sentence():
    with pytest.raises(TaskFailed, match="teapot") as caught:
        run("refuse")
    assert caught.value.refused
    assert caught.value.error == "Refused"


@pytest.mark.parametrize(
    ("task", "error"), [("fault", "ZeroDivisionError"), ("not_json", "ProtocolError"), ("knit", "ProtocolError")]
)
def test_a_fault_keeps_its_traceback(task, error):
    with pytest.raises(TaskFailed) as caught:
        run(task)
    assert not caught.value.refused
    assert caught.value.error == error
    assert error in caught.value.details


def test_babble_on_the_private_pipe_is_the_end_of_the_child():
    with pytest.raises(WorkerDied, match="larger than"):
        run("babble")


@pytest.mark.parametrize(
    "command", [["/no/such/python"], [sys.executable, "-c", "print('x' * 600000)"], [sys.executable, "-c", ""]]
)
def test_something_that_is_no_worker_has_died(command):
    with pytest.raises(WorkerDied):
        call(command, "echo", {}, {}, grace=0.5)


def test_what_cannot_be_sent_is_refused_before_a_child_starts():
    with pytest.raises(ProtocolError):
        run("echo", {"ease": float("inf")})


def test_a_parent_that_dies_takes_the_child_with_it(tmp_path):
    parent = tmp_path / "parent.py"
    parent.write_text(
        "import os, sys, time\nfrom toile.worker.client import Worker\n"
        f"w = Worker({[sys.executable, str(CHILD)]!r}, 'deaf', {{}}, {{}}, lambda e: print('up', flush=True))\n"
        "w.start()\ntime.sleep(60)\n"
    )
    import subprocess

    process = subprocess.Popen([sys.executable, str(parent)], stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"up\n"
    (child,) = children(process.pid)
    process.kill()
    process.wait()
    process.stdout.close()
    deadline = time.monotonic() + 60
    while Path(f"/proc/{child}").exists() and "Z" not in Path(f"/proc/{child}/stat").read_text().split()[2]:
        assert time.monotonic() < deadline, "the worker outlived its parent"
        time.sleep(0.05)


def test_the_real_entry_answers_as_a_plain_script():
    """`python worker/__main__.py` finds its package by itself and names the tasks it knows."""
    with pytest.raises(TaskFailed, match=", ".join(sorted(TASKS))):
        call(python_command(sys.executable), "knit", {}, {}, grace=0.5)


@dataclass(frozen=True)
class Strip:
    name: str
    panels: tuple[object, ...]
    vertices: np.ndarray


def test_records_round_trip():
    strip = Strip("waistband", ("front", ("back", "left")), np.eye(3))
    values, arrays = pack(strip, "strip")
    again = unpack(Strip, json.loads(json.dumps(values)), arrays, "strip")
    assert again.name == strip.name
    assert again.panels == strip.panels
    np.testing.assert_array_equal(again.vertices, strip.vertices)
    with pytest.raises(ProtocolError, match="Strip"):
        unpack(Strip, {"name": "x"}, {}, "strip")


def test_a_fabric_with_its_curves_and_sources_round_trips():
    cotton = mechanics("cotton_poplin")
    cloth = replace(cotton, curve_warp=((0.01, 20.0), (0.05, 400.0)), curve_shear=((0.1, 3.0),))
    values, arrays = pack(cloth, "main")
    assert not arrays
    assert unpack(Mechanics, json.loads(json.dumps(values)), {}, "main") == cloth


def test_results_are_values():
    assert Result({"a": 1}) == Result({"a": 1})


class Conversation:
    """A task that shows frames, in a child, with what it said."""

    def __init__(self, grace=0.5, **params):
        self.events = []
        self.worker = Worker(COMMAND, "settle", params, {}, self.events.append, grace=grace)
        self.worker.start()

    def frames(self):
        return [int(event.positions[0, 0]) for event in self.events if isinstance(event, Frame)]

    def quiet(self, seconds=0.4):
        """The frames, once none has come for a while."""
        while True:
            before = len(self.frames())
            time.sleep(seconds)
            if len(self.frames()) == before:
                return self.frames()

    def wait_for(self, seen):
        """The frames, once they are what is waited for."""
        deadline = time.monotonic() + 60
        while not seen(self.frames()):
            assert time.monotonic() < deadline, self.events
            time.sleep(0.01)
        return self.frames()


def test_frames_are_float32_in_order_and_no_more_than_can_be_seen():
    start, seen = time.monotonic(), []
    result = run("settle", {"steps": 2000, "points": 100, "pace": 0.0005}, frame=seen.append)
    seconds = time.monotonic() - start
    assert result.values == {"steps": 2000}
    assert all(frame.dtype == np.float32 and frame.shape == (100, 3) for frame in seen)
    steps = [frame[0, 0] for frame in seen]
    assert steps == sorted(steps)
    assert 2 <= len(seen) <= seconds / FRAME_INTERVAL + 1


def test_pause_step_and_resume():
    conversation = Conversation(steps=600, pace=0.005)
    conversation.wait_for(lambda frames: len(frames) >= 2)
    for order in ("pause", "step", "step", "step"):
        conversation.worker.order(order)
    # Of what runs, frames are steps apart; of what stands, every step is shown.
    conversation.wait_for(lambda frames: len(frames) > 3 and frames[-1] - frames[-4] == 3)
    stood = conversation.quiet()
    assert stood[-1] - stood[-4] == 3
    assert conversation.quiet() == stood
    conversation.worker.order("resume")
    assert conversation.worker.join(60)
    assert conversation.events[-1] == Result({"steps": 600})


def test_a_step_while_it_runs_is_its_last_one():
    conversation = Conversation(steps=10_000, pace=0.01)
    conversation.wait_for(lambda frames: len(frames) >= 2)
    conversation.worker.order("step")
    stood = conversation.quiet()
    assert stood[-1] < 1000
    conversation.worker.cancel()
    assert conversation.worker.join(60)


def test_a_paused_task_can_be_cancelled_politely():
    before = children()
    conversation = Conversation(grace=60, steps=10_000, pace=0.01)
    conversation.worker.order("pause")
    conversation.wait_for(len)
    conversation.worker.cancel()
    assert conversation.worker.join(60), "before the grace is over"
    assert conversation.events[-1] == Cancelled()
    assert left(before) == set()


def test_a_paused_child_that_is_killed_has_died():
    before = children()
    conversation = Conversation(steps=10_000, pace=0.01)
    conversation.worker.order("pause")
    conversation.quiet()
    (child,) = children() - before
    os.kill(child, signal.SIGKILL)
    assert conversation.worker.join(60)
    assert isinstance(conversation.events[-1], Died)


def test_orders_reach_the_task_through_call():
    orders = queue.SimpleQueue()
    orders.put("pause")
    seen = []

    def look(frame):
        seen.append(frame)
        orders.put("step" if len(seen) < 5 else "resume")

    assert run("settle", {"steps": 40, "pace": 0.01}, frame=look, orders=orders).values == {"steps": 40}
    assert len(seen) >= 5


def test_a_frame_that_is_none_ends_the_child():
    with pytest.raises(WorkerDied, match="frame of shape"):
        run("bad_frame")


def test_an_unknown_order_ends_the_child():
    conversation = Conversation(steps=10_000, pace=0.01)
    conversation.wait_for(len)
    conversation.worker.order("dance")
    assert conversation.worker.join(60)
    assert isinstance(conversation.events[-1], Died)
    assert "dance" in conversation.events[-1].stderr
