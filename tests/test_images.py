"""Any picture that people have comes out upright, in 8-bit RGB; anything else is refused in one sentence."""

import io

import numpy as np
import pytest
from PIL import Image

from facekp import ImageError, load_image
from facekp.images import encode_png


def encoded(image: Image.Image, form: str = "PNG", **options) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format=form, **options)
    return buffer.getvalue()


@pytest.fixture
def corners() -> np.ndarray:
    """A picture whose corners tell its orientation: red, green, blue, white; uint8 (30, 40, 3)."""
    image = np.zeros((30, 40, 3), dtype=np.uint8)
    image[:8, :8], image[:8, -8:], image[-8:, :8], image[-8:, -8:] = (
        (255, 0, 0),
        (0, 255, 0),
        (0, 0, 255),
        (255, 255, 255),
    )
    return image


@pytest.mark.parametrize("form", ["PNG", "BMP", "TIFF"])
def test_lossless_formats_come_back_exactly(corners, form):
    assert np.array_equal(load_image(encoded(Image.fromarray(corners), form)), corners)


@pytest.mark.parametrize("form", ["JPEG", "WEBP"])
def test_lossy_formats_come_back_nearly(corners, form):
    loaded = load_image(encoded(Image.fromarray(corners), form, quality=95))
    assert loaded.dtype == np.uint8
    assert np.abs(loaded.astype(int) - corners).mean() < 8


def test_path_string_and_array_give_the_same(tmp_path, corners):
    path = tmp_path / "photo.png"
    path.write_bytes(encode_png(corners))
    for source in (path, str(path), corners, Image.fromarray(corners), bytearray(path.read_bytes())):
        assert np.array_equal(load_image(source), corners)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_undone(corners, orientation):
    stored = {
        1: lambda a: a,
        2: lambda a: a[:, ::-1],
        3: lambda a: a[::-1, ::-1],
        4: lambda a: a[::-1],
        5: lambda a: a.transpose(1, 0, 2),
        6: lambda a: np.rot90(a, 1),
        7: lambda a: np.rot90(a, 2).transpose(1, 0, 2),
        8: lambda a: np.rot90(a, -1),
    }[orientation](corners)
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encoded(Image.fromarray(np.ascontiguousarray(stored)), "PNG", exif=exif)
    assert np.array_equal(load_image(data), corners)


def test_grey_is_spread_over_the_channels(corners):
    grey = Image.fromarray(corners).convert("L")
    loaded = load_image(encoded(grey))
    assert np.array_equal(loaded, np.repeat(np.array(grey)[:, :, None], 3, axis=2))


@pytest.mark.parametrize("mode", ["RGBA", "LA", "PA"])
def test_transparency_is_laid_over_white(mode):
    image = Image.new(mode.replace("PA", "RGBA"), (4, 4), (0, 0, 0, 0) if mode != "LA" else (0, 0))
    if mode == "PA":
        image = image.quantize()
    assert (load_image(encoded(image)) == 255).all()


def test_half_transparent_black_is_grey_over_white():
    assert np.abs(load_image(encoded(Image.new("RGBA", (4, 4), (0, 0, 0, 128)))).astype(int) - 127).max() <= 1


def test_palette(corners):
    assert np.array_equal(load_image(encoded(Image.fromarray(corners).quantize(8))), corners)


def test_cmyk(corners):
    loaded = load_image(encoded(Image.fromarray(corners).convert("CMYK"), "TIFF"))
    assert np.abs(loaded.astype(int) - corners).max() <= 2


def test_sixteen_bits_keep_their_scale():
    deep = np.linspace(0, 65535, 256).astype(np.uint16).reshape(16, 16)
    loaded = load_image(encoded(Image.fromarray(deep)))
    assert np.array_equal(loaded[:, :, 0].ravel(), np.arange(256))
    assert np.array_equal(load_image(deep), loaded)


def test_float_tiff_keeps_its_scale():
    values = np.linspace(0, 1, 16, dtype=np.float32).reshape(4, 4)
    assert load_image(encoded(Image.fromarray(values), "TIFF"))[:, :, 0].ravel().tolist() == list(range(0, 256, 17))


def test_first_frame_of_an_animation(corners):
    frames = [Image.fromarray(corners), Image.new("RGB", (40, 30), "black")]
    data = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert np.abs(load_image(data).astype(int) - corners).max() < 8


def test_arrays_of_other_kinds():
    assert (load_image(np.ones((2, 2), dtype=bool)) == 255).all()
    assert (load_image(np.full((2, 2, 1), 0.2)) == 51).all()
    assert load_image(np.zeros((2, 3, 4), dtype=np.uint8)).shape == (2, 3, 3)


def test_sizes_from_tiny_to_24_megapixels():
    assert load_image(encoded(Image.new("RGB", (40, 40)))).shape == (40, 40, 3)
    assert load_image(encoded(Image.new("RGB", (6000, 4000)), "JPEG")).shape == (4000, 6000, 3)


def test_result_belongs_to_the_caller(corners):
    loaded = load_image(corners)
    loaded[:] = 0
    assert corners.any()


def test_bad_files_are_refused_by_name(tmp_path, corners):
    def refused(name: str, data: bytes, words: str) -> None:
        path = tmp_path / name
        path.write_bytes(data)
        with pytest.raises(ImageError, match=words) as caught:
            load_image(path)
        assert name in str(caught.value)

    whole = encoded(Image.fromarray(np.random.default_rng(0).integers(0, 256, (200, 200, 3), dtype=np.uint8)), "JPEG")
    refused("empty.jpg", b"", "is empty")
    refused("text.jpg", b"no picture at all", "is not a picture")
    refused("cut.jpg", whole[: len(whole) // 2], "damaged or incomplete")
    refused("cut.png", encode_png(corners)[:60], "damaged or incomplete|is not a picture")


def test_folder_missing_file_and_unreadable_file(tmp_path):
    with pytest.raises(ImageError, match="is a folder"):
        load_image(tmp_path)
    with pytest.raises(ImageError, match="does not exist"):
        load_image(tmp_path / "none.jpg")
    with pytest.raises(ImageError, match="cannot be read"):
        load_image(tmp_path / ("n" * 300))


def test_too_many_pixels_are_refused_before_decoding():
    small_file = encoded(Image.new("1", (9000, 9000)))
    with pytest.raises(ImageError, match=r"9000 × 9000 pixels .* limit of 50 million; reduce it first"):
        load_image(small_file)
    with pytest.raises(ImageError, match=r"limit of 0\.0001 million"):
        load_image(np.zeros((20, 20, 3), dtype=np.uint8), max_pixels=100)
    with pytest.raises(ImageError, match="limit of 50 million"):
        load_image(encoded(Image.new("1", (20000, 20000))))


@pytest.mark.parametrize(
    ("array", "words"),
    [
        (np.zeros((2, 2, 2), dtype=np.uint8), "shape"),
        (np.zeros((0, 2, 3), dtype=np.uint8), "shape"),
        (np.full((2, 2), 7.0), "from 0 to 1"),
        (np.full((2, 2), np.nan), "from 0 to 1"),
        (np.zeros((2, 2), dtype=np.int64), "int64"),
    ],
)
def test_arrays_that_are_no_pictures(array, words):
    with pytest.raises(ImageError, match=words):
        load_image(array)


def test_something_else_altogether():
    with pytest.raises(ImageError, match="cannot make a picture of int"):
        load_image(7)
