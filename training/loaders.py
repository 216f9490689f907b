"""The data set that feeds a network, and the order in which its faces are drawn."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import Dataset, Sampler, WeightedRandomSampler

from facekp.crop import Crop, WholePicture, crop_round, level_crop, to_relative
from facekp.errors import FacekpError, SettingsError
from facekp.faces import FaceBox
from facekp.images import Picture
from training.augment import Grey, augment
from training.config import TrainConfig
from training.data import Face
from training.tally import pictures


@dataclass(frozen=True, eq=False)
class Kept:
    """A face in memory.

    Attributes
    ----------
    photo : uint8 array (H, W)
        Grey; for a network that sees the whole picture, in the network's size already.
    points : float32 array (K, 2)
        Pixels of `photo`.
    frame : Crop
        The crop without augmentation, of one network pixel: round all points of the face, or the whole picture.
    unit : float32 array (2,)
        Pixels of the photograph per unit of the relative coordinates x and y.
    """

    photo: Grey
    points: NDArray[np.float32]
    frame: Crop
    unit: NDArray[np.float32]


class FaceCrops(Dataset[tuple[torch.Tensor, torch.Tensor]]):
    """What a network is fed: crops and relative coordinates. The photographs are decoded once and kept in grey.

    Parameters
    ----------
    faces : list of Face
        Those whose picture cannot be read are named and left out.
    config : TrainConfig
    augmented : bool
        Whether crops are augmented. What is drawn depends only on the seed, the epoch and the index,
        so a run gives the same numbers whatever its workers.

    Raises
    ------
    FacekpError
        If more than a few faces of a data set are broken, or none are left.
    """

    def __init__(self, faces: list[Face], config: TrainConfig, *, augmented: bool) -> None:
        self.config, self.augmented = config, augmented and config.augmentation != "none"
        self.set_epoch(0)
        pairs = [(face, keep(face, picture, config)) for face, picture in pictures(faces, "photographs")]
        if not pairs:
            raise FacekpError("no faces are left to feed a network with; get the data sets again")
        self.faces, self.kept = [face for face, _ in pairs], [kept for _, kept in pairs]

    def set_epoch(self, epoch: int) -> None:
        """Take the crop size of an epoch, counted from 0, and draw augmentations anew."""
        self.epoch, self.size = epoch, self.config.size_at(epoch)

    @property
    def units(self) -> NDArray[np.float32]:
        """Pixels of each photograph per unit of the relative coordinates x and y; (N, 2)."""
        return np.stack([kept.unit for kept in self.kept])

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the pictures' names and the points: another one means another data set."""
        digest = hashlib.sha256()
        for face in self.faces:
            digest.update(face.photo.name.encode() + face.points.tobytes())
        return digest.hexdigest()

    def __len__(self) -> int:
        return len(self.kept)

    def upright(self, index: int) -> tuple[Grey, NDArray[np.float32]]:
        """As `picture`, without augmentation."""
        kept = self.kept[index]
        if self.config.height is not None:
            return kept.photo, kept.points
        crop = replace(kept.frame, size=self.size)
        return crop.cut(kept.photo), crop.to_network(kept.points)

    def picture(self, index: int) -> tuple[Grey, NDArray[np.float32]]:
        """Crop uint8 (H, W), and the points in it, network pixels, float32 (K, 2)."""
        if not self.augmented:
            return self.upright(index)
        config, kept = self.config, self.kept[index]
        crop = replace(kept.frame, size=self.size)
        rng = np.random.default_rng((config.seed, self.epoch, index))
        return augment(kept.photo, kept.points, crop, config.points, config, rng)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Crop float32 (1, H, W), and relative coordinates float32 (K, 2)."""
        image, target = self.picture(index)
        pixels = (torch.from_numpy(image).float()[None] - self.config.mean) / self.config.std
        return pixels, torch.from_numpy(to_relative(target, (image.shape[1], image.shape[0])))


def keep(face: Face, picture: Picture, config: TrainConfig) -> Kept:
    """A face and its photograph, in the form in which a recipe needs them."""
    photo: Grey = np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), dtype=np.uint8)
    points = face.points_of(config.points)
    if config.height is None:
        eyes = face.schema.eyes
        if config.level and eyes is not None:
            frame = level_crop(face.points, eyes, 1, config.margin)
        else:
            frame = crop_round(FaceBox.around(face.points), 1, config.margin)
        return Kept(photo, points, frame, np.full(2, frame.side / 2, dtype=np.float32))
    size = (config.sizes[0], config.height)
    whole = WholePicture((photo.shape[1], photo.shape[0]), size)
    frame = crop_round(FaceBox(-0.5, -0.5, size[0] - 0.5, size[1] - 0.5), 1, config.margin)
    unit = np.array(whole.photo, dtype=np.float32) / 2
    return Kept(whole.cut(photo), whole.to_network(points), frame, unit)


def draw(count: int, config: TrainConfig, epoch: int, weights: Sequence[float] | None = None) -> list[int]:
    """Indices of an epoch's faces, which depend on the seed and the epoch only.

    `config.epoch_samples` of `count` faces, with the probabilities that `weights` gives; or each once.
    """
    generator = torch.Generator().manual_seed(config.seed + epoch)
    if weights is None:
        order: list[int] = torch.randperm(count, generator=generator).tolist()
        return order
    return list(WeightedRandomSampler(weights, config.epoch_samples, generator=generator))


class ShardedBatches(Sampler[list[int]]):
    """Batches of indices, of which each process takes its part; what does not fill a batch is left out.

    Parameters
    ----------
    indices : sequence of int
        The same in every process.
    batch : int
        Over all processes together; a multiple of their number.
    rank, processes : int
        Which process this is, and how many there are.

    Raises
    ------
    SettingsError
        If the processes cannot share a batch evenly.
    """

    def __init__(self, indices: Sequence[int], batch: int, rank: int = 0, processes: int = 1) -> None:
        if batch % processes:
            raise SettingsError(
                f"a batch of {batch} cannot be shared by {processes} processes evenly; "
                f"give torchrun --nproc-per-node a divisor of {batch}"
            )
        self.indices, self.batch = indices, batch
        self.share = slice(rank * batch // processes, (rank + 1) * batch // processes)

    def __len__(self) -> int:
        return len(self.indices) // self.batch

    def __iter__(self) -> Iterator[list[int]]:
        for start in range(0, len(self) * self.batch, self.batch):
            yield list(self.indices[start : start + self.batch][self.share])
