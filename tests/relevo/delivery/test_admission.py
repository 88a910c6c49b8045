"""How often and how many at once, by a clock that the test moves."""

from __future__ import annotations

import pytest

from relevo.delivery.admission import MAX_KEYS, Admission, Busy, Limits, RateExceeded, Rates


def test_a_bucket_empties_says_how_long_and_fills_again() -> None:
    now = [0.0]
    rates = Rates(60, lambda: now[0])
    for _ in range(10):
        rates.take("peer")
    with pytest.raises(RateExceeded) as refused:
        rates.take("peer")
    assert refused.value.seconds == 1
    rates.take("another")
    now[0] += 1
    rates.take("peer")


def test_the_memory_of_strangers_is_bounded() -> None:
    rates = Rates(60, lambda: 0.0)
    for number in range(MAX_KEYS + 100):
        rates.take(str(number))
    assert len(rates._buckets) == MAX_KEYS  # noqa: SLF001 - what is bounded


def test_one_more_at_once_than_a_peer_may_waits_and_another_peer_does_not() -> None:
    admission = Admission(Limits(at_once_of_a_peer=1))
    with admission.of("ci:accueil"):
        with pytest.raises(Busy), admission.of("ci:accueil"):
            pass
        with admission.of("ge:dabruneba"):
            pass
    with admission.of("ci:accueil"):
        pass
