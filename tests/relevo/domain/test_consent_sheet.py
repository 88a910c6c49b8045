"""The sheet that a person signs and the statement of what was sent, word for word."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

from relevo.domain.consent import Terms
from relevo.domain.consent_sheet import IN_WORDS, Sent, sheet_text, statement_text
from relevo.domain.data_classes import DataClass
from relevo.domain.sop_rules import Sheet

TERMS = Terms(
    purpose="reintegration-assistance",
    receiver="ci:accueil",
    classes=frozenset({"travel", "contact"}),
    expires_on=date(2028, 2, 28),
)
FRENCH = Sheet(
    title="Consentement", body="Nous envoyons ce qui suit.", risks="Il y a un risque.", withdrawing="Vous pouvez."
)
ON = date(2026, 11, 22)


def test_every_class_can_be_said_to_a_person() -> None:
    assert set(IN_WORDS) == set(DataClass)


def test_an_approved_sheet_is_filled_in() -> None:
    terms = replace(TERMS, organisation="ci:accueil/shelter", outcomes_may_return=True)
    withheld = ["travel, from her uncle", "needs, from the municipality"]
    assert sheet_text(terms, FRENCH, language="fr", withheld=withheld).splitlines() == [
        "Consentement",
        "",
        "Nous envoyons ce qui suit.",
        "",
        "Purpose: reintegration-assistance",
        "Goes to: ci:accueil, for ci:accueil/shelter",
        "What is sent:",
        "  - contact: how to reach you, and who may answer",
        "  - travel: your journey",
        "Not to be told: travel, from her uncle",
        "Not to be told: needs, from the municipality",
        "What becomes of you may be told back.",
        "Until: 2028-02-28",
        "",
        "Il y a un risque.",
        "",
        "Vous pouvez.",
        "",
        "Date, name, signature: ______________________",
    ]


def test_without_an_approved_text_an_interpreter_is_needed() -> None:
    text = sheet_text(TERMS, None, language="dyu")
    assert text.endswith("______________________\n")
    assert text.splitlines() == [
        "Consent (dyu)",
        "",
        "There is no approved sheet in this language. An interpreter reads this aloud and is recorded.",
        "",
        "Purpose: reintegration-assistance",
        "Goes to: ci:accueil",
        "What is sent:",
        "  - contact: how to reach you, and who may answer",
        "  - travel: your journey",
        "Nothing of what becomes of you is told back.",
        "Until: 2028-02-28",
        "",
        "You may take this back at any time, in part or whole, here or with the organisation that receives you.",
        "",
        "Date, name, signature: ______________________",
    ]


SENT = Sent(
    at=datetime(2026, 11, 22, 9, 5, tzinfo=UTC),
    receiver="ci:accueil",
    what="referral",
    under="consent of 2026-11-10",
    classes=("contact", "travel", "a class of tomorrow"),
    paths=("contact.number", "contact.person.name", "travel"),
    state="delivered",
)


def test_a_statement_says_what_went_to_whom() -> None:
    erased = replace(SENT, what="correction", classes=(), paths=())
    assert statement_text("ES-1", [SENT, erased], on=ON) == (
        "What was sent: ES-1, as of 2026-11-22\n"
        "\n"
        "2026-11-22 09:05 UTC to ci:accueil: referral (delivered)\n"
        "  under: consent of 2026-11-10\n"
        "  - contact: how to reach you, and who may answer (number, person.name)\n"
        "  - travel: your journey\n"
        "  - a class of tomorrow: a class of tomorrow\n"
        "\n"
        "2026-11-22 09:05 UTC to ci:accueil: correction (delivered)\n"
        "  under: consent of 2026-11-10\n"
        "  no personal data, or what it held was erased\n"
    )


def test_a_statement_says_that_nothing_was_sent() -> None:
    assert (
        statement_text("ES-1", [], on=ON)
        == "What was sent: ES-1, as of 2026-11-22\nNo data about the person was sent.\n"
    )
