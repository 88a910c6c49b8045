"""Commands of an origin about continuity: safe contact, medicines, the plan, clinicians."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from origin_node import clinicians, first_contact, medication, plan
from origin_node.cli_words import Thread, done
from origin_node.taking import entitled
from relevo.cli import show
from relevo.cli.medical import Text, To, medical_app, words
from relevo.cli.shared import opened, user
from relevo.errors import BadInput
from relevo.protocol import strict_json
from relevo.protocol.strict_json import JsonObject, MalformedJson

PANEL = "Assistance"


def add_to(app: typer.Typer) -> None:
    """Add these commands to the application of the node."""
    app.command("contact-hints", rich_help_panel=PANEL)(contact_hints)
    app.command("clear-contact", rich_help_panel=PANEL)(clear_contact)
    app.command("medication-secured", rich_help_panel=PANEL)(medication_secured)
    plans = typer.Typer(help="The assistance plan.", no_args_is_help=True)
    plans.command("agree")(agree_plan)
    app.add_typer(plans, name="plan", rich_help_panel=PANEL)
    medical = medical_app(entitled)
    medical.command("answer")(answer)
    app.add_typer(medical, name="medical", rich_help_panel=PANEL)


def contact_hints(ctx: typer.Context, thread: Thread) -> None:
    """Show what to mind before the next attempt: what never to do, who may answer, the hours."""
    with opened(ctx).write(user(ctx)) as work:
        found = first_contact.mind(work, thread)
    for one in found:
        show.line(one.text, "bold red")
    if not found:
        show.line("Nothing in particular; `profile` shows how the person wants to be reached.")


def clear_contact(ctx: typer.Context, thread: Thread) -> None:
    """Say that it is safe to try again after an unsafe attempt."""
    done(ctx, lambda work: first_contact.clear(work, thread))


def medication_secured(ctx: typer.Context, thread: Thread) -> None:
    """Say that the person will not run out of a medicine."""
    done(ctx, lambda work: medication.secure(work, thread))


def agree_plan(
    ctx: typer.Context,
    thread: Thread,
    file: Annotated[Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, help="The plan, as JSON.")],
) -> None:
    """Record the plan that was agreed with the person; the host is told only what may return."""
    fields = _plan_in(file)
    done(ctx, lambda work: plan.agree(work, thread, fields))


def answer(ctx: typer.Context, thread: Thread, to: To, text: Text = None) -> None:
    """Answer a question of the host's clinicians."""
    said = words(text, "Answer")
    done(ctx, lambda work: clinicians.answer(work, thread, to, said))


def _plan_in(file: Path) -> JsonObject:
    try:
        return strict_json.load(file.read_bytes())
    except MalformedJson:
        raise BadInput("the file does not hold one JSON object with the fields of a plan", field="FILE") from None
