# SPDX-License-Identifier: GPL-3.0-or-later
"""Fit maps: what a settled garment does to its threads and to the body under it, point by point.

Strain and stress are told of each face, pressure, contact and clearance of each vertex; `MAPS` lists them all. A face's
strain is that of the mean metric about its three particles, as Toile's own engine feels it (see `implicit.membrane`):
a triangle of its own is strained a little merely to follow a fold. Where the engine does not tell how hard the body
presses, the pressure is what the threads' tension asks for: Laplace's law p = T1 k1 + T2 k2 in its weak form, in which
a vertex's net membrane force along the normal, divided by the area about it, stands for tension times curvature (so
that shear counts too, and no curvature need be fitted to a mesh).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from types import MappingProxyType
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ..bodies import Body
from .distance import MeshDistance
from .drape import Drape
from .fabric import Mechanics
from .fusing import cut_and_fused
from .girth import Girth, Section, girths
from .laboratory.laws import curve_of, tension
from .report import flat_particles, rest_areas, threads

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LEAST_GAP = 0.001  # metres at which contact is felt, also by an engine that keeps nothing else apart
SHARPEST = 0.02  # metres of radius: no body is rounder where cloth lies on it (a wrist)
NEAR_LANDMARK = 0.03  # metres from a landmark beyond which the cloth says nothing about it
_LEAST_COSINE = 0.1  # of the shear angle; past 84 degrees the threads lie in one line and a face carries no shear
_CLOSE_TO_NOTHING = 1e-12  # metres per metre: a thread that a face has crushed away


class MapsRefused(ValueError):
    """The garment cannot be mapped: its arrays do not belong together, or a number is not finite."""


@dataclass(frozen=True)
class MapKind:
    """One map: its name for people, where its values lie, and how they are shown: value × scale, in `unit`."""

    label: str
    domain: Literal["FACE", "POINT"]
    unit: str
    scale: float
    signed: bool = False  # zero is its middle


MAPS: Mapping[str, MapKind] = MappingProxyType(
    {
        "strain_warp": MapKind("Stretch along the warp", "FACE", "%", 100.0, signed=True),
        "strain_weft": MapKind("Stretch along the weft", "FACE", "%", 100.0, signed=True),
        "strain_bias": MapKind("Stretch along the bias", "FACE", "%", 100.0, signed=True),
        "shear": MapKind("Shear angle", "FACE", "°", 57.29577951308232, signed=True),
        "stress_warp": MapKind("Tension of the warp", "FACE", "N/m", 1.0),
        "stress_weft": MapKind("Tension of the weft", "FACE", "N/m", 1.0),
        "stress_shear": MapKind("Shear stress", "FACE", "N/m", 1.0, signed=True),
        "pressure": MapKind("Pressure on the body", "POINT", "kPa", 1e-3),
        "contact": MapKind("Contact", "POINT", "", 1.0),
        "clearance": MapKind("Clearance from the body", "POINT", "mm", 1000.0),
    }
)


@dataclass(frozen=True)
class Worn:
    """A garment as it hangs: all that its maps are read from.

    positions (w, 3) metres; faces (m, 3); uv_corners (m, 3, 2): rest positions in metres, warp along +v; panel (m,): a
    number for each face's panel; fabric (m,): index into `fabrics`. pressure (w,): Pa from the body, where the engine
    told. skin: metres from the body within which the cloth's middle surface touches it.
    Raises MapsRefused where these do not belong together or are not finite.
    """

    positions: Floats
    faces: Ints
    uv_corners: Floats
    panel: Ints
    fabric: Ints
    fabrics: tuple[Mechanics, ...]
    skin: float
    pressure: Floats | None = None

    def __post_init__(self) -> None:
        w, m = len(self.positions), len(self.faces)
        if not m or self.positions.shape != (w, 3) or self.faces.shape != (m, 3):
            raise MapsRefused("There is no cloth to map: give positions as (w, 3) and faces as (m, 3).")
        if self.faces.min() < 0 or self.faces.max() >= w:
            raise MapsRefused(f"A face names a vertex that is not there; indices go from 0 to {w - 1}.")
        if self.uv_corners.shape != (m, 3, 2) or self.panel.shape != (m,) or self.fabric.shape != (m,):
            raise MapsRefused(f"The garment has {m} faces, but its pattern does not say how each of them was cut.")
        if self.fabric.min() < 0 or self.fabric.max() >= len(self.fabrics):
            raise MapsRefused("A face is cut from a fabric that was not given; give one for every role.")
        if self.pressure is not None and self.pressure.shape != (w,):
            raise MapsRefused(f"The engine tells the pressure of {self.pressure.size} vertices of {w}; drape it again.")
        numbers = (self.positions, self.uv_corners, self.skin, 0.0 if self.pressure is None else self.pressure)
        if not all(np.isfinite(x).all() for x in numbers):
            raise MapsRefused("The garment holds numbers that are not finite: the cloth flew off; drape it again.")
        if (self.areas == 0.0).any():
            raise MapsRefused("Faces have no area in the flat pattern; mesh the pattern again.")

    @cached_property
    def areas(self) -> Floats:
        """(m,) square metres of each face at rest."""
        return rest_areas(self.uv_corners)

    @cached_property
    def vertex_areas(self) -> Floats:
        """(w,) square metres of cloth that belong to each vertex at rest."""
        thirds = np.repeat(self.areas / 3.0, 3)
        return np.bincount(self.faces.ravel(), thirds, minlength=len(self.positions)).astype(np.float64)

    def about_particles(self, face_values: Floats) -> Floats:
        """(m, k) the faces' values (m, k) taken to the particles of the flat pieces, by area, and back to the faces."""
        particle = flat_particles(self.faces, self.uv_corners)
        weight = np.bincount(particle.ravel(), np.repeat(self.areas, 3))
        sums = (np.bincount(particle.ravel(), np.repeat(self.areas * column, 3)) for column in face_values.T)
        return np.stack([(total / weight)[particle].mean(axis=1) for total in sums], axis=1)

    def at_vertices(self, face_values: Floats) -> Floats:
        """(w,) means of the values (m,) of the faces about each vertex, weighted by area; 0 without any face."""
        parts = np.repeat(self.areas * face_values / 3.0, 3)
        sums = np.bincount(self.faces.ravel(), parts, minlength=len(self.positions))
        return sums / np.where(self.vertex_areas > 0.0, self.vertex_areas, 1.0)


def worn(drape: Drape, fabrics: Mapping[str, Mechanics]) -> Worn:
    """A drape as it hangs; `fabrics` by role, "self" for whatever it leaves out. Raises MapsRefused."""
    cloth = drape.cloth
    roles = dict.fromkeys(cloth.fabric_of_panel)
    if missing := [role for role in roles if role not in fabrics and "self" not in fabrics]:
        raise MapsRefused(f"No fabric is given for {', '.join(missing)}; give one, or one named “self” for all.")
    made_of, names = cut_and_fused(fabrics, cloth.made_of)
    cloths = tuple(made_of.values())
    panel = cloth.panel[cloth.faces[:, 0]].astype(np.int64)
    return Worn(
        positions=drape.positions,
        faces=drape.faces.astype(np.int64),
        uv_corners=drape.uv_corners,
        panel=panel,
        fabric=np.array([list(made_of).index(name) for name in names], np.int64)[panel],
        fabrics=cloths,
        skin=touching(drape.report.collision_thickness, cloths),
        pressure=drape.pressure,
    )


def touching(collision_thickness: float, fabrics: tuple[Mechanics, ...]) -> float:
    """Metres from the body at which a cloth touches it: the gap that both keep, and half the thickest cloth."""
    return max(2.0 * collision_thickness, LEAST_GAP) + max(cloth.thickness for cloth in fabrics) / 2.0


@dataclass(frozen=True)
class FitMaps:
    """Every map of one garment on one body.

    values: by name of MAPS, (m,) for a FACE, (w,) for a POINT; SI (strain 1, shear rad, stress N/m, pressure Pa,
    contact 0 or 1, clearance m, negative inside). girths: None where the garment does not go round. landmarks: of each
    body landmark with cloth within NEAR_LANDMARK every map's value at the nearest vertex. pressure_told: by the engine,
    else it was estimated from the threads' tension.
    """

    worn: Worn
    values: Mapping[str, Floats]
    girths: Mapping[str, Girth | None]
    landmarks: Mapping[str, Mapping[str, float]]
    pressure_told: bool

    def at_vertices(self, name: str) -> Floats:
        """(w,) a map's values at the vertices."""
        values = self.values[name]
        return values if MAPS[name].domain == "POINT" else self.worn.at_vertices(values)


def fit_maps(garment: Worn, body: Body, surface: MeshDistance | None = None) -> FitMaps:
    """Every map of a garment on a body. Raises MapsRefused, and MeshRefused for a body that is no mesh.

    surface: the body's, for whoever asks more than once; making it is half the work.
    """
    along = threads(garment.uv_corners, garment.positions, garment.faces)
    metric = np.column_stack([(along**2).sum(axis=2), np.einsum("mi,mi->m", along[:, 0], along[:, 1])])
    length, shear, product = _read(garment.about_particles(metric))
    bias = np.sqrt(np.maximum((length**2).sum(axis=1) / 2.0 + np.abs(product), 0.0)) - 1.0
    stress = _stress(garment, length - 1.0, shear)
    surface = surface or MeshDistance(body.vertices, body.faces)
    near = surface.query(garment.positions)
    pressure = garment.pressure
    contact = _touches(garment, surface, near.signed_distance, pressure)
    if pressure is None:
        own, turned, _ = _read(metric)  # what an engine of plain triangles balances
        taut = _stress(garment, own - 1.0, turned)
        asked = thread_pressure(garment, along / own[..., None], own, turned, taut, near.normal)
        pressure = np.where(contact, np.maximum(asked, 0.0), 0.0)
    values: dict[str, Floats] = {
        "strain_warp": length[:, 0] - 1.0,
        "strain_weft": length[:, 1] - 1.0,
        "strain_bias": bias,
        "shear": shear,
        "stress_warp": stress[:, 0],
        "stress_weft": stress[:, 1],
        "stress_shear": stress[:, 2],
        "pressure": pressure,
        "contact": contact.astype(np.float64),
        "clearance": near.signed_distance,
    }
    section = Section(garment.positions, garment.faces, garment.uv_corners, garment.fabric)
    round_body = girths(section, garment.panel, body, body.faces[near.face, 0])
    maps = FitMaps(garment, values, round_body, {}, pressure_told=garment.pressure is not None)
    return replace(maps, landmarks=_at_landmarks(maps, body))


def _read(metric: Floats) -> tuple[Floats, Floats, Floats]:
    """(m, 2) lengths of warp and weft, (m,) radians of shear, (m,) the threads' product, of a metric (m, 3)."""
    length = np.maximum(np.sqrt(metric[:, :2]), _CLOSE_TO_NOTHING)
    return length, np.arcsin(np.clip(metric[:, 2] / length.prod(axis=1), -1.0, 1.0)), metric[:, 2]


def _touches(garment: Worn, surface: MeshDistance, clearance: Floats, pressure: Floats | None) -> NDArray[np.bool_]:
    """(w,) whether the cloth about each vertex touches: a face lies on a round body by its middle, not by its corners.

    A face that does not touch in all its corners is looked at in its centre and the middles of its edges as well.
    """
    corners = garment.positions[garment.faces]
    following = np.roll(corners, -1, axis=1)
    longest = np.linalg.norm(following - corners, axis=2).max(axis=1)
    sagitta = longest**2 / (8.0 * SHARPEST)
    contact = clearance <= garment.skin
    if pressure is not None:
        contact |= pressure > 0.0
    close = clearance[garment.faces].min(axis=1) <= garment.skin + sagitta  # the others' middles are far off
    close &= ~contact[garment.faces].all(axis=1)
    samples = np.concatenate([corners[close].mean(axis=1, keepdims=True), (corners + following)[close] / 2.0], axis=1)
    found = surface.query(samples.reshape(-1, 3), garment.skin).signed_distance.reshape(-1, 4) <= garment.skin
    contact[garment.faces[close][found.any(axis=1)]] = True
    return contact


def _stress(garment: Worn, strain: Floats, shear: Floats) -> Floats:
    """(m, 3) N/m along warp and weft and in shear, by each face's own fabric; a slack thread bears nothing."""
    stress = np.empty((len(shear), 3))
    for number, cloth in enumerate(garment.fabrics):
        own = garment.fabric == number
        warp, weft = np.maximum(strain[own], 0.0).T
        for column, way, drawn in ((0, "warp", warp), (1, "weft", weft), (2, "shear", shear[own])):
            stress[own, column] = tension(curve_of(cloth, way), drawn)
    return stress


def thread_pressure(
    garment: Worn, unit: Floats, length: Floats, shear: Floats, stress: Floats, outward: Floats
) -> Floats:
    """(w,) Pa with which the threads press inward at each vertex; negative where they pull away from the body.

    unit (m, 2, 3) and length (m, 2): direction and stretch of warp and weft. stress (m, 3) as above; outward (w, 3):
    the body's normals, which say which side of the cloth is out. A face of area A pulls its corner i with
    -A P grad(N_i), P the first Piola stress; shear acts across the threads, as the derivative of their angle.
    """
    cosine = np.maximum(np.cos(shear), _LEAST_COSINE)[:, None, None]
    across = (unit[:, ::-1] - np.sin(shear)[:, None, None] * unit) / (length[..., None] * cosine)
    taut = stress[:, :2].max(axis=1) > 0.0  # where both threads are slack the cloth has buckled, and bears no shear
    piola = stress[:, :2, None] * unit + (taut * stress[:, 2])[:, None, None] * across
    (u1, v1), (u2, v2) = ((garment.uv_corners[:, k] - garment.uv_corners[:, 0]).T for k in (1, 2))
    along_u, along_v = np.stack([v1 - v2, v2, -v1], axis=1), np.stack([u2 - u1, -u2, u1], axis=1)
    det = u1 * v2 - u2 * v1
    pull = along_v[..., None] * piola[:, None, 0] + along_u[..., None] * piola[:, None, 1]
    pull *= -(np.sign(det) / 2.0)[:, None, None]
    a, b, c = (garment.positions[garment.faces[:, k]] for k in range(3))
    normal = np.cross(b - a, c - a) / 6.0
    w, corner = len(garment.positions), garment.faces.ravel()
    force, out = np.empty((w, 3)), np.empty((w, 3))
    for axis in range(3):
        force[:, axis] = np.bincount(corner, pull[..., axis].ravel(), minlength=w)
        out[:, axis] = np.bincount(corner, np.repeat(normal[:, axis], 3), minlength=w)
    area = np.bincount(corner, np.repeat(np.linalg.norm(normal, axis=1), 3), minlength=w)
    size = np.linalg.norm(out, axis=1)
    out *= np.sign(np.einsum("wi,wi->w", out, outward))[:, None]
    return -np.einsum("wi,wi->w", force, out) / np.maximum(size * area, np.finfo(np.float64).tiny)


def _at_landmarks(maps: FitMaps, body: Body) -> dict[str, Mapping[str, float]]:
    """Every map at the vertex nearest to each landmark that has cloth near it."""
    found: dict[str, Mapping[str, float]] = {}
    at_vertices = {name: maps.at_vertices(name) for name in MAPS}
    for name, place in body.landmarks.items():
        away = ((maps.worn.positions - place) ** 2).sum(axis=1)
        nearest = int(np.argmin(away))
        if away[nearest] <= NEAR_LANDMARK**2:
            found[name] = {kind: float(values[nearest]) for kind, values in at_vertices.items()}
    return found
