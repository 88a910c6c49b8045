"""The command line of a host: what every node has, and what a counsellor does."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Annotated

import typer

from host_node import (
    cases,
    cli_consents,
    cli_continuity,
    cli_erasure,
    cli_exceptions,
    cli_files,
    cli_record,
    consents,
    referrals,
)
from host_node.api_record import COSTS
from host_node.cli_preview import print_preview
from host_node.service import SERVICE
from host_node.tasks import SOURCES
from relevo.cli import show
from relevo.cli.costs import add_cost_commands
from relevo.cli.referrals import Thread, add_referral_commands, moment, report
from relevo.cli.shared import add_commands, opened, user
from relevo.cli.tasks import add_task_command
from relevo.domain.data_classes import DataClass
from relevo.protocol.strict_json import JsonValue

VERBS: Mapping[str, str] = MappingProxyType(
    {
        "answered": "answer",
        "cancelled": "cancel",
        "cancel-requested": "cancel",
        "entered-in-error": "entered-in-error",
        "journey-changed": "journey",
        "departed": "departure",
        "journey-cancelled": "cancel-journey",
        "withdrawn": "consent withdraw",
        "medical-question": "medical ask",
        "medical-answer": "medical answer",
        "corrected": "correct",
        "costs-planned": "costs plan",
        "costs-agreed": "costs agree",
        "costs-reported": "costs report",
        "consent-changed": "consent renew, consent narrow, consent no-return",
    }
)
"""The command for each step that a host may take."""

app = typer.Typer(add_completion=False)
add_commands(app, SERVICE, VERBS)
add_referral_commands(app)
cli_exceptions.add_to(app)
cli_continuity.add_to(app)
add_task_command(app, SOURCES)
cli_erasure.add_to(app)
cli_files.add_to(app)

Case = Annotated[str, typer.Argument(metavar="CASE", help="The reference of the case, or its id.")]
Purpose = Annotated[str, typer.Option("--purpose", help="A purpose of the SOP.")]
Consent = Annotated[str, typer.Argument(metavar="CONSENT", help="A consent, as `consent list` shows it.")]
Moment = Annotated[str, typer.Option("--at", metavar="MOMENT", help="Such as 2026-12-14T19:35:00+00:00.")]

case_app = typer.Typer(help="Cases of this node.", no_args_is_help=True)
consent_app = typer.Typer(help="What people have consented to.", no_args_is_help=True)
app.add_typer(case_app, name="case", rich_help_panel="Cases")
app.add_typer(consent_app, name="consent", rich_help_panel="Cases")
cli_record.add_to(app, case_app)
add_cost_commands(app, COSTS)
cli_consents.add_to(app, case_app, consent_app)


@case_app.command("import")
def import_case(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, help="The exported case.")],
    *,
    replace: Annotated[bool, typer.Option("--replace", help="Take newer contents of a known case.")] = False,
) -> None:
    """Import one case from a file of the national case system."""
    with opened(ctx).write(user(ctx)) as work:
        row = cases.import_case(work, file.read_bytes(), replace=replace)
        kept = len(row.stays)
    show.line(f"Case {row.reference} is here. Fields of the file that have no place in a referral, and stay: {kept}.")
    show.line(f"Next: `host-node consent record {row.reference}`, then `host-node preview {row.reference}`.")


@case_app.command("list")
def list_cases(ctx: typer.Context) -> None:
    """List the cases of this node."""
    with opened(ctx).read(user(ctx)) as work:
        rows = [(row.reference, row.origin, row.urgency, row.imported_at) for row in cases.everything(work)]
    show.table(
        ("case", "to", "urgency", "imported (UTC)"), rows, empty="There is no case yet; `case import` brings one."
    )


@consent_app.command("record")
def record_consent(ctx: typer.Context, case: Case) -> None:
    """Record the consents that the case file speaks of, once you have confirmed them with the person."""
    with opened(ctx).write(user(ctx)) as work:
        rows = consents.record_from_file(work, cases.find(work, case))
    for row in rows:
        classes = ", ".join(row.classes)
        show.line(f"Consent {row.id} for {row.purpose} to {row.receiver}, until {row.expires_on}: {classes}.")
    show.line(f"Next: `host-node preview {case}`, then `host-node send {case}`.")


@consent_app.command("list")
def list_consents(ctx: typer.Context, case: Case) -> None:
    """List the consents of a case."""
    with opened(ctx).read(user(ctx)) as work:
        found = consents.rows_of(work, cases.find(work, case))
    replaced = {row.replaces for row in found}
    for row in found:
        ended = f"withdrawn {show.shown(row.withdrawn_at)}" if row.withdrawn_at else f"until {row.expires_on}"
        changed = "; replaced since" if row.id in replaced else ""
        silent = "" if row.outcomes_may_return else "; nothing may return"
        show.line(row.id, "bold")
        show.line(f"  {row.purpose} to {row.receiver}, {ended}{changed}")
        show.line(f"  {', '.join(row.classes)}{silent}")
    if not found:
        show.line("No consent is recorded.")


@consent_app.command("withdraw")
def withdraw_consent(ctx: typer.Context, consent: Consent) -> None:
    """Withdraw a consent, and tell every node that has something under it."""
    with opened(ctx).write(user(ctx)) as work:
        told = consents.withdraw(work, consent)
    show.line("Withdrawn." if told else "Withdrawn; no referral moves under it.")
    for thread in told:
        show.line(f"{thread}: the origin is told, and erases.")


@app.command("preview", rich_help_panel="Referrals")
def preview(ctx: typer.Context, case: Case, purpose: Purpose = referrals.ASSISTANCE) -> None:
    """Show for each field whether it would leave or stay, and why; nothing is sent."""
    with opened(ctx).write(user(ctx)) as work:
        decision = referrals.preview(work, cases.find(work, case), purpose)
    print_preview(decision)


@app.command("send", rich_help_panel="Referrals")
def send(ctx: typer.Context, case: Case, purpose: Purpose = referrals.ASSISTANCE) -> None:
    """Send the referral of a case; exactly what the preview shows leaves."""
    with opened(ctx).write(user(ctx)) as work:
        row = referrals.send(work, cases.find(work, case), purpose)
    report(row)


@app.command("answer", rich_help_panel="Referrals")
def answer(
    ctx: typer.Context,
    thread: Thread,
    text: Annotated[str, typer.Option("--text", help="The answer to the origin's question.")],
    *,
    classes: Annotated[
        list[DataClass] | None, typer.Option("--class", help="A data class to send; may be repeated.")
    ] = None,
    words_only: Annotated[bool, typer.Option("--words-only", help="Send no data class, only the text.")] = False,
) -> None:
    """Answer the origin's question; without --class, with the data classes that it asked for as they stand now."""
    chosen = [] if words_only else classes
    with opened(ctx).write(user(ctx)) as work:
        row = referrals.answer(work, thread, text, chosen)
    report(row)


@app.command("journey", rich_help_panel="Referrals")
def change_journey(
    ctx: typer.Context,
    thread: Thread,
    arrival: Annotated[str | None, typer.Option("--arrival", help="Such as 2026-12-15T19:35:00+00:00.")] = None,
    flight: Annotated[str | None, typer.Option("--flight", help="The new flight.")] = None,
    port: Annotated[str | None, typer.Option("--port", help="The new port of arrival.")] = None,
) -> None:
    """Change the journey and tell the origin."""
    given: dict[str, JsonValue] = {"arrival_at": arrival, "flight": flight, "port": port}
    changes = {name: value for name, value in given.items() if value is not None}
    with opened(ctx).write(user(ctx)) as work:
        row = referrals.change_journey(work, thread, changes)
    report(row)


@app.command("departure", rich_help_panel="Referrals")
def depart(ctx: typer.Context, thread: Thread, at: Moment) -> None:
    """Say that the person has left."""
    with opened(ctx).write(user(ctx)) as work:
        row = referrals.depart(work, thread, moment(at))
    report(row)


@app.command("cancel-journey", rich_help_panel="Referrals")
def cancel_journey(ctx: typer.Context, thread: Thread) -> None:
    """Say that there will be no journey."""
    with opened(ctx).write(user(ctx)) as work:
        row = referrals.cancel_journey(work, thread)
    report(row)


@app.command("cancel", rich_help_panel="Referrals")
def cancel(
    ctx: typer.Context, thread: Thread, reason: Annotated[str | None, typer.Option("--reason", help="Why.")] = None
) -> None:
    """Take a referral back; once it was accepted, the origin is asked."""
    with opened(ctx).write(user(ctx)) as work:
        row = referrals.cancel(work, thread, reason)
    report(row)


@app.command("entered-in-error", rich_help_panel="Referrals")
def enter_in_error(ctx: typer.Context, thread: Thread) -> None:
    """Say that a referral should never have been sent; history stays."""
    with opened(ctx).write(user(ctx)) as work:
        row = referrals.enter_in_error(work, thread)
    report(row)


def main() -> None:
    """Run the command line."""
    app()
