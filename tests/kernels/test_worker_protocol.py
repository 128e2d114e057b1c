# SPDX-License-Identifier: GPL-3.0-or-later
"""The worker's wire format: round trips, any cut of the stream, and hostile bytes."""

import contextlib
import json
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from toile.worker.protocol import MAGIC, MAX_HEADER, MAX_PREAMBLE, Decoder, Message, ProtocolError, encode

plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
dtypes = st.sampled_from(["?", "i1", "u1", "<i2", "<u2", "<i4", "<u4", "<i8", "<u8", "<f4", "<f8", ">f8", ">i4"])
arrays = dtypes.flatmap(
    lambda code: hnp.arrays(np.dtype(code), hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=5))
)
messages = st.builds(
    Message,
    st.text(max_size=10),
    st.dictionaries(st.text(max_size=8), plain, max_size=4),
    st.dictionaries(st.text(max_size=8), arrays, max_size=3),
)


def frame(header: object, payload: bytes = b"") -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return MAGIC + struct.pack("<IQ", len(text), len(payload)) + text + payload


@given(st.lists(messages, max_size=3), st.binary(max_size=40).filter(lambda b: MAGIC not in b + MAGIC[:-1]), st.data())
def test_messages_survive_any_cut_of_the_stream(sent, greeting, data):
    stream = greeting + MAGIC + b"".join(encode(message) for message in sent)
    decoder, received, at = Decoder(), [], 0
    while at < len(stream):
        step = data.draw(st.integers(1, len(stream) - at))
        received += decoder.feed(stream[at : at + step])
        at += step
    decoder.close()
    assert [(m.kind, m.fields) for m in received] == [(m.kind, m.fields) for m in sent]
    for got, want in zip(received, sent, strict=True):
        assert list(got.arrays) == list(want.arrays)
        for name, array in want.arrays.items():
            np.testing.assert_array_equal(got.arrays[name], array)
            assert got.arrays[name].shape == array.shape
            assert got.arrays[name].dtype.isnative
            assert got.arrays[name].dtype == array.dtype.newbyteorder("=")


@given(st.binary(max_size=400))
def test_hostile_bytes_end_in_messages_or_a_protocol_error(noise):
    decoder = Decoder()
    with contextlib.suppress(ProtocolError):
        decoder.feed(MAGIC + noise)
        decoder.close()


@given(messages, st.data())
def test_a_flipped_byte_never_escapes_as_another_error(message, data):
    stream = bytearray(MAGIC + encode(message))
    at = data.draw(st.integers(len(MAGIC), len(stream) - 1))
    stream[at] ^= data.draw(st.integers(1, 255))
    decoder = Decoder()
    try:
        decoder.feed(bytes(stream))
        decoder.close()
    except ProtocolError:
        with pytest.raises(ProtocolError):
            decoder.feed(b"") if decoder._broken else decoder.close()


HEADER = {"kind": "x", "fields": {}, "arrays": []}


@pytest.mark.parametrize(
    ("stream", "says"),
    [
        (MAGIC + struct.pack("<IQ", MAX_HEADER + 1, 0), "larger than"),
        (MAGIC + struct.pack("<IQ", 2, 2**63), "larger than"),
        (b"x" * (MAX_PREAMBLE + 1), "never greeted"),
        (frame(b"{"), "not JSON"),
        (frame(b"\xff\xfe"), "not JSON"),
        (frame(b"[" * 100_000), "not JSON"),
        (frame(b'{"kind": "x", "fields": {"a": NaN}, "arrays": []}'), "NaN"),
        (frame([1]), "lacks"),
        (frame({**HEADER, "kind": 3}), "lacks"),
        (frame(HEADER, b"left over"), "more bytes"),
        (frame({**HEADER, "arrays": [["a", "|O", [1]]]}, b"8 bytes."), "without a sound"),
        (frame({**HEADER, "arrays": [["a", "<f8", [-1]]]}), "without a sound"),
        (frame({**HEADER, "arrays": [["a", "<f8", [True]]]}, b"8 bytes."), "without a sound"),
        (frame({**HEADER, "arrays": [["a", "<f8", [2**40, 2**40]]]}), "claims more"),
        (frame({**HEADER, "arrays": [["a", "<f8", [0, 2**70]]]}), "impossible"),
        (frame({**HEADER, "arrays": [["a", "|i1", [1]], ["a", "|i1", [1]]]}, b"ab"), "without a sound"),
    ],
)
def test_a_malformed_stream_is_named(stream, says):
    decoder = Decoder()
    with pytest.raises(ProtocolError, match=says):
        decoder.feed(stream)
    with pytest.raises(ProtocolError, match=says):  # and the stream stays refused
        decoder.feed(b"")


@pytest.mark.parametrize(
    "message",
    [
        Message("x", {"a": float("nan")}),
        Message("x", {"a": object()}),
        Message("x", {}, {"a": np.array(["text"])}),
        Message("x", {}, {"a": np.array([object()])}),
        Message("x", {}, {"a": np.zeros((1,) * 9)}),
    ],
)
def test_what_cannot_be_carried_is_refused_before_it_is_sent(message):
    with pytest.raises(ProtocolError):
        encode(message)


def test_a_stream_cut_inside_a_frame_is_named():
    decoder = Decoder()
    decoder.feed(MAGIC + encode(Message("x"))[:-1])
    with pytest.raises(ProtocolError, match="middle"):
        decoder.close()
