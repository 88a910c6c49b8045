"""The part of every node's JSON API about costs; each side hands in its own verbs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from relevo.delivery.costs_view import CostVerbs
from relevo.web.access import CurrentUser, node_of
from relevo.web.operations import Body, Referral, describe


class CostsGiven(Body):
    """The data class `costs`: currency, and lines with amounts as text."""

    costs: dict[str, Any]


class Agreement(Body):
    """The message of the proposal that is agreed to, for who wants to be sure of it."""

    of: str | None = None


class ProofGiven(Body):
    """That a line was paid: a kind of document, and the digest of one that stays here."""

    line: Annotated[int, Field(ge=0)]
    kind: Annotated[str, Field(min_length=1, max_length=300)]
    digest: str


class CostsSpent(CostsGiven):
    """What was spent: the class `costs` with `actual`, and the proofs that there are."""

    proofs: list[ProofGiven] = Field(default_factory=list)


class _Shown(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class CostLineShown(_Shown):
    """One line; amounts are decimal text."""

    what: str
    category: str | None
    borne_by: str
    planned: Decimal
    actual: Decimal | None


class SumShown(_Shown):
    """What was planned and spent, and the difference."""

    planned: Decimal
    actual: Decimal | None
    difference: Decimal | None


class CostEventShown(_Shown):
    """Who proposed or reported costs, when, and what became of it."""

    jti: str
    kind: str
    side: str
    who: str
    at: datetime
    state: str
    agreed_by: str | None
    proofs: list[Any]


class CostsShown(_Shown):
    """The costs of a referral: planned, spent, the difference, and how that came about."""

    currency: str | None
    ceiling: Decimal | None
    state: str | None
    jti: str | None
    lines: list[CostLineShown]
    by_bearer: Mapping[str, SumShown]
    whole: SumShown
    events: list[CostEventShown]


def make_router(verbs: CostVerbs) -> APIRouter:
    """The routes about costs of a node whose people have these verbs."""
    router = APIRouter(prefix="/api/referrals/{thread}/costs", tags=["referrals"])

    @router.get("")
    def show_costs(request: Request, user: CurrentUser, thread: str) -> CostsShown:
        """What was planned and spent, and the difference."""
        with node_of(request).write(user) as work:
            return CostsShown.model_validate(verbs.show(work, thread))

    @router.post("/plan")
    def plan_costs(request: Request, user: CurrentUser, thread: str, given: CostsGiven) -> Referral:
        """Propose costs to the other side, in the place of those that stand."""
        with node_of(request).write(user) as work:
            return describe(work, verbs.plan(work, thread, given.costs))

    @router.post("/agree")
    def agree_costs(request: Request, user: CurrentUser, thread: str, given: Agreement) -> Referral:
        """Agree to the costs that the other side proposed."""
        with node_of(request).write(user) as work:
            return describe(work, verbs.agree(work, thread, given.of))

    @router.post("/report")
    def report_costs(request: Request, user: CurrentUser, thread: str, given: CostsSpent) -> Referral:
        """Report what was spent, with the proofs."""
        proofs = [one.model_dump(mode="json") for one in given.proofs]
        with node_of(request).write(user) as work:
            return describe(work, verbs.report(work, thread, given.costs, proofs))

    return router
