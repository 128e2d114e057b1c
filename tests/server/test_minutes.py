# SPDX-License-Identifier: GPL-3.0-or-later
"""The minutes of a review: taken over the wire, told whole, and read back by others."""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
import zipfile
from xml.etree import ElementTree

import pytest
from server.peers import Peer, invite, serving, until
from server.process import running
from toile.addon.collaborate.paper import document, write_minutes
from toile.collab_server import __main__ as command_line
from toile.collab_server import minutes
from toile.collab_server.assets import asset_path
from toile.collab_server.invitation import Invitation
from toile.models.recommend.reviews import read_reviews
from toile.patterns.techpack.pdf import document_to_pdf

GLB = b"glTF of a gown"
DIGEST = hashlib.sha256(GLB).hexdigest()
WORDS = "Looser <b>here</b>?\x07 再宽一点 ☂"


@pytest.fixture(scope="module")
def held(tmp_path_factory) -> minutes.Documents:
    """A review that was held between a designer and a customer, fetched by a viewer's link."""
    folder = tmp_path_factory.mktemp("review")

    async def conversation() -> minutes.Documents:
        async with serving(folder) as server:
            asset = asset_path(folder, "gown", DIGEST)
            asset.parent.mkdir(parents=True)
            asset.write_bytes(GLB)
            design = await Peer.join(server)
            design.map("garment")["style"] = "sheath"
            ana, rita = await Peer.join(server, document="review"), await Peer.join(server, "reviewer", "review")
            assert (await rita.command("comment", id="1" * 32, text=WORDS, piece="front", uv=[0.1, -0.25]))["done"]
            assert (await ana.command("comment", id="2" * 32, text="Yes", reply_to="1" * 32))["done"]
            assert (await ana.command("mark", id="3" * 32, comment="1" * 32, status="resolved"))["done"]
            assert (await rita.command("comment", id="4" * 32, text="x" * 4000))["done"]
            assert (await rita.command("propose", id="5" * 32, parameter="hem", value=0.05, text="Longer"))["done"]
            assert (await rita.command("propose", id="6" * 32, parameter="hem", value=0.9))["done"]
            assert (await ana.command("decide", id="7" * 32, proposal="5" * 32, accepted=True))["done"]
            assert (await rita.command("choose", id="8" * 32, what="colour", part="main", value="#336699"))["done"]
            assert (await ana.command("publish", id="9" * 32, glb=DIGEST, label="First"))["done"]
            await until(lambda: len(rita.map("versions")) == 1)
            (version,) = rita.map("versions")
            assert (await rita.command("approve", id="a" * 32, version=version))["done"]
            link = Invitation(f"http://127.0.0.1:{server.port}", "gown", invite(server, "viewer"))
            return await asyncio.to_thread(minutes.fetch, link)

    return asyncio.run(asyncio.wait_for(conversation(), 120))


def test_everything_that_was_said_is_told_once(held):
    taken = minutes.take(held["review"])
    first, second = taken["comments"]
    assert (first["text"], first["status"], [a["text"] for a in first["answers"]]) == (WORDS, "resolved", ["Yes"])
    assert (second["status"], second["answers"]) == ("open", [])
    assert [(p["value"], p["status"]) for p in taken["proposals"]] == [(0.05, "accepted"), (0.9, "open")]
    assert [(c["what"], c["value"]) for c in taken["choices"]] == [("colour", "#336699")]
    (version,) = taken["versions"]
    assert (version["glb"], len(version["approvals"]), version["approvals"][0]["by"]) == (DIGEST, 1, "Ana")


def test_bcf_has_a_topic_for_each_thread_and_proposal(held):
    archive = zipfile.ZipFile(io.BytesIO(minutes.to_bcf(minutes.take(held["review"]))))
    assert ElementTree.fromstring(archive.read("bcf.version")).get("VersionId") == "2.1"
    topics = [ElementTree.fromstring(archive.read(name)) for name in archive.namelist() if name.endswith("markup.bcf")]
    assert len(topics) == 4
    by = {topic.find("Topic").get("Guid"): topic for topic in topics}
    thread = by["11111111-1111-1111-1111-111111111111"]
    assert thread.find("Topic").get("TopicStatus") == "Closed"
    assert thread.findtext("Topic/Description") == f"{WORDS} (at 0.100 m, -0.250 m of front)".replace("\x07", "")
    assert thread.findtext("Comment/Comment") == "Yes"
    assert [t.find("Topic").get("TopicStatus") for t in topics if t.find("Topic").get("TopicType") == "Proposal"] == [
        "Accepted",
        "Open",
    ]
    order = [child.tag for child in thread.find("Topic")]
    assert order == ["Title", "Labels", "CreationDate", "CreationAuthor", "Description"]  # the schema's sequence


def test_files_are_the_same_bytes_and_the_recommender_reads_them(held, tmp_path):
    files = write_minutes(held, "gown", tmp_path)
    assert sorted(file.name for file in files) == ["gown.bcfzip", "gown.json", "gown.pdf"]
    before = [file.read_bytes() for file in files]
    assert [file.read_bytes() for file in write_minutes(held, "gown", tmp_path)] == before
    assert json.loads((tmp_path / "gown.json").read_text("utf-8"))["review"] == held["review"]
    kinds = sorted(record["kind"] for record in read_reviews(tmp_path / "gown.json"))
    assert kinds == ["approval", "chosen", "comment", "comment"]
    assert not list(tmp_path.glob(".*"))


def test_the_paper_says_it_all(held):
    pypdf = pytest.importorskip("pypdf")
    pages = pypdf.PdfReader(io.BytesIO(document_to_pdf(document(minutes.take(held["review"]), "gown")))).pages
    text = "".join("".join(page.extract_text() for page in pages).split())
    for words in ("Minutesofgown", "Yes", "hem=0.05", "accepted", "#336699", "First", "x" * 50):
        assert words in text, (words, text)
    assert text.count("x") >= 4000


def test_an_empty_review_has_empty_minutes(tmp_path):
    assert minutes.take({}) == {"comments": [], "proposals": [], "choices": [], "versions": []}
    assert (
        minutes.take({"comments": {"a": 3, "b": {"text": "no one"}, "c": {"by": "x", "at": "noon"}}})["comments"] == []
    )
    assert len(write_minutes({"design": {}, "review": {}}, "gown", tmp_path)) == 3


def test_the_command_line_takes_minutes_by_a_link(tmp_path, capsys):
    with running(tmp_path / "review") as server:
        link = Invitation(f"http://127.0.0.1:{server.port}", "gown", server.token("viewer")).link
        assert command_line.main(["minutes", link, "--out", str(tmp_path / "out")]) == 0
        assert json.loads((tmp_path / "out" / "gown.json").read_text())["review"]["comments"] == {}
        assert command_line.main(["minutes", link.replace(link[-8:], "A" * 8)]) == 3
        assert command_line.main(["minutes", "gown"]) == 3
    assert command_line.main(["minutes", link]) == 3
    refusals = capsys.readouterr().err.count("Refused: ")
    assert refusals == 3
