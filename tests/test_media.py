"""Durations, pictures, files and what a podcast says of an episode."""

from __future__ import annotations

import pytest

from db.records import Enclosure
from feeds.model import Episode, Image
from feeds.sources.media import episode, files, images, is_picture, number, seconds, size


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("1:02:03", 3723),
        ("62:30", 3750),
        (" 90 ", 90),
        ("90.5", 90),
        ("0:00", 0),
        ("1:2:3:4", None),
        ("1h", None),
        ("", None),
        ("-5", None),
        ("9" * 20, None),
    ],
)
def test_a_duration_is_seconds(text: str, found: int | None) -> None:
    assert seconds(text) == found


@pytest.mark.parametrize(("value", "found"), [(" 7 ", 7), ("7.5", None), ("٣", None), ("9" * 10, None), (None, None)])
def test_a_number_is_whole(value: object, found: int | None) -> None:
    assert number(value) == found


@pytest.mark.parametrize(("value", "found"), [("7", 7), ("-1", 0), ("٣", 0), ("9" * 16, 0), (None, 0)])
def test_a_size_is_bytes_or_nought(value: object, found: int) -> None:
    assert size(value) == found


def test_an_episode_that_says_nothing_is_none() -> None:
    assert episode("soon", "", "3.5", "special", "maybe") is None
    assert episode("", "2", "", " Trailer ", "Yes") == Episode(season=2, kind="trailer", explicit=True)


@pytest.mark.parametrize(
    ("attributes", "picture"),
    [
        ({"medium": "image"}, True),
        ({"medium": "video", "type": "image/gif"}, False),
        ({"type": "image/jpeg"}, True),
        ({"type": "video/mp4", "url": "https://a.example/x.jpg"}, False),
        ({"url": "https://a.example/x.JPG?y=1"}, True),
        ({"url": "https://a.example/x"}, False),
        ({"url": "https://[/x.jpg"}, False),
        ({}, False),
    ],
)
def test_a_picture_is_told_by_medium_type_or_name(attributes: dict[str, str], picture: bool) -> None:
    assert is_picture(attributes) == picture


def test_each_picture_is_there_once() -> None:
    pictures = [
        {"url": "/a.jpg", "width": "10", "height": "x"},
        {"url": "https://b.example/a.jpg"},
        {"url": "ftp://x"},
        {},
    ]
    enclosures = [
        Enclosure("https://b.example/a.jpg", "image/jpeg"),
        Enclosure("https://b.example/b.png", "image/png"),
        Enclosure("https://b.example/c.mp3", "audio/mpeg"),
    ]
    assert list(images(pictures, enclosures, "https://b.example/")) == [
        Image("https://b.example/a.jpg", 10, None),
        Image("https://b.example/b.png"),
    ]


def test_files_are_enclosures_and_media_that_are_no_pictures() -> None:
    links = [
        {"rel": "enclosure", "href": "/a.mp3", "type": "audio/mpeg", "length": "5"},
        {"rel": "via", "href": "/x"},
        {"rel": "enclosure", "href": "urn:x"},
    ]
    media = [
        {"url": "https://b.example/a.mp3", "type": "audio/mpeg"},
        {"url": "https://b.example/v.mp4", "medium": "video", "filesize": "9"},
        {"url": "https://b.example/p.jpg", "medium": "image"},
        {"medium": "audio"},
    ]
    assert list(files(links, media, "https://b.example/")) == [
        Enclosure("https://b.example/a.mp3", "audio/mpeg", 5),
        Enclosure("https://b.example/v.mp4", "", 9),
    ]
