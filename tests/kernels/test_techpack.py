# SPDX-License-Identifier: GPL-3.0-or-later
"""The tech pack: measures are the pattern's, thread and money add up, its files are read back by other libraries."""

import io
import re
import struct
import zlib
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pypdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from people import WOMAN
from toile.patterns import Pattern, draft, styles
from toile.patterns.grading import Sizes
from toile.patterns.marker import Fabric, Laid, Marker
from toile.patterns.techpack import (
    Brief,
    Cloth,
    Drawing,
    LanguageRefused,
    Picture,
    PictureRefused,
    PricesRefused,
    Stroke,
    TechPackRefused,
    document_to_html,
    document_to_pdf,
    operations,
    points_of_measure,
    read_prices,
    tech_pack,
    trim_counts,
)
from toile.patterns.techpack.costing import total
from toile.patterns.techpack.pages import _CUT, _WHAT  # what the sheets say by a name
from toile.patterns.techpack.sheets import Column, Document, Page, Row, Table
from toile.patterns.techpack.speech import Speech
from toile.patterns.techpack.stitches import stitch_types, time, without_sides

ROOT = Path(__file__).resolve().parents[2]
KNITS = {"cotton_jersey", "elastane_jersey"}


def png(pixels: np.ndarray, kind: int = 2) -> bytes:
    height, width = pixels.shape[:2]
    rows = b"".join(b"\0" + row.tobytes() for row in pixels)

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", width, height, 8, kind, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def kind_of(style: str) -> str:
    return "knit" if styles()[style].fabric in KNITS else "woven"


@cache
def drafted(style: str, scale: float = 1.0) -> Pattern:
    return draft(style, {k: v * (scale if k != "shoulder_slope" else 1.0) for k, v in WOMAN.items()})


def brief_of(style: str, **more) -> Brief:
    sizes = Sizes({"M": drafted(style), "L": drafted(style, 1.05)}, "M")
    square = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])
    cloths = tuple(
        Cloth(role, "cotton_poplin", "Cotton poplin", kind_of(style), 0.12, marker)
        for role in dict.fromkeys(piece.fabric for piece in sizes.pattern.pieces)
        for marker in [Marker(Fabric(1.5, density=0.12), 2.0, (Laid("front", "front", "M", square, (0.0, 0.0)),))]
    )
    return Brief("Shirt", "T-1", sizes, cloths, {"M": 1, "L": 1}, read_prices(), **more)


@pytest.fixture(scope="module")
def shirt() -> Brief:
    return brief_of("shirt")


@settings(max_examples=10, deadline=None)
@given(ease=st.floats(0.02, 0.3), sleeve=st.floats(0.3, 0.9))
def test_half_the_chest_is_half_of_body_and_ease(ease: float, sleeve: float) -> None:
    pattern = draft("tshirt", WOMAN, {"bust_ease": ease, "sleeve_length": sleeve})
    found = {point.code: point for point in points_of_measure(pattern)}
    assert found["A"].value == pytest.approx((WOMAN["bust"] + ease) / 2, abs=1e-6)
    panels = {panel.name: panel for panel in pattern.panels()}
    assert found["J"].value == pytest.approx(panels["front"].edge("side_left").length)
    hems = [edge.length for panel in ("front", "back") for edge in panels[panel].edges if "hem" in edge.name]
    assert found["E"].value == pytest.approx(sum(hems) / 2)
    assert found["N"].value == pytest.approx(panels["sleeve_left"].edge("hem").length / 2)


@pytest.mark.parametrize("style", list(styles()))
def test_every_garment_has_measures_that_lie_on_its_pieces(style: str) -> None:
    pattern = drafted(style)
    points = points_of_measure(pattern)
    assert len(points) >= 4
    assert len({point.code for point in points}) == len(points)
    pieces = {piece.name: piece for piece in pattern.pieces}
    for point in points:
        assert 0.01 < point.value < 6.0, point
        assert 0.0 < point.tolerance <= 0.02
        assert point.names["zh_HANS"] != point.names["en"]
        for name, line in point.lines:
            outline = np.concatenate([edge.flattened() for edge in pieces[name].edges])
            assert (line >= outline.min(axis=0) - 1e-3).all(), point.code
            assert (line <= outline.max(axis=0) + 1e-3).all(), point.code


@pytest.mark.parametrize("style", list(styles()))
def test_every_seam_is_sewn_once_and_its_thread_is_its_length(style: str) -> None:
    pattern = drafted(style)
    made = operations(pattern, kind_of(style))
    seams = {(o.what, o.name): o for o in made if o.what in ("seam", "zip")}
    walked: dict[tuple[str, str], list[float]] = {}
    for seam, proof in zip(pattern.seams, pattern.proof().seams, strict=True):
        walked.setdefault(("zip" if seam.zip else "seam", without_sides(proof.name)), []).append(proof.length_a)
    assert {name: o.count for name, o in seams.items()} == {name: len(lengths) for name, lengths in walked.items()}
    for name, lengths in walked.items():
        assert seams[name].length == pytest.approx(sum(lengths))
    for o in made:
        ratio = sum(stitch.thread for stitch in o.stitches)
        assert o.thread == pytest.approx(ratio * o.length * (1 + time("thread_waste")))
        assert o.minutes > o.count * len(o.stitches) * time("handling")
        assert re.fullmatch(r"[1-8]\.\d\d\.\d\d", o.seam.code)
        assert all(stitch.code in stitch_types() for stitch in o.stitches)


def test_trims_are_those_of_the_panels(shirt: Brief) -> None:
    counted = dict.fromkeys(("button", "buttonhole"), 0)
    for trim in trim_counts(shirt.pattern):
        counted[trim.kind] += trim.count
    trims = [trim.kind for panel in shirt.pattern.panels() for trim in panel.trims]
    assert counted == {"button": trims.count("button"), "buttonhole": trims.count("buttonhole")}
    assert counted["button"] == len(shirt.pattern.fastenings)


@settings(max_examples=20, deadline=None)
@given(factor=st.floats(0.1, 50.0))
def test_the_cost_is_linear_in_the_minutes_price(factor: float) -> None:
    brief = brief_of_cached("tshirt")
    rates = dict(brief.prices.rates)
    dearer = replace(brief, prices=replace(brief.prices, rates={**rates, "minute": factor * rates["minute"]}))
    labour = brief.minutes * rates["minute"] * (1 + rates["overhead"])
    assert total(dearer.costs()) - total(brief.costs()) == pytest.approx((factor - 1) * labour, abs=1e-9)


@cache
def brief_of_cached(style: str) -> Brief:
    return brief_of(style)


def test_fabric_is_the_garments_share_of_the_marker(shirt: Brief) -> None:
    cloth = shirt.cloths[0]
    assert shirt.metres(cloth) == 1.0  # two garments on two metres
    line = next(line for line in shirt.costs() if line.item == cloth.label)
    assert line.quantity == pytest.approx(1.0 * 1.5 * 0.12)
    assert line.price == shirt.prices.fabric("cotton_poplin")


def test_what_is_fused_takes_interlining_and_is_billed(shirt: Brief) -> None:
    (interlining, area), *more = shirt.interlinings
    assert not more
    fused = [panel for panel in shirt.pattern.panels() if panel.interlining]
    assert {panel.interlining for panel in fused} == {interlining.name}
    used = shirt.cloths[0].marker.utilisation
    assert area == pytest.approx(sum(panel.area for panel in fused) / used)
    line = next(line for line in shirt.costs() if line.item == "Interlining")
    assert (line.quantity, line.unit, line.price) == (area, "m²", shirt.prices.rates["interlining"])
    text = document_to_html(tech_pack(shirt, "zh_HANS"))
    assert interlining.names["zh_HANS"] in text
    assert "烫衬" in text
    assert not brief_of_cached("tshirt").interlinings


@pytest.mark.parametrize(
    "text",
    [
        "rates = 3",
        "[rates]\nminute = -1",
        "[rates]\nminute = nan",
        "[rates]\nminute = inf",
        "[rates]\nminute = true",
        "[rates]\nminute = '3'",
        "[rates]\nhour = 3",
        "[trims]\nsequin = 1",
        "[other]\na = 1",
        "currency = ''",
        "currency = 3",
        "[[",
        "a = " + "[" * 3000,
        "\x00",
    ],
)
def test_what_is_no_price_is_refused_by_name(tmp_path: Path, text: str) -> None:
    (tmp_path / "prices.toml").write_text(text)
    with pytest.raises(PricesRefused, match=r"\w"):
        read_prices(tmp_path / "prices.toml")


def test_files_that_are_no_prices_are_refused(tmp_path: Path) -> None:
    with pytest.raises(PricesRefused, match="cannot be read"):
        read_prices(tmp_path / "none.toml")
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(PricesRefused, match="not TOML"):
        read_prices(tmp_path / "bytes.toml")
    (tmp_path / "large.toml").write_text("# " + "x" * 2**21)
    with pytest.raises(PricesRefused, match="larger"):
        read_prices(tmp_path / "large.toml")


def test_a_studios_prices_lie_over_the_examples(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(
        'currency = "CNY"\n[rates]\nminute = 0.9\n[fabrics]\nmy_linen = 70\n[extras]\nRibbon = 1\n'
    )
    own, shipped = read_prices(tmp_path / "own.toml"), read_prices()
    assert (own.currency, own.rates["minute"], own.fabric("my_linen")) == ("CNY", 0.9, 70.0)
    assert own.rates["thread"] == shipped.rates["thread"]
    assert dict(own.extras) == {"Ribbon": 1.0}


def test_the_pdf_says_what_the_pattern_measures(shirt: Brief) -> None:
    data = document_to_pdf(tech_pack(shirt))
    reader = pypdf.PdfReader(io.BytesIO(data), strict=True)
    text = "\n".join(page.extract_text() for page in reader.pages)
    for size in shirt.sizes.patterns.values():
        for point in points_of_measure(size):
            assert f"{100 * point.value:.1f}" in text
    for seam in shirt.pattern.proof().seams:
        assert f"{100 * seam.length_a:.2f}" in text
    assert f"{total(shirt.costs()):.2f}" in text
    for page in reader.pages:
        assert (float(page.mediabox.width), float(page.mediabox.height)) == pytest.approx((841.89, 595.28), abs=0.01)
    assert data == document_to_pdf(tech_pack(shirt))


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.said: list[str] = []

    def handle_starttag(self, tag, attrs):
        assert not any(name.startswith("on") for name, _ in attrs)
        for name, value in attrs:
            if name in ("href", "src"):
                assert value.startswith(("data:", "#"))  # nothing from the network
        if tag not in ("meta", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.said.append(data)


def test_the_html_is_whole_and_asks_nothing_of_the_network(shirt: Brief) -> None:
    wicked = replace(shirt, title="<script>alert(1)</script>", number='"&')
    text = document_to_html(tech_pack(wicked))
    assert "<script" not in text
    reader = _Reader()
    reader.feed(re.sub(r"<(image|use|rect|polygon|polyline)([^>]*)/>", r"<\1\2></\1>", text.split("\n", 1)[1]))
    assert reader.open == []
    said = " ".join(reader.said)
    assert all(point.names["en"] in said for point in points_of_measure(shirt.pattern))


@pytest.mark.slow
@pytest.mark.parametrize("style", list(styles()))
def test_a_pack_in_chinese_has_no_english_words(style: str) -> None:
    brief = brief_of(style)
    brief = replace(brief, title="款", cloths=tuple(replace(cloth, label="布") for cloth in brief.cloths))
    document = tech_pack(brief, "zh_HANS")
    words = [block.title for page in document.pages for row in page.rows for block in row.blocks]
    for page in document.pages:
        words.append(page.title)
        for block in (block for row in page.rows for block in row.blocks):
            if isinstance(block, Table):
                words += [column.head for column in block.columns] + [cell for row in block.rows for cell in row]
            elif isinstance(block, Drawing):
                words += [word.text for word in block.words]
            elif hasattr(block, "sentences"):
                words += block.sentences
    known = re.compile(
        r"ISO|ASTM|D6193|[A-Z]{2}[a-z]|EUR|Toile|T-1|cm|mm|µm|kg|min|[mg]/m|\b[mg]\b|m²|B/A|\b[A-Z]\b|[ML](?= \d)"
    )
    english = {word for word in words if re.search("[A-Za-z]", known.sub("", word))}
    assert not english


def test_words_and_letters_reach_the_pdf() -> None:
    say = Speech("zh_HANS")
    table = Table("", (Column("½ é × ²"),), ((say("Measurements"),), ("𠮷",)))
    data = document_to_pdf(Document("表", ("数",), (Page("é", (Row((table,), (1.0,)),)),), "zh_HANS"))
    page = pypdf.PdfReader(io.BytesIO(data), strict=True).pages[0]
    stream = page.get_contents().get_data().decode("latin-1")
    shown = {bytes.fromhex(text) for text in re.findall(r"\[<([0-9a-f]*)>\] TJ", stream)}
    assert {"½ é × ²".encode("cp1252"), "尺寸表".encode("utf-16-be"), "𠮷".encode("utf-16-be")} <= shown
    with pytest.raises(LanguageRefused, match="en or zh_HANS"):
        tech_pack(brief_of_cached("tshirt"), "fr")


@settings(max_examples=15, deadline=None)
@given(count=st.integers(1, 150), long=st.integers(1, 40))
def test_a_long_table_goes_on_and_loses_no_row(count: int, long: int) -> None:
    rows = tuple((f"r{k}e", "word " * (long if k % 7 == 0 else 1)) for k in range(count))
    table = Table("T", (Column("A"), Column("B", share=2.0)), rows)
    data = document_to_pdf(Document("t", (), (Page("p", (Row((table,), (1.0,)),)),)))
    found = []
    for page in pypdf.PdfReader(io.BytesIO(data)).pages:
        seen: list[tuple[float, str]] = []
        page.extract_text(visitor_text=lambda text, cm, tm, *_, s=seen: s.append((tm[5] * cm[3] + cm[5], text)))
        found += [text.strip() for _, text in seen if re.fullmatch(r"r\d+e", text.strip())]
        assert min(y for y, text in seen if text.strip()) > 10  # points above the paper's foot
    assert found == [name for name, _ in rows]


def test_a_picture_is_in_the_pdf_once_and_pixel_by_pixel() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (40, 60, 3), np.uint8)
    picture = Picture("a", png(pixels))
    detail = Picture("b", picture.png, (0.25, 0.25, 0.75, 0.5))
    assert picture.shape == pytest.approx(40 / 60)
    assert detail.shape == pytest.approx(10 / 30)
    document = Document("t", (), (Page("p", (Row((picture, detail), (1.0, 1.0), 0.5),)),))
    images = pypdf.PdfReader(io.BytesIO(document_to_pdf(document)), strict=True).pages[0].images
    assert len(images) == 1
    assert (np.asarray(images[0].image) == pixels).all()
    html = document_to_html(document)
    assert html.count("data:image/png") == 1
    assert 'viewBox="15 10 30 10"' in html


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"GIF89a",
        png(np.zeros((2, 2, 4), np.uint8), 6),
        png(np.zeros((2, 2, 1), np.uint8), 0),
        b"\x89PNG\r\n\x1a\n",
    ],
)
def test_what_is_no_plain_png_is_refused(data: bytes) -> None:
    with pytest.raises(PictureRefused, match="PNG"):
        Picture("x", data)


def test_a_picture_that_is_cut_off_or_cropped_to_nothing_is_refused() -> None:
    whole = png(np.zeros((8, 8, 3), np.uint8))
    cut = Picture("x", whole[:-20])
    with pytest.raises(PictureRefused, match="ends in the middle"):
        document_to_pdf(Document("t", (), (Page("p", (Row((cut,), (1.0,), 0.5),)),)))
    with pytest.raises(PictureRefused, match="nothing"):
        Picture("x", whole, (0.5, 0.0, 0.5, 1.0))


def test_a_brief_without_its_cloth_or_garments_is_refused(shirt: Brief) -> None:
    with pytest.raises(TechPackRefused, match="main"):
        replace(shirt, cloths=())
    with pytest.raises(TechPackRefused, match="no garment"):
        replace(shirt, counts={"M": 0})


def test_a_drawing_is_as_large_as_what_is_on_it() -> None:
    drawing = Drawing("", (Stroke(np.array([[0.0, 1.0], [4.0, 3.0]])),), margin=0.5)
    low, high = drawing.box
    assert (low.tolist(), high.tolist()) == ([-0.5, 0.5], [4.5, 3.5])


def test_all_that_the_sheets_say_stands_in_chinese() -> None:
    source = (ROOT / "patterns/techpack/pages.py").read_text("utf-8")
    said = set(re.findall(r'say\("([^"]+)"\)', source)) | set(_CUT.values()) | set(_WHAT.values())
    said |= {"ease", "gathered", "stretched", "left", "right"}
    say = Speech("zh_HANS")
    assert not {word for word in said if say(word) == word and word not in ("pc",)}
