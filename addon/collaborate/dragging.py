# SPDX-License-Identifier: GPL-3.0-or-later
"""Cloth that moves in a review: this user's to the others, and another's on the garment here, until it has settled."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future

import numpy as np
from numpy.typing import NDArray

from ...collab_server import frames
from ...sim import Cloth
from .. import bridge, job_runner, moving_cloth
from .cloth import ClothRefused, pack, unpack
from .connection import Connection
from .events import AssetRefused

Positions = NDArray[np.float32]
_NAME = slice(4, 12)  # where a frame names its base


class Sender:
    """Follows the cloth of this Blender's drapes. base: the SHA-256 of the mesh that the frames stand on, or ""."""

    def __init__(self, connection: Connection) -> None:
        self.base = ""
        self._connection = connection
        self._cloth: Cloth | None = None
        self._rest: Positions | None = None
        self._brought: Future[str] | None = None
        self._sequence = 0
        moving_cloth.onlookers.append(self.seen)

    def seen(self, cloth: Cloth | None, positions: Positions | None) -> None:
        """A frame of a drape here; None once it is over. Frames wait until the others can fetch the mesh."""
        if cloth is None or positions is None:
            self.base, self._cloth, self._brought = "", None, None
            return
        if cloth is not self._cloth:
            self._cloth, self._rest = cloth, np.array(positions, np.float32) + np.float32(0)
            self._brought = self._connection.upload(pack(self._rest, cloth.welded_faces))
        if self._brought is not None and self._brought.done() and self._brought.exception() is None:
            assert self._rest is not None
            self.base = self._brought.result()
            self._sequence += 1
            self._connection.drag(frames.encode(np.asarray(positions, np.float32), self._rest, self._sequence))

    def close(self) -> None:
        """Follow no more."""
        moving_cloth.onlookers.remove(self.seen)


class Receiver:
    """Shows the others' moving cloth in the place of the shared garment. note: says what could not be shown."""

    def __init__(self, connection: Connection, note: Callable[[str], None]) -> None:
        self._connection, self._note = connection, note
        self._fetched: dict[str, Future[bytes]] = {}  # SHA-256 → the mesh, while someone's frames stand on it
        self._meshes: dict[bytes, tuple[Positions, NDArray[np.int32]]] = {}  # by the name that frames have for it
        self._names: dict[str, bytes] = {}
        self._shown: moving_cloth.MovingCloth | None = None

    def wanted(self, bases: set[str]) -> None:
        """These meshes (SHA-256) are in use: fetch what is new, and let go of the rest and of what was shown by it."""
        for digest in bases - self._fetched.keys():
            self._fetched[digest] = self._connection.download(digest)
        for digest in self._fetched.keys() - bases:
            del self._fetched[digest]
            self._meshes.pop(self._names.pop(digest, b""), None)
        for digest, fetched in self._fetched.items():
            if digest not in self._names and fetched.done():
                self._names[digest] = b""
                try:
                    rest, faces = unpack(fetched.result())
                    self._names[digest] = frames.base_of(rest)
                    self._meshes[self._names[digest]] = rest, faces
                except (AssetRefused, ClothRefused) as refused:
                    self._note(str(refused))
        if not self._meshes:
            self.close()

    def show(self, frame: bytes, toile_id: str) -> None:
        """Move the garment's stand-in to a frame; one whose mesh is not here yet is passed over: another follows."""
        mesh = self._meshes.get(frame[_NAME])
        if mesh is None or job_runner.busy():
            return
        try:
            moved = frames.decode(frame, mesh[0]).positions
        except frames.FrameRefused as refused:
            self._note(str(refused))
            return
        if self._shown is None or self._shown.toile_id != toile_id:
            self.close()
            self._shown = moving_cloth.MovingCloth(toile_id)
        self._shown.move(moved, lambda: bridge.mesh_of("Draping", moved, mesh[1]))

    def close(self) -> None:
        """Show the garment again as it is here."""
        shown, self._shown = self._shown, None
        if shown is not None:
            shown.close()
