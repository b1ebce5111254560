"""Pictures are known by their content, and shown only to a model that takes them."""

import base64
from pathlib import Path

import pytest

from kit.pictures import png
from steerdeck_agents.facts.action import ReadFile
from steerdeck_agents.facts.places import Workspace
from steerdeck_agents.tools import read
from steerdeck_agents.tools.picture import LARGEST, Picture, picture_of

GIF = b"GIF89a" + (300).to_bytes(2, "little") + (7).to_bytes(2, "little") + b"\0" * 9
JPEG = (
    b"\xff\xd8\xff\xe0\x00\x10JFIF" + b"\0" * 10 + b"\xff\xff\xc2\x00\x0b\x08"
    + (480).to_bytes(2, "big") + (640).to_bytes(2, "big") + b"\x01\x01\x11\x00"
)  # fmt: skip
_RIFF = b"RIFF\0\0\0\0WEBP"
LOSSY = _RIFF + b"VP8 \0\0\0\0\0\0\0\x9d\x01\x2a" + b"\x40\x01\xf0\x00" + b"\0" * 4
LOSSLESS = _RIFF + b"VP8L\0\0\0\0\x2f" + (319 | 239 << 14).to_bytes(4, "little") + b"\0" * 9
WIDE = _RIFF + b"VP8X" + b"\0" * 8 + (319).to_bytes(3, "little") + (239).to_bytes(3, "little")


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (png(3, 2), Picture("image/png", 3, 2)),
        (GIF, Picture("image/gif", 300, 7)),
        (JPEG, Picture("image/jpeg", 640, 480)),
        (LOSSY, Picture("image/webp", 320, 240)),
        (LOSSLESS, Picture("image/webp", 320, 240)),
        (WIDE, Picture("image/webp", 320, 240)),
        (b"GIF89a", None),
        (b"\x89PNG\r\n\x1a\n", None),
        (b"\xff\xd8\xff" + b"\xff" * 40, None),
        (b"", None),
    ],
)
def test_a_picture_is_known_by_its_first_bytes(data: bytes, expected: Picture | None) -> None:
    assert picture_of(data) == expected


def test_every_beginning_of_a_picture_is_read_without_harm() -> None:
    for data in (png(), GIF, JPEG, LOSSY, LOSSLESS, WIDE):
        for end in range(len(data)):
            picture_of(data[:end])


def test_a_model_that_sees_gets_the_picture_and_others_its_description(
    top: Path, workspace: Workspace
) -> None:
    (top / "shot.txt").write_bytes(png(3, 2))
    size = f"{len(png(3, 2))} bytes"
    told = read.perform(ReadFile("shot.txt"), workspace)
    assert told.status == "done" and not told.picture
    assert f"PNG, 3 × 2 pixels, {size}. This model takes no pictures" in told.text
    seen = read.perform(ReadFile("shot.txt"), workspace, pictures=True)
    assert seen.picture == "data:image/png;base64," + base64.b64encode(png(3, 2)).decode()
    assert seen.text == f"shot.txt is a picture: PNG, 3 × 2 pixels, {size}."
    (top / "large.png").write_bytes(png(noise=b"x" * LARGEST))
    large = read.perform(ReadFile("large.png"), workspace, pictures=True)
    assert not large.picture and "make a smaller copy" in large.text
