"""Figures of RFC 9901: the examples of section 5 and appendix A, the nested ones of section 6, the keys they use.

The long examples stand in `rfc_9901.json`, by section: `payload` in the order that the RFC prints, which is the order
that was signed; each disclosure under the digest that the RFC prints beside it; `input` (the issuer's claims), `shown`
(what the printed presentation discloses, in its order), its `binding` where it has one, and `processed`. A token is
put together from these as the RFC's was: JSON in ASCII with a blank behind each colon and comma.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from relevo.protocol import base64url
from relevo.protocol.strict_json import JsonObject

ISSUER_KEY = {
    "kty": "EC",
    "crv": "P-256",
    "x": "b28d4MwZMjw8-00CG4xfnn9SLMVMM19SlqZpVb_uNtQ",
    "y": "Xv5zWwuoaTgdS6hV43yI6gBwTnjukmFQQnJ_kCxzqk8",
}
"""Appendix A.5."""


@dataclass(frozen=True, kw_only=True)
class Example:
    """One example, put together; `binding` is empty where the RFC has none."""

    typ: str
    jwt: str
    disclosures: dict[str, str]
    shown: str
    binding: str
    bound_at: int | None
    input: JsonObject
    processed: JsonObject


def written(value: object) -> str:
    """`value` in base64url, with the white space that the RFC's own examples have."""
    return base64url.encode(json.dumps(value).encode())


def _token(typ: str, payload: object, signature: str) -> str:
    return ".".join((written({"alg": "ES256", "typ": typ}), written(payload), signature))


def _example(given: dict[str, Any]) -> Example:
    jwt = _token(given["typ"], given["payload"], given["signature"])
    disclosures = {digest: written(parts) for digest, parts in given["disclosures"].items()}
    binding = given.get("binding")
    return Example(
        typ=given["typ"],
        jwt=jwt,
        disclosures=disclosures,
        shown="".join(f"{part}~" for part in (jwt, *(disclosures[digest] for digest in given["shown"]))),
        binding=_token("kb+jwt", binding["payload"], binding["signature"]) if binding else "",
        bound_at=binding["payload"]["iat"] if binding else None,
        input=given["input"],
        processed=given["processed"],
    )


EXAMPLES = {
    section: _example(given)
    for section, given in json.loads(Path(__file__).with_suffix(".json").read_text(encoding="utf-8")).items()
}
BOUND = {section: example for section, example in EXAMPLES.items() if example.binding}

NESTED: JsonObject = {
    "iss": "https://issuer.example.com",
    "iat": 1683000000,
    "exp": 1883000000,
    "sub": "6c5c0a49-b589-431d-bae7-219122a9ec2c",
}
ADDRESS: JsonObject = {
    "street_address": "Schulstr. 12",
    "locality": "Schulpforta",
    "region": "Sachsen-Anhalt",
    "country": "DE",
}
STREET = ["2GLC42sKQveCfGfryNRN9w", "street_address", "Schulstr. 12"]
LOCALITY = ["eluV5Og3gSNII8EYnsxA_A", "locality", "Schulpforta"]
REGION = ["6Ij7tM-a5iVPGboS5tmvVA", "region", "Sachsen-Anhalt"]
COUNTRY = ["eI8ZWm9QnKPpNPeNenHdhQ", "country", "DE"]
WHOLE = ["2GLC42sKQveCfGfryNRN9w", "address", ADDRESS]
INNER = [
    "6vh9bq-zS4GKM_7GpggVbYzzu6oOGXrmNVGPHP75Ud0",
    "9gjVuXtdFROCgRrtNcGUXmF65rdezi_6Er_j76kmYyM",
    "KURDPh4ZC19-3tiz-Df39V8eidy1oV3a3H1Da2N0g88",
    "WN9r9dCBJ8HTCsS2jKASxTjEyW5m5x65_Z_2ro2jfXM",
]
RECURSIVE = ["Qg_O64zqAxe412a108iroA", "address", {"_sd": INNER}]
