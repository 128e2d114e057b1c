# SPDX-License-Identifier: GPL-3.0-or-later
"""A worker whose one engine lets the cloth sink step by step: the real task, quick and obedient (run as a script).

TOILE_STEPS and TOILE_PACE (seconds) say how long it takes; what it was asked is left in the folder TOILE_ASKED.
"""

import dataclasses
import json
import os
import time
from pathlib import Path

import numpy as np
from toile.sim import Drape, DrapeReport
from toile.worker import tasks
from toile.worker.child import private_stdout, serve

STEP = 1e-4  # metres the cloth sinks at a time


class Sinking:
    name = "sinking"

    def drape(self, cloth, body, fabrics, watch, wishes=None):
        steps, pace = int(os.environ.get("TOILE_STEPS", 3)), float(os.environ.get("TOILE_PACE", 0))
        if folder := os.environ.get("TOILE_ASKED"):
            asked = {
                "gravity": wishes.gravity, "wind": wishes.wind, "device": wishes.device,
                "warm": wishes.start is not None,
                "pinned": wishes.pinned.tolist(), "fabrics": {role: cloth.name for role, cloth in fabrics.items()},
                "body": len(body.vertices), "highest": body.vertices[:, 2].max(),
            }  # fmt: skip
            Path(folder, "asked.json").write_text(json.dumps(asked))
        x = cloth.welded(cloth.vertices) if wishes.start is None else wishes.start.copy()
        free = np.setdiff1d(np.arange(len(x)), wishes.pinned)
        for step in range(steps):
            x[free, 2] -= STEP
            watch.step(step / steps, f"Sinking, step {step}", x)
            time.sleep(pace)
        report = {f.name: 0 for f in dataclasses.fields(DrapeReport) if f.default is dataclasses.MISSING}
        report |= {"engine": self.name, "vertices": len(x), "settled": True, "frames": steps, "ease": {}}
        faces = cloth.welded_faces
        return Drape(cloth, x, faces, np.zeros((len(faces), 2)), DrapeReport(**report), pressure=np.full(len(x), 7.0))


if __name__ == "__main__":
    tasks.DRAPE_ENGINES["blender"] = ("__main__", "Sinking")
    serve(tasks.TASKS, 0, private_stdout())
