"""The app's pages about the networks, run by Streamlit's own tester, and what they are made of."""

import io
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from data_sets import DATA_SETS
from PIL import Image
from runs import read_runs
from streamlit.testing.v1 import AppTest

from tests.conftest import ROOT
from tests.drawn import draw_face, face_points
from tests.drawn_runs import DATE, PHOTOGRAPHS, REASON, STAGE_RUNS, write_run, write_runs, write_weights

Opener = Callable[..., AppTest]


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Checkpoints of all stages with made-up results; weights where a page asks for them first."""
    folder = write_runs(tmp_path_factory.mktemp("runs") / "checkpoints")
    write_weights(folder / "face68")
    write_weights(folder / "nose", untrained=False)
    return folder


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """No data sets but those that a test sets."""
    monkeypatch.delenv("FACEKP_DATA", raising=False)
    monkeypatch.delenv("FACEKP_CHECKPOINTS", raising=False)
    return monkeypatch


@pytest.fixture
def opened(environment: pytest.MonkeyPatch) -> Opener:
    """Opens a page as a visitor first sees it, of an app that shows the runs of a folder."""

    def open_page(page: str, checkpoints: Path | None = None) -> AppTest:
        if checkpoints:
            environment.setenv("FACEKP_CHECKPOINTS", str(checkpoints))
        return run(AppTest.from_file(str(ROOT / "app" / "streamlit_app.py"), default_timeout=60), page)

    return open_page


@pytest.fixture
def results(drawn: Path, opened: Opener) -> AppTest:
    return opened("results", drawn)


def run(app: AppTest, page: str) -> AppTest:
    """Open another page; the start page is not drawn before, which would cost a prediction."""
    return app.switch_page(f"views/{page}.py").run()


def healthy(app: AppTest) -> bool:
    return not app.exception and not app.error


def captions(app: AppTest) -> str:
    return "\n".join(caption.value for caption in app.caption)


def texts(app: AppTest) -> str:
    return "\n".join(text.value for text in app.markdown)


def picture_urls(app: AppTest) -> list[str]:
    return [url for image in app.image for url in image.value]


def labels(app: AppTest) -> list[str]:
    return [button.label for button in app.download_button]


def headings(app: AppTest) -> list[str]:
    return [heading.value for heading in app.subheader]


# --- Results --------------------------------------------------------------------------------------


def test_results_of_the_networks_that_come_with_facekp(opened: Opener) -> None:
    app = opened("results")
    assert healthy(app)
    assert app.title[0].value == "Results"
    assert headings(app)[:2] == ["Training", "Numbers"]
    card = json.loads((ROOT / "checkpoints" / "face68" / "card.json").read_text())
    shown = app.dataframe[0].value
    own = shown[(shown["Run"] == "face68") & (shown["Split"] == "300-W common (test)")]
    assert own["Mean error, %"].tolist() == [card["measured"]["common"]["nme_percent"]]


def test_confidence_and_robustness_are_told(results: AppTest) -> None:
    assert "**face68**: predicted and measured errors lie apart by a factor of at most 1.20." in texts(results)
    table = next(each.value for each in results.dataframe if "face68, ×" in each.value)
    assert list(table.columns) == [
        "Photographs",
        *("face68, %", "face68-resnet18, %", "dlib, %"),
        *("face68, ×", "face68-resnet18, ×", "dlib, ×"),
    ]
    turned = table[table["Photographs"] == "turned by +30°"].iloc[0]
    assert (turned["face68, %"], turned["face68, ×"], turned["dlib, ×"]) == (3.6, 1.2, 2.0)
    assert "from photograph to points" in captions(results)


@pytest.mark.parametrize("stage", ["nose", "imm58", "ibug68"])
def test_each_stage_has_its_results(results: AppTest, stage: str) -> None:
    results.segmented_control(key="results_stage").set_value(stage).run()
    assert healthy(results)
    own = [name for name, schema in STAGE_RUNS.items() if schema == stage]
    numbers = next(each.value for each in results.dataframe if "Split" in each.value)
    assert set(numbers["Run"]) == set(own)
    assert set(numbers["Date"]) == {DATE}
    assert set(numbers["Photographs"]) == {PHOTOGRAPHS}
    assert ("Sweep" in headings(results)) == (stage == "nose")
    assert all((part in headings(results)) == (stage == "ibug68") for part in ("Confidence", "Robustness"))
    assert len(picture_urls(results)) == 4
    assert REASON in texts(results)
    figures = len(results.get("vega_lite_chart"))
    assert figures == {"nose": 6, "imm58": 6, "ibug68": 6}[stage]
    assert labels(results) == ["PNG", "SVG", "CSV"] * figures


def test_scores_of_others_are_told_beside_the_numbers(results: AppTest) -> None:
    assert "Others scored 7 on 9 photographs." in captions(results)


def test_a_run_can_be_left_out(results: AppTest) -> None:
    results.pills[0].set_value(["face68-resnet18"]).run()
    assert healthy(results)
    numbers = next(each.value for each in results.dataframe if "Split" in each.value)
    assert set(numbers["Run"]) == {"face68-resnet18"}
    results.pills[0].set_value([]).run()
    assert healthy(results)
    assert results.info[0].value == "Choose at least one run."


def test_the_choice_of_a_stage_outlives_a_change_of_page(
    opened: Opener, drawn: Path, environment: pytest.MonkeyPatch
) -> None:
    app = opened("results", drawn)
    app.segmented_control(key="results_stage").set_value("imm58").run()
    app.segmented_control(key="results_axis").set_value("Logarithmic").run()
    run(run(app, "about"), "results")
    assert healthy(app)
    assert app.segmented_control(key="results_stage").value == "imm58"
    assert app.segmented_control(key="results_axis").value == "Logarithmic"


def test_points_stand_alone_where_the_photographs_are_not(results: AppTest) -> None:
    assert "The photographs are not ours to pass on" in captions(results)
    assert "true points belong" not in captions(results)


def test_predicted_points_stand_alone_where_the_true_ones_are_not(opened: Opener, tmp_path: Path) -> None:
    folder = write_run(tmp_path / "face58", "imm58")
    (folder / "results" / "validation.truth.json").unlink()
    app = opened("results", tmp_path)
    assert healthy(app)
    assert "The true points belong to the data set too" in captions(app)
    assert len(picture_urls(app)) == 4


def test_photographs_are_shown_where_the_data_is(
    opened: Opener, environment: pytest.MonkeyPatch, tmp_path: Path, drawn: Path
) -> None:
    before = opened("results", drawn)
    folder = tmp_path / "ibug_300W_large_face_landmark_dataset" / "nowhere"
    folder.mkdir(parents=True)
    for index in range(PHOTOGRAPHS):
        Image.fromarray(draw_face(face_points(), (640, 480))).save(folder / f"{index:02d}.jpg")
    environment.setenv("FACEKP_DATA", str(tmp_path))
    app = opened("results", drawn)
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
    assert len(picture_urls(app)) == 4


@pytest.mark.parametrize("page", ["results", "filters", "about"])
def test_no_runs_at_all(opened: Opener, tmp_path: Path, page: str) -> None:
    app = opened(page, tmp_path)
    assert healthy(app)
    assert str(tmp_path) in app.info[0].value


# --- Filters --------------------------------------------------------------------------------------


def test_filters_of_the_network_that_comes_with_facekp(opened: Opener) -> None:
    app = opened("filters")
    assert healthy(app)
    assert app.segmented_control(key="filters_network").value == "face68"
    assert "64 filters of 7 × 7 pixels, all in the same grey scale: the middle grey is zero" in captions(app)
    assert len([button for button in app.button if button.label.startswith("Filter ")]) == 64
    assert len(picture_urls(app)) == 3  # the filter, its response, what the network sees
    assert labels(app) == ["All filters", "Filter", "Response"]


def test_a_filter_is_enlarged_when_it_is_chosen(opened: Opener, drawn: Path) -> None:
    app = opened("filters", drawn)
    assert healthy(app)
    filter_, response, seen = picture_urls(app)
    app.button(key="filters_cell_3x").click().run()
    assert healthy(app)
    after = picture_urls(app)
    assert after[0] != filter_
    assert after[1] != response
    assert after[2] == seen


def test_filters_before_the_training(opened: Opener, drawn: Path) -> None:
    app = opened("filters", drawn)
    trained = picture_urls(app)[0]
    app.segmented_control(key="filters_time").set_value("Before training").run()
    assert healthy(app)
    assert picture_urls(app)[0] != trained
    assert app.info[0].value == "Responses are those of the trained filters."


def test_filters_that_were_not_kept_are_told(opened: Opener, drawn: Path, environment: pytest.MonkeyPatch) -> None:
    app = opened("filters", drawn)
    app.segmented_control(key="filters_network").set_value("nose").run()
    assert healthy(app)
    assert "training of this network began were not kept" in captions(app)
    app.segmented_control(key="filters_network").set_value("face58").run()
    assert not app.exception
    (error,) = app.error
    assert "has no weights.safetensors" in error.value


def test_filters_answer_to_the_visitors_own_photograph(opened: Opener, noise: np.ndarray) -> None:
    app = opened("keypoints")
    buffer = io.BytesIO()
    Image.open(ROOT / "app" / "gallery" / "leo.jpg").save(buffer, format="PNG")
    app.file_uploader[0].upload("mine.png", buffer.getvalue()).run()
    run(app, "filters")
    assert healthy(app)
    assert any("mine.png as face68 sees it" in image.proto.imgs[0].caption for image in app.image)


def test_without_a_face_the_filters_are_shown_all_the_same(opened: Opener, noise: np.ndarray) -> None:
    app = opened("keypoints")
    buffer = io.BytesIO()
    Image.fromarray(noise).save(buffer, format="PNG")
    app.file_uploader[0].upload("noise.png", buffer.getvalue()).run()
    run(app, "filters")
    assert not app.exception
    (error,) = app.error
    assert "No face was found" in error.value
    assert len(picture_urls(app)) == 1


# --- Data -----------------------------------------------------------------------------------------


def test_the_gallery_stands_in_for_the_data(opened: Opener, drawn: Path) -> None:
    app = opened("data", drawn)
    assert healthy(app)
    assert "None of the data sets is on this machine" in captions(app)
    assert len(picture_urls(app)) == 8
    assert all(each.source in texts(app) for each in DATA_SETS)
    assert texts(app).count("not here") == len(DATA_SETS)
    assert "**nose** was trained on drawn faces" in texts(app)


def test_samples_are_drawn_again_and_augmented_or_not(opened: Opener) -> None:
    app = opened("data")
    first = picture_urls(app)
    app.toggle(key="data_augmented").set_value(False).run()
    plain = picture_urls(app)
    assert not set(first) & set(plain)
    next(button for button in app.button if button.label == "Draw again").click().run()
    assert healthy(app)
    assert picture_urls(app) != plain
    app.toggle(key="data_augmented").set_value(True).run()
    assert not set(picture_urls(app)) & {*first, *plain}


def test_a_network_is_fed_with_faces_that_have_its_points(opened: Opener) -> None:
    app = opened("data")
    app.segmented_control(key="data_stage_gallery").set_value("face58").run()
    assert healthy(app)
    assert len(picture_urls(app)) == 1  # the one composite with 58 points
    app.segmented_control(key="data_stage_gallery").set_value("nose-original").run()
    assert healthy(app)
    assert "80 × 60 pixels" in captions(app)


def test_without_the_loaders_the_gallery_is_shown(opened: Opener, environment: pytest.MonkeyPatch) -> None:
    environment.setattr("samples.find_spec", lambda name: None)
    app = opened("data")
    assert healthy(app)
    assert "not of the installed package" in app.info[0].value
    assert len(picture_urls(app)) == len(json.loads((ROOT / "app" / "gallery" / "gallery.json").read_text()))


def test_samples_of_the_data_sets(opened: Opener, data: Path, environment: pytest.MonkeyPatch) -> None:
    environment.setenv("FACEKP_DATA", str(data))
    app = opened("data")
    assert healthy(app)
    counts = app.dataframe[0].value
    assert (counts["Faces"] > 0).all()
    assert len(picture_urls(app)) == 8
    assert "true points" in texts(app)
    assert "predicted" not in texts(app)


def test_a_broken_data_set_is_told(opened: Opener, environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "imm_face_db").mkdir()
    environment.setenv("FACEKP_DATA", str(tmp_path))
    app = opened("data")
    assert not app.exception
    assert all("imm_face_db" in error.value for error in app.error)
    assert app.error
    assert headings(app)[-1] == "Where to get it"


# --- About ----------------------------------------------------------------------------------------


def test_about_tells_of_models_licences_and_versions(opened: Opener, drawn: Path) -> None:
    import facekp

    app = opened("about", drawn)
    assert healthy(app)
    assert headings(app) == ["What runs where", "Models", "Licences", "Versions"]
    assert [each.label.split("**")[1] for each in app.expander] == [run.name for run in read_runs(drawn)[0]]
    cards = "\n".join(table.value.to_csv() for table in app.table)
    assert "drawn faces" in cards
    assert "{" not in cards  # no raw JSON
    assert facekp.__version__ in cards
    assert "MIT licence" in texts(app)
