# SPDX-License-Identifier: GPL-3.0-or-later
"""A Blender of its own for the tests of reviews: ticks as its timer would, and runs what it is told (run as a script).

A line on stdin is a JSON text of Python; an expression's value comes back as a JSON line, an exception as {"raised"}.
"""

import json
import os
import queue
import sys
import threading
import traceback

import bpy
import toile
from toile.addon import bridge, material, properties  # noqa: F401 # for what is told
from toile.addon.collaborate import garment, session, view  # noqa: F401


def the(kind="GARMENT"):
    """The last object of a kind, found anew: undo leaves no reference alive."""
    return [obj for obj in bpy.data.objects if obj.toile.kind == kind][-1]


def sliders():
    return properties.sliders_of(the())


def pushed(title):
    """A step of undo, as Blender pushes one when a slider is let go."""
    bpy.ops.ed.undo_push(message=title)


def answer(text, names):
    try:
        try:
            return {"value": eval(text, names)}
        except SyntaxError:
            exec(text, names)
            return {"value": None}
    except Exception as error:  # noqa: BLE001 # whatever it is, the test that asked is told
        return {"raised": f"{type(error).__name__}: {error}", "details": traceback.format_exc()}


def main():
    told = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # Blender's own talk goes elsewhere
    lines: queue.SimpleQueue[str] = queue.SimpleQueue()
    threading.Thread(target=lambda: [*map(lines.put, sys.stdin), lines.put("")], daemon=True).start()
    bpy.ops.wm.read_factory_settings(use_empty=True)
    toile.register()
    material.PIXELS = 64  # the weave is tested elsewhere
    names = dict(globals())
    while True:
        if (here := session.current()) is not None:
            here.tick()
        try:
            line = lines.get(timeout=session.TICK)
        except queue.Empty:
            continue
        if not line:
            break
        print(json.dumps(answer(json.loads(line), names), default=str), file=told, flush=True)
    toile.unregister()
    left = [thread.name for thread in threading.enumerate() if thread.name.startswith("toile")]
    print(json.dumps({"value": left}), file=told, flush=True)
    os._exit(0)  # bpy 4.5, once it has opened a file, waits for a thread of its own for ever


if __name__ == "__main__":
    main()
