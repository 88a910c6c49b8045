"""What was erased is in no file of a node after its worker's next turn, not even in the journal of SQLite."""

from __future__ import annotations

from support.story import Story
from support.traces import file_of, traces

PERSONAL = ["Aya Marie-Laure", "+225 07 00 00 00 01"]


def test_the_journal_keeps_nothing_that_was_erased(sent: Story) -> None:
    sent.accept()
    assert traces(file_of(sent.nodes.origin), PERSONAL) == PERSONAL
    sent.withdraw()
    sent.nodes.deliver()
    assert traces(file_of(sent.nodes.origin), PERSONAL) == []
