"""Losses on coordinates."""

from __future__ import annotations

import math

import torch


def wing_loss(predicted: torch.Tensor, target: torch.Tensor, width: float, curvature: float) -> torch.Tensor:
    """Wing loss: logarithmic for small errors, so that they still pull, linear for large ones.

    Source: Feng et al., Wing Loss for Robust Facial Landmark Localisation, CVPR 2018, equation 5.

    Parameters
    ----------
    predicted, target : float tensors (N, K, 2)
    width : float
        Error at which the logarithmic part ends; same unit as the coordinates.
    curvature : float
        Error below which the loss is nearly linear again; same unit.

    Returns
    -------
    scalar tensor
        Mean over faces, points and axes.
    """
    error = (predicted - target).abs()
    offset = width - width * math.log1p(width / curvature)
    return torch.where(error < width, width * torch.log1p(error / curvature), error - offset).mean()
