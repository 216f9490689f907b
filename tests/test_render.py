"""Frames have no seams, no moiré and no ghosts; equal things stay equal."""

from concurrent.futures import ThreadPoolExecutor
from multiprocessing import get_context

import cv2
import numpy as np
import pytest

from facekp.field import interpolate, pixel_grid
from facekp.images import load_image
from facekp.mesh import OUTLINE_POINTS, Mesh, control_points, triangulate
from facekp.render import PairWarp, between, blend, warp_picture
from facekp.warp import OVERSAMPLING, sample
from tests.conftest import GALLERY
from tests.drawn import face_points

SIZE = (96, 80)
FINE = (SIZE[0] * OVERSAMPLING, SIZE[1] * OVERSAMPLING)


def shapes():
    a = control_points(face_points((48, 44), 50, 44).astype(np.float64), SIZE)
    b = control_points(face_points((52, 40), 40, 52, mouth=0.08).astype(np.float64), SIZE)
    return a, b, triangulate((a + b) / 2)


def noise(seed, channels=3, cell=4):
    """A smooth texture without a mesh of its own."""
    coarse = np.random.default_rng(seed).integers(20, 236, (FINE[1] // cell, FINE[0] // cell, channels), dtype=np.uint8)
    return cv2.resize(coarse, FINE, interpolation=cv2.INTER_CUBIC).reshape(FINE[1], FINE[0], channels)


def composite(name):
    return cv2.resize(load_image(GALLERY / f"{name}.jpg"), FINE, interpolation=cv2.INTER_AREA)


def exact_places(source, target, triangles, size=SIZE):
    """Where each pixel comes from, float64 (H, W, 2), triangle by triangle with barycentric coordinates."""
    grid = pixel_grid(size).reshape(-1, 2).astype(np.float64)
    places = np.full(grid.shape, np.nan)
    for triangle in triangles:
        corners = np.concatenate([target[triangle].T, np.ones((1, 3))])
        if abs(np.linalg.det(corners)) > 1e-9:
            parts = np.linalg.solve(corners, np.concatenate([grid.T, np.ones((1, len(grid)))]))
            inside = (parts > -1e-9).all(axis=0)
            places[inside] = parts[:, inside].T @ source[triangle]
    return places.reshape(size[1], size[0], 2)


def sampled(picture, places):
    """The bilinear value of an oversampled picture at places, in float64."""
    height, width = picture.shape[:2]
    x, y = np.moveaxis(np.clip(places * OVERSAMPLING, 0, (width - 1, height - 1)), -1, 0)
    left, top = np.minimum(x.astype(int), width - 2), np.minimum(y.astype(int), height - 2)
    right_part, lower_part = (x - left)[..., None], (y - top)[..., None]
    upper = picture[top, left] * (1 - right_part) + picture[top, left + 1] * right_part
    lower = picture[top + 1, left] * (1 - right_part) + picture[top + 1, left + 1] * right_part
    return upper * (1 - lower_part) + lower * lower_part


def on_edges(shape, mesh):
    """Pixels that an edge of the mesh crosses, bool (H, W)."""
    drawn = np.zeros((SIZE[1], SIZE[0]), dtype=np.uint8)
    for start, stop in mesh.edges:
        if min(start, stop) < len(shape) - OUTLINE_POINTS:  # those along the frame have no two sides
            cv2.line(drawn, *(np.rint(shape[[start, stop]]).astype(int).tolist()), 1)
    return drawn > 0


def edge_visibility(drawn, expected, edges):
    """How much stronger a difference is bent along the mesh's edges than elsewhere."""
    bent = np.abs(cv2.Laplacian((drawn - expected).mean(axis=2), cv2.CV_64F))[2:-2, 2:-2]
    along = edges[2:-2, 2:-2]
    return bent[along].mean() / bent[~along].mean()


def test_a_gradient_follows_the_exact_map():
    a, b, mesh = shapes()
    fine = pixel_grid(FINE) / OVERSAMPLING
    gradient = np.repeat(np.rint(40 + fine[..., :1] + fine[..., 1:]), 3, axis=2).astype(np.uint8)
    warped = warp_picture(gradient, b, a, mesh)
    expected = sampled(gradient, exact_places(b, a, mesh.triangles))
    # Half a level is what any picture of whole numbers is off; of the half allowed beyond it, a fifth is used.
    assert np.abs(warped - expected).max() - 0.5 < 0.1


@pytest.mark.parametrize("name", ["noise", "helen", "ada_smiling"])
def test_no_edge_of_the_mesh_shows_in_a_photograph(name):
    a, b, mesh = shapes()
    picture = noise(1) if name == "noise" else composite(name)
    between = a + 0.2 * (b - a)
    places = exact_places(a, between, mesh.triangles)
    expected = sampled(picture, places)
    edges = on_edges(between, mesh)
    unavoidable = edge_visibility(np.rint(expected), expected, edges)  # whole numbers, and not one thing more
    visible = edge_visibility(warp_picture(picture, a, between, mesh).astype(float), expected, edges)
    assert visible == pytest.approx(unavoidable, rel=0.05)

    # The statistic finds seams: pixels along the edges that are taken from half a pixel off.
    places[edges] += (0.5, 0)
    assert edge_visibility(np.rint(sampled(picture, places)), expected, edges) > 3 * unavoidable


def test_softening_has_no_edges_either():
    a, b, mesh = shapes()
    picture, middle = noise(1), (a + b) / 2
    expected = sampled(picture, exact_places(a, middle, mesh.triangles))
    softened = warp_picture(picture, a, middle, mesh).astype(float)
    assert np.abs(softened - expected).max() > 2
    assert edge_visibility(softened, expected, on_edges(middle, mesh)) < 1.3


@pytest.mark.parametrize("part", [0, 0.3, 0.77, 1])
def test_a_frame_is_two_warps_laid_over_each_other(part):
    a, b, mesh = shapes()
    pictures, grid = (noise(1), noise(2)), pixel_grid(SIZE)
    field = interpolate(a + part * (b - a), b - a, mesh.edges, grid)
    by_hand = [sample(pictures[0], grid, field, -part), sample(pictures[1], grid, field, 1 - part)]
    pair = PairWarp(*pictures, a, b, mesh)
    difference = pair.frame(part, 0.4).astype(int) - cv2.addWeighted(by_hand[0], 0.6, by_hand[1], 0.4, 0)
    assert (difference != 0).mean() < 0.02  # where it shrinks much, it is softened
    for warped, expected in zip(pair.warped(part), by_hand, strict=True):
        assert (warped != expected).mean() < 0.02


def test_the_ends_are_the_pictures_themselves():
    a, b, mesh = shapes()
    first, second = noise(1), noise(2)
    pair = PairWarp(first, second, a, b, mesh)
    np.testing.assert_array_equal(pair.frame(0), first[::OVERSAMPLING, ::OVERSAMPLING])
    np.testing.assert_array_equal(pair.frame(1), second[::OVERSAMPLING, ::OVERSAMPLING])
    np.testing.assert_array_equal(pair.frame(0, 1), pair.warped(0)[1])


@pytest.mark.parametrize("part", [-0.6, 1.7])
def test_beyond_the_ends_a_face_at_the_edge_stays_in_the_frame(part):
    a = control_points(face_points((24, 44), 50, 44).astype(np.float64), SIZE)
    b = control_points(face_points((70, 40), 56, 52).astype(np.float64), SIZE)
    mesh, pictures = triangulate((a + b) / 2), (noise(1), noise(2))
    held = between(a, b, part, SIZE)
    assert (held != a + part * (b - a)).any()
    assert held.min() >= -0.5
    assert (held <= np.array(SIZE) - 0.5).all()
    expected = warp_picture(pictures[0], a, held, mesh), warp_picture(pictures[1], b, held, mesh)
    pair = PairWarp(*pictures, a, b, mesh)
    for warped, same in zip(pair.warped(part), expected, strict=True):
        np.testing.assert_array_equal(warped, same)
    np.testing.assert_array_equal(pair.frame(part, 0.4), blend(*expected, 0.4))
    np.testing.assert_array_equal(pair.frame(part, 1), expected[1])
    for end, picture in enumerate(pictures):
        np.testing.assert_array_equal(pair.frame(end), picture[::OVERSAMPLING, ::OVERSAMPLING])


def test_frames_do_not_depend_on_the_height_of_bands(monkeypatch):
    a, b, mesh = shapes()
    pair = PairWarp(noise(1), noise(2), a, b, mesh)
    whole = pair.frame(0.4)
    for pixels in (1, 7 * SIZE[0], 31 * SIZE[0]):
        monkeypatch.setattr("facekp.render._BAND_PIXELS", pixels)
        np.testing.assert_array_equal(pair.frame(0.4), whole)


@pytest.mark.parametrize("cores", [1, 2, 5])
def test_frames_do_not_depend_on_the_number_of_cores(cores, monkeypatch):
    a, b, mesh = shapes()
    pair = PairWarp(noise(1), noise(2), a, b, mesh)
    whole = pair.frame(0.4)
    monkeypatch.setattr("facekp.render._BAND_PIXELS", 7 * SIZE[0])
    monkeypatch.setattr("facekp.render.CORES", cores)
    np.testing.assert_array_equal(pair.frame(0.4), whole)


def test_a_forked_process_draws_frames_too(monkeypatch):
    a, b, mesh = shapes()
    pair = PairWarp(noise(1), noise(2), a, b, mesh)
    monkeypatch.setattr("facekp.render._BAND_PIXELS", 7 * SIZE[0])
    monkeypatch.setattr("facekp.render.CORES", 3)
    whole = pair.frame(0.4)
    child = get_context("fork").Process(target=lambda: np.testing.assert_array_equal(pair.frame(0.4), whole))
    child.start()
    child.join(30)
    child.kill()
    assert child.exitcode == 0


def test_several_threads_may_share_a_pair():
    a, b, mesh = shapes()
    pair = PairWarp(noise(1), noise(2), a, b, mesh)
    parts = np.linspace(0, 1, 16)
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(pair.frame, parts))
    for part, frame in zip(parts, together, strict=True):
        np.testing.assert_array_equal(frame, pair.frame(part))


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_any_number_of_channels_is_warped_alike(channels):
    a, b, mesh = shapes()
    picture = noise(3, 4)
    some = np.ascontiguousarray(picture[..., :channels])
    warped = warp_picture(some, a, b, mesh)
    assert warped.shape == (SIZE[1], SIZE[0], channels)
    difference = warped.astype(int) - warp_picture(picture, a, b, mesh)[..., :channels]
    assert np.abs(difference).max() <= 1
    assert PairWarp(some, some, a, b, mesh).frame(0.5).shape == warped.shape


def test_a_single_plane_keeps_its_two_axes():
    a, b, mesh = shapes()
    plane = np.ascontiguousarray(noise(3)[..., 0])
    assert warp_picture(plane, a, b, mesh).shape == (SIZE[1], SIZE[0])


def rings(places):
    """A zone plate: rings that become as fine as one pixel from black to white."""
    radius = np.hypot(places[..., 0] - 128, places[..., 1] - 128)
    return 127.5 + 120 * np.cos(np.pi * radius**2 / 256)


def shrunk(factor):
    """A square of points in a frame of 256², and the same that many times smaller."""
    side = np.linspace(-80, 80, 7)
    square = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)
    before, after = (control_points(127.5 + square / by, (256, 256)) for by in (1, factor))
    return before, after, triangulate((before + after) / 2)


@pytest.mark.parametrize("factor", [2, 3, 5])
def test_what_the_mesh_makes_small_does_not_alias(factor, monkeypatch):
    before, after, mesh = shrunk(factor)
    plate = np.rint(rings(pixel_grid((512, 512)) / OVERSAMPLING)).astype(np.uint8)[..., None].repeat(3, axis=2)
    reach, finer = int(50 / factor), 8
    inner = np.arange(127 - reach, 129 + reach)
    fine = (inner[:, None] + (np.arange(finer) + 0.5) / finer - 0.5).ravel()
    dense = rings((np.stack(np.meshgrid(fine, fine), axis=-1) - 127.5) * factor + 127.5)
    averaged = dense.reshape(len(inner), finer, len(inner), finer).mean(axis=(1, 3))

    def error():
        warped = warp_picture(plate, before, after, mesh)[inner][:, inner, 0]
        return np.sqrt(np.mean((warped - averaged) ** 2))

    careful = error()
    monkeypatch.setattr("facekp.texture._SHARP", 9.0)
    assert careful < 12
    assert careful < error() / 3


def test_what_does_not_shrink_is_not_softened(monkeypatch):
    before, after, mesh = shrunk(1.3)
    warped = warp_picture(noise_256(), before, after, mesh)
    monkeypatch.setattr("facekp.texture._SHARP", 9.0)
    np.testing.assert_array_equal(warped, warp_picture(noise_256(), before, after, mesh))


def noise_256():
    return np.random.default_rng(0).integers(0, 256, (512, 512, 3), dtype=np.uint8)


def test_triangles_of_no_area_soften_nothing_around_them():
    """A mouth that closes: the triangles between its lips own no pixels."""
    a, _, mesh = shapes()
    closed = a.copy()
    closed[60:68, 1] = closed[60, 1]
    warped = warp_picture(noise(4), a, closed, mesh)
    assert np.isfinite(warped).all()
    far = np.hypot(*np.moveaxis(pixel_grid(SIZE) - closed[60:68].mean(axis=0), -1, 0)) > 30
    np.testing.assert_allclose(
        warped[far], sampled(noise(4), exact_places(a, closed, mesh.triangles))[far], atol=0.6, rtol=0
    )


def test_a_constant_picture_stays_constant():
    a, b, mesh = shapes()
    grey = np.full((FINE[1], FINE[0], 3), 137, dtype=np.uint8)
    for linear in (False, True):
        assert np.unique(PairWarp(grey, grey, a, b, mesh).frame(0.37, linear_light=linear)).tolist() == [137]


@pytest.mark.parametrize("part", [-0.5, 0, 0.25, 0.5, 1, 1.7])
@pytest.mark.parametrize("linear", [False, True])
def test_equal_pictures_blend_to_themselves(part, linear):
    ramp = np.arange(256, dtype=np.uint8).reshape(8, 8, 4)
    np.testing.assert_array_equal(blend(ramp, ramp, part, linear_light=linear), ramp)


def test_linear_light_mixes_amounts_of_light():
    black, white = np.zeros((2, 2, 3), dtype=np.uint8), np.full((2, 2, 3), 255, dtype=np.uint8)
    assert (blend(black, white, 0.5) == 128).all()
    assert (blend(black, white, 0.5, linear_light=True) == 188).all()  # the sRGB number of half the light
    a, b = noise(5), noise(6)
    np.testing.assert_array_equal(blend(a, b, 0, linear_light=True), a)
    np.testing.assert_array_equal(blend(a, b, 1, linear_light=True), b)
    np.testing.assert_array_equal(blend(a, b, 0.3, linear_light=True), blend(b, a, 0.7, linear_light=True))


def test_alpha_is_no_light():
    a, b = np.full((1, 1, 4), 0, dtype=np.uint8), np.full((1, 1, 4), 200, dtype=np.uint8)
    assert blend(a, b, 0.5, linear_light=True)[0, 0, 3] == 100


def test_points_that_no_triangle_uses_change_nothing():
    a, b, mesh = shapes()
    picture, extra = noise(1), np.array([[40.0, 40.0]])
    more = Mesh(mesh.triangles + 1, mesh.edges + 1)
    with_spare = warp_picture(picture, np.concatenate([extra, a]), np.concatenate([extra + 20, b]), more)
    np.testing.assert_array_equal(with_spare, warp_picture(picture, a, b, mesh))
