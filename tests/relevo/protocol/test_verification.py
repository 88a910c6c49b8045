"""What the examination of an honest evidence file says: what holds, and what a file cannot show."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from relevo.protocol.evidence import read_evidence, write_evidence
from relevo.protocol.fingerprint import fingerprint_of
from relevo.protocol.manifest import manifest_digest
from relevo.protocol.statement import read_statement
from relevo.protocol.verification import Outcome, verify_evidence
from support.evidence_sample import sample
from support.wire_pair import AT, HOST, HOST_ID, ORIGIN_ID, STRANGER_ID, resign

EVIDENCE = sample().evidence()
FIRST = "019cadb0-3f40-7c1e-8a4b-000000000000"


def fingerprint(node: str) -> str:
    return str(fingerprint_of(read_statement(EVIDENCE.statements[node][0], at=None)))


def words(node: str) -> str:
    return fingerprint(node).split("\n")[0]


def test_everything_in_an_honest_file_holds() -> None:
    report = verify_evidence(read_evidence(write_evidence(EVIDENCE)))
    assert report.failures == ()
    assert report.ok
    assert report.summary.startswith("all ")


def test_an_honest_file_says_what_it_cannot_show() -> None:
    told = [f"{line.subject}: {line.text}" for line in verify_evidence(EVIDENCE).unchecked]
    assert [line.partition("could not check: ")[0] for line in told] == [
        "file: ",
        "es:retorno: ",
        "ci:accueil: ",
        "message 019cadb0-3f40-7c1e-8a4b-000000000003: ",
        "messages sent: ",
        "messages received: ",
        "es:retorno/log: ",
    ]
    assert words(HOST_ID) in told[1]
    assert words(ORIGIN_ID) in told[2]


def test_the_report_is_sentences_that_can_be_read_aloud() -> None:
    told = [str(line) for line in verify_evidence(EVIDENCE).lines]
    jti = "019cadb0-3f40-7c1e-8a4b-000000000000"
    assert (
        f"ok       requested {jti}: es:retorno signed this message to ci:accueil on 2 March 2026, 09:30 UTC,"
        " as number 1 of its stream." in told
    )
    assert f"ok       requested {jti}: ci:accueil stored it on 2 March 2026, 10:30 UTC." in told
    assert "ok       log: all 7 messages and receipts shown here are logged." in told
    assert all(line.endswith(".") for line in told)


def test_fingerprints_that_the_reader_brings_are_compared() -> None:
    report = verify_evidence(
        EVIDENCE, {HOST_ID: words(HOST_ID).upper(), ORIGIN_ID: fingerprint(ORIGIN_ID).split("\n")[1]}
    )
    assert report.ok
    assert {line.outcome for line in report.lines if line.check == "fingerprint"} == {Outcome.HOLDS}


def test_a_root_key_with_another_fingerprint_fails() -> None:
    report = verify_evidence(EVIDENCE, {HOST_ID: words(ORIGIN_ID)})
    assert [(line.subject, line.code) for line in report.failures] == [(HOST_ID, "fingerprint-differs")]


def test_a_file_without_messages_holds() -> None:
    assert verify_evidence(replace(EVIDENCE, messages=(), entries=())).ok


def test_the_chain_may_begin_at_a_later_version_and_the_report_says_so() -> None:
    later = {node: chain[1:] for node, chain in EVIDENCE.statements.items()}
    report = verify_evidence(replace(EVIDENCE, statements=later))
    assert report.ok
    assert "before version 2" in " ".join(line.text for line in report.unchecked)


def test_two_messages_with_one_id_are_told() -> None:
    twice = sample()
    twice.message(HOST_ID, "withdrawn", AT + timedelta(days=302), 5, jti=FIRST)
    report = verify_evidence(twice.evidence())
    assert ("id-reused", f"withdrawn {FIRST}") in {(line.code, line.subject) for line in report.failures}


def test_another_attempt_at_a_message_of_the_file_is_no_fault() -> None:
    again = sample()
    names = {"jti": FIRST, "thread": EVIDENCE.thread, "peer": ORIGIN_ID}
    again.keep("message-sent", AT + timedelta(minutes=5), manifest="A" * 43, **names)
    report = verify_evidence(again.evidence())
    assert report.ok
    assert "message-sent" in report.unchecked[-1].text


def test_circumstances_that_the_file_does_not_show_are_no_fault() -> None:
    more = sample()
    more.keep("sop", AT, sop="A" * 43, peer=ORIGIN_ID, state="proposed", signature=None)
    more.keep("peer", AT, peer=STRANGER_ID, state="active", statement="A" * 43)
    more.keep("key", AT, kid="A" * 43, change="made")
    more.keep("consent", AT, thread=None, commitment="A" * 43, change="recorded")
    report = verify_evidence(more.evidence())
    assert report.ok
    assert sum("not in this file" in line.text for line in report.unchecked) == 4


def test_a_receipt_for_an_earlier_attempt_answers_a_later_one_too() -> None:
    twice = sample()
    shown = twice.messages[0]
    again = replace(shown, manifest=resign(shown.manifest, HOST.signing, seq=2))
    twice.messages.insert(1, again)
    names = {"jti": FIRST, "thread": EVIDENCE.thread, "peer": ORIGIN_ID}
    twice.keep("message-sent", AT + timedelta(minutes=5), manifest=manifest_digest(again.manifest), **names)
    assert verify_evidence(twice.evidence()).failures == ()


def test_a_message_that_follows_no_procedure_is_told() -> None:
    free = sample()
    free.messages[3] = replace(free.messages[3], manifest=resign(free.messages[3].manifest, HOST.signing, sop="none"))
    told = [line.text for line in verify_evidence(free.evidence()).unchecked]
    assert "could not check: which procedure it follows; it names none." in told
