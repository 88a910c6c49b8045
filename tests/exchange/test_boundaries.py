"""What holds across both nodes: who handles what, how errors are named, and what no log ever tells."""

from __future__ import annotations

import importlib
import logging
import pkgutil
from collections import Counter
from collections.abc import Iterator

import pytest
import structlog

import host_node
import host_node.handlers
import origin_node
import origin_node.handlers
import relevo
from host_node import referrals as host_referrals
from relevo.cli.context import DatabaseUnavailable
from relevo.cli.demo_process import NodeFailed
from relevo.delivery.settlement import Postponed
from relevo.delivery.transport import AnswerUnfit
from relevo.domain.sides import Side
from relevo.errors import RelevoError
from relevo.messages.registry import MESSAGES, NODE_KIND, spoken_by
from relevo.runtime import prepare_logging
from relevo.web.problems import STATUS, problem_of, status_of
from support.hand_made import MARKER, Hand, asking
from support.story import COMMENTS, FOUND, Story, sample
from support.traces import texts_in

BETWEEN_NODES = frozenset(step for step, row in MESSAGES.items() if row.kind == NODE_KIND)


def test_each_node_handles_exactly_what_the_other_says_about_a_person() -> None:
    assert host_node.handlers.HANDLERS.keys() == spoken_by(Side.ORIGIN) - BETWEEN_NODES
    assert origin_node.handlers.HANDLERS.keys() == spoken_by(Side.HOST) - BETWEEN_NODES


def test_both_handlers_and_what_is_shared_are_the_whole_registry() -> None:
    at_host, at_origin = host_node.handlers.HANDLERS.keys(), origin_node.handlers.HANDLERS.keys()
    assert at_host | at_origin | BETWEEN_NODES == MESSAGES.keys()
    assert at_host & at_origin == spoken_by(Side.HOST) & spoken_by(Side.ORIGIN) - BETWEEN_NODES


def _everything_refused() -> list[type[RelevoError]]:
    for package in (relevo, host_node, origin_node):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not module.name.endswith("__main__"):
                importlib.import_module(module.name)
    return sorted(_below(RelevoError), key=lambda kind: kind.__qualname__)


def _below(kind: type[RelevoError]) -> set[type[RelevoError]]:
    ours = {one for one in kind.__subclasses__() if one.__module__.partition(".")[0] in OURS}
    return ours.union(*map(_below, ours))


OURS = frozenset({"relevo", "host_node", "origin_node"})
ERRORS = _everything_refused()
ENDS_INSIDE = (Postponed, DatabaseUnavailable, NodeFailed)
"""Errors that never reach a client: the courier's own, and two of the command line."""


@pytest.mark.parametrize("kind", ERRORS, ids=lambda kind: kind.__qualname__)
def test_every_error_has_a_code_of_its_own_advice_and_a_status(kind: type[RelevoError]) -> None:
    assert "code" in vars(kind)
    assert kind.code == kind.code.lower().replace("_", "-").strip("-")
    assert kind.advice.endswith((".", "?", "!"))
    assert (kind.__doc__ or "").strip()
    assert 400 <= status_of(kind) < 600
    assert kind.__mro__[1] is not RelevoError or kind in STATUS or kind in ENDS_INSIDE


def test_no_two_errors_share_a_code() -> None:
    assert len(ERRORS) > 60
    assert [code for code, times in Counter(kind.code for kind in ERRORS).items() if times > 1] == []


def test_a_problem_document_says_what_to_do_next() -> None:
    assert problem_of(AnswerUnfit())["next"] == AnswerUnfit.advice


@pytest.fixture
def loud(capsys: pytest.CaptureFixture[str]) -> Iterator[pytest.CaptureFixture[str]]:
    """Everything that a node can log is logged, to standard error, as it is when it serves."""
    prepare_logging("debug")
    yield capsys
    structlog.reset_defaults()


def test_no_log_of_a_whole_story_tells_anything_about_the_person(
    loud: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture, story: Story, hand: Hand
) -> None:
    caplog.set_level(logging.DEBUG)
    story.nodes.transport.drop_next_request()
    story.send()
    story.later(hours=1)
    story.nodes.deliver()
    story.to_close()
    _be_refused(story, hand)
    story.withdraw()
    story.nodes.deliver()
    told = loud.readouterr()
    logged = told.err + told.out + caplog.text
    assert "not brought" in logged
    assert "excess-data" in logged
    assert [text for text in (*_personal(), MARKER, COMMENTS, FOUND) if text in logged] == []


def test_no_error_repeats_what_somebody_wrote(story: Story) -> None:
    story.send()
    with pytest.raises(RelevoError) as refused:
        story.host(host_referrals.change_journey, {"port": "Marker-7731 and nothing else"})
    assert "Marker-7731" not in f"{refused.value} {problem_of(refused.value)}"


def _be_refused(story: Story, hand: Hand) -> None:
    """Messages with personal data that are refused, by the rules and by their form."""
    assert hand.say(asking(family={"note": MARKER})).told == ("refused", "excess-data")
    assert hand.say(asking(contact={"channel": MARKER})).told[0] == "refused"
    assert story.row(story.nodes.host).status == "closed"


def _personal() -> set[str]:
    """Every text of case 01 that could tell who it is about; words that stand in every referral are none."""
    document = sample("01")
    sections = ("identity-min", "identity-full", "contact", "family", "skills")
    found = {text for name in sections for text in texts_in(document[name])}
    return {text for text in found if len(text) > 6 and not text.islower()}
