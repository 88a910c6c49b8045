"""`relevo demo`: two nodes on this machine carry one invented referral across the border and back.

Each step is told in one line as soon as both nodes have it. At the end the evidence is exported and verified as an
auditor would do it, by `relevo verify`, and both nodes stay up until Ctrl-C, unless the demo is to end by itself.
"""

from __future__ import annotations

import signal
import time

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text

from relevo.cli.demo_evidence import require_audit
from relevo.cli.demo_lines import hanging
from relevo.cli.demo_nodes import Pair, pair
from relevo.cli.demo_story import START, Story, Told

STEPS = 30
_WHO = 10
_STYLES = {"→": "green", "·": "yellow"}


def run(*, once: bool) -> None:
    """Play the demo.

    Args:
        once: end when the story has ended, instead of leaving both nodes up.

    Raises:
        NodeFailed: if a step did not come about.
    """
    console = Console(highlight=False)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    console.print(Text("Relevo: a referral crosses a border and comes back. Everybody in it is invented.", "bold"))
    with pair(START) as nodes:
        story = Story(nodes)
        _tell(console, story)
        _evidence(console, nodes, story.thread)
        _addresses(console, nodes)
        if not once:
            stay(console)


def _tell(console: Console, story: Story) -> None:
    columns = (TextColumn("  {task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        bar = progress.add_task("carrying the referral", total=STEPS)
        for told in story.play():
            _print(progress.console, told)
            progress.advance(bar)


def _print(console: Console, told: Told) -> None:
    """One line of the story, and those that belong below it."""
    when, who = f"{told.at:%d %b %Y %H:%M} ", f"{told.who:<{_WHO}} "
    hanging(console, Text.assemble(("✓ ", "bold green"), (when, "dim"), (who, "cyan")), told.text)
    for mark, text in told.details:
        style = _STYLES.get(mark, "")
        hanging(console, Text(f"    {mark} ", style), text, style)


def _evidence(console: Console, nodes: Pair, thread: str) -> None:
    for node, user in ((nodes.host, "auditor-es"), (nodes.origin, "ibrahim")):
        summary = require_audit(nodes, node, user, thread)
        _print(console, Told(nodes.clock.now(), "auditor", f"verifies the evidence of {node.node_id}: {summary}"))


def _addresses(console: Console, nodes: Pair) -> None:
    for node, user in ((nodes.host, "carmen"), (nodes.origin, "ibrahim")):
        console.print(Text.assemble(("API of ", "dim"), node.node_id, ": ", (f"{node.endpoint}/api", "underline")))
        console.print(Text.assemble(("  token of ", "dim"), user, ": ", node.tokens[user]))


def stay(console: Console) -> None:
    """Leave the nodes up until Ctrl-C."""
    console.print("The nodes are up. Ctrl-C ends them.")
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        console.print("Ending.")
