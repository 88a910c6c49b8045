"""Commands of an origin that only read: the person's profile, and what was reported."""

from __future__ import annotations

from collections.abc import Mapping

import typer

from origin_node import profile, reports
from origin_node.cli_words import Thread
from origin_node.profile import Profile
from origin_node.tables import ReportRow
from relevo.cli import show
from relevo.cli.shared import opened, user
from relevo.domain.consent import Terms
from relevo.domain.data_classes import DataClass
from relevo.messages.classes import CLASSES


def add_to(app: typer.Typer) -> None:
    """Add these commands to the application of the node."""
    app.command("profile", rich_help_panel="Referrals")(show_profile)
    app.command("reports", rich_help_panel="Referrals")(show_reports)


def show_profile(ctx: typer.Context, thread: Thread) -> None:
    """Show the person as far as the consent lets this node know; how to reach them comes first."""
    with opened(ctx).read(user(ctx)) as work:
        found = profile.read(work, thread)
    _reach(found)
    if found.terms is not None:
        _terms(found.terms)
    for one in found.stated:
        show.line("")
        show.line(f"{one.data_class}, stated by {one.stated_by} on {show.shown(one.stated_at)}", "bold")
        show.facts(_in_order(one.data_class, one.fields))


def show_reports(ctx: typer.Context, thread: Thread) -> None:
    """Show what was found and said at follow-ups and at the close."""
    with opened(ctx).read(user(ctx)) as work:
        found = reports.show(work, thread)
    for one in found:
        _report(one)
    if not found:
        show.line("Nothing was reported yet.")


def _reach(found: Profile) -> None:
    show.line(found.reach.rule, "bold red")
    contact = _in_order(DataClass.CONTACT, found.reach.contact)
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


def _report(row: ReportRow) -> None:
    title = row.step if row.month is None else f"{row.step}, month {row.month}"
    show.line(f"{title}, by {row.reported_by} on {show.shown(row.at)}", "bold")
    show.facts(row.fields)


def _in_order(data_class: str, fields: Mapping[str, object]) -> dict[str, object]:
    """The fields of a class in the order of its model; a database need not keep one."""
    return {name: fields[name] for name in CLASSES[data_class].model_fields if name in fields}
