"""What an uploaded file is, by its bytes."""

import io
import zipfile

import pytest

from apps.delivery.content import DOCX, MAX_BYTES, clean_name, identify
from apps.delivery.exceptions import DocumentRefused, DocumentTooLarge


def archive(*names):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as made:
        for name in names:
            made.writestr(name, "x")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"%PDF-1.7\n...", "application/pdf"),
        (b"\x89PNG\r\n\x1a\n....", "image/png"),
        (b"\xff\xd8\xff\xe0....", "image/jpeg"),
        (archive("[Content_Types].xml", "word/document.xml"), DOCX),
    ],
)
def test_known_types(content, expected):
    assert identify(content) == expected


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html><script>alert(1)</script></html>",
        b"MZ\x90\x00 a program",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"PK\x03\x04 broken",
        archive("anything.txt"),
        archive("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"),
        b"GIF89a",
    ],
)
def test_everything_else_is_refused(content):
    with pytest.raises(DocumentRefused):
        identify(content)


def test_size():
    assert identify(b"%PDF-" + b"x" * (MAX_BYTES - 5)) == "application/pdf"
    with pytest.raises(DocumentTooLarge):
        identify(b"%PDF-" + b"x" * (MAX_BYTES - 4))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("annex.pdf", "annex.pdf"),
        ("..\\..\\windows\\annex.PDF", "annex.PDF"),
        ("../../etc/passwd", "passwd.pdf"),
        ("annex.pdf.exe", "annex.pdf.exe.pdf"),
        ("evil\u202efdp.exe", "evilfdp.exe.pdf"),
        ("line\r\nbreak.pdf", "linebreak.pdf"),
        ("", "document.pdf"),
        ("...", "document.pdf"),
    ],
)
def test_names_are_made_safe(name, expected):
    assert clean_name(name, "application/pdf") == expected


def test_long_names_keep_their_extension():
    name = clean_name("a" * 400 + ".pdf", "application/pdf")
    assert len(name) <= 200
    assert name.endswith(".pdf")
