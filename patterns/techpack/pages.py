# SPDX-License-Identifier: GPL-3.0-or-later
"""The sheets of a tech pack: what each says of a brief, and how it is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ..curves import Points
from ..cutting import grain_line, seam_line
from ..grading import Sizes
from ..pattern import Pattern
from ..pieces import Piece
from ..printing import Placed, laid_out
from ..seams import SeamProof
from ..stripes import MATCHED
from .brief import Brief, Cloth, Fit, by_kind, zips
from .costing import total
from .points_of_measure import PointOfMeasure, points_of_measure
from .sheets import Block, Colour, Column, Document, Drawing, Note, Page, Row, Stroke, Table, Word
from .speech import Speech
from .stitches import elastics, time, without_sides

_SHEET = 1.6  # metres of pieces side by side on the sheet that shows them
_RED: Colour = (0.78, 0.12, 0.12)
_GREY: Colour = (0.5, 0.5, 0.5)
_PALE: Colour = (0.92, 0.94, 0.96)
_SIZES: tuple[Colour, ...] = (
    (0, 0, 0),
    (0.75, 0.1, 0.1),
    (0.1, 0.3, 0.7),
    (0.1, 0.5, 0.2),
    (0.6, 0.3, 0),
    (0.5, 0.1, 0.5),
)
_PER_PICTURE = 3  # details in a row
_GATHERED = 1.2  # times as long: less is held in as ease


def tech_pack(brief: Brief, language: str = "en") -> Document:
    """The tech pack in a language of LANGUAGES. Raises TechPackRefused, StitchesRefused and SeamMismatch."""
    say = Speech(language)
    sizes = brief.sizes
    head = (brief.number, f"{say('Sample size')} {sizes.sample}", " / ".join(sizes.patterns))
    pages = [
        _cover(brief, say),
        *([_flats(brief, say)] if brief.flats else []),
        _measurements(brief, say),
        _pieces(brief, say),
        *([_nest(brief, say)] if len(sizes.patterns) > 1 else []),
        _construction(brief, say),
        *(_marker(brief, cloth, say) for cloth in brief.cloths),
        Page(say("Materials and cost"), (_materials(brief, say), *_cost_sheet(brief, say))),
        _proof(brief, say),
        *([_fit(brief.fit, say)] if brief.fit else []),
    ]
    return Document(f"{say('Tech pack')}: {brief.title}", tuple(filter(None, head)), tuple(pages), language)


def _cm(metres: float, digits: int = 1) -> str:
    return f"{100 * metres:.{digits}f}"


def _cover(brief: Brief, say: Speech) -> Page:
    pattern, cloth = brief.pattern, brief.cloths[0]
    facts = [
        (say("Style"), brief.title),
        (say("Style number"), brief.number),
        (say("Sample size"), brief.sizes.sample),
        (say("Sizes"), ", ".join(brief.sizes.patterns)),
        *((say("Fabric") if c is cloth else f"{say('Fabric')}, {say.name(c.role)}", c.label) for c in brief.cloths),
        (say("Weight of fabric"), f"{1000 * cloth.density:.0f} g/m²"),
        (say("Pieces"), str(sum(piece.quantity for piece in pattern.pieces))),
        (say("Trims"), ", ".join(f"{n} × {say(k.capitalize())}" for k, n in by_kind(brief.trims).items()) or "–"),
        (say("Standard minutes"), f"{brief.minutes:.1f}"),
        (say("Cost to make"), f"{total(brief.costs()):.2f} {brief.prices.currency}"),
    ]
    table = Table("", (Column(say("Summary")), Column("", share=1.4)), tuple(facts))
    pictures = tuple(replace(picture, title=say(picture.title)) for picture in brief.pictures)
    rows = (Row((*pictures, table), (*(1.0 for _ in pictures), 0.9), 0.96 if brief.pictures else 0.0),)
    return Page(say("Style"), rows)


def _flats(brief: Brief, say: Speech) -> Page:
    flats, details = (tuple(replace(b, title=say(b.title)) for b in some) for some in (brief.flats, brief.details))
    rows = [Row(flats, tuple(1.0 for _ in flats), 0.62)]
    for k in range(0, len(details), _PER_PICTURE):
        some = details[k : k + _PER_PICTURE]
        rows.append(Row(some, tuple(1.0 for _ in some), 0.34))
    return Page(say("Flat sketch and details"), tuple(rows))


def _measurements(brief: Brief, say: Speech) -> Page:
    by_size = {size: {p.code: p for p in points_of_measure(pattern)} for size, pattern in brief.sizes.patterns.items()}
    sample = by_size[brief.sizes.sample]
    columns = [Column("", share=0.35), Column(say("Point of measure, cm"), share=3.4), Column("±", "right", 0.5)]
    columns += [Column(f"{size} *" if size == brief.sizes.sample else size, "right", 0.7) for size in by_size]
    rows = [
        (
            code,
            point.names[say.language],
            _cm(point.tolerance),
            *(_cm(of[code].value) if code in of else "–" for of in by_size.values()),
        )
        for code, point in sample.items()
    ]
    note = Note("", (say("Taken flat along the sew lines, before washing; * is the sample size."),))
    drawing = _pieces_drawing(brief.pattern, say, tuple(sample.values()))
    table = Row((Table("", tuple(columns), tuple(rows)),), (1.0,))
    return Page(say("Measurements"), (table, Row((note,), (1.0,)), Row((drawing,), (1.0,), 0.9)))


def _pieces(brief: Brief, say: Speech) -> Page:
    columns = (
        Column(say("Piece"), share=1.5),
        Column(say("Fabric"), share=0.7),
        Column(say("Cut"), "right", 0.5),
        Column(say("How"), share=2.2),
        Column(say("Area, m²"), "right", 1.0),
    )
    rows = tuple(
        (
            say.name(piece.name),
            say.name(piece.fabric),
            str(piece.quantity),
            _how(piece, say),
            f"{sum(panel.area for panel in piece.panels()):.4f}",
        )
        for piece in brief.pattern.pieces
    )
    drawing = _pieces_drawing(brief.pattern, say, ())
    return Page(say("Pieces"), (Row((drawing, Table("", columns, rows)), (1.7, 1.0), 0.9),))


_CUT = {"single": "as drawn", "mirrored": "a left and a right one", "fold": "on the fold"}


def _how(piece: Piece, say: Speech) -> str:
    doubled = f", {say('doubled at')} {say.name(piece.doubled)}" if piece.doubled else ""
    return say(_CUT[piece.cut]) + doubled + (f", {say('fused')}" if piece.interlining else "")


def _placed(placed: Placed, size: str) -> tuple[Points, Points]:
    """The cut line and the sew line (n, 2) on the sheet."""
    return placed.lines[size] + placed.offset, seam_line(placed.sizes[size]).points + placed.offset


def _pieces_drawing(pattern: Pattern, say: Speech, points: Sequence[PointOfMeasure]) -> Drawing:
    """The pieces with cut line, sew line and grain; and where measures are taken, in red with their letters."""
    placed, _, _ = laid_out(Sizes({"-": pattern}, "-"), _SHEET)
    strokes: list[Stroke] = []
    words: list[Word] = []
    for place in placed:
        piece = place.sizes["-"]
        cut, sewn = _placed(place, "-")
        strokes.append(Stroke(cut, True, 2.5e-4 if not points else 1.2e-4, fill=_PALE))
        strokes.append(Stroke(sewn, True, 1.5e-4, (1.2, 0.8), _GREY))
        ends = np.array(grain_line(piece, cut))
        strokes.append(Stroke(ends, width=1.5e-4))
        middle = ends.mean(axis=0)
        words.append(Word((float(middle[0]), float(middle[1])), say.name(piece.name), 2.0e-3))
        for point in points:
            for name, line in point.lines:
                if name == piece.name:
                    at = line + place.offset
                    strokes.append(Stroke(at, width=4e-4, colour=_RED))
                    x, y = at[len(at) // 2] if len(at) > 2 else at.mean(axis=0)
                    words.append(Word((float(x), float(y)), point.code, 2.6e-3, colour=_RED, bold=True))
    return Drawing("", tuple(strokes), tuple(words), 0.01)


def _nest(brief: Brief, say: Speech) -> Page:
    placed, wide, _ = laid_out(brief.sizes, _SHEET)
    strokes: list[Stroke] = []
    words: list[Word] = []
    for place in placed:
        for size, line in place.lines.items():
            colour = _SIZES[list(brief.sizes.patterns).index(size) % len(_SIZES)]
            strokes.append(Stroke(line + place.offset, True, 2e-4, colour=colour))
        first = next(iter(place.lines.values())) + place.offset
        x, y = (first.min(axis=0) + first.max(axis=0)) / 2
        words.append(Word((float(x), float(y)), say.name(next(iter(place.sizes.values())).name)))
    for k, size in enumerate(brief.sizes.patterns):
        x = wide * (k + 0.5) / len(brief.sizes.patterns)
        words.append(Word((x, -0.04), size, 3e-3, colour=_SIZES[k % len(_SIZES)], bold=True))
    return Page(say("Nest of sizes"), (Row((Drawing("", tuple(strokes), tuple(words), 0.01),), (1.0,), 0.97),))


_WHAT = {"seam": "Seam", "zip": "Zip", "edge": "Edge", "line": "Topstitch", "elastic": "Elastic"}


def _construction(brief: Brief, say: Speech) -> Page:
    columns = (
        Column(say("Sewn"), share=0.8),
        Column(say("Where"), share=2.0),
        Column("×", "right", 0.3),
        Column(say("Length, cm"), "right", 0.8),
        Column(say("Allowance, cm"), "right", 0.9),
        Column("ISO 4916", share=0.7),
        Column("ASTM D6193", share=0.9),
        Column(say("Seam type"), share=1.7),
        Column("ISO 4915", share=0.8),
        Column(say("Stitch type"), share=2.2),
        Column(say("Stitches/cm"), "right", 0.9),
        Column(say("Thread, m"), "right", 0.8),
        Column(say("Minutes"), "right", 0.7),
    )
    language = say.language
    rows: list[tuple[str, ...]] = [
        (
            say(_WHAT[o.what]),
            say.name(o.name),
            str(o.count),
            _cm(o.length),
            _cm(o.allowance) if o.allowance else "–",
            o.seam.code,
            o.seam.astm,
            o.seam.names[language],
            " + ".join(stitch.code for stitch in o.stitches),
            ", ".join(dict.fromkeys(stitch.names[language] for stitch in o.stitches)),
            ", ".join(dict.fromkeys(f"{stitch.density / 100:.1f}" for stitch in o.stitches)),
            f"{o.thread:.1f}",
            f"{o.minutes:.2f}",
        )
        for o in brief.sewing
    ]
    blank = ("–",) * 6
    rows += [
        (
            say("Trim"), f"{say(t.kind.capitalize())} {1000 * t.size:.1f} mm", str(t.count), "–", *blank, "–",
            f"{t.thread:.1f}", f"{t.minutes:.2f}",
        )
        for t in brief.trims
    ]  # fmt: skip
    sewing = sum(o.minutes for o in brief.sewing) + sum(t.minutes for t in brief.trims)
    rows.append((say("Total"), "", "", "", *("",) * 7, f"{brief.thread:.1f}", f"{sewing:.2f}"))
    table = Table("", columns, tuple(rows), frozenset({len(rows) - 1}))
    return Page(say("Construction"), (Row((table,), (1.0,)),))


def _materials(brief: Brief, say: Speech) -> Row:
    columns = (
        Column(say("Item"), share=1.5),
        Column(say("What"), share=3.0),
        Column(say("Where"), share=2.0),
        Column(say("A garment"), "right", 1.0),
        Column(say("Unit"), share=0.5),
        Column(say("Waste in it"), "right", 0.9),
    )
    rows: list[tuple[str, ...]] = []
    for cloth in brief.cloths:
        marker, metres = cloth.marker, brief.metres(cloth)
        mass = metres * marker.fabric.width * cloth.density
        waste = f"{100 * (1 - marker.utilisation):.1f} %"
        what = f"{cloth.label}, {_cm(marker.fabric.width, 0)} cm, {1000 * cloth.density:.0f} g/m²"
        rows.append((say("Fabric"), what, say.name(cloth.role), f"{metres:.3f}", "m", waste))
        rows.append(("", "", "", f"{mass:.3f}", "kg", waste))
    for interlining, area in brief.interlinings:
        fused = [piece for piece in brief.pattern.pieces if piece.interlining == interlining.name]
        where = ", ".join(say.name(piece.name) for piece in fused)
        rows.append((say("Interlining"), interlining.names[say.language], where, f"{area:.3f}", "m²", ""))
    waste = f"{100 * time('thread_waste'):.0f} %"
    rows.append((say("Sewing thread"), say("All stitches"), "", f"{brief.thread:.0f}", "m", waste))
    rows += [
        (say("Zip"), f"{_cm(length)} cm", say.name(o.name), "1", say("pc"), "–")
        for o, length in zip((o for o in brief.sewing if o.what == "zip"), zips(brief.sewing), strict=False)
    ]
    for trim in brief.trims:
        if trim.kind != "buttonhole":
            rows.append(
                (say(trim.kind.capitalize()), f"{1000 * trim.size:.1f} mm", "", str(trim.count), say("pc"), "–")
            )
    for operation in brief.sewing:
        if operation.binding:
            tape = f"{operation.length:.3f}"
            rows.append((say("Bias binding"), say("cut on the bias"), say.name(operation.name), tape, "m", "–"))
    rows += [
        (say("Elastic"), say("relaxed length"), say.name(line), f"{length:.3f}", "m", "–")
        for line, length in elastics(brief.pattern)
    ]
    rows += [(say(name), "", "", "1", say("pc"), "–") for name in brief.prices.extras]
    return Row((Table(say("Bill of materials"), columns, tuple(rows)),), (1.0,))


_LIES = {"none": "either way round", "by_garment": "one way round in each garment", "one_way": "one way round (nap)"}


def _marker(brief: Brief, cloth: Cloth, say: Speech) -> Page:
    marker = cloth.marker
    width, length = marker.fabric.width, marker.length
    corners = np.array([[0.0, 0.0], [length, 0.0], [length, width], [0.0, width]])
    strokes = [Stroke(corners, True, 3e-4, colour=_GREY)]
    words: list[Word] = []
    order = list(brief.sizes.patterns)
    for piece in marker.laid:
        colour = _SIZES[order.index(piece.size) % len(_SIZES)] if piece.size in order else _SIZES[0]
        strokes.append(Stroke(piece.line, True, 2e-4, colour=colour, fill=_PALE))
        x, y = (piece.line.min(axis=0) + piece.line.max(axis=0)) / 2
        words.append(Word((float(x), float(y)), f"{say.name(piece.piece)} {piece.size}".strip(), 1.6e-3))
    figures = marker.to_json()
    garments = ", ".join(f"{count} × {size}" for size, count in brief.counts.items() if count)
    facts = (
        (say("Garments"), garments),
        (say("Width"), f"{_cm(width)} cm"),
        (say("Length"), f"{length:.3f} m"),
        (say("Utilisation"), f"{100 * marker.utilisation:.1f} %"),
        (say("Waste"), f"{figures['waste_area']:.3f} m², {figures['waste_mass']:.3f} kg"),
        (say("Lies"), say(_LIES["one_way" if any(marker.fabric.repeat) else marker.fabric.nap])),
    )
    if any(marker.fabric.repeat):
        along, across = marker.fabric.repeat
        facts += (
            (say("Repeat"), f"{_cm(along)} × {_cm(across)} cm"),
            (say("Matched"), ", ".join(say.name(seam) for seam, off in marker.mismatches.items() if off < MATCHED)),
            (say("Not matched"), ", ".join(say.name(s) for s, off in marker.mismatches.items() if off >= MATCHED)),
        )
    if marker.plies > 1:
        facts += ((say("Spread"), say("face to face: everything is cut twice")),)
    table = Table("", (Column(say("Marker")), Column(cloth.label, share=2.0)), facts)
    rows = (Row((Drawing("", tuple(strokes), tuple(words), 0.005),), (1.0,), 0.6), Row((table,), (1.0,)))
    return Page(f"{say('Marker')}: {say.name(cloth.role)}", rows)


def _cost_sheet(brief: Brief, say: Speech) -> tuple[Row, Row]:
    currency, lines = brief.prices.currency, brief.costs()
    columns = (
        Column(say("Item"), share=3.0),
        Column(say("Quantity"), "right"),
        Column(say("Unit"), share=0.6),
        Column(f"{say('Price')}, {currency}", "right"),
        Column(f"{say('Amount')}, {currency}", "right"),
    )
    rows = [
        (say(line.item), f"{line.quantity:.3f}", say(line.unit), f"{line.price:.4f}", f"{line.amount:.3f}")
        for line in lines
    ]
    rows.append((say("Cost to make"), "", "", "", f"{total(lines):.2f}"))
    minutes = Note(
        "",
        (
            say(
                "Minutes: every seam's length at its machine's speed, handling of each run, cutting, pressing and rest."
            ),
            say("Prices: your own where you gave them, else Toile's examples, which are no quotation."),
        ),
    )
    table = Table(say("Cost sheet"), columns, tuple(rows), frozenset({len(rows) - 1}))
    return Row((table,), (1.0,)), Row((minutes,), (1.0,))


def _proof(brief: Brief, say: Speech) -> Page:
    columns = (
        Column(say("Seam"), share=2.4),
        Column(say("Side A, cm"), "right"),
        Column(say("Side B, cm"), "right"),
        Column(say("Declared B/A"), "right"),
        Column(say("Meant"), share=1.2),
        Column(say("Error, µm"), "right"),
    )
    rows = [
        (
            _seam(seam.name, say),
            _cm(seam.length_a, 2),
            _cm(seam.length_b, 2),
            f"{seam.ratio:.3f}",
            say(_meant(brief.pattern, seam)),
            f"{1e6 * seam.error:.3f}",
        )
        for seam in brief.pattern.proof().seams
    ]
    worst = {size: pattern.proof().max_error for size, pattern in brief.sizes.patterns.items()}
    note = Note("", (say("Worst error by size, µm: ") + ", ".join(f"{s} {1e6 * e:.3f}" for s, e in worst.items()),))
    return Page(say("Walked seams"), (Row((note,), (1.0,)), Row((Table("", columns, tuple(rows)),), (1.0,))))


def _seam(name: str, say: Speech) -> str:
    """A seam's name, its side of the body behind it."""
    side = next((side for side in ("left", "right") if side in name.split("_")), "")
    return f"{say.name(without_sides(name))}{f', {say(side)}' if side else ''}"


def _meant(pattern: Pattern, seam: SeamProof) -> str:
    """Why the sides of a seam are not equally long."""
    declared = next(s for s in pattern.seams if s.name == seam.name)
    if seam.ratio < 1.0 and pattern.panel(declared.b[0].panel).fabric == "rib":
        return "stretched"
    return "1 : 1" if seam.ratio == 1.0 else "ease" if 1 / _GATHERED < seam.ratio < _GATHERED else "gathered"


def _fit(fit: Fit, say: Speech) -> Page:
    columns = (
        Column(say("Girth, cm"), share=1.3),
        Column(say("Body"), "right"),
        Column(say("Cut"), "right"),
        Column(say("Worn"), "right"),
        Column(say("Ease"), "right"),
        Column(say("Verdict"), share=1.0),
    )
    girths = {name: girth for name, girth in fit.judged["ease"].items() if girth is not None}
    rows = tuple(
        (
            say(name.replace("_", " ").capitalize()),
            *(_cm(girth[key]) for key in ("body", "cut", "worn", "ease")),
            say(girth["verdict"]),
        )
        for name, girth in girths.items()
    )
    table = Table(f"{say('Verdict')}: {say(fit.judged['verdict'])}", columns, rows)
    blocks: list[Block] = []
    shares: list[float] = []
    for picture, legend in fit.maps:
        blocks += [replace(picture, title=say(picture.title)), legend]
        shares += [1.0, 0.28]
    found = Note("", tuple(fit.judged["sentences"]) or (say("Nothing to change."),))
    first = [Row(tuple(blocks), tuple(shares), 0.62)] if blocks else []
    return Page(say("Fit of the sample"), (*first, Row((table, found), (1.2, 1.0))))
