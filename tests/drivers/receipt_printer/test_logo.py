"""A logo from an image file: what it becomes on paper, and what is refused before any patient comes."""

import base64
import io

import pytest
from PIL import Image, ImageDraw

from drivers.device import PrintOutcome
from drivers.receipt_printer.document import Document, DocumentError, Picture, Text
from drivers.receipt_printer.logo import LogoError, load_logo
from drivers.receipt_printer.profile import PROFILES
from drivers.receipt_printer.raster import render, rows_of_ink
from drivers.receipt_printer.text_mode import text_units
from tests.drivers.receipt_printer.conftest import opened


def emblem(width, height, mode="L", ground=255):
    image = Image.new(mode, (width, height), ground)
    ImageDraw.Draw(image).ellipse((0, 0, width - 1, height - 1), fill=0 if mode in "1L" else (0, 0, 0, 255))
    return image


@pytest.fixture
def save(tmp_path):
    def save(image, name="logo.png", **more):
        image.save(tmp_path / name, **more)
        return tmp_path / name

    return save


def share_of_ink(picture):
    return sum(byte.bit_count() for row in picture.rows for byte in row) / (picture.width * len(picture.rows))


def test_two_tones_are_taken_dot_by_dot(save):
    image = emblem(160, 80, "1", 1)
    picture = load_logo(save(image), 576)
    assert (picture.width, len(picture.rows)) == (160, 80)
    assert list(picture.rows) == rows_of_ink(image)


@pytest.mark.parametrize("name", ["logo.png", "logo.jpg", "logo.bmp"])
def test_every_format_is_read(save, name):
    assert share_of_ink(load_logo(save(emblem(160, 80), name), 576)) == pytest.approx(0.785, abs=0.02)


def test_shades_are_dithered_to_the_share_of_ink_they_stand_for(save):
    picture = load_logo(save(Image.new("L", (160, 80), 191)), 576)
    assert share_of_ink(picture) == pytest.approx(0.25, abs=0.02)
    assert len(set(picture.rows)) > 2  # scattered, not striped


def test_what_is_transparent_is_paper(save):
    picture = load_logo(save(emblem(160, 80, "RGBA", (0, 0, 0, 0))), 576)
    assert picture.rows[0][0] == 0
    assert share_of_ink(picture) == pytest.approx(0.785, abs=0.02)


@pytest.mark.parametrize(
    ("size", "dots", "wanted"),
    [((1152, 200), 576, (576, 100)), ((800, 800), 576, (200, 200)), ((100, 50), 384, (104, 50))],
)
def test_it_is_made_to_fit_the_paper_and_never_larger(save, size, dots, wanted):
    picture = load_logo(save(emblem(*size)), dots)
    assert (picture.width, len(picture.rows)) == wanted


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda path: path.with_name("none.png"), "there is no such file"),
        (lambda path: path.write_text("hello") and path, "no image of PNG, JPEG, BMP"),
        (lambda path: Image.new("L", (160, 80)).save(path, format="GIF") or path, "no image of PNG"),
        (lambda path: Image.new("L", (5000, 20)).save(path) or path, "5000 x 20 pixels; the most is 4096"),
        (lambda path: Image.new("L", (3000, 20)).save(path) or path, "576 x 4 dots, and 16 are the least"),
        (lambda path: Image.new("L", (160, 80), 255).save(path) or path, "it is empty"),
        (lambda path: path.write_bytes(b"\x89PNG" + bytes(2_000_001)) and path, "the most is 2000000"),
    ],
)
def test_what_cannot_be_a_logo_is_refused_by_name(tmp_path, make, words):
    path = tmp_path / "logo.png"
    with pytest.raises(LogoError, match=words) as caught:
        load_logo(make(path), 576)
    assert str(caught.value).startswith(str(tmp_path))


def test_a_file_that_ends_too_early_is_refused(save):
    path = save(emblem(400, 300))
    path.write_bytes(path.read_bytes()[:300])
    with pytest.raises(LogoError, match="cannot be read"):
        load_logo(path, 576)


@pytest.mark.parametrize("mode", ["raster", "text"])
async def test_it_stands_in_the_middle_of_the_ticket_in_both_modes(tcp, save, mode):
    logo = load_logo(save(emblem(160, 80)), 576)
    async with opened(tcp, mode=mode) as printer:
        assert (await printer.print(Document((logo, Text("A023"))), job="a")).outcome is PrintOutcome.DONE
    picture = await tcp.do("image", number=tcp.before + 1)
    paper = Image.open(io.BytesIO(base64.b64decode(picture["png"])))
    found = paper.crop((0, 0, 640, 80)).point([255] * 128 + [0] * 128).getbbox()
    assert found == (240, 0, 400, 80)
    assert (await tcp.do("status"))["rejected"] == []


def test_in_text_mode_it_needs_no_font(save, monkeypatch):
    monkeypatch.setattr("drivers.receipt_printer.raster.default_fonts", lambda: pytest.fail("a font was asked for"))
    assert text_units(Document((load_logo(save(emblem(160, 80)), 384),)), PROFILES["58mm-basic"])


def test_a_picture_that_cannot_be_is_refused():
    with pytest.raises(DocumentError, match="does not fit paper of 384"):
        render(Document((Picture(392, (bytes(49),)),)), 384)
    with pytest.raises(DocumentError, match="2 bytes in each row"):
        Picture(16, (bytes(3),))
    with pytest.raises(DocumentError, match="without dots"):
        Picture(16, ())


@pytest.mark.parametrize("rate", [9600, 115_200])
async def test_on_a_slow_line_a_large_logo_costs_no_patient_a_wait(tcp, save, rate):
    logo = load_logo(save(emblem(560, 190)), 576)  # 13 kB, 14 seconds at 9600 baud
    heights = []
    for blocks in ((Text("A023"),), (logo, Text("A023"))):
        async with opened(tcp, mode="text", url=f"{tcp.url.partition('?')[0]}?baud={rate}") as printer:
            assert (await printer.print(Document(blocks), job="a")).outcome is PrintOutcome.DONE
        heights.append((await tcp.jobs())[-1]["height"])
    assert heights[1] - heights[0] == (0 if rate == 9600 else 190)
