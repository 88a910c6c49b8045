"""Structured fields (RFC 9651) as a hop reads them: one meaning has many spellings, and what is none is refused.

The signature base is built from what was read, spelled in the one canonical way (RFC 9421, section 2.3), so another
spelling of the same holds under the same signature.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from relevo.protocol.hop import HopRequest, HopWrongProfile, VerifiedHop, sign_request, verify_request
from relevo.protocol.keys import SigningKey

AT = datetime(2026, 11, 22, 9, tzinfo=UTC)
KEY = SigningKey(bytes([1]) * 32)
URI, JSON, BODY, NONCE = "https://node.example/federation/v1/envelopes", "application/json", b"{}", bytes(range(16))
SIGNED = sign_request("POST", URI, JSON, BODY, key=KEY, at=AT, nonce=NONCE)
Change = Callable[[str], str]


def verify(**fields: Change) -> VerifiedHop:
    """What a receiver says of the one request, after a change of how a field is spelled."""
    changed = {name.replace("_", "-").title(): change for name, change in fields.items()}
    headers = {name: changed.get(name, str)(value) for name, value in SIGNED.items()}
    assert headers != SIGNED
    request = HopRequest(method="POST", target_uri=URI, headers=headers, body=BODY)
    return verify_request(request, key_for=lambda _: KEY.public, at=AT)


SAME: dict[str, Change] = {
    "two blanks in a list (4.2.1.2)": lambda given: given.replace('" "', '"  "'),
    "blanks at the ends of a list (4.2.1.2)": lambda given: given.replace("=(", "=(  ", 1).replace(")", " )", 1),
    "a blank behind a semicolon (4.2.3.2)": lambda given: given.replace(";", ";  "),
    "zeros before a number (4.2.4)": lambda given: given.replace("=1795338000", "=001795338000"),
    "a parameter twice (4.2.3.2)": lambda given: given + ';tag="relevo-v1"',
    "a parameter twice, of which the last counts (4.2.3.2)": lambda given: given.replace(";tag=", ";tag=other;tag="),
    "a time twice, of which the last counts (4.2.3.2)": lambda given: given.replace(";created=", ";created=1;created="),
    "blanks before and behind (4.2)": lambda given: f"  {given} \t",
}


@pytest.mark.parametrize("change", SAME.values(), ids=SAME)
def test_it_means_the_same_with(change: Change) -> None:
    assert verify(signature_input=change).created == AT


def test_a_signature_is_bytes_with_or_without_their_padding() -> None:
    assert verify(signature=lambda given: given.replace("==:", ":")).created == AT


WRONG: dict[str, Change] = {
    "a parameter twice, of which the last is another": lambda given: given + ';tag="other"',
    "a tab in a list": lambda given: given.replace('" "', '"\t"', 1),
    "a tab behind a semicolon": lambda given: given.replace(";created", ";\tcreated"),
    "a blank before a semicolon": lambda given: given.replace(";created", " ;created"),
    "a blank before an equals sign": lambda given: given.replace("created=", "created ="),
    "a blank behind an equals sign": lambda given: given.replace("=(", "= (", 1),
    "a list in a list": lambda given: given.replace('("@method"', '(("@method")'),
    "a list without blanks": lambda given: given.replace('" "', '""'),
    "a list that does not end": lambda given: given.replace(")", "", 1),
    "no list but a text": lambda _: 'relevo="@method"',
    "no list but parameters": lambda given: "relevo" + given[given.index(";") :],
    "nothing behind the label": lambda _: "relevo=",
    "a label in upper case": lambda given: given.replace("relevo=(", "Relevo=(", 1),
    "a label that is a number": lambda given: given.replace("relevo=(", "1=(", 1),
    "a comma at the end": lambda given: given + ",",
    "a comma at the beginning": lambda given: "," + given,
    "a semicolon at the end": lambda given: given + ";",
    "more behind the end": lambda given: given + "x",
    "a parameter in upper case": lambda given: given.replace(";created", ";Created"),
    "a number with a sign": lambda given: given.replace("=1795338000", "=+1795338000"),
    "a number below zero": lambda given: given.replace("=1795338000", "=-1795338000"),
    "a number of 16 digits": lambda given: given.replace("=1795338000", "=1000001795338000"),
    "a number with a point": lambda given: given.replace("=1795338000", "=1795338000.0"),
    "a number with an exponent": lambda given: given.replace("=1795338000", "=1.7e9"),
    "a date in place of a number": lambda given: given.replace("=1795338000", "=@1795338000"),
    "true in place of a number": lambda given: given.replace("=1795338000", "=?1"),
    "nothing in place of a number": lambda given: given.replace("=1795338000", ""),
    "a token in place of a text": lambda given: given.replace('"relevo-v1"', "relevo-v1"),
    "bytes in place of a text": lambda given: given.replace('"AAECAwQFBgcICQoLDA0ODw"', ":AAECAwQFBgcICQoLDA0ODw==:"),
    "a display text in place of a text": lambda given: given.replace('"relevo-v1"', '%"relevo-v1"'),
    "an escape that is none": lambda given: given.replace("relevo-v1", r"relevo\-v1"),
    "a text that does not end": lambda given: given.removesuffix('"'),
    "a component twice": lambda given: given.replace('"@method"', '"@method" "@method"'),
    "a component that is a token": lambda given: given.replace('"content-type"', "content-type"),
    "a component in upper case": lambda given: given.replace('"content-type"', '"Content-Type"'),
    "a component of the request of a request": lambda given: given.replace('"@method"', '"@method";req'),
    "a component with a parameter that is false": lambda given: given.replace('"@method"', '"@method";req=?0'),
}


@pytest.mark.parametrize("change", WRONG.values(), ids=WRONG)
def test_the_parameters_are_refused_with(change: Change) -> None:
    with pytest.raises(HopWrongProfile):
        verify(signature_input=change)


OTHERS: dict[str, dict[str, Change]] = {
    "a signature with a blank in its bytes": {"signature": lambda given: given.replace("=:", "=: ", 1)},
    "a signature in base64url": {"signature": lambda given: given.replace("/", "_")},
    "a signature in a list": {"signature": lambda given: given.replace("=:", "=(:", 1) + ")"},
    "a signature with a comma behind it": {"signature": lambda given: given + ","},
    "a digest with a parameter": {"content_digest": lambda given: given + ";a=1"},
    "a digest without its padding": {"content_digest": lambda given: given.replace("=:", ":").replace(":", "=:", 1)},
    "a digest in a list": {"content_digest": lambda given: given.replace("=:", "=(:", 1) + ")"},
    "a digest under a name in upper case": {"content_digest": lambda given: given.replace("sha", "SHA")},
}


@pytest.mark.parametrize("fields", OTHERS.values(), ids=OTHERS)
def test_a_request_is_refused_with(fields: dict[str, Change]) -> None:
    with pytest.raises(HopWrongProfile):
        verify(**fields)
