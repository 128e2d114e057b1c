# SPDX-License-Identifier: GPL-3.0-or-later
"""Newton's SolverStyle3D as an engine: implicit steps of projective dynamics in time, on a CPU or a CUDA device.

Panels are welded along their seams and keep the flat pattern as their rest shape. What this solver can know of a fabric
is one slope each for warp, weft and shear, and a bending rigidity; the body is felt by vertices, with friction; cloth
slides on cloth. Equilibrium is found by letting time pass until the cloth stands still: the engine can say how fast it
still moves, not how near its forces are to balance. Single precision: positions are kept about the garment's own
middle, for a slow cloth's step would else be lost in rounding.

Its hinge (Bergou et al., "A quadratic bending model for inextensible surfaces", SGP 2006) makes a strip of cloth
2 to 9 times as stiff as it is told, as the net happens to lie. What must be told for the fabric's own bending rigidity
is found by bending each flat pattern; for the irregular nets of pattern pieces it comes to between a half and a third.
"""

from __future__ import annotations

import importlib
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...bodies import Body
from ..cloth import Cloth
from ..drape import Drape, DrapeRefused, Watch, Wishes, unfelt
from ..fabric import Mechanics
from ..fusing import cut_and_fused
from ..report import drape_report, peak_rss, rest_areas, strain
from ..sheet import Settled, Sheet
from . import EnginePartMissing

Points = NDArray[np.float64]
Ints = NDArray[np.int32]

_SKIN = 0.003  # metres kept between the cloth's vertices and the body: its faces sag between them
_CLOTH = 0.0015  # metres kept on each side of the cloth
_PRESS = 1000.0  # N/m with which a vertex is pushed off the skin; a close T-shirt then sinks in by 0.1 mm
_GIVE = 0.002  # strain that cloth of any stiffness may show under its own weight: the solver crawls in what is stiffer
_KEPT_BY_STEP = 0.998  # of its velocity that the solver leaves the cloth in every step
_STICTION = 1e-3  # m/s below which friction only slows
_ROOM = 4.0  # metres from the start's middle; no garment goes there by itself
_LEAST_AREA = 1e-12  # m², below which single precision sees no triangle
_HINGE = 3.0  # times as stiff as it is told is a strip of an irregular net
_STANDARD_GRAVITY = 9.80665
_WEIGHTLESS = (0.0, 0.0, 0.0)


@dataclass(frozen=True)
class Timing:
    """How time passes: frames of each phase, and when the cloth counts as at rest."""

    frame: float = 1 / 60  # seconds
    pairs: int = 5  # of steps in a frame
    iterations: int = 10  # of the solver, a step
    linear_iterations: int = 10  # of its conjugate gradients, an iteration
    weightless: int = 30  # the seams, welded from the start, draw the panels together
    growing: int = 10  # weight grows
    least: int = 30
    most: int = 240
    rest_speed: float = 0.003  # m/s, root mean square
    sheet_moving: int = 30  # held vertices go where they are wanted
    sheet_most: int = 1200
    sheet_rest_speed: float = 2e-4
    kept_sewing: float = 0.7  # of its velocity that the cloth keeps from frame to frame
    kept: float = 0.9


@dataclass(frozen=True)
class _Scene:
    """What is simulated: positions (n, 3), faces (m, 3), uv_corners (m, 3, 2) at rest, a fabric for each face."""

    positions: Points
    faces: Ints
    uv_corners: Points
    fabrics: Sequence[Mechanics]
    fabric_of_face: NDArray[np.intp]
    held: Ints
    obstacle: tuple[Points, Ints] | None
    friction: float
    touches_itself: bool
    device: str
    mass: Points  # (n,) kg of what is sewn on
    creased: NDArray[np.bool_]  # (m, 3), see Cloth.creased

    def of_face(self, name: str) -> Points:
        """(m,) one of the fabrics' numbers, by its name."""
        return np.array([getattr(fabric, name) for fabric in self.fabrics], np.float64)[self.fabric_of_face]


def _libraries(device: str) -> tuple[Any, Any, str]:
    """(warp, newton, the device's name). Raises EnginePartMissing; DrapeRefused for a device that is not there."""
    try:
        newton: Any = importlib.import_module("newton")
        warp: Any = importlib.import_module("warp")
    except ImportError as error:
        raise EnginePartMissing(
            "The Style3D engine is not installed: install it in Preferences ▸ Add-ons ▸ Toile, or add newton to this "
            "Python; or drape with another engine."
        ) from error
    from ..implicit.device import ready  # needs warp

    warp.ScopedTimer.enabled = False  # the solver would print its own times among a worker's answers
    return warp, newton, ready(device)


def _stiffest(scene: _Scene) -> Points:
    """(m,) N/m at which cloth as long as all of it hangs stretches by _GIVE under its own weight."""
    return scene.of_face("density") * _STANDARD_GRAVITY * np.ptp(scene.positions, axis=0).max() / _GIVE


def _hinges(scene: _Scene) -> tuple[NDArray[np.int64], Points]:
    """(e,) every edge as low · n + high, ascending, and (e,) N·m that its hinge is told.

    A hinge bends across its edge, in a direction whose cosines with warp and weft are c and s: it is told a c² + b s²;
    and nothing where cloth is folded, or laid on other cloth, without a second triangle that it goes on in.
    """
    n = len(scene.positions)
    ends = np.stack([scene.faces, np.roll(scene.faces, -1, axis=1)], axis=2).reshape(-1, 2).astype(np.int64)
    keys, edge = np.unique(ends.min(axis=1) * n + ends.max(axis=1), return_inverse=True)
    told = np.zeros((len(scene.faces), 2))
    for number, fabric in enumerate(scene.fabrics):
        mine = scene.fabric_of_face == number
        if mine.any():
            told[mine] = _told(scene.uv_corners[mine], fabric)
    along = (np.roll(scene.uv_corners, -1, axis=1) - scene.uv_corners).reshape(-1, 2)
    stiff = (np.repeat(told, 3, axis=0) * along**2).sum(axis=1) / (along**2).sum(axis=1)
    # An edge's half in a triangle begins at one corner and lies opposite to the last but one.
    going_on = np.bincount(edge, ~np.roll(scene.creased, -2, axis=1).ravel(), len(keys)) >= 2
    return keys, going_on * np.bincount(edge, stiff, len(keys)) / np.bincount(edge, minlength=len(keys))


def _told(corners: Points, fabric: Mechanics) -> Points:
    """(2,) N·m, the a and b of `_hinges`, with which a flat net (m, 3, 2) is as stiff as the fabric.

    In a net with edges in all directions B along warp and weft is a mean of a and b with weights 5 : 1 and 1 : 5; what
    this net makes of that is one factor, the geometric mean of both directions'.
    """
    wanted = np.array([fabric.bend_warp, fabric.bend_weft])
    split = np.maximum(5 * wanted - wanted[::-1], wanted) / 4
    makes = _rigidity(corners, split) / wanted
    makes[makes < 1.0] = _HINGE  # a band of one row of triangles cannot resist a bend across it
    return split / math.sqrt(float(makes.prod()))


def _rigidity(corners: Points, told: Points) -> Points:
    """(2,) N·m: how a flat net (m, 3, 2), its hinges told a and b, resists a moment of 1 N along warp and along weft.

    The moment acts on the net's border and its vertices give as they like, across as well: this is the plate of the
    hinges' quadratic energy, and A²/(F f·z) of the heights z that balance the load f, where F is the net's area and A
    the load's work in a curvature of 1/m.
    """
    sparse: Any = importlib.import_module("scipy.sparse")
    linalg: Any = importlib.import_module("scipy.sparse.linalg")
    points, index = np.unique(corners.reshape(-1, 2), axis=0, return_inverse=True)
    start, end, apex = (np.roll(index.reshape(-1, 3), -k, axis=1).ravel() for k in range(3))
    n, half = len(points), np.arange(len(start))
    keys, edge, sides = np.unique(
        np.minimum(start, end) * n + np.maximum(start, end), return_inverse=True, return_counts=True
    )
    if not (sides == 2).any():
        return np.zeros(2)
    along, to_apex = points[end] - points[start], points[apex] - points[start]
    length = np.linalg.norm(along, axis=1)
    t = along / length[:, None]
    inward = np.stack([-t[:, 1], t[:, 0]], axis=1)
    inward *= np.sign((to_apex * inward).sum(axis=1))[:, None]
    share, height = (to_apex * t).sum(axis=1) / length, (to_apex * inward).sum(axis=1)
    rise = sparse.csr_matrix(
        (
            np.concatenate([1 / height, (share - 1) / height, -share / height]),
            (np.tile(half, 3), np.concatenate([apex, start, end])),
        ),
        shape=(len(half), n),
    )  # from its edge inwards, of each triangle
    run = sparse.csr_matrix(
        (np.concatenate([1 / length, -1 / length]), (np.tile(half, 2), np.concatenate([end, start]))),
        shape=(len(half), n),
    )  # along its edge
    meet = sparse.csr_matrix((np.ones(len(half)), (edge, half)), shape=(len(keys), len(half)))
    first = np.zeros(len(keys), np.intp)
    first[edge] = half
    stiff = told[0] * inward[first, 1] ** 2 + told[1] * inward[first, 0] ** 2
    weight = np.where(sides == 2, 3 * stiff * length[first] ** 2 / np.bincount(edge, length * height / 2), 0.0)
    fold = meet @ rise
    plate = fold.T @ sparse.diags(weight) @ fold
    plate = plate + 1e-9 * plate.diagonal().mean() * sparse.identity(n)  # nothing else keeps a panel where it lies
    loads: list[Points] = []
    for axis in (1, 0):
        moment = np.where(sides[edge] == 1, -length * inward[:, axis], 0.0)
        loads.append(run.T @ (moment * t[:, axis]) + rise.T @ (moment * inward[:, axis]))
    factor: Any = linalg.splu(
        plate.tocsc(), permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options={"SymmetricMode": True}
    )
    heights: Points = factor.solve(np.stack(loads, axis=1))
    area = float((length * height).sum()) / 6
    return np.array(
        [
            float(load @ points[:, axis] ** 2 / 2) ** 2 / max(area * float(load @ z), 1e-300)
            for load, z, axis in zip(loads, heights.T, (1, 0), strict=True)
        ]
    )


def _refuse_unfit(scene: _Scene) -> None:
    """Named refusals of what the solver would quietly leave out or make nonsense of."""
    if not len(scene.faces):
        raise DrapeRefused("The cloth has no triangles: give a pattern with pieces.")
    if not (np.isfinite(scene.positions).all() and np.isfinite(scene.uv_corners).all()):
        raise DrapeRefused("The cloth has vertices without a finite position: draft and mesh the pattern again.")
    flat = int((rest_areas(scene.uv_corners) < _LEAST_AREA).sum())
    if flat:
        raise DrapeRefused(f"{flat} triangles of the flat pattern have no area: mesh the pattern again.")


class _Simulation:
    """Cloth in motion on a device."""

    def __init__(self, scene: _Scene, timing: Timing) -> None:
        _refuse_unfit(scene)
        self._warp, newton, self.device = _libraries(scene.device)
        wp: Any = self._warp
        self._scene, self._timing = scene, timing
        self._middle = (scene.positions.min(axis=0) + scene.positions.max(axis=0)) / 2
        solver: Any = newton.solvers.SolverStyle3D
        builder = newton.ModelBuilder(up_axis=newton.Axis.Z)
        solver.register_custom_attributes(builder)
        if scene.obstacle is not None:
            vertices, faces = scene.obstacle
            skin = newton.Mesh(
                (vertices - self._middle).astype(np.float32), faces.astype(np.int32).ravel(), compute_inertia=False
            )
            builder.add_shape_mesh(body=-1, mesh=skin, cfg=newton.ModelBuilder.ShapeConfig(mu=scene.friction))
        # Every face has corners of its own in the flat pattern, turned over where the pattern lies face down.
        corners = scene.uv_corners.copy()
        (u1, v1), (u2, v2) = (corners[:, 1] - corners[:, 0]).T, (corners[:, 2] - corners[:, 0]).T
        corners[u1 * v2 - u2 * v1 < 0.0, :, 0] *= -1.0
        stiffness = np.stack([scene.of_face(name) for name in ("stretch_weft", "stretch_warp", "shear")], axis=1)
        stiffness = np.minimum(stiffness, _stiffest(scene)[:, None])
        newton.solvers.style3d.add_cloth_mesh(
            builder,
            pos=_WEIGHTLESS,
            rot=wp.quat_identity(),
            vel=_WEIGHTLESS,
            vertices=scene.positions - self._middle,
            indices=scene.faces.ravel(),
            density=1.0,
            panel_verts=corners.reshape(-1, 2),
            panel_indices=np.arange(scene.faces.size),
            tri_aniso_ke=[wp.vec3(*row) for row in stiffness],
            edge_aniso_ke=None,
            particle_radius=_SKIN,
        )
        self._model: Any = builder.finalize(device=self.device)
        self._weigh(scene)
        self._stiffen(scene)
        self._model.soft_contact_ke, self._model.soft_contact_kd = _PRESS, 1e-4
        self._model.soft_contact_mu = scene.friction  # the solver takes the geometric mean of the two surfaces
        self._pipeline = newton.CollisionPipeline(self._model)
        self._contacts: Any = self._pipeline.contacts()
        config = solver.Config(iterations=timing.iterations, linear_iterations=timing.linear_iterations)
        self._solver: Any = solver(self._model, config=config)
        self._solver.collision.radius = _CLOTH
        self._solver.collision.friction_epsilon = _STICTION
        if not scene.touches_itself:
            self._solver.collision.stiff_vf = self._solver.collision.stiff_ee = self._solver.collision.stiff_ef = 0.0
        self._now: Any = self._model.state()
        self._next: Any = self._model.state()
        self._graph: Any = None
        self.velocities = np.zeros_like(scene.positions)  # m/s over the last frame, in which contact may have trembled

    def _weigh(self, scene: _Scene) -> None:
        """Masses by each face's own fabric; the solver moves nothing that has none, so what is held has none."""
        thirds = np.repeat(rest_areas(scene.uv_corners) * scene.of_face("density") / 3.0, 3)
        masses = scene.mass + np.bincount(scene.faces.ravel(), thirds, minlength=len(scene.positions))
        masses[scene.held] = 0.0
        self._model.particle_mass.assign(masses.astype(np.float32))
        inverse = np.divide(1.0, masses, out=np.zeros_like(masses), where=masses > 0.0)
        self._model.particle_inv_mass.assign(inverse.astype(np.float32))

    def _stiffen(self, scene: _Scene) -> None:
        """Each hinge's own bending, in place of one number for all."""
        keys, told = _hinges(scene)
        edges = self._model.edge_indices.numpy()[:, 2:].astype(np.int64)
        found = np.searchsorted(keys, edges.min(axis=1) * len(scene.positions) + edges.max(axis=1))
        properties = self._model.edge_bending_properties.numpy()
        properties[:, 0] = told[found]
        self._model.edge_bending_properties.assign(properties)

    @property
    def positions(self) -> Points:
        return self._now.particle_q.numpy().astype(np.float64) + self._middle

    @property
    def speed(self) -> float:
        """m/s over the last frame, root mean square."""
        return float(np.sqrt((self.velocities**2).sum(axis=1).mean()))

    def weigh_down(self, gravity: Sequence[float]) -> None:
        self._model.set_gravity(tuple(map(float, gravity)))

    def slow(self, kept: float) -> None:
        self._now.particle_qd.assign(self._now.particle_qd.numpy() * np.float32(kept))

    def move_held(self, to: Points) -> None:
        """Put the held vertices (k, 3) somewhere else."""
        places = self._now.particle_q.numpy()
        places[self._scene.held] = to - self._middle
        self._now.particle_q.assign(places)

    def frame(self, pulse: Callable[[], None]) -> None:
        """Let one frame pass; `pulse` is called many times a second. Raises DrapeRefused when the cloth flies off."""
        before = self.positions
        self._solver.rebuild_bvh(self._now)
        for _ in range(self._timing.pairs):
            if self._graph is None:
                self._two_steps()
                self._record()
            else:
                self._warp.capture_launch(self._graph)
            pulse()
        after = self.positions
        self.velocities = (after - before) / self._timing.frame
        if not np.abs(after - self._middle).max() < _ROOM:  # not a number is no less
            raise DrapeRefused("The cloth flew off: give a finer particle distance or another fabric.")

    def _record(self) -> None:
        """What two steps launch, thousands of small kernels, becomes one launch."""
        with self._warp.ScopedCapture(device=self.device) as capture:
            self._two_steps()
        self._graph = capture.graph

    def _two_steps(self) -> None:
        """There and back again between the two states, so that the newer is always the same one."""
        step = self._timing.frame / self._timing.pairs / 2
        for now, then in ((self._now, self._next), (self._next, self._now)):
            now.clear_forces()
            self._pipeline.collide(now, self._contacts)
            self._solver.step(now, then, None, self._contacts, step)


def _garment_scene(cloth: Cloth, body: Body, fabrics: Mapping[str, Mechanics], wishes: Wishes) -> _Scene:
    """Raises DrapeRefused where wishes or fabrics do not fit the cloth."""
    if "self" not in fabrics:
        raise DrapeRefused('No fabric is named "self": give one for whatever the roles leave out.')
    start = cloth.welded(cloth.vertices) if wishes.start is None else wishes.start
    if start.shape != (cloth.welded_count, 3) or not np.isfinite(start).all():
        raise DrapeRefused("The drape to go on from is not this garment's: drape from the placed panels.")
    if len(wishes.pinned) and not 0 <= wishes.pinned.min() <= wishes.pinned.max() < cloth.welded_count:
        raise DrapeRefused("A pinned vertex is none of this garment's: pin it again.")
    if not np.isfinite(wishes.gravity).all():
        raise DrapeRefused("The gravity is no number: give metres per second squared along x, y and z.")
    cloths, names = cut_and_fused(fabrics, cloth.made_of)
    of_panel = np.array([list(cloths).index(name) for name in names])
    return _Scene(
        positions=np.asarray(start, np.float64),
        faces=cloth.welded_faces,
        uv_corners=cloth.uv[cloth.faces],
        fabrics=list(cloths.values()),
        fabric_of_face=of_panel[cloth.panel[cloth.faces[:, 0]]],
        held=wishes.pinned,
        obstacle=(body.vertices, body.faces),
        friction=fabrics["self"].friction_skin,
        touches_itself=True,
        device=wishes.device,
        mass=cloth.welded_mass,
        creased=cloth.creased,
    )


def _sheet_scene(sheet: Sheet, fabric: Mechanics) -> _Scene:
    return _Scene(
        positions=sheet.vertices,
        faces=sheet.faces,
        uv_corners=sheet.uv[sheet.faces],
        fabrics=[fabric],
        fabric_of_face=np.zeros(len(sheet.faces), np.intp),
        held=sheet.held,
        obstacle=sheet.obstacle,
        friction=fabric.friction_skin,
        touches_itself=False,
        device="",
        mass=np.zeros(len(sheet.vertices)),
        creased=np.zeros((len(sheet.faces), 3), bool),
    )


class Style3D:
    """Fast and robust; the fabric is a simple one, and rest is judged by speed."""

    name = "style3d"

    def __init__(self, timing: Timing | None = None) -> None:
        self.timing = timing or Timing()

    def drape(
        self, cloth: Cloth, body: Body, fabrics: Mapping[str, Mechanics], watch: Watch, wishes: Wishes | None = None
    ) -> Drape:
        """See sim.drape.DrapeEngine. Raises EnginePartMissing too."""
        began, began_cpu = time.perf_counter(), time.process_time()
        wished, t = wishes or Wishes(), self.timing
        watch.step(0.0, "Preparing")
        simulation = _Simulation(_garment_scene(cloth, body, fabrics, wished), t)
        warm = wished.start is not None
        sewing = 0 if warm else t.weightless + t.growing
        frames, settled = 0, False
        while frames < sewing + t.most and not settled:
            grown = 1.0 if warm else min(max((frames + 1 - t.weightless) / t.growing, 0.0), 1.0)
            simulation.weigh_down(np.multiply(wished.gravity, grown).tolist())
            frames += 1
            text = f"{'Sewing' if grown < 1.0 else 'Draping'}, frame {frames}"
            fraction = 0.95 * frames / (sewing + t.most)
            simulation.frame(lambda fraction=fraction, text=text: watch.step(fraction, text))
            watch.step(fraction, text, simulation.positions)
            settled = frames >= sewing + t.least and simulation.speed < t.rest_speed
            if not settled:
                simulation.slow(t.kept if grown == 1.0 else t.kept_sewing)
        watch.step(0.96, "Measuring the fit")
        positions = simulation.positions
        report = drape_report(
            cloth,
            positions,
            body,
            fabrics["self"],
            engine=self.name,
            sewn=positions[cloth.weld],
            velocities=simulation.velocities[cloth.weld],
            collision_thickness=_SKIN,
            seconds=time.perf_counter() - began,
            cpu_seconds=time.process_time() - began_cpu,
            peak_rss=peak_rss(),
            settled=settled,
            frames=frames,
            notes=unfelt(cloth, wished, "Style3D", "elastic", "wind"),
        )
        watch.progress(1.0, "Draped")
        threads = strain(cloth.uv[cloth.faces], positions, cloth.welded_faces)
        return Drape(cloth, positions, cloth.welded_faces, threads, report)

    def settle(self, sheet: Sheet, fabric: Mechanics, residual: float = 1e-4) -> Settled:
        """See sim.sheet.SheetEngine. Rest is judged by speed: neither a reaction nor a residual can be told."""
        began, t = time.process_time(), self.timing
        simulation = _Simulation(_sheet_scene(sheet, fabric), t)
        simulation.weigh_down(sheet.gravity)
        start = sheet.vertices[sheet.held]
        goal = start if sheet.held_at is None else sheet.held_at
        moving = 0 if sheet.held_at is None else t.sheet_moving
        frames = 0
        while frames < t.sheet_most:
            frames += 1
            if frames <= moving:
                simulation.move_held(start + (goal - start) * (frames / moving))
            simulation.frame(lambda: None)
            if frames > moving + t.least and simulation.speed < t.sheet_rest_speed:
                break
            simulation.slow(t.kept)
        return Settled(simulation.positions, None, None, frames, time.process_time() - began)

    def fall(self, sheet: Sheet, fabric: Mechanics, seconds: float, frames: int) -> Points:
        """See sim.sheet.SheetEngine; what the solver brakes is given back after every two steps."""
        pairs = self.timing.pairs
        timing = replace(self.timing, frame=seconds / frames / pairs, pairs=1)
        simulation = _Simulation(_sheet_scene(sheet, fabric), timing)
        simulation.weigh_down(sheet.gravity)
        path = [sheet.vertices]
        for _ in range(frames):
            for _ in range(pairs):
                simulation.frame(lambda: None)
                simulation.slow(_KEPT_BY_STEP**-2)
            path.append(simulation.positions)
        return np.stack(path)
