"""torchvision beside a torch that was built without CUDA.

torchvision's wheel on the package registry is built for CUDA. Beside a CPU-only torch its compiled
part does not load, and ``import torchvision`` then fails with ``operator torchvision::nms does not
exist``: it registers shape functions for two operators that nobody declared. Declaring those two,
without an implementation, lets the import succeed. facekp uses neither.
"""

from __future__ import annotations

import importlib

import torch

_SCHEMA = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
_declarations: list[torch.library.Library] = []  # a Library object takes its operators along when it dies


def declare_missing_operators() -> None:
    """Declare ``torchvision::nms`` and ``torchvision::qnms`` where they are missing."""
    missing = [name for name in ("nms", "qnms") if not hasattr(torch.ops.torchvision, name)]
    if missing:
        library = torch.library.Library("torchvision", "FRAGMENT")  # type: ignore[no-untyped-call]
        for name in missing:
            library.define(name + _SCHEMA)  # type: ignore[no-untyped-call]
        _declarations.append(library)


def import_torchvision() -> None:
    """Make ``import torchvision`` work, whichever build of torch is installed.

    The plain import is tried first, since where the compiled part does load it declares its
    operators itself, and would fail on finding them declared already.
    """
    try:
        importlib.import_module("torchvision")
    except RuntimeError as error:
        if "torchvision::" not in str(error):
            raise
        declare_missing_operators()
        importlib.import_module("torchvision")


import_torchvision()
