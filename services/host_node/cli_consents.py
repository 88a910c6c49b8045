"""Commands about consent beyond recording and withdrawing: changes, paper, children and households."""

from __future__ import annotations

from typing import Annotated

import typer

from host_node import best_interests, cases, consent_changes, household, statements
from host_node.consent_changes import Changed
from host_node.referrals import ASSISTANCE
from relevo.cli import show
from relevo.cli.consents import By, Interpreter, Language, TakenOn, Until, Withhold, account, day, withholdings
from relevo.cli.shared import opened, user
from relevo.domain.data_classes import DataClass
from relevo.domain.minors import BestInterests
from relevo.errors import BadInput
from relevo.protocol import strict_json

Case = Annotated[str, typer.Argument(metavar="CASE", help="The reference of the case, or its id.")]
Consent = Annotated[str, typer.Argument(metavar="CONSENT", help="A consent, as `consent list` shows it.")]
Classes = Annotated[list[DataClass] | None, typer.Option("--class", help="A data class; may be repeated.")]


def add_to(app: typer.Typer, case_app: typer.Typer, consent_app: typer.Typer) -> None:
    """Add these commands to the application of the node."""
    consent_app.command("renew")(renew)
    consent_app.command("narrow")(narrow)
    consent_app.command("no-return")(no_return)
    consent_app.command("sheet")(sheet)
    case_app.command("member")(member)
    case_app.command("best-interests")(review)
    case_app.command("linked")(linked)
    app.command("disclosure", rich_help_panel="Cases")(disclosure)


def renew(
    ctx: typer.Context,
    consent: Consent,
    until: Until,
    language: Language,
    taken_on: TakenOn,
    *,
    by: By = "the person",
    interpreter: Interpreter = False,
    classes: Classes = None,
) -> None:
    """The person agrees for longer; with --class, to these classes from now on."""
    told = account(language, taken_on, by, interpreter=interpreter)
    with opened(ctx).write(user(ctx)) as work:
        _report(consent_changes.renew(work, consent, told, expires_on=day(until, "until"), classes=classes))


def narrow(
    ctx: typer.Context,
    consent: Consent,
    language: Language,
    taken_on: TakenOn,
    *,
    without: Annotated[list[DataClass] | None, typer.Option("--without", help="A class taken back.")] = None,
    withhold: Withhold = None,
    until: Annotated[str | None, typer.Option("--until", metavar="DAY", help="An earlier last day.")] = None,
    interpreter: Interpreter = False,
) -> None:
    """The person agrees to less; the referral goes on, and what is closed is erased at the origin."""
    told, ends = (
        account(language, taken_on, "the person", interpreter=interpreter),
        day(until, "until") if until else None,
    )
    with opened(ctx).write(user(ctx)) as work:
        _report(
            consent_changes.narrow(
                work, consent, told, without=without or (), withhold=withholdings(withhold), expires_on=ends
            )
        )


def no_return(
    ctx: typer.Context,
    consent: Consent,
    language: Language,
    taken_on: TakenOn,
    *,
    by: By = "the person",
    interpreter: Interpreter = False,
) -> None:
    """The person wants this node to learn nothing more; the assistance goes on."""
    told = account(language, taken_on, by, interpreter=interpreter)
    with opened(ctx).write(user(ctx)) as work:
        _report(consent_changes.let_nothing_return(work, consent, told))


def sheet(
    ctx: typer.Context,
    case: Case,
    language: Annotated[str, typer.Option("--language", help="Such as fr.")],
    purpose: Annotated[str, typer.Option("--purpose", help="A purpose of the SOP.")] = ASSISTANCE,
) -> None:
    """Print the consent sheet of a case, to be read, explained and signed."""
    with opened(ctx).read(user(ctx)) as work:
        show.line(statements.sheet(work, cases.find(work, case), purpose, language))


def disclosure(ctx: typer.Context, case: Case) -> None:
    """Print what was sent to whom about the person of a case, when, and under which consent."""
    with opened(ctx).read(user(ctx)) as work:
        show.line(statements.disclosure(work, cases.find(work, case)))


def member(
    ctx: typer.Context,
    case: Case,
    number: Annotated[int, typer.Option("--member", help="Which of the household, counted from 1.")],
    reference: Annotated[str, typer.Option("--reference", help="The reference of their own case.")],
    sections: Annotated[str, typer.Option("--sections", metavar="JSON", help="Data classes that are known.")] = "{}",
) -> None:
    """Make a case of its own for a member of the household."""
    try:
        known = strict_json.load(sections.encode())
    except (UnicodeEncodeError, strict_json.MalformedJson) as error:
        raise BadInput("is not one JSON object", field="sections") from error
    if not all(isinstance(fields, dict) for fields in known.values()):
        raise BadInput("must be an object of data classes", field="sections")
    with opened(ctx).write(user(ctx)) as work:
        row = household.member(work, cases.find(work, case), number, reference, known)
        show.line(f"Case {row.reference} is here, linked by the household {row.household}.")


def review(
    ctx: typer.Context,
    case: Case,
    decision: Annotated[BestInterests, typer.Option("--decision", help="What was decided.")],
    ground: Annotated[str, typer.Option("--ground", help="On what ground, in a sentence.")],
) -> None:
    """Record a best-interests review of a child's referral; a coordinator does."""
    with opened(ctx).write(user(ctx)) as work:
        best_interests.review(work, cases.find(work, case), decision, ground)
    show.line(f"Recorded: {decision}.")


def linked(ctx: typer.Context, case: Case) -> None:
    """List the cases of a household and their referrals."""
    with opened(ctx).read(user(ctx)) as work:
        rows = [(row.reference, ", ".join(threads)) for row, threads in household.linked(work, cases.find(work, case))]
    show.table(("case", "referrals"), rows, empty="No case.")


def _report(changed: Changed) -> None:
    classes = ", ".join(changed.row.classes)
    show.line(f"Consent {changed.row.id} speaks from now on, until {changed.row.expires_on}: {classes}.")
    for thread in changed.told:
        show.line(f"{thread}: the origin is told.")
