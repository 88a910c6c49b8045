"""Each look at personal data is written down, goes to the log as a digest, and what is not yours is shown as such."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select

from host_node import record as host_record
from origin_node import profile, reassessment, reports, striking
from relevo.delivery import look_proof
from relevo.delivery.node import Node
from relevo.domain.access import Role
from relevo.domain.access_to_data import LookReason, NotYours
from relevo.errors import BadInput, Forbidden, NotFound
from relevo.protocol.look import read_look, verify_look, write_look
from relevo.protocol.record import RecordType, read_record
from relevo.protocol.verification import verify_evidence
from relevo.protocol.verification_report import Outcome
from relevo.storage import access_log
from relevo.storage.tables import LogEntryRow
from relevo.storage.tables_record import AccessRow
from support.nodes import staff
from support.story import Story


def looks(node: Node, subject: str) -> list[AccessRow]:
    """What an auditor is shown."""
    with node.read(staff(Role.AUDITOR)) as work:
        return access_log.looks(work, subject)


def test_a_look_is_a_row_and_a_commitment_in_the_log(sent: Story) -> None:
    with sent.at_origin(Role.CASE_WORKER) as work:
        profile.read(work, sent.thread, LookReason.CONTACT)
    (row,) = looks(sent.nodes.origin, sent.thread)
    assert (row.number, row.who, row.role, row.why) == (1, "sample-case-worker", "case-worker", "contact")
    assert {"identity-min", "contact", "needs"} <= set(row.classes)
    with sent.nodes.origin.write() as work:
        written = work.session.scalars(select(LogEntryRow).where(LogEntryRow.position.is_(None)))
        entry = next(one for one in written if read_record(one.record).type == "access")
    said = read_record(entry.record)
    assert (said.type, said.fields["commitment"]) == (RecordType.ACCESS, access_log.commitment_of(row))
    assert not any(word in entry.record.decode() for word in ("sample-case-worker", "contact", "case-worker"))


def test_a_look_that_is_refused_or_finds_nothing_is_none(sent: Story) -> None:
    with sent.at_origin() as work:
        assert reports.show(work, sent.thread) == []
    with pytest.raises(BadInput), sent.at_origin() as work:
        profile.read(work, sent.thread, "curiosity")
    with pytest.raises(Forbidden), sent.at_origin(Role.AUDITOR) as work:
        profile.read(work, sent.thread)
    assert looks(sent.nodes.origin, sent.thread) == []


def test_the_host_s_own_looks_are_recorded_by_case(story: Story) -> None:
    story.preview()
    with story.at_host() as work:
        found = host_record.case(work, story.case, LookReason.SUPERVISE)
    assert {one.data_class for one in found.now} >= {"identity-min", "needs"}
    assert [row.why for row in looks(story.nodes.host, story.case)] == ["prepare", "supervise"]


def test_only_auditors_read_who_looked(sent: Story) -> None:
    for node, role in ((sent.nodes.host, Role.COORDINATOR), (sent.nodes.origin, Role.ADMINISTRATOR)):
        with node.read(staff(role)) as work, pytest.raises(Forbidden):
            access_log.looks(work, sent.thread)


def test_a_class_that_is_not_yours_is_shown_as_present_without_its_fields(sent: Story) -> None:
    with sent.at_origin(Role.CLINICIAN) as work:
        found = {one.data_class: one for one in profile.read(work, sent.thread).stated}
    assert (found["needs"].readable, found["needs"].fields) == (False, {})
    assert found["identity-min"].readable
    (row,) = looks(sent.nodes.origin, sent.thread)
    assert "needs" not in row.classes


def test_the_host_s_clinician_sees_that_there_is_more_in_a_case(story: Story) -> None:
    with story.at_host(Role.CLINICIAN) as work:
        found = {one.data_class: one for one in host_record.case(work, story.case).now}
    assert (found["needs"].readable, found["needs"].fields) == (False, {})
    assert found["identity-min"].fields


def test_evidence_shows_how_often_people_looked_and_that_no_look_was_taken_out(sent: Story) -> None:
    for why in (LookReason.DECIDE, LookReason.ASSIST, LookReason.ASSIST):
        with sent.at_origin() as work:
            profile.read(work, sent.thread, why)
    sent.nodes.deliver()
    honest = sent.evidence(sent.nodes.origin)
    report = verify_evidence(honest)
    assert not [line for line in report.lines if line.outcome is Outcome.FAILS]
    assert any("all 3 looks" in line.text for line in report.lines)
    second = [one for one in honest.entries if read_record(one.record).fields.get("number") == "2"]
    short = verify_evidence(replace(honest, entries=tuple(one for one in honest.entries if one not in second)))
    assert "look-missing" in {line.code for line in short.lines}


def test_one_look_can_be_shown_to_be_in_the_log_until_it_is_erased(sent: Story) -> None:
    origin = sent.nodes.origin
    with sent.at_origin(Role.CASE_WORKER) as work:
        profile.read(work, sent.thread, LookReason.CONTACT)
    sent.nodes.deliver()
    with origin.read(staff(Role.AUDITOR)) as work:
        shown = read_look(look_proof.prove(work, sent.thread, 1))
        with pytest.raises(NotFound):
            look_proof.prove(work, sent.thread, 2)
    report = verify_look(shown)
    assert report.ok
    assert any("sample-case-worker, case-worker, looked at" in line.text for line in report.lines)
    assert read_look(write_look(shown)) == shown
    for changed in (
        replace(shown, look={**shown.look, "who": "somebody-else"}),
        replace(shown, look={**shown.look, "number": 2}),
        replace(shown, look_salt=b"\0" * 32),
    ):
        assert [line.code for line in verify_look(changed).failures] == ["look-differs"]
    other = replace(shown, record=shown.record.replace(b'"1"', b'"2"'))
    assert [line.code for line in verify_look(other).failures] == ["log-proof-failed"]
    sent.withdraw()
    sent.nodes.deliver()
    with origin.read(staff(Role.AUDITOR)) as work, pytest.raises(NotFound, match="erased"):
        look_proof.prove(work, sent.thread, 1)


def test_names_and_salts_of_looks_go_with_the_consent_and_their_number_stays(sent: Story) -> None:
    with sent.at_origin() as work:
        profile.read(work, sent.thread)
    sent.withdraw()
    sent.nodes.deliver()
    (row,) = looks(sent.nodes.origin, sent.thread)
    assert (row.who, row.salt, row.role, row.number) == (None, None, "intake", 1)
    report = verify_evidence(sent.evidence(sent.nodes.origin))
    assert not [line for line in report.lines if line.outcome is Outcome.FAILS]


def test_what_was_assessed_stands_beside_what_was_stated(sent: Story) -> None:
    found = {"needs": {"social": ["housing"]}}
    with sent.at_origin(Role.CASE_WORKER) as work:
        (row,) = reassessment.reassess(work, sent.thread, found)
        number = row.id
    with sent.at_origin() as work:
        shown = profile.read(work, sent.thread)
    (assessed,) = shown.assessed
    stated = next(one for one in shown.stated if one.data_class == "needs")
    assert (assessed.fields, assessed.assessed_by, assessed.struck) == (found["needs"], "sample-case-worker", None)
    assert stated.fields != assessed.fields
    with sent.at_origin() as work:
        striking.strike(work, sent.thread, "assessment", number, "the file of somebody else")
        (struck,) = profile.read(work, sent.thread).assessed
        with pytest.raises(striking.StruckAlready):
            striking.strike(work, sent.thread, "assessment", number, "once more")
    assert (struck.struck, struck.fields) == ("the file of somebody else", found["needs"])


def test_nobody_writes_down_what_their_role_may_not(sent: Story) -> None:
    with sent.at_origin(Role.CASE_WORKER) as work, pytest.raises(NotYours, match="clinician"):
        reassessment.reassess(work, sent.thread, {"health-summary": {"mobility": "walks"}})


def test_assessments_go_with_the_consent_and_none_comes_after(sent: Story) -> None:
    with sent.at_origin() as work:
        reassessment.reassess(work, sent.thread, {"needs": {"social": ["housing"]}})
    sent.withdraw()
    sent.nodes.deliver()
    with sent.at_origin() as work:
        assert profile.read(work, sent.thread).assessed == ()
        with pytest.raises(reassessment.DataErased):
            reassessment.reassess(work, sent.thread, {"needs": {"social": ["housing"]}})
