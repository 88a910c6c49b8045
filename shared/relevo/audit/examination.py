"""Examines evidence files as an auditor would: each by itself, then what they say of each other.

one file                       its bytes, then its referrals by the rules of the SOP
the files of both nodes        the bytes of each, both against each other, then the referrals from both together
two files of one node          the bytes of each, then whether both show one log, with a proof of growth if there is one
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

from relevo.audit.reconcile import reconcile
from relevo.audit.referrals import check_referrals
from relevo.protocol.verification_report import Check, Report, could_not_check

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Sequence

    from relevo.protocol.log_growth import LogGrowth
    from relevo.protocol.verification import Examined
    from relevo.protocol.verification_account import Account


@dataclass(frozen=True, kw_only=True)
class Part:
    """What was found about one thing: a file by itself, two of them, or the referrals."""

    title: str
    report: Report


@dataclass(frozen=True, kw_only=True)
class Examination:
    """Everything that was found, in the order in which it is read."""

    parts: tuple[Part, ...]

    @property
    def whole(self) -> Report:
        """All lines as one report; what two files say alike stands in it once."""
        return Report(lines=tuple(dict.fromkeys(line for part in self.parts for line in part.report.lines)))


def examine(files: Sequence[tuple[str, Sequence[Examined]]], growths: Sequence[LogGrowth] = ()) -> Examination:
    """What files show, each given as its name and what was found in it by itself, relation by relation.

    `growths` are proofs that the log of a node only grew, which were brought beside its files.
    """
    accounts = [[one.account for one in found if one.account] for _, found in files]
    known = {(account.node, account.peer) for account in chain.from_iterable(accounts)}
    parts = [
        Part(title=f"{name}, {one.title}" if one.title else name, report=_alone(one, known))
        for name, found in files
        for one in found
    ]
    if len(files) == 1:
        parts += [_referrals(account) for account in accounts[0]]
    for number, ones in enumerate(accounts):
        for others in accounts[number + 1 :]:
            parts += _joint(ones, others, growths)
    return Examination(parts=(*parts, *_idle(growths, list(chain.from_iterable(accounts)))))


def _alone(one: Examined, known: Container[tuple[str, str]]) -> Report:
    """What was found in one file, without what only the other side's file could show, if that is here as well."""
    if one.account is None or (one.account.peer, one.account.node) not in known:
        return one.report
    asked = [one for one in one.report.unchecked if one.check is Check.BOTH_SIDES]
    return Report(lines=tuple(line for line in one.report.lines if line not in asked))


def _idle(growths: Sequence[LogGrowth], accounts: Sequence[Account]) -> Iterator[Part]:
    """Proofs of growth between heads that no file shows."""
    heads = {(account.node, account.head.checkpoint.size) for account in accounts if account.head}
    for growth in growths:
        if not {(growth.node, growth.old), (growth.node, growth.new)} <= heads:
            text = f"anything with it: no two files here show heads of {growth.old} and {growth.new} entries."
            line = could_not_check(Check.CHECKPOINT, growth.node, text)
            yield Part(title="a proof that a log grew", report=Report(lines=(line,)))


def _joint(ones: Sequence[Account], others: Sequence[Account], growths: Sequence[LogGrowth]) -> Iterator[Part]:
    for one in ones:
        for other in others:
            if _speak_of_each_other(one, other) or len(ones) == len(others) == 1:
                lines = tuple(reconcile(one, other, growths))
                yield Part(title=f"{one.node} and {other.node}, file against file", report=Report(lines=lines))
                if one.node != other.node and _speak_of_each_other(one, other):
                    yield _referrals(one, other)


def _speak_of_each_other(one: Account, other: Account) -> bool:
    return {one.node, one.peer} == {other.node, other.peer}


def _referrals(*accounts: Account) -> Part:
    title = "what was agreed, and what was done"
    return Part(title=title, report=Report(lines=tuple(check_referrals(*accounts))))
