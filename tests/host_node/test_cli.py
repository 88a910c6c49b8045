"""The command line of a host: a counsellor's day from a terminal of 80 columns, and every refusal in words."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from host_node.cli import VERBS as HOST_VERBS
from host_node.cli import app
from origin_node import erasure
from origin_node import referrals as origin_referrals
from origin_node.cli_words import VERBS as ORIGIN_VERBS
from relevo.clock import FileClock
from relevo.domain.access import Role
from relevo.domain.journey import JourneyStep
from relevo.domain.referral import Step
from relevo.storage import referrals, users
from relevo.storage.key_store import held, write_keys
from support.nodes import AT, JoinedNodes
from support.planted import give
from support.story import SAMPLES, Story

CASE = "ES-2026-004417"
SETTINGS = """
node_id = "{node.node_id}"
title = "{node.title}"
endpoint = "{node.endpoint}"
listen_port = 8101
database = "{database}"
keys = "keys.json"
clock = "file:clock"
"""


@dataclass(frozen=True, kw_only=True)
class Terminal:
    """Calls commands of a host as its counsellor, or as somebody of another role."""

    settings: Path
    nodes: JoinedNodes

    def __call__(self, *words: str, status: int = 0, role: Role = Role.COUNSELLOR) -> str:
        """What was printed, with every space as one; the exit status has to be `status`."""
        return " ".join(self.shown(*words, status=status, role=role).output.split())

    def shown(self, *words: str, status: int = 0, role: Role = Role.COUNSELLOR) -> Result:
        """Run a command, and let the post go."""
        given = ["--settings", str(self.settings), "--as", role, *words]
        done = CliRunner().invoke(app, given, env={"COLUMNS": "80", "NO_COLOR": "1"})
        assert done.exit_code == status, (words, done.output)
        assert max(map(len, done.output.splitlines()), default=0) <= 80
        self.nodes.deliver()
        return done

    @property
    def thread(self) -> str:
        """The beginning of the one referral's thread, as the list shows it."""
        return self.shown("list").output.splitlines()[1].split()[0]


@pytest.fixture
def terminal(nodes: JoinedNodes, tmp_path: Path) -> Terminal:
    """A terminal at the host, with case 01 imported."""
    file, host = tmp_path / "host.toml", nodes.host
    file.write_text(SETTINGS.format(node=host.identity, database=host.database.engine.url), encoding="utf-8")
    FileClock(tmp_path / "clock").move_to(AT)
    write_keys(tmp_path / "keys.json", held(host.identity.keys).ring)
    with host.write() as work:
        for role in (Role.COUNSELLOR, Role.AUDITOR):
            users.add(work.session, role, role, work.at)
    made = Terminal(settings=file, nodes=nodes)
    made("case", "import", str(SAMPLES / "01-kouassi-aya.json"))
    return made


@pytest.fixture
def asked(terminal: Terminal) -> Terminal:
    """The same after it was sent, and the origin asked for a class to which the person has not agreed."""
    terminal("consent", "record", CASE)
    terminal("send", CASE)
    with terminal.nodes.host.read() as work:
        (row,) = referrals.everything(work.session)
    story = Story(nodes=terminal.nodes, thread=row.thread)
    story.origin(origin_referrals.acknowledge)
    story.origin(origin_referrals.ask, "Is there medication?", ["medication"])
    return terminal


def test_the_preview_tells_fields_of_a_class_together_and_why_they_stay(terminal: Terminal) -> None:
    before = terminal("preview", CASE)
    assert "identity-full: passport, address_origin The person has not agreed that this part is sent." in before
    assert "(no-consent)" in before
    terminal("consent", "record", CASE)
    after = terminal("preview", CASE)
    assert "→ leaves skills: education, occupation_isco08, years, certificates" in after
    assert "Nothing stands against sending." in after


def test_the_beginning_of_a_thread_is_enough_and_less_is_refused(asked: Terminal) -> None:
    assert len(asked.thread) == 8
    assert f"referral {asked.thread}" in asked("show", asked.thread)
    for beginning in (asked.thread[:7], "", "%%%%%%%%", "ffffffff"):
        assert "begins so" in asked("show", beginning, status=2)


def test_the_timeline_names_the_commands_that_may_be_given_now(asked: Terminal) -> None:
    told = asked("show", asked.thread)
    assert "you may answer, cancel, consent withdraw, entered-in-error, journey, departure, cancel-journey" in told


def test_who_has_to_erase_a_part_can_be_seen(asked: Terminal) -> None:
    assert "has asked no organisation" in asked("erasures", asked.thread)
    with asked.nodes.host.read() as work:
        (row,) = referrals.everything(work.session)
    story = Story(nodes=asked.nodes, thread=row.thread)
    give(story, "ci:accueil/housing-desk", "housing", "needs")
    story.origin(erasure.withdraw_consent)
    assert "housing-desk" in asked("erasures", asked.thread).replace(" ", "")
    asked("retention", "due", status=2)


def test_a_question_about_what_may_not_leave_can_be_answered_in_words_only(asked: Terminal) -> None:
    assert "(not-consented)" in asked("answer", asked.thread, "--text", "No.", status=2)
    assert "(not-consented)" in asked("answer", asked.thread, "--text", "No.", "--class", "medication", status=2)
    asked("answer", asked.thread, "--text", "لا 😀", "--words-only")


REFUSED = {
    "an answer that says nothing": (("answer", "{}", "--text", " ", "--words-only"), "is empty"),
    "an answer that cannot be seen": (("answer", "{}", "--text", "\u200b", "--words-only"), "answered.answer"),
    "a reason that says nothing": (("cancel", "{}", "--reason", ""), "cancelled.reason"),
    "a journey that does not change": (("journey", "{}"), "what has changed"),
    "a departure that has not come": (("departure", "{}", "--at", "2027-01-01T00:00:00Z"), "has not come yet"),
    "a departure without its offset": (("departure", "{}", "--at", "2026-11-22T08:00:00"), "with its offset"),
    "a class that nobody knows": (("answer", "{}", "--text", "No.", "--class", "health"), "health-summary"),
}


@pytest.mark.parametrize(("call", "told"), REFUSED.values(), ids=REFUSED)
def test_refused_in_words(asked: Terminal, call: tuple[str, ...], told: str) -> None:
    assert told in asked(*(word.format(asked.thread) for word in call), status=2)


def test_evidence_that_cannot_be_written_is_told_in_words(asked: Terminal) -> None:
    told = asked("evidence", asked.thread, "--out", "/nowhere/evidence", status=2, role=Role.AUDITOR)
    assert "cannot be written" in told


def test_a_case_is_shown_corrected_and_told_and_auditors_see_who_looked(asked: Terminal) -> None:
    shown = asked("case", "show", CASE)
    assert "Aya" in shown
    file = asked.settings.with_name("needs.json")
    file.write_text('{"social": ["housing"]}', encoding="utf-8")
    told = asked("case", "correct", CASE, "--class", "needs", str(file), "--reason", "copied from another case")
    assert "host-node correct" in told
    assert asked.thread in asked("correct", asked.thread, "--class", "needs", "--reason", "copied from another case")
    assert "changed by counsellor: copied from another case" in asked("case", "show", CASE, "--why", "correct")
    case = shown.split()[3]
    looks = asked("access", "list", case, role=Role.AUDITOR)
    assert "prepare" in looks
    assert "correct" in looks
    assert "Aya" not in looks
    assert "these may: auditor" in asked("access", "list", case, status=2)


def test_the_record_says_what_is_missing_and_costs_what_is_planned(asked: Terminal) -> None:
    assert "assessments present since" in asked("record", "show", asked.thread)
    assert "No costs are proposed." in asked("costs", "show", asked.thread)
    assert "Nothing has come back yet." in asked("returned", asked.thread)
    file = asked.settings.with_name("costs.json")
    line = {"what": "rent", "planned": "200", "borne_by": "host"}
    file.write_text(json.dumps({"currency": "EUR", "lines": [line]}), encoding="utf-8")
    assert "(not-consented)" in asked("costs", "plan", asked.thread, str(file), status=2)
    assert "costs-not-proposed" in asked("costs", "agree", asked.thread, status=2)
    assert "LINE=KIND=DOCUMENT" in asked("costs", "report", asked.thread, str(file), "--proof", "x", status=2)


def test_a_withdrawal_names_the_referrals_that_are_told(asked: Terminal) -> None:
    consent = asked.shown("consent", "list", CASE).output.splitlines()[0]
    assert asked.thread in asked("consent", "withdraw", consent)
    assert "withdrawn 2026-11-22 09:00 UTC" in asked("consent", "list", CASE)


def test_tasks_say_what_to_do_next_and_what_is_past_its_time(asked: Terminal) -> None:
    told = asked("tasks")
    assert f"{asked.thread} answer-question in 2 days Answer the origin's question; 2026-11-24 16:00" in told
    assert "Nothing is waiting for you." in asked("tasks", "--overdue")
    FileClock(asked.settings.parent / "clock").move_to(AT + timedelta(days=4))
    late = asked("tasks", "--overdue")
    assert "answer-question" in late
    assert "OVERDUE" in late
    assert "(overdue)" in asked("show", asked.thread)
    asked("tasks", status=2, role=Role.AUDITOR)


def test_what_is_unanswered_is_listed_apart_and_never_as_declined(terminal: Terminal) -> None:
    terminal("consent", "record", CASE)
    terminal("send", CASE)
    assert "answered or in time" in terminal("list", "--unanswered")
    FileClock(terminal.settings.parent / "clock").move_to(AT + timedelta(days=20))
    listed = terminal("list", "--unanswered")
    assert "requested" in listed
    assert "Unanswered past their time (not declined): 1." in listed
    told = terminal("tasks")
    assert {"OVERDUE", "7", "decided."} <= set(told.split())
    assert "with the other side" in told


def test_there_is_a_command_for_every_step_that_a_person_may_take() -> None:
    by_themselves = {Step.REQUESTED, Step.ERASED}
    steps = {*Step, *JourneyStep} - by_themselves
    assert steps <= HOST_VERBS.keys() | ORIGIN_VERBS.keys()


def test_a_consent_is_narrowed_renewed_and_put_on_paper_from_the_terminal(asked: Terminal) -> None:
    consent = asked.shown("consent", "list", CASE).output.splitlines()[0].strip()
    said = ("--language", "fr", "--taken-on", "2026-11-22")
    assert "the origin is told" in asked("consent", "narrow", consent, "--without", "skills", *said)
    assert "until 2028-12-31" in asked("consent", "renew", consent, "--until", "2028-12-31", *said)
    assert "the origin is told" in asked("consent", "no-return", consent, *said)
    assert "WHAT=WHOM" in asked("consent", "narrow", consent, "--withhold", "needs", *said, status=2)
    assert "year-month-day" in asked("consent", "renew", consent, "--until", "soon", *said, status=2)
    assert "Until: 2028-12-31" in asked("consent", "sheet", CASE, "--language", "fr")
    assert "requested (stored)" in asked("disclosure", CASE)


def test_a_member_of_the_household_is_referred_apart_from_the_terminal(terminal: Terminal) -> None:
    assert "linked by the household" in terminal("case", "member", CASE, "--member", "1", "--reference", "ES-SON")
    assert "ES-SON" in terminal("case", "linked", CASE)
    review = ("case", "best-interests", "ES-SON", "--decision", "in-favour", "--ground", "his mother asks for it")
    assert "coordinator" in terminal(*review, status=2)
    assert "JSON" in terminal("case", "member", CASE, "--member", "1", "--reference", "X", "--sections", "{", status=2)
