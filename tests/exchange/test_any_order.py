"""No sequence of steps, on either node, in any order of arrival, with duplicates, leads astray.

Two whole nodes; hypothesis chooses who does what, and what of the post is brought when, how often and in which order.
Whatever was done, once everything has arrived, and then arrived once more:

    no step that its side could take was refused by the other
    both nodes have the same status, journey, terms, costs, and owe the same, and every status follows from the table
    nothing moved that consent and SOP did not cover when it was made
    of what the person closed or withdrew no word is left on either node, nor in what organisations were given
    what happened can still be proven on both
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from host_node.service import SERVICE as HOST
from origin_node.service import SERVICE as ORIGIN
from support import loose_ends
from support.databases import SqliteDatabases
from support.loose_acts import ACTS
from support.loose_post import LoosePost
from support.loose_table import Table
from support.nodes import join
from support.partners import register

acts = st.sampled_from(list(ACTS))
bringing = st.tuples(st.booleans(), st.lists(st.integers(0, 9), min_size=1, max_size=5))
SETTLED = "everything arrives"
BEGUN = ["acknowledge", "accept", "start"]
forward = st.sampled_from(
    [
        ["acknowledge", "ask", "answer"],
        ["acknowledge", "ask", SETTLED],
        BEGUN,
        [*BEGUN, "arrive", "offer housing", "housing accepts", SETTLED],
        [*BEGUN, "not complete", "close"],
        [*BEGUN, "host plans costs", SETTLED, "origin agrees to costs", SETTLED],
        [],
    ]
)


@pytest.fixture(scope="module")
def table(sqlite_databases: SqliteDatabases) -> Iterator[Table]:
    """One pair of nodes for all examples; each has a case of its own."""
    post = LoosePost()
    joined = join((HOST, ORIGIN), (sqlite_databases.fresh(HOST), sqlite_databases.fresh(ORIGIN)), post)
    register(joined.origin)
    yield Table(joined, post)
    joined.close()


def play(table: Table, moves: list[str | tuple[bool, list[int]]]) -> None:
    """Let all this happen, and then let everything arrive."""
    table.begin()
    for move in moves:
        if move == SETTLED:
            table.settle()
            table.post.loose = True
        elif isinstance(move, str):
            table.act(ACTS[move])
        else:
            table.bring(to_host=move[0], places=move[1])
    table.settle()


def require_all(table: Table) -> None:
    """Everything that must hold."""
    loose_ends.require_alike(table)
    loose_ends.require_reachable(table)
    loose_ends.require_within_consent(table)
    loose_ends.require_silence(table)


@settings(max_examples=30, deadline=None)
@given(first=forward, moves=st.lists(st.one_of(acts, bringing), min_size=1, max_size=14))
@example(first=["acknowledge", "ask"], moves=["enter in error", "origin lets nothing return", (False, [0])])
def test_both_nodes_end_alike(table: Table, first: list[str], moves: list[str | tuple[bool, list[int]]]) -> None:
    play(table, [*first, *moves])
    require_all(table)
    table.repeat()
    require_all(table)
    loose_ends.require_evidence(table)
