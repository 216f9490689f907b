"""Photographs brought into the frame of a morph, in the colours and with the mattes that the settings ask for."""

from __future__ import annotations

import cv2
import numpy as np

from facekp.align import Points
from facekp.axis import face_axis
from facekp.colour import Tone, tone_of, with_tone
from facekp.images import Picture, over_white
from facekp.layout import Layout
from facekp.mask import face_mask, paste, toned_mask
from facekp.matte import head_matte
from facekp.mesh import Mesh
from facekp.render import warp_picture
from facekp.settings import MorphSettings
from facekp.texture import shrinks
from facekp.warp import OVERSAMPLING, align_picture, warp_photograph

_FEW = 8
"""Faces up to which each is drawn as in a film. One step differs from that in single pixels, by less than a
grey level in a mean of more."""

_FEW_OUTSIDE = 0.05
"""Share of a face's points that may lie outside its photograph without a word: what is missing is not seen."""

_SEEN = 1 / 512
"""Other colours that count less change nothing."""


class Aligner:
    """Renders photographs in the frame of a layout, as the settings say: in the first one's colours, with a matte."""

    def __init__(self, layout: Layout, settings: MorphSettings, first: Picture) -> None:
        self._layout = layout
        self._cut_out = cuts_out(settings)
        self._alone = self._cut_out or settings.face_only != "off"
        hair_is_known = face_axis(layout.shapes[0][: layout.face]) is not None
        self._guessed = settings.face_only == "off" and settings.background != "dissolve" and not hair_is_known
        self._outside: set[int] = set()
        self._cut: dict[int, int] = {}
        self._not_told: set[int] = set()
        self._tone: Tone | None = None
        if settings.colour_match == "lab":
            self._tone = self._tone_of(align_picture(over_white(first), layout.transforms[0], layout.size), 0)

    def __call__(self, image: Picture, index: int) -> Picture:
        """The photograph of the face with this index, as `align_picture` renders it; cut out, it has its matte too."""
        layout = self._layout
        self._look(image, index)
        transform = layout.transforms[index]
        colours, alpha = _apart(image) if self._cut_out else (over_white(image), None)
        coloured = self._in_tone(align_picture(colours, transform, layout.size), index)
        if not self._cut_out:
            return coloured
        face, extra = map(transform.inverse(), head_points(layout.shapes[index], layout))
        matte, told = head_matte(colours, face, extra, transform, layout.size)
        if not told:
            self._not_told.add(index)
        if alpha is not None:
            matte = np.asarray(cv2.multiply(matte, align_picture(alpha, transform, layout.size), scale=1 / 255))
        return np.dstack([coloured, matte])

    @property
    def warnings(self) -> tuple[str, ...]:
        """Which of the heads so far may not look as wished."""
        outside = (
            f"more than a third of the points of face {index + 1} lie outside its photograph; are they this one's?"
            for index in sorted(self._outside)
        )
        not_told = (
            f"the colours of face {index + 1} are too like those behind it to cut its head out; it has a soft outline"
            for index in sorted(self._not_told)
        )
        cut = (
            f"{count} of {self._layout.face} points of face {index + 1} lie outside its photograph; "
            "what it does not show is made up"
            for index, count in sorted(self._cut.items())
        )
        guessed = (
            f"{self._layout.face} points do not say where the hair is: the outline of the heads is a guess; "
            "give 68 or 58 points for a better one",
        )
        return (*outside, *cut, *guessed[: self._guessed], *not_told)

    def drawn(self, image: Picture, index: int, source: Points, target: Points, mesh: Mesh) -> Picture:
        """The photograph of the face with this index in another shape: uint8 (H, W, 3), cut out (H, W, 4).

        Of many in one step, where colours stay and nothing aliases, which takes a third of the time. Of few as
        in a film, so that a still and a film's frame are the same picture.
        """
        layout = self._layout
        self._look(image, index)
        plain = self._tone is None and not self._cut_out
        if len(layout.shapes) > _FEW and plain and not shrinks(source, target, mesh):
            return warp_photograph(over_white(image), layout.transforms[index], source, target, mesh.edges, layout.size)
        return warp_picture(self(image, index), source, target, mesh)

    def _look(self, image: Picture, index: int) -> None:
        """Remember whether the photograph shows the face."""
        size = image.shape[1], image.shape[0]
        if self._layout.lies_outside(index, size):
            self._outside.add(index)
        elif self._alone and self._layout.outside(index, size) > _FEW_OUTSIDE * self._layout.face:
            self._cut[index] = self._layout.outside(index, size)

    def _in_tone(self, aligned: Picture, index: int) -> Picture:
        """The head in the first face's colours, before its own background."""
        if self._tone is None:
            return aligned
        own = self._tone_of(aligned, index)
        if own == self._tone:
            return aligned
        mask = toned_mask(aligned, OVERSAMPLING * self._layout.shapes[index][: self._layout.face])
        left, top, width, height = cv2.boundingRect((mask > _SEEN).astype(np.uint8))
        head = np.s_[top : top + height, left : left + width]  # the rest costs nothing
        result = aligned.copy()
        result[head] = paste(with_tone(aligned[head], own, self._tone), aligned[head], mask[head])
        return result

    def _tone_of(self, aligned: Picture, index: int) -> Tone:
        layout = self._layout
        face = face_mask(layout.shapes[index][: layout.face], layout.size) > 0.5
        return tone_of(np.ascontiguousarray(aligned[::OVERSAMPLING, ::OVERSAMPLING]), face.astype(np.uint8))


def _apart(image: Picture) -> tuple[Picture, Picture | None]:
    """Colours and alpha of a photograph; what is not seen at all is white, since programs leave any colour there."""
    if image.shape[2] == 3:
        return image, None
    alpha = image[..., 3:]
    return np.where(alpha > 0, image[..., :3], np.uint8(255)), np.ascontiguousarray(alpha[..., 0])


def cuts_out(settings: MorphSettings) -> bool:
    """Whether heads are cut out of their photographs."""
    return settings.face_only == "off" and settings.background not in ("dissolve", "a", "b")


def head_points(shape: Points, layout: Layout) -> tuple[Points, Points]:
    """Of the points of a mesh those of the face (K, 2), and those that the caller gave beside them (E, 2)."""
    return shape[: layout.face], shape[layout.head - layout.extra : layout.head]
