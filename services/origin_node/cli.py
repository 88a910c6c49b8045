"""The command line of an origin: `origin-node --settings FILE --as USER COMMAND`.

    deciding     acknowledge accept decline ask waitlist agree-cancellation object-cancellation
    assistance   arrival not-arrived contact assign service services start hold resume follow-up contacts
    continuity   contact-hints clear-contact medication-secured plan medical
    ending       complete not-complete close reopen withdraw erasures confirm-erasure
    consent      renew-consent narrow-consent no-return disclosure
    reading      tasks list show profile reports evidence record
    the record   reassess strike costs file (attach list read)
    partners     organisation (add change import list show), proposals, offer (list accept decline),
                 part (show export list give)

The commands of every node (`init`, `serve`, `peer`, `sop`, `contact-list`, `user`) come from `relevo.cli`.
"""

from __future__ import annotations

import typer

from origin_node import (
    cli_assistance,
    cli_consents,
    cli_continuity,
    cli_deciding,
    cli_ending,
    cli_erasure,
    cli_files,
    cli_organisations,
    cli_parts,
    cli_reading,
    cli_record,
)
from origin_node.api_record import COSTS
from origin_node.cli_words import VERBS
from origin_node.service import SERVICE
from origin_node.tasks import SOURCES
from relevo.cli.costs import add_cost_commands
from relevo.cli.referrals import add_referral_commands
from relevo.cli.shared import add_commands
from relevo.cli.tasks import add_task_command

app = typer.Typer(name=SERVICE.name, add_completion=False)
add_commands(app, SERVICE, VERBS)
add_referral_commands(app)
add_task_command(app, SOURCES)
for part in (
    cli_reading,
    cli_record,
    cli_deciding,
    cli_assistance,
    cli_continuity,
    cli_ending,
    cli_consents,
    cli_erasure,
    cli_files,
    cli_organisations,
    cli_parts,
):
    part.add_to(app)
add_cost_commands(app, COSTS)


def main() -> None:
    """Run the command that was called."""
    app()
