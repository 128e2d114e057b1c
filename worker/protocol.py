# SPDX-License-Identifier: GPL-3.0-or-later
"""The worker's wire format: bytes in, messages out, and no input or output of its own.

A stream is `MAGIC`, then frames. A frame is two little-endian lengths (header u32, payload u64), a JSON header
`{"kind", "fields", "arrays": [[name, dtype, shape], ...]}` and the arrays' bytes, C order, one after another.
Nothing is pickled: whatever arrives can only become numbers and text, or a `ProtocolError`.

The parent sends one `task`, then as it likes `pause`, `resume`, `step`, `cancel`; the child sends `progress` and
`frame` as it goes, and at last one of `result`, `failed`, `cancelled`.
"""

from __future__ import annotations

import json
import math
import struct
from dataclasses import dataclass, field
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

VERSION = 1
MAGIC = b"\x00TOILE\x00" + bytes([VERSION])
MAX_PREAMBLE = 1 << 18  # Blender greets on standard output before a script runs; more than this isn't a greeting
MAX_HEADER = 1 << 26
MAX_PAYLOAD = 1 << 32
MAX_DIMENSIONS = 8

_LENGTHS = struct.Struct("<IQ")
_DTYPES = frozenset(
    np.dtype(code).str for code in ("?", "i1", "u1", "<i2", "<u2", "<i4", "<u4", "<i8", "<u8", "<f4", "<f8")
)


class ProtocolError(RuntimeError):
    """The bytes on the pipe are not what the worker protocol says."""


@dataclass(frozen=True)
class Message:
    """One frame: what it is, its plain values, its arrays."""

    kind: str
    fields: dict[str, Any] = field(default_factory=dict)
    arrays: dict[str, NDArray[Any]] = field(default_factory=dict)


def encode(message: Message) -> bytes:
    """The frame of a message. Raises ProtocolError for what JSON or the format cannot carry (NaN, objects, text)."""
    listing: list[tuple[str, str, tuple[int, ...]]] = []
    chunks: list[bytes] = []
    for name, array in message.arrays.items():
        little = np.asarray(array)
        little = little.astype(little.dtype.newbyteorder("<"), copy=False)
        if little.dtype.str not in _DTYPES or little.ndim > MAX_DIMENSIONS:
            raise ProtocolError(f"Array {name!r} of type {little.dtype} with {little.ndim} dimensions cannot be sent.")
        listing.append((name, little.dtype.str, little.shape))
        chunks.append(little.tobytes(order="C"))
    try:
        header = json.dumps(
            {"kind": message.kind, "fields": message.fields, "arrays": listing}, allow_nan=False
        ).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise ProtocolError(f"The message {message.kind!r} holds a value that JSON cannot carry: {error}.") from error
    payload = b"".join(chunks)
    _check_lengths(len(header), len(payload))
    return _LENGTHS.pack(len(header), len(payload)) + header + payload


class Decoder:
    """Collects bytes and gives back whole messages. After a ProtocolError the stream is lost: later calls raise."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._greeted = False
        self._broken: ProtocolError | None = None

    def feed(self, data: bytes) -> list[Message]:
        """The messages completed by `data`, in order."""
        if self._broken is not None:
            raise self._broken
        self._buffer += data
        messages: list[Message] = []
        try:
            if not self._greeted and not self._find_magic():
                return messages
            while (message := self._next()) is not None:
                messages.append(message)
        except ProtocolError as error:
            self._broken = error
            raise
        return messages

    def close(self) -> None:
        """Say that the stream has ended. Raises ProtocolError if it ended inside a frame."""
        if self._greeted and self._buffer and self._broken is None:
            raise ProtocolError("The stream ended in the middle of a message.")

    def _find_magic(self) -> bool:
        at = self._buffer.find(MAGIC)
        if at < 0:
            if len(self._buffer) > MAX_PREAMBLE:
                raise ProtocolError("The other side never greeted: is it a Toile worker of the same version?")
            return False
        del self._buffer[: at + len(MAGIC)]
        self._greeted = True
        return True

    def _next(self) -> Message | None:
        if len(self._buffer) < _LENGTHS.size:
            return None
        header_length, payload_length = _LENGTHS.unpack_from(self._buffer)
        _check_lengths(header_length, payload_length)  # before waiting for bytes that a lie promises
        end = _LENGTHS.size + header_length + payload_length
        if len(self._buffer) < end:
            return None
        header = bytes(self._buffer[_LENGTHS.size : _LENGTHS.size + header_length])
        payload = bytes(self._buffer[_LENGTHS.size + header_length : end])
        del self._buffer[:end]
        return _message(header, payload)


def _check_lengths(header: int, payload: int) -> None:
    if header > MAX_HEADER or payload > MAX_PAYLOAD:
        raise ProtocolError(f"A message of {header} + {payload} bytes is larger than the protocol allows.")


def _refuse_constant(text: str) -> NoReturn:
    raise ProtocolError(f"A message header holds {text}, which is not JSON.")


def _message(header: bytes, payload: bytes) -> Message:
    try:
        content = json.loads(header, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise ProtocolError(f"A message header is not JSON: {error}.") from error
    match content:
        case {"kind": str(kind), "fields": dict(fields), "arrays": list(listing)}:
            return Message(kind, fields, _arrays(listing, payload))
        case _:
            raise ProtocolError("A message header lacks its kind, fields or arrays.")


def _arrays(listing: list[Any], payload: bytes) -> dict[str, NDArray[Any]]:
    arrays: dict[str, NDArray[Any]] = {}
    offset = 0
    for entry in listing:
        match entry:
            case [str(name), str(code), list(shape)] if code in _DTYPES and name not in arrays and _is_shape(shape):
                dtype = np.dtype(code)
            case _:
                raise ProtocolError("A message lists an array without a sound name, type and shape.")
        count = math.prod(shape)
        if count * dtype.itemsize > len(payload) - offset:
            raise ProtocolError(f"Array {name!r} claims more bytes than the message has.")
        flat = np.frombuffer(payload, dtype, count, offset)
        try:
            arrays[name] = flat.reshape(shape).astype(dtype.newbyteorder("="))  # a copy: it can be written to
        except ValueError as error:  # an empty array whose other sizes overflow
            raise ProtocolError(f"Array {name!r} has the impossible shape {shape}.") from error
        offset += count * dtype.itemsize
    if offset != len(payload):
        raise ProtocolError("A message has more bytes than its arrays account for.")
    return arrays


def _is_shape(shape: list[Any]) -> bool:
    return len(shape) <= MAX_DIMENSIONS and all(type(size) is int and size >= 0 for size in shape)
