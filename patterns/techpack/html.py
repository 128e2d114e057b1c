# SPDX-License-Identifier: GPL-3.0-or-later
"""A document of sheets as one HTML file, pictures and drawings inside; it asks nothing of the network."""

from __future__ import annotations

import base64
from html import escape

from .sheets import Block, Colour, Document, Drawing, Note, Page, Picture, Row, Table

_LANGUAGES = {"en": "en", "zh_HANS": "zh-Hans"}
_PAPER = 0.26  # metres of paper that a drawing's pens are meant for, when it is as wide as its page
_STYLE = (
    "body{font:14px/1.4 Helvetica,Arial,'Noto Sans CJK SC','Microsoft YaHei',sans-serif;color:#1f2937;margin:2em auto;"
    "max-width:1120px}section{border-top:2px solid #1f2937;margin:2.5em 0;break-before:page}h1{margin:0}"
    "h3{margin:.4em 0;font-size:1em}.head{color:#6b7280}.row{display:flex;gap:1.2em;align-items:flex-start;margin:1em 0"
    "}.row>div{min-width:0}table{border-collapse:collapse;width:100%;font-size:.86em}"
    "th,td{text-align:left;padding:.3em .5em;"
    "border-bottom:1px solid #ccc;vertical-align:top}th,.strong td{background:#eef0f3;font-weight:bold}.right{"
    "text-align:right}.centre{text-align:center}svg text{paint-order:stroke;stroke:#fff;stroke-width:.3em}"
    "svg{width:100%;max-height:70vh}"
)


def document_to_html(document: Document) -> str:
    """The document as HTML. Every picture is there once; details show a part of it."""
    pictures: dict[bytes, str] = {}
    pages = "".join(_page(page, pictures) for page in document.pages)
    shared = "".join(
        f'<symbol id="{name}" viewBox="0 0 1 1" preserveAspectRatio="none"><image width="1" height="1" '
        f'preserveAspectRatio="none" href="data:image/png;base64,{base64.b64encode(png).decode()}"/></symbol>'
        for png, name in pictures.items()
    )
    return (
        f'<!DOCTYPE html>\n<html lang="{_LANGUAGES[document.language]}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width"><title>{escape(document.title)}</title>'
        f"<style>{_STYLE}</style></head><body>"
        f'<svg style="display:none">{shared}</svg><h1>{escape(document.title)}</h1>'
        f'<p class="head">{" · ".join(map(escape, document.head))}</p>{pages}</body></html>\n'
    )


def _page(page: Page, pictures: dict[bytes, str]) -> str:
    return f"<section><h2>{escape(page.title)}</h2>{''.join(_row(row, pictures) for row in page.rows)}</section>"


def _row(row: Row, pictures: dict[bytes, str]) -> str:
    blocks = (
        f'<div style="flex:{share:g}">{_block(block, pictures)}</div>'
        for block, share in zip(row.blocks, row.shares, strict=True)
    )
    return f'<div class="row">{"".join(blocks)}</div>'


def _block(block: Block, pictures: dict[bytes, str]) -> str:
    title = f"<h3>{escape(block.title)}</h3>" if block.title else ""
    match block:
        case Table():
            return title + _table(block)
        case Note():
            return title + "".join(f"<p>{escape(sentence)}</p>" for sentence in block.sentences)
        case Drawing():
            return title + _drawing(block)
        case Picture():
            name = pictures.setdefault(block.png, f"picture{len(pictures)}")
            (width, height), (left, top, right, bottom) = block.size, block.crop
            box = f"{left * width:g} {top * height:g} {(right - left) * width:g} {(bottom - top) * height:g}"
            return f'{title}<svg viewBox="{box}"><use href="#{name}" width="{width}" height="{height}"/></svg>'


def _table(table: Table) -> str:
    heads = "".join(f'<th class="{column.align}">{escape(column.head)}</th>' for column in table.columns)
    rows: list[str] = []
    for k, row in enumerate(table.rows):
        cells = "".join(
            f'<td class="{column.align}">{escape(cell)}</td>' for cell, column in zip(row, table.columns, strict=True)
        )
        rows.append(f'<tr class="strong">{cells}</tr>' if k in table.strong else f"<tr>{cells}</tr>")
    return f"<table><thead><tr>{heads}</tr></thead><tbody>{''.join(rows)}</tbody></table>"


def _drawing(drawing: Drawing) -> str:
    low, high = drawing.box
    width, height = (float(v) for v in high - low)
    paper = width / _PAPER  # of the drawing's units a metre of paper
    drawn: list[str] = []
    for stroke in drawing.strokes:
        points = " ".join(f"{x - low[0]:.5g},{high[1] - y:.5g}" for x, y in stroke.points)
        kind = "polygon" if stroke.closed or stroke.fill else "polyline"
        pen = f'stroke="{_hex(stroke.colour)}" stroke-width="{stroke.width * paper:.4g}"' if stroke.width else ""
        dash = f' stroke-dasharray="{" ".join(f"{d * paper / 1000:.4g}" for d in stroke.dash)}"' if stroke.dash else ""
        fill = _hex(stroke.fill) if stroke.fill else "none"
        drawn.append(f'<{kind} points="{points}" fill="{fill}" {pen}{dash}/>')
    for word in drawing.words:
        anchor = {"left": "start", "centre": "middle", "right": "end"}[word.align]
        weight = ' font-weight="bold"' if word.bold else ""
        x, y = word.at[0] - low[0], high[1] - word.at[1]
        drawn.append(
            f'<text x="{x:.5g}" y="{y:.5g}" font-size="{word.height * paper:.4g}" text-anchor="{anchor}" dy=".36em"'
            f' fill="{_hex(word.colour)}"{weight}>{escape(word.text)}</text>'
        )
    return f'<svg viewBox="0 0 {width:.5g} {height:.5g}">{"".join(drawn)}</svg>'


def _hex(colour: Colour) -> str:
    return "#" + "".join(f"{round(255 * c):02x}" for c in colour)
