"""What an uploaded file really is, told from its bytes and not from its name. Pure."""

import io
import re
import zipfile
from collections.abc import Mapping
from typing import Final

from apps.delivery.exceptions import DocumentRefused, DocumentTooLarge

MAX_BYTES: Final = 10 * 1024 * 1024
DOCX: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
EXTENSIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "application/pdf": (".pdf",),
    "image/png": (".png",),
    "image/jpeg": (".jpg", ".jpeg"),
    DOCX: (".docx",),
}
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def identify(content: bytes) -> str:
    """Return the media type; raise DocumentTooLarge or DocumentRefused when it is none that we keep."""
    if len(content) > MAX_BYTES:
        raise DocumentTooLarge(MAX_BYTES)
    if not content:
        raise DocumentRefused("document_empty", "The file is empty.")
    if content.startswith(b"%PDF-"):
        return "application/pdf"
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if content.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if content.startswith(b"PK\x03\x04") and _is_word(content):
        return DOCX
    raise DocumentRefused("document_type_refused", "Only PDF, Word (.docx), PNG and JPEG files can be taken.")


def shown_inline(content: bytes) -> str:
    """Return the media type if browsers may show it within a page (PDF, PNG, JPEG), else ""."""
    try:
        kind = identify(content)
    except (DocumentRefused, DocumentTooLarge):
        return ""
    return "" if kind == DOCX else kind


def clean_name(name: str, content_type: str) -> str:
    """Return a file name safe to show and to offer for download, with an extension that fits the content."""
    bare = _CONTROL.sub("", name.replace("\\", "/").rsplit("/", 1)[-1]).strip(" .") or "document"
    extensions = EXTENSIONS[content_type]
    if not bare.lower().endswith(extensions):
        bare += extensions[0]
    stem, dot, extension = bare.rpartition(".")
    return stem[: 199 - len(extension)] + dot + extension


def _is_word(content: bytes) -> bool:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, RuntimeError, OverflowError):
        return False
    macros = any(name.lower().endswith("vbaproject.bin") for name in names)
    return "[Content_Types].xml" in names and "word/document.xml" in names and not macros
