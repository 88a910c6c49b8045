"""Commands about costs, on both sides alike; each side hands in its own verbs.

costs plan THREAD FILE      a JSON file with the class `costs`
costs agree THREAD          to what the other side proposed
costs report THREAD FILE    the same with `actual`; --proof LINE=KIND=DOCUMENT, of which only the digest is kept
costs show THREAD
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from relevo.cli import show
from relevo.cli.context import opened, user
from relevo.cli.referrals import Thread, report
from relevo.delivery.costs_view import CostsView, CostVerbs
from relevo.domain.costs import Sum
from relevo.errors import BadInput
from relevo.protocol import base64url, strict_json
from relevo.protocol.strict_json import JsonObject

_SHAPE = 'Such as {"currency": "EUR", "lines": [{"what": "rent", "planned": "900.00", "borne_by": "host"}]}.'
File = Annotated[Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, help=_SHAPE)]
Proofs = Annotated[
    list[str] | None, typer.Option("--proof", metavar="LINE=KIND=DOCUMENT", help="What proves a line; may be repeated.")
]
Of = Annotated[str | None, typer.Option("--of", metavar="MESSAGE", help="The proposal, as `costs show` names it.")]
_PARTS = 3
_LINE = re.compile(r"[0-9]{1,4}")


def add_cost_commands(app: typer.Typer, verbs: CostVerbs) -> None:
    """Give the application of a node the commands about costs."""
    group = typer.Typer(help="What a referral costs: planned, agreed, spent.", no_args_is_help=True)
    app.add_typer(group, name="costs", rich_help_panel="Referrals")

    @group.command("plan")
    def plan_costs(ctx: typer.Context, thread: Thread, file: File) -> None:
        """Propose costs to the other side, in the place of those that stand."""
        with opened(ctx).write(user(ctx)) as work:
            row = verbs.plan(work, thread, read_object(file))
        report(row)

    @group.command("agree")
    def agree_costs(ctx: typer.Context, thread: Thread, of: Of = None) -> None:
        """Agree to the costs that the other side proposed."""
        with opened(ctx).write(user(ctx)) as work:
            row = verbs.agree(work, thread, of)
        report(row)

    @group.command("report")
    def report_costs(ctx: typer.Context, thread: Thread, file: File, proof: Proofs = None) -> None:
        """Report what was spent, with the digests of the documents that prove it."""
        with opened(ctx).write(user(ctx)) as work:
            row = verbs.report(work, thread, read_object(file), [proof_given(one) for one in proof or ()])
        report(row)

    @group.command("show")
    def show_costs(ctx: typer.Context, thread: Thread) -> None:
        """Show what was planned and spent, and the difference."""
        with opened(ctx).write(user(ctx)) as work:
            found = verbs.show(work, thread)
        _print(found)


def read_object(file: Path) -> JsonObject:
    """The JSON object in a file.

    Raises:
        BadInput: if the file holds none.
    """
    try:
        return strict_json.load(file.read_bytes())
    except (OSError, strict_json.MalformedJson):
        raise BadInput("not a JSON file with one object", field="FILE") from None


def proof_given(given: str) -> JsonObject:
    """The proof that was typed as LINE=KIND=DOCUMENT.

    Raises:
        BadInput: if it is written otherwise, or the document cannot be read.
    """
    parts = given.split("=", _PARTS - 1)
    if len(parts) != _PARTS or not _LINE.fullmatch(parts[0]):
        raise BadInput("a proof is written as LINE=KIND=DOCUMENT, such as 0=receipt=bill.pdf", field="--proof")
    try:
        digest = base64url.digest(Path(parts[2]).read_bytes())
    except (OSError, ValueError):  # a name may hold what no file system takes
        raise BadInput("the document cannot be read", field="--proof") from None
    return {"line": int(parts[0]), "kind": parts[1], "digest": digest}


def _print(found: CostsView) -> None:
    show.facts({"currency": found.currency, "state": found.state, "ceiling": found.ceiling, "proposal": found.jti})
    lines = [(one.what, one.borne_by, one.planned, one.actual, one.difference) for one in found.lines]
    columns = ("what", "borne by", "planned", "actual", "difference")
    show.table(columns, lines, empty="No costs are proposed.")
    if found.lines:
        show.line("")
        sums = [(str(bearer), *_sum(one)) for bearer, one in found.by_bearer.items()]
        show.table(("borne by", *columns[2:]), [*sums, ("all", *_sum(found.whole))], empty="")
    for one in found.events:
        agreed = f", agreed by {one.agreed_by}" if one.agreed_by else ""
        show.line(f"{show.shown(one.at)}: {one.kind} by {one.who}, {one.state}{agreed}; proofs: {len(one.proofs)}")


def _sum(one: Sum) -> tuple[object, ...]:
    return one.planned, one.actual, one.difference
