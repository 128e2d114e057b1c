# SPDX-License-Identifier: GPL-3.0-or-later
"""How much a peer, a room and the server may take: every quota in one place."""

from __future__ import annotations

from dataclasses import dataclass

KB, MB, GB = 1 << 10, 1 << 20, 1 << 30


@dataclass(frozen=True)
class Limits:
    """Quotas in bytes, seconds and pieces. A peer over one of them is refused or cut, by name."""

    message: int = MB  # one message, drag frames included
    messages_rate: float = 240.0  # a second and peer: a drag at 60 Hz with its edits and presence, four times over
    bytes_rate: float = 8.0 * MB  # a second and peer: 100,000 vertices at 30 Hz are 5 MB
    burst: float = 1.5  # seconds of a full rate that may come at once
    document: int = 32 * MB  # what a room's document has taken since it was last compacted
    unsaved: int = 64 * MB  # edits held in memory while the disk takes none
    presence: int = 4 * KB  # one client's awareness state
    presence_ids: int = 4  # awareness clients behind one peer
    comment: int = 4_000  # letters
    entries: int = 10_000  # comments, proposals, versions … of one room, together
    peers_room: int = 600
    peers: int = 2_000
    peers_address: int = 600
    joins_rate: float = 2.0  # a second and invitation, once `joins` have come at once
    joins: int = 1_000
    rooms: int = 500  # in memory at once
    buffer_cut: int = 4 * MB  # unread by a peer: it is cut
    buffer_frames: int = 256 * KB  # unread by a peer: drag frames wait, and only the newest does
    asset: int = 64 * MB
    assets_room: int = GB
    downloads: int = 64  # at once, over all peers
