"""Points of edwards25519 (RFC 8032, section 5.1) in plain arithmetic, for signatures that no honest signer makes."""

from __future__ import annotations

import hashlib
from typing import TypeAlias

Point: TypeAlias = tuple[int, int]

PRIME = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, -1, PRIME) % PRIME


def add(one: Point, two: Point) -> Point:
    """Their sum (RFC 8032, section 5.1.4, in affine coordinates)."""
    (x1, y1), (x2, y2) = one, two
    both = _D * x1 * x2 * y1 * y2
    x = (x1 * y2 + x2 * y1) * pow(1 + both, -1, PRIME) % PRIME
    return x, (y1 * y2 + x1 * x2) * pow(1 - both, -1, PRIME) % PRIME


def times(number: int, point: Point) -> Point:
    """The point, added `number` times."""
    found = (0, 1)
    for bit in f"{number:b}":
        found = add(found, found)
        found = add(found, point) if bit == "1" else found
    return found


def at(y: int, odd: int = 0) -> Point | None:
    """The point of this `y` whose x is odd or even, if there is one (RFC 8032, section 5.1.3)."""
    square = (y * y - 1) * pow(_D * y * y + 1, -1, PRIME) % PRIME
    x = pow(square, (PRIME + 3) // 8, PRIME)
    x = x if x * x % PRIME == square else x * pow(2, (PRIME - 1) // 4, PRIME) % PRIME
    if x * x % PRIME != square:
        return None
    return (x if x % 2 == odd else -x % PRIME), y % PRIME


def written(point: Point, *, beyond: int = 0) -> bytes:
    """Its 32 bytes; with `beyond` = PRIME in another spelling, where there is room for one."""
    x, y = point
    return (y + beyond | (x & 1) << 255).to_bytes(32, "little")


def scalar(*parts: bytes) -> int:
    """SHA-512 of the parts, as a number below the order (RFC 8032, section 5.1.7, step 2)."""
    return int.from_bytes(hashlib.sha512(b"".join(parts)).digest(), "little") % ORDER


BASE = at(4 * pow(5, -1, PRIME) % PRIME) or (0, 1)
_OF_ORDER_8 = at(0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826) or (0, 1)
SMALL = tuple(times(number, _OF_ORDER_8) for number in range(8))
"""The points of order 1, 2, 4 and 8."""
