"""docs/points.md names every column and field of the points of photographs."""

import re

import numpy as np

from facekp import SCHEMAS, FaceBox, Keypoints
from facekp.annotations import format_csv
from facekp.keypoints import photo_record
from tests.conftest import ROOT
from tests.drawn import face_points

TEXT = (ROOT / "docs" / "points.md").read_text(encoding="utf-8")


def record():
    face = Keypoints(face_points(), FaceBox(10, 10, 100, 100), 0.9, SCHEMAS["ibug68"], np.ones(68, np.float32))
    return photo_record("ada.jpg", np.zeros((120, 160, 3), np.uint8), [face])


def named(title: str) -> list[str]:
    """What the first column of the table below a title names."""
    table = TEXT.partition(f"## {title}\n")[2].partition("\n## ")[0]
    return [
        name
        for line in table.splitlines()
        if line.startswith("| `")
        for name in re.findall("`(\\w+)`", line.split("|")[1])
    ]


def test_fields():
    photo = record()
    assert named("JSON") == list(photo["faces"][0])
    assert all(f"`{field}`" in TEXT for field in photo)


def test_columns():
    header = format_csv([record()], SCHEMAS["ibug68"].names).splitlines()[0]
    assert named("CSV") == header.split(",")


def test_links():
    for page, anchor in re.findall(r"\]\((\w+\.md)(?:#([\w-]+))?\)", TEXT):
        text = (ROOT / "docs" / page).read_text(encoding="utf-8")
        titles = [re.sub(r"\W+", "-", title.lower()) for title in re.findall(r"^#+ (.*)$", text, re.MULTILINE)]
        assert not anchor or anchor in titles
