"""A second version of a procedure between two whole nodes: proposed, refused, accepted, and what referrals do then."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from host_node import referrals as host_verbs
from relevo.delivery import sop_exchange
from relevo.delivery.node import Node
from relevo.delivery.outbox import Frame, OutboxState, post
from relevo.domain.access import Role
from relevo.domain.sop_versions import SopNotNext, Standing
from relevo.errors import NotFound
from relevo.ids import new_thread
from relevo.messages.steps_sop import SopProposed
from relevo.protocol.sop_signature import sign_sop
from relevo.storage import sops
from relevo.storage.sops import SopState
from relevo.storage.tables import OutboxRow
from support.hand_made import Hand, asking, step
from support.nodes import AT, HOST_ID, ORIGIN_ID, SOP, JoinedNodes, staff
from support.story import Story, sample

TEXT = SOP.read_text(encoding="utf-8")
WEEK, SECOND = timedelta(days=7), timedelta(seconds=1)
ADMINISTRATOR = staff(Role.ADMINISTRATOR)


def version(number: int, effective: datetime = AT + WEEK, **names: str) -> str:
    """A later version of the sample SOP, with some names changed."""
    text = TEXT.replace("version = 1", f"version = {number}")
    text = text.replace("2026-11-01T00:00:00Z", f"{effective:%Y-%m-%dT%H:%M:%SZ}")
    for old, new in names.items():
        text = text.replace(old.replace("_", "-"), new)
    return text


def offer(nodes: JoinedNodes, text: str) -> str:
    """Let the host propose a text, and bring it; its digest."""
    with nodes.host.write(ADMINISTRATOR) as work:
        row = sops.keep(work.session, text, own=HOST_ID, at=work.at)
        sop_exchange.propose(work, row)
    nodes.deliver()
    return row.digest


def accept(node: Node, digest: str) -> None:
    with node.write(ADMINISTRATOR) as work:
        sop_exchange.accept(work, sops.find(work.session, digest))


def agree(nodes: JoinedNodes, text: str) -> str:
    digest = offer(nodes, text)
    accept(nodes.origin, digest)
    nodes.deliver()
    return digest


def in_force(node: Node, peer: str) -> int:
    with node.read() as work:
        return sops.in_force(work.session, peer, work.at).version


def state(node: Node, digest: str) -> str:
    with node.read() as work:
        return sops.find(work.session, digest).state


NOT_NEXT = {
    "a day too soon": (version(2, AT + WEEK - timedelta(days=1)), "sop-notice-short"),
    "the same number": (f"# again\n{version(1)}", "sop-version-not-higher"),
    "another name": (version(2, es_ci_return="es-ci-other"), "sop-name-differs"),
}


@pytest.mark.parametrize(("text", "code"), NOT_NEXT.values(), ids=NOT_NEXT)
def test_a_version_that_cannot_follow_is_not_proposed(nodes: JoinedNodes, text: str, code: str) -> None:
    with pytest.raises(SopNotNext) as refusal:
        offer(nodes, text)
    assert [reason.code for reason in refusal.value.reasons] == [code]


@pytest.mark.parametrize("text", [text for text, _code in NOT_NEXT.values()], ids=NOT_NEXT)
def test_one_that_is_proposed_all_the_same_is_refused_with_a_signed_receipt(nodes: JoinedNodes, text: str) -> None:
    with nodes.host.write(ADMINISTRATOR) as work:
        signature = sign_sop(
            text.encode(), nodes.host.identity.keys.signing, iss=HOST_ID, aud=ORIGIN_ID, at=nodes.clock.now()
        )
        frame = Frame(peer=ORIGIN_ID, thread=new_thread())
        post(work, frame, "sop-proposed", SopProposed(sop=text, signature=signature), {})
    nodes.deliver()
    with nodes.host.read() as work:
        (row,) = work.session.scalars(select(OutboxRow).where(OutboxRow.thread == frame.thread))
        assert (row.state, row.problem) == (OutboxState.REFUSED, "sop-not-next")
        assert row.receipt is not None
    assert len(_versions(nodes.origin)) == 1


def test_a_later_version_takes_effect_at_its_moment_on_both_nodes(nodes: JoinedNodes) -> None:
    agree(nodes, version(2))
    assert (in_force(nodes.host, ORIGIN_ID), in_force(nodes.origin, HOST_ID)) == (1, 1)
    assert _standings(nodes.host) == [(1, Standing.IN_FORCE), (2, Standing.LATER)]
    nodes.clock.move_to(AT + WEEK)
    assert (in_force(nodes.host, ORIGIN_ID), in_force(nodes.origin, HOST_ID)) == (2, 2)
    assert _standings(nodes.host) == _standings(nodes.origin) == [(1, Standing.SUPERSEDED), (2, Standing.IN_FORCE)]


def test_a_version_is_not_accepted_once_its_moment_has_come(nodes: JoinedNodes) -> None:
    digest = offer(nodes, version(2))
    nodes.clock.move_to(AT + WEEK)
    with pytest.raises(SopNotNext) as refusal:
        accept(nodes.origin, digest)
    assert [reason.code for reason in refusal.value.reasons] == ["sop-accepted-late"]


def test_an_acceptance_signed_in_time_counts_although_it_arrives_late(nodes: JoinedNodes) -> None:
    digest = offer(nodes, version(2))
    nodes.transport.disconnect(nodes.host)
    accept(nodes.origin, digest)
    nodes.clock.move_to(AT + 2 * WEEK)
    nodes.transport.connect(nodes.host)
    nodes.deliver()
    nodes.deliver()
    assert state(nodes.host, digest) == SopState.AGREED
    assert in_force(nodes.host, ORIGIN_ID) == 2


def test_of_two_offers_the_one_accepted_first_stands(nodes: JoinedNodes) -> None:
    second, third = offer(nodes, version(2)), offer(nodes, version(3))
    accept(nodes.origin, third)
    with pytest.raises(SopNotNext):
        accept(nodes.origin, second)


def test_two_versions_whose_acceptances_cross_are_ranked_alike_by_both(nodes: JoinedNodes) -> None:
    here, there = version(2), version(2, AT + WEEK + SECOND)
    ours = offer(nodes, here)
    with nodes.origin.write(ADMINISTRATOR) as work:
        row = sops.keep(work.session, there, own=ORIGIN_ID, at=work.at)
        sop_exchange.propose(work, row)
    nodes.deliver()
    accept(nodes.origin, ours)
    accept(nodes.host, row.digest)
    nodes.deliver()
    nodes.clock.move_to(AT + WEEK + SECOND)
    with nodes.host.read() as mine, nodes.origin.read() as theirs:
        found = sops.in_force(mine.session, ORIGIN_ID, mine.at).digest
        assert found == sops.in_force(theirs.session, HOST_ID, theirs.at).digest == row.digest


def test_a_referral_made_before_the_newer_version_is_taken_within_grace(nodes: JoinedNodes) -> None:
    agree(nodes, version(2))
    story = _made_off_line(nodes)
    nodes.clock.move_to(AT + WEEK + timedelta(days=29))
    _reconnect(nodes)
    assert story.deliveries(nodes.host)["requested"] == "stored"
    assert story.row(nodes.origin).sop == story.row(nodes.host).sop


def test_after_grace_it_is_refused_for_good_and_goes_anew_under_the_newer_version(nodes: JoinedNodes) -> None:
    newer = agree(nodes, version(2))
    story = _made_off_line(nodes)
    nodes.clock.move_to(AT + WEEK + timedelta(days=31))
    _reconnect(nodes)
    (entry,) = story.timeline(nodes.host)
    assert (entry.delivery, entry.problem) == ("refused", "sop-superseded")
    assert entry.receipt is not None
    story.host(host_verbs.cancel)
    story.send()
    assert story.deliveries(nodes.host)["requested"] == "stored"
    assert story.row(nodes.origin).sop == newer


def test_the_same_text_proposed_by_both_at_once_is_agreed_on_both(nodes: JoinedNodes) -> None:
    with nodes.origin.write(ADMINISTRATOR) as work:
        sop_exchange.propose(work, sops.keep(work.session, version(2), own=ORIGIN_ID, at=work.at))
    digest = offer(nodes, version(2))
    assert (state(nodes.host, digest), state(nodes.origin, digest)) == (SopState.AGREED, SopState.AGREED)


def test_a_referral_made_under_the_old_version_after_the_newer_began_is_refused(nodes: JoinedNodes) -> None:
    old = _versions(nodes.host)[0][1]
    agree(nodes, version(2))
    nodes.clock.move_to(AT + WEEK)
    hand = Hand(sender=nodes.host, receiver=nodes.origin)
    assert hand.say(asking(), sop=old).told == ("refused", "sop-superseded")


def test_a_referral_under_a_version_that_begins_later_is_refused(nodes: JoinedNodes) -> None:
    later = agree(nodes, version(2))
    assert Hand(sender=nodes.host, receiver=nodes.origin).say(asking(), sop=later).told == (
        "refused",
        "sop-not-in-force",
    )


def test_an_open_referral_goes_on_under_its_version_for_ever(nodes: JoinedNodes) -> None:
    hand, old = Hand(sender=nodes.host, receiver=nodes.origin), _versions(nodes.host)[0][1]
    hand.say(asking())
    agree(nodes, version(2))
    nodes.clock.move_to(AT + WEEK + timedelta(days=200))
    nodes.deliver()
    assert hand.say({"step": step("withdrawn", scope="all")}, "withdrawn", sop=old).told == ("stored", None)


def test_a_version_is_found_by_name_and_number(nodes: JoinedNodes) -> None:
    digest = agree(nodes, version(2))
    with nodes.host.read() as work:
        assert sops.find(work.session, "es-ci-return").digest == digest
        assert sops.find(work.session, "es-ci-return@2").digest == digest
        assert sops.find(work.session, "es-ci-return@1").version == 1
        for name in ("es-ci-return@3", "es-ci-return@x", "@1"):
            with pytest.raises(NotFound):
                sops.find(work.session, name)


def _versions(node: Node) -> list[tuple[int, str]]:
    with node.read() as work:
        return [(row.version, row.digest) for row in sops.everything(work.session)]


def _standings(node: Node) -> list[tuple[int, Standing | None]]:
    with node.read() as work:
        return [(row.version, sops.standing_of(work.session, row, work.at)) for row in sops.everything(work.session)]


def _made_off_line(nodes: JoinedNodes) -> Story:
    nodes.transport.disconnect(nodes.origin)
    story = Story(nodes=nodes)
    story.take_in(sample("01"))
    story.send()
    return story


def _reconnect(nodes: JoinedNodes) -> None:
    nodes.transport.connect(nodes.origin)
    for _ in range(2):
        nodes.deliver()
        nodes.clock.move(timedelta(hours=1))
