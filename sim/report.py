# SPDX-License-Identifier: GPL-3.0-or-later
"""How a drape went, in figures that a person may check: contact, seams, strain, crossings, motion and ease."""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..bodies import PART_NAMES
from .distance import Floats, Ints, MeshDistance
from .finish import unique_edges
from .intersections import intersections, self_intersections

if TYPE_CHECKING:
    from ..bodies import Body
    from .cloth import Cloth
    from .fabric import Mechanics

GIRTHS = ("bust", "waist", "hip")
WIDEST_OPENING = math.pi / 2  # radians; an armhole at bust height is seen from the middle under some 40 degrees


class ReportRefused(ValueError):
    """The drape cannot be put in figures: a number is not finite, or the flat pattern has faces without area."""


@dataclass(frozen=True)
class DrapeReport:
    """The figures of one drape; SI units. `DrapeReport(**report.to_json())` gives it back."""

    engine: str
    vertices: int  # of the welded garment
    seconds: float  # by the clock
    cpu_seconds: float
    peak_rss: int  # bytes, the process's largest resident memory
    penetration_max: float  # m, greatest depth below the body's surface (see `penetration`), 0 where none
    penetration_fraction: float  # share of the samples deeper below it than the collision thickness
    collision_thickness: float  # m
    seam_gap_max: float  # m, between vertices sewn together
    seam_gap_mean: float
    stretch_p99: float  # 1, see `Stretch`
    stretch_max: float
    stretch_mean: float
    self_intersections: int  # pairs of the garment's triangles that cross (see `intersections`)
    body_intersections: int  # pairs of a garment's and a body's triangle that cross
    kinetic_energy: float  # J, in the last simulated frame
    speed_max: float  # m/s, of one vertex in that frame
    speed_rms: float  # of the welded garment
    settled: bool  # whether the engine stopped because the cloth was at rest
    frames: int
    ease: Mapping[str, float | None]  # m, by girth: garment minus body; None where the garment does not go round
    sewing_gap_max: float = 0.0  # m, what was left open when the engine stopped sewing and the seams were welded
    residual: float | None = None  # rms net force on a vertex over its rms weight; None where the engine cannot tell
    energies: Mapping[str, float] = field(default_factory=dict[str, float])  # J by its source: membrane, weight …

    notes: tuple[str, ...] = ()  # sentences on what the engine could not do

    def __post_init__(self) -> None:
        object.__setattr__(self, "notes", tuple(self.notes))  # JSON has made it a list
        for name, value in [*asdict(self).items(), *self.ease.items()]:
            if isinstance(value, float) and not math.isfinite(value):
                raise ReportRefused(f"The drape's {name} is not a finite number: the cloth flew off; drape it again.")

    def to_json(self) -> dict[str, Any]:
        """Plain numbers, text and null, by field name."""
        return asdict(self)


class Penetration(NamedTuple):
    """How deep a garment sits in the body."""

    depth_max: float  # m
    fraction: float  # of the samples deeper than the thickness


def surface_samples(positions: ArrayLike, faces: ArrayLike) -> Floats:
    """Points (s, 3) on a mesh: its vertices, its edges' midpoints, and the centres of each face's four quarters.

    A face is quartered through its edges' midpoints, so the middle quarter's centre is the face's own.
    """
    points = np.asarray(positions, dtype=np.float64)
    corners, weights = _sampled(np.asarray(faces), len(points))
    return np.einsum("sc,sck->sk", weights, points[corners])


def _sampled(faces: NDArray[np.int32], vertices: int) -> tuple[NDArray[Any], Floats]:
    """The three vertices (s, 3) that each surface sample is a mean of, and their weights (s, 3)."""
    ends = unique_edges(faces)
    own = np.repeat(np.arange(vertices)[:, None], 3, axis=1)
    weights = np.array([[6, 0, 0], [3, 3, 0], [2, 2, 2], [4, 1, 1], [1, 4, 1], [1, 1, 4]]) / 6.0
    return (
        np.concatenate([own, ends[:, [0, 1, 1]], np.repeat(faces, 4, axis=0)]),
        np.concatenate([np.repeat(weights[:2], [vertices, len(ends)], axis=0), np.tile(weights[2:], (len(faces), 1))]),
    )


def penetration(positions: ArrayLike, faces: ArrayLike, body: MeshDistance, thickness: float) -> Penetration:
    """How deep a garment (n, 3), (m, 3) sits in a closed body, over `surface_samples`.

    Depth is measured from the body's surface; `fraction` counts samples deeper than `thickness` (metres, the engine's
    collision thickness), so a thread that only grazes the skin does not count. A point as far outside as it is from
    another is not asked about: it cannot be inside.
    """
    points = np.asarray(positions, dtype=np.float64)
    corners, weights = _sampled(np.asarray(faces), len(points))
    samples = np.einsum("sc,sck->sk", weights, points[corners])
    outside = body.query(points).signed_distance
    depth = np.concatenate([-outside, np.full(len(samples) - len(points), -np.inf)])
    away = np.linalg.norm(points[corners] - samples[:, None], axis=2)
    doubtful = len(points) + np.flatnonzero((outside[corners] - away).max(axis=1)[len(points) :] <= 0.0)
    depth[doubtful] = -body.query(samples[doubtful]).signed_distance
    return Penetration(max(0.0, float(depth.max())), float((depth > thickness).mean()))


def threads(uv_corners: ArrayLike, positions: ArrayLike, faces: ArrayLike) -> Floats:
    """What became of a metre of warp and of weft in each face: the columns (m, 2, 3) of F = dx/du, warp first.

    uv_corners (m, 3, 2): rest positions in metres, weft along +u, warp along +v. positions (n, 3), faces (m, 3); F is
    the linear triangle's deformation gradient. Raises `ReportRefused` where a face has no area at rest.
    """
    rest, now = np.asarray(uv_corners, dtype=np.float64), np.asarray(positions, dtype=np.float64)[np.asarray(faces)]
    (u1, v1), (u2, v2) = (rest[:, 1] - rest[:, 0]).T, (rest[:, 2] - rest[:, 0]).T
    x1, x2 = now[:, 1] - now[:, 0], now[:, 2] - now[:, 0]
    det = u1 * v2 - u2 * v1
    if (det == 0.0).any():
        raise ReportRefused(f"{(det == 0.0).sum()} faces have no area in the flat pattern; mesh the pattern again.")
    along_weft = (x1 * v2[:, None] - x2 * v1[:, None]) / det[:, None]
    along_warp = (x2 * u1[:, None] - x1 * u2[:, None]) / det[:, None]
    return np.stack([along_warp, along_weft], axis=1)


def strain(uv_corners: ArrayLike, positions: ArrayLike, faces: ArrayLike) -> Floats:
    """Engineering strain (m, 2) of each face along its warp and its weft: 0.05 is a thread 5 % longer than cut.

    A thread along the unit vector t has the strain |F t| - 1; see `threads` for F, the arguments and what is refused.
    """
    return np.linalg.norm(threads(uv_corners, positions, faces), axis=2) - 1.0


def rest_areas(uv_corners: ArrayLike) -> Floats:
    """Areas (m,) in square metres of flat faces (m, 3, 2)."""
    rest = np.asarray(uv_corners, dtype=np.float64)
    (u1, v1), (u2, v2) = (rest[:, 1] - rest[:, 0]).T, (rest[:, 2] - rest[:, 0]).T
    return np.abs(u1 * v2 - u2 * v1) / 2.0


def speed_rms(cloth: Cloth, velocities: Floats) -> float:
    """m/s, root mean square, of the welded garment whose vertices move with velocities (n, 3)."""
    return float(np.sqrt((cloth.welded(velocities) ** 2).sum(axis=1).mean()))


def flat_particles(faces: ArrayLike, uv_corners: ArrayLike) -> NDArray[np.int64]:
    """Numbers (m, 3) of the flat pieces' particles at the corners of faces (m, 3), flat at (m, 3, 2).

    What is sewn together is two particles: one vertex, but two places on the cloth.
    """
    named = np.column_stack([np.ravel(faces), np.reshape(uv_corners, (-1, 2))])
    return np.unique(named, axis=0, return_inverse=True)[1].reshape(-1, 3)


class Stretch(NamedTuple):
    """A garment's stretch: per face the larger of the warp's and the weft's strain, weighted by area at rest."""

    p99: float  # 99 % of the cloth is stretched no more than this
    largest: float
    mean: float


def stretch(strains: ArrayLike, areas: ArrayLike) -> Stretch:
    """Sum up strains (m, 2) of faces with the given areas (m,) at rest.

    Threads bear load, so thread strain it is: a bias cut that lengthens by shear alone is not stretched.
    """
    larger, weight = np.asarray(strains).max(axis=1), np.asarray(areas)
    order = np.argsort(larger)
    covered = np.cumsum(weight[order])
    p99 = larger[order[np.searchsorted(covered, 0.99 * covered[-1])]]
    return Stretch(float(p99), float(larger.max()), float(np.average(larger, weights=weight)))


def vertex_masses(uv_corners: ArrayLike, faces: ArrayLike, vertices: int, density: float) -> Floats:
    """Masses (n,) in kg: each face's rest area times the density (kg/m²), a third to each corner."""
    third = np.repeat(rest_areas(uv_corners) * density / 3.0, 3)
    return np.bincount(np.asarray(faces).ravel(), third, minlength=vertices).astype(np.float64)


def garment_girth(
    positions: ArrayLike,
    faces: ArrayLike,
    point: ArrayLike,
    normal: ArrayLike = (0.0, 0.0, 1.0),
    opening: float = WIDEST_OPENING,
) -> float | None:
    """The girth in metres that a tape would read on a garment: the convex hull of its section with a plane.

    `faces` (m, 3) are those of the panels round the trunk, without sleeves; `point` (3,) lies in the plane, in the
    middle of the body. None where the section does not go round it: leaves more than `opening` (radians) open, seen
    from it.
    """
    at, middle = np.asarray(positions, dtype=np.float64), np.asarray(point, dtype=np.float64)
    triangles = np.asarray(faces)
    upward = np.asarray(normal, dtype=np.float64)
    upward = upward / np.linalg.norm(upward)
    ends = np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]])
    height = (at - middle) @ upward
    low, high = height[ends].T
    crossing = (low * high <= 0.0) & (low != high)
    share = low[crossing] / (low[crossing] - high[crossing])
    start, end = at[ends[crossing, 0]], at[ends[crossing, 1]]
    # Any two directions across the plane's normal will do as axes.
    across = np.linalg.svd(upward[None])[2][1:]
    section = (start + share[:, None] * (end - start) - middle) @ across.T
    if not len(section):
        return None
    angles = np.sort(np.arctan2(section[:, 1], section[:, 0]))
    if np.diff(angles, append=angles[0] + 2.0 * math.pi).max() > opening:
        return None
    return _hull_perimeter(section)


def _hull_perimeter(points: Floats) -> float:
    """Perimeter of the convex hull of (n, 2) points (Andrew's monotone chain, 1979)."""
    ordered = np.unique(points, axis=0)
    perimeter = 0.0
    for run in (ordered.tolist(), ordered[::-1].tolist()):
        chain: list[list[float]] = []
        for x, y in run:
            while len(chain) > 1 and (
                (chain[-1][0] - chain[-2][0]) * (y - chain[-2][1]) <= (chain[-1][1] - chain[-2][1]) * (x - chain[-2][0])
            ):
                chain.pop()
            chain.append([x, y])
        perimeter += float(np.linalg.norm(np.diff(chain, axis=0), axis=1).sum())
    return perimeter


def faces_round_trunk(cloth: Cloth, positions: ArrayLike, body: Body, surface: MeshDistance) -> Ints:
    """The welded faces (k, 3) of those panels most of whose vertices hang nearer to trunk and legs than to an arm.

    Decided by the panel, so that neither a sleeve's inner side nor a bodice's armhole changes sides; positions (w, 3).
    """
    arms = [number for number, name in enumerate(PART_NAMES) if name.startswith(("arm", "hand"))]
    nearest = surface.query(np.asarray(positions)[cloth.weld]).face
    by_arm = np.isin(body.parts[body.faces[nearest, 0]], arms)
    sleeve = np.bincount(cloth.panel, by_arm) > 0.5 * np.bincount(cloth.panel)
    return cloth.welded_faces[~sleeve[cloth.panel[cloth.faces[:, 0]]]].astype(np.int64)


def ease(positions: ArrayLike, faces: ArrayLike, body: Body) -> dict[str, float | None]:
    """Garment girth minus body girth at the body's bust, waist and hip, in metres.

    positions (w, 3); faces (k, 3) of `faces_round_trunk`. None where the garment does not go round, or where the body
    carries no such measurement.
    """
    found: dict[str, float | None] = dict.fromkeys(GIRTHS)
    for name in GIRTHS:
        measured = body.measurements.get(name)
        if measured is not None and len(measured.curve):
            girth = garment_girth(positions, faces, measured.curve.mean(axis=0))
            found[name] = None if girth is None else girth - measured.value
    return found


def peak_rss() -> int:
    """Bytes of memory this process has held at most; 0 where the system does not say (Windows)."""
    try:
        import resource
    except ImportError:
        return 0
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def drape_report(
    cloth: Cloth,
    positions: NDArray[np.float64],
    body: Body,
    fabric: Mechanics,
    *,
    engine: str,
    sewn: NDArray[np.float64],
    velocities: NDArray[np.float64],
    collision_thickness: float,
    seconds: float,
    cpu_seconds: float,
    peak_rss: int,
    settled: bool,
    frames: int,
    residual: float | None = None,
    energies: Mapping[str, float] | None = None,
    notes: tuple[str, ...] = (),
) -> DrapeReport:
    """Put a settled garment in figures.

    positions (w, 3): the welded garment that is handed on. sewn (n, 3): all vertices before welding. velocities (n, 3):
    of the last simulated frame, m/s. Raises `ReportRefused` or `MeshRefused` for a drape that is not finite.
    """
    faces, uv_corners = cloth.welded_faces, cloth.uv[cloth.faces]
    crossing = self_intersections(positions, faces)  # first, for it refuses what is not finite
    surface = MeshDistance(body.vertices, body.faces)
    contact = penetration(positions, faces, surface, collision_thickness)
    stretched = stretch(strain(uv_corners, positions, faces), rest_areas(uv_corners))
    gaps = np.linalg.norm(sewn[cloth.sewing[:, 0]] - sewn[cloth.sewing[:, 1]], axis=1)
    speeds = np.linalg.norm(velocities, axis=1)
    masses = vertex_masses(uv_corners, cloth.faces, len(cloth.vertices), fabric.density)
    masses += 0.0 if cloth.trim_mass is None else cloth.trim_mass
    return DrapeReport(
        engine=engine,
        vertices=len(positions),
        seconds=seconds,
        cpu_seconds=cpu_seconds,
        peak_rss=peak_rss,
        penetration_max=contact.depth_max,
        penetration_fraction=contact.fraction,
        collision_thickness=collision_thickness,
        seam_gap_max=float(gaps.max(initial=0.0)),
        seam_gap_mean=float(gaps.mean()) if len(gaps) else 0.0,
        stretch_p99=stretched.p99,
        stretch_max=stretched.largest,
        stretch_mean=stretched.mean,
        self_intersections=len(crossing),
        body_intersections=len(intersections(positions, faces, body.vertices, body.faces)),
        kinetic_energy=float(0.5 * masses @ speeds**2),
        speed_max=float(speeds.max()),
        speed_rms=speed_rms(cloth, velocities),
        settled=settled,
        frames=frames,
        residual=residual,
        energies=dict(energies or {}),
        notes=notes,
        ease=ease(positions, faces_round_trunk(cloth, positions, body, surface), body),
    )
