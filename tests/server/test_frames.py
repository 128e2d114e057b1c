# SPDX-License-Identifier: GPL-3.0-or-later
"""Drag frames come back within half a step, any of them alone; a broken one is refused before it takes memory."""

from __future__ import annotations

import contextlib
import struct
import tracemalloc

import numpy as np
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st
from toile.collab_server.frames import FrameRefused, base_of, decode, encode

seeds = st.integers(0, 2**32 - 1)


def cloth(seed: int, count: int, size: float = 1.4) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    base = (size * rng.random((count, 3))).astype(np.float32)
    return base, (base + rng.normal(0, 0.02 * size, base.shape)).astype(np.float32)


@given(seeds, st.integers(1, 300), st.floats(1e-3, 1e3))
def test_a_frame_comes_back_within_half_a_step(seed: int, count: int, size: float) -> None:
    base, moved = cloth(seed, count, size)
    frame = decode(encode(moved, base, 41), base)
    both = np.concatenate([base, moved])
    step = (both.max(axis=0) - both.min(axis=0)).max() / 65_535
    step = max(step, 1e-9)
    assert frame.sequence == 41
    assert frame.positions.dtype == np.float32
    assert np.abs(frame.positions - moved).max() <= 0.5 * step + 4e-7 * np.abs(both).max()


@given(seeds, st.permutations(range(5)), st.sets(st.integers(0, 4)))
def test_frames_stand_on_the_base_alone(seed: int, order: list[int], dropped: set[int]) -> None:
    base, moved = cloth(seed, 50)
    frames = [encode(moved + np.float32(0.01 * n), base, n) for n in range(5)]
    for n in order:
        if n not in dropped:
            assert np.abs(decode(frames[n], base).positions - moved - 0.01 * n).max() < 2e-5


def dress(count: int, time: float) -> np.ndarray:
    """A pleated skirt that swings: every vertex moves."""
    rows = int(np.sqrt(count / 2))
    u, v = np.meshgrid(np.linspace(0, 2 * np.pi, count // rows, endpoint=False), np.linspace(0, 1, rows))
    radius = 0.14 + 0.22 * v**1.3 + 0.02 * v * np.sin(9 * u + 3 * np.sin(4 * v + time))
    place = [radius * np.cos(u), radius * np.sin(u), 1.2 - 1.1 * v + 0.01 * np.sin(3 * u + time)]
    return np.stack(place, axis=-1).reshape(-1, 3).astype(np.float32)


def test_a_hundred_thousand_vertices_take_less_than_175_kb_and_11_micrometres() -> None:
    base, moved = dress(100_000, 0.0), dress(100_000, 0.05)
    data = encode(moved, base, 0)
    assert len(data) <= 175_000
    assert np.abs(decode(data, base).positions - moved).max() <= 11e-6


def test_what_is_no_cloth_is_not_encoded() -> None:
    base, moved = cloth(1, 10)
    for broken in (moved[:5], moved[:, :2], np.full_like(moved, np.nan), np.full_like(moved, np.inf)):
        with pytest.raises(FrameRefused):
            encode(broken, base, 0)
    with pytest.raises(FrameRefused):
        encode(moved[:0], base[:0], 0)


def test_another_base_is_refused() -> None:
    base, moved = cloth(1, 10)
    data = encode(moved, base, 0)
    for other in (base + np.float32(1e-6), base[:9]):
        with pytest.raises(FrameRefused, match="another base"):
            decode(data, other)


@given(st.integers(0, 400), st.integers(0, 255))
def test_an_altered_frame_is_refused_or_is_a_frame(at: int, byte: int) -> None:
    base, moved = cloth(1, 40)
    data = bytearray(encode(moved, base, 0))
    data[at % len(data)] = byte
    with contextlib.suppress(FrameRefused):
        assert decode(bytes(data), base).positions.shape == base.shape


@given(st.binary(max_size=300))
def test_noise_is_refused(data: bytes) -> None:
    with pytest.raises(FrameRefused):
        decode(data, cloth(1, 10)[0])


def test_a_bomb_takes_no_memory() -> None:
    base = cloth(1, 10)[0]
    header = struct.pack("<4s8sII4f", b"TDF3", base_of(base), 0, 10, 0, 0, 0, 1e-5)
    bomb = header + zstandard.ZstdCompressor(level=1).compress(bytes(300_000_000))
    unsized = zstandard.ZstdCompressor(level=1, write_content_size=False).compress(bytes(100_000_000))
    tracemalloc.start()
    for data in (bomb, header + unsized):
        with pytest.raises(FrameRefused):
            decode(data, base)
    assert tracemalloc.get_traced_memory()[1] < 1_000_000
    tracemalloc.stop()
