"""What Python would read out of the bytes of a file, or why it would not."""

import pytest

from livepatch.errors import SourceError
from livepatch.source.text import CHUNK, decode_source, read_bytes, read_source


def refused(data):
    with pytest.raises(SourceError) as caught:
        decode_source("app.py", data)
    return caught.value


def test_a_byte_order_mark_is_no_part_of_the_text():
    assert decode_source("app.py", b"\xef\xbb\xbfx = 1\n").text == "x = 1\n"


def test_a_coding_cookie_on_the_second_line_decides_the_encoding():
    data = b"#!/usr/bin/python\n# coding: latin-1\nx = '\xe9'\n"
    assert decode_source("app.py", data).text.endswith("x = '\xe9'\n")


@pytest.mark.parametrize("end", ["\r\n", "\r"])
def test_every_line_end_becomes_a_newline(end):
    assert decode_source("app.py", f"x = 1{end}y = 2{end}".encode()).text == "x = 1\ny = 2\n"


def test_a_file_of_white_space_is_empty_for_the_moment():
    assert refused(b" \n\t\n").slug == "empty"


def test_a_null_byte_is_refused_at_its_line():
    error = refused(b"x = 1\ny = '\0'\n")
    assert (error.slug, error.line) == ("encoding", 2)


def test_bytes_that_are_not_in_the_encoding_are_refused_at_their_line():
    error = refused(b"x = 1\n\ny = '\xff'\n")
    assert (error.slug, error.line) == ("encoding", 3)


def test_an_unknown_encoding_is_refused():
    assert refused(b"# coding: no-such-thing\nx = 1\n").slug == "encoding"


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK])
def test_a_file_of_any_size_is_read_whole(tmp_path, size):
    file = tmp_path / "some.py"
    data = bytes(number % 251 for number in range(size))
    file.write_bytes(data)
    assert read_bytes(str(file)) == data


def test_a_file_that_is_gone_is_told_from_one_that_cannot_be_read(tmp_path):
    for path, slug in ((tmp_path / "gone.py", "file-gone"), (tmp_path, "unreadable")):
        with pytest.raises(SourceError) as caught:
            read_source(str(path))
        assert caught.value.slug == slug
