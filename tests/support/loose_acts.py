"""Everything that people of both nodes can do in a referral under a consent, by the words of a counterexample."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

from host_node import cases, consent_changes, consents, corrections, referrals
from host_node import costs as host_costs
from host_node.tables import ConsentRow
from origin_node import assignments, chasing, closing, erasure, first_contact, follow_up, journey, plan, reassessment
from origin_node import consents as origin_consents
from origin_node import costs as origin_costs
from origin_node import referrals as decisions
from relevo.domain.consent import Account, Withheld, Withholding
from relevo.protocol.strict_json import JsonObject
from relevo.storage.unit_of_work import UnitOfWork
from support.loose_table import SAID, Table, host, origin
from support.partners import HOUSING, worker

END = date(2028, 2, 28)
"""The last day of the consent of case 01."""
Act = Callable[[Table], object]


def happened(verb: Callable[..., object], name: str, **more: object) -> Act:
    """Something that happened just now at the origin."""

    def act(table: Table) -> None:
        with table.story.at_origin() as work:
            verb(work, table.story.thread, **{name: work.at, **more})

    return act


def depart(table: Table) -> None:
    host(referrals.depart, table.nodes.clock.now())(table)


def ask(table: Table) -> None:
    origin(decisions.ask, f"What of {table.words[SAID]}?", ["needs"])(table)


def answer(*classes: str) -> Act:
    return lambda table: host(referrals.answer, f"It is {table.words[SAID]}.", classes)(table)


def fly(**changes: str) -> Act:
    return host(referrals.change_journey, changes)


def correct(name: str, **fields: object) -> Act:
    """The host finds that what it stated of a class was wrong, and says so."""

    def act(table: Table) -> None:
        with table.story.at_host() as work:
            case = cases.find(work, table.story.case)
            present = case.record[name]
            assert isinstance(present, dict)
            corrections.correct_case(work, case, name, {**present, **fields}, "it was wrong")  # type: ignore[dict-item]
            corrections.correct(work, table.story.thread, [name], f"copied: {table.words[SAID]}")

    return act


def costs(side: str, amount: str, *, spent: bool = False) -> Act:
    """A side proposes costs, or reports what was spent."""

    def act(table: Table) -> None:
        line: JsonObject = {"what": table.words["costs"], "planned": amount, "borne_by": "host"}
        given = {"currency": "EUR", "lines": [{**line, "actual": "90"} if spent else line]}
        if side == "host":
            host(host_costs.report if spent else host_costs.plan, given)(table)
        else:
            origin(origin_costs.report if spent else origin_costs.plan, given)(table)

    return act


def account(table: Table) -> Account:
    return Account(language="fr", taken_on=table.nodes.clock.now().date())


def newest(table: Table, work: UnitOfWork) -> ConsentRow:
    return consents.rows_of(work, cases.find(work, table.story.case))[-1]


def at_host(verb: Callable[..., object], **more: object) -> Act:
    """The person changes the consent at the host."""

    def act(table: Table) -> None:
        with table.story.at_host() as work:
            verb(work, newest(table, work).id, account(table), **more)

    return act


def at_origin(verb: Callable[..., object], **more: object) -> Act:
    """The person changes the consent at the origin."""

    def act(table: Table) -> None:
        with table.story.at_origin() as work:
            verb(work, table.story.thread, account(table), **more)

    return act


def withdraw(table: Table) -> None:
    with table.story.at_host() as work:
        consents.withdraw(work, newest(table, work).id)


def follow(table: Table) -> None:
    found = {"services": [{"service": "housing", "status": "completed", "note": table.words["outcome"]}]}
    origin(follow_up.report, 1, moved={}, results={"outcome": found})(table)


def close(table: Table) -> None:
    origin(closing.close, "moved", {"comments": table.words["feedback"], "language": "fr"})(table)


def agree_plan(table: Table) -> None:
    goals = [table.words["plan"]]
    origin(plan.agree, {"agreed_on": "2026-11-22", "goals": goals, "actions": [{"service": "housing"}]})(table)


def reassess(table: Table) -> None:
    found = {"needs": {"social": ["housing"], "intentions": table.words["needs"]}}
    origin(reassessment.reassess, found)(table)


def housing(*, accept: bool) -> Act:
    """The organisation's own staff answer the offer."""

    def act(table: Table) -> None:
        why = None if accept else "no room"
        with table.nodes.origin.write(worker(HOUSING)) as work:
            assignments.answer(work, table.story.thread, "housing", accept=accept, reason=why, because="nobody else")

    return act


def confirm_erased(table: Table) -> None:
    with table.nodes.origin.write(worker(HOUSING)) as work:
        chasing.confirm(work, table.story.thread, HOUSING)


def wait(days: int) -> Act:
    """Days pass on which both nodes try in vain."""
    return lambda table: table.story.later(days=days)


LATER = {days: END + timedelta(days=days) for days in (50, 100)}
SECRET_FIELD = "needs.intentions"

ACTS: dict[str, Act] = {
    "answer": answer("needs"),
    "answer with contact": answer("contact", "skills"),
    "change the flight": fly(flight="IB0009"),
    "fly later": fly(arrival_at="2026-12-20T10:00:00+00:00"),
    "fly earlier": fly(arrival_at="2026-12-02T10:00:00+00:00"),
    "depart": depart,
    "cancel the journey": host(referrals.cancel_journey),
    "cancel": host(referrals.cancel),
    "enter in error": host(referrals.enter_in_error),
    "correct needs": correct("needs", social=["housing"]),
    "correct contact": correct("contact", channel="email"),
    "correct travel": correct("travel", arrival_at="2026-12-10T10:00:00+00:00"),
    "host plans costs": costs("host", "100"),
    "host agrees to costs": host(host_costs.agree),
    "host reports costs": costs("host", "100", spent=True),
    "origin plans costs": costs("origin", "200"),
    "origin agrees to costs": origin(origin_costs.agree),
    "origin reports costs": costs("origin", "200", spent=True),
    "host renews": at_host(consent_changes.renew, expires_on=LATER[50]),
    "host renews for longer": at_host(consent_changes.renew, expires_on=LATER[100]),
    "host narrows needs": at_host(consent_changes.narrow, without=["needs"]),
    "host narrows costs": at_host(consent_changes.narrow, without=["costs"]),
    "host narrows travel": at_host(consent_changes.narrow, without=["travel"]),
    "host shortens": at_host(consent_changes.narrow, expires_on=date(2027, 1, 31)),
    "host withholds from housing": at_host(
        consent_changes.narrow, withhold=[Withholding(what="contact", from_whom=HOUSING, why="afraid of them")]
    ),
    "host withholds intentions": at_host(
        consent_changes.narrow, withhold=[Withholding(what=SECRET_FIELD, from_whom="ci:accueil", why="a rival")]
    ),
    "host lets nothing return": at_host(consent_changes.let_nothing_return),
    "host lets needs again": at_host(
        consent_changes.renew,
        expires_on=LATER[100] + timedelta(days=1),
        classes=["identity-min", "contact", "travel", "family", "needs", "skills"],
    ),
    "withdraw at the host": withdraw,
    "acknowledge": origin(decisions.acknowledge),
    "accept": origin(decisions.accept, "gladly"),
    "decline": origin(decisions.decline, "no-capacity"),
    "ask": ask,
    "waitlist": origin(decisions.waitlist, date(2026, 12, 1)),
    "agree to cancel": origin(decisions.agree_to_cancel),
    "object to cancel": origin(decisions.object_to_cancel, "it goes on"),
    "start": origin(decisions.start),
    "hold": origin(decisions.hold, "waits"),
    "resume": origin(decisions.resume),
    "arrive": happened(journey.confirm_arrival, "arrived_at"),
    "not arrive": origin(journey.not_arrived, "no-show"),
    "contact": happened(first_contact.record, "at", channel="phone", outcome="reached"),
    "wrong number": happened(first_contact.record, "at", channel="phone", outcome="wrong-number"),
    "unsafe contact": happened(first_contact.record, "at", channel="phone", outcome="unsafe"),
    "clear contact": origin(first_contact.clear),
    "offer housing": origin(assignments.assign, "housing", HOUSING, because="nobody else"),
    "housing accepts": housing(accept=True),
    "housing declines": housing(accept=False),
    "housing begins": origin(assignments.report, "housing", "in-progress"),
    "housing confirms erasure": confirm_erased,
    "reassess": reassess,
    "agree the plan": agree_plan,
    "follow up": follow,
    "not complete": origin(closing.not_complete, "moved"),
    "close": close,
    "reopen": origin(closing.reopen, "it goes on"),
    "origin renews": at_origin(origin_consents.renew, expires_on=LATER[50] + timedelta(days=3)),
    "origin narrows needs": at_origin(origin_consents.narrow, without=["needs"]),
    "origin narrows skills": at_origin(origin_consents.narrow, without=["skills"]),
    "origin narrows costs": at_origin(origin_consents.narrow, without=["costs"]),
    "origin shortens": at_origin(origin_consents.narrow, expires_on=date(2027, 2, 20)),
    "origin withholds from housing": at_origin(origin_consents.narrow, withhold=[Withheld("identity-min", HOUSING)]),
    "origin lets nothing return": at_origin(origin_consents.let_nothing_return),
    "withdraw at the origin": origin(erasure.withdraw_consent),
    "a day": wait(1),
    "a month": wait(31),
}
"""All acts; one that is not possible now is refused, which is as good an end as any."""
