"""Text that people write: any script, nothing unseen, bounded."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relevo.messages.classes import check

NAMES = {
    "Latin with apostrophe and hyphen": "N\u2019Guessan Kouassi-Aké",
    "Arabic": "سعد كريم",
    "Georgian": "ნინო",
    "Serbian Cyrillic": "Јовановић",
    "Persian with a zero-width non-joiner": "\u0639\u0644\u06cc\u200c\u0631\u0636\u0627",
    "Chinese": "王小明",
    "Yoruba with marks that have no composed form": "Ọ̀ṣun",
}

UNFIT = {
    "nothing": "",
    "a space": " ",
    "a zero-width space": "\u200b",
    "a line feed": "Aya\nKouassi",
    "a tab": "Aya\tKouassi",
    "NUL": "Aya\x00",
    "an escape": "Aya\x1b[31m",
    "a C1 control": "Aya\x85",
    "a line separator": "Aya\u2028",
    "a right-to-left override": "Aya\u202egnp",
    "an isolate": "\u2066Aya\u2069",
    "a byte order mark": "\ufeffAya",
    "a noncharacter": "Aya\uffff",
    "a lone surrogate": "Aya\ud800",
    "a decomposed accent": unicodedata.normalize("NFD", "Aké"),
    "121 characters": "a" * 121,
}

PHONES = {
    "+225 07 00 00 00 01": True,
    "+381600000000": True,
    "00225 07 00 00 00 01": False,
    "+0 700000": False,
    "+225": False,
    "+225 07 00 00 00 01 or her sister": False,
    "+\u0662\u0662\u0665 \u0660\u0667 \u0660\u0660 \u0660\u0660 \u0660\u0660": False,
}

MOMENTS = {
    "2026-12-14T19:35:00Z": True,
    "2026-12-14T19:35:00.250+01:00": True,
    "2026-12-14T19:35+01:00": True,
    "2026-12-14 19:35:00Z": False,
    "2026-12-14T19:35:00": False,
    "2026-12-14T19:35:60Z": False,
    "2026-12-14T19:35:00+99:00": False,
    "20261214T193500Z": False,
    "2026-12-14": False,
    "": False,
}


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_a_name_may_be_in_any_script(name: str) -> None:
    assert check("identity-full", {"passport": {"number": name}})[1] == ()


@pytest.mark.parametrize("name", UNFIT.values(), ids=UNFIT)
def test_a_name_shows_all_that_it_is(name: str) -> None:
    _, (reason,) = check("identity-full", {"passport": {"number": name}})
    assert (reason.code, reason.field) == ("field-invalid", "identity-full.passport.number")
    assert not name.strip() or name not in reason.detail + reason.advice


def test_a_long_text_may_have_lines_and_a_short_one_not() -> None:
    assert check("needs", {"intentions": "first\nsecond"})[1] == ()
    assert check("vulnerability", {"markers": ["first\nsecond"]})[1] != ()


@pytest.mark.parametrize(("number", "fits"), PHONES.items())
def test_a_telephone_number_can_be_called_from_abroad(number: str, *, fits: bool) -> None:
    assert (check("contact", {"channel": "phone", "number": number})[1] == ()) is fits


@pytest.mark.parametrize(("moment", "fits"), MOMENTS.items())
def test_a_moment_is_written_in_one_way(moment: str, *, fits: bool) -> None:
    fields = {"return_type": "voluntary", "port": "ABJ", "arrival_at": moment}
    assert (check("travel", fields)[1] == ()) is fits


def test_a_moment_keeps_its_offset() -> None:
    fields, _ = check("travel", {"return_type": "voluntary", "port": "TBS", "arrival_at": "2026-12-01T02:40:00+04:00"})
    assert fields["arrival_at"] == "2026-12-01T02:40:00+04:00"


def test_lists_are_bounded() -> None:
    _, (reason,) = check("needs", {"social": [f"service-{number}" for number in range(21)]})
    assert (reason.field, reason.detail) == ("needs.social", "has more than 20 entries")


@settings(max_examples=100, deadline=None)
@given(text=st.text(min_size=1, max_size=40))
def test_a_text_that_is_taken_comes_back_unchanged(text: str) -> None:
    fields, reasons = check("needs", {"intentions": text})
    assert reasons or fields == {"intentions": text}
    assert reasons or unicodedata.is_normalized("NFC", text)
