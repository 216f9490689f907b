"""The app's page of results, run by Streamlit's own tester."""

import json
from pathlib import Path

import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from tests.conftest import ROOT
from tests.drawn import draw_face, face_points
from tests.drawn_runs import DATE, PHOTOGRAPHS, REASON, STAGE_RUNS, write_run, write_runs
from tests.drawn_sets import IBUG_CARD, write_small_300w
from tests.pages import Opener, captions, headings, healthy, labels, picture_urls, plain_tables, run, texts
from training.splits import read_split

pytestmark = pytest.mark.usefixtures("environment")


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Checkpoints of all stages with made-up results, without weights."""
    return write_runs(tmp_path_factory.mktemp("runs") / "checkpoints")


@pytest.fixture
def results(drawn: Path, opened: Opener) -> AppTest:
    return opened("results", drawn)


def part(app: AppTest, name: str) -> AppTest:
    """Open a part of the results page."""
    return app.segmented_control(key="results_part").set_value(name).run()


def test_results_of_the_networks_that_come_with_facekp(opened: Opener) -> None:
    app = opened("results")
    assert healthy(app)
    assert app.title[0].value == "Results"
    assert app.segmented_control(key="results_part").options == ["Numbers", "Training", "Errors", "Pictures"]
    card = json.loads((ROOT / "checkpoints" / "face68" / "card.json").read_text())
    shown, more = plain_tables(app)
    own = shown[(shown["Run"] == "face68") & (shown["Split"] == "300-W common (test)")]
    assert own["Mean, %"].tolist() == [f"{card['measured']['common']['nme_percent']:.2f}"]
    assert "Inner 51, %: the points that do not lie on the jaw." in captions(app)
    own = more[(more["Run"] == "face68") & (more["Split"] == "300-W common (test)")]
    assert own["Area to 8 %"].tolist() == [f"{card['measured']['common']['auc_to_8_percent']:.2f}"]


def test_the_numbers_stand_before_what_is_asked_for_less_often(results: AppTest) -> None:
    columns = list(plain_tables(results)[0])
    assert columns[:4] == ["Run", "Split", "Mean, %", "Median, %"]
    assert columns[-1] == "Date"


def test_no_raw_names_are_shown(opened: Opener) -> None:
    app = opened("results")
    for name in app.segmented_control(key="results_part").options:
        part(app, name)
        columns = [list(each) for each in (*plain_tables(app), *(each.value for each in app.dataframe))]
        shown = captions(app) + texts(app) + str(columns)
        assert "_percent" not in shown
        assert "_pixels" not in shown


def test_confidence_and_robustness_are_told(results: AppTest) -> None:
    part(results, "Errors")
    assert "**face68**: predicted and measured errors lie apart by a factor of at most 1.20." in texts(results)
    table = next(each for each in plain_tables(results) if "face68, ×" in each)
    assert list(table.columns) == [
        "Photographs",
        *("face68, %", "face68-resnet18, %", "dlib, %"),
        *("face68, ×", "face68-resnet18, ×", "dlib, ×"),
    ]
    turned = table[table["Photographs"] == "turned by +30°"].iloc[0]
    assert (turned["face68, %"], turned["face68, ×"], turned["dlib, ×"]) == ("3.60", "1.20", "2.00")
    assert "from photograph to points" in captions(results)


@pytest.mark.parametrize("stage", ["nose", "imm58", "ibug68"])
def test_each_stage_has_its_results(results: AppTest, stage: str) -> None:
    results.segmented_control(key="results_stage").set_value(stage).run()
    assert healthy(results)
    own = [name for name, schema in STAGE_RUNS.items() if schema == stage]
    numbers = next(each for each in plain_tables(results) if "Split" in each)
    assert set(numbers["Run"]) == set(own)
    assert set(numbers["Date"]) == {DATE}
    assert set(numbers["Photographs"]) == {str(PHOTOGRAPHS)}
    part(results, "Training")
    assert ("Sweep" in headings(results)) == (stage == "nose")
    figures = len(results.get("vega_lite_chart"))
    assert labels(results) == ["PNG", "SVG", "CSV"] * figures
    part(results, "Errors")
    assert all((title in headings(results)) == (stage == "ibug68") for title in ("Confidence", "Robustness"))
    more = len(results.get("vega_lite_chart"))
    assert labels(results) == ["PNG", "SVG", "CSV"] * more
    assert figures + more == {"nose": 6, "imm58": 6, "ibug68": 6}[stage]
    part(results, "Pictures")
    assert healthy(results)
    assert headings(results) == ["Best and worst pictures: validation"]
    assert len(picture_urls(results)) == 4
    assert REASON in texts(results)


def test_scores_of_others_are_told_beside_the_numbers(results: AppTest) -> None:
    assert "Others scored 7 on 9 photographs." in captions(results)


def test_a_run_can_be_left_out(results: AppTest) -> None:
    results.pills[0].set_value(["face68-resnet18"]).run()
    assert healthy(results)
    numbers = next(each for each in plain_tables(results) if "Split" in each)
    assert set(numbers["Run"]) == {"face68-resnet18"}
    results.pills[0].set_value([]).run()
    assert healthy(results)
    assert results.info[0].value == "Choose at least one run."


def test_the_choice_of_a_stage_outlives_a_change_of_page(
    opened: Opener, drawn: Path, environment: pytest.MonkeyPatch
) -> None:
    app = opened("results", drawn)
    app.segmented_control(key="results_stage").set_value("imm58").run()
    part(app, "Training").segmented_control(key="results_axis").set_value("Linear").run()
    run(run(app, "about"), "results")
    assert healthy(app)
    assert app.segmented_control(key="results_stage").value == "imm58"
    assert app.segmented_control(key="results_part").value == "Training"
    assert app.segmented_control(key="results_axis").value == "Linear"


def test_points_stand_alone_where_the_photographs_are_not(results: AppTest) -> None:
    part(results, "Pictures")
    assert "The photographs are not ours to pass on" in captions(results)
    assert "true points belong" not in captions(results)
    assert ":green[●] true" in texts(results)


def test_predicted_points_stand_alone_where_the_true_ones_are_not(opened: Opener, tmp_path: Path) -> None:
    folder = write_run(tmp_path / "face58", "imm58")
    (folder / "results" / "validation.truth.json").unlink()
    app = part(opened("results", tmp_path), "Pictures")
    assert healthy(app)
    assert "The true points belong to the data set too" in captions(app)
    assert ":red[●] predicted" in texts(app)
    assert "true" not in texts(app)
    assert len(picture_urls(app)) == 4


def test_true_points_come_from_the_data_set_where_git_left_them_out(
    opened: Opener, environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    write_small_300w(tmp_path)
    folder = write_run(tmp_path / "runs" / "face68", "ibug68")
    card = json.loads((folder / "card.json").read_text()) | IBUG_CARD
    (folder / "card.json").write_text(json.dumps(card))
    (folder / "results" / "validation.truth.json").unlink()
    environment.setenv("FACEKP_DATA", str(tmp_path))
    known = {sample.file for sample in read_split(tmp_path, card, "validation")}
    extremes = folder / "results" / "extremes.json"
    record = extremes.read_text()
    for file, of_the_data in zip(("00.jpg", "01.jpg", "10.jpg", "11.jpg"), sorted(known), strict=True):
        record = record.replace(f"nowhere/{file}", of_the_data)
    extremes.write_text(record)
    app = part(opened("results", folder.parent), "Pictures")
    assert healthy(app)
    assert captions(app).count("not ours to pass on") == captions(app).count("true points belong") == 0
    assert ":green[●] true" in texts(app)
    assert len(picture_urls(app)) == 4
    environment.setattr("services.loaders_here", lambda: False)  # as in an installed facekp
    part(app, "Numbers")
    part(app, "Pictures")
    assert healthy(app)
    assert "true points belong" in captions(app)


def test_photographs_are_shown_where_the_data_is(
    opened: Opener, environment: pytest.MonkeyPatch, tmp_path: Path, drawn: Path
) -> None:
    before = part(opened("results", drawn), "Pictures")
    folder = tmp_path / "ibug_300W_large_face_landmark_dataset" / "nowhere"
    folder.mkdir(parents=True)
    for index in range(PHOTOGRAPHS):
        Image.fromarray(draw_face(face_points(), (640, 480))).save(folder / f"{index:02d}.jpg")
    environment.setenv("FACEKP_DATA", str(tmp_path))
    app = part(opened("results", drawn), "Pictures")
    assert healthy(app)
    assert "not ours to pass on" not in captions(app)
    assert not set(picture_urls(app)) & set(picture_urls(before))


def test_a_broken_run_is_told_and_the_rest_is_shown(opened: Opener, tmp_path: Path) -> None:
    write_run(tmp_path / "good", "nose")
    (write_run(tmp_path / "broken", "nose") / "history.json").write_text("[")
    app = opened("results", tmp_path)
    assert not app.exception
    (error,) = app.error
    assert "history.json cannot be read as JSON" in error.value
    assert "Traceback" not in error.value
    assert len(picture_urls(part(app, "Pictures"))) == 4
