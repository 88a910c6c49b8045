"""Commands of an origin about consent: changes that keep the assistance going, and what was sent to whom."""

from __future__ import annotations

from typing import Annotated

import typer

from origin_node import consents, disclosure_statement
from origin_node.cli_words import Thread, done
from relevo.cli import show
from relevo.cli.consents import By, Interpreter, Language, TakenOn, Until, Withhold, account, day, withholdings
from relevo.cli.shared import opened, user
from relevo.domain.consent import Withheld
from relevo.domain.data_classes import DataClass

PANEL = "Consent"


def add_to(app: typer.Typer) -> None:
    """Add these commands to the application of the node."""
    app.command("renew-consent", rich_help_panel=PANEL)(renew)
    app.command("narrow-consent", rich_help_panel=PANEL)(narrow)
    app.command("no-return", rich_help_panel=PANEL)(no_return)
    app.command("disclosure", rich_help_panel=PANEL)(disclosure)


def renew(
    ctx: typer.Context,
    thread: Thread,
    until: Until,
    language: Language,
    taken_on: TakenOn,
    *,
    by: By = "the person",
    interpreter: Interpreter = False,
) -> None:
    """The person agrees for longer; the host is told."""
    told, ends = account(language, taken_on, by, interpreter=interpreter), day(until, "until")
    done(ctx, lambda work: consents.renew(work, thread, told, expires_on=ends))


def narrow(
    ctx: typer.Context,
    thread: Thread,
    language: Language,
    taken_on: TakenOn,
    *,
    without: Annotated[list[DataClass] | None, typer.Option("--without", help="A class taken back.")] = None,
    withhold: Withhold = None,
    until: Annotated[str | None, typer.Option("--until", metavar="DAY", help="An earlier last day.")] = None,
    interpreter: Interpreter = False,
) -> None:
    """The person agrees to less; what is closed is erased here, and organisations are asked to erase it."""
    told, ends = (
        account(language, taken_on, "the person", interpreter=interpreter),
        day(until, "until") if until else None,
    )
    kept = [Withheld(one.what, one.from_whom) for one in withholdings(withhold)]
    done(
        ctx,
        lambda work: consents.narrow(work, thread, told, without=without or (), withhold=kept, expires_on=ends),
    )


def no_return(
    ctx: typer.Context,
    thread: Thread,
    language: Language,
    taken_on: TakenOn,
    *,
    by: By = "the person",
    interpreter: Interpreter = False,
) -> None:
    """The person wants the host to learn nothing more; the assistance goes on."""
    told = account(language, taken_on, by, interpreter=interpreter)
    done(ctx, lambda work: consents.let_nothing_return(work, thread, told))


def disclosure(ctx: typer.Context, thread: Thread) -> None:
    """Print what was told the host and given to organisations, when, and under which consent."""
    with opened(ctx).read(user(ctx)) as work:
        show.line(disclosure_statement.disclosure(work, thread))
