"""Smoothed points tremble less and are not late, whatever the size of the face and the rate of the frames."""

import numpy as np
import pytest

from facekp.errors import SettingsError
from facekp.smooth import FaceFilter, Smoothing
from tests.drawn import face_points

FACE = face_points().astype(np.float64)
CENTRE = FACE.mean(axis=0)


def moved(shift=(0.0, 0.0), turn=0.0, zoom=1.0):
    """The drawn face elsewhere; turn in radians."""
    cos, sin = zoom * np.cos(turn), zoom * np.sin(turn)
    return (FACE - CENTRE) @ np.array([[cos, sin], [-sin, cos]]) + CENTRE + shift


def filtered(sequence, fps=30.0, smoothing=None):
    smooth = FaceFilter(smoothing or Smoothing())
    return np.array([smooth(points, number / fps) for number, points in enumerate(sequence)])


def jitter(points, truth):
    return np.sqrt(np.mean(np.diff(points - truth, 2, axis=0) ** 2))


def test_a_still_face_is_held_still():
    truth = np.broadcast_to(FACE, (90, 68, 2))
    noisy = truth + np.random.default_rng(0).normal(0, 0.2, truth.shape)
    smooth = filtered(noisy)
    assert smooth.dtype == np.float32
    assert jitter(smooth, truth) < 0.25 * jitter(noisy, truth)
    assert np.abs(smooth[10:] - truth[10:]).mean() < 0.5 * np.abs(noisy - truth).mean()


def test_a_steady_motion_is_not_followed_with_delay():
    times = np.arange(60) / 30
    truth = np.array([moved((150 * t, -60 * t), 0.5 * t, np.exp(0.2 * t)) for t in times])
    late = np.linalg.norm(filtered(truth) - truth, axis=2)
    assert late[30:].max() < 0.1  # at 5 pixels a frame


def test_a_sudden_move_is_followed_at_once():
    truth = np.array([FACE] * 20 + [moved((30, 0))] * 20)
    late = np.abs(filtered(truth) - truth).max(axis=(1, 2))
    assert late[22] < 3
    assert late[30] < 1


def test_an_opening_mouth_is_followed_while_the_brows_rest():
    mouth = np.r_[55:60, 65:68]
    opening = 12 * np.clip(np.sin(2 * np.pi * np.arange(60) / 30), 0, 1)
    truth = np.repeat(FACE[None], 60, axis=0)
    truth[:, mouth, 1] += opening[:, None]
    noisy = truth + np.random.default_rng(0).normal(0, 0.2, truth.shape)
    smooth = filtered(noisy)
    assert np.abs(smooth - truth)[:, mouth].mean() < 0.8
    assert jitter(smooth[:, 17:27], truth[:, 17:27]) < 0.5 * jitter(noisy[:, 17:27], truth[:, 17:27])


def test_size_place_and_direction_do_not_count():
    sequence = np.array([moved((3 * i, i), 0.02 * i) for i in range(20)])
    sequence += np.random.default_rng(0).normal(0, 0.5, sequence.shape)
    plain = filtered(sequence)
    np.testing.assert_allclose(filtered(10 * sequence + 500), 10 * plain + 500, rtol=1e-4)
    around = np.array([[0.0, 1.0], [-1.0, 0.0]])
    np.testing.assert_allclose(filtered(sequence @ around), plain @ around, atol=0.01)


def test_the_rate_of_the_frames_hardly_counts():
    times = np.arange(0, 2, 1 / 60)
    truth = np.array([moved((40 * np.sin(3 * t), 0)) for t in times])
    fast, slow = filtered(truth, 60)[::2], filtered(truth[::2], 30)
    assert np.abs(fast - slow).max() < 0.5


def test_a_single_point_is_smoothed_too():
    noisy = np.array([[50.0, 60.0]]) + np.random.default_rng(0).normal(0, 0.1, (60, 1, 2))
    smooth = FaceFilter(Smoothing(), size=40.0)
    points = np.array([smooth(each, number / 30) for number, each in enumerate(noisy)])
    assert jitter(points, 0) < 0.7 * jitter(noisy, 0)


def test_a_turn_through_half_a_circle_does_not_break():
    truth = np.array([moved(turn=0.1 * i) for i in range(80)])
    assert np.abs(filtered(truth) - truth)[20:].max() < 1


def test_where_the_points_will_be():
    smooth = FaceFilter(Smoothing())
    for number in range(30):
        smooth(moved((4 * number, 0)), number / 30)
    np.testing.assert_allclose(smooth.expected(30 / 30), moved((120, 0)), atol=0.3)


def test_settings_are_checked():
    with pytest.raises(SettingsError, match="motion_cutoff is -1; give a number from 0"):
        Smoothing(motion_cutoff=-1)
    with pytest.raises(SettingsError, match="shape_haste is 'much'"):
        Smoothing(shape_haste="much")
