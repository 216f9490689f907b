"""What the pages of films and blends do without Streamlit: choices, previews, films in the background, recipes."""

import gc
import io
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import numpy as np
import pytest
from blends import (
    average,
    average_points,
    average_recipe,
    average_sketch,
    caricature_recipe,
    caricature_sketch,
    mean_face,
    packed_recipe,
    picture_of,
    shaped_average,
    symmetric_sketch,
    symmetrise_recipe,
    with_shape,
)
from film_choices import OWN, film_settings, movie_choices
from films import FilmWork, encode_all, films_in_work
from morph_faces import SKETCH_SIDE, Face, thumbnail
from photos import Photo, read_photo
from PIL import Image
from previews import PLACES, SIDE, SLOW_PLACES, make_preview, small_size

from facekp.annotations import parse_pts
from facekp.errors import ImageError, MeshError, SettingsError
from facekp.film import MovieOptions
from facekp.images import encode_png, load_image
from facekp.make import make
from facekp.recipe import read_recipe, to_json
from facekp.sequence import MorphSequence
from facekp.settings import MorphSettings
from tests.drawn import draw_face, face_points, two_faces

PATIENCE = 60
"""Seconds until a film that should be made is missed."""
JPEG_ERROR = 6
"""Grey levels by which a JPEG may differ, on average."""

SMALL = {"frames": 6, "size": OWN, "width": 64, "height": 48}


def face_of(picture: np.ndarray, points: np.ndarray, name: str = "face.png") -> Face:
    return Face(Photo(name, encode_png(picture)), 0, 1, points)


@pytest.fixture(scope="module")
def faces() -> list[Face]:
    picture_a, picture_b, points_a, points_b = two_faces()
    return [face_of(picture_a, points_a, "a.png"), face_of(picture_b, points_b, "b.png")]


@pytest.fixture
def folder(faces: list[Face], tmp_path: Path) -> Path:
    """A folder with the photographs, as a visitor has them."""
    for face in faces:
        (tmp_path / face.photo.name).write_bytes(face.photo.data)
    return tmp_path


# --- Choices --------------------------------------------------------------------------------------


def test_a_sketch_is_the_photograph_made_small() -> None:
    points = face_points((1000, 900), 700, 800)
    face = face_of(draw_face(points, (2 * SKETCH_SIDE, 1900)), points)
    sketch = face.sketch()
    assert sketch.picture.shape == (950, SKETCH_SIDE, 3)
    assert sketch.size == (2 * SKETCH_SIDE, 1900)
    assert sketch.points == pytest.approx((points + 0.5) / 2 - 0.5)


def test_a_transparent_photograph_keeps_its_transparency_and_has_a_thumbnail() -> None:
    points = face_points()
    rgba = np.dstack([draw_face(points), np.full((220, 200), 90, np.uint8)])
    photo = read_photo("face.png", encode_png(rgba))
    face = Face(photo, 0, 1, points)
    assert (face.sketch().picture[..., 3] == 90).all()
    for small in (photo.thumbnail, thumbnail(face.sketch().picture, points)):
        with Image.open(io.BytesIO(small)) as image:
            assert image.mode == "RGB"


def test_a_small_photograph_is_its_own_sketch(faces: list[Face]) -> None:
    sketch = faces[0].sketch()
    assert np.array_equal(sketch.picture, load_image(faces[0].photo.data))
    assert np.array_equal(sketch.points, faces[0].points)


@pytest.mark.parametrize("centre", [(100, 110), (0, 0), (200, 220)])
def test_thumbnails_stay_within_the_photograph(centre: tuple[int, int]) -> None:
    points = face_points(centre)
    with Image.open(io.BytesIO(thumbnail(draw_face(points), points))) as image:
        assert image.size == (160, 160)
        assert np.asarray(image).std() > 0


def test_faces_have_titles_and_keys() -> None:
    points = face_points()
    one, second = (Face(Photo("group.png", b"data"), index, 2, points) for index in (0, 1))
    assert (one.title, second.title) == ("Face 1 of group.png", "Face 2 of group.png")
    assert one.key != second.key
    assert Face(Photo("group.png", b"data"), 0, 2, points + 1).key != one.key  # corrected points count
    assert Face(Photo("me.png", b"data"), 0, 1, points).title == "me.png"


# --- Previews -------------------------------------------------------------------------------------


def test_a_preview_is_of_the_film_s_frames(faces: list[Face]) -> None:
    settings = MorphSettings(frames=6, size=(240, 180))
    preview = make_preview([face.sketch() for face in faces], settings)
    film = MorphSequence([face.photo.data for face in faces], [face.points for face in faces], settings)
    assert preview.numbers == (1, 2, 3, 4, 5, 6)
    assert preview.size == (240, 180)
    for small, frame in zip(preview.frames, film.film(), strict=True):
        assert np.abs(load_image(small).astype(int) - frame).mean() < JPEG_ERROR


def test_a_preview_of_a_long_film_is_thinned(faces: list[Face]) -> None:
    sketches = [face.sketch() for face in faces]
    preview = make_preview(sketches, MorphSettings(frames=200, size=(1024, 512), ping_pong=True))
    assert (len(preview.frames), preview.numbers[0], preview.numbers[-1]) == (PLACES, 1, 200)
    assert preview.size == (SIDE, SIDE // 2)
    closed = make_preview(sketches, MorphSettings(frames=200, closed=True))
    assert closed.numbers[-1] == 2 * 199 + 1
    assert np.abs(load_image(closed.frames[0]).astype(int) - load_image(closed.frames[-1])).mean() < JPEG_ERROR
    slow = make_preview(sketches, MorphSettings(reference="a", face_only="seamless"))
    assert len(slow.frames) == SLOW_PLACES


def test_triangles_lie_over_a_preview(faces: list[Face]) -> None:
    sketches = [face.sketch() for face in faces]
    plain, meshed = (make_preview(sketches, MorphSettings(frames=2), mesh=mesh) for mesh in (False, True))
    assert all(a != b for a, b in zip(plain.frames, meshed.frames, strict=True))


@pytest.mark.filterwarnings("ignore:the colours of face")  # drawn faces have no hair to be told by
def test_what_is_transparent_is_chequered(faces: list[Face]) -> None:
    preview = make_preview([face.sketch() for face in faces], MorphSettings(frames=2, background="transparent"))
    corner = load_image(preview.frames[0])[:20, :20].astype(int)
    assert corner[:8, :8].mean() == pytest.approx(212, abs=4)
    assert corner[:8, 12:].mean() == pytest.approx(244, abs=4)


def test_a_preview_keeps_the_photograph_s_proportions() -> None:
    assert small_size((4000, 3000)) == (SIDE, round(SIDE * 3 / 4))
    assert small_size((90, 60)) == (90, 60)
    assert small_size((4000, 20)) == (SIDE, 16)


# --- Films ----------------------------------------------------------------------------------------


def made(faces: list[Face], choices: dict) -> FilmWork:
    work = FilmWork(faces, film_settings(choices), movie_choices(choices))
    work.wait(PATIENCE)
    assert not work.running
    return work


@pytest.mark.parametrize("more", [{}, {"ping_pong": True, "hold_first": 0.5, "hold_last": 0.5}, {"loop": False}])
def test_a_film_is_what_its_recipe_makes(faces: list[Face], folder: Path, more: dict) -> None:
    work = made(faces, {**SMALL, **more})
    assert work.error == ""
    film = work.film
    assert film.title == "a.png → b.png"
    (folder / "morph.json").write_text(to_json(film.recipe))
    for suffix in (".gif", ".mp4", ".webp", ".zip"):
        make(read_recipe(folder / "morph.json"), folder / f"again{suffix}", folder=folder)
        assert film.encode(suffix) == (folder / f"again{suffix}").read_bytes()
    assert set(film.files) == {".gif", ".mp4"}
    with zipfile.ZipFile(io.BytesIO(film.encode(".zip"))) as archive:
        assert len(archive.namelist()) == film.frames + 2  # times.json and recipe.json
    assert to_json(film.recipe) == archive_text(film.encode(".zip"), "recipe.json").replace('".zip"', '".gif"')


def archive_text(data: bytes, name: str) -> str:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return archive.read(name).decode()


def test_a_film_through_three_faces(faces: list[Face]) -> None:
    film = made([*faces, faces[0]], {**SMALL, "stop_at_faces": True}).film
    assert film.recipe.kind == "sequence"
    assert film.frames == 11
    with Image.open(io.BytesIO(film.files[".gif"])) as gif:
        assert (gif.n_frames, gif.size) == (11, (64, 48))


def test_a_film_can_be_stopped(faces: list[Face]) -> None:
    before = films_in_work()
    work = FilmWork(faces, MorphSettings(frames=500), MovieOptions())
    assert films_in_work() == before + 1
    work.cancel()
    work.wait(PATIENCE)
    assert not work.running
    assert films_in_work() == before
    assert (work.film, work.error) == (None, "")
    assert made(faces, SMALL).film is not None  # it is the next one's turn


def test_a_film_ends_with_the_visit_that_wanted_it(faces: list[Face], monkeypatch: pytest.MonkeyPatch) -> None:
    def endless(film: object, options: object, progress: Callable[[float], None]) -> NoReturn:
        while True:
            progress(0.5)
            time.sleep(0.01)

    monkeypatch.setattr("films.encode_all", endless)
    work = FilmWork(faces, MorphSettings(), MovieOptions())
    thread = work._thread
    thread.join(0.5)
    assert thread.is_alive()
    del work
    gc.collect()
    thread.join(20)
    assert not thread.is_alive()
    assert films_in_work() == 0


def test_what_goes_wrong_with_a_film_is_a_sentence(faces: list[Face]) -> None:
    broken = Face(Photo("b.png", faces[1].photo.data[:400]), 0, 1, faces[1].points)
    work = made([faces[0], broken], SMALL)
    assert work.film is None
    assert "damaged or incomplete" in work.error
    with pytest.raises(SettingsError, match=r"from 1 to 50 for \.gif"):
        FilmWork(faces, MorphSettings(fps=60), MovieOptions())


def test_progress_never_goes_back(faces: list[Face]) -> None:
    told: list[float] = []
    sequence = MorphSequence(
        [face.photo.data for face in faces], [face.points for face in faces], MorphSettings(frames=5, size=(32, 32))
    )
    files, count = encode_all(sequence, MovieOptions(), told.append)
    assert count == 5
    assert set(files) == {".gif", ".mp4"}
    assert told == sorted(told)
    assert 0 < told[0] < told[-1] < 1


# --- Stills ---------------------------------------------------------------------------------------


def test_weights_say_whose_face_it_is(faces: list[Face]) -> None:
    sketches = [face.sketch() for face in faces]
    alone = average_sketch(sketches[:1], [1]).picture.astype(int)
    nearly = average_sketch(sketches, [100, 0]).picture
    middle = average_sketch(sketches, [50, 50])
    assert np.abs(alone - nearly).mean() < 2
    assert np.abs(alone - middle.picture).mean() > 5
    assert np.any(with_shape(middle.picture, middle.points) != middle.picture)
    with pytest.raises(MeshError, match="their sum must not be 0"):
        average_sketch(sketches, [0, 0])


def test_the_points_of_a_mean_are_where_its_shape_is_drawn(faces: list[Face]) -> None:
    mean = average(faces, [25, 75], 64)
    points = parse_pts(average_points(faces, [25, 75], 64))
    np.testing.assert_allclose(points, mean.points, atol=1e-3)
    x, y = np.rint(points).astype(int).clip(0, 63).T
    changed = (load_image(shaped_average(faces, [25, 75], 64)) != mean.picture).any(axis=2)
    assert changed[y, x].all()
    assert not changed.all()


def test_the_mean_is_what_its_recipe_makes(faces: list[Face], folder: Path) -> None:
    recipe = average_recipe(faces, [25, 75], 64)
    png = picture_of(recipe, [face.photo.data for face in faces])
    (folder / "mean.json").write_text(to_json(recipe))
    make(read_recipe(folder / "mean.json"), folder / "again.png", folder=folder)
    assert png == (folder / "again.png").read_bytes()
    assert load_image(png).shape == (64, 64, 3)


def test_a_caricature_is_what_its_packed_recipe_makes(faces: list[Face], folder: Path) -> None:
    face, mean = faces[0], mean_face(faces[1:], "The other faces")
    size = face.sketch().size
    recipe = caricature_recipe(face, mean, 0.8, size, shape=True, colour=False)
    png = picture_of(recipe, [face.photo.data, mean.png])
    with zipfile.ZipFile(io.BytesIO(packed_recipe(recipe, mean))) as archive:
        archive.extractall(folder)
    make(read_recipe(folder / "recipe.json"), folder / "again.png", folder=folder)
    assert png == (folder / "again.png").read_bytes()
    on_page = caricature_sketch(face.sketch(), mean, 0.8, shape=True, colour=False).picture
    assert np.array_equal(on_page, load_image(png))  # a small photograph is shown as it is kept


def test_factor_nought_is_the_face_itself(faces: list[Face]) -> None:
    sketch, mean = faces[0].sketch(), mean_face(faces[1:], "The other faces")
    same = caricature_sketch(sketch, mean, 0, shape=True, colour=True).picture
    assert np.abs(same.astype(int) - sketch.picture).mean() < 1
    assert np.abs(symmetric_sketch(sketch, 0, shape=True, colour=True).picture.astype(int) - sketch.picture).mean() < 1


def test_a_symmetric_face_is_what_its_recipe_makes(faces: list[Face], folder: Path) -> None:
    face = faces[1]
    recipe = symmetrise_recipe(face, 1.0, face.sketch().size, shape=True, colour=True)
    png = picture_of(recipe, [face.photo.data])
    (folder / "symmetric.json").write_text(to_json(recipe))
    make(read_recipe(folder / "symmetric.json"), folder / "again.png", folder=folder)
    assert png == (folder / "again.png").read_bytes()


def test_large_photographs_are_kept_as_large_as_frames_can_be(faces: list[Face]) -> None:
    recipe = symmetrise_recipe(faces[0], 1.0, (8192, 4096), shape=True, colour=True)
    assert recipe.settings.size == (4096, 2048)


def test_a_photograph_that_is_none_is_told(faces: list[Face]) -> None:
    with pytest.raises(ImageError, match="not a picture"):
        Face(Photo("diary.png", b"Dear diary"), 0, 1, faces[0].points).sketch()
