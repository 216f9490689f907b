"""facekp: facial keypoints, and what can be made of them.

    from facekp import load_image, KeypointPredictor

Names are imported when they are first used, so that ``import facekp`` and the morphing half of the
library start without torch.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from facekp.errors import (
        AnnotationError,
        CheckpointError,
        FacekpError,
        ImageError,
        MeshError,
        NoFaceError,
        OutputError,
        SettingsError,
    )
    from facekp.faces import FaceBox, FaceDetector, face_detector
    from facekp.images import load_image
    from facekp.morph import MorphSettings, average_face, morph_frames
    from facekp.movie import write_movie
    from facekp.predict import KeypointPredictor, Keypoints
    from facekp.schema import SCHEMAS, Schema

__version__ = "0.1.0"

_HOMES = {
    "AnnotationError": "errors",
    "CheckpointError": "errors",
    "FacekpError": "errors",
    "ImageError": "errors",
    "MeshError": "errors",
    "NoFaceError": "errors",
    "OutputError": "errors",
    "SettingsError": "errors",
    "FaceBox": "faces",
    "FaceDetector": "faces",
    "face_detector": "faces",
    "load_image": "images",
    "MorphSettings": "morph",
    "average_face": "morph",
    "morph_frames": "morph",
    "write_movie": "movie",
    "KeypointPredictor": "predict",
    "Keypoints": "predict",
    "SCHEMAS": "schema",
    "Schema": "schema",
}

__all__ = [
    "SCHEMAS",
    "AnnotationError",
    "CheckpointError",
    "FaceBox",
    "FaceDetector",
    "FacekpError",
    "ImageError",
    "KeypointPredictor",
    "Keypoints",
    "MeshError",
    "MorphSettings",
    "NoFaceError",
    "OutputError",
    "Schema",
    "SettingsError",
    "average_face",
    "face_detector",
    "load_image",
    "morph_frames",
    "write_movie",
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
