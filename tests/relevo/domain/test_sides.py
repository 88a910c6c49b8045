from __future__ import annotations

from relevo.domain.sides import Side


def test_the_other_side_of_the_other_side_is_this_side() -> None:
    assert Side.HOST.other is Side.ORIGIN
    assert all(side.other.other is side for side in Side)
