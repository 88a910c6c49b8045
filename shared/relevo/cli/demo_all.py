"""`relevo demo --all`: six nodes, eight invented cases at once, and whether each went as it should.

All nodes share one clock, so the cases go on in the order of their moments, as they would in life. At the end each
case is told: what was expected, what happened, and on a line of its own `case NN: ok` or `case NN: FALLS SHORT`; then
how many did not go as they should.
"""

from __future__ import annotations

import heapq
import signal
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from rich.console import Console
from rich.text import Text

from relevo.cli import demo_joining as joining
from relevo.cli.demo import stay
from relevo.cli.demo_cases import CASES
from relevo.cli.demo_cases.stage import Case, Expectation, Stage
from relevo.cli.demo_lines import hanging
from relevo.cli.demo_nodes import Nodes, nodes
from relevo.cli.demo_process import NodeFailed
from relevo.cli.demo_story import START
from relevo.domain.access import Role

OK, FALLS_SHORT = "ok", "FALLS SHORT"
RELAYED = ("ge:dabruneba",)
"""Where a copy of what came is kept, so that it can come again."""


def run_all(*, once: bool) -> bool:
    """Play all cases.

    Args:
        once: end when all are told, instead of leaving the nodes up.

    Returns:
        Whether every case went as it should.
    """
    console = Console(highlight=False)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    console.print(Text("Relevo: six nodes, eight cases. Everybody in them is invented.", "bold"))
    with nodes(START, relayed=RELAYED) as six, console.status("starting six nodes", spinner="line") as status:
        joining.start(six)
        status.update("comparing fingerprints and signing five procedures")
        joining.join(six)
        stages = [Stage(case, six.pair(case.host, case.origin)) for case in CASES]
        for at in play(stages, six):
            status.update(f"playing {len(stages)} cases: {at:%d %B %Y %H:%M}")
        status.stop()
        results = {stage.case.number: tell(console, stage.case, stage.expectations) for stage in stages}
        console.print()
        console.print(_summary(results))
        if not once:
            _addresses(console, six)
            stay(console)
    return all(results.values())


def play(stages: Sequence[Stage], six: Nodes) -> Iterator[datetime]:
    """Play the cases side by side, yielding each moment at which one of them goes on."""
    plays = [stage.case.play(stage) for stage in stages]
    waiting = [(START, place) for place in range(len(plays))]
    while waiting:
        at, place = heapq.heappop(waiting)
        six.clock.move_to(max(at, six.clock.now()))
        yield at
        try:
            following = next(plays[place], None)
        except NodeFailed as fault:
            stages[place].stopped = fault.detail
        else:
            if following is not None:
                heapq.heappush(waiting, (following, place))


def tell(console: Console, case: Case, expectations: Sequence[Expectation]) -> bool:
    """Print one case; whether it went as it should."""
    ok = all(one.holds for one in expectations)
    console.print()
    console.print(
        Text.assemble((f"case {case.number}  {case.title}", "bold"), (f"  {case.host} → {case.origin}", "dim"))
    )
    for one in expectations:
        mark = Text("✓", "bold green") if one.holds else Text("✗", "bold red")
        hanging(console, Text.assemble("  ", mark, (" expected  ", "dim")), one.text)
        hanging(console, Text("    happened  ", "dim"), one.happened)
    console.print(Text(f"case {case.number}: {OK if ok else FALLS_SHORT}", "bold green" if ok else "bold red"))
    return ok


def _summary(results: Mapping[str, bool]) -> Text:
    short = [number for number, ok in results.items() if not ok]
    if short:
        return Text(f"{len(short)} of {len(results)} cases fall short: {', '.join(short)}.", "bold red")
    return Text(f"All {len(results)} cases went as expected.", "bold green")


def _addresses(console: Console, six: Nodes) -> None:
    console.print()
    for node in six.by_id.values():
        who = Role.COUNSELLOR if Role.COUNSELLOR in node.tokens else Role.INTAKE
        console.print(Text.assemble(("API of ", "dim"), node.node_id, ": ", (f"{node.endpoint}/api", "underline")))
        console.print(Text.assemble((f"  token of {who}: ", "dim"), node.tokens[who]))
