# SPDX-License-Identifier: GPL-3.0-or-later
"""What the server counts, for Prometheus."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest


class Metrics:
    """The figures of one server; none names a room or a person."""

    def __init__(self) -> None:
        registry = self._registry = CollectorRegistry()
        self.peers = Gauge("toile_peers", "Connections", registry=registry)
        self.rooms = Gauge("toile_rooms", "Rooms in memory", registry=registry)
        self.unsaved = Gauge("toile_unsaved_bytes", "Edits not on the disk yet", registry=registry)
        self.received = Counter("toile_messages_received", "Messages from peers", registry=registry)
        self.delivered = Counter("toile_messages_delivered", "Messages to peers", registry=registry)
        self.frames_dropped = Counter("toile_frames_dropped", "Drag frames a slow peer did not get", registry=registry)
        self.refused = Counter("toile_refused", "Connections refused", ["why"], registry=registry)
        self.cut = Counter("toile_cut", "Peers cut", ["why"], registry=registry)
        self.commit = Histogram("toile_commit_seconds", "Time of a commit to the disk", registry=registry)
        self.not_saved = Counter("toile_commits_failed", "Commits that the disk did not take", registry=registry)

    def text(self) -> bytes:
        """In Prometheus' text format."""
        return generate_latest(self._registry)
