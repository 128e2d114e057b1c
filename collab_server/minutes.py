# SPDX-License-Identifier: GPL-3.0-or-later
"""The minutes of a review: what was said, proposed, decided, chosen, published and approved, by whom and when.

As JSON, both documents whole, which the recommender reads; and as topics of buildingSMART's BIM Collaboration Format
2.1, which issue trackers import. The same review gives the same bytes.
"""

from __future__ import annotations

import io
import json
import textwrap
import uuid
import zipfile
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from pycrdt import Map
from websockets.exceptions import InvalidStatus, WebSocketException
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from . import wire
from .document import Document
from .invitation import Invitation
from .room import ROOTS

Documents = Mapping[str, Mapping[str, Mapping[str, Any]]]  # design and review → their maps → entries by key
Minutes = dict[str, list[dict[str, Any]]]
_LARGEST = 64 << 20  # bytes of a document
_PATIENCE = 20.0  # s


class MinutesRefused(ValueError):
    """A review whose minutes cannot be taken; the text says why."""


def fetch(invitation: Invitation) -> Documents:
    """Both documents of a room, by any invitation to it. Raises MinutesRefused."""
    return {name: _fetch(invitation, name) for name in ROOTS}


def _fetch(invitation: Invitation, name: str) -> dict[str, dict[str, Any]]:
    document = Document(ROOTS[name])
    protocols = [Subprotocol(wire.SUBPROTOCOL), Subprotocol(wire.INVITE + invitation.token)]
    proxy = None if invitation.local else True
    try:
        with connect(
            invitation.live(name), subprotocols=protocols, compression=None, max_size=_LARGEST, proxy=proxy
        ) as socket:
            socket.send(wire.sync(wire.STEP1, document.state))
            while True:
                reader = wire.Reader(socket.recv(_PATIENCE, decode=False))
                if reader.number() == wire.SYNC and reader.number() == wire.STEP2:
                    document.take(reader.buffer())
                    return {root: document.doc.get(root, type=Map).to_py() or {} for root in sorted(ROOTS[name])}
    except InvalidStatus as refused:
        said = (refused.response.body or b"").decode(errors="replace").strip()
        raise MinutesRefused(said or "The server does not admit this invitation.") from refused
    except (OSError, WebSocketException, ValueError) as error:
        raise MinutesRefused(f"The review cannot be read ({error or type(error).__name__}).") from error


def take(review: Mapping[str, Mapping[str, Any]]) -> Minutes:
    """Minutes of a review document: `comments` with `status` and `answers`, `proposals` with what became of them,
    `choices`, and `versions` with their `approvals`; each said by whom and when, the oldest first.

    Entries that are none, from a server of another version, are left out.
    """  # one list
    answers, approvals = _entries(review, "comments"), _entries(review, "approvals")
    resolved = {entry["key"] for entry in _entries(review, "marks") if entry.get("status") == "resolved"}
    decided = {entry["key"]: entry.get("accepted") for entry in _entries(review, "decisions")}
    words: dict[Any, str] = {True: "accepted", False: "declined"}
    return {
        "comments": [
            {
                **entry,
                "status": "resolved" if entry["key"] in resolved else "open",
                "answers": [answer for answer in answers if answer.get("reply_to") == entry["key"]],
            }
            for entry in answers
            if "reply_to" not in entry
        ],
        "proposals": [
            {**entry, "status": words.get(decided.get(entry["key"]), "open")} for entry in _entries(review, "proposals")
        ],
        "choices": _entries(review, "choices"),
        "versions": [
            {**entry, "approvals": [one for one in approvals if one.get("version") == entry["key"]]}
            for entry in _entries(review, "versions")
        ],
    }


def _entries(review: Mapping[str, Mapping[str, Any]], root: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for key, entry in review.get(root, {}).items():
        if isinstance(entry, dict) and isinstance(entry.get("by"), str) and isinstance(entry.get("at"), int | float):
            at = datetime.fromtimestamp(round(entry["at"]), UTC).isoformat()
            found.append({**entry, "key": key, "at": at})
    return sorted(found, key=lambda entry: (entry["at"], entry["key"]))


def write(documents: Documents, room: str, folder: Path) -> list[Path]:
    """Write ROOM.json and ROOM.bcfzip into a folder; the files. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    whole = {"room": room, **documents}
    text = (
        json.dumps(whole, ensure_ascii=False, indent=1, sort_keys=True, default=bytes.hex).encode(errors="replace")
        + b"\n"
    )
    files = {f"{room}.json": text, f"{room}.bcfzip": to_bcf(take(documents["review"]))}
    for name, content in files.items():
        beside = folder / f".{name}.part"
        beside.write_bytes(content)
        beside.replace(folder / name)
    return [folder / name for name in files]


def to_bcf(minutes: Minutes) -> bytes:
    """A BCF 2.1 archive: a topic for each thread and each proposal."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        version = ElementTree.Element("Version", VersionId="2.1")
        ElementTree.SubElement(version, "DetailedVersion").text = "2.1"
        _add(archive, "bcf.version", version)
        for comment in minutes["comments"]:
            status = "Closed" if comment["status"] == "resolved" else "Open"
            _add_topic(archive, comment, ("Comment", status, comment.get("text")), comment["answers"])
        for proposal in minutes["proposals"]:
            title = f"{proposal.get('parameter')} = {proposal.get('value')}"
            _add_topic(archive, proposal, ("Proposal", proposal["status"].capitalize(), title), ())
    return packed.getvalue()


def _add_topic(
    archive: zipfile.ZipFile, said: Mapping[str, Any], topic: tuple[str, str, Any], answers: Iterable[Mapping[str, Any]]
) -> None:
    kind, status, title = topic
    guid = _guid(said["key"])
    markup = ElementTree.Element("Markup")
    head = ElementTree.SubElement(markup, "Topic", Guid=guid, TopicType=kind, TopicStatus=status)
    _put(head, "Title", textwrap.shorten(str(title), 80, placeholder="…") or kind)
    if "piece" in said:
        _put(head, "Labels", said["piece"])
    _put(head, "CreationDate", said["at"])
    _put(head, "CreationAuthor", said["by"])
    pin = f" (at {said['uv'][0]:.3f} m, {said['uv'][1]:.3f} m of {said['piece']})" if "piece" in said else ""
    _put(head, "Description", f"{said.get('text', '')}{pin}")
    for answer in answers:
        comment = ElementTree.SubElement(markup, "Comment", Guid=_guid(answer["key"]))
        for name, key in (("Date", "at"), ("Author", "by"), ("Comment", "text")):
            _put(comment, name, answer.get(key))
    _add(archive, f"{guid}/markup.bcf", markup)


def _put(parent: ElementTree.Element, name: str, text: object) -> None:
    """A child with a text, without what XML has no letters for."""
    ElementTree.SubElement(parent, name).text = "".join(c for c in str(text) if c.isprintable() or c in "\n\t")


def _add(archive: zipfile.ZipFile, name: str, content: ElementTree.Element) -> None:
    told = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
    told.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(told, ElementTree.tostring(content, "UTF-8", xml_declaration=True))


def _guid(name: str) -> str:
    """A topic's name: the entry's own 32 hexadecimal digits as BCF writes them."""
    return str(uuid.UUID(name))
