"""A table of pairs, as people and spreadsheets write it; a bad row costs one film, a bad header the table."""

import codecs

import pytest

from facekp.errors import SettingsError
from facekp.pairs import read_pairs
from facekp.settings import MorphSettings

SETTINGS = MorphSettings(frames=3, size=(32, 32))


@pytest.fixture
def read(tmp_path):
    """Reads a table with such a content."""

    def table(content):
        data = content if isinstance(content, bytes) else content.encode()
        (tmp_path / "pairs.csv").write_bytes(data)
        return read_pairs(tmp_path / "pairs.csv", SETTINGS)

    return table


def test_columns_are_read(read, tmp_path):
    table = read("a,b,name,points_a,points_b,frames,size\np0.png,p1.png,,p0.pts,,,\np1.png,x/p2.png,second,,,4,40x24\n")
    first, second = table.pairs
    assert (first.name, first.settings, first.faces) == ("p0_p1", SETTINGS, (1, 1))
    assert first.points == (str(tmp_path / "p0.pts"), None)
    assert (second.name, second.settings) == ("second", MorphSettings(frames=4, size=(40, 24)))
    assert second.photographs == (str(tmp_path / "p1.png"), str(tmp_path / "x" / "p2.png"))
    assert table.failures == ()
    names = ("pairs.csv", "p0.png", "p1.png", "p0.pts", "x/p2.png")
    assert table.files == {tmp_path / name for name in names}


@pytest.mark.parametrize(
    "content",
    [
        codecs.BOM_UTF8 + b"a,b,name,frames\r\nx.png,y.png,one,4\r\n\r\nx.png,y.png,two,5\r\n",
        b"a;b;name;frames\nx.png;y.png;one;4\n;;;\nx.png;y.png;two;5",
        b"a\tb\tname\tframes\nx.png\ty.png\tone\t4\nx.png\ty.png\ttwo\t5\n",
        b"a,b,name,frames,,\nx.png,y.png,one,4,,\nx.png,y.png,two,5,,\n,,,,,\n,,,,,\n",
        b'\n a , b , name , frames \n"x.png", y.png ,one, 4\n\nx.png,y.png,two,"5"\n\n',
        b"a,b,name,frames\rx.png,y.png,one,4\rx.png,y.png,two,5\r",
    ],
    ids=["byte order mark and Windows", "semicolons", "tabs", "empty columns and rows", "spaces", "old Macintosh"],
)
def test_tables_as_spreadsheets_write_them(read, content):
    table = read(content)
    assert [(pair.name, pair.settings.frames) for pair in table.pairs] == [("one", 4), ("two", 5)]
    assert table.failures == ()


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("x,,three,", "there is no photograph 'b'"),
        (",y,three,", "there is no photograph 'a'"),
        ("x,y,three,abc", "frames is 'abc'; give a whole number"),
        ("x,y,three,1", "a morph needs 2 frames"),
        ("x,y,../three,", "the name '../three' is no file's name"),
        ("x,y,/three,", "the name '/three' is no file's name"),
        ("x,y,three,4,0.2,1", "6 cells for 4 columns; put cells with commas in quotes"),
        ("x,y,one,", "a row above is called 'one' too; tell them apart in a column name"),
    ],
)
def test_a_row_that_cannot_be_used_is_told_and_the_others_are_read(read, tmp_path, row, words):
    table = read(f"a,b,name,frames\nx,y,one,\n\n{row}\nx,y,last,4\n")
    assert [pair.name for pair in table.pairs] == ["one", "last"]
    (failure,) = table.failures
    assert failure.startswith(f"{tmp_path / 'pairs.csv'}, row 3: ")
    assert words in failure


def test_each_bad_row_is_told(read):
    table = read("a,b,face_b,size\nx,y,0,\nx,y,,big\n")
    assert table.pairs == ()
    first, second = table.failures
    assert "row 1: faces are numbers from 1, not 1 and 0" in first
    assert "row 2: size is 'big'" in second


def test_files_of_bad_rows_are_known_too(read, tmp_path):
    table = read("a,b,extra_b,frames\nx.png,y.png,z.json,abc\n")
    assert {tmp_path / name for name in ("x.png", "y.png", "z.json")} <= table.files


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "has no pairs"),
        ("a,b\n", "has no pairs"),
        ("a,b\n,\n", "has no pairs"),
        ("a,b,speed\n1,2,3\n", "has a column 'speed'; there are a, b, name"),
        ("a,,b\n1,2,3\n", "has a column ''; there are a, b, name"),
        ("a\nx\n", "has no column 'b'; give the columns a and b"),
        ("x.png,y.png\nx.png,z.png\n", "has a column 'x.png'"),
        ("a,b,name,b\n1,2,3,4\n", "has the column 'b' twice"),
        ('a,b\nx,y\nx,"y\nx,z\n', "cannot be read as a table: unexpected end of data"),
        ("a,b\nx,\0\n", "cannot be read as a table: it holds zero bytes"),
        ("a,b\nü,y\n".encode("latin-1"), "it is no UTF-8 text; save it as CSV UTF-8"),
        ("a,b\nx,y\n".encode("utf-16"), "it is no UTF-8 text; save it as CSV UTF-8"),
    ],
)
def test_tables_that_cannot_be_used(read, content, words):
    with pytest.raises(SettingsError, match=r"pairs\.csv .*" + words.replace(".", r"\.")):
        read(content)


def test_a_table_that_is_not_there(tmp_path):
    with pytest.raises(SettingsError, match=r"none\.csv cannot be read as a table: No such file"):
        read_pairs(tmp_path / "none.csv", SETTINGS)
