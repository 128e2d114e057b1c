# SPDX-License-Identifier: GPL-3.0-or-later
"""Fabric mechanics in SI ↔ the numbers of Blender's cloth modifier.

What Blender makes of its numbers, each found by experiment and kept by tests/blender/test_cloth_settings.py:

- A frame at time scale 1 lasts √0.001 s, whatever the scene's fps: a force of 1 is 1000 N, a damping of 1 √1000 N·s/m.
  The substeps of a frame are counted in single precision, for some qualities one too many.
- Mass is per vertex. Air takes 0.01 of its number times the velocity from every vertex, whatever the vertex weighs.
- Every edge is a spring of the constant tension / (mean edge length). Triangles have no other: they resist shear by it.
- A hinge between two triangles answers an angle θ with the moment 0.1 · bending · e · h · θ / 3 (e the edge, h the mean
  height over it), explicitly: with too few substeps it trembles instead of bending. The LINEAR model does nothing for
  triangles.
- On a collider, its cloth friction is 100 times Coulomb's coefficient; the cloth's own friction is not read. At the
  default's two rounds of collision contact flickers, and a third of the friction is felt; at five it is whole.

How an edge's or a hinge's number becomes a sheet's stiffness depends on the mesh, and is worked out for each
(`Lattice`): springs and hinges are homogenised, and the compliance is what a strip shows that is free to narrow.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..sim import DrapeRefused, Mechanics

if TYPE_CHECKING:
    import bpy

Floats = NDArray[np.float64]

FRAME = 0.001**0.5  # s, one frame at time scale 1
FORCE = 1000.0  # N, a force of 1
MOST = {  # the fields' own limits
    "tension_stiffness": 1e4,
    "bending_stiffness": 1e4,
    "tension_damping": 50.0,
    "bending_damping": 1000.0,
    "air_damping": 10.0,
    "cloth_friction": 80.0,
    "self_friction": 80.0,
}
LEAST_DISTANCE = 0.001  # m, of the fields for contact
MOST_QUALITY = 80  # substeps a frame that the field offers
_COLLISION_ROUNDS = 5  # substeps of contact, from where on friction is whole
_STABLE = 0.7  # share of the largest explicit step that is taken
_ALIKE = 1.25  # ratio up to which two stiffnesses pass for the same
_ROUNDS = 120  # of the power iteration, which is then within a few per cent, whatever it starts from


@dataclass(frozen=True)
class Lattice:
    """A triangle mesh as Blender's springs and hinges see it: what each number of 1 makes of this very mesh.

    area m². edge: mean length, m. stretch (warp, weft) and shear: N/m that springs of 1 N/m give. bend (warp, weft):
    N·m that a bending number of 1 gives. slender: mean of edge / height. hinges: N/m, the largest eigenvalue of the
    hinges' stiffness at a bending number of 1.
    """

    vertices: int
    area: float
    edge: float
    stretch: tuple[float, float]
    shear: float
    bend: tuple[float, float]
    slender: float
    hinges: float


def lattice(uv: ArrayLike, faces: ArrayLike, vertices: int | None = None) -> Lattice:
    """The lattice of a flat pattern: uv (n, 2) in metres, warp along +v; faces (m, 3).

    vertices: how many there are once seams are welded, if they are. Raises DrapeRefused where there is no sheet.
    """
    uv, faces = np.asarray(uv, np.float64), np.asarray(faces, np.int64)
    if len(faces) < 2 or not np.isfinite(uv).all():
        raise DrapeRefused(
            "The flat pattern has no sheet of triangles: unwrap the garment in metres, or draft it anew."
        )
    (u1, v1), (u2, v2) = (uv[faces[:, 1]] - uv[faces[:, 0]]).T, (uv[faces[:, 2]] - uv[faces[:, 0]]).T
    areas = np.abs(u1 * v2 - v1 * u2) / 2
    if areas.min() <= 0:
        raise DrapeRefused(
            "The flat pattern has triangles without area: unwrap the garment in metres, or draft it anew."
        )
    sides = np.sort(np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]), axis=1)
    opposite = np.concatenate([faces[:, 2], faces[:, 0], faces[:, 1]])
    edges, of_side, sharing = np.unique(sides, axis=0, return_inverse=True, return_counts=True)
    along = uv[edges[:, 1]] - uv[edges[:, 0]]
    length = np.linalg.norm(along, axis=1)
    t = along / length[:, None]
    strain = np.stack([t[:, 0] ** 2, t[:, 1] ** 2, t[:, 0] * t[:, 1]], axis=1)  # of an edge, by εu, εv, γ
    membrane = _compliance(strain, length**2, float(areas.sum()))

    inner = np.flatnonzero(sharing == 2)
    if len(inner) < 3:
        raise DrapeRefused("The mesh has too few triangles side by side to bend: use a smaller particle distance.")
    first = (np.cumsum(sharing) - sharing)[inner]
    pair = opposite[np.argsort(of_side.ravel(), kind="stable")]
    a, b = pair[first], pair[first + 1]
    i, j = edges[inner].T
    t, length = t[inner], length[inner]
    foot = [np.einsum("ek,ek->e", uv[c] - uv[i], t) / length for c in (a, b)]
    across = t[:, ::-1] * [1, -1]
    height = [np.abs(np.einsum("ek,ek->e", uv[c] - uv[i], across)) for c in (a, b)]
    corners = np.stack([a, b, i, j], axis=1)
    angle = np.stack(  # (e, 4) of a hinge, by the heights of its corners over the plane
        [
            1 / height[0],
            1 / height[1],
            -(1 - foot[0]) / height[0] - (1 - foot[1]) / height[1],
            -foot[0] / height[0] - foot[1] / height[1],
        ],
        axis=1,
    )
    middle = (height[0] + height[1]) / 2
    moment = 0.1 * FORCE * length * middle / 3  # N·m a radian

    def angles(w: Floats) -> Floats:
        return np.einsum("ek,ek->e", angle, w[corners])

    u, v = (uv - uv.mean(axis=0)).T
    bending = _compliance(
        np.stack([angles(w) for w in (u * u / 2, v * v / 2, u * v)], axis=1), moment, float(areas.sum())
    )
    w, largest = np.random.default_rng(0).normal(size=len(uv)), 0.0
    for _ in range(_ROUNDS):
        w = np.bincount(corners.ravel(), (angle * (moment * angles(w))[:, None]).ravel(), len(uv))
        largest = float(np.linalg.norm(w))
        w /= largest
    return Lattice(
        vertices=vertices or len(np.unique(faces)),
        area=float(areas.sum()),
        edge=float(np.linalg.norm(along, axis=1).mean()),
        stretch=(1 / membrane[1, 1], 1 / membrane[0, 0]),
        shear=1 / membrane[2, 2],
        bend=(1 / bending[1, 1], 1 / bending[0, 0]),
        slender=float((length / middle).mean()),
        hinges=largest,
    )


def _compliance(strain: Floats, weight: Floats, area: float) -> Floats:
    """(3, 3) inverse of Σ weight · strainᵀ strain / area: how a sheet of such springs, or hinges, gives way."""
    try:
        return np.linalg.inv(np.einsum("e,ei,ej->ij", weight, strain, strain) / area)
    except np.linalg.LinAlgError as error:
        raise DrapeRefused("The mesh is too small to be cloth: use a smaller particle distance.") from error


# ---- SI → Blender ----


@dataclass(frozen=True)
class ClothSettings:
    """The cloth modifier's numbers, by its fields' names, and in words where they are not quite the fabric's.

    A field and its *_max are what vertex groups choose between (see `together`). cloth_friction is the collider's.
    """

    quality: int
    time_scale: float
    mass: float
    tension_stiffness: float
    tension_stiffness_max: float
    bending_stiffness: float
    bending_stiffness_max: float
    tension_damping: float
    bending_damping: float
    air_damping: float
    distance_min: float
    self_distance_min: float
    self_friction: float
    cloth_friction: float
    warnings: tuple[str, ...] = ()


def substeps(quality: int, time_scale: float) -> int:
    """How many steps Blender takes in a frame: it adds up single precision numbers until the frame is full."""
    step = np.float32(1 / np.float32(quality)) * np.float32(time_scale)
    taken, full, n = np.float32(0), np.float32(time_scale), 0
    while taken < full:
        taken, n = np.float32(taken + step), n + 1
    return n


def even_quality(least: int, time_scale: float) -> int:
    """The smallest quality of at least that many substeps with which a frame lasts as long as it should."""
    quality = max(1, least)
    while substeps(quality, time_scale) != quality:
        quality += 1
    return quality


def least_quality(mass: float, hinges: float, frame: float, retardation: float = 0.0) -> int:
    """Substeps with which explicit hinges are stable: symplectic Euler needs (h² + 2 h τ) λ/m < 4 for each step h.

    mass kg a vertex; hinges N/m, the largest eigenvalue λ of their stiffness; frame s; retardation τ s of it.
    """
    rate = hinges / mass
    step = -retardation + (retardation**2 + 4 * _STABLE / rate) ** 0.5
    return int(np.ceil(frame / step))


def translate(
    fabric: Mechanics,
    mesh: Lattice,
    *,
    frame: float,
    keep: str = "stretch",
    quality: int = 7,
    most_quality: int = MOST_QUALITY,
    retardation: float = 1e-4,
    drag: float = 0.0,
) -> ClothSettings:
    """A fabric on a mesh in Blender's numbers.

    frame: s of cloth time a frame, 1/fps in real time. keep: Blender has one stiffness where cloth has three; "stretch"
    keeps that of the threads (the mean of warp and weft), "shear" that on the bias as far as a metre of the cloth does
    not stretch by more than half a percent under its own weight. quality: substeps at least; as many are taken, up to
    most_quality, as bending needs. retardation: s by which stretch and bending lag behind a force (Kelvin–Voigt); a
    tenth of a millisecond keeps irregular meshes from trembling. drag: 1/s at which air alone brings it to rest. What
    cannot be kept is said in `warnings`.
    """
    warnings: list[str] = []
    threads = (fabric.stretch_warp * fabric.stretch_weft) ** 0.5
    sheared = threads * mesh.shear / (mesh.stretch[0] * mesh.stretch[1]) ** 0.5
    if keep == "shear":
        hanging = 100 * 9.80665 * fabric.density
        stretch = min(threads, max(threads * fabric.shear / sheared, hanging))
        if stretch * _ALIKE < threads:
            warnings.append(
                f"Its threads stretch with {stretch:.0f} N/m instead of {threads:.0f}, so that it gives on the bias."
            )
    else:
        stretch = threads
        if _ratio(fabric.stretch_warp, fabric.stretch_weft) > _ALIKE:
            warnings.append(
                f"Blender stretches alike along warp and weft: {threads:.0f} N/m instead of "
                f"{fabric.stretch_warp:.0f} and {fabric.stretch_weft:.0f}."
            )
    sheared *= stretch / threads
    if _ratio(sheared, fabric.shear) > _ALIKE:
        warnings.append(
            f"It shears with {sheared:.0f} N/m instead of {fabric.shear:.0f}: triangles have one stiffness."
        )
    if fabric.curve_warp or fabric.curve_weft:
        warnings.append("Its tension rises along a straight line; a knit's curve is softer at first.")

    mass = fabric.density * mesh.area / mesh.vertices
    spring = stretch / (mesh.stretch[0] * mesh.stretch[1]) ** 0.5  # N/m of one edge
    rigidity = (fabric.bend_warp * fabric.bend_weft) ** 0.5
    bending = rigidity / (mesh.bend[0] * mesh.bend[1]) ** 0.5
    time_scale = frame / FRAME
    needed = even_quality(max(quality, least_quality(mass, bending * mesh.hinges, frame, retardation)), time_scale)
    if needed > most_quality:
        needed = even_quality(most_quality, time_scale)
        step = frame / needed
        stable = 4 * _STABLE * mass / (mesh.hinges * (step**2 + 2 * step * retardation))
        warnings.append(
            f"It bends with {1e6 * rigidity * min(1, stable / bending):.2g} µN·m instead of {1e6 * rigidity:.2g}: with "
            f"{needed} substeps a mesh as fine as this carries no more. Use a larger particle distance."
        )
        bending = min(bending, stable)
    wanted = {
        "tension_stiffness": spring * mesh.edge / FORCE,
        "bending_stiffness": bending,
        "tension_damping": spring * retardation / (FORCE * FRAME),
        "bending_damping": 300 * FRAME * bending * mesh.slender * retardation,
        "air_damping": 100 * mass * drag * FRAME,
        "self_friction": 100 * fabric.friction,
        "cloth_friction": 100 * fabric.friction_skin,
    }
    for name, value in wanted.items():
        if value > MOST[name]:
            warnings.append(f"Blender's {name.replace('_', ' ')} ends at {MOST[name]:g}; {value:.3g} would be right.")
    given = {name: min(value, MOST[name]) for name, value in wanted.items()}
    return ClothSettings(
        quality=needed,
        time_scale=time_scale,
        mass=mass,
        tension_stiffness_max=given["tension_stiffness"],
        bending_stiffness_max=given["bending_stiffness"],
        distance_min=max(fabric.thickness, LEAST_DISTANCE),
        self_distance_min=max(fabric.thickness, LEAST_DISTANCE),
        warnings=tuple(warnings),
        **given,
    )


def _ratio(a: float, b: float) -> float:
    return max(a, b) / min(a, b)


def translate_roles(
    fabrics: Mapping[str, Mechanics], areas: Mapping[str, float], mesh: Lattice, **how: float | str
) -> tuple[ClothSettings, dict[str, tuple[float, float]]]:
    """The fabrics of a garment together, and for each role its weight (0 … 1) in the groups for stretch and bending.

    fabrics and areas (m²) by role; how: see `translate`. Blender has one mass for all vertices: the mean is taken.
    """
    total = sum(areas.values())
    density = sum(fabrics[role].density * area for role, area in areas.items()) / total
    each = {role: translate(replace(fabrics[role], density=density), mesh, **how) for role in areas}  # pyright: ignore[reportArgumentType]
    main = each[max(areas, key=lambda role: areas[role])]
    warnings = [f"{fabrics[role].label}: {warning}" for role in areas for warning in each[role].warnings]
    for role in areas:
        if _ratio(fabrics[role].density, density) > _ALIKE:
            warnings.append(
                f"{fabrics[role].label}: it weighs {1000 * density:.0f} g/m² instead of "
                f"{1000 * fabrics[role].density:.0f}: Blender has one mass for all points."
            )
    stretch = {role: s.tension_stiffness for role, s in each.items()}
    bending = {role: s.bending_stiffness for role, s in each.items()}
    return replace(
        main,
        quality=max(s.quality for s in each.values()),
        tension_stiffness=min(stretch.values()),
        tension_stiffness_max=max(stretch.values()),
        bending_stiffness=min(bending.values()),
        bending_stiffness_max=max(bending.values()),
        bending_damping=min(s.bending_damping for s in each.values()),
        warnings=tuple(dict.fromkeys(warnings)),
    ), {role: (_share(stretch, role), _share(bending, role)) for role in areas}


def _share(values: Mapping[str, float], role: str) -> float:
    low, high = min(values.values()), max(values.values())
    return (values[role] - low) / (high - low) if high > low else 0.0


def apply(modifier: bpy.types.ClothModifier, settings: ClothSettings) -> None:
    """Write the numbers into a cloth modifier, where the Physics tab shows them. The collider's friction is not its."""
    cloth, contact = modifier.settings, modifier.collision_settings
    cloth.bending_model = "ANGULAR"
    for name in ("quality", "time_scale", "mass", "bending_damping", "air_damping"):
        setattr(cloth, name, getattr(settings, name))
    cloth.tension_stiffness = cloth.compression_stiffness = cloth.shear_stiffness = settings.tension_stiffness
    cloth.tension_stiffness_max = cloth.compression_stiffness_max = settings.tension_stiffness_max
    cloth.shear_stiffness_max = settings.tension_stiffness_max
    cloth.bending_stiffness = settings.bending_stiffness
    cloth.bending_stiffness_max = settings.bending_stiffness_max
    cloth.tension_damping = cloth.compression_damping = cloth.shear_damping = settings.tension_damping
    contact.collision_quality = _COLLISION_ROUNDS
    contact.distance_min = settings.distance_min
    contact.self_distance_min = settings.self_distance_min
    contact.self_friction = settings.self_friction


# ---- Blender → SI ----


@dataclass(frozen=True)
class Reading:
    """What a cloth modifier's numbers amount to on a mesh, in SI.

    frame: s that a frame lasts. density kg/m². stretch (warp, weft), shear N/m. bend (warp, weft) N·m; (0, 0) in the
    LINEAR model. retardation s. drag 1/s. notes: what in these numbers is not as it looks.
    """

    frame: float
    density: float
    stretch: tuple[float, float]
    shear: float
    bend: tuple[float, float]
    retardation: float
    drag: float
    friction: float
    notes: tuple[str, ...] = ()


def read(modifier: bpy.types.ClothModifier, mesh: Lattice) -> Reading:
    """The inverse of `apply(modifier, translate(…))`, for numbers that were changed by hand."""
    cloth, notes = modifier.settings, []
    spring = FORCE * cloth.tension_stiffness / mesh.edge
    bending = cloth.bending_stiffness if cloth.bending_model == "ANGULAR" else 0.0
    steps = substeps(cloth.quality, cloth.time_scale)
    frame = FRAME * cloth.time_scale * steps / cloth.quality
    retardation = cloth.tension_damping / (spring * FRAME) if spring else 0.0
    if steps != cloth.quality:
        notes.append(
            f"Quality {cloth.quality} takes {steps} steps at this speed: cloth moves {steps / cloth.quality - 1:.0%} "
            f"too fast. Take {even_quality(cloth.quality, cloth.time_scale)}."
        )
    if not bending:
        notes.append("It does not resist bending.")
    else:
        lag = cloth.bending_damping / (300 * FRAME * bending * mesh.slender)
        least = least_quality(cloth.mass, bending * mesh.hinges, frame, lag)
        if least > steps:
            least = even_quality(least, cloth.time_scale)
            notes.append(f"It trembles instead of bending: take quality {least} or less damping of the bending.")
    drag = cloth.air_damping / (100 * cloth.mass * FRAME)
    if drag > 50:
        notes.append(f"Air holds it: it falls with no more than {100 * 9.80665 / drag:.2g} cm/s.")
    return Reading(
        frame=frame,
        density=cloth.mass * mesh.vertices / mesh.area,
        stretch=(spring * mesh.stretch[0], spring * mesh.stretch[1]),
        shear=spring * mesh.shear,
        bend=(bending * mesh.bend[0], bending * mesh.bend[1]),
        retardation=retardation,
        drag=drag,
        friction=modifier.collision_settings.self_friction / 100,
        notes=tuple(notes),
    )
