# SPDX-License-Identifier: GPL-3.0-or-later
"""Every word of the sidebar stands in every language, and nothing else does.

The bpy wheel is built without languages: the tables are checked as data here and seen in a Blender with a window.
"""

import ast
import string
import tomllib
from pathlib import Path

import pytest

bpy = pytest.importorskip("bpy")

import toile
from toile.addon import engines, i18n, properties, registration
from toile.bodies import avatar
from toile.bodies.definitions import DEFINITIONS
from toile.patterns.styles import families, wardrobe
from toile.sim.fabric import shipped_rows
from toile.sim.maps import MAPS
from toile.sim.verdict import spoken

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted(i18n.TRANSLATIONS.glob("*.toml"))


@pytest.fixture(autouse=True)
def registered():
    toile.register()
    yield
    toile.unregister()


def of_classes() -> set[str]:
    """What operators, panels, menus and properties are called, and the choices of their menus."""
    found = {getattr(cls, "bl_label", "") for cls in registration.CLASSES}
    for cls in (*registration.CLASSES, *properties.GROUPS):
        inherited = cls.bl_rna.base.properties.keys()
        for prop in cls.bl_rna.properties:
            if prop.identifier not in inherited and not prop.is_hidden and prop.name != prop.identifier:
                found.add(prop.name)
                found |= {item.name for item in getattr(prop, "enum_items", ())}
    return found


def of_wardrobe() -> set[str]:
    """Families, styles, slots, parts and parameters; what an imported fabric and a fit map are called."""
    slots = [slot for style in wardrobe().values() for slot in style.slots]
    return {
        *families(),
        *(style.label for style in wardrobe().values()),
        *(p.label for style in wardrobe().values() for p in style.parameters),
        *(slot.label for slot in slots),
        *(part.label for slot in slots for part in slot.parts),
        *(row["label"] for row in shipped_rows().values()),
        *(kind.label for kind in MAPS.values()),
        *(label for _, label, _ in engines.items()),
    }


def of_bodies() -> set[str]:
    """Measures and landmarks, as the Body and Fit panels say them."""
    return {spoken(name) for name in (*DEFINITIONS, *avatar({"stature": 1.7}).landmarks)}


def of_source() -> set[str]:
    """What panels and operators say themselves: `text=` and parts of it, rows of a panel, and what a poll asks for."""
    asked_of = {"needs": 2, "Row": 0, "_column": 1, "translated": 0}
    found: set[str] = set()
    for file in (file for folder in ("addon", "operators", "panels") for file in (ROOT / folder).glob("*.py")):
        for call in (node for node in ast.walk(ast.parse(file.read_text("utf-8"))) if isinstance(node, ast.Call)):
            name = getattr(call.func, "id", getattr(call.func, "attr", ""))
            said = [k.value for k in call.keywords if k.arg == "text"]
            if name in asked_of and len(call.args) > asked_of[name]:
                said.append(call.args[asked_of[name]])
            for value in said:
                either = (value.body, value.orelse) if isinstance(value, ast.IfExp) else (value,)
                found |= {v.value for v in either if isinstance(v, ast.Constant) and isinstance(v.value, str)}
    return found


def words() -> set[str]:
    return {word for word in of_classes() | of_wardrobe() | of_bodies() | of_source() if any(map(str.isalpha, word))}


def test_what_is_registered_speaks_in_toiles_context():
    """Blender has words of its own for a coat, a pattern or a fly, and they come first in its context."""
    for cls in registration.CLASSES:
        if issubclass(cls, (bpy.types.Operator, bpy.types.Panel, bpy.types.Menu)):
            assert cls.bl_rna.translation_context == i18n.CONTEXT, cls
    for cls in (*registration.CLASSES, *properties.GROUPS):
        inherited = cls.bl_rna.base.properties.keys()
        for prop in cls.bl_rna.properties:
            if prop.identifier not in inherited:
                assert prop.translation_context == i18n.CONTEXT, (cls, prop.identifier)


def test_there_are_languages():
    assert {file.stem for file in FILES} >= {"zh_HANS"}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_no_word_is_missing(file):
    missing = words() - i18n.read_translation(file).keys()
    assert not missing, f"{file.name} needs a row for each of {sorted(missing)}"


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_row_says_something_once(file):
    rows = [row for table in tomllib.loads(file.read_text("utf-8")).values() for row in table.items()]
    english = [key for key, _ in rows]
    assert sorted(english) == sorted(set(english)), "a word stands in two tables"
    for key, said in rows:
        assert said.strip()
        assert [f for _, f, *_ in string.Formatter().parse(key)] == [f for _, f, *_ in string.Formatter().parse(said)]
