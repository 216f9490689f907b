"""The app's pages about the networks, run by Streamlit's own tester; the results have tests of their own."""

import io
import json
from pathlib import Path

import numpy as np
import pytest
from data_sets import DATA_SETS
from PIL import Image
from runs import read_runs
from streamlit.testing.v1 import AppTest

from tests.conftest import ROOT
from tests.drawn_runs import PHOTOGRAPHS, write_runs, write_weights
from tests.pages import Opener, captions, headings, healthy, labels, picture_urls, run, texts

pytestmark = pytest.mark.usefixtures("environment")


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Checkpoints of all stages with made-up results; weights where a page asks for them first."""
    folder = write_runs(tmp_path_factory.mktemp("runs") / "checkpoints")
    write_weights(folder / "face68")
    write_weights(folder / "nose", untrained=False)
    return folder


@pytest.mark.parametrize("page", ["results", "filters", "about"])
def test_no_runs_at_all(opened: Opener, tmp_path: Path, page: str) -> None:
    app = opened(page, tmp_path)
    assert healthy(app)
    assert str(tmp_path) in app.info[0].value


# --- Filters --------------------------------------------------------------------------------------


def picture_captions(app: AppTest) -> str:
    return "\n".join(image.proto.imgs[0].caption for image in app.image)


def grid_style(app: AppTest) -> str:
    """The rules that draw the filters into their buttons."""
    return next(each.proto.body for each in app.get("html") if "filters_cell_0x" in each.proto.body)


def test_filters_of_the_network_that_comes_with_facekp(opened: Opener) -> None:
    app = opened("filters")
    assert healthy(app)
    assert app.segmented_control(key="filters_network").value == "face68"
    assert "64 filters of 7 × 7 pixels, all in the same grey scale: the middle grey is zero" in captions(app)
    assert len([button for button in app.button if button.label.startswith("Filter ")]) == 64
    assert len(picture_urls(app)) == 5  # what the network sees; the filter and its response, before and after training
    assert labels(app) == ["All filters", *["Filter", "Response"] * 2]


def test_a_filter_is_enlarged_when_it_is_chosen(opened: Opener, drawn: Path) -> None:
    app = opened("filters", drawn)
    assert healthy(app)
    seen, *others = picture_urls(app)
    app.button(key="filters_cell_3x").click().run()
    assert healthy(app)
    after = picture_urls(app)
    assert after[0] == seen
    assert len(after) == len(others) + 1
    assert not set(after[1:]) & set(others)


def test_filters_before_the_training(opened: Opener, drawn: Path) -> None:
    app = opened("filters", drawn)
    assert len(set(picture_urls(app))) == 5  # before and after, side by side, are not the same
    grid = grid_style(app)
    app.segmented_control(key="filters_time").set_value("Before training").run()
    assert healthy(app)
    assert grid_style(app) != grid


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
    assert "mine.png as face68 sees it" in picture_captions(app)


def test_filters_answer_to_the_face_that_is_selected(opened: Opener, environment: pytest.MonkeyPatch) -> None:
    faces = [Image.open(ROOT / "app" / "gallery" / f"{name}.jpg").resize((400, 400)) for name in ("leo", "imme")]
    group = Image.new("RGB", (800, 400))
    for place, face in enumerate(faces):
        group.paste(face, (400 * place, 0))
    buffer = io.BytesIO()
    group.save(buffer, format="PNG")
    app = opened("keypoints")
    app.file_uploader[0].upload("group.png", buffer.getvalue()).run()
    run(app, "filters")
    assert healthy(app)
    assert "Face 1 of 2 of group.png" in picture_captions(app)
    first = picture_urls(app)
    visit = app.session_state["visit"]
    (digest,) = visit.photos
    visit.selected["keypoints", digest] = 1  # as the large picture of the Keypoints page does
    app.run()
    assert healthy(app)
    assert "Face 2 of 2 of group.png" in picture_captions(app)
    assert picture_urls(app)[0] != first[0]
    assert picture_urls(app)[2] != first[2]


def test_another_photograph_is_taken_on_the_filters_page(opened: Opener, drawn: Path) -> None:
    app = opened("filters", drawn)
    first = picture_urls(app)
    photos = [button for button in app.button if "_photo_" in button.key]
    photos[1].click().run()
    assert healthy(app)
    assert picture_urls(app)[0] != first[0]


def test_without_a_face_the_filters_are_shown_all_the_same(opened: Opener, noise: np.ndarray) -> None:
    app = opened("keypoints")
    buffer = io.BytesIO()
    Image.fromarray(noise).save(buffer, format="PNG")
    app.file_uploader[0].upload("noise.png", buffer.getvalue()).run()
    run(app, "filters")
    assert not app.exception
    (error,) = app.error
    assert "No face was found" in error.value
    assert len(picture_urls(app)) == 2  # the filter before and after training


# --- Data -----------------------------------------------------------------------------------------


def test_the_gallery_stands_in_for_the_data(opened: Opener, drawn: Path) -> None:
    app = opened("data", drawn)
    assert healthy(app)
    assert "None of the data sets is on this machine" in captions(app)
    assert len(picture_urls(app)) == 8
    assert all(each.source in texts(app) for each in DATA_SETS)
    assert texts(app).count("not here") == len(DATA_SETS)
    faces = app.table[-1].value
    nose = faces[next(name for name in faces if "nose" in name.split(", "))]
    assert nose.tolist() == ["drawn faces", "100", "other drawn faces", str(PHOTOGRAPHS), "–", "–"]
    assert faces["face68, face68-resnet18"].tolist()[-2:] == ["300-W common, dlib's test list", "12, 12"]


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
    models = [each.label.split("**")[1] for each in app.expander if "**" in each.label]
    assert models == [run.name for run in read_runs(drawn)[0]]
    cards = "\n".join(table.value.to_csv() for table in app.table)
    assert "drawn faces" in cards
    assert "{" not in cards  # no raw JSON
    assert "wing loss, learning rate 0.001, 4 faces a step" in cards
    assert "iBUG 300-W, dlib's release: for research only" in cards
    assert facekp.__version__ in cards
    assert "BSD-3-Clause" in cards  # of NumPy, among others
    assert "MIT licence" in texts(app)
