"""When a film is where: its frames, each on its way from a face to the next."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from facekp.settings import Curve, MorphSettings


@dataclass(frozen=True)
class Moment:
    """Where a frame is: on which way from a face to the next, and how far along it.

    Attributes
    ----------
    leg : int
        0 for the way from the first face to the second.
    shape, colour : float
        0 is the face where the way begins, 1 the one where it ends.
    """

    leg: int
    shape: float
    colour: float


def ease(curve: Curve, time: float) -> float:
    """How far the way has come at a time from 0 to 1."""
    if isinstance(curve, tuple):
        return float(np.interp(time, np.linspace(0, 1, len(curve)), curve))
    if curve == "smooth":
        return time * time * (3 - 2 * time)
    if curve == "ease-in":
        return time * time
    return time * (2 - time) if curve == "ease-out" else time


def schedule(settings: MorphSettings, legs: int = 1) -> list[Moment]:
    """Where each frame of a film is.

    Parameters
    ----------
    settings : MorphSettings
        Frames, curves, stops, ping-pong and holds count.
    legs : int
        How many ways from a face to the next the film has; 1 from A to B.

    Returns
    -------
    list of Moment
        A closed film that loops leaves out its last frame, and one that runs back and loops its very
        last, since the first one follows. In either kind of film the hold at the last face is frames.

    Raises
    ------
    SettingsError
        If a film through so many faces cannot have these settings; see `MorphSettings.check_faces`.
    """
    settings.check_faces(legs if settings.closed else legs + 1)
    count = legs * (settings.frames - 1) + 1
    there = [_moment(settings, index, legs) for index in range(count)]
    held = round(settings.hold_last * settings.fps)
    if settings.closed:
        return _with_last_face_held(there[:-1] if settings.loop else there, settings, legs, held)
    if not settings.ping_pong:
        return there
    return [*there, *[there[-1]] * held, *there[-2 : 0 if settings.loop else None : -1]]


def _with_last_face_held(there: list[Moment], settings: MorphSettings, legs: int, held: int) -> list[Moment]:
    """A closed film with so many frames more of its last face, where the way home from there begins."""
    arrival = next((index for index, moment in enumerate(there) if moment.leg == legs - 1), None)
    if arrival is None:  # a curve that does not come so far
        return there
    # A film that does not stop at faces may pass between two frames by the last one.
    face = there[arrival] if settings.stop_at_faces else Moment(legs - 1, 0.0, 0.0)
    return [*there[:arrival], *[face] * held, *there[arrival:]]


def _moment(settings: MorphSettings, index: int, legs: int) -> Moment:
    steps = settings.frames - 1
    if settings.stop_at_faces:
        leg = min(index // steps, legs - 1)
        time = (index - leg * steps) / steps
        return Moment(leg, ease(settings.shape_curve, time), ease(settings.colour_curve, time))
    time = index / (legs * steps)
    shape, colour = legs * ease(settings.shape_curve, time), legs * ease(settings.colour_curve, time)
    leg = min(max(int(shape), 0), legs - 1)
    return Moment(leg, shape - leg, colour - leg)
