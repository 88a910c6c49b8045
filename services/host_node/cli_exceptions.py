"""Commands of a host for referral without consent, where a life is in danger.

What is asked for is taken from the case file once a person has looked at it, or typed at prompts: nothing of it stands
on a command line, which other users of the machine can see and which a shell remembers.
"""

from __future__ import annotations

from typing import Annotated

import typer

from host_node import cases, exceptions, referrals
from host_node.cli_preview import print_preview
from relevo.cli import show
from relevo.cli.referrals import report
from relevo.cli.shared import opened, user
from relevo.domain.exception import Decision, ExceptionReason
from relevo.protocol.strict_json import JsonObject

Case = Annotated[str, typer.Argument(metavar="CASE", help="The reference of the case, or its id.")]
Exception_ = Annotated[str, typer.Argument(metavar="EXCEPTION", help="An exception, as `exception list` shows it.")]
Purpose = Annotated[str, typer.Option("--purpose", help="A purpose of the SOP.")]

exception_app = typer.Typer(help="Referral without consent, where a life is in danger.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    """Add these commands to the application of the node."""
    app.add_typer(exception_app, name="exception", rich_help_panel="Cases")


@exception_app.command("raise")
def raise_exception(
    ctx: typer.Context,
    case: Case,
    *,
    nobody_on_duty: Annotated[bool, typer.Option("--nobody-on-duty", help="Nobody here can review it now.")] = False,
) -> None:
    """Raise an exception: as the case file speaks of it, once you have checked that; else you are asked."""
    with opened(ctx).read(user(ctx)) as work:
        said = exceptions.draft(cases.find(work, case)) or _asked()
    with opened(ctx).write(user(ctx)) as work:
        row = exceptions.raise_exception(work, cases.find(work, case), said, on_duty=not nobody_on_duty)
    show.line(f"Exception {row.id} is raised; nothing has left.")
    show.line(f"Next: another coordinator reviews it with `host-node exception review {row.id} --approve`.")


@exception_app.command("review")
def review_exception(
    ctx: typer.Context,
    exception: Exception_,
    *,
    approve: Annotated[bool, typer.Option("--approve/--reject", help="Whether it may leave, or rightly left.")],
) -> None:
    """Approve or reject an exception as the second person; a rejection takes back what has left."""
    with opened(ctx).write(user(ctx)) as work:
        row = exceptions.review(work, exception, Decision.APPROVED if approve else Decision.REJECTED)
    show.line(f"Exception {row.id} is {row.decision}.")


@exception_app.command("preview")
def preview_exception(ctx: typer.Context, exception: Exception_, purpose: Purpose = referrals.ASSISTANCE) -> None:
    """Show for each field whether it would leave without consent or stay, and why; nothing is sent."""
    with opened(ctx).write(user(ctx)) as work:
        decision = exceptions.preview(work, exception, purpose)
    print_preview(decision)


@exception_app.command("send")
def send_exception(ctx: typer.Context, exception: Exception_, purpose: Purpose = referrals.ASSISTANCE) -> None:
    """Send the referral without consent; exactly what the preview shows leaves."""
    with opened(ctx).write(user(ctx)) as work:
        row = exceptions.send(work, exception, purpose)
    report(row)


@exception_app.command("told")
def tell_person(
    ctx: typer.Context,
    exception: Exception_,
    *,
    objects: Annotated[bool, typer.Option("--objects", help="They do not want it; take back what has left.")] = False,
) -> None:
    """Say that the person was told of the referral."""
    with opened(ctx).write(user(ctx)) as work:
        exceptions.tell(work, exception, objects=objects)
    show.line("Noted; the origin is told, and erases." if objects else "Noted.")


@exception_app.command("list")
def list_exceptions(ctx: typer.Context) -> None:
    """List all exceptions: when, reviewed or not, told or not; never why, and never who."""
    with opened(ctx).read(user(ctx)) as work:
        found = exceptions.audit(work)
    for one in found:
        show.line(one.id, "bold")
        show.facts(
            {
                "raised": one.raised_at,
                "review": one.decision or "NOT REVIEWED",
                "reviewed": one.reviewed_at,
                "referral": one.thread,
                "left": one.left_at,
                "person told": one.told_at,
                "digest": one.commitment,
            }
        )
    if not found:
        show.line("Nothing was ever raised.")


def _asked() -> JsonObject:
    """What a person types who raises an exception that the case file does not speak of."""
    said: JsonObject = {
        "reason": typer.prompt(f"Why ({', '.join(ExceptionReason)})"),
        "raised_by": typer.prompt("Who raises it (a relative, an organisation)"),
    }
    if typer.confirm("Does a mental-health professional attest it?"):
        said["attestation"] = {
            "name": typer.prompt("Name of the professional"),
            "body": typer.prompt("Registration body"),
            "number": typer.prompt("Registration number"),
            "date": typer.prompt("Date of the attestation (such as 2026-12-31)"),
        }
    return said
