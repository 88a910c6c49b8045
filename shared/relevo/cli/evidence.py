"""The command that writes evidence: of a referral, of a relation over a period, or of the whole node."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from relevo.cli import show
from relevo.cli.context import opened, user
from relevo.delivery import evidence, evidence_book
from relevo.delivery.evidence_book import Period
from relevo.domain.access import Act
from relevo.domain.access_to_data import LookReason
from relevo.errors import BadInput
from relevo.storage import referrals

THREAD_LENGTH = 36
_DAY = ["%Y-%m-%d"]


def whole_thread(ctx: typer.Context, given: str) -> str:
    """The thread that `given` is, or that alone begins so."""
    if len(given) >= THREAD_LENGTH:
        return given
    with opened(ctx).read() as work:
        return referrals.thread_beginning(work.session, given)


def export(
    ctx: typer.Context,
    thread: Annotated[
        str | None, typer.Argument(metavar="[THREAD]", help="One referral, as `list` shows it.", show_default=False)
    ] = None,
    *,
    out: Annotated[Path, typer.Option("--out", help="The file to write.")],
    peer: Annotated[str | None, typer.Option("--peer", metavar="NODE_ID", help="All referrals with this peer.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="All referrals with all peers.")] = False,
    since: Annotated[datetime | None, typer.Option("--from", formats=_DAY, help="From this day on (UTC).")] = None,
    until: Annotated[datetime | None, typer.Option("--to", formats=_DAY, help="Before this day (UTC).")] = None,
    why: Annotated[
        LookReason | None,
        typer.Option("--with-content", metavar="WHY", help="With the data itself; why you look is written down."),
    ] = None,
) -> None:
    """Write evidence for `relevo verify`: of one referral, of all with a peer, or of all; without personal data."""
    if [thread is not None, peer is not None, everything].count(True) != 1:
        raise BadInput("give one of a THREAD, --peer and --all", field="thread")
    if thread is None and why is not None:
        raise BadInput("content can be shown of one referral at a time", field="--with-content")
    if thread is not None and (since or until):
        raise BadInput("a referral is shown whole; --from and --to go with --peer and --all", field="--from")
    if thread is not None:
        _write(out, [_of_referral(ctx, whole_thread(ctx, thread), why)])
    else:
        _write(out, _of_many(ctx, peer, Period(since=_utc(since), until=_utc(until))))
    if why is not None:
        show.line(f"{out} holds PERSONAL DATA. Keep it as you keep a case file.", "bold red")
    show.line(f"{out} holds the evidence. Check it anywhere with: relevo verify {out}")


def _of_referral(ctx: typer.Context, thread: str, why: LookReason | None) -> bytes:
    if why is None:
        with opened(ctx).read(user(ctx)) as work:
            work.require(Act.EXPORT_EVIDENCE)
            return evidence.export(work, opened(ctx).referral(work, thread).thread)
    with opened(ctx).write(user(ctx)) as work:
        work.require(Act.EXPORT_CONTENT)
        return evidence_book.export_content(work, opened(ctx).referral(work, thread).thread, why)


def _of_many(ctx: typer.Context, peer: str | None, period: Period) -> Iterator[bytes]:
    with opened(ctx).read(user(ctx)) as work:
        if peer is None:
            yield from evidence_book.export_node(work, period)
        else:
            yield from evidence_book.export_relation(work, peer, period)


def _write(out: Path, lines: Iterable[bytes]) -> None:
    """Write beside the file first, so that a refusal or a full disk leaves no half of one."""
    fresh = out.with_name(f"{out.name}.part")
    try:
        with fresh.open("wb") as opened_file:
            opened_file.writelines(lines)
        fresh.replace(out)
    except OSError as fault:
        raise BadInput(f"the file cannot be written: {fault.strerror}", field="--out") from None
    finally:
        fresh.unlink(missing_ok=True)


def _utc(day: datetime | None) -> datetime | None:
    return None if day is None else day.replace(tzinfo=UTC)
