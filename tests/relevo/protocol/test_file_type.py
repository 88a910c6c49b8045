"""Files are known by what is in them: what may be carried is named, and nothing dressed up as it passes."""

from __future__ import annotations

import io
import zipfile

import pytest

from relevo.protocol.file_type import Ends, FileTypeRefused

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(100) + b"\0\0\0\0IEND\xaeB`\x82"
ODT = "application/vnd.oasis.opendocument.text"


def packed(*names: str, mimetype: str = "") -> bytes:
    """A ZIP with entries of these names."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        if mimetype:
            archive.writestr("mimetype", mimetype)
        for name in names:
            archive.writestr(name, "sample")
    return made.getvalue()


WORD = ("[Content_Types].xml", "_rels/.rels", "word/document.xml", "word/media/image1.png")
DOCX = packed(*WORD)

FIT = {
    "a PDF": (PDF, "application/pdf"),
    "a JPEG": (b"\xff\xd8\xff\xe0" + bytes(100) + b"\xff\xd9", "image/jpeg"),
    "a PNG": (PNG, "image/png"),
    "a TIFF of either order": (b"MM\0*" + bytes(60), "image/tiff"),
    "a WebP": (b"RIFF\x24\0\0\0WEBPVP8 " + bytes(30), "image/webp"),
    "a HEIC": (b"\0\0\0\x18ftypheic" + bytes(40), "image/heic"),
    "a DOCX": (DOCX, "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    "an ODT": (packed("content.xml", "META-INF/manifest.xml", mimetype=ODT), ODT),
}
REFUSED = {
    "nothing": b"",
    "a PDF behind other bytes": b"junk" + PDF,
    "a PDF that was cut": PDF[:-10],
    "a web page": b"<!DOCTYPE html><script>alert(1)</script>",
    "a web page that ends as a PDF does": b"<html>%PDF-1.7 %%EOF",
    "an SVG": b'<svg xmlns="http://www.w3.org/2000/svg"/>',
    "a script": b"#!/bin/sh\nrm -r /\n",
    "plain text": b"dear colleague",
    "a program for Windows": b"MZ" + bytes(200),
    "a program for Linux": b"\x7fELF" + bytes(200),
    "an old Word document": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600),
    "a GIF": b"GIF89a" + bytes(40),
    "a film": b"\0\0\0\x18ftypisom" + bytes(40),
    "a ZIP that is no document": packed("a.xml", "b.png"),
    "a document with macros": packed(*WORD, "word/vbaProject.bin"),
    "a document with macros in small letters": packed(*WORD, "WORD/VBADATA.XML"),
    "a document with an embedded object": packed(*WORD, "word/embeddings/oleObject1.bin"),
    "a document with a program": packed(*WORD, "word/media/setup.exe"),
    "a document with a page of script": packed(*WORD, "word/afchunk.htm"),
    "an ODT with macros": packed("content.xml", "Basic/Standard/Module1.xml", mimetype=ODT),
    "a document behind other bytes": b"junk" + DOCX,
    "a document with bytes behind": DOCX + b"junk",
    "a PDF and a document in one": PDF[:-6] + DOCX + b"%%EOF",
    "a picture and a ZIP in one": b"\xff\xd8\xff\xe0" + bytes(50) + DOCX,
    "a document that was cut": DOCX[:-1],
}


def media_type(raw: bytes, length: int = 1 << 16) -> str:
    """What the bytes are when they pass by in pieces."""
    ends = Ends()
    pieces = (raw[at : at + length] for at in range(0, len(raw), length))
    assert b"".join(ends.watch(pieces)) == raw
    return ends.media_type


@pytest.mark.parametrize(("raw", "expected"), FIT.values(), ids=FIT)
def test_what_may_be_carried_is_known_by_its_content(raw: bytes, expected: str) -> None:
    assert media_type(raw) == expected
    assert media_type(raw, length=7) == expected


@pytest.mark.parametrize("raw", REFUSED.values(), ids=REFUSED)
def test_what_may_not_is_refused_whatever_it_looks_like(raw: bytes) -> None:
    with pytest.raises(FileTypeRefused):
        media_type(raw)
