# SPDX-License-Identifier: GPL-3.0-or-later
"""A peer's connection: the protocol is websockets' own without its input and output, which are here.

No task, queue or future belongs to a connection, so five hundred of them cost little: what comes is handed on at once,
and what goes out is framed once for all peers that get it.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Protocol

from websockets.frames import DATA_OPCODES, Frame, Opcode
from websockets.http11 import Request, Response
from websockets.protocol import CONNECTING, OPEN, SEND_EOF, SERVER
from websockets.protocol import Protocol as WebSocket
from websockets.server import ServerProtocol
from websockets.typing import Subprotocol

from .wire import SUBPROTOCOL

OPENING = 5.0  # s for TLS, and as much again for the request
_ANSWERED = 60.0  # s for reading an HTTP answer
_CLOSING = 2.0  # s for the closing handshake
_QUIET = 20.0  # s without a byte after which a peer is asked whether it is there, and as many again for its answer
_UNSUPPORTED = 1003  # close code of RFC 6455

_log = logging.getLogger(__name__)
_log.setLevel(logging.WARNING)  # or whoever knocks with rubbish would fill the log


class House(Protocol):
    """What a connection leads to, told all of it in the order in which it happens."""

    def came(self, connection: Connection) -> bool:
        """There is one more; whether there is a place for it."""
        ...

    def asked(self, connection: Connection, request: Request) -> None:
        """The peer asks for something: to be answered by `accept` or `answer`, at once or later."""
        ...

    def heard(self, connection: Connection, message: bytes) -> None:
        """A whole message came."""
        ...

    def left(self, connection: Connection) -> None:
        """It has ended, however it did."""
        ...


def framed(message: bytes) -> bytes:
    """A message as it goes out to any peer."""
    return Frame(Opcode.BINARY, message).serialize(mask=False)


class Connection(asyncio.Protocol):
    """One TCP connection to a house. limit: bytes of a message. address: the peer's host, empty where it has none."""

    __slots__ = (
        "_asked", "_ending", "_heard", "_house", "_limit", "_loop", "_parts", "_placed", "_request", "_socket",
        "address", "transport",
    )  # fmt: skip

    def __init__(self, house: House, limit: int) -> None:
        self._house, self._limit = house, limit
        self._loop = asyncio.get_running_loop()
        self._socket: WebSocket = ServerProtocol(subprotocols=[Subprotocol(SUBPROTOCOL)], logger=_log)
        self._request: Request | None = None  # that waits for its answer
        self._parts = bytearray()  # of a message in fragments
        self._placed = False
        self._heard = 0.0  # when a byte last came, on the loop's clock
        self._asked: float | None = None  # when it was, and has said nothing since
        self._ending: asyncio.TimerHandle | None = None

    # ---- From the network ----

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.address = str((transport.get_extra_info("peername") or ("",))[0])
        self._placed = self._house.came(self)
        if self._placed:
            self._end_in(OPENING)
        else:
            transport.abort()

    def data_received(self, data: bytes) -> None:
        self._heard, self._asked = self._loop.time(), None
        self._socket.receive_data(data)
        events = self._socket.events_received()
        self._write()
        for event in events:
            if isinstance(event, Request):
                self._request = event
                self._no_end()
                self.transport.pause_reading()
                self._house.asked(self, event)
            elif self._request is not None:
                self.transport.abort()  # nobody may speak before the answer
            elif isinstance(event, Frame) and event.opcode is Opcode.TEXT:
                self._socket.fail(_UNSUPPORTED, "Messages are binary.")
                self._write()
                return
            elif isinstance(event, Frame) and event.opcode in DATA_OPCODES:
                self._take(event)

    def _take(self, frame: Frame) -> None:
        if frame.fin and not self._parts:
            self._house.heard(self, bytes(frame.data))
        else:
            self._parts += frame.data
            if frame.fin:
                whole, self._parts = bytes(self._parts), bytearray()
                self._house.heard(self, whole)

    def eof_received(self) -> None:
        self._socket.receive_eof()
        self._write()

    def connection_lost(self, exc: Exception | None) -> None:
        self._no_end()
        if self._placed:
            self._house.left(self)

    # ---- To the network ----

    @property
    def open(self) -> bool:
        """Whether messages may go out."""
        return self._socket.state is OPEN and not self.transport.is_closing()

    @property
    def unread(self) -> int:
        """Bytes that the peer has not taken yet."""
        return self.transport.get_write_buffer_size()

    def accept(self) -> bool:
        """Open the WebSocket that was asked for; whether it is open now."""
        if self.transport.is_closing():  # it left while it waited
            return False
        assert self._request is not None
        assert isinstance(self._socket, ServerProtocol)
        self.answer(self._socket.accept(self._request))
        if self._socket.state is OPEN:  # the handshake is forgotten with all its headers
            self._socket = WebSocket(SERVER, state=OPEN, max_size=self._limit, logger=_log)
        return self.open

    def answer(self, response: Response) -> None:
        """Answer what was asked."""
        assert isinstance(self._socket, ServerProtocol)
        self._request = None
        self._socket.send_response(response)
        self.transport.resume_reading()
        if self._socket.state is not OPEN:
            self._end_in(_ANSWERED)
        self._write()

    def send(self, data: bytes) -> None:
        """Send a message that is framed already."""
        self.transport.write(data)

    def close(self, code: int, reason: str) -> None:
        """End it in words: a code of RFC 6455 and a reason of at most 123 bytes."""
        if self.open:
            self._socket.send_close(code, reason)
            self._write()
        elif self._socket.state is CONNECTING:
            self.abort()

    def abort(self) -> None:
        """End it at once: a peer that does not read would never hear why."""
        self.transport.abort()

    def look_after(self) -> None:
        """Now and then: a peer long quiet is asked whether it is there, and let go where it does not say."""
        now = self._loop.time()
        if self.open and now - (self._asked or self._heard) > _QUIET:
            if self._asked is not None:
                self.abort()
            else:
                self._asked = now
                self._socket.send_ping(b"")
                self._write()

    def _write(self) -> None:
        for data in self._socket.data_to_send():
            if data != SEND_EOF:
                self.transport.write(data)
            elif self.transport.can_write_eof():
                self.transport.write_eof()
            else:  # TLS has no half of an end
                self.transport.close()
        if self._ending is None and self._socket.close_expected():
            self._end_in(_CLOSING)

    def _end_in(self, seconds: float) -> None:
        self._no_end()
        self._ending = self._loop.call_later(seconds, self.transport.abort)

    def _no_end(self) -> None:
        if self._ending is not None:
            self._ending.cancel()
            self._ending = None
