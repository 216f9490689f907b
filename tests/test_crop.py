"""Photo pixels to network pixels and back is identity, and the pixels agree with the points."""

import cv2
import numpy as np
import pytest

from facekp.crop import Crop, WholePicture, crop_round, from_relative, mirror_crop, to_relative
from facekp.errors import FacekpError
from facekp.faces import FaceBox

CROPS = [
    Crop((100.0, 80.0), 60.0, 64),
    Crop((100.5, 80.25), 200.0, 64, angle=0.4),
    Crop((0.0, 0.0), 33.0, 112, angle=-3.0),
    Crop((2000.0, 1500.0), 2500.0, 112),
]


@pytest.mark.parametrize("crop", CROPS)
def test_photo_to_crop_to_photo_is_identity(crop):
    points = np.random.default_rng(0).uniform(-50, 400, (68, 2)).astype(np.float32)
    assert np.allclose(crop.to_photo(crop.to_network(points)), points, atol=1e-2)
    assert np.allclose(crop.to_network(crop.to_photo(points)), points, atol=1e-2)


def test_a_crop_at_scale_one_is_a_piece_of_the_photo():
    photo = np.random.default_rng(0).integers(0, 256, (60, 80, 3), dtype=np.uint8)
    crop = Crop((24.5, 19.5), 20.0, 20)
    assert np.array_equal(crop.cut(photo), photo[10:30, 15:35])
    assert np.allclose(crop.to_network(np.array([[15, 10]], np.float32)), 0)


@pytest.mark.parametrize("side", [30.0, 90.0, 250.0, 700.0])
@pytest.mark.parametrize("angle", [0.0, 0.5, np.pi])
def test_a_spot_in_the_photo_is_where_its_point_goes(side, angle):
    spot = np.array([320 + 0.13 * side, 300 - 0.2 * side])
    ys, xs = np.mgrid[:600, :640]
    blob = np.exp(-((xs - spot[0]) ** 2 + (ys - spot[1]) ** 2) / (2 * (side / 25) ** 2))
    crop = Crop((320.0, 300.0), side, 64, angle)
    cut = crop.cut((255 * blob).astype(np.uint8)).astype(float)
    found = [(cut * grid).sum() / cut.sum() for grid in np.mgrid[:64, :64][::-1]]
    assert np.allclose(found, crop.to_network(spot[None].astype(np.float32))[0], atol=0.15)


def test_outside_the_photo_the_border_is_repeated():
    photo = np.full((50, 50), 200, dtype=np.uint8)
    for centre in ((0.0, 0.0), (49.0, 25.0), (-300.0, 500.0)):
        assert (Crop(centre, 80.0, 32).cut(photo) == 200).all()


def test_reduction_does_not_alias():
    stripes = np.tile(np.array([0, 255], dtype=np.uint8), (512, 256))
    cut = Crop((256.0, 256.0), 400.0, 40).cut(stripes)
    assert np.abs(cut.astype(int) - 128).max() < 12


@pytest.mark.parametrize("crop", [*CROPS, WholePicture((640, 480), (80, 60))])
def test_grey_from_a_colour_photo(crop):
    photo = cv2.resize(np.random.default_rng(0).integers(0, 256, (24, 32, 3), dtype=np.uint8), (640, 480))
    grey = cv2.cvtColor(crop.cut(photo), cv2.COLOR_RGB2GRAY)
    assert np.abs(crop.cut_grey(photo).astype(int) - grey).max() <= 2


def test_a_tiny_photo_under_a_large_crop():
    assert Crop((1.0, 1.0), 500.0, 16).cut(np.full((3, 2, 3), 9, np.uint8)).shape == (16, 16, 3)


def test_relative_coordinates_reach_from_edge_to_edge_and_back():
    points = np.array([[-0.5, 63.5], [31.5, 0.0]], dtype=np.float32)
    assert np.allclose(to_relative(points, 64), [[-1, 1], [0, -0.984375]])
    assert np.allclose(from_relative(to_relative(points, 64), 64), points)


def test_a_crop_round_a_box_holds_it_with_its_margin():
    crop = crop_round(FaceBox(10, 20, 50, 100), 96, 1.25)
    assert (crop.centre, crop.side, crop.size, crop.angle) == ((30, 60), 100, 96, 0)


def test_mirroring_twice_is_identity():
    image = np.random.default_rng(0).integers(0, 256, (32, 32), dtype=np.uint8)
    assert np.array_equal(mirror_crop(mirror_crop(image)), image)
    assert np.array_equal(mirror_crop(image), cv2.flip(image, 1))


@pytest.mark.parametrize("side", [0.0, -3.0, float("nan")])
def test_a_crop_needs_a_side(side):
    with pytest.raises(FacekpError, match="side above 0"):
        Crop((0.0, 0.0), side, 64)
