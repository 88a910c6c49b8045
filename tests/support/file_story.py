"""A story in which case 01 has a consent sheet in PDF that the person lets travel, and its files at each node."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from host_node import files as host_files
from origin_node import files as origin_files
from relevo.delivery import files_view
from relevo.delivery.node import Node
from relevo.domain.access import Role
from relevo.runtime import Service
from relevo.storage.files import Announced
from relevo.storage.unit_of_work import User
from support.databases import Databases
from support.nodes import JoinedNodes, staff
from support.pairs import join_under, sop_text
from support.story import Story, sample

SHEET = b"%PDF-1.7\n% an invented consent sheet\n" + bytes(range(256)) * 12_000 + b"\n%%EOF\n"
"""Three parts on the wire."""

SMALL = b"%PDF-1.7\n% another invented sheet\n%%EOF\n"
"""One part on the wire."""

PLAIN = b"an invented consent sheet"


@dataclass(kw_only=True)
class FileStory(Story):
    """Case 01 with recognition of skills, for which the procedure lets documents move."""

    digest: str = ""

    def attach(self, plain: bytes = SHEET, kind: str = "consent-sheet") -> None:
        """A counsellor attaches a file to the case."""
        user = staff(Role.COUNSELLOR)
        self.digest = host_files.attach(
            self.nodes.host, user, self.case, in_small(plain), size=len(plain), kind=kind, title="Consent sheet"
        )

    def attach_at_origin(self, plain: bytes = SMALL, kind: str = "certificate", role: Role = Role.INTAKE) -> None:
        """Somebody of the origin attaches a file to what returns; nothing is delivered yet."""
        self.digest = origin_files.attach(
            self.nodes.origin,
            staff(role),
            self.thread,
            in_small(plain),
            size=len(plain),
            kind=kind,
            title="Certificate",
        )

    def listed(self, node: Node) -> list[Announced]:
        """The files of the referral, as somebody of a node sees them."""
        return files_view.show(node, self._reader(node), self.thread)

    def states(self, node: Node) -> list[tuple[str | None, str | None]]:
        """How far each has come, and why it was refused."""
        return [(one.state, one.problem) for one in self.listed(node)]

    def read(self, node: Node) -> bytes:
        """The file as somebody of a node reads it."""
        return b"".join(files_view.read(node, self._reader(node), self.thread, self.digest).pieces)

    def _reader(self, node: Node) -> User:
        return staff(Role.COUNSELLOR if node.identity == self.nodes.host.identity else Role.INTAKE)


def in_small(plain: bytes) -> Iterator[bytes]:
    """A file in pieces of an odd length."""
    return (plain[at : at + 50_001] for at in range(0, len(plain), 50_001))


def returning_pair(services: tuple[Service, Service], databases: Databases) -> JoinedNodes:
    """Two nodes under a procedure that lets documents come back, and intake enter them."""
    text = sop_text("es-ci").replace('"plan", "costs"]', '"plan", "costs", "documents"]')
    text = text.replace('"medication", "plan", "costs"', '"medication", "documents", "plan", "costs"')
    return join_under(text, services, databases)


def file_story(nodes: JoinedNodes, *, agreed: bool = True) -> FileStory:
    """The story before anything was attached or sent."""
    case = sample("01")
    needs, given = case["needs"], case["consent"]
    assert isinstance(needs, dict)
    assert isinstance(given, dict)
    social, classes = needs["social"], given["classes"]
    assert isinstance(social, list)
    assert isinstance(classes, list)
    social.append("skills-recognition")
    if agreed:
        classes.append("documents")
    story = FileStory(nodes=nodes)
    story.take_in(case)
    return story
