# SPDX-License-Identifier: GPL-3.0-or-later
"""Every garment on two very different bodies, to be looked at: `python benchmarks/contact_sheet.py`.

Drapes each style as it comes, in its own fabric, with Toile's engine, photographs it from before and behind, and lays
the pictures out as docs/images/wardrobe.png. What is done is kept in out/wardrobe, and not done again while its
pattern is the same. Prints a Markdown row a drape.

    --styles NAME …    drape only these; the others are shown as they were kept, whatever has become of their patterns
    --anew             also what is kept
    --distance M       between the cloth's points
"""

import argparse
import hashlib
import json
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageFont
from toile.addon import draping, showroom
from toile.addon.preview import render_preview
from toile.bodies import Body, avatar
from toile.patterns import Pattern, draft, style, styles
from toile.patterns.document import pattern_to_json
from toile.sim import Drape, build_cloth, build_coarse
from toile.sim.drape import Watch, Wishes
from toile.sim.engines.toile import ToileEngine

ROOT = Path(__file__).resolve().parents[1]
KEPT, SHEET = ROOT / "out" / "wardrobe", ROOT / "docs" / "images" / "wardrobe.png"
PEOPLE = {
    "woman": ({"stature": 1.68, "bust": 0.92}, "woman"),
    "heavy man": ({"stature": 1.78, "bust": 1.24, "waist": 1.20}, "man"),
}
COLUMNS = 3  # garments side by side
PICTURE, LABEL = (400, 250), 34  # pixels: of somebody from both sides, and of the line above
FINER = 2  # times, in rendering
HEAD = (
    "garment", "body", "vertices", "CPU s", "residual", "at rest", "penetration mm", "crossings self / body",
    "seam gap mm", "stretch p99 %",
)  # fmt: skip


@dataclass(frozen=True)
class Hung:
    """One drape as it is kept: what was draped, its figures, or why there are none."""

    garment: str
    person: str
    fingerprint: str
    figures: Mapping[str, Any] | None
    refused: str = ""

    @property
    def cells(self) -> list[str]:
        """The Markdown cells of `HEAD`."""
        r = self.figures
        if r is None:
            return [self.garment, self.person, self.refused, *[""] * (len(HEAD) - 3)]
        return [
            self.garment,
            self.person,
            f"{r['vertices']:,}",
            f"{r['cpu_seconds']:.0f}",
            "–" if r["residual"] is None else f"{r['residual']:.1e}",
            "yes" if r["settled"] else "no",
            f"{1e3 * r['penetration_max']:.2f}",
            f"{r['self_intersections']} / {r['body_intersections']}",
            f"{1e3 * r['seam_gap_max']:.2f}",
            f"{100 * r['stretch_p99']:.1f}",
        ]


def kept_at(garment: str, person: str, ending: str) -> Path:
    """Where a drape's figures (.json) and its picture (.png) are kept."""
    return KEPT / f"{garment}-{person.replace(' ', '_')}{ending}"


def hung(garment: str, person: str, body: Body, distance: float, anew: bool) -> Hung:
    """Drape a garment on a person and photograph it, unless the very same pattern was already."""
    file = kept_at(garment, person, ".json")
    measures = {name: m.value for name, m in body.measurements.items()}
    fingerprint = ""
    try:
        pattern = draft(garment, measures)
        told = json.dumps([pattern_to_json(pattern), distance])
        fingerprint = hashlib.sha256(told.encode()).hexdigest()
        before = kept(garment, person)
        if before and before.fingerprint == fingerprint and not anew:
            return before
        drape = _draped(pattern, garment, body, distance)
        _photograph(pattern, garment, body, drape, kept_at(garment, person, ".png"))
        made = Hung(garment, person, fingerprint, drape.report.to_json())
    except Exception as error:  # noqa: BLE001 - one garment that fails is shown as such among the others
        made = Hung(garment, person, fingerprint, None, f"{type(error).__name__}: {error}")
        kept_at(garment, person, ".png").unlink(missing_ok=True)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(asdict(made)), "utf-8")
    return made


def kept(garment: str, person: str) -> Hung | None:
    """What was kept of a garment on a person, if anything."""
    file = kept_at(garment, person, ".json")
    return Hung(**json.loads(file.read_text("utf-8"))) if file.is_file() else None


def _draped(pattern: Pattern, garment: str, body: Body, distance: float) -> Drape:
    cloth = build_cloth(pattern, body, distance)
    fabrics = draping.fabrics_of(pattern, style(garment).fabric)
    quiet = Watch(lambda _fraction, _text: None, lambda: False)
    return ToileEngine().drape(cloth, body, fabrics, quiet, Wishes(coarse=build_coarse(pattern, body, distance)))


def _photograph(pattern: Pattern, garment: str, body: Body, drape: Drape, path: Path) -> None:
    showroom.empty_file()
    figure = showroom.show_body(body)
    worn = showroom.show_garment(figure, body, pattern, drape, style(garment).fabric)
    size = (FINER * PICTURE[0], FINER * PICTURE[1])
    render_preview([figure, worn], path, views=("front", "back"), size=size, samples=32, focus=worn)


def sheet(done: Sequence[Hung]) -> Image.Image:
    """The pictures by garment, everybody's side by side; where there is none, why."""
    garments = list(dict.fromkeys(h.garment for h in done))
    people = list(dict.fromkeys(h.person for h in done))
    wide, high = len(people) * PICTURE[0], PICTURE[1] + LABEL
    columns = min(COLUMNS, len(garments))
    page = Image.new("RGB", (columns * wide, -(-len(garments) // columns) * high), "white")
    pen, large, small = ImageDraw.Draw(page), ImageFont.load_default(22), ImageFont.load_default(14)
    for h in done:
        row, column = divmod(garments.index(h.garment), columns)
        x, y = column * wide + people.index(h.person) * PICTURE[0], row * high
        if h.figures is None:
            pen.text((x + 10, y + LABEL), "\n".join(textwrap.wrap(h.refused, 40)), "black", small)
        else:
            with Image.open(kept_at(h.garment, h.person, ".png")) as picture:
                page.paste(picture.convert("RGB").resize(PICTURE, Image.Resampling.LANCZOS), (x, y + LABEL))
        if h.person == people[0]:
            pen.text((column * wide + 10, y + 4), style(h.garment).label, "black", large)
    return page


def main() -> None:
    """Drape what is asked for, print, and lay out the sheet."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--styles", nargs="+", default=list(styles()), choices=list(styles()))
    parser.add_argument("--anew", action="store_true")
    parser.add_argument("--distance", type=float, default=0.016, metavar="M")
    asked = parser.parse_args()
    bodies = {person: avatar(measures, sex=sex) for person, (measures, sex) in PEOPLE.items()}
    print("| " + " | ".join(HEAD) + " |\n|" + "---|" * len(HEAD))
    done: list[Hung] = []
    for garment in styles():
        for person, body in bodies.items():
            if garment in asked.styles:
                done.append(hung(garment, person, body, asked.distance, asked.anew))
                print("| " + " | ".join(done[-1].cells) + " |", flush=True)
            elif before := kept(garment, person):
                done.append(before)
    sheet(done).save(SHEET, optimize=True)
    print(f"\n{SHEET}")


if __name__ == "__main__":
    main()
