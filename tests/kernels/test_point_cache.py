# SPDX-License-Identifier: GPL-3.0-or-later
"""PC2 files as a reader that knows the format finds them; that Blender plays them is tested in Blender."""

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from toile.sim.point_cache import RecordingRefused, recording


def read(path):
    data = path.read_bytes()
    sign, version, points, first, step, samples = struct.unpack_from("<12siiffi", data)
    assert (sign, version, first, step) == (b"POINTCACHE2\0", 1, 0.0, 1.0)
    assert len(data) == 32 + samples * points * 12
    return np.frombuffer(data, "<f4", offset=32).reshape(samples, points, 3)


@given(count=st.integers(1, 60), most=st.integers(2, 20), points=st.integers(1, 5))
def test_as_many_samples_as_are_wished_evenly_from_first_to_last(tmp_path_factory, count, most, points):
    path = tmp_path_factory.mktemp("cache") / "cloth.pc2"
    with recording(path, points, most) as record:
        for step in range(count):
            record(np.full((points, 3), float(step)))
    frames = read(path)
    assert len(frames) == min(count, most)
    steps = frames[:, 0, 0]
    assert (frames == steps[:, None, None]).all(), "each sample is one whole frame"
    assert steps[0] == 0
    assert steps[-1] == count - 1
    gaps = np.diff(steps)
    assert not len(gaps) or gaps.max() - gaps.min() <= 1
    assert list(path.parent.iterdir()) == [path]


def test_positions_come_back_to_float32(tmp_path):
    positions = np.random.default_rng(3).normal(size=(1000, 3))
    with recording(tmp_path / "cloth.pc2", 1000, 5) as record:
        record(positions)
    np.testing.assert_array_equal(read(tmp_path / "cloth.pc2")[0], positions.astype(np.float32))


def test_an_interrupted_recording_leaves_the_older_file(tmp_path):
    path = tmp_path / "cloth.pc2"
    path.write_bytes(b"older")
    with pytest.raises(KeyError), recording(path, 2, 5) as record:
        record({}["frame"])
    assert path.read_bytes() == b"older"
    assert list(tmp_path.iterdir()) == [path]


def test_what_cannot_be_recorded_is_refused(tmp_path):
    with pytest.raises(RecordingRefused, match="shape"), recording(tmp_path / "cloth.pc2", 3, 5) as record:
        record(np.zeros((2, 3)))
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(RecordingRefused, match="cannot be recorded"), recording(tmp_path / "file" / "c.pc2", 3, 5):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
