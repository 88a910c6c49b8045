"""Examines the evidence of many referrals as it is read, line by line; memory holds what was proven, never the tokens.

The same checks as for one referral (`relevo.protocol.verification`), and three that only a whole relation allows: the
numbers of each stream run without a gap, every leaf of the log is accounted for up to the signed root, and the looks at
each person's data are numbered one by one. What holds is counted; what does not is named one by one.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from relevo.errors import WireError
from relevo.protocol import base64url, sd_jwt, strict_json
from relevo.protocol.basis import commit
from relevo.protocol.evidence import Evidence
from relevo.protocol.evidence_items import BookCheckpoint, BookHead, BookSop, BookStatement, BookThread
from relevo.protocol.evidence_log import EvidenceMalformed
from relevo.protocol.sop_signature import sop_digest
from relevo.protocol.statement import statement_digest
from relevo.protocol.verification import Examined
from relevo.protocol.verification_account import Account, Head, Told, ToldFile, once_each, seen_by, tell
from relevo.protocol.verification_files import check_files
from relevo.protocol.verification_keys import check_keys, compromised_keys
from relevo.protocol.verification_leaves import Leaves
from relevo.protocol.verification_messages import check_manifests, check_messages
from relevo.protocol.verification_nodes import check_sops, check_statements, read_identities
from relevo.protocol.verification_older import check_older
from relevo.protocol.verification_report import (
    Check,
    Outcome,
    Report,
    could_not_check,
    day_and_hour,
    fails,
    holds,
)
from relevo.protocol.verification_streams import check_streams

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from relevo.protocol.evidence_items import BookItem
    from relevo.protocol.verification_messages import Proven
    from relevo.protocol.verification_nodes import Identities
    from relevo.protocol.verification_report import Line


class BasisNotNamed(WireError):
    """A record is shown as what messages rest on, and none of them names it."""

    code = "basis-not-named"


@dataclass
class _Relation:
    """What was read so far about one peer."""

    base: Evidence
    identities: Identities
    lines: list[Line]
    counts: Counter[Check] = field(default_factory=Counter)
    told: list[Told] = field(default_factory=list)
    files: list[ToldFile] = field(default_factory=list)
    bases: dict[str, bytes] = field(default_factory=dict)

    def keep(self, lines: Iterable[Line]) -> None:
        """Keep what does not simply hold, and count what does."""
        for line in lines:
            if line.outcome is Outcome.HOLDS and line.check in _COUNTED:
                self.counts[line.check] += 1
            else:
                self.lines.append(line)


@dataclass
class _Preface:
    """What stands before the referrals."""

    head: BookHead
    statements: dict[str, list[str]] = field(default_factory=dict)
    sops: list[BookSop] = field(default_factory=list)

    def evidence(self, peer: str) -> Evidence:
        """What a file about one peer alone would hold, before its messages."""
        nodes = (self.head.node, peer)
        if not all(self.statements.get(node) for node in nodes):
            raise EvidenceMalformed("a node has no statement", field="statement")
        return Evidence(
            node=self.head.node,
            peer=peer,
            thread=self.head.thread or "",
            made_at=self.head.made_at,
            statements={node: tuple(self.statements[node]) for node in nodes},
            sops=tuple(one.sop for one in self.sops if one.peer == peer),
            messages=(),
            checkpoint="",
            entries=(),
        )


def verify_book(items: Iterable[BookItem], expect: Mapping[str, str] | None = None) -> tuple[Examined, ...]:
    """What holds about the relation with each peer, and last about the log as a whole.

    Raises:
        EvidenceMalformed: if a line is not of its form, or a node has no statement.
    """
    reading = iter(items)
    first = next(reading, None)
    if not isinstance(first, BookHead):
        raise EvidenceMalformed("the file does not begin with its first line")
    preface, relations, leaves = _Preface(first), None, Leaves(first)
    for item in reading:
        if isinstance(item, BookStatement):
            preface.statements.setdefault(item.node, []).append(item.token)
        elif isinstance(item, BookSop):
            preface.sops.append(item)
        else:
            relations = relations if relations is not None else _open(preface, expect or {})
            if isinstance(item, BookThread):
                _take(relations, item, leaves)
            else:
                leaves.take(item)
            if isinstance(item, BookCheckpoint):
                return _close(preface, relations, leaves)
    raise EvidenceMalformed("the file ends before its checkpoint")


def _open(preface: _Preface, expect: Mapping[str, str]) -> dict[str, _Relation | Examined]:
    return {peer: _relation(preface.evidence(peer), expect) for peer in preface.head.peers}


def _relation(base: Evidence, expect: Mapping[str, str]) -> _Relation | Examined:
    statements = [*check_statements(base, expect)]
    try:
        identities = read_identities(base)
    except WireError as error:
        lines = statements if any(not line.ok for line in statements) else [fails(Check.STATEMENT, base.peer, error)]
        lines.append(could_not_check(Check.FILE, base.peer, "anything else, because the statements do not hold."))
        return Examined(report=Report(lines=tuple(lines)), account=None)
    return _Relation(base=base, identities=identities, lines=[*statements, *check_sops(base, identities)])


def _take(relations: Mapping[str, _Relation | Examined], item: BookThread, leaves: Leaves) -> None:
    relation = relations.get(item.peer)
    if relation is None:
        raise EvidenceMalformed("a referral is with a node that the first line does not name", field="peer")
    if isinstance(relation, Examined):
        return
    part = replace(relation.base, thread=item.thread, messages=item.messages, files=item.files)
    lines, proven = check_manifests(part, relation.identities)
    relation.keep(lines)
    readable = [found for found in proven if found.shown.content]
    relation.keep(check_messages(part, proven, relation.identities))
    for found in proven:
        relation.keep(_disclosure_lines(found))
        leaves.want(found, relation.base.peer)
    relation.keep(check_files(part, relation.identities, relation.files))
    relation.keep(_basis_lines(item, proven, relation.bases))
    for shown in item.files:
        leaves.want_file(shown, item.thread, relation.base.peer)
    told = (tell(part, found, proven, relation.identities) for found in readable)
    relation.told += [one for one in told if one is not None]


def _disclosure_lines(found: Proven) -> Iterator[Line]:
    """Whether what is disclosed is what the sender signed."""
    if not found.shown.disclosures:
        return
    try:
        payload = strict_json.load(base64url.decode(found.shown.content.split(".")[1]))
        sd_jwt.reveal(payload, found.shown.disclosures)
    except (WireError, IndexError) as error:
        fault = error if isinstance(error, WireError) else sd_jwt.BadDisclosure()
        yield fails(Check.DISCLOSURE, found.subject, fault)
    else:
        yield holds(Check.DISCLOSURE, found.subject, "what is disclosed is what its sender signed.")


def _basis_lines(item: BookThread, proven: Sequence[Proven], bases: dict[str, bytes]) -> Iterator[Line]:
    """Whether what is shown as basis is what messages name; what is goes to `bases`."""
    named = Counter(found.message.basis for found in proven)
    for shown in item.basis:
        commitment, subject = commit(shown.record, shown.salt), f"referral {item.thread[:8]}"
        claim = next((one for one in named if one.endswith(f":{commitment}")), None)
        if claim is None:
            yield fails(Check.BASIS, subject, BasisNotNamed())
            continue
        bases[claim] = shown.record
        text = f"the {claim.partition(':')[0]} shown here is the one that {named[claim]} of its messages name."
        yield holds(Check.BASIS, subject, text)


def _close(preface: _Preface, relations: Mapping[str, _Relation | Examined], leaves: Leaves) -> tuple[Examined, ...]:
    head = preface.head
    chains = (one.identities.chains[head.node] for one in relations.values() if isinstance(one, _Relation))
    chain = next(chains, None)
    signed = leaves.head(chain) if chain else None
    found = [
        replace(one, title=peer) if isinstance(one, Examined) else _examined(head, one, leaves, signed)
        for peer, one in relations.items()
    ]
    if chain is None:
        return tuple(found)
    lines = [_scope_line(head), *leaves.lines(chain)]
    for peer, one in relations.items():
        if isinstance(one, _Relation) and signed is not None:
            lines.append(_witness_line(peer, chain[-1].log_name, seen_by(signed.note, [peer], one.identities)))
    return (*found, Examined(report=Report(lines=tuple(lines)), account=None, title=f"the log of {head.node}"))


def _examined(head: BookHead, relation: _Relation, leaves: Leaves, signed: Head | None) -> Examined:
    base = relation.base
    lines = [*relation.lines, *(holds(check, base.peer, _COUNTED[check].format(n)) for check, n in _sorted(relation))]
    if head.thread is None:
        lines += check_streams(relation.told, base.node, base.peer, whole=head.since is None)
    account = Account(
        node=base.node,
        peer=base.peer,
        made_at=head.made_at,
        whole=head.thread is None,
        statements={node: tuple(map(statement_digest, tokens)) for node, tokens in base.statements.items()},
        sops={sop_digest(one.text.encode()): one.text for one in base.sops},
        told=once_each(relation.told),
        records=leaves.records,
        leaves=leaves.leaves,
        subtrees=leaves.subtrees,
        files=relation.files,
        bases=relation.bases,
        head=signed and replace(signed, seen=seen_by(signed.note, [base.peer], relation.identities)),
    )
    if account.head is not None:
        older, heads = check_older(leaves.older, account.head, base.node, [base.peer], relation.identities)
        account, lines = replace(account, older=heads), [*lines, *older]
    lines += check_keys(account, compromised_keys(relation.identities.chains.values()))
    return Examined(report=Report(lines=tuple(lines)), account=account, title=f"{base.node} with {base.peer}")


def _sorted(relation: _Relation) -> list[tuple[Check, int]]:
    return [(check, relation.counts[check]) for check in _COUNTED if relation.counts[check]]


def _scope_line(head: BookHead) -> Line:
    made = f"who made this file on {day_and_hour(head.made_at)}; nothing signs that."
    warning = " IT HOLDS PERSONAL DATA." if head.personal_data else ""
    return could_not_check(Check.FILE, "file", f"{made}{warning}")


def _witness_line(peer: str, log_name: str, seen: Mapping[str, object]) -> Line:
    if peer in seen:
        return holds(Check.WITNESS, log_name, f"{peer} saw this head, and that it continues what it saw before.")
    return could_not_check(Check.WITNESS, log_name, f"whether {peer} was shown the same log; it has not cosigned it.")


_COUNTED: Mapping[Check, str] = {
    Check.MANIFEST: "{:,} messages are signed by their senders, with keys that were in use.",
    Check.SOP: "{:,} messages move under a SOP that is in this file, or are between the nodes alone.",
    Check.CONTENT: "{:,} contents are exactly what their messages name.",
    Check.RECEIPT: "{:,} receipts of the other side hold.",
    Check.ATTACHMENT: "{:,} files went over, and their receivers' receipts hold.",
    Check.DISCLOSURE: "of {:,} messages what is disclosed is what the sender signed.",
}
