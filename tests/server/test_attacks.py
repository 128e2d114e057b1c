# SPDX-License-Identifier: GPL-3.0-or-later
"""What a hostile peer may try, each at a server in a process of its own; and what that costs the server in memory.

docs/threat-model.md names these by their tests.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import http.client
import json
import random
import socket
import time
import zlib
from collections.abc import Iterator

import pytest
from itsdangerous import URLSafeSerializer
from pycrdt import Doc, Map
from server.process import Process, close_code, drain, exchange, frame, opened, request, running, status
from toile.collab_server import wire
from toile.collab_server.update import contents

MB = 1 << 20
_COSTLY = {
    "test_slow_reader_is_cut",
    "test_connection_flood_leaves_the_room_open",
    "test_a_design_filled_to_the_brim_takes_no_more",
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    with running(tmp_path_factory.mktemp("studio") / "folder") as process:
        first = opened(process.port, process.token())  # the room stands, and what loads late is loaded
        yield process
        first.close()
        assert status(exchange(process.port, request("/healthz", process.port))) == 200  # it has lived through all
        log = process.log.read_text()
        assert "Traceback" not in log


@pytest.fixture(autouse=True)
def ceiling(request: pytest.FixtureRequest, server: Process) -> Iterator[None]:
    """Whatever is tried, the server and its assets' process go on with the memory that they had, or little more."""
    before = server.rss_of_all
    yield
    assert server.rss_of_all - before < (64 if request.node.originalname in _COSTLY else 16) * MB


@pytest.fixture
def assets(server: Process) -> int:
    answer = exchange(server.port, request("/config.json", server.port))
    return json.loads(answer.partition(b"\r\n\r\n")[2])["assets_port"]


def sent(server: Process, *frames: bytes, role: str = "designer", document: str = "design") -> bytes:
    """What comes back for these frames up to the end of the connection."""
    with opened(server.port, server.token(role), document) as connection:
        for data in frames:
            try:
                connection.sendall(data)
            except OSError:
                break
        return drain(connection)


# ---- WebSocket ----


def test_deflate_bomb_is_not_even_negotiated(server: Process) -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    bomb = b"".join(packer.compress(bytes(MB)) for _ in range(256)) + packer.flush(zlib.Z_SYNC_FLUSH)
    before = server.rss
    with opened(server.port, server.token(), **{"Sec-WebSocket-Extensions": "permessage-deflate"}) as connection:
        connection.sendall(frame(bomb[:-4], rsv=1))
        assert close_code(drain(connection)) == 1002
    assert server.rss - before < 4 * MB


def test_announced_terabyte(server: Process) -> None:
    before = server.rss
    assert close_code(sent(server, frame(b"", length=1 << 40))) == 1009
    assert server.rss - before < 4 * MB


def test_endless_fragments(server: Process) -> None:
    before = server.rss
    parts = [frame(b"x" * 60_000, fin=False)] + [frame(b"x" * 60_000, opcode=0, fin=False)] * 400
    assert close_code(sent(server, *parts)) in (0, 1009)
    assert server.rss - before < 8 * MB


def test_million_empty_fragments(server: Process) -> None:
    before = server.rss
    with opened(server.port, server.token()) as connection:
        connection.sendall(frame(b"", fin=False))
        for _ in range(20):
            connection.sendall(frame(b"", opcode=0, fin=False) * 5_000)
    time.sleep(0.5)
    assert server.rss - before < 32 * MB


def test_oversized_message(server: Process) -> None:
    assert close_code(sent(server, frame(bytes(MB + 1)))) == 1009


@pytest.mark.parametrize("opcode", [3, 7, 11])
def test_reserved_opcode(server: Process, opcode: int) -> None:
    assert close_code(sent(server, frame(b"x", opcode=opcode))) == 1002


def test_unmasked_frame(server: Process) -> None:
    assert close_code(sent(server, b"\x82\x01x")) == 1002


def test_oversized_ping(server: Process) -> None:
    assert close_code(sent(server, frame(bytes(200), opcode=9))) == 1002


def test_speaking_before_the_answer(server: Process) -> None:
    """A frame right behind the request, before the handshake is through."""
    early = frame(wire.sync(wire.STEP1, b"\0"))
    answer = exchange(server.port, request("/live/gown/design", server.port, server.token()) + early)
    assert status(answer) == 0


def test_text_that_is_no_message(server: Process) -> None:
    assert close_code(sent(server, frame(b"<script>alert(1)</script>", opcode=1))) == 1003


def test_text_that_goes_on_as_a_message(server: Process) -> None:
    """Nothing of a message that began as a text is taken, though the rest comes at once."""
    edit = wire.sync(wire.UPDATE, doc_update(smuggled=1))
    token = server.token(room="texts")
    with opened(server.port, token, room="texts") as connection:
        connection.sendall(frame(edit[:5], opcode=1, fin=False) + frame(edit[5:], opcode=0))
        assert close_code(drain(connection)) == 1003
    with opened(server.port, token, room="texts") as connection:
        connection.sendall(frame(wire.sync(wire.STEP1, b"\0")))
        got = connection.recv(1 << 16)
        while bytes((wire.SYNC, wire.STEP2)) not in got:
            got += connection.recv(1 << 16)
        assert b"smuggled" not in got


def test_text_that_is_not_utf8(server: Process) -> None:
    assert close_code(sent(server, frame(b"\xff\xfe", opcode=1))) == 1003


def test_message_flood_is_cut(server: Process) -> None:
    step = frame(wire.sync(wire.STEP1, b"\0"))
    assert close_code(sent(server, step * 3_000)) in (0, 1008)


def test_slowloris_handshake_is_dropped(server: Process) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\n")
        drain(connection)  # which ends when the server hangs up


def test_endless_headers(server: Process) -> None:
    before = server.rss
    answer = exchange(server.port, b"GET / HTTP/1.1\r\n" + b"X: " + b"y" * (4 * MB) + b"\r\n\r\n")
    assert status(answer) in (0, 400, 431)
    assert server.rss - before < 12 * MB


def test_connection_flood_leaves_the_room_open(server: Process) -> None:
    before = server.rss
    flood = [socket.create_connection(("127.0.0.1", server.port), timeout=5) for _ in range(400)]
    opened(server.port, server.token()).close()
    assert server.rss - before < 40 * MB
    for connection in flood:
        connection.close()


def test_slow_reader_is_cut(server: Process) -> None:
    before = server.rss
    token = server.token(room="slow")
    mute = opened(server.port, token, room="slow")
    blob, doc = "x" * 100_000, Doc()
    map_ = doc.get("parameters", type=Map)
    updates: list[bytes] = []
    observed = doc.observe(lambda event: updates.append(event.update))
    with opened(server.port, token, room="slow") as ana:
        ana.settimeout(20)
        for n in range(250):
            map_["hem"] = f"{blob}{n}"
            ana.sendall(frame(wire.sync(wire.UPDATE, updates.pop())))
            time.sleep(0.013)
        ana.sendall(frame(wire.sync(wire.STEP1, b"\0")))
        ana.recv(1)
    doc.unobserve(observed)
    metrics = exchange(
        server.port, request("/metrics", server.port, Authorization=f"Bearer {server.token('operator', 'all')}")
    )
    assert b'toile_cut_total{why="slow"} 1.0' in metrics
    mute.close()
    assert server.rss - before < 64 * MB


# ---- Invitations ----


def joined(server: Process, token: str, path: str = "/live/gown/design", **headers: str) -> int:
    return status(exchange(server.port, request(path, server.port, token, **headers)))


def test_forged_token(server: Process) -> None:
    token = URLSafeSerializer("0" * 64, salt="toile.invite").dumps(["0" * 16, "gown"])
    assert joined(server, str(token)) == 403


def test_token_altered_in_one_letter(server: Process) -> None:
    token = server.token()
    assert joined(server, ("B" if token[3] == "A" else "A").join((token[:3], token[4:]))) == 403


def test_token_of_another_purpose(server: Process) -> None:
    secret = (server.folder / "secret.key").read_text()
    assert joined(server, str(URLSafeSerializer(secret, salt="toile.approval").dumps(["x", "gown"]))) == 403


def test_well_signed_token_that_was_never_issued(server: Process) -> None:
    secret = (server.folder / "secret.key").read_text()
    for payload in (["0" * 16, "gown"], ["0" * 16], "gown", {"room": "gown"}, [["x"], "gown"], None):
        assert joined(server, str(URLSafeSerializer(secret, salt="toile.invite").dumps(payload))) == 403


def test_expired_token(server: Process) -> None:
    assert joined(server, server.token(seconds=-1)) == 403


def test_revoked_token(server: Process) -> None:
    token = server.token()
    server.invites.revoke(server.invites.all()[-1].id, time.time())
    assert joined(server, token) == 403


def test_token_of_another_room(server: Process) -> None:
    assert joined(server, server.token(room="coat")) == 403


def test_operator_may_not_join(server: Process) -> None:
    assert joined(server, server.token("operator")) == 403


def test_token_in_the_address_is_refused_so_that_no_log_gets_it(server: Process) -> None:
    token = server.token()
    assert joined(server, "x", f"/live/gown/design?token={token}") == 401
    assert joined(server, token, f"/live/gown/design?token={token}") == 401


def test_no_token_and_two_tokens(server: Process) -> None:
    bare = {"Sec-WebSocket-Protocol": wire.SUBPROTOCOL}
    two = {"Sec-WebSocket-Protocol": f"{wire.SUBPROTOCOL}, invite.{server.token()}, invite.{server.token()}"}
    assert joined(server, "x", **bare) == 401
    assert joined(server, "x", **two) == 401


def test_huge_token(server: Process) -> None:
    assert joined(server, "A" * 7_000) in (400, 403, 431)


def test_compressed_token_bomb_without_a_signature(server: Process) -> None:
    before = server.rss
    packed = base64.urlsafe_b64encode(zlib.compress(b" " * 700_000, 9)).rstrip(b"=").decode()
    assert len(packed) < 1_000
    assert joined(server, f".{packed}.AAAA") == 403
    assert server.rss - before < 4 * MB


def test_another_sites_page_may_not_connect(server: Process) -> None:
    token = server.token()
    for origin in ("https://evil.example", "null", f"http://127.0.0.1:{server.port}.evil.example", "file://"):
        assert joined(server, token, Origin=origin) == 403


@pytest.mark.parametrize("room", ["..", "%2e%2e", "Gown", "a/b", "a" * 64, "gown%00", "gown\\x", "-x"])
def test_room_that_is_no_name(server: Process, room: str) -> None:
    assert joined(server, server.token(), f"/live/{room}/design") == 404


def test_metrics_want_an_operator(server: Process) -> None:
    for header in ({}, {"Authorization": f"Bearer {server.token()}"}, {"Authorization": "Basic eDp4"}):
        assert status(exchange(server.port, request("/metrics", server.port, **header))) == 403


# ---- Yjs ----


def doc_update(root: str = "parameters", **values: object) -> bytes:
    doc = Doc()
    doc.get(root, type=Map).update(values)
    return doc.get_update()


DENIED = bytes((wire.AUTH, wire.PERMISSION_DENIED))


def heard(server: Process, what: bytes, times: int, *frames: bytes, role: str, document: str = "design") -> None:
    """The server answers these frames with something, so many times, and leaves the connection open."""
    with opened(server.port, server.token(role), document) as connection:
        connection.sendall(b"".join(frames))
        got = b""
        while got.count(what) < times:
            chunk = connection.recv(1 << 16)
            assert chunk, got
            got += chunk
        assert close_code(got) == 0


@pytest.mark.parametrize("role", ["viewer", "reviewer"])
def test_design_edit_without_the_right(server: Process, role: str) -> None:
    heard(server, DENIED, 1, frame(wire.sync(wire.UPDATE, doc_update(hem=9))), role=role)


def test_design_edit_smuggled_as_a_sync_answer(server: Process) -> None:
    heard(server, DENIED, 1, frame(wire.sync(wire.STEP2, doc_update(hem=9))), role="viewer")


def test_forged_approval(server: Process) -> None:
    forged = frame(wire.sync(wire.UPDATE, doc_update("approvals", x=1)))
    heard(server, DENIED, 1, forged, role="designer", document="review")


def test_unknown_root(server: Process) -> None:
    assert close_code(sent(server, frame(wire.sync(wire.UPDATE, doc_update("admin", x=1))))) == 1007


def test_update_that_announces_a_billion_structs(server: Process) -> None:
    before = server.rss
    billion = wire.number(1) + wire.number(10**9) + b"\1\0"
    assert close_code(sent(server, frame(wire.sync(wire.UPDATE, billion)))) == 1007
    assert server.rss - before < 4 * MB


def test_state_vector_that_announces_a_billion_clients(server: Process) -> None:
    assert close_code(sent(server, frame(wire.sync(wire.STEP1, wire.number(10**9))))) == 1007


def test_update_that_hides_a_gap_is_asked_for_and_not_kept(server: Process) -> None:
    before = server.rss
    item = bytes((0x28,)) + wire.number(1) + wire.buffer(b"parameters") + wire.buffer(b"k") + wire.number(1) + b"\x7e"
    gap = wire.number(1) + wire.number(1) + wire.number(5) + wire.number(1_000_000) + item + wire.number(0)
    assert contents(gap, {"parameters"}).brings == {5: (1_000_000, 1_000_001)}
    asked_for = bytes((wire.SYNC, wire.STEP1))
    heard(server, asked_for, 200, frame(wire.sync(wire.UPDATE, gap)) * 200, role="designer")
    assert server.rss - before < 8 * MB


def test_mutated_updates(server: Process) -> None:
    """A byte changed, added or lost anywhere in an update: taken, asked for anew or refused, and others live on."""
    whole, rng = doc_update(hem=0.5, note={"said": ["x", 1, None]}), random.Random(5)
    with opened(server.port, server.token(room="other"), room="other") as witness:
        for _ in range(60):
            broken = bytearray(whole)
            at = rng.randrange(len(broken))
            broken[at : at + rng.randrange(2)] = rng.randbytes(rng.randrange(3))
            with opened(server.port, server.token()) as connection:
                connection.sendall(frame(wire.sync(wire.UPDATE, bytes(broken))) + frame(wire.sync(wire.STEP1, b"\0")))
                assert connection.recv(1)
        witness.sendall(frame(wire.sync(wire.STEP1, b"\0")))
        assert witness.recv(1)


def test_a_design_filled_to_the_brim_takes_no_more(server: Process) -> None:
    """Nine tenths of a megabyte at a time, faster than it may: whoever does it is cut before memory is felt."""
    doc = Doc()
    fill, updates = doc.get("parameters", type=Map), []
    observed = doc.observe(lambda event: updates.append(event.update))
    for n in range(40):
        fill[f"k{n}"] = "x" * 900_000
    doc.unobserve(observed)
    parts = [frame(wire.sync(wire.UPDATE, update)) for update in updates]
    with opened(server.port, server.token(room="brim"), room="brim") as connection:
        with contextlib.suppress(OSError):
            connection.sendall(b"".join(parts))
        assert close_code(drain(connection)) in (0, 1008)


def test_message_cut_short(server: Process) -> None:
    whole = wire.sync(wire.UPDATE, doc_update(hem=1))
    for length in (1, 2, 3, len(whole) - 1):
        assert close_code(sent(server, frame(whole[:length]))) == 1007


def test_bytes_behind_a_message(server: Process) -> None:
    assert close_code(sent(server, frame(wire.sync(wire.STEP1, b"\0") + b"x"))) == 1007


def test_unknown_kind_of_message(server: Process) -> None:
    assert close_code(sent(server, frame(b"\x63"))) == 1007


def test_presence_bomb(server: Process) -> None:
    state = json.dumps({"x": "y" * 900_000})
    assert close_code(sent(server, frame(wire.awareness([(1, 1, state)])))) == 1007
    assert close_code(sent(server, frame(wire.awareness([(n, 1, "{}") for n in range(10_000)])))) == 1007


def test_nested_json(server: Process) -> None:
    deep = bytes((wire.COMMAND,)) + wire.buffer(b'{"id":' * 100_000 + b"1")
    assert close_code(sent(server, frame(deep), document="review")) == 1007


def test_markup_in_a_comment_stays_text_and_out_of_the_log(server: Process) -> None:
    text = "<script>x</script>\r\n2026 CRITICAL forged line \x1b[31m"
    body = {"id": "ab" * 16, "do": "comment", "text": text}
    with opened(server.port, server.token(), "review") as connection:
        connection.sendall(frame(wire.command(body)) + frame(wire.command({**body, "do": text})))
        got = b""
        while not all(part in got for part in (b'"done": true', b"There is no command", text.encode())):
            got += connection.recv(1 << 16)  # the document holds the text as it is
    assert "forged" not in server.log.read_text()


def test_name_that_forges_a_log_line(server: Process) -> None:
    with pytest.raises(ValueError, match="printable"):
        server.invites.issue("gown", "viewer", "Eve\nCRITICAL forged", time.time() + 60)


# ---- Assets ----

CONTENT = b"glTF" + bytes(1_000)
DIGEST = hashlib.sha256(CONTENT).hexdigest()


def asked(port: int, method: str, path: str, token: str | None, body: bytes = b"", **headers: str) -> bytes:
    authorization = {} if token is None else {"Authorization": f"Bearer {token}"}
    length = {"Content-Length": str(len(body))} if method == "PUT" else {}
    return exchange(port, request(path, port, method=method, body=body, **{**length, **authorization, **headers}), 15)


def test_asset_goes_up_and_comes_down_hardened(server: Process, assets: int) -> None:
    path, token = f"/assets/gown/{DIGEST}", server.token()
    assert status(asked(assets, "GET", path, token)) == 404
    assert status(asked(assets, "PUT", path, token, CONTENT)) == 201
    assert status(asked(assets, "PUT", path, token, CONTENT)) == 200
    head, _, body = asked(assets, "GET", path, server.token("viewer")).partition(b"\r\n\r\n")
    assert body == CONTENT
    for line in (b"nosniff", b"default-src 'none'", b"no-referrer", b"application/octet-stream", b"immutable"):
        assert line in head


def test_asset_that_is_there_already_is_heard_out(server: Process, assets: int) -> None:
    large = bytes(16 << 20)
    path = f"/assets/gown/{hashlib.sha256(large).hexdigest()}"
    for expected in (201, 200):
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", assets, timeout=60)) as line:
            line.request("PUT", path, large, {"Authorization": f"Bearer {server.token()}"})
            assert line.getresponse().status == expected


@pytest.mark.parametrize(
    "path",
    [
        "/assets/gown/../../secret.key",
        "/assets/gown/..%2f..%2fsecret.key",
        "/assets/../secret.key",
        "//etc/passwd",
        f"/assets/gown/{DIGEST}/../{DIGEST}",
        f"/assets/gown/{DIGEST.upper()}",
        f"/assets/gown/{DIGEST}%00.glb",
        "/assets/gown/.hidden",
    ],
)
def test_asset_path_traversal(server: Process, assets: int, path: str) -> None:
    for method in ("GET", "PUT"):
        assert status(asked(assets, method, path, server.token(), b"x")) == 404


def test_asset_of_another_room(server: Process, assets: int) -> None:
    assert status(asked(assets, "GET", f"/assets/gown/{DIGEST}", server.token(room="coat"))) == 403


def test_asset_without_invitation(server: Process, assets: int) -> None:
    assert status(asked(assets, "GET", f"/assets/gown/{DIGEST}", None)) == 401


def test_asset_upload_by_a_reviewer(server: Process, assets: int) -> None:
    assert status(asked(assets, "PUT", f"/assets/gown/{'0' * 64}", server.token("reviewer"), CONTENT)) == 403


def test_asset_that_is_not_its_hash(server: Process, assets: int) -> None:
    assert status(asked(assets, "PUT", f"/assets/gown/{'0' * 64}", server.token(), CONTENT)) == 422
    assert status(asked(assets, "GET", f"/assets/gown/{'0' * 64}", server.token())) == 404
    assert not list((server.folder / "assets" / "gown").glob(".*"))


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"Content-Length": "99999999999"}, 413),
        ({"Content-Length": "-1"}, 411),
        ({"Content-Length": "1e3"}, 411),
        ({"Content-Length": "0"}, 413),
        ({"Transfer-Encoding": "chunked"}, 411),
    ],
)
def test_asset_length_that_lies(server: Process, assets: int, headers: dict[str, str], expected: int) -> None:
    path = f"/assets/gown/{'1' * 64}"
    assert status(asked(assets, "PUT", path, server.token(), b"abc", **headers)) == expected


def test_asset_upload_broken_off(server: Process, assets: int) -> None:
    path = f"/assets/gown/{'2' * 64}"
    head = request(path, assets, method="PUT", Authorization=f"Bearer {server.token()}", **{"Content-Length": "9000"})
    with socket.create_connection(("127.0.0.1", assets), timeout=15) as connection:
        connection.sendall(head + b"x" * 10)
        connection.shutdown(socket.SHUT_WR)
        assert status(drain(connection)) == 400
    assert not list((server.folder / "assets" / "gown").glob(".*"))


def test_asset_from_another_sites_page(server: Process, assets: int) -> None:
    path, token = f"/assets/gown/{DIGEST}", server.token()
    answer = asked(assets, "GET", path, token, Origin="https://evil.example")
    assert status(answer) == 403
    assert b"Access-Control-Allow-Origin" not in answer
    answer = asked(assets, "GET", path, token, Origin=f"http://127.0.0.1:{server.port}")
    assert f"Access-Control-Allow-Origin: http://127.0.0.1:{server.port}".encode() in answer


# ---- What nobody may read ----


def test_no_secret_in_the_log(server: Process) -> None:
    token = server.token("viewer")
    opened(server.port, token).close()
    joined(server, token + "x")
    joined(server, token, f"/live/gown/design?token={token}")
    log = server.log.read_text()
    assert token[10:] not in log
    assert (server.folder / "secret.key").read_text() not in log


def test_files_are_their_owners(server: Process) -> None:
    assert (server.folder / "secret.key").stat().st_mode & 0o077 == 0
    assert server.folder.stat().st_mode & 0o077 == 0


def test_every_answer_is_hardened(server: Process) -> None:
    for path in ("/", "/healthz", "/nothing", "/live/gown/design", "/config.json"):
        answer = exchange(server.port, request(path, server.port))
        for line in (b"Content-Security-Policy", b"nosniff", b"no-referrer", b"frame-ancestors 'none'"):
            assert line in answer, path
        assert b"Server:" not in answer
