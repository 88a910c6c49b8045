"""Two nodes and one referral between them while the post is loose, with words that were said about this person alone.

Each data class of the case has a word of its own, long enough to stand nowhere by chance, so that whoever looks at a
node afterwards knows what is left of which class. The terms under which each message was made are kept beside.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from datetime import timedelta

from sqlalchemy import select

from relevo.delivery.node import Node
from relevo.delivery.outbox import OutboxState
from relevo.domain.access import Role
from relevo.domain.consent import Terms
from relevo.errors import RelevoError
from relevo.protocol.strict_json import JsonObject, JsonValue
from relevo.storage import referrals
from relevo.storage.tables import OutboxRow
from support.loose_post import LoosePost
from support.nodes import JoinedNodes, staff
from support.pairs import carried_to
from support.story import Story, changed, sample

_numbers = itertools.count(100)
MOST_TURNS = 60
"""Turns of both workers after which everything must have arrived; each waits out the pauses of the courier."""
STATED: Mapping[str, str] = {
    "identity-min": "family_name",
    "contact": "who_may_answer",
    "needs": "intentions",
}
"""The field of each class that carries the word of that class; `skills` has its own shape."""
RETURNED = ("outcome", "feedback", "plan")
SAID = "said"
"""What somebody said in free words, which belong to no class."""
AGREED = ("identity-min", "contact", "travel", "family", "needs", "skills", "costs")


class Table:
    """Two nodes and one referral.

    No dataclass: hypothesis would print all that the post ever carried.
    """

    def __init__(self, nodes: JoinedNodes, post: LoosePost) -> None:
        self.nodes, self.post = nodes, post
        self.story = Story(nodes=nodes)
        self.words: dict[str, str] = {}
        self.made_under: dict[str, Terms | None] = {}

    def begin(self) -> None:
        """A case of its own, sent and arrived; from here on the post is loose."""
        self.open()
        self.settle()
        self.post.kept.clear()
        self.post.loose = True

    def open(self) -> None:
        """A case of its own, sent, and nothing has left yet."""
        number = next(_numbers)
        names = (*STATED, "skills", "costs", *RETURNED, SAID)
        self.words = {name: f"{name}-needle-of-case-{number:06}-in-the-hay" for name in names}
        self.story, self.made_under = Story(nodes=self.nodes), {}
        self.post.carried.clear()
        self.story.take_in(self._document(f"ES-2026-{number:06}"))
        self.story.send(deliver=False)
        self._note()

    def act(self, act: Callable[[Table], object]) -> None:
        """Do something; a refusal is as good an end as any."""
        self.nodes.clock.move(timedelta(minutes=2))
        try:
            act(self)
        except RelevoError:
            return
        finally:
            self._note()

    def bring(self, *, to_host: bool, places: list[int]) -> None:
        """Let both couriers try, then bring some of what they tried, in this order."""
        self.nodes.clock.move(timedelta(minutes=61))
        self.nodes.deliver()
        there, back = (self.nodes.origin, self.nodes.host), (self.nodes.host, self.nodes.origin)
        self.post.bring(*(there if to_host else back), *places)
        self._note()

    def settle(self) -> None:
        """Let everything arrive."""
        self.post.loose = False
        for _ in range(MOST_TURNS):
            self.nodes.clock.move(timedelta(minutes=61))
            self.nodes.deliver()
            self._note()
            if not self.waiting():
                return
        raise AssertionError("something never arrived")

    def repeat(self) -> None:
        """Bring everything that the post ever kept once more, the newest first."""
        for there, back in (self.nodes.both, self.nodes.both[::-1]):
            kept = len(self.post.kept.get(back.identity.endpoint, []))
            for place in reversed(range(kept)):
                self.post.bring(there, back, place)
        self.settle()

    def waiting(self) -> bool:
        """Whether anything of the referral has still to leave."""
        queued = OutboxState.QUEUED
        return any(entry.delivery == queued for node in self.nodes.both for entry in self.story.timeline(node))

    def terms(self, node: Node) -> Terms | None:
        """The terms in force at a node."""
        return referrals.terms(self.story.row(node))

    def carried(self, receiver: Node) -> list[tuple[Terms | None, dict[str, JsonObject]]]:
        """What was carried to a node in this referral: the terms under which it was made, and its classes."""
        return [
            (self.made_under[str(came.claims["jti"])], came.classes)
            for came in carried_to(self.nodes, receiver)
            if came.thread == self.story.thread
        ]

    def _note(self) -> None:
        """Which terms held for the sender of each new message when it was made."""
        if not self.story.thread:
            return
        for node in self.nodes.both:
            with node.read() as work:
                mine = select(OutboxRow.jti).where(OutboxRow.thread == self.story.thread)
                new = set(work.session.scalars(mine)) - self.made_under.keys()
                if new:
                    found = referrals.terms(referrals.by_thread(work.session, self.story.thread))
                    self.made_under.update(dict.fromkeys(new, found))

    def _document(self, reference: str) -> JsonObject:
        document = changed(sample("01"), "identity-min", reference=reference)
        for name, field in STATED.items():
            document = changed(document, name, **{field: self.words[name]})
        document = changed(document, "consent", classes=list[JsonValue](AGREED))
        return changed(document, "skills", certificates=[self.words["skills"]])


def host(verb: Callable[..., object], *words: object, role: Role = Role.COUNSELLOR) -> Callable[[Table], object]:
    """A person of the host does something; the post waits."""

    def act(table: Table) -> None:
        with table.nodes.host.write(staff(role)) as work:
            verb(work, table.story.thread, *words)

    return act


def origin(
    verb: Callable[..., object], *words: object, role: Role = Role.INTAKE, **more: object
) -> Callable[[Table], object]:
    """A person of the origin does something; the post waits."""

    def act(table: Table) -> None:
        with table.nodes.origin.write(staff(role)) as work:
            verb(work, table.story.thread, *words, **more)

    return act
