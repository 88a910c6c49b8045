"""How a host takes consent by the procedure, and when it asks again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from relevo.delivery.renewals import renewals
from relevo.domain.consent import Account
from relevo.domain.consent_taking import Taking, require_taking
from relevo.domain.sop import parse_sop
from relevo.domain.tasks import Task
from relevo.storage import sops
from relevo.storage.unit_of_work import UnitOfWork


def require_by_procedure(work: UnitOfWork, receiver: str, account: Account, expires_on: date) -> None:
    """Whether the SOP in force with the receiver lets a consent be taken so; nothing is asked where there is none.

    Raises:
        ConsentRuleBroken: with every reason why not.
    """
    found = sops.newest_agreed(work.session, receiver)
    if found is None:
        return
    taking = Taking(
        side=work.identity.side,
        role=work.user.role,
        language=account.language,
        interpreter=account.interpreter,
        taken_on=account.taken_on,
        expires_on=expires_on,
    )
    require_taking(parse_sop(found.text), taking)


def tasks(work: UnitOfWork) -> Iterator[Task]:
    """Consents that end soon, or have ended, in referrals that are still open."""
    yield from renewals(work)
