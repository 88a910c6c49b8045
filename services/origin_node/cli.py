"""The command line of an origin: `origin-node --settings FILE --as USER COMMAND`.

    deciding     acknowledge accept decline ask waitlist agree-cancellation object-cancellation
    assistance   arrival not-arrived contact assign service services start hold resume follow-up contacts
    ending       complete not-complete close reopen withdraw
    consent      renew-consent narrow-consent no-return disclosure
    reading      list show profile reports evidence

The commands of every node (`init`, `serve`, `peer`, `sop`, `user`) come from `relevo.cli`.
"""

from __future__ import annotations

import typer

from origin_node import cli_assistance, cli_consents, cli_deciding, cli_ending, cli_reading
from origin_node.cli_words import VERBS
from origin_node.service import SERVICE
from relevo.cli.referrals import add_referral_commands
from relevo.cli.shared import add_commands

app = typer.Typer(name=SERVICE.name, add_completion=False)
add_commands(app, SERVICE, VERBS)
add_referral_commands(app)
for part in (cli_reading, cli_deciding, cli_assistance, cli_ending, cli_consents):
    part.add_to(app)


def main() -> None:
    """Run the command that was called."""
    app()
