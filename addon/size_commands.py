# SPDX-License-Identifier: GPL-3.0-or-later
"""`toile sizes`: the size systems, a body's place in each, and a system's run of sizes as avatars to grade for."""

from __future__ import annotations

import re
from pathlib import Path

from ..bodies import avatar, load_body, save_body
from ..bodies.sizes import places, run, system, systems
from .commands import CommandRefused, Report, folder_of, values_of


def sizes(name: str | None, body: str | None, stature: float | None, build: str | None, out: str | None) -> Report:
    """Every system; or a body's size in each; or the sizes of one system, as body.json files if asked for."""
    if name is None:
        if stature is not None or build is not None or out:
            raise CommandRefused("--stature, --build and --out belong to a run: name its system first.")
        if body:
            return {"sizes": places(values_of(load_body(body)))}
        return {"systems": {key: {"label": rules.label, "source": rules.source} for key, rules in systems().items()}}
    if body:
        raise CommandRefused("A body's size is told in every system: give --body without a system.")
    wanted = run(name, stature, build)
    report: Report = {"sizes": wanted}
    if out:
        folder = folder_of(out)
        report["bodies"] = {
            size: str(save_body(avatar(measures, sex=system(name).sex), folder / _file_name(size)))
            for size, measures in wanted.items()
        }
    return report


def _file_name(size: str) -> Path:
    return Path(re.sub(r"[^\w-]+", "-", size) + ".json")
