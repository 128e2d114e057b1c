# SPDX-License-Identifier: GPL-3.0-or-later
"""Toile's own engine: welded from the start, shrunk onto its pattern, and brought to rest until the forces say so.

The panels stand round the body, and what is sewn together is one vertex from the first moment. The cloth is then at
rest as it stands, stretched over the gaps, and its rest shape is led from there to the flat pattern: the seams close as
the cloth shrinks, and since no step passes a barrier, nothing flips and nothing tangles. With the pattern's own shape,
gravity and friction, Newton's method goes on until the net force on a vertex is a small part of its weight. Rough work
is done on a coarser mesh where one is given.
"""

from __future__ import annotations

import importlib.util
import math
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ...bodies import Body
from ..cloth import Cloth
from ..distance import MeshDistance
from ..drape import Drape, DrapeRefused, Watch, Wishes
from ..fabric import Mechanics
from ..finish import smoothed
from ..fusing import cut_and_fused
from ..meshing import smallest_angles
from ..report import drape_report, peak_rss, strain, vertex_masses
from ..sheet import Settled, Sheet
from ..warm_start import Hung, carried
from . import EnginePartMissing

if TYPE_CHECKING:
    from ..implicit.contact import Active, Contact
    from ..implicit.newton import Garment, Slope, State

Points = NDArray[np.float64]
Ints = NDArray[np.int32]

SEWING = 12  # stages in which the rest shape is led to the pattern
_STEPS_A_STAGE = 2
_MOST_STEPS_A_STAGE = 4  # where contact cuts them below _CUT of what they were to be
_CUT = 0.3
_HARDENED = 100.0  # times: while seams close, they press on the barrier far harder than the garment's weight will
_COARSE_RESIDUAL = 0.05
_MOST_STEPS = 1000
_SLIP = 2e-4  # metres that friction gives before the cloth slides
_RENEWED = 5  # steps after which friction's loads are renewed while the cloth still moves
_STILL = 2.0  # relative residual below which they are left alone: a drape wanders while they change
_SKIN = 0.001  # metres from the skin at which a cloth without thickness begins to feel it
_PRESSURE = 100.0  # Pa at about half the barrier's range: what a light garment weighs on a shoulder
_JAMMED, _STEPS_OF_JAM = 0.01, 12  # of a step, to which so many in a row are cut where cloth is jammed
_MOST_JAMS = 4
_LOWEST = -0.05  # metres below the soles: farther down only what has slid off the body hangs
_BYTES_A_VERTEX = 8_000.0  # for each doubling of the vertices; a circle dress of 10k took 7,500
_COARSE = 1.5  # bending lengths between particles, above which folds are lost
_FASTEST = 60.0  # m/s: a hurricane
_NOISE = 1e-6  # metres: a perfectly flat sheet would not know to which side to buckle


def available() -> bool:
    """Whether this Python has what the engine needs."""
    return all(importlib.util.find_spec(name) for name in ("warp", "cvxopt", "scipy"))


def _need() -> None:
    if not available():
        raise EnginePartMissing(
            "Toile's own drape engine needs warp-lang, cvxopt and scipy: "
            "install the engine in Preferences ▸ Add-ons ▸ Toile."
        )


def memory_needed(vertices: float) -> float:
    """Bytes that draping so many vertices takes at its height."""
    return _BYTES_A_VERTEX * vertices * math.log2(max(vertices, 2))


def refuse_too_many(vertices: float) -> None:
    """Raises DrapeRefused where draping so many vertices needs more memory than is free."""
    need, have = memory_needed(vertices), _free_memory()
    if need > have:
        raise DrapeRefused(
            f"{vertices:,.0f} vertices need about {need / 1e9:.0f} GB of memory and {have / 1e9:.0f} GB are free: "
            "give a larger particle distance."
        )


def _refuse_unfit(x: Points, faces: Ints, uv_corners: Points, vertices: int) -> None:
    """Named refusals of what no solver can take."""
    if not np.isfinite(x).all() or not np.isfinite(uv_corners).all():
        raise DrapeRefused("The cloth has vertices without a finite position: draft and mesh the pattern again.")
    if not len(faces):
        raise DrapeRefused("The cloth has no triangles: give a pattern with pieces.")
    flat = smallest_angles(uv_corners.reshape(-1, 2), np.arange(3 * len(faces)).reshape(-1, 3)) < 1e-4
    if flat.any():
        raise DrapeRefused(f"{int(flat.sum())} triangles of the flat pattern have no area: mesh the pattern again.")
    refuse_too_many(vertices)


def _free_memory() -> float:
    try:
        with open("/proc/meminfo", encoding="ascii") as file:
            return next(1024.0 * float(line.split()[1]) for line in file if line.startswith("MemAvailable"))
    except (OSError, StopIteration):
        pages = getattr(os, "sysconf", lambda _name: -1)("SC_PHYS_PAGES")  # macOS has it, Windows has not
        return float(pages) * 4096 if pages > 0 else math.inf


class _Jam(Exception):
    """Steps are cut to nothing: somewhere cloth is folded so that it cannot get out of its own way."""


@dataclass
class _Making:
    """A garment under way: its energy, its contact, where it is and what every step has to tell."""

    garment: Garment
    contact: Contact
    area: Points
    x: Points
    watch: Watch
    unjammed: Callable[[Points], Points]
    steps: int = 0
    active: Active | None = None

    def tell(self, fraction: float, text: str) -> None:
        self.watch.step(fraction, text, self.x)
        if self.x[:, 2].min() < _LOWEST:
            raise DrapeRefused("The garment slid off the body: choose a smaller size, or pin its waist.")


def _fabrics(cloth: Cloth, fabrics: Mapping[str, Mechanics]) -> tuple[list[Mechanics], Ints]:
    """The cloths in use, and (m,) which of them each triangle is cut from."""
    cloths, of_panel = cut_and_fused(fabrics, cloth.made_of)
    number = np.array([list(cloths).index(name) for name in of_panel], np.int32)
    return list(cloths.values()), number[cloth.panel[cloth.faces[:, 0]]]


def _too_coarse(cloth: Cloth, used: Sequence[Mechanics], fabric: Ints) -> tuple[str, ...]:
    """Sentences on cloth whose folds are no wider than its triangles, each of which is cut from used[fabric] (m,)."""
    corners = cloth.uv[cloth.faces]
    side = np.linalg.norm(corners - np.roll(corners, 1, axis=1), axis=2).mean(axis=1)
    notes: list[str] = []
    for number, one in enumerate(used):
        bends, apart = min(one.bending_length), float(side[fabric == number].mean())
        if apart > _COARSE * bends:
            notes.append(
                f"{one.label} bends within {1e3 * bends:.0f} mm, and its particles lie {1e3 * apart:.0f} mm apart: "
                f"its folds are wider than the cloth's own. A particle distance of {1e3 * bends:.0f} mm shows them."
            )
    return tuple(notes)


class ToileEngine:
    """The engine for the drape that one can trust; needs the engine environment."""

    name = "toile"

    def __init__(self, most_steps: int = _MOST_STEPS, iterative: bool = False) -> None:
        """With `iterative`, the CPU too solves its linear systems in the way of a CUDA device."""
        self.most_steps, self.iterative = most_steps, iterative

    # ---- A garment ----

    def drape(
        self, cloth: Cloth, body: Body, fabrics: Mapping[str, Mechanics], watch: Watch, wishes: Wishes | None = None
    ) -> Drape:
        """See sim.drape.DrapeEngine. A start in `wishes` (w, 3) is taken as sewn already."""
        _need()
        from ..implicit.device import ready

        began, began_cpu = time.perf_counter(), time.process_time()
        asked = wishes or Wishes()
        _refuse_unfit(cloth.vertices, cloth.faces, cloth.uv[cloth.faces], cloth.welded_count)
        if not np.linalg.norm(asked.wind) <= _FASTEST:
            raise DrapeRefused(f"Cloth does not come to rest in this wind: give it at most {_FASTEST:g} m/s.")
        device = ready(asked.device)
        surface = MeshDistance(body.vertices, body.faces)
        if not surface.closed:
            raise DrapeRefused("The body, or what stands beside it, has holes, and so no inside: close its mesh.")

        def begun(cloth: Cloth, start: Points | None) -> _Making:
            return self._making(cloth, body, surface, fabrics, watch, asked, device, start)

        making, steps = None, 0
        if asked.start is not None:
            making = begun(cloth, asked.start)
        elif asked.coarse is not None:
            making, steps = self._from_rough(cloth, asked.coarse, begun)
        done = 0.4 if steps else 0.0
        if making is None:
            making = begun(cloth, None)
            self._sew(making, cloth, done, done + 0.3)
            done += 0.3
        state, slope = self._settle(making, asked.residual, done, 0.97)
        watch.step(0.98, "Measuring the fit")
        garment = making.garment
        report = drape_report(
            cloth,
            making.x,
            body,
            fabrics["self"],
            engine=self.name,
            sewn=making.x[cloth.weld],
            velocities=np.zeros_like(cloth.vertices),
            collision_thickness=0.0,
            seconds=time.perf_counter() - began,
            cpu_seconds=time.process_time() - began_cpu,
            peak_rss=peak_rss(),
            settled=state.residual <= asked.residual,
            frames=steps + making.steps,
            residual=slope.residual,
            energies=garment.energies(making.x),
            notes=_too_coarse(cloth, *_fabrics(cloth, fabrics)),
        )
        watch.step(1.0, "Draped")
        threads = strain(cloth.uv[cloth.faces], making.x, cloth.welded_faces)
        pressure = making.contact.pressure(making.active, making.area) if making.active is not None else None
        return Drape(cloth, making.x, cloth.welded_faces, threads, report, pressure)

    def _from_rough(
        self, cloth: Cloth, coarse: Cloth, begun: Callable[[Cloth, Points | None], _Making]
    ) -> tuple[_Making | None, int]:
        """A cloth where the coarse one hangs once it is sewn, and after how many steps that does.

        None where that helps nothing: the coarse one's panels cannot be parted, or the cloth where that one hangs.
        """
        try:
            rough = begun(coarse, None)
        except DrapeRefused:
            return None, 0
        self._sew(rough, coarse, 0.0, 0.2)
        self._settle(rough, _COARSE_RESIDUAL, 0.2, 0.4)
        start = carried(cloth, Hung.of(coarse, rough.x))
        try:
            return (None if start is None else begun(cloth, start)), rough.steps
        except DrapeRefused:
            return None, rough.steps

    def _making(
        self,
        cloth: Cloth,
        body: Body,
        surface: MeshDistance,
        fabrics: Mapping[str, Mechanics],
        watch: Watch,
        wishes: Wishes,
        device: str,
        start: Points | None,
    ) -> _Making:
        from ..implicit.contact import Contact
        from ..implicit.elastic import Threads
        from ..implicit.membrane import elements
        from ..implicit.newton import Garment, SewnOn
        from ..implicit.schwarz import Schwarz
        from ..implicit.start import untangled

        watch.step(0.0, "Parting the panels")
        faces, uv_corners, w = cloth.welded_faces.astype(np.int32), cloth.uv[cloth.faces], cloth.welded_count
        x = untangled(cloth.welded(cloth.vertices) if start is None else start.copy(), cloth, surface, watch)
        used, fabric = _fabrics(cloth, fabrics)
        rest = elements(uv_corners)
        area = vertex_masses(uv_corners, faces, w, 1.0)

        def of_vertices(values: Sequence[float]) -> Points:
            share = np.repeat(rest.area / 3 * np.array(values)[fabric], 3)
            return np.bincount(faces.ravel(), share, w) / np.maximum(area, 1e-12)

        thickness = max(f.thickness for f in used)
        felt = _SKIN + thickness / 2
        contact = Contact(
            faces,
            w,
            (body.faces + w).astype(np.int32),
            _PRESSURE * area / felt,
            min(max(thickness, 3e-4), 1.5e-3),
            felt,
            of_vertices([f.friction for f in used]),
            of_vertices([f.friction_skin for f in used]),
            device,
        )
        held = np.zeros(w, bool)
        held[wishes.pinned if cloth is not wishes.coarse else []] = True
        threads = Threads(cloth.weld[cloth.elastic], cloth.elastic_rest, cloth.elastic_stiffness)
        on = SewnOn(threads, cloth.creased, cloth.turned, cloth.welded_mass)
        garment = Garment(
            faces, uv_corners, rest, fabric, used, w, wishes.gravity, held, device, contact, body.vertices, on
        )
        garment.wind = np.asarray(wishes.wind, np.float64)
        if self.iterative:
            garment.linear = Schwarz(garment.free, device)

        def unjammed(x: Points) -> Points:
            """Positions (w, 3) in which the cloth about what touches first is smoothed; x where that crosses."""
            pressed = np.flatnonzero(np.isin(faces, contact.first).any(axis=1))
            try:
                return untangled(smoothed(x, faces, pressed), cloth, surface, watch)
            except DrapeRefused:
                return x

        return _Making(garment, contact, area, x, watch, unjammed)

    def _sew(self, making: _Making, cloth: Cloth, first: float, last: float) -> None:
        """Lead the rest shape from the welded start to the flat pattern."""
        from ..implicit.membrane import elements, gradients, resting_between

        rest = elements(cloth.uv[cloth.faces])
        start = gradients(rest, making.x[cloth.welded_faces])
        threads = making.garment.threads
        slack = threads.lengths(making.x)
        making.contact.harden(_HARDENED)
        for stage in range(1, SEWING + 1):
            making.garment.membrane.rest = resting_between(rest, start, stage / SEWING)
            making.garment.threads = threads.resting_between(slack, stage / SEWING)
            for step in range(1, _MOST_STEPS_A_STAGE + 1):
                slope = making.garment.derivatives(making.x)
                making.x, state = making.garment.step(making.x, slope)
                making.steps += 1
                if step >= _STEPS_A_STAGE and state.share > _CUT:
                    break
            making.tell(first + (last - first) * stage / SEWING, f"Sewing, {stage} of {SEWING}")
        making.contact.harden(1.0)

    def _settle(self, making: _Making, residual: float, first: float, last: float) -> tuple[State, Slope]:
        """Newton's steps until the forces balance, friction's loads being renewed while the cloth still moves."""
        from ..implicit.newton import relax

        garment, contact = making.garment, making.contact
        if making.active is None:
            making.active = garment.derivatives(making.x).active
        assert making.active is not None
        contact.anchor(garment.upload(making.x), making.active, _SLIP)
        highest, before, cut, jams = 1e3, making.steps, 0, 0

        def stepped(x: Points, state: State, active: Active | None) -> None:
            nonlocal cut
            making.x, making.active = x, active
            making.steps += 1
            if active is not None and state.residual > _STILL and state.steps % _RENEWED == 0:
                contact.anchor(garment.upload(x), active, _SLIP)
            done = math.log(highest / min(max(state.residual, residual), highest)) / math.log(highest / residual)
            done = max(done, (making.steps - before) / self.most_steps)
            making.tell(first + (last - first) * done, f"Draping, net force {100 * state.residual:.2g} % of the weight")
            cut = cut + 1 if state.share < _JAMMED else 0
            if cut == _STEPS_OF_JAM and jams < _MOST_JAMS:
                raise _Jam

        while True:
            try:
                left = self.most_steps - (making.steps - before)
                making.x, state, slope = relax(garment, making.x, residual, left, stepped)
                making.active = slope.active
                return state, slope
            except _Jam:
                making.x, cut, jams = making.unjammed(making.x), 0, jams + 1

    # ---- A sheet in the laboratory ----

    def _sheet(self, sheet: Sheet, fabric: Mechanics) -> tuple[Garment, Points]:
        _need()
        from ..implicit.contact import Contact
        from ..implicit.device import ready
        from ..implicit.membrane import elements
        from ..implicit.newton import Garment

        n, faces = len(sheet.vertices), sheet.faces.astype(np.int32)
        corners = sheet.uv[faces]
        _refuse_unfit(sheet.vertices, faces, corners, n)
        device = ready("cpu")
        rest = elements(corners)
        held = np.zeros(n, bool)
        held[sheet.held] = True
        contact, obstacle = None, None
        if sheet.obstacle is not None:
            obstacle, obstacle_faces = sheet.obstacle
            area = vertex_masses(corners, faces, n, 1.0)
            felt = _SKIN + fabric.thickness / 2
            same = (np.full(n, fabric.friction), np.full(n, fabric.friction_skin))
            moved = (obstacle_faces + n).astype(np.int32)
            contact = Contact(faces, n, moved, _PRESSURE * area / felt, fabric.thickness, felt, *same, device)
        which = np.zeros(len(faces), np.int32)
        garment = Garment(faces, corners, rest, which, [fabric], n, sheet.gravity, held, device, contact, obstacle)
        noise = np.random.default_rng(0).uniform(-_NOISE, _NOISE, (n, 3))
        return garment, np.where(held[:, None], sheet.vertices, sheet.vertices + noise)

    def settle(self, sheet: Sheet, fabric: Mechanics, residual: float = 1e-4) -> Settled:
        """See sim.sheet.SheetEngine."""
        from ..implicit.newton import relax

        began = time.process_time()
        garment, x = self._sheet(sheet, fabric)
        steps = 0
        if sheet.held_at is not None:
            way = sheet.held_at - sheet.vertices[sheet.held]
            stages = max(1, math.ceil(float(np.linalg.norm(way, axis=1).max(initial=0.0)) / 0.005))
            for stage in range(1, stages + 1):
                x[sheet.held] = sheet.vertices[sheet.held] + way * stage / stages
                if stage < stages:
                    x, state, _ = relax(garment, x, 0.05, 20)
                    steps += state.steps
        x, state, slope = relax(garment, x, residual, self.most_steps)
        return Settled(x, slope.gradient[sheet.held], state.residual, steps + state.steps, time.process_time() - began)

    def fall(self, sheet: Sheet, fabric: Mechanics, seconds: float, frames: int) -> Points:
        """See sim.sheet.SheetEngine; by the implicit trapezoidal rule, which is exact for free fall."""
        from ..implicit.dynamics import trajectory

        garment, _ = self._sheet(sheet, fabric)
        return trajectory(garment, sheet.vertices, seconds / frames, frames)
