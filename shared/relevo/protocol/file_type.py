"""Which files may be carried, by what is in them and never by what they are called.

| type | begins with | ends with |
| --- | --- | --- |
| PDF | `%PDF-` as its first bytes | `%%EOF` within the last 1024 bytes |
| JPEG | `ff d8 ff` | |
| PNG | `89 P N G 0d 0a 1a 0a` | chunk `IEND` within the last 64 bytes |
| TIFF | `I I 2a 00` or `M M 00 2a` | |
| WebP | `RIFF`, four bytes, `WEBP` | |
| HEIC | four bytes, `ftyp`, and a brand of HEIC | |
| DOCX, ODT | a ZIP whose entries are those of the format | directory of the ZIP within the last 256 KiB |

A ZIP is judged by the names in its directory. Anything that could run, such as macros or an embedded object, makes
it unfit. Text is not carried: nobody can tell it from a script. The other types may not end as a ZIP does, so that
one file is not two. What a PDF may do when it is opened is for the scanner to judge.

Sources: ISO 32000-1, 7.5.5; PNG 3rd edition, 5.2; RFC 9649; ISO/IEC 23008-12; PKWARE APPNOTE 6.3.10, 4.3; ISO/IEC
29500-2; OpenDocument 1.3, part 2, 3.3.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from relevo.errors import BadInput

HEAD = 4096
TAIL = 1 << 18
_END_OF_ZIP = b"PK\x05\x06"
_END_BYTES = 22
_ENTRY = b"PK\x01\x02"
_ENTRY_BYTES = 46
_HEIC = frozenset({b"heic", b"heix", b"heim", b"heis", b"mif1"})
_ODT = "application/vnd.oasis.opendocument.text"
_DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_HARMLESS = frozenset(
    {
        "xml",
        "rels",
        "rdf",
        "png",
        "jpg",
        "jpeg",
        "gif",
        "bmp",
        "tif",
        "tiff",
        "emf",
        "wmf",
        "svm",
        "odttf",
        "ttf",
        "otf",
    }
)
"""Endings of the parts of a document that cannot run."""
_RUNS = ("basic/", "scripts/", "object ", "word/vba", "word/activex", "word/embeddings")
"""Beginnings of the names of parts that can."""


class FileTypeRefused(BadInput):
    """A file is of no type that may be carried, whatever its name says."""

    code = "file-type-refused"
    advice = "Make a PDF of it, or scan it, and attach that. Documents with macros are not carried."


@dataclass(kw_only=True)
class Ends:
    """The first and the last bytes of a file that passes by."""

    head: bytes = b""
    tail: bytes = b""

    def watch(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        """The same pieces, while both ends are noted."""
        for piece in pieces:
            if len(self.head) < HEAD:
                self.head = (self.head + piece)[:HEAD]
            self.tail = (self.tail + piece)[-TAIL:]
            yield piece

    @property
    def media_type(self) -> str:
        """The media type of the file that has passed.

        Raises:
            FileTypeRefused: if it is none that may be carried.
        """
        for media_type, fits in _TYPES.items():
            if fits(self.head, self.tail):
                return media_type
        raise FileTypeRefused


def _pdf(head: bytes, tail: bytes) -> bool:
    return head.startswith(b"%PDF-") and b"%%EOF" in tail[-1024:] and _is_one(tail)


def _jpeg(head: bytes, tail: bytes) -> bool:
    return head.startswith(b"\xff\xd8\xff") and _is_one(tail)


def _png(head: bytes, tail: bytes) -> bool:
    return head.startswith(b"\x89PNG\r\n\x1a\n") and b"IEND" in tail[-64:] and _is_one(tail)


def _tiff(head: bytes, tail: bytes) -> bool:
    return head.startswith((b"II*\0", b"MM\0*")) and _is_one(tail)


def _webp(head: bytes, tail: bytes) -> bool:
    return head.startswith(b"RIFF") and head[8:12] == b"WEBP" and _is_one(tail)


def _heic(head: bytes, tail: bytes) -> bool:
    return head[4:8] == b"ftyp" and head[8:12] in _HEIC and _is_one(tail)


def _docx(head: bytes, tail: bytes) -> bool:
    names = _names(head, tail)
    return {"[content_types].xml", "word/document.xml"} <= names and all(map(_cannot_run, names))


def _odt(head: bytes, tail: bytes) -> bool:
    names = _names(head, tail)
    said = head[30:].startswith(b"mimetype" + _ODT.encode() + b"PK")
    return said and "content.xml" in names and all(map(_cannot_run, names - {"mimetype"}))


def _is_one(tail: bytes) -> bool:
    return _END_OF_ZIP not in tail


def _cannot_run(name: str) -> bool:
    return not name.startswith(_RUNS) and (name.endswith("/") or name.rpartition(".")[2] in _HARMLESS)


def _names(head: bytes, tail: bytes) -> frozenset[str]:
    """The names in the directory of a ZIP, in small letters; none if it is not one whole ZIP from the first byte."""
    end = len(tail) - _END_BYTES
    if not head.startswith(b"PK\x03\x04") or tail.count(_END_OF_ZIP) != 1 or tail[end:][:4] != _END_OF_ZIP:
        return frozenset()
    count = int.from_bytes(tail[end + 10 : end + 12], "little")
    at = end - int.from_bytes(tail[end + 12 : end + 16], "little")
    names = set()
    for _ in range(count):
        if at < 0 or tail[at : at + 4] != _ENTRY:
            return frozenset()
        lengths = [int.from_bytes(tail[at + place : at + place + 2], "little") for place in (28, 30, 32)]
        start = at + _ENTRY_BYTES
        names.add(tail[start : start + lengths[0]].decode("utf-8", "replace").lower())
        at = start + sum(lengths)
    return frozenset(names) if at == end else frozenset()


_TYPES: Mapping[str, Callable[[bytes, bytes], bool]] = MappingProxyType(
    {
        "application/pdf": _pdf,
        "image/jpeg": _jpeg,
        "image/png": _png,
        "image/tiff": _tiff,
        "image/webp": _webp,
        "image/heic": _heic,
        _DOCX: _docx,
        _ODT: _odt,
    }
)
