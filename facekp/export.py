"""A checkpoint's network as an ONNX model, whose metadata tell how it is fed."""

from __future__ import annotations

import json
import os
import warnings
from dataclasses import asdict
from io import BytesIO
from pathlib import Path
from typing import Any

import torch

from facekp.checkpoint import Checkpoint
from facekp.confidence import LEAST_SPREAD
from facekp.errors import FacekpError
from facekp.faces import DETECTION_SIDES, DlibHog, LibFaceDetection
from facekp.files import check_output, write_bytes
from facekp.heatmaps import HeatmapNetwork
from facekp.readout import Readout

OPSET = 17

DECODE = "Decode the photo to RGB, uint8, upright as its EXIF orientation says."
GREY = "Convert the photo to grey: 0.299 R + 0.587 G + 0.114 B, rounded to uint8 (OpenCV's COLOR_RGB2GRAY)."


def export_onnx(checkpoint: Checkpoint, path: str | os.PathLike[str]) -> None:
    """Write a checkpoint's network as an ONNX model.

    Its input ``crops`` is float32 (N, 1, H, W), any N; its output ``points`` is float32 (N, K, 2). A network
    with heatmaps has a second output, ``spreads``, float32 (N, K). The file's metadata tell what they are, and
    how a crop is cut. A scout is a model of its own: export it too.

    Parameters
    ----------
    checkpoint : Checkpoint
    path : path
        Its name ends in ``.onnx``.

    Raises
    ------
    OutputError
        If nothing can be written there.
    FacekpError
        If the package onnx is missing.
    """
    target = check_output(Path(path), (".onnx",))
    write_bytes(target, onnx_model(checkpoint))


def onnx_model(checkpoint: Checkpoint) -> bytes:
    """The content of the file that `export_onnx` writes."""
    try:
        from onnx import helper, load_model_from_string
    except ImportError as error:
        raise FacekpError(
            f"writing ONNX needs the package onnx ({error}); install it with: pip install 'facekp[onnx]'"
        ) from None
    width, height = checkpoint.input.shape
    # In eval mode as a whole; else the exporter would leave the network in training mode.
    readout = Readout(checkpoint.network, checkpoint.input).eval()
    crops = torch.zeros(2, checkpoint.input.channels, height, width)
    with torch.inference_mode():
        outputs = ["points", "spreads"][: len(readout(crops))]
    written = BytesIO()
    with warnings.catch_warnings():
        # torch's older exporter, which tells so: the newer one takes many times as long, needs more
        # packages, and warns as well.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            readout,
            (crops,),
            written,  # type: ignore[arg-type] # the older exporter takes a stream as well
            input_names=["crops"],
            output_names=outputs,
            dynamic_axes={name: {0: "faces"} for name in ("crops", *outputs)},
            opset_version=OPSET,
            dynamo=False,
        )
    model = load_model_from_string(written.getvalue())
    helper.set_model_props(model, describe(checkpoint))
    data: bytes = model.SerializeToString()
    return data


def describe(checkpoint: Checkpoint) -> dict[str, str]:
    """What a model's metadata say: where it comes from, how a crop is cut, what goes in and comes out.

    ``facekp.preprocessing`` tells in numbered steps how the library finds the points in a photo. The numbers are
    entries of their own, in JSON; an entry that has no meaning for a network is left out.
    """
    schema = checkpoint.schema
    steps = _whole_steps(checkpoint) if checkpoint.input.whole else _crop_steps(checkpoint)
    description = {
        "facekp.model": checkpoint.name,
        "facekp.sha256": checkpoint.sha256,
        "facekp.schema": schema.name,
        "facekp.preprocessing": "\n".join(f"{number}. {step}" for number, step in enumerate(steps, start=1)),
        "facekp.crops": "float32 (N, 1, height, width), grey values from 0 to 255; they are scaled inside",
        "facekp.points": f"float32 (N, {len(schema)}, 2), (x, y) in pixels of the crop; an integer is a pixel's centre",
        "facekp.licence": _licence(checkpoint.card),
    }
    if checkpoint.input.scout:
        description["facekp.scout"] = checkpoint.input.scout
    if isinstance(checkpoint.network, HeatmapNetwork):
        description |= _spreads(checkpoint)
    return description | {f"facekp.{name}": json.dumps(value) for name, value in _numbers(checkpoint).items()}


def _licence(card: dict[str, Any]) -> str:
    data = card.get("data")
    return str(data.get("licence", "")) if isinstance(data, dict) else ""


def _numbers(checkpoint: Checkpoint) -> dict[str, Any]:
    """The numbers that the steps name."""
    spec, schema = checkpoint.input, checkpoint.schema
    numbers: dict[str, Any] = {"size": spec.shape, "looks": _looks(checkpoint)}
    if not spec.whole:
        numbers["margin"] = spec.margin
        if not spec.scout:
            numbers["box.libfacedetection"] = asdict(LibFaceDetection.fit)
            numbers["box.dlib"] = asdict(DlibHog.fit)
        if schema.eyes and (spec.scout or _looks(checkpoint) > 1):
            numbers["right_eye"], numbers["left_eye"] = schema.eyes
    if _mirrored(checkpoint):
        numbers["mirror"] = schema.mirror
    return numbers


def _looks(checkpoint: Checkpoint) -> int:
    """How often the network is asked; more than once only if the points have eyes to turn a crop upright by."""
    return checkpoint.input.looks if checkpoint.schema.eyes else 1


def _mirrored(checkpoint: Checkpoint) -> bool:
    """Whether the last look is averaged with one at the mirrored crop."""
    return checkpoint.input.mirror and checkpoint.input.looks == _looks(checkpoint)


def _whole_steps(checkpoint: Checkpoint) -> list[str]:
    """The steps for a network that sees the whole photo."""
    width, height = checkpoint.input.shape
    return [
        DECODE,
        f"Stretch the whole photo to {width} x {height} pixels with OpenCV's resize: INTER_AREA where it shrinks along "
        "x or along y, INTER_LINEAR elsewhere.",
        GREY,
        _feed(checkpoint),
        "In a photo of W x H pixels a point (u, v) lies at "
        f"((u + 0.5) * W / {width} - 0.5, (v + 0.5) * H / {height} - 0.5).",
    ]


def _crop_steps(checkpoint: Checkpoint) -> list[str]:
    """The steps for a network that sees a crop."""
    spec = checkpoint.input
    size, middle = spec.size, f"{(spec.size - 1) / 2:g}"
    side = f"Its side is {spec.margin:g} times the box's longer side"
    upright = (
        "The square lies round the points, turned so that the eyes are level. Take the mean of the points with the "
        "indices facekp.right_eye and that of facekp.left_eye; with (dx, dy) from the first to the second, the "
        "square's angle is a = atan2(dy, dx). Turn all points about (0, 0) by -a: (x cos a + y sin a, y cos a - x sin "
        f"a). Take the smallest upright box that holds the turned points. {side}, and its centre (cx, cy) is the "
        "box's centre (x, y) turned back: (x cos a - y sin a, x sin a + y cos a)."
    )
    if spec.scout:
        start = [
            f"The first look is that of another network, {spec.scout}: export it too, and find its points in the "
            "photo by the steps in its own metadata.",
            upright,
        ]
        again = "The points are now this network's own: go on at step 3."
    else:
        start = [
            "Find the face's box, from the brows to the chin and from ear to ear. facekp.box.libfacedetection and "
            "facekp.box.dlib make it from a box of these detectors: with s the root of the area of the detector's box "
            "and (x, y) its centre, the face's box is the square of the side side * s round (x + right * s, y + down "
            f"* s). The library looks for faces on a copy whose longer side has at most {DETECTION_SIDES[0]} pixels, "
            f"and where none is found there, {DETECTION_SIDES[1]}.",
            f"The square lies round the box. {side}, its centre (cx, cy) is the box's, and its angle a is 0.",
        ]
        again = f"{upright} Go on at step 4."
    return [
        f"{DECODE} {GREY}",
        *start,
        f"Reduce the photo of W x H pixels round the square. Let f be floor(side / {size}), or 1 if that is 0, and r "
        "be side / 2 * (|cos a| + |sin a|) + 2 f. The region begins at the column left = floor(cx - r) and ends before "
        "the column floor(cx + r); both are limited to the photo, to 0 ... W - 1 and left + 1 ... W. Leave out the "
        "last columns, so that its width is a multiple of f; where it has fewer than f, it has f, and the photo's last "
        "column is repeated if need be. The rows begin at top, by the same rule with cy and H. Replace each f x f "
        "pixels by their mean, rounded to uint8 (OpenCV's resize, INTER_AREA).",
        f"Sample {size} x {size} pixels of the reduced region bilinearly, rounded to uint8; outside, its border is "
        f"repeated. Use OpenCV's getAffineTransform, from the places of the crop's pixels (0, 0), ({size - 1}, 0) and "
        f"(0, {size - 1}) in the reduced region to these pixels, and warpAffine, INTER_LINEAR, BORDER_REPLICATE: it "
        "rounds places to 1/32 pixel, so that other ways differ a little. Pixel (u, v) of the crop lies in the photo "
        f"at (x, y) = (cx + p cos a - q sin a, cy + p sin a + q cos a), where p = (u - {middle}) * side / {size} and "
        f"q = (v - {middle}) * side / {size}; in the reduced region that is "
        "((x - left - (f - 1) / 2) / f, (y - top - (f - 1) / 2) / f). Round both places to float32.",
        _feed(checkpoint),
        "A point (u, v) of the crop lies in the photo at the (x, y) of step 5.",
        *([f"Look again until the network has looked facekp.looks times. {again}"] if _looks(checkpoint) > 1 else []),
    ]


def _feed(checkpoint: Checkpoint) -> str:
    """The step that asks the network."""
    if not _mirrored(checkpoint):
        return "Give the crop to the network."
    width = checkpoint.input.size
    return (
        "Give the crop to the network; at the last look the mirrored crop as well, whose column x is the crop's column "
        f"{width - 1} - x. Its points come back by ({width - 1} - x, y), the one at facekp.mirror[k] becoming point k; "
        "each point is the mean of both."
    )


def _spreads(checkpoint: Checkpoint) -> dict[str, str]:
    """What heatmaps' spreads are, and what follows from them."""
    told = {"facekp.spreads": "float32 (N, K), of the heatmaps about their means, in units of half the crop's side"}
    if _mirrored(checkpoint):
        told["facekp.spreads"] += "; at the last look each is the mean of both, as the points are"
    if checkpoint.confidence:
        half = "(W + H) / 4" if checkpoint.input.whole else "side / 2"
        told["facekp.uncertainty"] = (
            f"Let l[k] be the natural logarithm of point k's spread at the last look, or of {LEAST_SPREAD:g} if that "
            "is more. With the numbers of facekp.confidence the error to be expected of point k is "
            f"exp(levels[k] + slope * l[k]) * {half}, in pixels of the photo. The face's score, from 0 to 1, is "
            "1 / (1 + exp(-(offset + weight * m))), where m is the mean of all l[k]."
        )
        fitted = checkpoint.card["confidence"]
        told["facekp.confidence"] = json.dumps({name: fitted[name] for name in ("levels", "slope", "offset", "weight")})
    return told
