"""Keypoints of faces in frames that follow each other."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from numbers import Real
from typing import TYPE_CHECKING

from facekp.errors import FacekpError, SettingsError
from facekp.faces import Detection, FaceBox, FaceDetector
from facekp.images import Picture
from facekp.keypoints import Keypoints
from facekp.smooth import FaceFilter, Smoothing

if TYPE_CHECKING:
    from facekp.predict import KeypointPredictor

SAME_FACE = 0.3
"""Overlap (intersection over union) from which two boxes are of one face."""
LEAST_SCORE = 0.5
"""Of a network with a judgement of its own: below it a face is lost, and none is begun."""
CONFIRM_EVERY = 1.0
"""Seconds after which the detector is asked about faces of a network without a judgement of its own."""
REMEMBERED = 1.0
"""Seconds for which a lost face keeps its id, should it be found again in its place."""

USUAL = Smoothing()
"""Chosen on moved composites of the gallery; ``benchmarks/tracking.py`` measures it."""


@dataclass(eq=False)
class _Track:
    """A face on its way: its filter, its last box, when it was seen, when by the detector (seconds), and how surely."""

    filter: FaceFilter
    box: FaceBox
    seen: float
    detected: float
    detection: float


class KeypointTracker:
    """Finds the keypoints of faces in the frames of a film or a camera, each frame after the one before.

    A face that was found is followed: the network looks once, at the upright crop round where its points
    must be by now. The detector runs for the first frame, and while a face is lost, since its score has
    fallen, or there is none. A network without such a score of its own needs it once a second besides. The
    points are smoothed in time, see `FaceFilter`. Of a network that sees the whole picture, or finds too few
    points to tell where the next crop must be, every frame is asked anew, and only the smoothing is the same.

    Parameters
    ----------
    predictor : KeypointPredictor
    smoothing : Smoothing, optional
        How much the points are smoothed; None for not at all.
    search_every : float
        Seconds after which the detector also looks for faces that have come in; by default it never does.

    Raises
    ------
    SettingsError
        If `search_every` is negative.
    """

    def __init__(
        self, predictor: KeypointPredictor, *, smoothing: Smoothing | None = USUAL, search_every: float = math.inf
    ) -> None:
        if not _is_number(search_every) or not search_every >= 0:
            raise SettingsError(f"search_every is {search_every!r}; give seconds from 0")
        self.predictor, self.smoothing, self.search_every = predictor, smoothing, search_every
        self._follows = not predictor.checkpoint.input.whole and predictor.schema.eyes is not None
        self.reset()

    @classmethod
    def from_checkpoint(
        cls, name: str | os.PathLike[str], detector: FaceDetector | str | None = None, engine: str = "auto"
    ) -> KeypointTracker:
        """A tracker with the network of a checkpoint; see `KeypointPredictor.from_checkpoint`."""
        from facekp.predict import KeypointPredictor

        return cls(KeypointPredictor.from_checkpoint(name, detector, engine))

    def reset(self) -> None:
        """Forget all faces: what comes next is another film, or its beginning."""
        self._tracks: dict[int, _Track] = {}
        self._ids = 0
        self._now = self._before = self._searched = -math.inf

    def track(self, frames: Iterable[Picture], fps: float = 30.0) -> Iterator[dict[int, Keypoints]]:
        """The faces of each of a film's frames, which come at a steady rate; see `update`.

        Parameters
        ----------
        frames : iterable of uint8 arrays (H, W, 3)
            RGB; taken one at a time, so that a camera's will do.
        fps : float
            Frames per second.

        Raises
        ------
        SettingsError
            If there is no such rate.
        """
        if not _is_number(fps) or not 0 < fps < math.inf:
            raise SettingsError(f"fps is {fps!r}; give a number above 0")
        self.reset()
        for number, frame in enumerate(frames):
            yield self.update(frame, number / fps)

    def update(self, frame: Picture, time: float | Fraction) -> dict[int, Keypoints]:
        """The faces of the next frame.

        Parameters
        ----------
        frame : uint8 array (H, W, 3)
            RGB.
        time : float or Fraction
            Seconds, later than the frame before; only differences count.

        Returns
        -------
        dict of int to Keypoints
            Each face by its id, 0 for the first; it keeps the id for as long as it is followed. Where it is
            followed, `box` is the one round its points.

        Raises
        ------
        FacekpError
            If the time is not later, or the frame is no picture.
        """
        if not _is_number(time):
            raise FacekpError(f"the time of a frame is {time!r}; give seconds")
        if not self._now < time < math.inf:
            raise FacekpError(
                f"a frame at {float(time):g} s cannot follow one at {self._now:g} s; give frames in order"
            )
        self._before, self._now = self._now, float(time)
        faces = self._followed(frame) if self._follows else {}
        unsure = any(face.uncertainty is None for face in faces.values())
        every = min(self.search_every, CONFIRM_EVERY) if unsure else self.search_every
        if not faces or len(faces) < len(self._tracks) or self._now - self._searched >= every:
            self._search(frame, faces)
        for key in list(self._tracks):
            if self._now - self._tracks[key].seen > REMEMBERED and key not in faces:
                del self._tracks[key]
        return {key: self._smoothed(self._tracks[key], faces[key]) for key in sorted(faces)}

    def _followed(self, frame: Picture) -> dict[int, Keypoints]:
        """Those faces of the frame before that are still there, by one look of the network at each."""
        # Not after a long break: where the face would be by now is anybody's guess.
        fresh = self._now - self._before <= REMEMBERED
        tracks = {key: track for key, track in self._tracks.items() if fresh and track.seen == self._before}
        expected = [track.filter.expected(self._now) for track in tracks.values()]
        faces: dict[int, Keypoints] = {}
        for key, place, face in zip(tracks, expected, self.predictor.follow(frame, expected), strict=True):
            stays = face.box.overlap(FaceBox.around(place)) >= SAME_FACE
            if stays and _is_face(face) and _match(face.box, self._boxes(faces)) is None:
                faces[key] = _scored(face, tracks[key].detection)
        return faces

    def _search(self, frame: Picture, faces: dict[int, Keypoints]) -> None:
        """Ask the detector, and add to the followed faces those that it finds besides."""
        self._searched = self._now
        if not self._follows:
            found = self.predictor.predict(frame)
        else:
            detections = self.predictor.detector.detect(frame)
            self._confirm(faces, detections)
            strange = [each for each in detections if _match(each.box, self._boxes(faces)) is None]
            looked = self.predictor.predict(frame, boxes=[each.box for each in strange]) if strange else []
            found = [_scored(face, each.score) for face, each in zip(looked, strange, strict=True)]
        for face in found:
            if _is_face(face) and _match(self._box(face), self._boxes(faces)) is None:
                lost = {key: track.box for key, track in self._tracks.items() if key not in faces}
                faces[self._begun(face, _match(self._box(face), lost))] = face

    def _confirm(self, faces: dict[int, Keypoints], detections: list[Detection]) -> None:
        """Note which followed faces the detector sees; drop those of which nothing else tells that they are faces."""
        boxes = dict(enumerate(detection.box for detection in detections))
        for key, face in list(faces.items()):
            track, index = self._tracks[key], _match(face.box, boxes)
            if index is not None:
                track.detected, track.detection = self._now, detections[index].score
                faces[key] = _scored(face, track.detection)
            elif face.uncertainty is None and self._now - track.detected > 1.5 * min(self.search_every, CONFIRM_EVERY):
                del faces[key]

    def _begun(self, face: Keypoints, key: int | None) -> int:
        """The id of a face that the detector found: that of a face which was lost there, or a new one."""
        if key is None:
            key, self._ids = self._ids, self._ids + 1
        if key not in self._tracks or self._follows:
            size = math.sqrt(face.box.area) / 4  # about the root mean square of points round its centre
            smooth = FaceFilter(self.smoothing or USUAL, size)
            self._tracks[key] = _Track(smooth, face.box, self._now, self._now, face.detection)
        return key

    def _smoothed(self, track: _Track, face: Keypoints) -> Keypoints:
        smooth = track.filter(face.points, self._now)
        kept = replace(face, points=smooth if self.smoothing else face.points)
        kept = replace(kept, box=self._box(kept))
        track.seen, track.box = self._now, kept.box
        return kept

    def _box(self, face: Keypoints) -> FaceBox:
        """Round the points, where there are enough of them for a box."""
        return FaceBox.around(face.points) if self._follows else face.box

    def _boxes(self, faces: Mapping[int, Keypoints]) -> dict[int, FaceBox]:
        return {key: self._box(face) for key, face in faces.items()}


def _is_number(value: object) -> bool:
    return isinstance(value, Real)


def _match(box: FaceBox, others: Mapping[int, FaceBox]) -> int | None:
    """Which of the other boxes is of the same face."""
    best = max(others, key=lambda key: others[key].overlap(box), default=None)
    return best if best is not None and others[best].overlap(box) >= SAME_FACE else None


def _is_face(face: Keypoints) -> bool:
    """Whether the network, if it has a judgement, takes it for a face."""
    return face.uncertainty is None or face.score >= LEAST_SCORE


def _scored(face: Keypoints, detection: float) -> Keypoints:
    """A face with the detector's score, which is its own where the network has no judgement."""
    return replace(face, detection=detection, score=detection if face.uncertainty is None else face.score)
