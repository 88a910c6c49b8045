"""The command line of an origin: `origin-node --settings FILE --as USER COMMAND`.

    deciding     acknowledge accept decline ask waitlist agree-cancellation object-cancellation
    assistance   arrival not-arrived contact assign service services start hold resume follow-up contacts
    ending       complete not-complete close reopen withdraw
    reading      list show profile reports evidence record
    the record   reassess strike costs

The commands of every node (`init`, `serve`, `peer`, `sop`, `user`) come from `relevo.cli`.
"""

from __future__ import annotations

import typer

from origin_node import cli_assistance, cli_deciding, cli_ending, cli_reading, cli_record
from origin_node.api_record import COSTS
from origin_node.cli_words import VERBS
from origin_node.service import SERVICE
from relevo.cli.costs import add_cost_commands
from relevo.cli.referrals import add_referral_commands
from relevo.cli.shared import add_commands

app = typer.Typer(name=SERVICE.name, add_completion=False)
add_commands(app, SERVICE, VERBS)
add_referral_commands(app)
for part in (cli_reading, cli_record, cli_deciding, cli_assistance, cli_ending):
    part.add_to(app)
add_cost_commands(app, COSTS)


def main() -> None:
    """Run the command that was called."""
    app()
