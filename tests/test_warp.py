"""Warping is exact: no seams, no black corners, no trouble with triangles that have no area."""

import cv2
import numpy as np
import pytest

from facekp.align import Similarity
from facekp.errors import MeshError
from facekp.field import interpolate, pixel_grid, row_pieces
from facekp.mesh import control_points, triangulate
from facekp.warp import OVERSAMPLING, align_picture, sample, warp_photograph
from tests.drawn import draw_face, face_points

SIZE = (96, 80)
HALF_A_GREY_LEVEL = 0.5
STILL = Similarity(1 + 0j, 0j)


def shapes():
    a = control_points(face_points((48, 44), 50, 44).astype(np.float64), SIZE)
    b = control_points(face_points((52, 40), 40, 52, mouth=0.08).astype(np.float64), SIZE)
    return a, b


def exact(points, vectors, triangles, size):
    """The piecewise-linear interpolation pixel by pixel, with barycentric coordinates."""
    grid = pixel_grid(size).reshape(-1, 2).astype(np.float64)
    result = np.full(grid.shape, np.nan)
    for triangle in triangles:
        corners = np.concatenate([points[triangle].T, np.ones((1, 3))])
        if abs(np.linalg.det(corners)) > 1e-9:
            parts = np.linalg.solve(corners, np.concatenate([grid.T, np.ones((1, len(grid)))]))
            inside = (parts > -1e-9).all(axis=0)
            result[inside] = parts[:, inside].T @ vectors[triangle]
    return result.reshape(size[1], size[0], 2)


@pytest.mark.parametrize("t", [0.0, 0.37, 1.0])
def test_the_map_is_the_exact_piecewise_linear_one(t):
    a, b = shapes()
    mesh = triangulate((a + b) / 2)
    between = a + t * (b - a)
    field = interpolate(between, b - a, mesh.edges, pixel_grid(SIZE))
    assert field.dtype == np.float32
    assert field.shape == (80, 96, 2)
    np.testing.assert_allclose(field, exact(between, b - a, mesh.triangles, SIZE), atol=1e-4)


def test_no_seams_on_a_gradient():
    a, b = shapes()
    mesh = triangulate((a + b) / 2)
    grid = pixel_grid(SIZE)
    fine = pixel_grid((SIZE[0] * OVERSAMPLING, SIZE[1] * OVERSAMPLING)) / OVERSAMPLING
    gradient = np.repeat((40 + fine[..., :1] + fine[..., 1:]), 3, axis=2)
    field = interpolate(b, a - b, mesh.edges, grid)
    warped = sample(np.rint(gradient).astype(np.uint8), grid, field, 1.0)
    place = np.clip(grid + exact(b, a - b, mesh.triangles, SIZE), 0, np.array(SIZE) - 1)
    expected = 40 + place.sum(axis=2)
    rounding = 1.0  # of the gradient to whole grey levels, and of the result
    assert np.abs(warped[..., 0] - expected).max() < HALF_A_GREY_LEVEL + rounding


def test_nothing_moved_is_the_picture_itself():
    a, b = shapes()
    mesh = triangulate((a + b) / 2)
    picture = draw_face(face_points((48, 44), 50, 44), SIZE)
    aligned = align_picture(picture, STILL, SIZE)
    grid = pixel_grid(SIZE)
    still = interpolate(a, a - a, mesh.edges, grid)
    np.testing.assert_array_equal(sample(aligned, grid, still, 1.0), picture)
    np.testing.assert_array_equal(sample(aligned, grid, interpolate(a, b - a, mesh.edges, grid), 0.0), picture)


def test_flat_and_turned_over_triangles_do_no_harm():
    a, b = shapes()
    mesh = triangulate((a + b) / 2)
    folded = b.copy()
    folded[48:68] = b[48:68][::-1]  # lips upside down
    folded[36:42] = folded[36]  # an eye in one point
    folded[:8] = (-0.5, 30)  # a cheek on the picture's edge
    for target, vectors in ((folded, a - folded), (a, folded - a)):
        field = interpolate(target, vectors, mesh.edges, pixel_grid(SIZE))
        assert np.isfinite(field).all()
        assert np.abs(field).max() <= np.abs(vectors).max() + 1e-3


@pytest.mark.parametrize("degrees", [0, 30, 180])
@pytest.mark.parametrize("scale", [0.3, 1, 4])
def test_what_the_photograph_does_not_cover_is_filled(degrees, scale):
    white = np.full((40, 60, 3), 250, dtype=np.uint8)
    turn = scale * np.exp(1j * np.radians(degrees))
    shift = 50 + 40j - turn * (30 + 20j)
    aligned = align_picture(white, Similarity(turn, shift), (100, 80))
    assert aligned.shape == (80 * OVERSAMPLING, 100 * OVERSAMPLING, 3)
    assert aligned.min() >= 248


def test_large_photographs_are_reduced_without_aliasing():
    """A checkerboard finer than the output becomes grey, not moiré."""
    board = (np.indices((600, 800)).sum(axis=0) % 2 * 255).astype(np.uint8)
    aligned = align_picture(np.repeat(board[..., None], 3, axis=2), Similarity(0.11 + 0j, 0j), (80, 60))
    inner = aligned[8:-8, 8:-8].astype(int)
    assert np.abs(inner - 127).max() < 25


def test_reducing_keeps_places():
    """A ramp shows where each pixel came from."""
    ramp = np.repeat(np.linspace(0, 200, 1001).round().astype(np.uint8)[None, :, None], 303, axis=0).repeat(3, axis=2)
    aligned = align_picture(ramp, Similarity(0.1 + 0j, 0j), (100, 30))[::OVERSAMPLING, ::OVERSAMPLING, 0]
    expected = np.arange(100) * 10 / 5
    assert np.abs(aligned[15, 3:-3] - expected[3:-3]).max() <= 1


def test_a_photograph_out_of_sight_is_refused():
    with pytest.raises(MeshError, match="outside their picture of 60 × 40 pixels"):
        align_picture(np.zeros((40, 60, 3), dtype=np.uint8), Similarity(1 + 0j, 500 + 0j), SIZE)


@pytest.mark.parametrize("turn", [1 + 0j, 0.4 + 0.1j])
def test_grey_pictures_and_planes_beside_colours_come_along(turn):
    colours = draw_face(face_points((48, 44), 50, 44), SIZE)
    grey, transform = colours[..., 1], Similarity(turn, 20 + 10j)
    four = np.dstack([colours, grey])
    aligned = align_picture(four, transform, SIZE)
    np.testing.assert_array_equal(aligned[..., :3], align_picture(colours, transform, SIZE))
    np.testing.assert_array_equal(aligned[..., 3], aligned[..., 1])
    np.testing.assert_array_equal(align_picture(grey, transform, SIZE), aligned[..., 1])
    np.testing.assert_array_equal(align_picture(grey[..., None], transform, SIZE), aligned[..., 1:2])

    a, b = shapes()
    grid = pixel_grid(SIZE)
    field = interpolate(b, a - b, triangulate((a + b) / 2).edges, grid)
    warped = sample(aligned, grid, field, 0.6)
    for plane in (np.s_[..., :3], np.s_[..., 1:2], np.s_[..., 1]):
        drawn = sample(np.ascontiguousarray(aligned[plane]), grid, field, 0.6)
        assert drawn.shape == warped[plane].shape
        assert np.abs(drawn.astype(int) - warped[plane]).max() <= 1


def test_some_rows_of_a_field_are_those_of_all():
    a, b = shapes()
    mesh = triangulate((a + b) / 2)
    whole = interpolate(a, b - a, mesh.edges, pixel_grid(SIZE))
    pieces = row_pieces(a, b - a, mesh.edges, SIZE)
    np.testing.assert_array_equal(pieces.rows(13, 57), whole[13:57])
    np.testing.assert_array_equal(row_pieces(a, b - a, mesh.edges, SIZE, (20, 64)).rows(31, 64), whole[31:64])


@pytest.mark.parametrize("turn", [1.3 + 0.2j, 0.23 - 0.1j])
def test_one_step_is_the_same_as_two(turn):
    """A photograph warped at once, and aligned first and then warped."""
    photograph = cv2.GaussianBlur(draw_face(face_points((200, 160), 200, 180), (400, 320)), (0, 0), 2)
    transform = Similarity(turn, 47 + 40j - turn * (200 + 160j))
    a, b = shapes()
    mesh = triangulate((a + b) / 2)
    at_once = warp_photograph(photograph, transform, a, b, mesh.edges, SIZE)
    grid = pixel_grid(SIZE)
    aligned = align_picture(photograph, transform, SIZE)
    in_two = sample(aligned, grid, interpolate(b, a - b, mesh.edges, grid), 1.0)
    inner = np.s_[8:-8, 8:-8]  # at the edge either fills in its own way what the photograph does not cover
    difference = np.abs(at_once.astype(int) - in_two)[inner].mean()
    assert difference < 0.7
    assert difference < np.abs(at_once[:, 1:].astype(int) - in_two[:, :-1])[inner].mean() / 3
    still = warp_photograph(photograph, transform, a, a, mesh.edges, SIZE)
    assert np.abs(still.astype(int) - aligned[::OVERSAMPLING, ::OVERSAMPLING])[4:-4, 4:-4].mean() < 0.6


def test_one_step_fills_and_refuses_as_two_do():
    white = np.full((40, 60, 3), 250, dtype=np.uint8)
    a, b = shapes()
    edges = triangulate((a + b) / 2).edges
    assert warp_photograph(white, Similarity(0.5 + 0j, 40 + 30j), a, b, edges, SIZE).min() >= 248
    with pytest.raises(MeshError, match="outside their picture of 60 × 40 pixels"):
        warp_photograph(white, Similarity(1 + 0j, 500 + 0j), a, b, edges, SIZE)
