"""Commands of an origin that only read: the person's profile, and what was reported."""

from __future__ import annotations

from collections.abc import Mapping

import typer

from origin_node import profile, reports
from origin_node.cli_words import Thread
from origin_node.profile import Assessed, Profile, Stated, StatedBefore
from origin_node.reports import Report
from relevo.cli import show
from relevo.cli.looks import WhyLooking
from relevo.cli.shared import opened, user
from relevo.domain.access_to_data import NOT_YOURS, LookReason
from relevo.domain.consent import Terms


def add_to(app: typer.Typer) -> None:
    """Add these commands to the application of the node."""
    app.command("profile", rich_help_panel="Referrals")(show_profile)
    app.command("reports", rich_help_panel="Referrals")(show_reports)


def show_profile(ctx: typer.Context, thread: Thread, why: WhyLooking = LookReason.ASSIST) -> None:
    """Show the person as far as consent and your role let you know; how to reach them comes first."""
    with opened(ctx).write(user(ctx)) as work:
        found = profile.read(work, thread, why)
    _reach(found)
    if found.kept_back is not None:
        show.line(found.kept_back, "bold red")
    if found.terms is not None:
        _terms(found.terms)
    for one in found.stated:
        show.line("")
        show.line(f"{one.data_class}, stated by {one.stated_by} on {show.shown(one.stated_at)}", "bold")
        show.facts(_readable(one))
        for beside in (one_more for one_more in found.assessed if one_more.data_class == one.data_class):
            _assessment(beside)
    _apart(found)


def show_reports(ctx: typer.Context, thread: Thread, why: WhyLooking = LookReason.FOLLOW_UP) -> None:
    """Show what was found and said at follow-ups and at the close, as far as your role may read it."""
    with opened(ctx).write(user(ctx)) as work:
        found = reports.show(work, thread, why)
    for one in found:
        _report(one)
    if not found:
        show.line("Nothing was reported yet.")


def _reach(found: Profile) -> None:
    show.line(found.reach.rule, "bold red")
    contact = found.reach.contact if found.reach.readable else {"contact": NOT_YOURS}
    show.facts({**contact, "confidential": found.confidential, "vulnerable": found.vulnerable})


def _terms(terms: Terms) -> None:
    show.line("")
    show.line(_rests_on(terms), "bold")
    for what, from_whom in terms.withhold:
        show.line(f"Withhold {what} from {from_whom}.", "bold red")
    if not terms.outcomes_may_return:
        show.line("Outcomes may not go back to the host.", "bold red")


def _rests_on(terms: Terms) -> str:
    if terms.exception_ends is None:
        return f"Consent for {terms.purpose} until {terms.expires_on}"
    ends = show.shown(terms.exception_ends)
    return f"Without consent, because a life is in danger: for {terms.purpose}, until {ends}"


def _apart(found: Profile) -> None:
    """Assessments of what the host never stated, and what the host had stated before."""
    stated = {one.data_class for one in found.stated}
    for one in found.assessed:
        if one.data_class not in stated:
            _assessment(one)
    for before in found.before:
        error = f" IN ERROR ({before.reason})" if before.in_error else ""
        show.line("")
        show.line(f"{before.data_class}, stated before, until {show.shown(before.replaced_at)}{error}", "dim")
        show.facts(_readable(before))


def _assessment(one: Assessed) -> None:
    show.line(
        f"{one.data_class}, assessed here by {one.assessed_by} on {show.shown(one.at)} (no. {one.number})", "bold"
    )
    _struck(one.struck, one.struck_by)
    show.facts(_readable(one))


def _struck(reason: str | None, by: str | None) -> None:
    if reason is not None:
        show.line(f"STRUCK as entered in error by {by}: {reason}", "bold red")


def _readable(one: Stated | StatedBefore | Assessed) -> Mapping[str, object]:
    return one.fields if one.readable else {one.data_class: NOT_YOURS}


def _report(row: Report) -> None:
    title = row.step if row.month is None else f"{row.step}, month {row.month}"
    show.line(f"{title}, by {row.reported_by} on {show.shown(row.at)} (no. {row.number})", "bold")
    _struck(row.struck, row.struck_by)
    show.facts(row.fields)
