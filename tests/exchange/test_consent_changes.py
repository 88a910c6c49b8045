"""A person agrees to less, or for longer, at the host or at the origin: both nodes keep to it, also when it crosses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from host_node import cases, consent_changes, consents
from host_node import referrals as host_referrals
from host_node.tables import ConsentRow, ReturnedRow
from origin_node import consents as origin_consents
from origin_node import first_contact, follow_up, profile
from origin_node import referrals as origin_referrals
from origin_node.tables import GivenRow, StatedRow
from relevo.delivery.node import Node
from relevo.domain.access import Role
from relevo.domain.consent import Account, Terms, Withheld, Withholding
from relevo.domain.consent_change import ChangeUnfit
from relevo.domain.consent_taking import ConsentRuleBroken
from relevo.domain.disclosure import NotSendable
from relevo.errors import Conflict, Forbidden
from relevo.messages.classes import terms_record, terms_to_fields
from relevo.protocol.basis import Basis
from relevo.protocol.strict_json import JsonObject, JsonValue
from relevo.protocol.verification import verify_evidence
from relevo.storage import bases, referrals
from support.hand_made import TERMS, Hand, asking, step
from support.nodes import HOST_ID
from support.story import COMMENTS, FOUND, Story
from support.traces import rows_of, settled_file_of, traces

NEEDS = "tailoring workshop"
"""What only the class `needs` of case 01 says."""


def account(story: Story) -> Account:
    return Account(language="fr", taken_on=story.nodes.clock.now().date())


def narrow_at_host(story: Story, *without: str, **more: object) -> None:
    with story.at_host() as work:
        consent_changes.narrow(work, newest(story).id, account(story), without=without, **more)  # type: ignore[arg-type]


def renew_at_host(story: Story, until: date) -> None:
    with story.at_host() as work:
        consent_changes.renew(work, newest(story).id, account(story), expires_on=until)


def no_return_at_host(story: Story) -> None:
    with story.at_host() as work:
        consent_changes.let_nothing_return(work, newest(story).id, account(story))


def narrow_at_origin(story: Story, *without: str) -> None:
    with story.at_origin() as work:
        origin_consents.narrow(work, story.thread, account(story), without=without)


def renew_at_origin(story: Story, until: date) -> None:
    with story.at_origin() as work:
        origin_consents.renew(work, story.thread, account(story), expires_on=until)


def no_return_at_origin(story: Story) -> None:
    with story.at_origin() as work:
        origin_consents.let_nothing_return(work, story.thread, account(story))


def newest(story: Story) -> ConsentRow:
    with story.nodes.host.read() as work:
        return consents.rows_of(work, cases.find(work, story.case))[-1]


def terms(story: Story, node: Node) -> Terms:
    found = referrals.terms(story.row(node))
    assert found is not None
    return found


def require_same(story: Story) -> Terms:
    """Both nodes rest on the same terms and commitment, the host's newest consent says so too; nothing was refused."""
    host, origin = story.nodes.both
    assert terms(story, host) == terms(story, origin)
    assert story.row(host).basis == story.row(origin).basis
    row = newest(story)
    assert (frozenset(row.classes), row.expires_on) == (terms(story, host).classes, terms(story, host).expires_on)
    for node in story.nodes.both:
        assert "refused" not in {entry.delivery for entry in story.timeline(node)}
        assert verify_evidence(story.evidence(node)).ok
    return terms(story, host)


def stated(story: Story) -> set[str]:
    with story.nodes.origin.read() as work:
        kept = work.session.scalars(select(StatedRow.classes).where(StatedRow.thread == story.thread))
        return {name for classes in kept for name in classes}


OUTCOME: dict[str, dict[str, JsonValue]] = {
    "outcome": {"services": [{"service": "business-start", "status": "in-progress", "note": FOUND}]}
}
END = date(2028, 2, 28)
LATER = END + timedelta(days=100)
CHANGES: dict[str, tuple[Callable[[Story], None], dict[str, object]]] = {
    "narrowed at the host": (lambda story: narrow_at_host(story, "needs"), {"classes": "needs"}),
    "narrowed at the origin": (lambda story: narrow_at_origin(story, "needs"), {"classes": "needs"}),
    "renewed at the host": (lambda story: renew_at_host(story, LATER), {"expires_on": LATER}),
    "renewed at the origin": (lambda story: renew_at_origin(story, LATER), {"expires_on": LATER}),
    "nothing may return, at the host": (no_return_at_host, {"outcomes_may_return": False}),
    "nothing may return, at the origin": (no_return_at_origin, {"outcomes_may_return": False}),
}


@pytest.mark.parametrize("name", CHANGES)
def test_both_nodes_keep_to_a_consent_that_was(name: str, sent: Story) -> None:
    act, expected = CHANGES[name]
    sent.accept()
    before = terms(sent, sent.nodes.host)
    act(sent)
    sent.nodes.deliver()
    without = {str(expected.pop("classes"))} if "classes" in expected else set[str]()
    after = replace(before, classes=before.classes - without, **expected)  # type: ignore[arg-type]
    assert require_same(sent) == after
    assert sent.row(sent.nodes.origin).status == "accepted", "the referral goes on"
    assert sent.deliveries(sent.nodes.host)["consent-changed"] == "stored"


@pytest.mark.parametrize("narrow", [narrow_at_host, narrow_at_origin])
def test_a_class_that_is_closed_leaves_the_origin(narrow: Callable[..., None], sent: Story) -> None:
    sent.accept()
    assert traces(settled_file_of(sent.nodes.origin), [NEEDS]) == [NEEDS]
    narrow(sent, "needs")
    sent.nodes.deliver()
    assert "needs" not in stated(sent)
    assert "identity-min" in stated(sent)
    assert traces(settled_file_of(sent.nodes.origin), [NEEDS]) == []
    require_same(sent)


def test_a_field_withheld_from_the_origin_leaves_it_and_the_rest_of_the_class_stays(sent: Story) -> None:
    narrow_at_host(sent, withhold=[Withholding(what="needs.intentions", from_whom="ci:accueil", why="fears a rival")])
    sent.nodes.deliver()
    assert "needs" in stated(sent)
    with sent.at_origin() as work:
        fields = next(one.fields for one in profile.read(work, sent.thread).stated if one.data_class == "needs")
    assert "intentions" not in fields
    assert traces(settled_file_of(sent.nodes.origin), ["fears a rival"]) == []
    require_same(sent)


def test_a_change_after_the_close_is_kept_too(sent: Story) -> None:
    sent.to_close()
    narrow_at_origin(sent, "needs")
    sent.nodes.deliver()
    assert "needs" not in require_same(sent).classes
    assert sent.row(sent.nodes.host).status == "closed"


def test_nothing_that_came_back_stays_at_the_host_once_nothing_may_return(sent: Story) -> None:
    sent.to_close()
    no_return_at_origin(sent)
    sent.nodes.deliver()
    with sent.nodes.host.read() as work:
        assert not work.session.scalars(select(ReturnedRow)).all()
    assert traces(settled_file_of(sent.nodes.host), [FOUND]) == []
    require_same(sent)


def test_the_host_may_not_send_what_was_closed_and_the_origin_may_not_tell_what_may_not_return(sent: Story) -> None:
    sent.origin(origin_referrals.acknowledge)
    sent.origin(origin_referrals.ask, "What does she intend?", ["needs"])
    narrow_at_origin(sent, "needs")
    sent.nodes.deliver()
    with sent.at_host() as work, pytest.raises(NotSendable):
        host_referrals.answer(work, sent.thread, "She intends much.", ["needs"])
    no_return_at_host(sent)
    sent.nodes.deliver()
    with sent.at_origin() as work, pytest.raises(Exception, match="no-return"):
        origin_referrals.ask(work, sent.thread, "And now?")


def test_an_expired_consent_that_is_renewed_brings_the_flow_back(sent: Story) -> None:
    sent.accept()
    sent.later(days=470)
    travel = {"flight": "IB0005"}
    with sent.at_host() as work, pytest.raises(NotSendable):
        host_referrals.change_journey(work, sent.thread, travel)
    renew_at_origin(sent, date(2029, 6, 30))
    sent.nodes.deliver()
    sent.host(host_referrals.change_journey, travel)
    assert sent.deliveries(sent.nodes.host)["journey-changed"] == "stored"
    require_same(sent)


CROSSING: dict[str, tuple[Callable[[Story], None], Callable[[Story], None]]] = {
    "two narrowings": (lambda one: narrow_at_host(one, "needs"), lambda one: narrow_at_origin(one, "travel")),
    "a narrowing and a renewal": (lambda one: narrow_at_host(one, "needs"), lambda one: renew_at_origin(one, LATER)),
    "a renewal and a narrowing": (lambda one: renew_at_host(one, LATER), lambda one: narrow_at_origin(one, "needs")),
    "two renewals": (
        lambda one: renew_at_host(one, LATER),
        lambda one: renew_at_origin(one, LATER + timedelta(days=1)),
    ),
    "no return and a renewal": (no_return_at_host, lambda one: renew_at_origin(one, LATER)),
    "a renewal and no return": (lambda one: renew_at_host(one, LATER), no_return_at_origin),
    "no return twice": (no_return_at_host, no_return_at_origin),
}


@pytest.mark.parametrize("first", ["host", "origin"])
@pytest.mark.parametrize("name", CROSSING)
def test_both_nodes_agree_when_what_crosses_is(name: str, first: str, sent: Story) -> None:
    at_host, at_origin = CROSSING[name]
    sent.accept()
    for act in (at_host, at_origin) if first == "host" else (at_origin, at_host):
        act(sent)
        sent.nodes.clock.move(timedelta(seconds=1))
    sent.nodes.deliver()
    require_same(sent)
    sent.host(host_referrals.depart, sent.nodes.clock.now())
    narrow_at_origin(sent, "contact")
    sent.nodes.deliver()
    assert "contact" not in require_same(sent).classes
    assert sent.deliveries(sent.nodes.host)["departed"] == "stored"


def test_what_was_sent_before_the_sender_knew_is_stored_and_leaves_no_words(sent: Story) -> None:
    sent.origin(origin_referrals.acknowledge)
    sent.origin(origin_referrals.ask, "What does she intend?", ["needs"])
    narrow_at_origin(sent, "needs")
    with sent.at_host() as work:
        host_referrals.answer(work, sent.thread, "As it stands in the case.")
    sent.nodes.deliver()
    assert sent.deliveries(sent.nodes.host)["answered"] == "stored"
    assert sent.row(sent.nodes.origin).status == "requested"
    assert "needs" not in stated(sent)
    assert traces(settled_file_of(sent.nodes.origin), [NEEDS]) == []
    require_same(sent)


def test_what_the_origin_reported_before_it_knew_leaves_no_words_at_the_host(sent: Story) -> None:
    sent.accept()
    sent.arrive()
    sent.nodes.transport.disconnect(sent.nodes.origin)
    no_return_at_host(sent)
    sent.later(days=30)
    with sent.at_origin() as work:
        follow_up.report(work, sent.thread, 1, moved={}, results=OUTCOME)
    sent.nodes.deliver()
    sent.nodes.transport.connect(sent.nodes.origin)
    sent.nodes.deliver()
    sent.later(days=1)
    sent.nodes.deliver()
    assert sent.deliveries(sent.nodes.host)["follow-up"] == "stored"
    assert traces(settled_file_of(sent.nodes.host), [FOUND]) == []
    require_same(sent)


def test_what_waits_at_the_origin_is_held_once_nothing_may_return(sent: Story) -> None:
    sent.accept()
    sent.nodes.transport.disconnect(sent.nodes.host)
    with sent.at_origin() as work:
        first_contact.record(work, sent.thread, at=work.at, channel="phone", outcome="reached")
    no_return_at_origin(sent)
    sent.nodes.transport.connect(sent.nodes.host)
    sent.later(days=1)
    sent.nodes.deliver()
    assert sent.deliveries(sent.nodes.host).get("first-contact") is None
    require_same(sent)


def test_a_change_that_crosses_the_withdrawal_brings_nothing_back(sent: Story) -> None:
    sent.accept()
    renew_at_origin(sent, LATER)
    sent.withdraw()
    sent.nodes.deliver()
    sent.later(days=1)
    sent.nodes.deliver()
    for node in sent.nodes.both:
        assert sent.row(node).status == "erased"
        with node.read() as work:
            assert all(row.record is None for row in bases.of(work.session, sent.row(node)))


def test_the_withdrawal_after_a_change_names_any_of_the_consents(sent: Story) -> None:
    first = newest(sent).id
    narrow_at_host(sent, "needs")
    with sent.at_host() as work:
        assert consents.withdraw(work, first) == [sent.thread]
    sent.nodes.deliver()
    assert sent.row(sent.nodes.origin).status == "erased"


def test_an_organisation_that_was_given_a_closed_part_is_asked_to_erase_it(sent: Story) -> None:
    sent.accept()
    with sent.at_origin() as work:
        for name, path in (("a", "needs.economic"), ("b", "contact")):
            given = GivenRow(
                peer="es:retorno", thread=sent.thread, organisation=f"ci:accueil/{name}", service="housing"
            )
            given.paths, given.presentation, given.nonce = [path], "invented", "n"
            given.given_at, given.given_by = work.at, "sample-intake"
            work.session.add(given)
    narrow_at_origin(sent, "needs")
    with sent.at_origin() as work:
        asked = {one.organisation: one.chased_at is not None for one in work.session.scalars(select(GivenRow))}
    assert asked == {"ci:accueil/a": True, "ci:accueil/b": False}


def test_why_something_is_withheld_stays_where_it_was_said(sent: Story) -> None:
    why = "wants to tell them herself"
    narrow_at_host(sent, withhold=[Withholding(what="everything", from_whom="a cousin", why="fears the cousin")])
    sent.nodes.deliver()
    assert traces(settled_file_of(sent.nodes.origin), [why, "fears the cousin"]) == []
    assert traces(settled_file_of(sent.nodes.host), [why, "fears the cousin"]) == [why, "fears the cousin"]
    assert not any(text.encode() in one.body for one in sent.nodes.transport.carried for text in (why, "fears"))
    withheld = [one.what for one in consents.read(newest(sent)).withhold if one.why == why]
    assert withheld == ["psychosocial needs"]


def test_a_consent_that_is_not_there_is_not_changed(sent: Story) -> None:
    sent.withdraw()
    with sent.at_host() as work, pytest.raises(Conflict):
        consent_changes.let_nothing_return(work, newest(sent).id, account(sent))
    sent.nodes.deliver()
    with sent.at_origin() as work, pytest.raises(Conflict):
        origin_consents.let_nothing_return(work, sent.thread, account(sent))


def test_who_may_not_record_a_consent_may_not_change_one(sent: Story) -> None:
    with sent.at_host(Role.AUDITOR) as work, pytest.raises(Forbidden):
        consent_changes.let_nothing_return(work, newest(sent).id, account(sent))
    with sent.at_origin(Role.ADMINISTRATOR) as work, pytest.raises(Forbidden):
        origin_consents.let_nothing_return(work, sent.thread, account(sent))


@pytest.mark.parametrize("renew", [renew_at_host, renew_at_origin])
def test_nobody_renews_it_for_longer_than_the_procedure_says(renew: Callable[..., None], sent: Story) -> None:
    with pytest.raises(ConsentRuleBroken):
        renew(sent, date(2040, 1, 1))
    with pytest.raises(ChangeUnfit):
        renew(sent, END)


NARROWER = replace(TERMS, classes=TERMS.classes - {"travel"})
FOREIGN: dict[str, tuple[Terms, dict[str, JsonValue], str]] = {
    "more, called a narrowing": (
        replace(TERMS, classes=TERMS.classes | {"skills"}),
        {"change": "narrowed"},
        "consent-change",
    ),
    "another purpose": (replace(NARROWER, purpose="medical-continuity"), {"change": "narrowed"}, "consent-change"),
    "another receiver": (replace(NARROWER, receiver="ci:other"), {"change": "narrowed"}, "consent-change"),
    "nothing new": (TERMS, {"change": "narrowed"}, "consent-change"),
    "a renewal that ends earlier": (
        replace(TERMS, expires_on=TERMS.expires_on - timedelta(days=1)),
        {"change": "renewed"},
        "consent-change",
    ),
    "a renewal for ever": (replace(TERMS, expires_on=date(2099, 1, 1)), {"change": "renewed"}, "consent-rule"),
    "an unknown change": (NARROWER, {"change": "improved"}, "step-invalid"),
}


@pytest.mark.parametrize("name", FOREIGN)
def test_a_peer_cannot_change_it_to(name: str, hand: Hand) -> None:
    after, words, code = FOREIGN[name]
    assert hand.say(asking()).told == ("stored", None)
    hand.basis = Basis(kind="consent", record=terms_record(after), salt=hand.basis.salt)
    hidden = {
        "step": step("consent-changed", taken_at=hand.now.isoformat(), **words),
        "consent": terms_to_fields(after),
    }
    assert hand.say(hidden, "message").told == ("refused", code)
    with hand.receiver.read() as work:
        assert referrals.terms(referrals.by_thread(work.session, hand.thread)) == TERMS


def test_new_terms_must_be_those_that_the_message_rests_on(hand: Hand) -> None:
    hand.say(asking())
    words = step("consent-changed", taken_at=hand.now.isoformat(), change="narrowed")
    assert hand.say({"step": words, "consent": terms_to_fields(NARROWER)}, "message").told == (
        "refused",
        "consent-change",
    )
    assert hand.say({"step": words}, "message").told == ("refused", "consent-change")
    hand.basis = replace_salt(hand.basis, NARROWER)
    assert hand.say({"step": words, "consent": terms_to_fields(NARROWER)}, "message").told == (
        "refused",
        "consent-change",
    )


def test_after_a_change_the_older_terms_count_for_nothing_new(hand: Hand) -> None:
    hand.say(asking())
    older = hand.basis
    hand.basis = Basis(kind="consent", record=terms_record(NARROWER), salt=older.salt)
    words = step("consent-changed", taken_at=hand.now.isoformat(), change="narrowed")
    assert hand.say({"step": words, "consent": terms_to_fields(NARROWER)}, "message").told == ("stored", None)
    hand.basis = older
    changed = {"step": step("departed", at=hand.now.isoformat())}
    assert hand.say(changed, "message").told == ("refused", "no-basis"), "they knew of their own change"


def replace_salt(basis: Basis, after: Terms) -> Basis:
    return Basis(kind="consent", record=terms_record(after), salt=bytes(reversed(basis.salt)))


def test_a_first_message_cannot_last_longer_than_the_procedure_says(hand: Hand) -> None:
    long = replace(TERMS, expires_on=date(2099, 1, 1))
    hand.basis = Basis(kind="consent", record=terms_record(long), salt=hand.basis.salt)
    assert hand.say(asking(long)).told == ("refused", "consent-rule")


def test_what_is_withheld_from_the_host_does_not_return_and_the_rest_does(sent: Story) -> None:
    sent.accept()
    sent.arrive()
    found: JsonObject = {"services": [{"service": "housing", "status": "offered", "note": FOUND}]}
    words: JsonObject = {"comments": COMMENTS, "language": "fr"}
    sent.origin(follow_up.report, 1, moved={}, results={"outcome": found, "feedback": words})
    host = sent.nodes.host
    assert returned(sent) == {"outcome", "feedback"}
    with sent.at_origin() as work:
        withhold = (Withheld(what="feedback", from_whom=HOST_ID),)
        origin_consents.narrow(work, sent.thread, account(sent), withhold=withhold)
    sent.nodes.deliver()
    assert returned(sent) == {"outcome"}
    sent.origin(follow_up.report, 3, moved={}, results={"outcome": found, "feedback": words})
    assert returned(sent) == {"outcome"}
    assert traces(rows_of(host), [COMMENTS]) == []
    assert traces(rows_of(host), [FOUND]) == [FOUND]
    assert traces(rows_of(sent.nodes.origin), [COMMENTS]) == [COMMENTS]
    require_same(sent)


def returned(story: Story) -> set[str]:
    with story.nodes.host.read() as work:
        return set(work.session.scalars(select(ReturnedRow.data_class).where(ReturnedRow.thread == story.thread)))
