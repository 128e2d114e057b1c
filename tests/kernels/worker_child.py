# SPDX-License-Identifier: GPL-3.0-or-later
"""A worker child with tasks that misbehave on request (run by test_worker.py as a script)."""

import os
import sys
import time

import numpy as np
from toile.worker.child import private_stdout, serve


class Refused(ValueError):
    """Stands for a kernel's named refusal."""


Refused.__module__ = "toile.tests"


def echo(params, arrays, onlooker):
    onlooker.progress(0.5, "half way")
    return params, arrays


def chatter(params, arrays, onlooker):
    print("a library prints to standard output")
    os.write(1, b"so does native code\n")
    sys.stderr.write("x" * 200_000 + "\n")
    return {"done": True}, {}


def patient(params, arrays, onlooker):
    start = time.monotonic()
    while not onlooker.cancelled():
        onlooker.progress(min((time.monotonic() - start) / 30, 1.0), "waiting")
        time.sleep(0.01)
    raise RuntimeError("stopped half way")


def deaf(params, arrays, onlooker):
    onlooker.progress(0.1, "not listening")
    time.sleep(60)
    return {}, {}


def crash(params, arrays, onlooker):
    sys.stderr.write("out of cloth\n")
    sys.stderr.flush()
    os.abort()


def leave(params, arrays, onlooker):
    os._exit(7)


def refuse(params, arrays, onlooker):
    raise Refused("The scan holds a teapot: load a person.")


def fault(params, arrays, onlooker):
    return {"value": 1 / 0}, {}


def not_json(params, arrays, onlooker):
    return {"value": float("nan")}, {}


def babble(params, arrays, onlooker):
    os.write(SINK, b"\xff" * 64)
    time.sleep(30)
    return {}, {}


def big(params, arrays, onlooker):
    return {}, {"big": np.arange(params["count"], dtype=np.float64)}


def settle(params, arrays, onlooker):
    """Steps of an engine: frame k holds k everywhere; `pace` seconds each."""
    for step in range(params["steps"]):
        if onlooker.cancelled():
            break
        onlooker.progress(step / params["steps"], f"Settling, step {step}")
        onlooker.frame(np.full((params.get("points", 4), 3), float(step)))
        time.sleep(params.get("pace", 0.0))
    return {"steps": step + 1}, {}


def bad_frame(params, arrays, onlooker):
    onlooker.frame(np.zeros((4, 2)))
    time.sleep(30)
    return {}, {}


SINK = private_stdout()
TASKS = [settle, bad_frame, echo, chatter, patient, deaf, crash, leave, refuse, fault, not_json, babble, big]
if "--silent" in sys.argv:  # reads nothing, says nothing
    time.sleep(60)
serve({task.__name__: task for task in TASKS}, 0, SINK)
