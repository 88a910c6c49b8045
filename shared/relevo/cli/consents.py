"""What the commands about consent share on both nodes: how it is said who consented, in which language, and when."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import typer

from relevo.domain.consent import Account, Withholding
from relevo.errors import BadInput

Language = Annotated[str, typer.Option("--language", help="The language it was explained in, such as fr.")]
TakenOn = Annotated[str, typer.Option("--taken-on", metavar="DAY", help="The day on which the person said so.")]
By = Annotated[str, typer.Option("--by", help="Who said so, if not the person.")]
Interpreter = Annotated[bool, typer.Option("--interpreter", help="An interpreter was there.")]
Until = Annotated[str, typer.Option("--until", metavar="DAY", help="The last day, such as 2028-06-30.")]
Withhold = Annotated[
    list[str] | None,
    typer.Option("--withhold", metavar="WHAT=WHOM", help="Such as needs=ge:dabruneba; may be repeated."),
]


def day(text: str, field: str) -> date:
    """A day that was typed.

    Raises:
        BadInput: if it is none.
    """
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise BadInput("must be a date written as year-month-day, such as 2028-06-30", field=field) from error


def account(language: str, taken_on: str, by: str, *, interpreter: bool) -> Account:
    """How it was taken, from the options of a command."""
    return Account(language=language, taken_on=day(taken_on, "taken_on"), by=by, interpreter=interpreter)


def withholdings(given: list[str] | None) -> list[Withholding]:
    """What is to be withheld from whom.

    Raises:
        BadInput: unless each is WHAT=WHOM.
    """
    parted = [one.partition("=") for one in given or ()]
    if any(not (what and whom) for what, _, whom in parted):
        raise BadInput("must be WHAT=WHOM, such as needs=ge:dabruneba", field="withhold")
    return [Withholding(what=what, from_whom=whom) for what, _, whom in parted]
