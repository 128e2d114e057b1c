# SPDX-License-Identifier: GPL-3.0-or-later
"""The pattern as an SVG at 1:1, in millimetres: cut line, seam line, notches, grain, labels and a test square."""

from __future__ import annotations

from xml.sax.saxutils import escape

import numpy as np

from .allowance import cut_line
from .curves import Arc, Cubic, Curve, Line, Points
from .cutting import cutting_words, grain_line, notch_places
from .notches import walked_notches
from .pattern import Pattern
from .pieces import Notch, Piece

_MARGIN = 0.02
_ROW_WIDTH = 1.5  # metres: a common fabric width
_NOTCH = 0.005
_STYLE = (
    ".cut{fill:none;stroke:#000;stroke-width:.5}.seam{fill:none;stroke:#000;stroke-width:.35;stroke-dasharray:4 2}"
    ".fold{fill:none;stroke:#00f;stroke-width:.35;stroke-dasharray:8 2 2 2}.notch,.grain,.inner{fill:none;stroke:#000;"
    "stroke-width:.35}text{font:6px sans-serif}"
)


def _mm(p: Points) -> str:
    return f"{p[0] * 1000:.4f} {-p[1] * 1000:.4f}"


def _path(curves: tuple[Curve, ...], offset: Points) -> str:
    """SVG path data of a run of curves; arcs and Béziers stay what they are."""
    data = [f"M{_mm(curves[0].start + offset)}"]
    for curve in curves:
        match curve:
            case Line():
                data.append(f"L{_mm(curve.p1 + offset)}")
            case Cubic():
                data.append("C" + " ".join(_mm(p + offset) for p in (curve.p1, curve.p2, curve.p3)))
            case Arc():
                r, large, turn = curve.radius * 1000, int(abs(curve.sweep) > np.pi), int(curve.sweep < 0)
                data.append(f"A{r:.4f} {r:.4f} 0 {large} {turn} {_mm(curve.end + offset)}")
            case _:
                data += [f"L{_mm(p + offset)}" for p in curve.flattened(1e-5)[1:]]
    return "".join(data)


def _drawn(piece: Piece, notches: tuple[Notch, ...], offset: Points) -> list[str]:
    line = cut_line(piece).points + offset
    out = [
        f'<g id="{escape(piece.name)}">',
        f'<path class="cut" d="M{"L".join(_mm(p) for p in line)}Z"/>',
    ]
    for edge in piece.edges:
        kind = "fold" if edge.name in (piece.fold, piece.doubled) else "seam"
        out.append(f'<path class="{kind}" id="{piece.name}.{edge.name}" d="{_path(edge.curves, offset)}"/>')
    for inner in piece.internal:
        out.append(f'<path class="inner" d="{_path(inner.curves, offset)}"/>')
    for edge, here, inward in notch_places(piece, notches):
        tip = here - inward * max(piece.allowances.get(edge.name, piece.allowance), _NOTCH)
        out.append(f'<path class="notch" d="M{_mm(here + offset)}L{_mm(tip + offset)}"/>')
    a, b = grain_line(piece, line)
    middle, grain = (a + b) / 2, np.array(piece.grain) / np.linalg.norm(piece.grain)
    head = np.array([-grain[1], grain[0]])
    arrow = "".join(f"M{_mm(b)}L{_mm(b - 0.006 * grain + s * 0.003 * head)}" for s in (-1, 1))
    out.append(f'<path class="grain" d="M{_mm(a)}L{_mm(b)}{arrow}"/>')
    for k, text in enumerate((piece.name, cutting_words(piece))):
        x, y = middle[0] * 1000 - 20, -middle[1] * 1000 + 8 * k
        out.append(f'<text x="{x:.2f}" y="{y:.2f}">{escape(text)}</text>')
    out.append("</g>")
    return out


def pattern_to_svg(pattern: Pattern) -> str:
    """The whole pattern on one sheet; user units are millimetres, so printing at 100 % gives true size."""
    body: list[str] = []
    x = y = _MARGIN
    row = width = 0.0
    notches = walked_notches(pattern)
    for piece in pattern.pieces:
        line = cut_line(piece).points
        low, size = line.min(axis=0), np.ptp(line, axis=0)
        if x > _MARGIN and x + size[0] > _ROW_WIDTH:
            x, y, row = _MARGIN, y + row + _MARGIN, 0.0
        body += _drawn(piece, notches[piece.name], np.array([x - low[0], -y - size[1] - low[1]]))
        x += float(size[0]) + _MARGIN
        row, width = max(row, float(size[1])), max(width, x)
    y += row + _MARGIN
    body.append(f'<path class="cut" id="test-square" d="M{_MARGIN * 1000} {y * 1000}h100v100h-100Z"/>')
    body.append(f'<text x="{_MARGIN * 1000 + 4}" y="{y * 1000 + 12}">test square 100 mm</text>')
    w, h = max(width, 0.14) * 1000, (y + 0.1 + _MARGIN) * 1000
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{w:.3f}mm" height="{h:.3f}mm" viewBox="0 0 {w:.3f} {h:.3f}">'
        f"<title>{escape(pattern.name)}</title><style>{_STYLE}</style>{''.join(body)}</svg>\n"
    )
