"""Every reason that stops somebody says in plain sentences what is wrong and what to do next."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from relevo.errors import Reason

CODE = re.compile(r"[a-z]+(-[a-z]+)*")
RULE = re.compile(r"([a-z-]+\.[a-z-]+)?")
ADVICE = re.compile(r"[A-Z][a-z]?[^A-Z].*[.]", re.DOTALL)
"""A sentence, or several: it begins with a capital, is not shouted, and ends."""


def said(reasons: Iterable[Reason]) -> list[tuple[str, str]]:
    """Code and field of each reason, all of which must be said in words that help."""
    found = tuple(reasons)
    for one in found:
        assert CODE.fullmatch(one.code), one
        assert RULE.fullmatch(one.rule), one
        assert ADVICE.fullmatch(one.advice), one
        assert_words(one.detail)
        assert not one.clause.startswith("XX"), one
    return [(one.code, one.field) for one in found]


def codes(reasons: Iterable[Reason]) -> list[str]:
    """The code of each reason, all of which must be said in words that help."""
    return [code for code, _ in said(reasons)]


def assert_words(detail: str) -> None:
    """A detail goes on after a colon: it says something, does not shout and does not end like a sentence."""
    assert len(detail.split()) > 1, detail
    assert detail != detail.upper(), detail
    assert not detail.endswith("."), detail
    assert not detail.startswith("XX"), detail
