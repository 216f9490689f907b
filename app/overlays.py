"""A photograph with the points of its faces, as a file; nothing here knows Streamlit."""

from __future__ import annotations

from collections.abc import Sequence

from comparison import TrueFace
from photos import Photo
from pictures import with_points

from facekp.draw import PREDICTED, TRUTH, draw_errors, draw_face
from facekp.images import encode_png, load_image
from facekp.keypoints import Keypoints


def overlay_png(photo: Photo, faces: Sequence[Keypoints], truths: Sequence[TrueFace]) -> bytes:
    """The whole photograph as PNG with points and edges: of its faces, of the true ones, and the errors between them.

    Raises
    ------
    ImageError
        If the photograph cannot be decoded.
    """
    picture = load_image(photo.data)
    for truth in truths:
        picture = draw_face(picture, truth.points, truth.schema, TRUTH, rings=True)
    for face in faces:
        if len(face.points) > 1:
            picture = draw_face(picture, face.points, face.schema, uncertainty=face.uncertainty)
        else:
            picture = with_points(picture, face.points, face.schema, PREDICTED)
    for truth in truths:
        if truth.face is not None and truth.counterparts is not None:
            picture = draw_errors(picture, faces[truth.face].points, truth.counterparts)
    return encode_png(picture)
