"""What can go wrong, said in one sentence for the person who reads it."""

from __future__ import annotations

NO_FACE = "no face was found; give a picture in which a face is large and upright"
"""What is said, wherever a face is needed and there is none."""


class FacekpError(ValueError):
    """Base of every error that facekp raises on purpose; its text is meant for users."""


class ImageError(FacekpError):
    """A picture that cannot be used."""


class NoFaceError(FacekpError):
    """A picture in which no face was found."""


class AnnotationError(FacekpError):
    """Points, or a file of points, that cannot be used."""


class CheckpointError(FacekpError):
    """A checkpoint folder that cannot be loaded."""


class MeshError(FacekpError):
    """Point sets that cannot be aligned, meshed or morphed."""


class SettingsError(FacekpError):
    """A setting outside its range."""


class OutputError(FacekpError):
    """A file that cannot be written."""


class FacekpWarning(UserWarning):
    """Something that is done all the same, but may not look as wished."""
