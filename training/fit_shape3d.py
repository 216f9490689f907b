"""Fit the mean face in three dimensions that `facekp.pose` turns.

    python -m training.fit_shape3d --data DIR

Many people seen from many sides are taken for one rigid head seen by many cameras. The annotated
shapes then factor into cameras and a shape (Tomasi and Kanade, Shape and motion from image streams
under orthography, 1992), up to a linear map that is found from the cameras' axes being orthogonal and of
one length. Faces are mirrored too, so that the shape is symmetric. 68 points come from 300-W's
training photographs, 58 from the IMM training people (1 to 32).
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from facekp.errors import FacekpError
from facekp.files import write_bytes
from facekp.pose import head_pose, mean_shapes
from facekp.schema import IBUG68, IMM58, Schema
from training.command import told
from training.data import data_folder, part_of_imm, read_300w, read_imm

Array = NDArray[np.float64]

ROUNDS = 200
"""Of alternating between cameras and shape; the error has stopped falling long before."""

VIEWS = {1: "front", 2: "smiling", 3: "to the person's right", 4: "to the person's left", 5: "spot light", 6: "joke"}


def fit(shapes: list[Array], schema: Schema) -> tuple[Array, float]:
    """The mean shape (K, 3) of annotated shapes (K, 2), and the root mean square residual of its inner points.

    Its unit is the distance of the outer eye corners; the residual's too.
    """
    both = [*shapes, *(schema.mirror_points(shape, 0).astype(np.float64) for shape in shapes)]
    jaw = next(region for region in schema.regions if region.name == "jaw")
    inner = np.array([index for index in range(len(schema)) if index not in jaw.indices])
    views = np.stack([_normalised(shape, inner) for shape in both])  # (F, K, 2)
    # A turned head's outline is drawn along other places of the cheek. So the inner points tell the cameras,
    # and only then are the outline's points put where the cameras see them on average.
    shape = _factored(views[:, inner])
    for _ in range(ROUNDS):
        cameras = np.stack([_camera(view, shape) for view in views[:, inner]])
        shape = _shape_seen(views[:, inner], cameras)
    residual = np.einsum("fij,kj->fki", cameras, shape) - views[:, inner]
    scales = np.linalg.norm(cameras[:, 0], axis=1)[:, None]
    whole = _shape_seen(views, cameras)
    unit = np.linalg.norm(np.subtract(*whole[list(schema.eye_corners or ())]))
    error = np.sqrt(np.mean(np.sum(residual**2, axis=2) / scales**2)) / unit
    return _upright(whole, cameras, schema), float(error)


def _normalised(shape: Array, inner: NDArray[np.intp]) -> Array:
    """A shape with the inner points' centroid and size taken away."""
    centred = shape - shape[inner].mean(axis=0)
    return np.asarray(centred / np.sqrt(np.mean(centred[inner] ** 2)))


def _factored(views: Array) -> Array:
    """A shape (K, 3) from views (F, K, 2), by rank-three factorisation and its metric upgrade."""
    count = len(views)
    stacked = np.concatenate([views[:, :, 0], views[:, :, 1]])
    left, values, right = np.linalg.svd(stacked, full_matrices=False)
    motion, shape = left[:, :3] * values[:3], right[:3]
    i, j = motion[:count], motion[count:]
    rows = np.concatenate([_quadratic(i, i) - _quadratic(j, j), _quadratic(i, j)])
    length = (_quadratic(i, i) + _quadratic(j, j)).sum(axis=0, keepdims=True)
    wanted = np.append(np.zeros(len(rows)), 2.0 * count)
    xx, xy, xz, yy, yz, zz = np.linalg.lstsq(np.concatenate([rows, length]), wanted, rcond=None)[0]
    metric = np.array([[xx, xy, xz], [xy, yy, yz], [xz, yz, zz]])
    eigenvalues, axes = np.linalg.eigh(metric)
    if eigenvalues.min() <= 0:
        raise FacekpError(
            f"the views do not determine a shape, the metric's eigenvalues are {eigenvalues}; give more faces"
        )
    return np.asarray((np.diag(eigenvalues**-0.5) @ axes.T @ shape).T)


def _quadratic(u: Array, v: Array) -> Array:
    """Coefficients (F, 6) of a symmetric matrix L in u L v."""
    return np.stack(
        [
            u[:, 0] * v[:, 0],
            u[:, 0] * v[:, 1] + u[:, 1] * v[:, 0],
            u[:, 0] * v[:, 2] + u[:, 2] * v[:, 0],
            u[:, 1] * v[:, 1],
            u[:, 1] * v[:, 2] + u[:, 2] * v[:, 1],
            u[:, 2] * v[:, 2],
        ],
        axis=1,
    )


def _camera(view: Array, shape: Array) -> Array:
    """The scaled orthographic camera (2, 3) under which a shape comes closest to a view."""
    linear = np.linalg.lstsq(shape, view, rcond=None)[0].T
    u, values, v = np.linalg.svd(linear, full_matrices=False)
    return np.asarray(values.mean() * (u @ v))


def _shape_seen(views: Array, cameras: Array) -> Array:
    """The shape (K, 3) that fits all views best."""
    normal = np.einsum("fij,fik->jk", cameras, cameras)
    seen = np.einsum("fij,fki->kj", cameras, views)
    return np.asarray(np.linalg.solve(normal, seen.T).T)


def _upright(shape: Array, cameras: Array, schema: Schema) -> Array:
    """Turn a shape into its axes: x between mirrored points, pitch the mean of the views; make it symmetric."""
    left, right = np.array(schema.pairs).T
    first = shape[left] - shape[right]
    _, _, axes = np.linalg.svd(first, full_matrices=False)
    across = axes[0]
    corners = schema.eye_corners
    if corners is None:
        raise ValueError(f"schema {schema.name} has no eye corners")
    across = across * np.sign((shape[corners[1]] - shape[corners[0]]) @ across)
    down = cameras[:, 1].mean(axis=0)
    down = down - (down @ across) * across
    down /= np.linalg.norm(down)
    turned = shape @ np.stack([across, down, np.cross(across, down)]).T
    # Orthographic views tell a shape from its reflection in depth only by handedness: noses point to the camera.
    ends, middle = np.ptp(turned[:, 0]) * 0.4, np.abs(turned[:, 0]) < np.ptp(turned[:, 0]) * 0.1
    if turned[middle, 2].mean() > turned[np.abs(turned[:, 0]) > ends, 2].mean():
        turned[:, 2] *= -1
    symmetric = (turned + turned[list(schema.mirror)] * (-1, 1, 1)) / 2
    unit = np.linalg.norm(symmetric[corners[1]] - symmetric[corners[0]])
    return np.asarray((symmetric - symmetric.mean(axis=0)) / unit)


def main() -> None:
    """Fit both shapes, write them, and print how well they tell IMM's views."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", help="folder of the data sets (default: FACEKP_DATA)")
    parser.add_argument("--out", type=Path, default=Path("facekp/shape3d.json"))
    arguments = parser.parse_args()
    data = data_folder(arguments.data)
    imm = read_imm(data)
    sources = {IBUG68: read_300w(data, "train"), IMM58: part_of_imm(imm, "train")}
    fitted = {}
    for schema, faces in sources.items():
        shape, residual = fit([face.points.astype(np.float64) for face in faces], schema)
        fitted[schema.name] = np.round(shape, 4).tolist()
        print(f"{schema.name}: {len(faces)} faces, residual {residual:.3f} of the outer eye corners' distance")
    rows = ",\n".join(f'  "{name}": {json.dumps(shape)}' for name, shape in fitted.items())
    about = "mean faces (x right, y down, z away; outer eye corners 1 apart), by training/fit_shape3d.py"
    write_bytes(arguments.out, f'{{"about": "{about}",\n "shapes": {{\n{rows}\n}}}}\n'.encode())
    mean_shapes.cache_clear()
    for view, name in VIEWS.items():
        poses = [head_pose(face.points) for face in imm if face.view == view]
        yaws = np.array([pose.yaw for pose in poses if pose is not None])
        print(f"view {view} ({name}): yaw {yaws.mean():+.1f}°, from {yaws.min():+.1f}° to {yaws.max():+.1f}°")


if __name__ == "__main__":
    told(main)
