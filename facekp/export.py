"""A checkpoint's network as an ONNX model, whose metadata tell how it is fed."""

from __future__ import annotations

import os
import tempfile
import warnings
from pathlib import Path

import torch

from facekp.checkpoint import Checkpoint
from facekp.errors import FacekpError
from facekp.files import check_output, write_bytes
from facekp.readout import Readout

OPSET = 17


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
        import onnx
    except ImportError as error:
        raise FacekpError(
            f"writing ONNX needs the package onnx ({error}); install it with: pip install 'facekp[onnx]'"
        ) from None
    width, height = checkpoint.input.shape
    readout = Readout(checkpoint.network, checkpoint.input)
    crops = torch.zeros(2, checkpoint.input.channels, height, width)
    with torch.inference_mode():
        outputs = ["points", "spreads"][: len(readout(crops))]
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        # torch's older exporter, which tells so: the newer one takes many times as long, needs more
        # packages, and warns as well.
        warnings.simplefilter("ignore")
        path = Path(folder) / "model.onnx"
        torch.onnx.export(
            readout,
            (crops,),
            path,
            input_names=["crops"],
            output_names=outputs,
            dynamic_axes={name: {0: "faces"} for name in ("crops", *outputs)},
            opset_version=OPSET,
            dynamo=False,
        )
        model = onnx.load(path)
    onnx.helper.set_model_props(model, describe(checkpoint))
    data: bytes = model.SerializeToString()
    return data


def describe(checkpoint: Checkpoint) -> dict[str, str]:
    """What a model's metadata say: where it comes from, how a crop is cut, what goes in and comes out."""
    spec, schema = checkpoint.input, checkpoint.schema
    if spec.whole:
        width, height = spec.shape
        cut = (
            f"Convert the whole photo to grey and stretch it to {width} x {height} pixels, averaging where it shrinks."
        )
    else:
        cut = (
            "Convert the photo to grey (0.299 R + 0.587 G + 0.114 B). Cut the square round the centre of the face's "
            f"box, brows to chin and ear to ear, whose side is {spec.margin:g} times the box's longer side; resample "
            f"it to {spec.size} x {spec.size} pixels, averaging where it shrinks. Repeat the photo's border outside."
        )
        if spec.looks > 1 or spec.scout:
            cut += (
                " The library looks again: it cuts a square round the points found, by the same rule, turned so that "
                "the eyes are level."
            )
        if spec.scout:
            cut += f" Its first look is taken by {spec.scout}."
        if spec.mirror:
            cut += " The last look is averaged with one at the mirrored crop."
    description = {
        "facekp.model": checkpoint.name,
        "facekp.sha256": checkpoint.sha256,
        "facekp.schema": schema.name,
        "facekp.preprocessing": cut,
        "facekp.crops": "float32 (N, 1, height, width), grey values from 0 to 255; they are scaled inside",
        "facekp.points": f"float32 (N, {len(schema)}, 2), (x, y) in pixels of the crop; an integer is a pixel's centre",
        "facekp.spreads": "float32 (N, K), of the heatmaps about their means, in units of half the crop's side",
        "facekp.licence": str(checkpoint.card.get("data", {}).get("licence", "")),
    }
    return description
