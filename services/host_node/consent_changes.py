"""A consent that stands is renewed or narrowed, by the person at this node or at the origin.

Three refusals are kept apart. *Nothing may return here* and *not this organisation or class* change the terms and let
the referral go on; *no assistance at all* is the withdrawal in `host_node.consents`. Each change is a consent of its
own that says which one it replaces: the newest speaks, and what was agreed before stays on record.

What a change closes is erased at the origin when it learns of it, and here as far as it came back or was sent.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time

from sqlalchemy import delete

from host_node import agencies, consent_taking, consents
from host_node.tables import CaseReferralRow, ConsentRow, ReturnedRow
from relevo.delivery import consent_changes, duties, steps
from relevo.domain.access import Act
from relevo.domain.consent import Account, Giver, Terms, Withheld, Withholding, terms_of
from relevo.domain.consent_change import ConsentChangeKind, closed_classes, closed_fields, require_change
from relevo.domain.excess_data import CONSENT_CHANGED, withheld_from_host
from relevo.domain.sides import Side
from relevo.errors import Conflict, NotFound
from relevo.messages.content import Said
from relevo.messages.steps_record import ConsentChanged
from relevo.storage import referrals
from relevo.storage.erasure import erase_closed, erase_received
from relevo.storage.tables import ReferralRow
from relevo.storage.unit_of_work import UnitOfWork

AT_ORIGIN = "the person, at the origin"


@dataclass(frozen=True, kw_only=True)
class Changed:
    """The consent that speaks now, and the referrals that were told."""

    row: ConsentRow
    told: list[str]


def renew(
    work: UnitOfWork, consent_id: str, account: Account, *, expires_on: date, classes: Collection[str] | None = None
) -> Changed:
    """The person agrees for longer, and to `classes` where they are given; every referral under it goes on so.

    Raises:
        ChangeUnfit: if it does not last longer.
        ConsentRuleBroken: if the procedure does not let it last so long, or be taken so.
    """

    def edit(terms: Terms) -> Terms:
        agreed = terms.classes if classes is None else frozenset(classes)
        return replace(terms, expires_on=expires_on, classes=agreed)

    return _change(work, consent_id, account, ConsentChangeKind.RENEWED, edit)


def narrow(
    work: UnitOfWork,
    consent_id: str,
    account: Account,
    *,
    without: Collection[str] = (),
    withhold: Sequence[Withholding] = (),
    expires_on: date | None = None,
) -> Changed:
    """The person takes back classes, withholds something from somebody, or ends it earlier; the referral goes on.

    Raises:
        ChangeUnfit: if nothing would be less than before.
    """

    def edit(terms: Terms) -> Terms:
        added = tuple(Withheld(one.what, one.from_whom) for one in withhold)
        return replace(
            terms,
            classes=terms.classes - set(without),
            withhold=tuple(dict.fromkeys((*terms.withhold, *added))),
            expires_on=expires_on or terms.expires_on,
        )

    return _change(work, consent_id, account, ConsentChangeKind.NARROWED, edit, withhold)


def let_nothing_return(work: UnitOfWork, consent_id: str, account: Account) -> Changed:
    """The person wants this node to learn nothing more of what becomes of them; the assistance goes on."""

    def edit(terms: Terms) -> Terms:
        return replace(terms, outcomes_may_return=False)

    return _change(work, consent_id, account, ConsentChangeKind.NARROWED, edit)


def learn(work: UnitOfWork, row: ReferralRow, said: Said) -> None:
    """The person renewed or narrowed it at the origin: it is a consent of the case here too, and binds this node."""
    if referrals.terms(row) is None:
        return
    before, after = consent_changes.learned(work, row, said)
    link = work.session.get_one(CaseReferralRow, row.thread)
    if link.consent is not None and isinstance(said.payload, ConsentChanged):
        old = consents.latest(work.session, link.consent)
        taken_on = min(said.payload.taken_at, work.at).astimezone(UTC).date()
        account = Account(
            by=AT_ORIGIN, giver=Giver(old.giver), evidence=old.evidence, language=old.language, taken_on=taken_on
        )
        link.consent = _replace(work, old, after, account).id
    _erase_closed(work, row, before, after)


def forget_returned(work: UnitOfWork, row: ReferralRow, classes: Collection[str]) -> None:
    """Erase what came back of these classes in a referral."""
    mine = (ReturnedRow.peer == row.peer, ReturnedRow.thread == row.thread, ReturnedRow.data_class.in_(classes))
    work.session.execute(delete(ReturnedRow).where(*mine))


def _change(
    work: UnitOfWork,
    consent_id: str,
    account: Account,
    kind: ConsentChangeKind,
    edit: Callable[[Terms], Terms],
    withhold: Sequence[Withholding] = (),
) -> Changed:
    work.require(Act.RECORD_CONSENT)
    old = consents.latest(work.session, consent_id)
    if not agencies.sees_case(work, old.case):
        raise NotFound("there is no such consent")
    if old.withdrawn_at is not None:
        raise Conflict("this consent was withdrawn", next_step="If the person agrees anew, record a new consent.")
    before = terms_of(consents.read(old))
    after = edit(before)
    require_change(before, after, kind=kind, side=work.identity.side)
    consent_taking.require_by_procedure(work, old.receiver, account, after.expires_on)
    new = _replace(work, old, after, account, withhold)
    return Changed(
        row=new, told=[thread for thread in _moving(work, old, new) if _tell(work, thread, kind, edit, account)]
    )


def _moving(work: UnitOfWork, old: ConsentRow, new: ConsentRow) -> list[str]:
    """The referrals under the old consent, which move under the new one from now on."""
    threads = consents.threads_under(work.session, old.id)
    for thread in threads:
        work.session.get_one(CaseReferralRow, thread).consent = new.id
    return threads


def _tell(
    work: UnitOfWork, thread: str, kind: ConsentChangeKind, edit: Callable[[Terms], Terms], account: Account
) -> bool:
    """Whether the referral still stood, so that the origin is told of the change."""
    row = referrals.by_thread(work.session, thread)
    terms = referrals.terms(row)
    if terms is None or CONSENT_CHANGED not in steps.allowed_now(row, work.identity.side):
        return False
    taken_at = min(datetime.combine(account.taken_on, time(12), tzinfo=UTC), work.at)
    before = consent_changes.change(work, row, kind, edit(terms), taken_at)
    _erase_closed(work, row, before, edit(terms))
    return True


def _erase_closed(work: UnitOfWork, row: ReferralRow, before: Terms, after: Terms) -> None:
    """What the person has closed leaves no words here either; the case itself is this node's own record."""
    closed, fields = closed_classes(before, after), closed_fields(before, after)
    back = withheld_from_host(after, work.identity.node_id)
    erase_received(work.session, row, back, side=Side.ORIGIN)
    forget_returned(work, row, closed | back)
    if closed or fields:
        erase_closed(work.session, row, closed | fields)
        duties.drop_pointless(work, row)


def _replace(
    work: UnitOfWork, old: ConsentRow, after: Terms, account: Account, withhold: Sequence[Withholding] = ()
) -> ConsentRow:
    """The consent that takes the place of an older one, with the reasons for withholding that are known here."""
    reasons = {(one.what, one.from_whom): one for one in (*consents.read(old).withhold, *withhold)}
    known = [reasons.get((what, whom), Withholding(what=what, from_whom=whom)) for what, whom in after.withhold]
    new = consents.keep(work, old.case, after, known, account, replaces=old.id)
    consents.note(work, new, "changed")
    return new
