"""The part of an origin's JSON API about changes of consent, and what was sent to whom."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse

from origin_node import consents, disclosure_statement
from relevo.domain.consent import Withheld
from relevo.web.access import CurrentUser, node_of
from relevo.web.consent_forms import AccountGiven, Narrowing, Renewal
from relevo.web.operations import Referral, describe

router = APIRouter(prefix="/api/referrals/{thread}", tags=["consent"])


@router.post("/consent/renew")
def renew(request: Request, user: CurrentUser, thread: str, given: Renewal) -> Referral:
    """The person agrees for longer; the host is told."""
    with node_of(request).write(user) as work:
        return describe(work, consents.renew(work, thread, given.to_account(), expires_on=given.expires_on))


@router.post("/consent/narrow")
def narrow(request: Request, user: CurrentUser, thread: str, given: Narrowing) -> Referral:
    """The person agrees to less; what is closed is erased here, and organisations are asked to erase it."""
    withhold = [Withheld(one.what, one.from_whom) for one in given.withhold]
    with node_of(request).write(user) as work:
        row = consents.narrow(
            work,
            thread,
            given.to_account(),
            without=given.without,
            withhold=withhold,
            expires_on=given.expires_on,
        )
        return describe(work, row)


@router.post("/consent/no-return")
def no_return(request: Request, user: CurrentUser, thread: str, given: AccountGiven) -> Referral:
    """The person wants the host to learn nothing more; the assistance goes on."""
    with node_of(request).write(user) as work:
        return describe(work, consents.let_nothing_return(work, thread, given.to_account()))


@router.get("/disclosure", response_class=PlainTextResponse)
def disclosure(request: Request, user: CurrentUser, thread: str) -> str:
    """What was told the host and given to organisations, when, and under which consent."""
    with node_of(request).read(user) as work:
        return disclosure_statement.disclosure(work, thread)
