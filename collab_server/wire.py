# SPDX-License-Identifier: GPL-3.0-or-later
"""The Yjs protocols on the wire, read with bounds: sync, awareness, permission denied, and our own three messages.

Numbers are lib0's variable-length unsigned integers (seven bits a byte, least first); a buffer or a text is its length
and its bytes. Sync (0), awareness (1), auth (2) and query awareness (3) are y-protocols', so every Yjs client speaks
them; drag frames, commands and replies are ours, from 16 on, where y-websocket's `messageHandlers` leave room.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

SUBPROTOCOL = "toile.1"  # counts up when a message changes; an invitation travels beside it as `invite.TOKEN`
INVITE = "invite."

SYNC, AWARENESS, AUTH, QUERY_AWARENESS = range(4)
FRAME, COMMAND, REPLY = 16, 17, 18
STEP1, STEP2, UPDATE = range(3)
PERMISSION_DENIED = 0
NOTHING = b"\0\0"  # the update that changes nothing
_LARGEST = (1 << 53) - 1  # what a JavaScript peer can hold


class MessageRefused(ValueError):
    """A peer sent bytes that are no message of the protocol; the text says what was wrong with them."""


class Reader:
    """Reads lib0's encoding from bytes, never beyond their end. Every method raises MessageRefused."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    @property
    def left(self) -> int:
        """Bytes not read yet."""
        return len(self.data) - self.at

    def byte(self) -> int:
        """One byte."""
        if self.at >= len(self.data):
            raise MessageRefused("The message ends too early.")
        self.at += 1
        return self.data[self.at - 1]

    def number(self) -> int:
        """A variable-length unsigned integer of at most 53 bits."""
        value = shift = 0
        while True:
            byte = self.byte()
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                break
            if shift > 53:
                raise MessageRefused("A number is longer than 53 bits.")
        if value > _LARGEST:
            raise MessageRefused("A number is longer than 53 bits.")
        return value

    def take(self, count: int) -> bytes:
        """So many bytes."""
        if count > self.left:
            raise MessageRefused("The message ends too early.")
        self.at += count
        return self.data[self.at - count : self.at]

    def buffer(self) -> bytes:
        """Bytes behind their length."""
        return self.take(self.number())

    def text(self) -> str:
        """UTF-8 behind its length in bytes."""
        try:
            return self.buffer().decode()
        except UnicodeDecodeError:
            raise MessageRefused("A text is not UTF-8.") from None

    def end(self) -> None:
        """Nothing may follow."""
        if self.left:
            raise MessageRefused(f"{self.left} bytes follow where the message ends.")


def number(value: int) -> bytes:
    """A variable-length unsigned integer."""
    out = bytearray()
    while value > 127:
        out.append(128 | (value & 127))
        value >>= 7
    out.append(value)
    return bytes(out)


def buffer(data: bytes) -> bytes:
    """Bytes behind their length."""
    return number(len(data)) + data


def sync(step: int, payload: bytes) -> bytes:
    """A sync message: a state vector (STEP1) or an update (STEP2, UPDATE)."""
    return bytes((SYNC, step)) + buffer(payload)


def awareness(states: Iterable[tuple[int, int, str]]) -> bytes:
    """An awareness message of (client, clock, state as JSON)."""
    states = list(states)
    body = number(len(states)) + b"".join(number(c) + number(k) + buffer(s.encode()) for c, k, s in states)
    return bytes((AWARENESS,)) + buffer(body)


def denied(reason: str) -> bytes:
    """Why something was not taken, in the words a Yjs client shows."""
    return bytes((AUTH, PERMISSION_DENIED)) + buffer(reason.encode())


def frame(data: bytes) -> bytes:
    """A drag frame."""
    return bytes((FRAME,)) + buffer(data)


def command(body: dict[str, Any]) -> bytes:
    """A command to the review document."""
    return bytes((COMMAND,)) + buffer(json.dumps(body).encode())


def reply(body: dict[str, Any]) -> bytes:
    """What became of a command."""
    return bytes((REPLY,)) + buffer(json.dumps(body).encode())


def read_state_vector(data: bytes) -> dict[int, int]:
    """Client → the clock up to which its edits are held. Raises MessageRefused."""
    reader = Reader(data)
    state = {reader.number(): reader.number() for _ in range(_count(reader))}
    reader.end()
    return state


def read_awareness(data: bytes) -> list[tuple[int, int, str]]:
    """(client, clock, state as JSON) of an awareness message's body. Raises MessageRefused."""
    reader = Reader(data)
    states = [(reader.number(), reader.number(), reader.text()) for _ in range(_count(reader))]
    reader.end()
    return states


def read_json(text: str) -> dict[str, Any]:
    """A JSON object from a peer. Raises MessageRefused, for one nested too deeply as well."""
    try:
        body = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise MessageRefused("The JSON is broken.") from None
    if not isinstance(body, dict):
        raise MessageRefused("The JSON is no object.")
    return body


def _no_constant(name: str) -> float:
    raise ValueError(name)


def _count(reader: Reader) -> int:
    count = reader.number()
    if count > reader.left:  # each entry takes a byte at least
        raise MessageRefused("The message announces more than it holds.")
    return count
