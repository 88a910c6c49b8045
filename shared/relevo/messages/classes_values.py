"""What the values of fields are: bounded text, agreed words, exact days and moments.

Text is Unicode in normal form C (UAX #15), in any script, of bounded length, and shows something. Refused are control
characters (a `Note` may have line feeds), line and paragraph separators, the byte order mark, noncharacters, and the
bidirectional embeddings, overrides and isolates (U+202A to U+202E, U+2066 to U+2069), with which a name could be made
to look like another. The joiners and the two directional marks (U+200C to U+200F) stay: Persian, Sorani and many Indic
names are not written rightly without them. Values are refused and never mended; whoever takes text in from people or
other systems normalises it there.

    Name, Line, Note   up to 120, 300, 4000 characters; a Name and a Line on one line
    Day                "2026-12-31"                         1850 to 2199
    Moment             "2026-12-14T19:35:00+01:00" or "…Z"  1990 to 2199, the offset is kept
    Word               "social-protection:pension-transfer"

Sources: languages BCP 47 (the common part of it), nodes and digests as on the wire.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from datetime import date, datetime
from typing import Annotated, TypeVar

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field

from relevo.messages.classes_shape import fault

T = TypeVar("T")

_UNSEEN = re.compile(
    r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufdd0-\ufdef\ufeff\ufffe\uffff]"
)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?(Z|[+-][0-9]{2}:[0-9]{2})"
)


def written(pattern: str, detail: str, advice: str) -> AfterValidator:
    """The rule that a text is written as the whole of `pattern`, with the words for when it is not."""
    compiled = re.compile(pattern)

    def rule(text: str) -> str:
        if not compiled.fullmatch(text):
            raise fault(detail, advice)
        return text

    return AfterValidator(rule)


def each_once(words: tuple[str, ...]) -> tuple[str, ...]:
    """The rule that no word of a list stands twice."""
    if len(set(words)) != len(words):
        raise fault("names something twice", "Name each once.")
    return words


def _legible(text: str) -> str:
    plain = text.isprintable()  # nothing unseen is, and of spaces only the one between words
    if not plain and _UNSEEN.search(text):
        raise fault("has characters that cannot be seen", "Type the text again instead of pasting it.")
    if not text.isascii() and not unicodedata.is_normalized("NFC", text):
        raise fault("is not in Unicode normal form C", "Normalise the text (NFC) where it is taken in.")
    if not (text.strip() if plain else any(sign.isprintable() and not sign.isspace() for sign in text)):
        raise fault("is empty", "Fill it in, or leave the field out.")
    return text


def _one_line(text: str) -> str:
    if "\n" in text:
        raise fault("has more than one line", "Write it on one line.")
    return _legible(text)


def _exact(
    read: Callable[[str], date], pattern: re.Pattern[str], detail: str, advice: str, *, years: range
) -> BeforeValidator:
    def rule(value: object) -> object:
        if not isinstance(value, str):
            return value
        if not value:
            raise fault("is empty", advice)
        if not pattern.fullmatch(value) or int(value[:4]) not in years:
            raise fault(detail, advice)
        try:
            return read(value)
        except ValueError:
            raise fault("is not in the calendar", "Check day, month and time.") from None

    return BeforeValidator(rule)


def day_or(advice: str) -> BeforeValidator:
    """The rule of a `Day`, with what to do where the day is not known."""
    detail = "must be a date written as year-month-day, such as 2026-12-31"
    return _exact(date.fromisoformat, _DAY, detail, advice, years=range(1850, 2200))


def some(entries: tuple[T, ...]) -> tuple[T, ...]:
    """The rule that a list has at least one entry; it looks only at lists whose entries are right."""
    if not entries:
        raise fault("has no entries", "Add one, or leave the field out.")
    return entries


Word = Annotated[
    str,
    Field(max_length=100),
    written(
        r"[a-z0-9]+(-[a-z0-9]+)*(:[a-z0-9]+(-[a-z0-9]+)*)*",
        "must be words of small letters and digits joined by hyphens, with a colon before a detail",
        "Take the word from the list of services or from the procedure.",
    ),
]
"""A word of an agreed list, with details after colons: `social-protection:pension-transfer`."""
Name = Annotated[str, Field(max_length=120), AfterValidator(_one_line)]
Line = Annotated[str, Field(max_length=300), AfterValidator(_one_line)]
Note = Annotated[str, Field(max_length=4000), AfterValidator(_legible)]
Reference = Annotated[
    str,
    Field(max_length=64),
    written(
        r"[A-Za-z0-9][A-Za-z0-9._/-]*",
        "must be letters and digits without spaces; full stop, hyphen, slash and underscore may stand between",
        "Copy the reference from the case system.",
    ),
]
Day = Annotated[date, day_or("Write the day out, or leave the field out where nobody knows it.")]
Moment = Annotated[
    AwareDatetime,
    _exact(
        datetime.fromisoformat,
        _MOMENT,
        "must be a date and time with its offset, such as 2026-12-14T19:35:00+01:00",
        "Write the local time and its offset from UTC, or Z for UTC.",
        years=range(1990, 2200),
    ),
]
Language = Annotated[
    str,
    written(
        r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?",
        "must be a language tag such as fr, bci, sr-Latn or pt-BR",
        "Use the ISO 639 code; sign languages have one too, such as ise (BCP 47).",
    ),
]
Node = Annotated[
    str,
    written(
        r"[a-z]{2}:[a-z0-9-]{1,32}",
        "must be the name of a node, such as ci:accueil",
        "Copy the name from the list of peers.",
    ),
]
Organisation = Annotated[
    str,
    written(
        r"[a-z]{2}:[a-z0-9-]{1,32}/[a-z0-9-]{1,64}",
        "must be an organisation behind a node, such as ci:accueil/housing-desk",
        "Copy the name from the directory of the node.",
    ),
]
Digest = Annotated[
    str,
    written(
        r"[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]",
        "must be a SHA-256 digest in base64url, 43 characters",
        "Copy the whole digest.",
    ),
]
Thread = Annotated[
    str,
    written(
        r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
        "must be a UUID in small letters",
        "Copy the whole identifier.",
    ),
]
