"""What morphs are compared with: the floor, and the ways that others have of doing it."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from types import ModuleType

import cv2
import numpy as np
from numpy.typing import NDArray

from facekp.field import pixel_grid
from facekp.images import Picture
from facekp.mesh import Mesh
from facekp.morph import Morph

PART = 0.6
Frame = Callable[[], object]


def floor(morph: Morph) -> Frame:
    """What any morph by dense maps has to pay, its maps for nothing: two ``cv2.remap`` and a ``cv2.addWeighted``."""
    a, b = morph.ends
    places = pixel_grid(morph.size) + np.float32(0.3)

    def frame() -> object:
        moved = (cv2.remap(picture, places, None, cv2.INTER_LINEAR) for picture in (a, b))
        return cv2.addWeighted(next(moved), 1 - PART, next(moved), PART, 0)

    return frame


def triangle_loop(morph: Morph) -> Frame:
    """The well-known loop: each triangle of both pictures through its own ``cv2.warpAffine``."""
    a, b = morph.ends
    return lambda: _loop(a, b, morph.shape_a, morph.shape_b, morph.mesh, PART)


def _loop(a: Picture, b: Picture, shape_a: NDArray, shape_b: NDArray, mesh: Mesh, part: float) -> Picture:
    shape = (1 - part) * shape_a + part * shape_b
    result = np.zeros_like(a)
    for triangle in mesh.triangles:
        left, top, width, height = cv2.boundingRect(shape[triangle].astype(np.float32))
        target = (shape[triangle] - (left, top)).astype(np.float32)
        mask = np.zeros((height, width, 3), dtype=np.float32)
        cv2.fillConvexPoly(mask, np.int32(target), (1.0, 1.0, 1.0), cv2.LINE_AA)
        patches = []
        for picture, source in ((a, shape_a[triangle]), (b, shape_b[triangle])):
            x, y, w, h = cv2.boundingRect(source.astype(np.float32))
            x, y = max(x, 0), max(y, 0)
            matrix = cv2.getAffineTransform((source - (x, y)).astype(np.float32), target)
            patches.append(
                cv2.warpAffine(
                    picture[y : y + h, x : x + w], matrix, (width, height), borderMode=cv2.BORDER_REFLECT_101
                )
            )
        blended = (1 - part) * patches[0] + part * patches[1]
        x0, y0 = max(left, 0), max(top, 0)
        window = result[y0 : top + height, x0 : left + width]
        seen = np.s_[y0 - top : y0 - top + window.shape[0], x0 - left : x0 - left + window.shape[1]]
        window[:] = window * (1 - mask[seen]) + blended[seen] * mask[seen]
    return result


def facemorpher(morph: Morph) -> Frame | None:
    """Its ``warp_image`` for both pictures; None where it is not installed.

    Its points are whole pixels, and must lie a pixel inside of the picture.
    """
    warper = _facemorpher_warper()
    if warper is None:
        return None
    a, b = morph.ends
    limit = np.array(morph.size) - 2
    between = morph.shape_a + PART * (morph.shape_b - morph.shape_a)
    of_a, of_b, target = (
        np.rint(shape).clip(0, limit).astype(np.int32) for shape in (morph.shape_a, morph.shape_b, between)
    )
    # It inverts every triangle of the target: points that coincide as whole pixels are one too many.
    _, first = np.unique(target, axis=0, return_index=True)

    def frame() -> object:
        moved = (warper.warp_image(p, of[first], target[first], p.shape) for p, of in ((a, of_a), (b, of_b)))
        return cv2.addWeighted(next(moved), 1 - PART, next(moved), PART, 0)

    return frame


def _facemorpher_warper() -> ModuleType | None:
    """Its module of warps alone: the package itself also imports what finds faces and draws windows."""
    package = importlib.util.find_spec("facemorpher")
    if package is None or not package.submodule_search_locations:
        return None
    path = f"{package.submodule_search_locations[0]}/warper.py"
    spec = importlib.util.spec_from_file_location("facemorpher_warper", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def scikit_image(morph: Morph) -> Frame | None:
    """``PiecewiseAffineTransform`` and ``warp`` for both pictures; None where it is not installed."""
    if importlib.util.find_spec("skimage") is None:
        return None
    from skimage.transform import PiecewiseAffineTransform, warp

    a, b = morph.ends
    target = morph.shape_a + PART * (morph.shape_b - morph.shape_a)

    def moved(picture: Picture, source: NDArray) -> NDArray:
        transform = (
            PiecewiseAffineTransform.from_estimate(target, source)
            if hasattr(PiecewiseAffineTransform, "from_estimate")
            else PiecewiseAffineTransform()
        )
        if not hasattr(PiecewiseAffineTransform, "from_estimate"):
            transform.estimate(target, source)
        return warp(picture, transform, order=1)

    return lambda: (1 - PART) * moved(a, morph.shape_a) + PART * moved(b, morph.shape_b)
