"""Nothing outside consent and SOP can leave, whatever the record, the consents and the procedure."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, TypeVar

from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from relevo.domain.consent import Consent, Withholding, consent_reasons, terms_of
from relevo.domain.data_classes import DataClass
from relevo.domain.disclosure import Disclosure, Line, Why, decide, require_within
from relevo.domain.sop import Purpose, ServiceClasses, Sop
from relevo.errors import Reason

if TYPE_CHECKING:
    from relevo.domain.data_classes import Record

AT = datetime(2026, 11, 22, 9, tzinfo=UTC)
TODAY = AT.date()
T = TypeVar("T")
PURPOSE, RECEIVER = "reintegration-assistance", "ci:accueil"
SERVICES = ("housing", "legal-aid:court", "unheard-of")

moving = st.sampled_from(["identity-min", "contact", "travel", "family", "needs", "skills", "consent"])
class_words = st.one_of(moving, st.sampled_from([*DataClass, "shoes", "needs.social"]))
field_words = st.sampled_from(["a", "b", "c", "a.b", "b[0]", ""])
class_sets = st.frozensets(st.one_of(moving, st.sampled_from(list(DataClass))), min_size=2, max_size=12)
paths = st.builds("{}.{}".format, class_words, field_words)
records = st.dictionaries(class_words, st.dictionaries(field_words, st.integers(), max_size=4), min_size=2, max_size=8)
days = st.integers(-3, 3).map(lambda n: TODAY + timedelta(days=n))
moments = st.integers(-3, 3).map(lambda n: AT + timedelta(hours=n))


def mostly(usual: T, otherwise: st.SearchStrategy[T]) -> st.SearchStrategy[T]:
    """The usual value four times in five, so that enough of the examples get as far as leaving."""
    return st.integers(0, 4).flatmap(lambda n: otherwise if n == 0 else st.just(usual))


withholdings = st.builds(
    Withholding,
    what=mostly("needs.a", st.one_of(class_words, paths, st.just("everything"))),
    from_whom=mostly("family members", st.just(RECEIVER)),
)
consents = st.builds(
    Consent,
    id=st.just("c"),
    purpose=mostly(PURPOSE, st.just("medical-continuity")),
    receiver=mostly(RECEIVER, st.just("ge:dabruneba")),
    classes=class_sets,
    withhold=st.lists(withholdings, max_size=1).map(tuple),
    by=st.just("the person"),
    language=st.just("fr"),
    taken_on=mostly(date(2026, 11, 10), days),
    expires_on=mostly(date(2028, 1, 1), days),
    withdrawn_at=mostly(None, moments),
)
purposes = st.builds(
    Purpose,
    required=mostly(frozenset(), st.just(frozenset({"identity-min"}))),
    allowed=class_sets,
    returns=st.just(frozenset()),
    services=st.dictionaries(
        st.sampled_from(["housing", "legal-aid", "training"]),
        st.builds(ServiceClasses, required=st.just(frozenset()), allowed=class_sets),
    ),
    fields=st.dictionaries(class_words, st.frozensets(st.sampled_from(["a", "b"]), min_size=1), max_size=3),
)
lines = st.builds(
    Line, path=st.one_of(paths, class_words), leaves=st.booleans(), why=st.sampled_from(Why), text=st.just("t")
)
stays = st.lists(lines, max_size=2)
faults = st.builds(
    Reason, code=st.just("field-invalid"), field=paths, detail=st.just("wrong"), advice=st.just("Mend it.")
)
problems = mostly((), st.tuples(faults))


@st.composite
def decisions(draw: st.DrawFn, sop: Sop) -> tuple[Record, Sop, list[Consent], list[Line], Disclosure]:
    """A record, a procedure, consents, what was kept before, and the decision about them."""
    record = draw(records)
    procedure = replace(sop, purposes={PURPOSE: draw(purposes)})
    given, kept = draw(st.lists(consents, min_size=1, max_size=3)), draw(stays)
    made = decide(
        record,
        stays=kept,
        problems=draw(problems),
        consents=given,
        sop=procedure,
        purpose=PURPOSE,
        receiver=RECEIVER,
        services=SERVICES,
        at=AT,
    )
    return record, procedure, given, kept, made


@settings(max_examples=150, deadline=None)
@for_all(data=st.data())
def test_nothing_outside_consent_and_procedure_ever_leaves(es_ci: Sop, data: st.DataObject) -> None:
    record, sop, given, kept, made = data.draw(decisions(es_ci))
    rule = sop.purposes[PURPOSE]
    kept_paths = {line.path for line in kept}
    for name, fields in made.leaving.items():
        assert made.consent in given
        assert not consent_reasons(given, purpose=PURPOSE, receiver=RECEIVER, classes=[name], at=AT)
        assert name in rule.allowed_classes(SERVICES)
        assert name not in kept_paths | {DataClass.CONSENT}
        for field, value in fields.items():
            assert rule.allows_field(name, field)
            assert f"{name}.{field}" not in kept_paths
            assert record[name][field] == value


@settings(max_examples=150, deadline=None)
@for_all(data=st.data())
def test_the_preview_says_exactly_what_leaves(es_ci: Sop, data: st.DataObject) -> None:
    record, _, _, _, made = data.draw(decisions(es_ci))
    leaving = sorted(f"{name}.{field}" for name, fields in made.leaving.items() for field in fields)
    assert sorted(line.path for line in made.lines if line.leaves) == leaving
    assert len({line.path for line in made.lines}) == len(made.lines)
    assert {f"{name}.{field}" for name, fields in record.items() for field in fields if field} <= {
        line.path for line in made.lines
    } | {
        f"{name}.{field}"
        for line in made.lines
        for name, fields in record.items()
        if line.path == name
        for field in fields
    }


@settings(max_examples=100, deadline=None)
@for_all(data=st.data())
def test_nothing_leaves_while_a_reason_stands_and_the_receiver_takes_what_leaves(
    es_ci: Sop, data: st.DataObject
) -> None:
    _, sop, _, _, made = data.draw(decisions(es_ci))
    if made.reasons:
        assert not made.leaving
        assert made.terms is None
    else:
        assert made.consent is not None
        assert made.terms == terms_of(made.consent)
        require_within(made.leaving, terms=made.terms, sop=sop, purpose=PURPOSE, services=SERVICES)
