# SPDX-License-Identifier: GPL-3.0-or-later
"""Every style for a thousand people in a thousand designs, each seam walked: `python benchmarks/wardrobe.py`.

A design leaves half of its style's parameters as they are; of the others parts are drawn evenly among those that go
with what was drawn before (`Style.open`), flags evenly, numbers from a bell about the default whose deviation is a
sixth of their range. A draft is proven, one in four is meshed too, or it
is refused in words: what else it or its meshing raises is a fault. A refusal is laid to the body where the style's
default does not fit it either, to the parts where those alone do not go together on the mean woman, to the design where
that does not fit her, and otherwise to both. Prints a Markdown row a style, then every reason.

    --quick            forty people
    --people N         so many people; --seed S others
    --styles NAME …    only these
    --processes N      side by side
"""

import argparse
import functools
import re
import sys
import time
import traceback
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from population import Person, people
from toile.bodies import avatar
from toile.patterns import DraftRefused, Pattern, Style, style, styles
from toile.patterns.style import Value
from toile.sim.meshing import PanelMesh, mesh_pattern, smallest_angles

WALKED = 1e-4  # metres between a seam's measured and its declared ratio
COARSE = 0.02  # metres between particles, as pieces are shown
MESHED_COARSELY, MESHED = 4, 50  # one draft in so many is meshed so, and one finely
VERTICES = 10_000
SHARP = np.radians(60)  # a corner narrower than an even triangle, whose triangles cannot but be narrower,
WEDGE = 3  # so many particle distances about it
_NUMBER = re.compile(r"-?\d+(\.\d+)?(e-?\d+)?")  # taken out of reasons, so that like ones are counted together


@dataclass
class Tally:
    """What became of one style's drafts. seconds: CPU, each draft; errors: metres, each pattern's worst seam."""

    name: str
    drawn: int = 0
    seconds: list[float] = field(default_factory=list[float])
    errors: list[float] = field(default_factory=list[float])
    refused: Counter[tuple[str, str]] = field(default_factory=Counter[tuple[str, str]])  # (whose doing, reason)
    faults: dict[str, tuple[int, str]] = field(default_factory=dict[str, tuple[int, str]])  # how often, and the first
    meshing: list[float] = field(default_factory=list[float])
    angles: list[float] = field(default_factory=list[float])

    @property
    def cells(self) -> list[str]:
        """The Markdown cells of `HEAD`."""

        def of(values: Sequence[float], scale: float, *shares: float) -> str:
            return " / ".join(f"{scale * np.quantile(values, share):.3g}" for share in shares) if values else "–"

        whose = Counter(blamed for blamed, _ in self.refused.elements())
        return [
            self.name,
            str(len(self.seconds)),
            " / ".join(f"{100 * whose[blamed] / self.drawn:.1f}" for blamed in BLAMED),
            str(sum(times for times, _ in self.faults.values())),
            of(self.errors, 1e3, 1.0),
            str(sum(error > WALKED for error in self.errors)),
            of(self.seconds, 1e3, 0.5, 0.95),
            of(self.meshing, 1e3, 0.5, 1.0),
            of(np.degrees(self.angles).tolist(), 1.0, 0.0),
        ]


BLAMED = ("the body", "the parts", "the design", "both")
HEAD = (
    "style", "drafted", "refused % body / parts / design / both", "faults", "worst seam mm", "over 0.1 mm",
    "draft CPU ms median / p95", "mesh CPU ms median / most", "least angle °",
)  # fmt: skip


def design(own: Style, rng: np.random.Generator) -> dict[str, Value]:
    """A designer's choices for a style, none of them outside its range."""
    chosen: dict[str, Value] = {}
    for p in own.parameters:
        if rng.random() < 0.5:
            continue
        if p.kind == "flag":
            chosen[p.name] = bool(rng.integers(2))
        elif p.kind == "choice":
            chosen[p.name] = str(rng.choice(own.open(p.name, own.resolve(chosen))))
        else:
            low, high = (float(end) for end in p.range)
            value = float(np.clip(rng.normal(float(p.value), (high - low) / 6), low, high))
            chosen[p.name] = round(value) if p.kind == "count" else value
    return chosen


def tallied(name: str, everybody: Sequence[Person], seed: int = 0) -> Tally:
    """Draft a style for everybody, each in another design."""
    own, rng, tally = style(name), np.random.default_rng(seed), Tally(name)
    mean_woman = Person("mean woman", {key: m.value for key, m in avatar().measurements.items()})
    for person in everybody:
        choices = design(own, rng)
        tally.drawn += 1
        began = time.process_time()
        try:
            pattern = own.draft(person.measures, choices)
            tally.seconds.append(time.process_time() - began)
            tally.errors.append(pattern.proof().max_error)
            if tally.drawn % MESHED_COARSELY == 1:
                mesh_pattern(pattern, COARSE)
            if tally.drawn % MESHED == 1:
                _mesh(pattern, tally)
        except DraftRefused as error:
            tally.refused[_blamed(own, person, mean_woman, choices), _NUMBER.sub("…", str(error))] += 1
        except Exception as error:  # noqa: BLE001 - whatever it is, it is what is looked for
            told = f"{person.kind}, {choices}\n{''.join(traceback.format_exception(error)[-3:])}"
            kind = f"{type(error).__name__}: {_NUMBER.sub('…', str(error))}"
            times, first = tally.faults.get(kind, (0, told))
            tally.faults[kind] = times + 1, first
    return tally


def _blamed(own: Style, person: Person, mean_woman: Person, choices: Mapping[str, Value]) -> str:
    """One of BLAMED, for a refused design."""
    if _refused(own, person, {}):
        return BLAMED[0]
    if not _refused(own, mean_woman, choices):
        return BLAMED[3]
    parts = {name: value for name, value in choices.items() if own.parameter(name).kind == "choice"}
    return BLAMED[1] if parts and _refused(own, mean_woman, parts) else BLAMED[2]


def _refused(own: Style, person: Person, choices: Mapping[str, Value]) -> bool:
    try:
        own.draft(person.measures, choices)
    except DraftRefused:
        return True
    return False


def _mesh(pattern: Pattern, tally: Tally) -> None:
    """Mesh what is draped with so many vertices; the least angle of triangles away from where lines meet sharply."""
    draped = pattern.draped()
    apart = float(np.sqrt(sum(panel.area for panel in draped.panels()) / VERTICES * 2 / np.sqrt(3)))
    began = time.process_time()
    meshes, _ = mesh_pattern(draped, apart)
    tally.meshing.append(time.process_time() - began)
    for mesh in meshes.values():
        corners = mesh.points[_sharp_corners(mesh)]
        off = np.linalg.norm(mesh.points[:, None] - corners, axis=2).min(axis=1, initial=np.inf)
        free = (off > WEDGE * apart)[mesh.faces].all(axis=1)
        tally.angles.append(float(smallest_angles(mesh.points, mesh.faces)[free].min(initial=np.pi / 3)))


def _sharp_corners(mesh: PanelMesh) -> NDArray[np.intp]:
    """(k,) vertices where two lines, of the outline or inside, meet at a sharp angle."""
    sides = np.concatenate([np.stack([line[:-1], line[1:]], axis=1) for _, line in mesh.stations.values()])
    sides = np.concatenate([sides, sides[:, ::-1]])
    along = mesh.points[sides[:, 1]] - mesh.points[sides[:, 0]]
    turn = np.arctan2(along[:, 1], along[:, 0])
    order = np.lexsort((turn, sides[:, 0]))
    vertex, turn = sides[order, 0], turn[order]
    first = np.flatnonzero(np.r_[True, vertex[1:] != vertex[:-1]])
    last = np.r_[first[1:], len(vertex)] - 1
    gap = np.diff(turn, append=0.0)
    gap[last] = turn[first] + 2 * np.pi - turn[last]
    return np.unique(vertex[(gap < SHARP) & (gap > 1e-9)])


def _tell(tallies: Iterable[Tally]) -> bool:
    """Print a row a style as it comes, then what was refused and what went wrong; whether nothing did."""
    done: list[Tally] = []
    print("| " + " | ".join(HEAD) + " |\n|" + "---|" * len(HEAD))
    for tally in tallies:
        done.append(tally)
        print("| " + " | ".join(tally.cells) + " |", flush=True)
    drawn = sum(tally.drawn for tally in done)
    errors = [error for tally in done for error in tally.errors]
    seconds = [second for tally in done for second in tally.seconds]
    print(
        f"\n{drawn:,} drafts: {len(seconds):,} drafted in {1e3 * np.median(seconds):.1f} ms (median; p95 "
        f"{1e3 * np.quantile(seconds, 0.95):.1f}), {sum(t.refused.total() for t in done) / drawn:.2%} refused, "
        f"{sum(times for t in done for times, _ in t.faults.values())} faults, "
        f"worst seam {1e3 * max(errors):.1e} mm, {sum(error > WALKED for error in errors)} over 0.1 mm"
    )
    for tally in done:
        for (blamed, reason), times in tally.refused.most_common():
            print(f"- {tally.name}: {times / tally.drawn:.1%} refused for {blamed}: {reason}")
        for kind, (times, first) in tally.faults.items():
            print(f"- {tally.name}: {times} FAULTS: {kind}\n{first}")
    return not any(tally.faults for tally in done) and max(errors) <= WALKED


def main() -> int:
    """Read what is asked for, draft it, tell; 1 where anything went wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=1000, metavar="N")
    parser.add_argument("--quick", dest="people", action="store_const", const=40)
    parser.add_argument("--seed", type=int, default=0, metavar="S")
    parser.add_argument("--styles", nargs="+", default=list(styles()), choices=list(styles()))
    parser.add_argument("--processes", type=int, default=1, metavar="N")
    asked = parser.parse_args()
    everybody = people(asked.people, asked.seed)
    with ProcessPoolExecutor(asked.processes) as pool:
        draft = functools.partial(tallied, everybody=everybody, seed=asked.seed)
        return 0 if _tell(pool.map(draft, asked.styles)) else 1


if __name__ == "__main__":
    sys.exit(main())
