"""What goes into one case of a test vector, by name and in the type that its subject needs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from relevo.clock import moment
from relevo.errors import BadInput
from relevo.protocol.keyring import KeyRing
from relevo.protocol.keys import DecryptionKey, SigningKey, VerifyKey
from relevo.protocol.statement import read_statement
from relevo.protocol.trust import KeyUnknown, Trust

if TYPE_CHECKING:
    from datetime import datetime

    from relevo.protocol.jws import KeyFor
    from relevo.protocol.strict_json import JsonObject, JsonValue

_LAST_MOMENT = 253_402_214_400


class InputMalformed(BadInput):
    """The input of a case lacks something that its subject needs, or has it in another form."""

    code = "vector-input-malformed"
    advice = "shared/vectors/README.md lists the input of each subject."


@dataclass(frozen=True)
class Input:
    """The members of a case's input; each is asked for by its name, and `InputMalformed` if it is not there."""

    members: JsonObject

    def value(self, name: str) -> JsonValue:
        """Any JSON value."""
        if name not in self.members:
            raise InputMalformed(f"{name} is missing", field=name)
        found: JsonValue = self.members[name]
        return found

    def text(self, name: str) -> str:
        """A text, which may be empty."""
        if not isinstance(value := self.value(name), str):
            raise InputMalformed(f"{name} is not text", field=name)
        return value

    def texts(self, name: str) -> list[str]:
        """A list of texts."""
        value = self.value(name)
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise InputMalformed(f"{name} is not a list of texts", field=name)
        return [str(item) for item in value]

    def number(self, name: str) -> int:
        """An integer."""
        if type(value := self.value(name)) is not int:
            raise InputMalformed(f"{name} is not an integer", field=name)
        return value

    def record(self, name: str) -> JsonObject:
        """An object."""
        if not isinstance(value := self.value(name), dict):
            raise InputMalformed(f"{name} is not an object", field=name)
        return value

    def raw(self, name: str) -> bytes:
        """Bytes, written in hexadecimal digits."""
        return _bytes(self.text(name), name)

    def raws(self, name: str) -> list[bytes]:
        """A list of bytes."""
        return [_bytes(text, name) for text in self.texts(name)]

    def at(self, name: str = "at") -> datetime:
        """A moment, written as NumericDate."""
        if not 0 <= (value := self.number(name)) <= _LAST_MOMENT:
            raise InputMalformed(f"{name} is not a moment", field=name)
        return moment(value)

    def is_given(self, name: str) -> bool:
        """Whether an optional member is there."""
        return self.members.get(name) is not None

    def key(self, name: str = "key") -> VerifyKey:
        """A public signing key, written as JWK."""
        return VerifyKey.from_jwk(self.value(name))

    def key_for(self, name: str = "keys") -> KeyFor:
        """Finds keys among a list of JWKs."""
        if not isinstance(listed := self.value(name), list):
            raise InputMalformed(f"{name} is not a list of keys", field=name)
        known = {key.kid: key for key in map(VerifyKey.from_jwk, listed)}

        def key_for(kid: str) -> VerifyKey:
            if kid not in known:
                raise KeyUnknown
            return known[kid]

        return key_for

    def trust(self, name: str = "statements") -> Trust:
        """The nodes that are registered, from the newest statement of each."""
        trust = Trust({})
        for token in self.texts(name):
            trust = trust.admit(read_statement(token, at=None))
        return trust

    def signing_key(self, name: str) -> SigningKey:
        """A private signing key: its seed of 32 bytes."""
        return SigningKey(self.raw(name))

    def decryption_key(self, name: str) -> DecryptionKey:
        """A private encryption key: its seed of 96 bytes."""
        return DecryptionKey(self.raw(name))

    def keyring(self, name: str) -> KeyRing:
        """All private keys of a node, in the form of its key file."""
        return KeyRing.from_object(self.value(name))


def _bytes(text: str, name: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError as error:
        raise InputMalformed(f"{name} is not written in hexadecimal digits", field=name) from error
