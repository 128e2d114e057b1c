# SPDX-License-Identifier: GPL-3.0-or-later
"""One door for the files of other programs: each goes to its reader, and what is none of them is refused by name."""

import json
import math
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from people import WOMAN
from toile.bodies.measure import DEFINITIONS
from toile.patterns import draft
from toile.patterns.document import pattern_to_json, write_pattern
from toile.patterns.exchange import (
    IMPORTED,
    ImportRefused,
    measurements_from_seamly,
    measurements_to_freesewing,
    measurements_to_seamly,
    read_freesewing,
    read_garmentcode,
    read_measurement_file,
    read_measurements,
    read_pattern_file,
    read_seamly,
    write_garmentcode,
)
from toile.patterns.exchange.seamly_names import NAMES, UNNAMED

SAMPLES = Path(__file__).resolve().parents[3] / "shared" / "data" / "patterns"
here = pytest.mark.skipif(not SAMPLES.exists(), reason="the shared patterns are not here")


def table(values: dict[str, float], unit: str = "cm") -> str:
    """A table of Seamly's, as SeamlyMe writes one."""
    scale = {"mm": 1000.0, "cm": 100.0, "inch": 1 / 0.0254}[unit]
    rows = "".join(
        f'<m name="{name}" value="{math.degrees(v):.12g}" specialUnits="true"/>'
        if name.endswith("angle")
        else f'<m name="{name}" value="{v * scale:.12g}"/>'
        for name, v in values.items()
    )
    return (
        f"<smis><version>0.3.4</version><read-only>false</read-only><notes/><unit>{unit}</unit>"
        f"<body-measurements>{rows}</body-measurements></smis>"
    )


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


@here
class TestSamples:
    @pytest.mark.parametrize(
        ("file", "reader"),
        [
            ("garmentcode/generated/tee_specification.json", read_garmentcode),
            ("freesewing/draft_aaron.json", read_freesewing),
            ("seamly/trousers.sm2d", read_seamly),
            ("valentina/MaleShirt.val", read_seamly),
        ],
    )
    def test_a_file_is_read_as_its_own_reader_does(self, file: str, reader) -> None:
        found, truth = read_pattern_file(SAMPLES / file), reader(SAMPLES / file)
        assert pattern_to_json(found.pattern) == pattern_to_json(truth.pattern)
        assert found.notes == truth.notes
        assert found.pattern.style in IMPORTED

    def test_a_body_takes_the_place_of_the_table(self) -> None:
        """Hips 10 cm wider make the trousers wider; the ankles, which the body does not say, stay."""
        own = read_pattern_file(SAMPLES / "seamly/trousers.sm2d").pattern
        wide = read_pattern_file(
            SAMPLES / "seamly/trousers.sm2d", measurements_to_seamly({"hip": own.measurements["hip_circ"] + 0.1})
        ).pattern
        assert wide.measurements["hip_circ"] == pytest.approx(own.measurements["hip_circ"] + 0.1)
        assert wide.measurements["leg_ankle_circ"] == own.measurements["leg_ankle_circ"]
        fronts = [next(p for p in pattern.panels() if p.piece == "Front_no_pocket") for pattern in (own, wide)]
        assert fronts[1].area > 1.02 * fronts[0].area

    def test_one_person_of_several_is_chosen_by_name(self) -> None:
        path = SAMPLES / "freesewing/models_20_adult_sizes.json"
        data = json.loads(path.read_text())
        everybody = data.get("measurements", data)
        person = "cisFemaleAdult36"
        found = read_measurement_file(path, person)
        assert found.values["waist"] == pytest.approx(everybody[person]["waist"] / 1000)
        assert draft("pencil_skirt", found.values).proof().max_error < 1e-4
        for wrong in ("", "nobody"):
            with pytest.raises(ImportRefused, match="say which"):
                read_measurement_file(path, wrong)


def test_a_pattern_of_ours_is_read_too(tmp_path: Path) -> None:
    pattern = draft("pencil_skirt", WOMAN)
    write_pattern(pattern, tmp_path / "pattern.json")
    found = read_pattern_file(tmp_path / "pattern.json")
    assert pattern_to_json(found.pattern) == pattern_to_json(pattern)
    assert found.notes == ()


def test_what_is_drawn_already_takes_no_measurements(tmp_path: Path) -> None:
    path = tmp_path / "skirt.json"
    write_garmentcode(draft("pencil_skirt", WOMAN), path)
    assert read_pattern_file(path, {}).pattern.style == "garmentcode"
    with pytest.raises(ImportRefused, match="drawn already"):
        read_pattern_file(path, {"waist_circ": 0.7})


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("pattern.dwg", "0\nSECTION", "none of the patterns"),
        ("pattern", "{}", "none of the patterns"),
        ("empty.json", "", "not JSON"),
        ("deep.json", "[" * 100_000, "not JSON"),
        ("number.json", "3", "no pattern"),
        ("twice.json", '{"parts": {}, "parts": {}}', "twice"),
        ("other.json", '{"pieces": []}', "no pattern"),
        ("own.json", '{"format": "toile-pattern", "version": 99}', "version"),
        ("broken.json", '{"format": "toile-pattern", "version": 2}', "broken"),
        ("words.val", "not at all", "words.val"),
        ("skirt.SM2D", "<svg/>", "no pattern of Seamly2D"),
    ],
)
def test_what_is_no_pattern_is_refused_by_name(tmp_path: Path, name: str, content: str, says: str) -> None:
    with pytest.raises(ImportRefused, match=says):
        read_pattern_file(written(tmp_path, name, content))


@pytest.mark.parametrize("read", [read_pattern_file, read_measurement_file])
@pytest.mark.parametrize("name", ["gone.val", "gone.vit", "gone.json"])
def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path, read, name: str) -> None:
    for _ in range(2):
        with pytest.raises(ImportRefused, match=re.escape(name)):
            read(tmp_path / name)
        (tmp_path / name).mkdir(exist_ok=True)


class TestMeasurements:
    def test_every_measurement_of_ours_has_one_name_there_or_none(self) -> None:
        assert sorted([*NAMES.values(), *UNNAMED]) == sorted(DEFINITIONS)

    @given(
        st.dictionaries(st.sampled_from(sorted(NAMES.values())), st.floats(0.05, 2.5)),
        st.sampled_from(["mm", "cm", "inch"]),
    )
    def test_what_is_written_in_their_names_and_units_is_read_back(self, tmp_path_factory, values, unit) -> None:
        values = {n: min(v, 0.6) if n == "shoulder_slope" else v for n, v in values.items()}
        path = written(tmp_path_factory.mktemp("table"), "body.smis", table(measurements_to_seamly(values), unit))
        found = read_measurement_file(path)
        assert found.values == pytest.approx(values, abs=1e-9)
        assert set(found.missing) == set(DEFINITIONS) - values.keys()
        assert found.unused == ()

    def test_a_body_goes_through_freesewing_and_back(self, tmp_path: Path) -> None:
        there = measurements_to_freesewing(WOMAN)
        back = read_measurement_file(written(tmp_path, "woman.json", json.dumps(dict(there.values))))
        kept = WOMAN.keys() - set(there.unused)
        assert {n: back.values[n] for n in kept} == pytest.approx({n: WOMAN[n] for n in kept})

    def test_a_blank_is_missing_and_an_angle_kept_as_a_length_is_none(self, tmp_path: Path) -> None:
        text = table({"bust_circ": 0.0, "hip_circ": 1.0}).replace(
            "</body-m", '<m name="shoulder_slope_neck_side_angle" value="20"/><m name="@own" value="3"/></body-m'
        )
        found = measurements_from_seamly(read_measurements(written(tmp_path, "form.smis", text)))
        assert found.values == {"hip": pytest.approx(1.0)}
        assert {"bust", "shoulder_slope"} <= set(found.missing)
        assert found.unused == ("@own", "bust_circ", "shoulder_slope_neck_side_angle")

    @pytest.mark.parametrize(
        ("name", "content", "says"),
        [
            ("body.txt", "", "none of the tables"),
            ("body.vit", "<vit/>", "no table"),
            ("body.json", "[]", "must be an object"),
            ("body.json", '{"waist": 74000}', "millimetres, and no one so"),
            ("body.json", '{"waist": "wide"}', "finite number"),
            ("body.json", '{"waist": NaN}', "finite number"),
            ("body.smis", table({"bust_circ": 0.9}).replace("cm<", "ell<"), "unit"),
        ],
    )
    def test_what_is_no_table_is_refused_by_name(self, tmp_path: Path, name: str, content: str, says: str) -> None:
        with pytest.raises(ImportRefused, match=says):
            read_measurement_file(written(tmp_path, name, content))

    def test_a_table_of_one_has_no_person_to_choose(self, tmp_path: Path) -> None:
        with pytest.raises(ImportRefused, match="one table"):
            read_measurement_file(written(tmp_path, "body.smis", table({"bust_circ": 0.9})), "anna")
