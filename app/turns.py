"""Errors by how far the heads are turned, of what was measured; nothing here knows Streamlit."""

from __future__ import annotations

import numpy as np

from facekp.pose import head_pose
from facekp.results import SplitResults

TURNS = (0, 10, 20, 30)
"""Degrees of yaw, to either side, from which a group begins."""
LEAST = 5
"""Photographs that a group must have, so that its mean says something."""


def errors_by_turn(result: SplitResults) -> dict[str, tuple[float, int]]:
    """Mean error in percent, and number of photographs, of each group; by the points that were found."""
    groups: dict[int, list[float]] = {turn: [] for turn in TURNS}
    for picture in result.pictures:
        pose = head_pose(picture.points) if picture.points is not None else None
        if pose is not None:
            groups[max(turn for turn in TURNS if turn <= abs(pose.yaw))].append(picture.error_percent)
    ends = [*TURNS[1:], None]
    titles = [f"{start}° to {end}°" if end else f"{start}° or more" for start, end in zip(TURNS, ends, strict=True)]
    return {
        title: (float(np.mean(errors)), len(errors))
        for title, errors in zip(titles, groups.values(), strict=True)
        if len(errors) >= LEAST
    }
