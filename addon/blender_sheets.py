# SPDX-License-Identifier: GPL-3.0-or-later
"""Blender's cloth in the laboratory: a sheet settles, or falls, behind the translator or with Blender's defaults."""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from ..sim import DrapeRefused, Mechanics
from ..sim.laboratory.laws import STANDARD_GRAVITY
from ..sim.sheet import Settled, Sheet
from . import cloth_settings
from .cloth_scene import frames, group, keyframes, mesh_object, own_scene, rest_flat, shape_key

Points = NDArray[np.float64]
Ints = NDArray[np.int32]

_FRAME = 1 / 60  # s
_DRAG = 8.0  # 1/s: near what keeps a hand's breadth of cloth from swinging
_MOVING = 30  # frames in which held vertices reach their place
_LEAST, _MOST = 60, 600  # frames
_ROOM = 20.0  # m; no sheet goes there by itself
_FLAT = 5e-4  # relative change of an edge up to which a sheet starts as it was cut
_MOST_SUBSTEPS = 1000  # the field's slider ends at 80, the field does not
_CONTACT = 0.001  # m on each side


class BlenderSheets:
    """A SheetEngine. translated: with the fabric's SI values; else with Blender's defaults, whatever the fabric.

    keep: see `cloth_settings.translate`. Blender takes what rests from where the cloth starts, so a sheet that is held
    and does not start flat is laid flat nearest to its start, and its held vertices move from there.
    """

    def __init__(self, *, translated: bool = True, keep: str = "stretch") -> None:
        self.translated, self.keep = translated, keep
        self.name = "blender" if translated else "blender defaults"

    def settle(self, sheet: Sheet, fabric: Mechanics, residual: float = 1e-4) -> Settled:
        """See sim.sheet.SheetEngine. The residual is Newton's second law's, from the last three frames.

        The reaction is that of the springs, so it is told only without gravity, where nothing bends.
        """
        began, left, last = time.process_time(), np.inf, 0
        x = before = earlier = sheet.vertices
        weightless = not np.any(sheet.gravity)
        for frame, x in self._frames(sheet, fabric, _FRAME, _MOST, _DRAG):
            left, last = _residual(sheet, x, before, earlier, _DRAG if self.translated else 0.0), frame - 1
            if last >= _LEAST and left <= residual:
                break
            earlier, before = before, x
        reaction = self._reaction(sheet, fabric, x) if weightless and self.translated else None
        return Settled(x, reaction, None if weightless else left, last, time.process_time() - began)

    def fall(self, sheet: Sheet, fabric: Mechanics, seconds: float, frames: int) -> Points:
        """See sim.sheet.SheetEngine. Blender's defaults have their own time: √0.001 s a frame, and air."""
        return np.array([x for _, x in self._frames(sheet, fabric, seconds / frames, frames, 0.0)])

    def _settings(
        self, sheet: Sheet, fabric: Mechanics, frame: float, drag: float
    ) -> tuple[cloth_settings.ClothSettings, cloth_settings.Lattice]:
        mesh = cloth_settings.lattice(sheet.uv, sheet.faces, len(sheet.vertices))
        how = cloth_settings.translate(
            fabric, mesh, frame=frame, keep=self.keep, drag=drag, most_quality=_MOST_SUBSTEPS
        )
        return how, mesh

    def _frames(
        self, sheet: Sheet, fabric: Mechanics, frame: float, most: int, drag: float
    ) -> Iterator[tuple[int, Points]]:
        settings = self._settings(sheet, fabric, frame, drag)[0] if self.translated else None
        start, held_at = sheet.vertices, sheet.held_at
        flat = _stretched(sheet) <= _FLAT
        if not flat and len(sheet.held):
            start, held_at, flat = _laid_flat(sheet), start[sheet.held] if held_at is None else held_at, True
        with own_scene(sheet.gravity) as scene:
            made = mesh_object(scene, "Toile sheet", start, sheet.faces)
            modifier = made.modifiers.new("Cloth", "CLOTH")
            if settings is not None:
                cloth_settings.apply(modifier, settings)
            if not flat:
                rest_flat(made, modifier, sheet.uv)
            if len(sheet.held):
                modifier.settings.vertex_group_mass = group(made, "Held", sheet.held)
            if held_at is not None:
                there = start.copy()
                there[sheet.held] = held_at
                keyframes(shape_key(made, "Held", there), "value", [(1, 0.0), (_MOVING, 1.0)])
            modifier.collision_settings.use_collision = sheet.obstacle is not None
            if sheet.obstacle is not None:
                wall = mesh_object(scene, "Toile obstacle", *sheet.obstacle)
                wall.modifiers.new("Collision", "COLLISION")
                if settings is not None:
                    wall.collision.thickness_outer = _CONTACT
                    wall.collision.cloth_friction = settings.cloth_friction
            for number, x in frames(scene, made, most):
                if not np.isfinite(x).all() or np.abs(x).max() > _ROOM:
                    raise DrapeRefused(f"The sheet flew off at frame {number}: use a coarser mesh or another fabric.")
                yield number, x

    def _reaction(self, sheet: Sheet, fabric: Mechanics, x: Points) -> Points:
        """(k, 3) N that hold the held vertices against the springs."""
        how, mesh = self._settings(sheet, fabric, _FRAME, _DRAG)
        ends = np.unique(np.sort(_sides(sheet.faces), axis=1), axis=0)
        along, rest = (np.diff(p[ends], axis=1)[:, 0] for p in (x, sheet.uv))
        length = np.linalg.norm(along, axis=1)
        spring = cloth_settings.FORCE * how.tension_stiffness / mesh.edge
        pull = (spring * (1 - np.linalg.norm(rest, axis=1) / length))[:, None] * along
        force = np.zeros_like(x)
        np.add.at(force, ends[:, 0], -pull)
        np.add.at(force, ends[:, 1], pull)
        return force[sheet.held]


def _sides(faces: Ints) -> Ints:
    return np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])


def _stretched(sheet: Sheet) -> float:
    """The largest strain, of either sign, with which an edge starts."""
    now, rest = (
        np.linalg.norm(np.diff(p[_sides(sheet.faces)], axis=1)[:, 0], axis=1) for p in (sheet.vertices, sheet.uv)
    )
    return float(np.abs(now / rest - 1).max())


def _laid_flat(sheet: Sheet) -> Points:
    """(n, 3) the flat pattern, turned and moved to lie nearest to where the sheet starts (Kabsch 1976)."""
    flat = np.column_stack([sheet.uv, np.zeros(len(sheet.uv))])
    flat -= flat.mean(axis=0)
    middle = sheet.vertices.mean(axis=0)
    u, _, vt = np.linalg.svd(flat.T @ (sheet.vertices - middle))
    return flat @ (u * [1, 1, np.sign(np.linalg.det(u @ vt))]) @ vt + middle


def _residual(sheet: Sheet, x: Points, before: Points, earlier: Points, drag: float) -> float:
    """Net force over weight, by Newton's second law: |a + drag · v| / |g|, root mean squares over free vertices."""
    free = np.ones(len(x), bool)
    free[sheet.held] = False
    velocity = (x - before)[free] / _FRAME
    acceleration = (x - 2 * before + earlier)[free] / _FRAME**2
    g = float(np.linalg.norm(sheet.gravity)) or STANDARD_GRAVITY
    return float(np.sqrt(((acceleration + drag * velocity) ** 2).sum(axis=1).mean())) / g
