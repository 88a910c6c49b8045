"""Every column of every table of both nodes is declared: harmless, a host's own case, or reached by a withdrawal.

Whoever adds a table or a column has to say here which of the three it is; what is to be reached is then looked at after
a referral in which people used every verb that writes words about a person.
"""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from sqlalchemy import MetaData, Table, select

from host_node import corrections
from host_node import referrals as host_referrals
from host_node.tables import HostBase
from origin_node import (
    assignments,
    consents,
    erasure,
    first_contact,
    follow_up,
    journey,
    plan,
    reassessment,
    striking,
)
from origin_node import referrals as origin_referrals
from origin_node.tables import OriginBase
from origin_node.tables_record import AssessedRow
from relevo.delivery.node import Node
from relevo.domain.access import Role
from relevo.domain.consent import Account, Withheld
from relevo.storage import tables_record
from relevo.storage.base import SharedBase
from relevo.storage.bases import BasisRow
from support.nodes import ORIGIN_ID, JoinedNodes
from support.planted import found_in, full
from support.story import ARRIVED_AT, Story, sample

WORD = "Hawthornbrackenfell"
"""Stands in every text that somebody types in this story."""

DESK = f"{ORIGIN_ID}/housing-desk"

REACHED: Mapping[str, str] = {
    "access": "who organisation salt",
    "basis": "record",
    "costs": "fields proofs",
    "inbox": "disclosures",
    "outbox": "basis_record basis_salt disclosures sealed",
    "referral": "vulnerable services basis_record basis_salt contact_channel planned_arrival arrived_at supply_ends",
    "step": "facts",
    "assessed": "fields",
    "assignment": "because",
    "assignment_event": "reason",
    "consent_taken": "account",
    "contact_attempt": "channel outcome",
    "given": "presentation",
    "report": "fields",
    "stated": "classes",
    "stated_before": "fields reason",
    "struck": "reason",
    "returned": "fields",
}
"""Columns that hold something of a person; after a withdrawal the row is gone, or the column empty."""

SAID = ("step", "said")
"""The words of a step go, but for those which tell of the erasure itself."""

OWN: Mapping[str, str] = {
    "best_interests_review": "ground",
    "case_file": "reference confidential record stays drafts separated household urgency",
    "case_history": "fields reason",
    "consent": "withhold given_by language capacity evidence_kind evidence classes organisation purpose",
    "exception_ground": "reason raised_by attestation",
    "file_part": "sealed",
}
"""A host's own case, which stays its own; parts that a peer brought go with its referral (`test_files`)."""

HARMLESS: Mapping[str, str] = {
    "access": "id subject number role classes why at commitment",
    "basis": "peer thread jti side knew",
    "checkpoint": "size note signed_at shown_at",
    "cosignature": "size peer line cosigned_at",
    "contact_list": "node_id as_of said kept_at",
    "costs": "peer jti thread side kind replaces who at state agreed_at agreed_by agreed_in",
    "former_receipt": "digest jti receipt receipted_at state offered_again_at",
    "forgotten": "peer jti thread kind epoch seq manifest receipt found_at noted_at noted_by",
    "peer_stand": "peer epoch high_water missing heard_at asked_at doubt_epoch doubt_seq unproven_at stopped_at"
    " confirmed_at confirmed_by confirmed_why compared_epoch empty gaps_asked_at",
    "duty": "id peer thread duty side started_at due_at done_at dropped",
    "file": "id owner digest size state problem receipt begun_at",
    "file_part": "file number",
    "file_push": "peer thread digest jti state problem failures next_attempt_at receipt",
    "file_use": "file subject",
    "inbox": "peer jti identity thread kind epoch seq manifest content disposition code receipt received_at",
    "log_alarm": "id peer code found_at known shown seen_at seen_by",
    "log_entry": "id record salt entry subject position",
    "log_hash": "level position hash",
    "manifest": "digest jti token made_at",
    "nonce": "peer nonce expires_at",
    "outbox": "jti peer thread kind step sop basis content classes made_at state problem attempts next_attempt_at epoch"
    " seq manifest receipt receipted_at",
    "peer": "node_id state endpoint proposed_at proposed_by confirmed_at confirmed_by polled_at epoch last_seq failures"
    " next_attempt_at last_problem skew_seconds brought_on brought kept_bytes",
    "peer_change": "node_id tokens seen_at",
    "received_whole": "peer epoch seq high",
    "refused_item": "id day peer code digest at count",
    "referral": "peer thread status journey urgency purpose confidential sop basis own_last peer_last opened_at"
    " erase_at erased_at",
    "sop": "digest name version peer text state effective_at own_signature peer_signature changed_at",
    "statement": "node_id version token expires_at",
    "step": "id peer thread step side who at late jti status_after journey_after",
    "user_account": "name role token_digest added_at organisation",
    "file_trace": "peer thread direction digest at receipt",
    "witness": "peer size asked_at problem",
    "witnessed": "peer size root note cosigned_at",
    "best_interests_review": "id case decision reviewed_at reviewed_by",
    "case_file": "id origin imported_at imported_by agency member_of",
    "case_history": "id case data_class held_until changed_by",
    "case_referral": "thread case consent",
    "consent": "order id case receiver outcomes_may_return interpreter taken_on expires_on recorded_at recorded_by"
    " withdrawn_at salt giver risks_explained withdrawing_explained taken_by sheet replaces",
    "exception_ground": "id case on_duty raised_at recorded_by salt commitment decision reviewed_at reviewed_by thread"
    " left_at told_at told_by",
    "returned": "jti data_class peer thread step came_at",
    "assessed": "id peer thread data_class at assessed_by organisation",
    "assignment": "peer thread service status organisation changed_at changed_by cost currency",
    "assignment_event": "id peer thread service organisation status at by on_behalf",
    "consent_taken": "id peer thread change recorded_at recorded_by",
    "contact_attempt": "id peer thread at by jti cleared_at cleared_by",
    "given": "id peer thread organisation service paths sources nonce given_at given_by ended_at chased_at confirmed_at"
    " confirmed_by",
    "organisation": "id title services people area places budget currency spent languages confidential active"
    " checked_on changed_at changed_by",
    "report": "id peer thread step month at reported_by jti",
    "stated": "peer thread jti stated_at",
    "stated_before": "id peer thread data_class jti stated_at replaced_at replaced_by step in_error",
    "struck": "id peer thread what entry at struck_by",
}
"""Names of people who work here, places in a stream, moments, words of a list, and signed content that is salted."""

EMPTY: tuple[object, ...] = (None, False, "", b"", [], {})
NOT_IN_THIS_STORY = {
    "costs.fields",
    "costs.proofs",
    "referral.vulnerable",
    "referral.supply_ends",
    "access.organisation",
    "outbox.sealed",
}


def declared(which: Mapping[str, str]) -> set[str]:
    return {f"{table}.{column}" for table, columns in which.items() for column in columns.split()}


def test_every_column_is_declared_once() -> None:
    assert {BasisRow.__tablename__, tables_record.CostsRow.__tablename__} <= set(SharedBase.metadata.tables)
    tables = [table for base in (SharedBase, HostBase, OriginBase) for table in base.metadata.sorted_tables]
    there = {f"{table.name}.{column.name}" for table in tables for column in table.columns}
    kinds = [declared(REACHED), declared(OWN), declared(HARMLESS), {".".join(SAID)}]
    assert set.union(*kinds) == there
    assert sum(map(len, kinds)) == len(there)


@pytest.fixture
def told(nodes: JoinedNodes) -> Story:
    """Case 01 with every verb that writes words about the person."""
    story = Story(nodes=nodes)
    story.take_in(full(sample("01")))
    story.send()
    story.origin(origin_referrals.acknowledge)
    story.origin(origin_referrals.ask, f"Which year? {WORD}", ["needs"])
    story.host(host_referrals.answer, f"The first. {WORD}")
    story.origin(origin_referrals.acknowledge)
    story.origin(origin_referrals.accept, f"Welcome. {WORD}")
    story.origin(assignments.assign, "housing", DESK, because=WORD)
    story.origin(assignments.report, "housing", "accepted", WORD)
    story.host(corrections.correct, ["needs"], WORD)
    story.host(host_referrals.depart, nodes.clock.now())
    nodes.clock.move_to(ARRIVED_AT)
    story.origin(journey.confirm_arrival, ARRIVED_AT)
    story.origin(first_contact.record, at=nodes.clock.now(), channel="phone", outcome="reached")
    _found(story)
    account = Account(by=WORD, language="fr", taken_on=nodes.clock.now().date())
    story.origin(consents.narrow, account, withhold=[Withheld("skills", f"{ORIGIN_ID}/family-centre")])
    return story


def _found(story: Story) -> None:
    story.origin(reassessment.reassess, {"needs": {"economic": ["business-start"], "intentions": WORD}})
    with story.at_origin() as work:
        (entry,) = work.session.scalars(select(AssessedRow.id))
        striking.strike(work, story.thread, "assessment", entry, WORD)
    story.origin(plan.agree, {"agreed_on": "2026-12-15", "actions": [{"service": "housing", "note": WORD}]})
    story.origin(origin_referrals.start)
    story.origin(origin_referrals.hold, WORD)
    outcome = {"services": [{"service": "housing", "status": "in-progress", "note": WORD}]}
    story.origin(
        follow_up.report, 1, moved={}, results={"outcome": outcome, "feedback": {"comments": WORD, "language": "fr"}}
    )
    with story.at_origin(Role.CASE_WORKER) as work:
        first_contact.mind(work, story.thread)


def filled(node: Node) -> set[str]:
    """The columns that are to be reached in which something stands."""
    metadata, found = MetaData(), set()
    metadata.reflect(node.database.engine)
    for name, columns in REACHED.items():
        if name in metadata.tables:
            found |= {f"{name}.{column}" for column in columns.split() if _stands(node, metadata.tables[name], column)}
    return found


def _stands(node: Node, table: Table, column: str) -> bool:
    about = table.c.thread if "thread" in table.c else table.c.subject
    with node.database.engine.connect() as connection:
        threads = [*connection.exec_driver_sql("SELECT thread FROM referral").scalars()]
        values = connection.execute(select(table.c[column]).where(about.in_(threads))).scalars().all()
    return any(value not in EMPTY and value not in ("{}", "[]", "null") for value in values)


def test_the_story_fills_what_a_withdrawal_has_to_reach(told: Story) -> None:
    there = filled(told.nodes.host) | filled(told.nodes.origin)
    assert declared(REACHED) - there == NOT_IN_THIS_STORY
    assert all(found_in(node, WORD) == [WORD] for node in told.nodes.both)


def test_after_a_withdrawal_every_column_is_empty_and_no_word_stands_anywhere(told: Story) -> None:
    told.origin(erasure.withdraw_consent)
    told.nodes.deliver()
    for node in told.nodes.both:
        assert told.row(node).status == "erased"
        assert filled(node) == set()
        assert found_in(node, WORD) == []
        assert found_in(node) == []
