"""Facts signed once: what is disclosed is exactly what was signed, and nothing else shows."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relevo.errors import WireError
from relevo.protocol import base64url, sd_jwt, strict_json
from relevo.protocol import sd_jwt_general as general
from relevo.protocol.sd_jwt import Disclosure, Issued, issue, reveal, serialise, split, verify
from relevo.protocol.strict_json import JsonObject, JsonValue
from support.wire_pair import HIDDEN, HOST, payload_of, resign

OPEN: JsonObject = {"iss": "es:retorno", "kind": "requested"}
ISSUED = issue(OPEN, HIDDEN, key=HOST.signing)
SALT = "2GLC42sKQveCfGfryNRN9w"


def opened(issued: Issued = ISSUED) -> JsonObject:
    return verify(issued.jwt, issued.disclosures, key_for=lambda _kid: HOST.signing.public)


def written(*parts: JsonValue) -> str:
    return base64url.encode(strict_json.dump(list(parts)))


def payload(*disclosures: str, **more: JsonValue) -> JsonObject:
    digests = [base64url.digest(text.encode()) for text in disclosures]
    return {**OPEN, "_sd_alg": "sha-256", "_sd": digests, **more}


def inside(*disclosures: str) -> JsonObject:
    return {"_sd": [base64url.digest(text.encode()) for text in disclosures]}


ONE, FIELD = written(SALT, "given", "John"), written(SALT, "drug", "invented")
ANOTHER, NESTED = written(SALT, "given", "Jane"), written(SALT, "medication", inside(FIELD))
TWICE = written(SALT, "medication", inside(FIELD, FIELD))


def test_a_disclosure_and_its_digest_are_those_of_rfc_9901() -> None:
    disclosure = Disclosure.parse("WyIyR0xDNDJzS1F2ZUNmR2ZyeU5STjl3IiwgImdpdmVuX25hbWUiLCAiSm9obiJd")
    assert (disclosure.name, disclosure.value) == ("given_name", "John")
    assert disclosure.digest == "jsu9yVulwQQlhFlM_3JlzMaSFzglhQG0DpfayQwLUK4"


def test_all_disclosures_together_show_all() -> None:
    assert opened() == {**OPEN, **HIDDEN}


def test_without_disclosures_only_the_open_claims_show() -> None:
    assert opened(Issued(jwt=ISSUED.jwt, disclosures=())) == OPEN


def test_an_object_of_which_no_field_is_disclosed_is_empty() -> None:
    member = next(text for text in ISSUED.disclosures if Disclosure.parse(text).name == "medication")
    assert opened(Issued(jwt=ISSUED.jwt, disclosures=(member,))) == {**OPEN, "medication": {}}


def test_no_name_and_no_value_shows_in_the_token() -> None:
    shown = strict_json.dump(payload_of(ISSUED.jwt)).decode()
    assert not [word for word in ("medication", "invented", "ES-0001", "identity") if word in shown]


SIZES = {
    "nothing hidden": (0, 16),
    "one member": (1, 16),
    "sixteen members": (16, 16),
    "seventeen members": (17, 32),
}


@pytest.mark.parametrize(("members", "digests"), SIZES.values(), ids=SIZES)
def test_the_number_of_digests_says_little_with(members: int, digests: int) -> None:
    issued = issue(OPEN, {f"m{number}": number for number in range(members)}, key=HOST.signing)
    found = payload_of(issued.jwt)["_sd"]
    assert len(found) == digests
    assert found == sorted(found)


@pytest.mark.parametrize(("fields", "digests"), [(0, 8), (1, 8), (8, 8), (9, 16)])
def test_the_number_of_fields_in_an_object_says_little(fields: int, digests: int) -> None:
    issued = issue(OPEN, {"class": {f"f{number}": number for number in range(fields)}}, key=HOST.signing)
    found = Disclosure.parse(issued.disclosures[0]).inside
    assert len(found) == digests
    assert list(found) == sorted(found)


def test_the_same_facts_are_salted_anew() -> None:
    again = issue(OPEN, HIDDEN, key=HOST.signing)
    assert not set(again.disclosures) & set(ISSUED.disclosures)


REFUSED: dict[str, tuple[JsonObject, tuple[str, ...], str]] = {
    "a disclosure that nobody signed": (payload(ONE), (ONE, ANOTHER), "bad-disclosure"),
    "a field without its object": (payload(NESTED), (FIELD,), "bad-disclosure"),
    "a disclosure given twice": (payload(ONE), (ONE, ONE), "bad-disclosure"),
    "a digest that stands twice": (payload(ONE, ONE), (ONE,), "bad-disclosure"),
    "a digest that stands twice in an object": (payload(TWICE), (TWICE, FIELD), "bad-disclosure"),
    "a digest that stands on both levels": (payload(NESTED, FIELD), (NESTED, FIELD), "bad-disclosure"),
    "one name disclosed twice": (payload(ONE, ANOTHER), (ONE, ANOTHER), "claim-name-collision"),
    "one field disclosed twice": (
        payload(two := written(SALT, "class", inside(ONE, ANOTHER))),
        (two, ONE, ANOTHER),
        "claim-name-collision",
    ),
    "a name that stands in the open": (
        payload(late := written(SALT, "iss", "gn:passage")),
        (late,),
        "claim-name-collision",
    ),
    "a name that is _sd": (payload(odd := written(SALT, "_sd", [])), (odd,), "claim-name-collision"),
    "a name that is ...": (payload(dots := written(SALT, "...", "x")), (dots,), "claim-name-collision"),
    "a name that is _sd_alg": (payload(alg := written(SALT, "_sd_alg", "x")), (alg,), "claim-name-collision"),
    "a hidden element of a list in the open": (
        payload(roles=[{"...": base64url.digest(b"")}]),
        (),
        "claim-name-collision",
    ),
    "a hidden element of a disclosed list": (
        payload(listed := written(SALT, "roles", [{"...": base64url.digest(b"")}])),
        (listed,),
        "claim-name-collision",
    ),
    "digests within an open object": (payload(more={"_sd": []}), (), "claim-name-collision"),
    "digests on a third level": (
        payload(deep := written(SALT, "class", inside(third := written(SALT, "field", inside(ONE))))),
        (deep, third, ONE),
        "claim-name-collision",
    ),
    "an object that is hidden in part": (
        payload(part := written(SALT, "class", {**inside(ONE), "open": 1})),
        (part, ONE),
        "malformed-sd-jwt",
    ),
    "an object that is disclosed as a whole": (
        payload(whole := written(SALT, "class", {"open": 1})),
        (whole,),
        "malformed-sd-jwt",
    ),
    "another digest algorithm": ({**payload(ONE), "_sd_alg": "sha-512"}, (ONE,), "malformed-sd-jwt"),
    "no digest algorithm": ({"_sd": []}, (), "malformed-sd-jwt"),
    "no digests": ({"_sd_alg": "sha-256"}, (), "malformed-sd-jwt"),
    "digests that are no list": (payload(_sd="x"), (), "malformed-sd-jwt"),
    "a digest that is none": (payload(_sd=["x"]), (), "malformed-sd-jwt"),
    "a disclosure of two parts": (payload(pair := written(SALT, "x")), (pair,), "bad-disclosure"),
    "a disclosure of four parts": (payload(four := written(SALT, "x", 1, 2)), (four,), "bad-disclosure"),
    "a disclosure whose name is no text": (payload(named := written(SALT, 1, 2)), (named,), "bad-disclosure"),
    "a disclosure that is an object": (
        payload(mapped := base64url.encode(b'{"a":1}')),
        (mapped,),
        "bad-disclosure",
    ),
    "a salt of 15 bytes": (payload(short := written("A" * 20, "x", 1)), (short,), "bad-disclosure"),
    "a salt that is not base64url": (payload(salted := written("?" * 22, "x", 1)), (salted,), "bad-disclosure"),
    "a disclosure with a name twice": (
        payload(doubled := base64url.encode(f'["{SALT}","x",{{"a":1,"a":2}}]'.encode())),
        (doubled,),
        "bad-disclosure",
    ),
    "a disclosure with padding": (payload(ONE), (ONE + "=",), "bad-disclosure"),
    "an empty disclosure": (payload(ONE), ("",), "bad-disclosure"),
}


@pytest.mark.parametrize(("signed", "disclosures", "code"), REFUSED.values(), ids=REFUSED)
def test_refused_is(signed: JsonObject, disclosures: tuple[str, ...], code: str) -> None:
    with pytest.raises(WireError) as refused:
        reveal(signed, disclosures)
    assert (refused.value.code, refused.value.final) == (code, True)


UNISSUED: dict[str, Callable[[], object]] = {
    "a name that is both open and hidden": lambda: issue(OPEN, {"iss": 1}, key=HOST.signing),
    "a hidden name that is reserved": lambda: issue(OPEN, {"_sd": 1}, key=HOST.signing),
    "an open name that is reserved": lambda: issue({"_sd_alg": "x"}, {}, key=HOST.signing),
    "a field that is reserved": lambda: issue(OPEN, {"class": {"...": 1}}, key=HOST.signing),
    "a reserved name further down": lambda: issue(OPEN, {"class": {"a": [{"_sd": 1}]}}, key=HOST.signing),
}


@pytest.mark.parametrize("make", UNISSUED.values(), ids=UNISSUED)
def test_nobody_issues(make: Callable[[], object]) -> None:
    with pytest.raises(sd_jwt.NameCollision):
        make()


def test_another_issuer_is_refused() -> None:
    forged = resign(ISSUED.jwt, HOST.root, kind="withdrawn")
    with pytest.raises(WireError) as refused:
        opened(Issued(jwt=forged, disclosures=ISSUED.disclosures))
    assert refused.value.code == "bad-signature"


def test_parts_join_and_split() -> None:
    text = serialise(ISSUED)
    assert text.count("~") == 1 + len(ISSUED.disclosures)
    assert split(text) == ISSUED
    assert split("jwt~") == Issued(jwt="jwt", disclosures=())


def test_as_many_disclosures_are_split_as_may_be() -> None:
    most = Issued(jwt="jwt", disclosures=("x",) * sd_jwt.MAX_DISCLOSURES)
    assert split(serialise(most)) == most
    with pytest.raises(sd_jwt.TooManyDisclosures):
        split(serialise(most) + "x~")


@pytest.mark.parametrize("text", ["", "jwt", "~", "jwt~disclosure", "~disclosure~"])
def test_split_is_not(text: str) -> None:
    with pytest.raises(sd_jwt.MalformedSdJwt):
        split(text)


NAMES = st.text(min_size=1, max_size=8).filter(lambda name: name not in {"_sd", "_sd_alg", "...", *OPEN})
PLAIN = st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(max_size=8)
FIELDS = PLAIN | st.lists(PLAIN, max_size=3) | st.dictionaries(NAMES, PLAIN, max_size=3)


@settings(max_examples=40)
@given(st.dictionaries(NAMES, FIELDS | st.dictionaries(NAMES, FIELDS, max_size=9), max_size=5))
def test_what_is_issued_is_what_is_opened(hidden: dict[str, JsonValue]) -> None:
    assert opened(issue(OPEN, hidden, key=HOST.signing)) == {**OPEN, **hidden}


@settings(max_examples=40)
@given(st.integers(0, len(ISSUED.disclosures) - 1), st.data())
def test_no_character_of_a_disclosure_can_be_changed(which: int, data: st.DataObject) -> None:
    text = ISSUED.disclosures[which]
    place = data.draw(st.integers(0, len(text) - 1))
    changed = (
        text[:place] + data.draw(st.sampled_from("AZ09-_").filter(lambda new: new != text[place])) + text[place + 1 :]
    )
    others = [changed if number == which else one for number, one in enumerate(ISSUED.disclosures)]
    with pytest.raises(WireError):
        opened(Issued(jwt=ISSUED.jwt, disclosures=tuple(others)))


def by_the_standard(signed: JsonObject, disclosures: Sequence[str]) -> JsonObject:
    """What the general algorithm reveals, after everything was refused that is not of the profile, rule by rule."""
    parsed = [Disclosure.parse(text) for text in disclosures]
    members = [one for one in parsed if one.digest in signed["_sd"]]
    fields = {digest for one in members for digest in one.inside}
    require_plain([one.value for one in parsed if one.digest in fields or not isinstance(one.value, dict)])
    require_plain({name: value for name, value in signed.items() if name not in {"_sd", "_sd_alg"}})
    return general.reveal(signed, parsed)


def require_plain(value: JsonValue) -> None:
    if isinstance(value, dict):
        for name, inner in value.items():
            require_plain(inner)
            if name in general.RESERVED:
                raise sd_jwt.NameCollision
    if isinstance(value, list):
        for inner in value:
            require_plain(inner)


PIECES: tuple[JsonValue, ...] = (
    1,
    "x",
    ["x", {"y": 1}],
    [{"_sd": []}],
    [{"...": "x"}],
    {"x": {"_sd_alg": 1}},
    {"x": 1},
)


@st.composite
def wild(draw: st.DrawFn) -> tuple[JsonObject, list[str]]:
    """A payload and disclosures that mostly fit: few names, each digest mostly in one place, most of them disclosed."""
    made: list[str] = []
    loose = [base64url.digest(b"a decoy")]

    def rarely() -> bool:
        return draw(st.sampled_from([*[False] * 19, True]))

    def add(value: JsonValue) -> None:
        made.append(written(SALT, draw(st.sampled_from(["kind", "n0"])) if rarely() else f"n{len(made)}", value))
        loose.append(base64url.digest(made[-1].encode()))

    def gathered(number: int) -> list[JsonValue]:
        found: list[JsonValue] = [loose.pop(0) for _ in range(min(number, len(loose)))]
        return [*found, *found[:1]] if rarely() else found

    def plain() -> JsonValue:
        return draw(st.sampled_from(PIECES if rarely() else PIECES[:3]))

    for _ in range(draw(st.integers(0, 4))):
        add(plain())
    for _ in range(draw(st.integers(0, 3))):
        add({"_sd": gathered(draw(st.integers(0, 3))), **({"x": 1} if rarely() else {})})
    signed: JsonObject = {"kind": plain(), "_sd": gathered(99), "_sd_alg": "sha-256"}
    disclosed = [text for text in made if not rarely()]
    return signed, [*disclosed, *disclosed[:1]] if rarely() else disclosed


@settings(max_examples=300)
@given(wild())
def test_it_is_the_general_algorithm_within_the_profile(case: tuple[JsonObject, list[str]]) -> None:
    assert outcome(reveal, case) == outcome(by_the_standard, case)


def outcome(read: Callable[[JsonObject, list[str]], JsonObject], case: tuple[JsonObject, list[str]]) -> object:
    try:
        return read(*case)
    except WireError:
        return "refused"
