"""Photo → keypoints."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from facekp.checkpoint import Checkpoint, open_checkpoint
from facekp.errors import NO_FACE, FacekpError, NoFaceError
from facekp.faces import Detection, FaceBox, FaceDetector, check_box, face_detector
from facekp.images import Picture, check_picture
from facekp.keypoints import Keypoints
from facekp.locate import Locator, Look
from facekp.schema import Schema


class KeypointPredictor:
    """Finds faces and their keypoints. Holds weights and detector only, so one serves many threads.

    A network that sees the whole picture finds one face in each, and asks no detector.

    Parameters
    ----------
    checkpoint : Checkpoint
        The trained network.
    detector : FaceDetector, optional
        Default: libfacedetection, or dlib where that cannot be imported.
    engine : str
        What computes the networks, see `from_checkpoint`; by default torch, which has the network already.
    """

    def __init__(self, checkpoint: Checkpoint, detector: FaceDetector | None = None, engine: str = "torch") -> None:
        self.checkpoint = checkpoint
        self.detector: FaceDetector = WholeFrame() if checkpoint.input.whole else detector or face_detector()
        self.locator = Locator(checkpoint, engine)

    @classmethod
    def from_checkpoint(
        cls, name: str | os.PathLike[str], detector: FaceDetector | str | None = None, engine: str = "auto"
    ) -> KeypointPredictor:
        """Load a checkpoint by its name or its folder.

        Parameters
        ----------
        name : str or path
            A name under ``checkpoints/``, or a folder.
        detector : FaceDetector or str, optional
            ``"libfacedetection"``, ``"dlib"``, or a detector of your own.
        engine : str
            What computes the networks: ``"torch"``, ``"onnxruntime"``, or ``"auto"`` for ONNX Runtime where it is
            installed, else torch. Both give the same points, to a tenth of a pixel. ONNX Runtime comes with
            ``pip install 'facekp[onnx]'``. It is faster where faces come singly, and starts sooner: the first start
            exports the network for it, later ones find that in the user's cache folder, and need no torch.

        Raises
        ------
        CheckpointError
            If the checkpoint is missing or broken.
        FacekpError
            If detector or engine are unknown, or their packages are missing.
        """
        chosen = face_detector(detector) if isinstance(detector, str) else detector
        return cls(open_checkpoint(name), chosen, engine)

    @property
    def schema(self) -> Schema:
        """The meaning of the points."""
        return self.checkpoint.schema

    @property
    def fingerprint(self) -> str:
        """A SHA-256 of all that the points in a given box depend on, the scout included; the key for caches."""
        return self.checkpoint.fingerprint

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

        Raises
        ------
        FacekpError
            If that is no photo, or those are no boxes in it.
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

        Raises
        ------
        FacekpError
            As `predict`, or if there are not as many lists of boxes as photos.
        """
        if boxes is not None and not isinstance(boxes, Sequence):
            raise FacekpError(f"boxes is a {type(boxes).__name__}; give a list with the boxes of each photo")
        if boxes is not None and len(boxes) != len(images):
            raise FacekpError(f"{len(images)} photos need as many lists of boxes, not {len(boxes)}")
        if boxes is not None and self.checkpoint.input.whole:
            raise FacekpError(f"{self.checkpoint.name} looks at the whole picture and takes no boxes; leave them out")
        for image in images:
            check_picture(image)
        found = (
            [self.detector.detect(image) for image in images]
            if boxes is None
            else [_given(each, image) for each, image in zip(boxes, images, strict=True)]
        )
        photos = [image for image, faces in zip(images, found, strict=True) for _ in faces]
        looks = iter(self.locator.locate(photos, [face.box for faces in found for face in faces]))
        return [[self._keypoints(next(looks), face) for face in faces] for faces in found]

    def follow(self, image: Picture, points: Sequence[NDArray[np.float32]]) -> list[Keypoints]:
        """Keypoints of faces that are known to be about where these points are: those of the frame before, say.

        Nothing is detected; the network takes one look at the upright crop round the points.

        Parameters
        ----------
        image : uint8 array (H, W, 3)
            RGB.
        points : sequence of float32 arrays (K, 2)
            Photo pixels, of a schema with eyes.

        Returns
        -------
        list of Keypoints
            In the order of the points; `box` is the one round what was found.

        Raises
        ------
        FacekpError
            If that is no photo, or those are no points of faces in it.
        """
        check_picture(image)
        for each in points:
            self.schema.check(each)
            check_box(FaceBox.around(each), image)
        looks = self.locator.refine([image] * len(points), points)
        return [self._keypoints(look, Detection(FaceBox.around(look.points), 1.0)) for look in looks]

    def _keypoints(self, look: Look, face: Detection) -> Keypoints:
        """What a look tells of a found face."""
        confidence, score, uncertainty = self.checkpoint.confidence, face.score, None
        if confidence is not None and look.spread is not None:
            score, uncertainty = confidence.score(look.spread), confidence.errors(look.spread) * np.float32(look.unit)
        return Keypoints(look.points, face.box, score, self.schema, uncertainty, face.score)


class WholeFrame:
    """In place of a detector: the whole picture is the face."""

    def detect(self, image: Picture) -> list[Detection]:
        """One face, as large as the picture."""
        height, width = image.shape[:2]
        return [Detection(FaceBox(-0.5, -0.5, width - 0.5, height - 0.5), 1.0)]


def _given(boxes: Sequence[FaceBox], image: Picture) -> list[Detection]:
    """A caller's boxes in a photo, as if they had been detected."""
    if isinstance(boxes, FaceBox):
        raise FacekpError("boxes is a single FaceBox; give a list of them, [box], for one face too")
    if not isinstance(boxes, Iterable):
        raise FacekpError(f"boxes is a {type(boxes).__name__}; give a list of FaceBox")
    return [Detection(check_box(box, image), 1.0) for box in boxes]
