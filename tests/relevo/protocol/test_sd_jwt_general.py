"""Selective disclosure as others issue it: the examples of RFC 9901, and what no processor may let through."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from joserfc import jws
from joserfc.jwk import ECKey

from relevo.errors import WireError
from relevo.protocol import strict_json
from relevo.protocol.key_binding import Occasion, PresentationChanged, require_bound
from relevo.protocol.sd_jwt_general import (
    Disclosure,
    HiddenElement,
    NameCollision,
    Veiled,
    conceal,
    digest,
    reveal,
    split_bound,
)
from relevo.protocol.strict_json import JsonObject, JsonValue
from support import rfc_9901 as rfc
from support.rfc_9901 import Example, written


def shown(payload: JsonObject, *disclosures: str) -> JsonObject:
    return reveal(payload, [Disclosure.parse(text) for text in disclosures])


def body(token: str, key: JsonObject) -> JsonObject:
    """The payload of a token of the RFC, whose signature holds under the RFC's key (ES256, which no node uses)."""
    found = jws.deserialize_compact(token, ECKey.import_key(key), algorithms=["ES256"])
    return strict_json.load(found.payload)


@pytest.mark.parametrize("example", rfc.EXAMPLES.values(), ids=rfc.EXAMPLES)
def test_the_printed_presentation_gives_the_printed_payload_of(example: Example) -> None:
    jwt, disclosures, _ = split_bound(example.shown + example.binding)
    assert shown(body(jwt, rfc.ISSUER_KEY), *disclosures) == example.processed


@pytest.mark.parametrize("example", rfc.EXAMPLES.values(), ids=rfc.EXAMPLES)
def test_each_disclosure_has_the_printed_digest_in(example: Example) -> None:
    assert {printed: digest(text) for printed, text in example.disclosures.items()} == {
        printed: printed for printed in example.disclosures
    }


@pytest.mark.parametrize("example", rfc.EXAMPLES.values(), ids=rfc.EXAMPLES)
def test_all_disclosures_give_back_what_the_issuer_had_in(example: Example) -> None:
    seen = shown(body(example.jwt, rfc.ISSUER_KEY), *example.disclosures.values())
    assert {name: value for name, value in seen.items() if name in example.input} == example.input
    assert seen.keys() - example.input.keys() <= {"iss", "iat", "exp", "cnf"}


@pytest.mark.parametrize("example", rfc.BOUND.values(), ids=rfc.BOUND)
def test_the_printed_binding_holds_for_what_is_shown_and_nothing_less_of(example: Example) -> None:
    assert example.bound_at is not None
    occasion = Occasion(
        aud="https://verifier.example.org",
        nonce="1234567890",
        at=datetime.fromtimestamp(example.bound_at, tz=UTC),
        max_age=timedelta(minutes=1),
    )
    binding = body(example.binding, example.processed["cnf"]["jwk"])
    require_bound(binding, example.shown, occasion)
    with pytest.raises(PresentationChanged):
        require_bound(binding, f"{example.jwt}~", occasion)


NESTED: dict[str, tuple[JsonObject, list[object], JsonValue]] = {
    "6.1, flat": ({"_sd": ["fOBUSQvo46yQO-wRwXBcGqvnbKIueISEL961_Sjd4do"]}, [rfc.WHOLE], rfc.ADDRESS),
    "6.2, structured": (
        {"address": {"_sd": rfc.INNER}},
        [rfc.STREET, rfc.LOCALITY, rfc.REGION, rfc.COUNTRY],
        rfc.ADDRESS,
    ),
    "6.2, structured, in part": ({"address": {"_sd": rfc.INNER}}, [rfc.REGION], {"region": "Sachsen-Anhalt"}),
    "6.2, structured, nothing": ({"address": {"_sd": rfc.INNER}}, [], {}),
    "6.2, with one in the open": (
        {"address": {"_sd": rfc.INNER[:3], "country": "DE"}},
        [rfc.LOCALITY],
        {"country": "DE", "locality": "Schulpforta"},
    ),
    "6.3, recursive": (
        {"_sd": ["HvrKX6fPV0v9K_yCVFBiLFHsMaxcD_114Em6VT8x1lg"]},
        [rfc.STREET, rfc.RECURSIVE, rfc.COUNTRY],
        {"street_address": "Schulstr. 12", "country": "DE"},
    ),
}


@pytest.mark.parametrize(("hidden", "disclosures", "address"), NESTED.values(), ids=NESTED)
def test_nested_data_shows_as_in_section(hidden: JsonObject, disclosures: list[object], address: JsonValue) -> None:
    payload = {**rfc.NESTED, **hidden, "_sd_alg": "sha-256"}
    assert shown(payload, *(written(parts) for parts in disclosures)) == {**rfc.NESTED, "address": address}


SALT = "2GLC42sKQveCfGfryNRN9w"
ONE, OTHER, ELEMENT = written([SALT, "given", "John"]), written([SALT, "given", "Jane"]), written([SALT, "FR"])
DEEP = written([SALT, "deep", [[{"...": digest(ELEMENT)}], {"_sd": [digest(ONE)]}]])


def test_digests_are_found_at_any_depth_of_lists_and_objects() -> None:
    payload = {"a": [[{"b": {"_sd": [digest(DEEP)]}}]]}
    assert shown(payload, DEEP, ELEMENT, ONE) == {"a": [[{"b": {"deep": [["FR"], {"given": "John"}]}}]]}
    assert shown(payload, DEEP) == {"a": [[{"b": {"deep": [[], {}]}}]]}


@pytest.mark.parametrize("algorithm", ["sha-256", "sha-384", "sha-512"])
def test_a_hash_is_understood(algorithm: str) -> None:
    assert shown({"_sd_alg": algorithm, "_sd": [digest(ONE, algorithm)]}, ONE) == {"given": "John"}


def test_without_an_algorithm_it_is_sha_256_and_without_digests_nothing_changes() -> None:
    assert shown({"_sd": [digest(ONE)]}, ONE) == {"given": "John"}
    assert shown({"plain": [1, {"a": None}]}) == {"plain": [1, {"a": None}]}


REFUSED: dict[str, tuple[JsonObject, tuple[str, ...], str]] = {
    "a hash that is not known": ({"_sd_alg": "md5", "_sd": []}, (), "malformed-sd-jwt"),
    "a hash that is no text": ({"_sd_alg": 1}, (), "malformed-sd-jwt"),
    "digests that are no list": ({"a": {"_sd": "x"}}, (), "malformed-sd-jwt"),
    "a digest that is no text": ({"a": {"_sd": [1]}}, (), "malformed-sd-jwt"),
    "a disclosure that no digest names": ({"_sd": []}, (ONE,), "bad-disclosure"),
    "a disclosure given twice": ({"_sd": [digest(ONE)]}, (ONE, ONE), "bad-disclosure"),
    "a digest in two places": ({"_sd": [digest(ONE)], "a": {"_sd": [digest(ONE)]}}, (ONE,), "bad-disclosure"),
    "a decoy in two places": ({"_sd": ["x"], "a": [{"...": "x"}]}, (), "bad-disclosure"),
    "a disclosure that names itself": ({"_sd": ["x", "x"]}, (), "bad-disclosure"),
    "a member disclosed as an element": ({"a": [{"...": digest(ONE)}]}, (ONE,), "bad-disclosure"),
    "an element disclosed as a member": ({"_sd": [digest(ELEMENT)]}, (ELEMENT,), "bad-disclosure"),
    "one name disclosed twice": ({"_sd": [digest(ONE), digest(OTHER)]}, (ONE, OTHER), "claim-name-collision"),
    "a name that stands there": ({"given": 1, "_sd": [digest(ONE)]}, (ONE,), "claim-name-collision"),
    "an ellipsis beside others": ({"a": [{"...": "x", "b": 1}]}, (), "claim-name-collision"),
    "an ellipsis outside a list": ({"a": {"...": "x"}}, (), "claim-name-collision"),
    "an ellipsis that is no text": ({"a": [{"...": 1}]}, (), "claim-name-collision"),
    "a disclosed name that is _sd": (
        {"_sd": [digest(odd := written([SALT, "_sd", []]))]},
        (odd,),
        "claim-name-collision",
    ),
    "a disclosed name that is ...": (
        {"_sd": [digest(dots := written([SALT, "...", "x"]))]},
        (dots,),
        "claim-name-collision",
    ),
    "a disclosure of one part": ({"_sd": [digest(lone := written([SALT]))]}, (lone,), "bad-disclosure"),
    "a salt that is no text": ({"_sd": [digest(salt := written([1, "a", 1]))]}, (salt,), "bad-disclosure"),
}


@pytest.mark.parametrize(("payload", "disclosures", "code"), REFUSED.values(), ids=REFUSED)
def test_refused_is(payload: JsonObject, disclosures: tuple[str, ...], code: str) -> None:
    with pytest.raises(WireError) as refused:
        shown(payload, *disclosures)
    assert refused.value.code == code


CLAIMS = Veiled(
    shown={"iss": "x", "list": ["open", HiddenElement({"a": 1}), HiddenElement(Veiled(hidden={"b": 2}))]},
    hidden={"object": Veiled(hidden={"c": Veiled(hidden={"d": 3})}, shown={"e": 4}, multiple=8)},
    multiple=4,
)


def test_what_is_concealed_at_any_depth_is_revealed() -> None:
    payload, disclosures = conceal(CLAIMS)
    assert shown(payload, *disclosures) == {
        "iss": "x",
        "list": ["open", {"a": 1}, {"b": 2}],
        "object": {"c": {"d": 3}, "e": 4},
    }
    assert shown(payload) == {"iss": "x", "list": ["open"]}
    assert len(payload["_sd"]) == 4


def test_nobody_conceals_a_reserved_name() -> None:
    with pytest.raises(NameCollision):
        conceal(Veiled(hidden={"_sd": 1}))
    with pytest.raises(NameCollision):
        conceal(Veiled(hidden={"a": {"...": 1}}))
