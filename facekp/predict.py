"""Photo → keypoints."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from facekp.checkpoint import Checkpoint, load_checkpoint
from facekp.crop import Crop, WholePicture, crop_round, from_relative, level_crop, mirror_crop
from facekp.errors import NO_FACE, FacekpError, NoFaceError
from facekp.faces import Detection, FaceBox, FaceDetector, face_detector
from facekp.images import Picture
from facekp.keypoints import Keypoints
from facekp.schema import Schema

BATCH = 32
"""Crops that go through the network together; it bounds the memory that a folder of photographs needs."""


class KeypointPredictor:
    """Finds faces and their keypoints. Holds weights and detector only, so one serves many threads.

    A network that sees the whole picture finds one face in each, and asks no detector.

    Parameters
    ----------
    checkpoint : Checkpoint
        The trained network.
    detector : FaceDetector, optional
        Default: libfacedetection, or dlib where that cannot be imported.
    """

    def __init__(self, checkpoint: Checkpoint, detector: FaceDetector | None = None) -> None:
        self.checkpoint = checkpoint
        self.detector: FaceDetector = WholeFrame() if checkpoint.input.whole else detector or face_detector()
        self._network = checkpoint.network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    @classmethod
    def from_checkpoint(
        cls, name: str | os.PathLike[str], detector: FaceDetector | str | None = None
    ) -> KeypointPredictor:
        """Load a checkpoint by its name or its folder.

        Parameters
        ----------
        name : str or path
            A name under ``checkpoints/``, or a folder.
        detector : FaceDetector or str, optional
            ``"libfacedetection"``, ``"dlib"``, or a detector of your own.

        Raises
        ------
        CheckpointError
            If the checkpoint is missing or broken.
        """
        chosen = face_detector(detector) if isinstance(detector, str) else detector
        return cls(load_checkpoint(name), chosen)

    @property
    def schema(self) -> Schema:
        """The meaning of the points."""
        return self.checkpoint.schema

    def predict(self, image: Picture, boxes: Sequence[FaceBox] | None = None) -> list[Keypoints]:
        """Keypoints of the faces in a photo.

        Parameters
        ----------
        image : uint8 array (H, W, 3)
            RGB, as `load_image` gives it.
        boxes : sequence of FaceBox, optional
            Where the faces are; then nothing is detected, and the order is kept.

        Returns
        -------
        list of Keypoints
            Largest face first; [] where there is none.
        """
        return self.predict_batch([image], None if boxes is None else [boxes])[0]

    def predict_one(self, image: Picture) -> Keypoints:
        """Keypoints of the largest face.

        Raises
        ------
        NoFaceError
            If no face was found.
        """
        faces = self.predict(image)
        if not faces:
            raise NoFaceError(NO_FACE)
        return faces[0]

    def predict_batch(
        self, images: Sequence[Picture], boxes: Sequence[Sequence[FaceBox]] | None = None
    ) -> list[list[Keypoints]]:
        """Keypoints of the faces in several photos, the network run in batches.

        Parameters
        ----------
        images : sequence of uint8 arrays (H, W, 3)
        boxes : sequence of sequences of FaceBox, optional
            For each photo, its faces.

        Returns
        -------
        list of lists of Keypoints
            One list for each photo, as `predict` gives it.
        """
        if boxes is not None and len(boxes) != len(images):
            raise FacekpError(f"{len(images)} photos need as many lists of boxes, not {len(boxes)}")
        if boxes is not None and self.checkpoint.input.whole:
            raise FacekpError(f"{self.checkpoint.name} looks at the whole picture and takes no boxes; leave them out")
        for image in images:
            _check_picture(image)
        found = (
            [self.detector.detect(image) for image in images]
            if boxes is None
            else [[Detection(box, 1.0) for box in given] for given in boxes]
        )
        photos = [image for image, faces in zip(images, found, strict=True) for _ in faces]
        points = iter(self._locate(photos, [face.box for faces in found for face in faces]))
        return [[Keypoints(next(points), face.box, face.score, self.schema) for face in faces] for faces in found]

    def _locate(self, photos: Sequence[Picture], boxes: Sequence[FaceBox]) -> list[NDArray[np.float32]]:
        """Points of the face in each box of the photo beside it; photo pixels."""
        spec = self.checkpoint.input
        crops: list[Crop | WholePicture] = [
            WholePicture((photo.shape[1], photo.shape[0]), spec.shape)
            if spec.whole
            else crop_round(box, spec.size, spec.margin)
            for photo, box in zip(photos, boxes, strict=True)
        ]
        for look in range(spec.looks):
            last = look == spec.looks - 1
            points = self._look(photos, crops, mirrored=spec.mirror and last)
            if not last:
                crops = [self._upright_crop(found, crop) for found, crop in zip(points, crops, strict=True)]
        return points

    def _look(
        self, photos: Sequence[Picture], crops: Sequence[Crop | WholePicture], *, mirrored: bool
    ) -> list[NDArray[np.float32]]:
        """One pass of the network over all crops; with `mirrored`, averaged with one over mirrored crops."""
        size = self.checkpoint.input.size
        grey = [_grey(crop.cut(photo)) for photo, crop in zip(photos, crops, strict=True)]
        points = self._run(grey)
        if mirrored:
            other = self._run([mirror_crop(image) for image in grey])
            points = (points + self.schema.mirror_points(other, size)) * np.float32(0.5)
        return [crop.to_photo(found) for crop, found in zip(crops, points, strict=True)]

    def _run(self, crops: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """Points (N, K, 2), network pixels, of grey crops (S, S), or whole pictures (H, W)."""
        spec = self.checkpoint.input
        found = [np.empty((0, len(self.schema), 2), dtype=np.float32)]
        for batch in _batches(crops):
            pixels = (torch.from_numpy(np.stack(batch)).float()[:, None] - spec.mean) / spec.std
            with torch.inference_mode():
                relative = self._network(pixels.to(memory_format=torch.channels_last))
            found.append(from_relative(relative.numpy(), spec.shape))
        return np.concatenate(found)

    def _upright_crop(self, points: NDArray[np.float32], before: Crop | WholePicture) -> Crop | WholePicture:
        """The crop round points already found, turned so that the eyes are level.

        The network was trained on crops round true points, and knows upright faces best.
        """
        if self.schema.eyes is None:
            return before
        spec = self.checkpoint.input
        return level_crop(points, self.schema.eyes, spec.size, spec.margin)


class WholeFrame:
    """In place of a detector: the whole picture is the face."""

    def detect(self, image: Picture) -> list[Detection]:
        """One face, as large as the picture."""
        height, width = image.shape[:2]
        return [Detection(FaceBox(-0.5, -0.5, width - 0.5, height - 0.5), 1.0)]


def _check_picture(image: Picture) -> None:
    if not isinstance(image, np.ndarray) or image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
        raise FacekpError("a photo must be an RGB uint8 array (height, width, 3); load_image makes one")


def _grey(image: Picture) -> NDArray[np.uint8]:
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), dtype=np.uint8)


def _batches(crops: Sequence[NDArray[np.uint8]]) -> Iterator[Sequence[NDArray[np.uint8]]]:
    return (crops[start : start + BATCH] for start in range(0, len(crops), BATCH))
