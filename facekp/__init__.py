"""facekp: facial keypoints, and what can be made of them.

    from facekp import load_image, KeypointPredictor

Names are imported when they are first used, so that ``import facekp`` and the morphing half of the
library start without torch.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from facekp.blend import blend_faces
    from facekp.errors import (
        AnnotationError,
        CheckpointError,
        FacekpError,
        FacekpWarning,
        ImageError,
        MeshError,
        NoFaceError,
        OutputError,
        SettingsError,
    )
    from facekp.faces import FaceBox, FaceDetector, face_detector
    from facekp.film import MovieOptions
    from facekp.filters import first_layer_filters, first_layer_response
    from facekp.footage import Footage
    from facekp.images import load_image
    from facekp.keypoints import Keypoints
    from facekp.morph import Morph, average_face, average_with_points, morph_frames
    from facekp.movie import write_movie
    from facekp.pose import Pose, head_pose
    from facekp.predict import KeypointPredictor
    from facekp.prototype import caricature, swap, symmetrise, transform
    from facekp.recipe import Recipe, read_recipe, write_recipe
    from facekp.schema import SCHEMAS, Schema
    from facekp.sequence import MorphSequence, sequence_frames
    from facekp.settings import MorphSettings
    from facekp.sheet import contact_sheet, write_contact_sheet
    from facekp.smooth import Smoothing
    from facekp.track import KeypointTracker

__version__ = "0.2.0"

_HOMES = {
    "blend_faces": "blend",
    "AnnotationError": "errors",
    "CheckpointError": "errors",
    "FacekpError": "errors",
    "FacekpWarning": "errors",
    "ImageError": "errors",
    "MeshError": "errors",
    "NoFaceError": "errors",
    "OutputError": "errors",
    "SettingsError": "errors",
    "FaceBox": "faces",
    "FaceDetector": "faces",
    "face_detector": "faces",
    "first_layer_filters": "filters",
    "first_layer_response": "filters",
    "MovieOptions": "film",
    "Footage": "footage",
    "load_image": "images",
    "Morph": "morph",
    "average_face": "morph",
    "average_with_points": "morph",
    "morph_frames": "morph",
    "write_movie": "movie",
    "contact_sheet": "sheet",
    "write_contact_sheet": "sheet",
    "Pose": "pose",
    "head_pose": "pose",
    "KeypointPredictor": "predict",
    "Keypoints": "keypoints",
    "caricature": "prototype",
    "swap": "prototype",
    "symmetrise": "prototype",
    "transform": "prototype",
    "Recipe": "recipe",
    "read_recipe": "recipe",
    "write_recipe": "recipe",
    "SCHEMAS": "schema",
    "Schema": "schema",
    "MorphSequence": "sequence",
    "sequence_frames": "sequence",
    "MorphSettings": "settings",
    "Smoothing": "smooth",
    "KeypointTracker": "track",
}

__all__ = [
    "SCHEMAS",
    "AnnotationError",
    "CheckpointError",
    "FaceBox",
    "FaceDetector",
    "FacekpError",
    "FacekpWarning",
    "Footage",
    "ImageError",
    "KeypointPredictor",
    "KeypointTracker",
    "Keypoints",
    "MeshError",
    "Morph",
    "MorphSequence",
    "MorphSettings",
    "MovieOptions",
    "NoFaceError",
    "OutputError",
    "Pose",
    "Recipe",
    "Schema",
    "SettingsError",
    "Smoothing",
    "average_face",
    "average_with_points",
    "blend_faces",
    "caricature",
    "contact_sheet",
    "face_detector",
    "first_layer_filters",
    "first_layer_response",
    "head_pose",
    "load_image",
    "morph_frames",
    "read_recipe",
    "sequence_frames",
    "swap",
    "symmetrise",
    "transform",
    "write_contact_sheet",
    "write_movie",
    "write_recipe",
]


def __getattr__(name: str) -> Any:
    """Import a public name from its module when it is first asked for (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module 'facekp' has no attribute {name!r}")
    value = getattr(import_module(f"facekp.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
