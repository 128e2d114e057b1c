# SPDX-License-Identifier: GPL-3.0-or-later
"""Weave drafts: which warp ends lie over which weft picks, by name, by a loom's tie-up, or from an image."""

import itertools
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Up = NDArray[np.bool_]
LARGEST = 4096  # ends or picks in one repeat: more than a tile can show
LONGEST_FLOAT = 16  # ends or picks a jacquard's thread may float over before it is bound
NAMES = "plain, twill_2_1, twill_2_2_left, satin_5, satin_8_3, weft_satin_5, basket_2, herringbone_2_2_8, diamond_2_2_8"


@dataclass(frozen=True)
class Draft:
    """One repeat of a weave, as a weaver's point paper.

    rows: the picks, first woven first (v upwards), each a string of `x` where the warp lies on the face and `.` where
    the weft does. Raises ValueError for a ragged paper, other characters, or a yarn that is never bound.
    """

    rows: tuple[str, ...]

    def __post_init__(self) -> None:
        if not self.rows or len({len(row) for row in self.rows}) != 1 or set("".join(self.rows)) - {"x", "."}:
            raise ValueError("A draft is rows of x (warp up) and . (weft up), all of one length.")
        if max(self.shape) > LARGEST:
            raise ValueError(f"A draft of {self.shape[1]} × {self.shape[0]} is more than {LARGEST} threads a side.")
        for axis, yarns in enumerate(("end", "pick")):
            loose = self.up.all(axis) | ~self.up.any(axis)
            if loose.any():
                raise ValueError(f"{yarns.capitalize()} {int(np.argmax(loose)) + 1} of the draft is never bound.")

    @property
    def shape(self) -> tuple[int, int]:
        """(picks, ends) in one repeat."""
        return len(self.rows), len(self.rows[0])

    @cached_property
    def up(self) -> Up:
        """(picks, ends) bool: True where the warp lies on the face."""
        return np.array([[place == "x" for place in row] for row in self.rows])

    @classmethod
    def of(cls, up: Up) -> "Draft":
        """The draft of an interlacement matrix (picks, ends), True where the warp lies on the face."""
        return cls(tuple("".join(".x"[int(place)] for place in pick) for pick in up))


def named_draft(name: str) -> Draft:
    """A draft by its name, or by its point paper: rows of x and . parted by blanks, the last pick first, as one reads.

    plain · twill_OVER_UNDER[_OVER_UNDER …][_left]: warp over, under; rises to the right (Z) unless left ·
    satin_HARNESSES[_MOVE], weft_satin_… · basket_ENDS[_PICKS] · herringbone_OVER_UNDER_WIDTH: the twill turns each
    WIDTH ends · diamond_OVER_UNDER_WIDTH: it turns in both ways. Raises ValueError for anything else.
    """
    if re.fullmatch(r"[x.]+([ \n]+[x.]+)*", text := name.strip()):
        return Draft(tuple(reversed(text.split())))
    match = re.fullmatch(r"(plain|twill|satin|weft_satin|basket|herringbone|diamond)((?:_\d{1,3})*)(_left)?", name)
    if match is None or (match[3] and match[1] != "twill"):
        raise ValueError(f"There is no weave “{name}”. Write it as one of {NAMES}, or as rows of x and .")
    numbers = [int(number) for number in match[2].split("_")[1:]]
    if 0 in numbers:
        raise ValueError(f"No part of “{name}” can be 0.")
    match match[1], numbers:
        case "plain", []:
            return Draft.of(twill([1, 1]))
        case "twill", [_, _, *_] if len(numbers) % 2 == 0:
            return Draft.of(twill(numbers)[:, ::-1] if match[3] else twill(numbers))
        case "satin", [harnesses, *move] if len(move) < 2:
            return Draft.of(satin(harnesses, *move))
        case "weft_satin", [harnesses, *move] if len(move) < 2:
            return Draft.of(~satin(harnesses, *move))
        case "basket", [ends] | [ends, _]:
            return Draft.of(np.kron(np.eye(2, dtype=bool), np.ones((numbers[-1], ends), bool)) > 0)
        case "herringbone" | "diamond", [over, under, width]:
            return Draft.of(turned(twill([over, under]), width, both=match[1] == "diamond"))
        case _:
            raise ValueError(f"“{name}” has not the numbers that its weave needs: such as {NAMES}.")


def twill(floats: Sequence[int]) -> Up:
    """Each end over, under, over … as many picks as `floats` says, each next end one pick further up."""
    column = np.concatenate([np.full(count, k % 2 == 0) for k, count in enumerate(floats)])
    pick, end = np.mgrid[: len(column), : len(column)]
    return column[(pick - end) % len(column)]


def satin(harnesses: int, move: int | None = None) -> Up:
    """A warp satin: each end is bound once in `harnesses` picks, each next end `move` picks on.

    Without a move: the one nearest to 0.382 of the harnesses, which strews the bindings most evenly. Raises ValueError
    for a move that shares a factor with the harnesses or sets two bindings side by side.
    """
    moves = [m for m in range(2, harnesses - 1) if math.gcd(m, harnesses) == 1]
    if not moves or (move is not None and move not in moves):
        raise ValueError(f"A satin of {harnesses} can move {', '.join(map(str, moves)) or 'by nothing'}, not {move}.")
    step = min(moves, key=lambda m: abs(m - 0.382 * harnesses)) if move is None else move
    pick, end = np.mgrid[:harnesses, :harnesses]
    return (pick - step * end) % harnesses != harnesses - 1


def turned(draft: Up, width: int, *, both: bool) -> Up:
    """A twill that turns each `width` ends, with a clean cut (herringbone), or picks too, without one (diamond)."""
    repeat = draft.shape[0]
    if both:
        there = np.arange(width)
        back = np.concatenate([there, there[-2:0:-1]])
        return draft[np.ix_(back % repeat, back % repeat)]
    end = np.arange(2 * width)
    mirrored = end >= width
    pick = np.arange(repeat)[:, None]
    rising = draft[pick, end % repeat]
    falling = ~draft[pick, (2 * width - 1 - end) % repeat]  # the cut: what was over lies under
    return np.where(mirrored, falling, rising)


def drawdown(threading: Sequence[int], tie_up: Up, treadling: Sequence[int]) -> Draft:
    """What a dobby loom weaves.

    threading: each end's shaft · tie_up (treadles, shafts) bool: which shafts a treadle lifts · treadling: each pick's
    treadle; both counted from 0. Raises ValueError for a shaft or treadle that is not there.
    """
    treadles, shafts = tie_up.shape
    if not (all(0 <= s < shafts for s in threading) and all(0 <= t < treadles for t in treadling)):
        raise ValueError(f"The tie-up has {treadles} treadles and {shafts} shafts, counted from 0.")
    return Draft.of(tie_up[np.ix_(np.asarray(treadling), np.asarray(threading))])


def jacquard(figure: Up, face: Draft, ground: Draft) -> Draft:
    """A figure woven as `face` on a `ground`, each thread a point of the figure.

    figure (picks, ends) bool, first pick first; it is repeated to whole repeats of both drafts. Raises ValueError where
    a thread would float over more than LONGEST_FLOAT others, for it would snag.
    """
    repeat = [math.lcm(*sizes) for sizes in zip(figure.shape, face.shape, ground.shape, strict=True)]
    if max(repeat) > LARGEST:
        raise ValueError(f"The figure repeats with its weaves only each {max(repeat)} threads: give it a rounder size.")

    def tiled(up: Up) -> Up:
        return np.tile(up, (repeat[0] // up.shape[0], repeat[1] // up.shape[1]))

    up = np.where(tiled(figure), tiled(face.up), tiled(ground.up))
    if (longest := max(_longest_run(up), _longest_run(up.T))) > LONGEST_FLOAT:
        raise ValueError(f"A thread floats over {longest} others: bind the figure by weaves of shorter floats.")
    return Draft.of(up)


def _longest_run(up: Up) -> int:
    """The longest float along the first axis, in crossings, the repeat being periodic."""
    twice = np.concatenate([up, up])
    longest = run = np.ones(up.shape[1], int)
    for before, here in itertools.pairwise(twice):
        run = np.where(before == here, run + 1, 1)
        longest = np.maximum(longest, run)
    return int(longest.max())


def threadcount(text: str) -> tuple[str, ...]:
    """A colour order as tartans are written: “B/24 W4 R2 G/24” → one letter code a thread.

    A slash marks the two pivots of a sett that is mirrored at them, pivots woven once (the way of the Scottish Register
    of Tartans); without slashes the count is repeated as it stands. Raises ValueError for anything else.
    """
    stripes = [re.fullmatch(r"([A-Za-z]+)(/?)(\d{1,4})", word) for word in text.split()]
    if not stripes or None in stripes:
        raise ValueError(f"“{text}” is no thread count: write it like “B/24 W4 R/2” or “B12 W12”.")
    found = [(m[1], int(m[3]), bool(m[2])) for m in stripes if m]
    if any(count == 0 for _, count, _ in found):
        raise ValueError(f"“{text}” has a stripe of 0 threads.")
    pivots = [pivot for _, _, pivot in found]
    if any(pivots):
        if len(found) < 2 or not (pivots[0] and pivots[-1]) or any(pivots[1:-1]):
            raise ValueError(f"“{text}”: slashes mark the first and the last stripe, where the sett turns, or none.")
        found += found[-2:0:-1]
    return tuple(code for code, count, _ in found for _ in range(count))
