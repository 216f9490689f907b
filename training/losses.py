"""Losses on coordinates and on heatmaps."""

from __future__ import annotations

import math

import torch

from facekp.heatmaps import cell_centres


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


def mse_loss(predicted: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Mean squared error of coordinates that go from 0 to 1 over the input, as the original work has them.

    Parameters
    ----------
    predicted, target : float tensors (N, K, 2)
        Relative coordinates; these go from -1 to 1, so a difference of them is halved.

    Returns
    -------
    scalar tensor
        Mean over faces, points and axes.
    """
    return (((predicted - target) / 2) ** 2).mean()


def heatmap_loss(logits: torch.Tensor, target: torch.Tensor, sigma: float) -> torch.Tensor:
    """Cross-entropy of heatmaps to a Gaussian round the true points, which keeps them single-peaked.

    Source: the regularised soft-argmax of Nibali et al., Numerical Coordinate Regression with
    Convolutional Neural Networks, 2018, with the cross-entropy in place of the divergence.

    Parameters
    ----------
    logits : float tensor (N, K, H, W)
    target : float tensor (N, K, 2)
        Relative coordinates; points outside the crop are left out.
    sigma : float
        Standard deviation of the Gaussian, cells.

    Returns
    -------
    scalar tensor
        Mean over faces and points.
    """
    height, width = logits.shape[-2:]
    axes = []
    for axis, cells in enumerate((width, height)):
        offsets = (cell_centres(cells, target.device) - target[..., axis, None]) * (cells / 2)
        axes.append((-0.5 * (offsets / sigma) ** 2).softmax(dim=-1))
    gaussian = axes[1][..., :, None] * axes[0][..., None, :]
    entropy = -(gaussian.flatten(2) * logits.float().flatten(2).log_softmax(dim=-1)).sum(dim=-1)
    inside = (target.abs() < 1).all(dim=-1)
    return (entropy * inside).mean()
