"""A contact sheet shows frames of a film, evenly chosen, in order."""

import io

import numpy as np
import pytest
from PIL import Image

from facekp.errors import OutputError, SettingsError
from facekp.sheet import contact_sheet, write_contact_sheet


def grey(count, size=(20, 30), channels=3):
    for number in range(count):
        yield np.full((*size, channels), number, dtype=np.uint8)


def untouchable():
    raise AssertionError("work was done before the output was checked")
    yield


def test_a_strip():
    sheet = contact_sheet(grey(61), 5, gap=4)
    assert sheet.shape == (20, 5 * 34 - 4, 3)
    assert [sheet[10, 34 * place + 15, 0] for place in range(5)] == [0, 15, 30, 45, 60]
    assert (sheet[:, 30:34] == 255).all()


def test_rows_and_an_unfinished_one():
    sheet = contact_sheet(grey(5), 5, columns=3, gap=2, background="#102030")
    assert sheet.shape == (42, 94, 3)
    assert [sheet[y, x, 0] for y in (5, 27) for x in (5, 37, 69)] == [0, 1, 2, 3, 4, 0x10]
    assert sheet[20, 5].tolist() == [0x10, 0x20, 0x30]


def test_fewer_frames_than_asked_for_are_all_shown():
    assert contact_sheet(grey(3), 8, columns=6, gap=0).shape == (20, 90, 3)


def test_pictures_are_reduced_but_never_enlarged():
    assert contact_sheet(grey(4), 4, gap=0, width=15).shape == (10, 60, 3)
    assert contact_sheet(grey(4), 4, gap=0, width=300).shape == (20, 120, 3)


def test_transparency_is_laid_over_the_background_or_kept():
    def frames():
        for _ in range(2):
            frame = np.full((8, 8, 4), 80, dtype=np.uint8)
            frame[:, :4, 3], frame[:, 4:, 3] = 0, 255
            yield frame

    sheet = contact_sheet(frames(), 2, gap=2, background="#ff0000")
    assert sheet[4, 1].tolist() == [255, 0, 0]
    assert sheet[4, 6].tolist() == [80, 80, 80]
    clear = contact_sheet(frames(), 2, gap=2, background="transparent")
    assert clear.shape == (8, 18, 4)
    assert clear[4, [1, 6, 9], 3].tolist() == [0, 255, 0]
    assert contact_sheet(grey(2), 2, gap=2, background="transparent")[4, [1, 30], 3].tolist() == [255, 0]


def test_a_sheet_is_written_as_png(tmp_path):
    write_contact_sheet(grey(9), tmp_path / "sheet.png", 3)
    with Image.open(io.BytesIO((tmp_path / "sheet.png").read_bytes())) as image:
        assert image.format == "PNG"
        assert np.array_equal(np.array(image), contact_sheet(grey(9), 3))


def test_where_to_is_checked_before_the_work(tmp_path):
    with pytest.raises(OutputError, match=r"use \.png"):
        write_contact_sheet(untouchable(), tmp_path / "sheet.gif")


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"count": 0}, "count is 0; give a whole number from 1 to 100"),
        ({"count": 2.5}, "count is 2.5"),
        ({"columns": 0}, "columns is 0; give a whole number from 1 to 100"),
        ({"width": 0}, "width is 0; give a whole number of 1 or more"),
        ({"gap": -1}, "gap is -1; give a whole number from 0 to 100"),
        ({"background": "red"}, "background is 'red'; give a colour as '#rrggbb'"),
    ],
)
def test_numbers_out_of_range(wrong, message):
    with pytest.raises(SettingsError, match=message):
        contact_sheet(untouchable(), **wrong)


def test_no_frames():
    with pytest.raises(OutputError, match="no frames"):
        contact_sheet(iter([]))
