"""The filters that a network begins with, and what they answer to."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load
from torch import nn

from facekp.checkpoint import Checkpoint
from facekp.crop import Crop, WholePicture, crop_round, level_crop
from facekp.errors import NO_FACE, CheckpointError, FacekpError, NoFaceError
from facekp.faces import FaceBox, check_box, face_detector
from facekp.images import Picture, check_picture
from facekp.inventory import checkpoint_names, checkpoints_folder
from facekp.locate import Locator

UNTRAINED = "conv1_untrained.safetensors"
"""File beside the weights: the filters with which training began, its only tensor."""

Array = NDArray[np.float32]


def first_layer_filters(checkpoint: Checkpoint) -> Array:
    """The filters of a network's first convolution.

    Returns
    -------
    float32 array (C_out, C_in, k, k)
        Rows before columns, as they lie over a picture (a convolution in torch does not turn them).

    Raises
    ------
    CheckpointError
        If the network has no convolution.
    """
    return np.array(_first_convolution(checkpoint).weight.detach().numpy(), dtype=np.float32, order="C")


def untrained_filters(name: str | os.PathLike[str]) -> Array:
    """The same filters before the training.

    Parameters
    ----------
    name : str or path
        A checkpoint that comes with facekp, or its folder.

    Returns
    -------
    float32 array (C_out, C_in, k, k)

    Raises
    ------
    CheckpointError
        If they were not kept, or their file is broken.
    """
    own = isinstance(name, str) and name in checkpoint_names()
    path = (checkpoints_folder() / name if own else Path(name)) / UNTRAINED
    if not path.is_file():
        raise CheckpointError(f"{path} is missing: the filters before the training were not kept; train again")
    try:
        tensors = load(path.read_bytes())
    except SafetensorError as error:
        raise CheckpointError(f"{path} is no safetensors file, or is cut short ({error}); fetch it again") from None
    if [value.ndim for value in tensors.values()] != [4]:
        raise CheckpointError(f"{path} holds {sorted(tensors)} instead of one tensor of filters; fetch it again")
    (filters,) = tensors.values()
    return np.array(filters.float().numpy())


def first_layer_response(
    checkpoint: Checkpoint, image: Picture, box: FaceBox | None = None, filters: Array | None = None
) -> Array:
    """What the first convolution's filters answer to on a photograph: their sums and biases, before anything else.

    The network sees what it sees at its first look; see `first_crop`.

    Parameters
    ----------
    checkpoint : Checkpoint
    image : uint8 array (H, W, 3)
        RGB, as `facekp.images.load_image` gives it.
    box : FaceBox, optional
        Where the face is; without it the largest face that the default detector finds.
    filters : float32 array (C_out, C_in, k, k), optional
        Others in the place of the network's own, such as those before the training; they answer without biases.

    Returns
    -------
    float32 array (C_out, h, w)
        h and w are the network's input, less what the filters' margin and stride take.

    Raises
    ------
    NoFaceError
        If a face is needed, and none was found.
    FacekpError
        If that is no photo, no box, or are no filters for this network, or a box is given for a network
        that takes the whole picture.
    CheckpointError
        If the network has no convolution.
    """
    convolution, spec = _first_convolution(checkpoint), checkpoint.input
    grey = first_crop(checkpoint, image, box).cut_grey(image)
    pixels = (torch.from_numpy(grey).float()[None, None] - spec.mean) / spec.std
    with torch.inference_mode():
        if filters is None:
            return np.array(convolution(pixels)[0].numpy())
        others = torch.from_numpy(_checked(filters, spec.channels))
        answer = nn.functional.conv2d(pixels, others, None, convolution.stride, convolution.padding)
        return np.array(answer[0].numpy())


def first_crop(checkpoint: Checkpoint, image: Picture, box: FaceBox | None = None) -> Crop | WholePicture:
    """The part of a photograph that a network looks at first.

    It is the upright crop round a face; behind a scout the crop with level eyes that the scout's points place; for a
    network that takes whole pictures all of the photograph. Parameters and errors are those of `first_layer_response`.
    """
    check_picture(image)
    spec, eyes = checkpoint.input, checkpoint.schema.eyes
    if spec.whole:
        if box is not None:
            raise FacekpError(f"{checkpoint.name} looks at the whole picture and takes no box; leave it out")
        return WholePicture((image.shape[1], image.shape[0]), spec.shape)
    if box is None:
        found = face_detector().detect(image)
        if not found:
            raise NoFaceError(NO_FACE)
        box = found[0].box
    check_box(box, image)
    if checkpoint.scout is None or eyes is None:
        return crop_round(box, spec.size, spec.margin)
    (look,) = Locator(checkpoint.scout).locate([image], [box])
    return level_crop(look.points, eyes, spec.size, spec.margin)


def _checked(filters: Array, channels: int) -> Array:
    whole = isinstance(filters, np.ndarray) and filters.dtype == np.float32 and filters.ndim == 4
    if not whole or filters.shape[1] != channels or 0 in filters.shape:
        raise FacekpError(f"filters are a float32 array (C_out, {channels}, k, k); first_layer_filters gives one")
    return filters


def _first_convolution(checkpoint: Checkpoint) -> nn.Conv2d:
    for module in checkpoint.network.modules():
        if isinstance(module, nn.Conv2d):
            return module
    raise CheckpointError(f"the network of {checkpoint.name} has no convolution, and so no filters to show")
