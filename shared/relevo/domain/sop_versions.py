"""When one version of a SOP may follow another, and which version takes a referral.

A pair of nodes has one SOP at a time, by one name. Its first version may begin at once, also in the past. A later
one has the same name and the same pair, a higher version, and takes effect at least seven days after it was proposed;
it must be accepted before that moment. Proposer and acceptor ask the same, of the same signed moments.

A referral stays under the version that it began under. A new one is taken under an older version only if it was made
before the newer one took effect, and arrives within the days of grace of the older one.
"""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from relevo.errors import Reason, Refusal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from relevo.domain.sop import Sop

NOTICE = timedelta(days=7)


class Standing(StrEnum):
    """What an agreed version is good for at a moment."""

    LATER = "later"
    IN_FORCE = "in-force"
    SUPERSEDED = "superseded"


class SopNotNext(Refusal):
    """This version cannot follow the one that is agreed."""

    code = "sop-not-next"
    rule = "sop.follows"
    advice = "Correct the procedure file where it is named, and propose it anew; the agreed version stays in force."


class SopSuperseded(Refusal):
    """A newer version of the SOP took effect before this referral was made, or too long ago."""

    code = "sop-superseded"
    rule = "sop.current"
    clause = "grace_days"
    advice = "Look at the preview again, cancel this referral and send a new one: it goes under the version in force."


class SopNotInForce(Refusal):
    """The SOP takes effect only after this referral was made."""

    code = "sop-not-in-force"
    rule = "sop.current"
    clause = "effective"
    advice = "Send the referral under the version in force, or wait until this one takes effect."


def require_next(new: Sop, over: Sop | None, *, proposed_at: datetime) -> None:
    """Ask whether `new` may be proposed over the newest agreed version, if there is any.

    Raises:
        SopNotNext: with every reason.
    """
    reasons = tuple(_against(new, over, proposed_at)) if over else ()
    if reasons:
        raise SopNotNext(*reasons)


def _against(new: Sop, over: Sop, proposed_at: datetime) -> Iterator[Reason]:
    if new.name != over.name:
        detail = f"the SOP agreed with this node is {over.name}; a later version has the same name"
        yield _reason("sop-name-differs", "name", detail, "Write the name of the agreed version.")
    if (new.host, new.origin) != (over.host, over.origin):
        detail = f"the agreed version has {over.host} as host and {over.origin} as origin"
        yield _reason("sop-pair-differs", "host", detail, "Write the same host and the same origin.")
    if new.version <= over.version:
        detail = f"version {over.version} is agreed; a later one has a higher number"
        yield _reason("sop-version-not-higher", "version", detail, f"Write {over.version + 1} or more.")
    if new.effective < proposed_at + NOTICE:
        detail = f"must lie at least {NOTICE.days} days after the proposal ({proposed_at:%Y-%m-%d %H:%M} UTC)"
        yield _reason("sop-notice-short", "effective", detail, "Write a later date and import the file anew.")


def require_accepted_in_time(new: Sop, over: Sop | None, *, accepted_at: datetime) -> None:
    """Ask whether a version that follows another was accepted before it takes effect.

    Raises:
        SopNotNext: if its moment had come; it would else have been in force before both had signed.
    """
    if over is not None and over.version < new.version and accepted_at >= new.effective:
        detail = f"took effect at {new.effective:%Y-%m-%d %H:%M} UTC, before both sides had signed it"
        raise SopNotNext(_reason("sop-accepted-late", "effective", detail, "Propose it anew with a later date."))


def require_current(sop: Sop, superseded_at: datetime | None, *, made_at: datetime, received_at: datetime) -> None:
    """Ask whether a new referral made at one moment and received at another is taken under `sop`.

    Args:
        sop: the version that the referral names.
        superseded_at: when a newer version took or takes effect; None if none is agreed.
        made_at: when the sender made the referral, as it signed.
        received_at: the moment at the receiver.

    Raises:
        SopNotInForce: if it was made before the version took effect.
        SopSuperseded: if it was made after the newer version took effect, or arrives after the days of grace.
    """
    if made_at < sop.effective:
        raise SopNotInForce(field="sop")
    if superseded_at is None:
        return
    if made_at >= superseded_at:
        raise SopSuperseded(detail="it was made after a newer version had taken effect", field="sop")
    if received_at > superseded_at + timedelta(days=sop.grace_days):
        raise SopSuperseded(detail=f"it arrives more than {sop.grace_days} days after a newer version", field="sop")


def standing(effective: datetime, superseded_at: datetime | None, at: datetime) -> Standing:
    """What an agreed version is good for at `at`."""
    if superseded_at is not None and superseded_at <= at:
        return Standing.SUPERSEDED
    return Standing.IN_FORCE if effective <= at else Standing.LATER


def _reason(code: str, field: str, detail: str, advice: str) -> Reason:
    return Reason(code=code, field=field, detail=detail, advice=advice, rule=SopNotNext.rule, clause=field)
