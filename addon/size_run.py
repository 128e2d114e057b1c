# SPDX-License-Identifier: GPL-3.0-or-later
"""A run of sizes about one person: what each size measures, as bodies of that size do. No bpy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..bodies import Body, avatar

MOST = 9  # sizes on either side of the sample
_GIRTHS, _HEIGHT = ("bust", "waist", "hip"), "stature"


class SizeRunRefused(ValueError):
    """A run of sizes that cannot be graded from a body."""


@dataclass(frozen=True)
class SizeRun:
    """How many sizes lie below and above the sample, and by how many metres girths and stature differ from one to the
    next. Raises SizeRunRefused.
    """

    smaller: int = 1
    larger: int = 2
    girth_step: float = 0.04
    height_step: float = 0.0

    def __post_init__(self) -> None:
        if not (0 <= self.smaller <= MOST and 0 <= self.larger <= MOST):
            raise SizeRunRefused(f"A run has up to {MOST} sizes on either side of the sample.")
        if not (0.005 <= self.girth_step <= 0.12 and 0.0 <= self.height_step <= 0.1):
            raise SizeRunRefused("Sizes differ by 0.5 to 12 cm in girth and up to 10 cm in stature.")


def size_name(steps: int) -> str:
    """M for the sample, S and XS below it, L, XL and XXL above, 3XL … beyond."""
    letter, times = ("S", -steps) if steps < 0 else ("L", steps)
    if times == 0:
        return "M"
    return "X" * (times - 1) + letter if times <= 3 else f"{times - 1}X{letter}"


def measures_of_run(body: Body, run: SizeRun) -> dict[str, dict[str, float]]:
    """Every size's measurements (metres, radians) by its name, smallest first; M is the body's own.

    A size differs from M by what the likeliest bodies of both sizes differ by, so all that is not a girth follows as
    it does from person to person. Raises SizeRunRefused for a body without the four measures; AvatarRefused for a size
    that nobody has.
    """
    own = {name: m.value for name, m in body.measurements.items()}
    if missing := [name for name in (*_GIRTHS, _HEIGHT) if name not in own]:
        raise SizeRunRefused(f"Sizes are graded from a body's {', '.join(_GIRTHS)} and stature; no {missing[0]} here.")

    def likeliest(steps: int) -> Mapping[str, float]:
        wanted = {name: own[name] + steps * run.girth_step for name in _GIRTHS}
        made = avatar({**wanted, _HEIGHT: own[_HEIGHT] + steps * run.height_step})
        return {name: m.value for name, m in made.measurements.items()}

    middle = likeliest(0)
    found: dict[str, dict[str, float]] = {}
    for steps in range(-run.smaller, run.larger + 1):
        other = likeliest(steps) if steps else middle
        found[size_name(steps)] = {name: value + (other[name] - middle[name]) for name, value in own.items()}
    return found
