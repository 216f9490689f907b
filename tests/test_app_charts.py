"""What the app's pages about the networks are made of: runs that are read, charts, colours, pictures."""

import io
import itertools
import json
import tomllib
import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import charts
import numpy as np
import pandas as pd
import pytest
from data_sets import DATA_SETS, find_photo
from pictures import FACE_SIDE, PLAIN, enlarged, face_with_points, filter_sheet, grey_of
from PIL import Image
from reliability import robustness_table
from runs import fingerprint, read_run, read_runs
from turns import errors_by_turn

from facekp.draw import PREDICTED, TRUTH
from facekp.errors import CheckpointError
from facekp.pose import mean_shapes
from facekp.results import PictureResult
from facekp.schema import IBUG68, NOSE
from tests.conftest import ROOT
from tests.drawn import draw_face, face_points
from tests.drawn_runs import drawn_robustness, epochs, write_run, write_runs

AA_TEXT, AA_GRAPHICS = 4.5, 3.0
"""Least contrasts of the Web Content Accessibility Guidelines 2.2, level AA."""


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Checkpoints of all stages with made-up results, without weights."""
    return write_runs(tmp_path_factory.mktemp("runs") / "checkpoints")


# --- Reading runs ---------------------------------------------------------------------------------


def test_runs_are_read_in_the_order_of_the_stages(drawn: Path) -> None:
    runs, problems = read_runs(drawn)
    assert problems == ()
    assert [run.name for run in runs] == [
        "nose",
        "nose-original",
        "face58",
        "face58-original",
        "face68",
        "face68-resnet18",
    ]
    assert [run.schema.name for run in runs] == ["nose", "nose", "imm58", "imm58", "ibug68", "ibug68"]
    assert [len(run.sweep) for run in runs] == [4, 4, 0, 0, 0, 0]
    assert [result.split for result in runs[-1].results] == ["common", "dlib_test", "validation"]


def test_what_a_run_has_not_kept_is_empty(tmp_path: Path) -> None:
    folder = tmp_path / "bare"
    folder.mkdir()
    (folder / "card.json").write_text('{"schema": "imm58", "measured": {"validation": {"nme_percent": 4.5}}}')
    run = read_run(folder)
    assert (run.history, run.sweep, run.results, run.extremes) == ((), (), (), None)
    assert run.measured == {"validation": ("", {"nme_percent": 4.5})}
    assert run.data_set == "imm"


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("card.json", "{", "card.json cannot be read as JSON"),
        ("card.json", '{"schema": "hands21"}', "names none of the schemas nose, imm58, ibug68"),
        ("card.json", "[]", "names none of the schemas"),
        ("history.json", '{"epoch": 1}', "history.json holds no list of epochs"),
        ("history.json", '[{"epoch": 1}]', "an epoch without the numbers epoch, training_loss, validation_loss"),
        ("sweep.json", '[{"learning_rate": 0.1}]', "no list of learning rates"),
        ("results/validation.json", "{}", "validation.json lacks"),
        ("results/extremes.json", "null", "extremes.json holds no JSON object"),
    ],
)
def test_a_broken_run_is_named_and_leaves_the_others(tmp_path: Path, file: str, text: str, said: str) -> None:
    write_run(tmp_path / "good", "nose")
    broken = write_run(tmp_path / "broken", "nose")
    (broken / file).write_text(text)
    with pytest.raises(CheckpointError, match=said):
        read_run(broken)
    runs, problems = read_runs(tmp_path)
    assert [run.name for run in runs] == ["good"]
    assert len(problems) == 1


def test_what_was_measured_with_other_weights_is_left_out_and_told(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "nose", "nose")
    whole = read_run(folder)
    assert whole.results
    assert whole.extremes
    assert not whole.outdated
    (folder / "weights.safetensors").write_bytes(b"of another run")
    run = read_run(folder)
    assert (run.results, run.extremes) == ((), None)
    assert run.history == whole.history
    (problem,) = read_runs(tmp_path)[1]
    assert problem == "nose: validation, extremes: measured with other weights, and left out; measure again"


def test_a_run_that_goes_on_is_noticed(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "nose", "nose")
    before = fingerprint(tmp_path)
    assert fingerprint(tmp_path) == before
    (folder / "history.json").write_text(json.dumps(epochs(0, 21)))
    assert fingerprint(tmp_path) != before


def test_photographs_are_found_where_the_data_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("FACEKP_DATA", raising=False)
    assert find_photo("imm", "01-1m.jpg") is None
    monkeypatch.setenv("FACEKP_DATA", str(tmp_path))
    assert find_photo("imm", "01-1m.jpg") is None
    (tmp_path / "imm_face_db").mkdir()
    (tmp_path / "imm_face_db" / "01-1m.jpg").touch()
    assert find_photo("imm", "01-1m.jpg") == tmp_path / "imm_face_db" / "01-1m.jpg"
    assert [each.name for each in DATA_SETS if each.here] == ["imm"]


def test_the_app_and_the_training_look_in_the_same_places() -> None:
    from training import data

    mine = {each.name: (each.folder, each.source) for each in DATA_SETS}
    assert mine["imm"] == (data.IMM_FOLDER, data.IMM_SOURCE)
    assert mine["300w"] == (data.IBUG_FOLDER, data.IBUG_SOURCE)
    assert mine["merl_rav"] == (data.MERL_FOLDER, data.MERL_SOURCE)


# --- Charts ---------------------------------------------------------------------------------------


def all_figures(folder: Path) -> list[charts.Figure]:
    runs, _ = read_runs(folder)
    palette = charts.colours(runs)
    face58 = [run for run in runs if run.schema.name == "imm58"]
    measured = [run.results[0] for run in face58]
    errors = charts.validation_errors(face58, palette, logarithmic=False)
    assert errors is not None
    return [
        charts.losses(face58, palette, logarithmic=False),
        charts.losses(face58, palette, logarithmic=True),
        charts.sweep(runs[0], logarithmic=True),
        errors,
        charts.cumulative(measured, palette),
        charts.regions(measured, palette),
        charts.views(measured, palette),
    ]


def test_charts_hold_every_number_of_the_runs(drawn: Path) -> None:
    runs, _ = read_runs(drawn)
    losses = pd.read_csv(io.BytesIO(charts.losses(runs, charts.colours(runs), logarithmic=False).csv))
    for run in runs:
        for line in ("training", "validation"):
            own = losses[(losses["run"] == run.name) & (losses["line"] == line)]
            assert own["loss"].tolist() == pytest.approx([record[f"{line}_loss"] for record in run.history])
    regions = pd.read_csv(io.BytesIO(all_figures(drawn)[5].csv))
    assert set(regions["part"]) == {"jaw", "brows", "nose", "eyes", "mouth"}
    assert len(pd.read_csv(io.BytesIO(all_figures(drawn)[6].csv))) == 12


def test_charts_can_be_saved(drawn: Path) -> None:
    for figure in all_figures(drawn):
        with Image.open(io.BytesIO(figure.png())) as picture:
            assert picture.width > charts.EXPORT_SCALE * charts.EXPORT_WIDTH
            assert np.asarray(picture.convert("L")).std() > 5  # something is drawn
        drawing = ElementTree.fromstring(figure.svg())
        assert drawing.tag.endswith("svg")
        words = "".join(drawing.itertext())
        assert figure.title in words
        assert figure.note in words


def test_an_axis_can_be_logarithmic(drawn: Path) -> None:
    runs, _ = read_runs(drawn)
    for draw in (charts.losses, charts.validation_errors):
        figures = (draw(runs, charts.colours(runs), logarithmic=logarithmic) for logarithmic in (False, True))
        linear, logarithmic = (figure.chart.to_dict()["encoding"]["y"]["scale"] for figure in figures)
        assert "type" not in linear
        assert logarithmic["type"] == "log"


def test_charts_in_a_row_are_equally_high(drawn: Path) -> None:
    cumulative, regions = all_figures(drawn)[4:6]
    assert cumulative.height != regions.height
    assert cumulative.on_page(600).to_dict()["height"] == regions.on_page(600).to_dict()["height"] == 600


def test_conditions_have_a_true_minus() -> None:
    numbers = {"title": "turned by -45°", "nme_percent": 4.0, "ratio": 1.3}
    results = replace(drawn_robustness("face68", dlib=False), conditions={"turned_-45": numbers})
    table = robustness_table([SimpleNamespace(name="face68", robustness=results)])
    assert table["Photographs"].tolist() == ["turned by −45°"]


def test_charts_say_in_words_what_they_show(drawn: Path) -> None:
    for figure in all_figures(drawn):
        assert figure.alt.endswith(".")
        assert any(name in figure.alt for name in ("face58", "0.001, 5 × 5"))


def test_the_best_of_a_sweep_is_its_lowest_validation_loss(drawn: Path) -> None:
    runs, _ = read_runs(drawn)
    table = charts.sweep_table(runs[:1])
    assert len(table) == 4
    lowest = [min(record["validation_loss"] for record in trial.history) for trial in runs[0].sweep]
    assert table["Lowest validation loss"].tolist() == lowest


# --- Colours --------------------------------------------------------------------------------------


def luminance(color: str) -> float:
    """Relative luminance of #rrggbb; source: WCAG 2.2."""
    values = np.array([int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    linear = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
    return float(linear @ (0.2126, 0.7152, 0.0722))


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.fixture(scope="module", params=["light", "dark"])
def theme(request: pytest.FixtureRequest) -> dict[str, str]:
    settings = tomllib.loads((ROOT / "app" / ".streamlit" / "config.toml").read_text())
    return settings["theme"][request.param]


def test_contrast_is_known() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


def test_text_is_read_on_its_ground(theme: dict[str, str]) -> None:
    for ground, color in itertools.product(
        ("backgroundColor", "secondaryBackgroundColor"),
        ("textColor", "primaryColor", "linkColor", "redTextColor", "greenTextColor"),
    ):
        assert contrast(theme[ground], theme[color]) >= AA_TEXT, (ground, color)


def test_lines_are_seen_on_their_ground(theme: dict[str, str]) -> None:
    for color in charts.PALETTE:
        assert contrast(theme["backgroundColor"], color) >= AA_GRAPHICS, color


# --- Pictures -------------------------------------------------------------------------------------


def has_colour(picture: np.ndarray, color: tuple[int, int, int]) -> int:
    return int((np.abs(picture.astype(int) - color).max(axis=-1) < 40).sum())


def test_points_stand_on_a_plain_ground_without_a_photograph() -> None:
    truth = face_points()
    picture = face_with_points(None, truth + np.float32(4), truth, IBUG68)
    assert picture.shape == (FACE_SIDE, FACE_SIDE, 3)
    assert has_colour(picture, PREDICTED) > 100
    assert has_colour(picture, TRUTH) > 100
    assert (picture[0] == PLAIN).all()
    assert has_colour(face_with_points(None, truth, None, IBUG68), TRUTH) == 0


def test_points_lie_on_their_photograph(tmp_path: Path) -> None:
    truth = face_points()
    Image.fromarray(draw_face(truth)).save(tmp_path / "face.png")
    picture = face_with_points(tmp_path / "face.png", truth, truth, IBUG68)
    plain = face_with_points(None, truth, truth, IBUG68)
    red = np.abs(plain.astype(int) - PREDICTED).max(axis=-1) < 10
    assert (np.abs(picture.astype(int) - PREDICTED).max(axis=-1)[red] < 10).all()


def test_beyond_its_edges_a_photograph_has_a_plain_border(tmp_path: Path) -> None:
    photo, points = tmp_path / "grey.png", np.float32([[20, 150]])
    Image.new("RGB", (300, 300), (200, 200, 200)).save(photo)
    picture = face_with_points(photo, points, None, NOSE)  # 200 pixels are seen, of which 80 are left of the edge
    edge = round(FACE_SIDE * 80 / 200)
    assert (picture[:, : edge - 2] == PLAIN).all()
    assert (picture[0, edge + 2 :] == 200).all()


def test_points_are_seen_on_the_plain_ground() -> None:
    ground, *points = ("#" + bytes(color).hex() for color in (PLAIN, PREDICTED, TRUTH))
    assert all(contrast(ground, each) >= AA_GRAPHICS for each in points)


def test_a_point_that_stands_alone_is_seen() -> None:
    picture = face_with_points(None, np.float32([[100, 100]]), np.float32([[130, 100]]), NOSE)
    assert has_colour(picture, PREDICTED) > 100
    assert has_colour(picture, TRUTH) > 100


def test_zero_is_the_middle_grey() -> None:
    assert grey_of(np.float32([-2, -1, 0, 1, 2, 3]), 2).tolist() == [0, 64, 128, 191, 255, 255]
    assert grey_of(np.zeros(2, np.float32), 0).tolist() == [128, 128]


def test_enlarged_pixels_stay_squares() -> None:
    large = enlarged(np.uint8([[0, 255], [100, 7]]), 100)
    assert large.shape == (100, 100)
    assert (large[:50, 50:] == 255).all()
    assert set(np.unique(large)) == {0, 7, 100, 255}


def test_all_filters_are_on_the_sheet() -> None:
    filters = np.linspace(-1, 1, 10, dtype=np.float32)[:, None, None] * np.ones((10, 3, 3), np.float32)
    greys = np.unique(filter_sheet(filters, 1, 4))
    assert set(grey_of(filters, 1).ravel().tolist()) <= set(greys.tolist())


# --- Turned heads ---------------------------------------------------------------------------------


def test_errors_are_grouped_by_the_turn_of_the_head() -> None:
    """Means and counts of groups; one of too few photographs, and a face without points, say nothing."""
    mean_shape = mean_shapes()["ibug68"]
    pictures = [
        PictureResult(f"{yaw}.jpg", None, float(yaw), None, turned(mean_shape, yaw))
        for yaw in (-2, -1, 0, 1, 2, 15, 16, 17, -16, -17, 24)
    ]
    result = SimpleNamespace(pictures=(*pictures, PictureResult("missed.jpg", None, 100.0, None, None)))
    assert errors_by_turn(result) == {"0° to 10°": (0.0, 5), "10° to 20°": (3.0, 5)}


def turned(shape: np.ndarray, yaw: float) -> np.ndarray:
    """Points (K, 2) of a head that is turned by so many degrees, seen from afar."""
    cos, sin = np.cos(np.radians(yaw)), np.sin(np.radians(yaw))
    x, y, z = shape.T
    return np.stack([300 + 100 * (cos * x + sin * z), 300 + 100 * y], axis=1).astype(np.float32)
