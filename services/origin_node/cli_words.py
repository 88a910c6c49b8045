"""What the commands of an origin share: how a referral is named, and how a verb is run and told of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Annotated, TypeAlias

import typer

from relevo.cli.referrals import Thread, moment, report
from relevo.cli.shared import opened, user
from relevo.storage.tables import ReferralRow
from relevo.storage.unit_of_work import UnitOfWork

__all__ = ["VERBS", "Because", "Thread", "Verb", "done", "moment"]

Verb: TypeAlias = Callable[[UnitOfWork], ReferralRow]
"""A verb with everything but its transaction."""

VERBS: Mapping[str, str] = MappingProxyType(
    {
        "acknowledged": "acknowledge",
        "accepted": "accept",
        "declined": "decline",
        "information-requested": "ask",
        "waitlisted": "waitlist",
        "cancel-agreed": "agree-cancellation",
        "cancel-objected": "object-cancellation",
        "arrived": "arrival",
        "not-arrived": "not-arrived",
        "first-contact": "contact",
        "service": "assign, service",
        "started": "start",
        "held": "hold",
        "resumed": "resume",
        "follow-up": "follow-up",
        "medication-secured": "medication-secured",
        "plan-agreed": "plan agree",
        "documents-returned": "file attach",
        "medical-question": "medical ask",
        "medical-answer": "medical answer",
        "completed": "complete",
        "not-completed": "not-complete",
        "closed": "close",
        "reopened": "reopen",
        "withdrawn": "withdraw",
        "erasure-confirmed": "confirm-erasure",
        "costs-planned": "costs plan",
        "costs-agreed": "costs agree",
        "costs-reported": "costs report",
        "consent-changed": "renew-consent, narrow-consent, no-return",
    }
)
"""The command for each step that an origin may take."""

Because = Annotated[str, typer.Option("--reason", help="Why, in one line.")]


def done(ctx: typer.Context, verb: Verb) -> None:
    """Run a verb in one transaction for whoever calls, and say where the referral stands then."""
    with opened(ctx).write(user(ctx)) as work:
        row = verb(work)
    report(row)
