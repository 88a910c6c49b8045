"""What files show of the tree of a log: hashes of complete subtrees, by (level, index) as in `relevo.protocol.merkle`.

The siblings of an inclusion proof are such hashes, and so is what a book hides. Two of them that are neighbours give
the one above. A complete subtree never changes once its last leaf stands, so two files of one log that know the same
subtree know the same hash, whatever the sizes of the log in them.
"""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING, TypeAlias

from relevo.protocol.merkle import node_hash

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

Place: TypeAlias = tuple[int, int]
"""Level and index: the 2^level leaves from index * 2^level on."""
Known: TypeAlias = "Mapping[Place, bytes]"


def siblings(index: int, size: int, proof: Sequence[bytes]) -> Iterator[tuple[Place, bytes]]:
    """The complete subtrees among the siblings of a proof that holds, for leaf `index` in a log of `size` leaves."""
    start, rest = 0, list(proof)
    while size > 1 and rest:
        left, sibling = 1 << (size - 1).bit_length() - 1, rest.pop()
        if index >= left:
            yield (left.bit_length() - 1, start // left), sibling
            start, index, size = start + left, index - left, size - left
        else:
            right = size - left
            if right & (right - 1) == 0:
                yield (right.bit_length() - 1, (start + left) // right), sibling
            size = left


def grown(known: Known) -> dict[Place, bytes]:
    """The same, with every subtree whose two halves are known."""
    found, level = dict(known), 0
    while any(height >= level for height, _ in found):
        for height, index in [place for place in found if place[0] == level and place[1] % 2 == 0]:
            right = found.get((height, index + 1))
            if right is not None:
                found[height + 1, index // 2] = node_hash(found[height, index], right)
        level += 1
    return found


def cover(size: int) -> list[Place]:
    """The complete subtrees that make up the first `size` leaves, from the left, each as great as can be."""
    places, start = [], 0
    for level in reversed(range(size.bit_length())):
        if size >> level & 1:
            places.append((level, start >> level))
            start += 1 << level
    return places


def root_of(known: Known, size: int) -> bytes | None:
    """The root of the first `size` leaves, at least one; None if not all of them is known."""
    parts = [known.get(place) for place in cover(size)]
    whole = [part for part in parts if part is not None]
    return reduce(lambda right, left: node_hash(left, right), reversed(whole)) if len(whole) == len(parts) else None


def leaves_under(places: Sequence[Place]) -> int:
    """How many leaves lie under at least one of these subtrees."""
    count = end = 0
    for start, stop in sorted((index << level, index + 1 << level) for level, index in places):
        count += max(0, stop - max(start, end))
        end = max(end, stop)
    return count
