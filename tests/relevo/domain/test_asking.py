"""What each side may ask the other for later."""

from __future__ import annotations

from dataclasses import replace

import pytest

from relevo.domain.asking import NotToBeAsked, require_may_ask
from relevo.domain.sides import Side
from relevo.domain.sop import Sop


def test_a_side_asks_for_what_the_procedure_lets_it_ask_for(es_ge: Sop) -> None:
    require_may_ask(es_ge, Side.ORIGIN, ["contact", "documents"])
    with pytest.raises(NotToBeAsked) as refused:
        require_may_ask(es_ge, Side.ORIGIN, ["contact", "identity-full"])
    assert (refused.value.clause, "identity-full" in refused.value.detail) == ("may_ask.origin", True)
    assert "contact" not in refused.value.detail


def test_the_sides_ask_for_different_things(es_ge: Sop) -> None:
    require_may_ask(es_ge, Side.HOST, ["plan"])
    with pytest.raises(NotToBeAsked):
        require_may_ask(es_ge, Side.ORIGIN, ["plan"])


def test_a_procedure_that_does_not_speak_of_it_bars_nothing(es_ge: Sop) -> None:
    require_may_ask(replace(es_ge, may_ask={}), Side.ORIGIN, ["identity-full"])
