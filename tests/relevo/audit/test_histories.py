"""Two files of one node: one log, two histories, or not proven; whichever of the two is the shorter one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from relevo.audit.examination import Examination, examine
from relevo.protocol import merkle
from relevo.protocol.cosignature import cosign_checkpoint, with_cosignatures
from relevo.protocol.evidence import Evidence
from relevo.protocol.evidence_log import EvidenceMalformed
from relevo.protocol.known_tree import cover, grown, leaves_under, root_of, siblings
from relevo.protocol.log_growth import LogGrowth, is_growth, read_growth, write_growth
from relevo.protocol.verification import Outcome, examine_evidence
from support.evidence_sample import Sample, SampleLog, sample
from support.wire_pair import AT, HOST_ID, ORIGIN, ORIGIN_ID

DAY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Pair:
    """An earlier and a later file of the host, and the log behind the later one."""

    earlier: Evidence
    later: Evidence
    log: SampleLog

    def told(self, *growths: LogGrowth) -> Examination:
        """What is said of both together."""
        both = (self.earlier, self.later)
        return examine([(str(number), [examine_evidence(one)]) for number, one in enumerate(both)], growths)

    def growth(self) -> LogGrowth:
        """The proof from head to head that this log has."""
        old, new = (int(one.checkpoint.split("\n")[1]) for one in (self.earlier, self.later))
        proof = merkle.consistency_proof(old, new, self.log.subtree)
        return LogGrowth(node=HOST_ID, old=old, new=new, proof=tuple(proof))


def keep(made: Sample, *words: str) -> Sample:
    for word in words:
        made.keep("key", AT, kid=word, change="made")
    return made


def pair(earlier: Sample, later: Sample, *, first: int | None = None) -> Pair:
    """Both files, each with its first few log entries alone if so many are named."""
    one, other = earlier.evidence(), replace(later.evidence(), made_at=earlier.evidence().made_at + DAY)
    one, other = (replace(e, messages=(), entries=e.entries[:first]) if first else e for e in (one, other))
    return Pair(earlier=one, later=other, log=later.log)


def one_log(*, more: int) -> Pair:
    """A log, and the same log some entries later; each file shows the first entries alone."""
    made = sample()
    earlier = made.evidence()
    keep(made, *(f"key {number}" for number in range(more)))
    later = replace(made.evidence(), made_at=earlier.made_at + DAY)
    short = [replace(one, messages=(), entries=one.entries[:4]) for one in (earlier, later)]
    return Pair(earlier=short[0], later=short[1], log=made.log)


def two_logs(*, same: int, more: int) -> Pair:
    """Two logs with the same beginning; each file shows entries of the beginning alone."""
    one, other = (keep(Sample(), *(f"key {number}" for number in range(same))) for _ in range(2))
    keep(one, "what one auditor was shown")
    keep(other, "what another was shown", *(f"more {number}" for number in range(more)))
    return pair(one, other, first=2)


CASES: dict[str, tuple[Pair, bool, set[str | None], str]] = {
    "the same head": (one_log(more=0), False, set(), "both files show the same head of its log, of 22 entries."),
    "the longer file proves all of the shorter log": (
        pair(keep(Sample(), "1", "2"), keep(Sample(), "1", "2", "3", "4"), first=1),
        False,
        set(),
        "its log of 8 entries continues the one of 4: nothing in it was changed.",
    ),
    "a log that grew, without a proof": (one_log(more=5), False, set(), "16 of these 22 are the same in both files."),
    "what to ask for then": (one_log(more=5), False, set(), "Ask es:retorno for `log prove 22 32`"),
    "a log that grew, with its proof": (one_log(more=5), True, set(), "its log of 32 entries continues the one of 22"),
    "two histories of one size": (two_logs(same=4, more=0), False, {"two-histories"}, "two heads of 10 entries"),
    "two histories, one shorter, and a subtree differs": (
        two_logs(same=7, more=4),
        False,
        {"two-histories"},
        "entries 8 to 15 differ in the two files",
    ),
    "two histories, one shorter, in what neither shows": (two_logs(same=4, more=4), False, set(), "8 of these 10"),
    "the same, and the proof that the node gives": (
        two_logs(same=4, more=4),
        True,
        {"two-histories"},
        "does not lead from head to head",
    ),
    "two entries in one place, one log shorter": (
        pair(sample(), keep(sample(), "later")),
        False,
        {"two-histories"},
        "differ in the two files",
    ),
    "two whole logs, of which the shorter is no beginning of the longer": (
        pair(keep(Sample(), "a", "b"), keep(Sample(), "a", "c", "d"), first=1),
        False,
        {"two-histories"},
        "differ in the two files",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_what_two_files_of_one_node_show(case: str) -> None:
    shown, is_proven, codes, text = CASES[case]
    found = shown.told(shown.growth()) if is_proven else shown.told()
    assert {line.code for line in found.whole.failures} == codes, found.whole.failures
    assert text in " ".join(line.text for line in found.whole.lines)


def test_a_later_file_with_a_shorter_log_is_named_unless_a_witness_saw_that_head_before() -> None:
    grew = one_log(more=5)
    back = replace(grew, earlier=grew.later, later=replace(grew.earlier, made_at=grew.later.made_at + DAY))
    assert [line.code for line in back.told().whole.failures] == ["log-rolled-back"]
    line = cosign_checkpoint(back.later.checkpoint, ORIGIN_ID, ORIGIN.witness, grew.earlier.made_at)
    seen = replace(back.later, checkpoint=with_cosignatures(back.later.checkpoint, line))
    assert replace(back, later=seen).told().whole.ok


def test_a_proof_of_growth_that_belongs_to_no_files_is_said_to_be_idle() -> None:
    shown = one_log(more=5)
    found = shown.told(replace(shown.growth(), old=3))
    (line,) = found.parts[-1].report.lines
    assert (line.outcome, "no two files here show heads of 3 and 32 entries" in line.text) == (
        Outcome.NOT_CHECKED,
        True,
    )


def test_a_proof_of_growth_is_read_as_it_was_written() -> None:
    growth = one_log(more=5).growth()
    raw = write_growth(growth)
    assert is_growth(raw)
    assert read_growth(raw) == growth


BROKEN = {
    "no JSON": b"{",
    "another format": b'{"format":"relevo-evidence-v1"}',
    "a size that is text": b'{"format":"relevo-log-growth-v1","node":"es:retorno","old":"1","new":2,"proof":[]}',
    "a hash that is short": b'{"format":"relevo-log-growth-v1","node":"es:retorno","old":1,"new":2,"proof":["AA=="]}',
    "a member too many": b'{"format":"relevo-log-growth-v1","node":"es:retorno","old":1,"new":2,"proof":[],"x":1}',
}


@pytest.mark.parametrize("raw", BROKEN.values(), ids=BROKEN)
def test_what_is_no_proof_of_growth_is_refused(raw: bytes) -> None:
    with pytest.raises(EvidenceMalformed):
        read_growth(raw)


def test_what_is_known_of_a_tree_leads_to_the_roots_of_all_its_beginnings() -> None:
    made = SampleLog()
    for number in range(21):
        made.write("key", AT, kid=f"key {number}", change="made")
    leaves = {(0, index): made.subtree(0, index) for index in range(21)}
    for size in range(1, 22):
        assert root_of(grown(leaves), size) == merkle.root(size, made.subtree)
        assert leaves_under(cover(size)) == size
    less = {place: value for place, value in leaves.items() if place != (0, 6)}
    assert [size for size in range(1, 22) if root_of(grown(less), size) is None] == list(range(7, 22))


def test_the_siblings_of_a_proof_stand_where_the_tree_has_them() -> None:
    made = SampleLog()
    for number in range(21):
        made.write("key", AT, kid=f"key {number}", change="made")
    for size in range(1, 22):
        for index in range(size):
            proof = merkle.inclusion_proof(index, size, made.subtree)
            for (level, place), value in siblings(index, size, proof):
                assert value == made.subtree(level, place)
                assert (place + 1) << level <= size
