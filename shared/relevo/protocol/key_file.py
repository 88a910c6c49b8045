"""The file that holds a node's keys, encrypted under a passphrase or under a key that lies elsewhere.

    {"format": "relevo-keys-v1",
     "lock": {"kind": "passphrase", "kdf": "scrypt", "n": 131072, "r": 8, "p": 1, "salt": base64url of 16 bytes}
           | {"kind": "key-file", "kdf": "hkdf-sha256", "salt": base64url of 16 bytes},
     "nonce": base64url of 12 bytes, "sealed": base64url of AES-256-GCM ciphertext of the ring as JSON}

The additional data of the AEAD is the JSON of format, lock and nonce, so that no parameter can be exchanged. A key
file has exactly 32 random bytes; its key is HKDF-SHA256 (RFC 5869) of them with info `relevo-keys-v1`. A passphrase
goes through scrypt (RFC 7914). Salt and nonce are fresh at every writing. A file without `format` is the ring itself,
not encrypted, as nodes wrote it before; it is still read. Nothing here reads or writes a file.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from relevo.errors import Misconfigured, WireError
from relevo.protocol import base64url, strict_json
from relevo.protocol.keyring import KeyRing
from relevo.protocol.keys import SigningKey

if TYPE_CHECKING:
    from collections.abc import Mapping

    from relevo.protocol.strict_json import JsonObject

FORMAT = "relevo-keys-v1"
KEY_FILE_BYTES, SALT_BYTES, NONCE_BYTES = 32, 16, 12
MOST_COST = 1 << 20
"""The largest scrypt `n` that is read (1 GiB of memory with r = 8)."""


class WrongUnlock(Misconfigured):
    """The key file does not open with this passphrase or key."""

    code = "keys-locked"
    advice = (
        "See that `keys_unlock` in the settings names the passphrase or the key that belongs to this key file; "
        "without it nobody can open the keys, and only a safe copy brings the node back."
    )


class KeyFileDamaged(Misconfigured):
    """The key file is not of the form that this version reads."""

    code = "key-file-damaged"
    advice = "Put the key file back from its safe copy; do not make new keys: they would be another node."


@dataclass(frozen=True)
class Passphrase:
    """Words that somebody knows; `cost` is the scrypt `n`, a power of two."""

    words: bytes
    cost: int = 1 << 17

    def __repr__(self) -> str:
        return "Passphrase()"


@dataclass(frozen=True)
class UnlockKey:
    """32 random bytes that lie elsewhere than the key file."""

    raw: bytes

    def __post_init__(self) -> None:
        if len(self.raw) != KEY_FILE_BYTES:
            raise WrongUnlock(f"the unlocking key does not have {KEY_FILE_BYTES} bytes")

    def __repr__(self) -> str:
        return "UnlockKey()"


Unlock = Passphrase | UnlockKey | None
"""What opens a key file; None leaves it unencrypted, for demos and tests."""


def lock_ring(ring: KeyRing, unlock: Unlock) -> bytes:
    """The key file of `ring`, to be opened with `unlock`."""
    return _lock(ring.to_object(), unlock)


def unlock_ring(raw: bytes, unlock: Unlock) -> KeyRing:
    """The ring in a key file.

    Raises:
        WrongUnlock: if it is encrypted and does not open with `unlock`.
        KeyFileDamaged: if it is no key file.
        Misconfigured: if what is in it is no ring.
    """
    return KeyRing.from_object(_unlock(raw, unlock))


def lock_root(root: SigningKey, unlock: Unlock) -> bytes:
    """A root key alone, to be kept off line."""
    return _lock({"root": base64url.encode(root.seed)}, unlock)


def unlock_root(raw: bytes, unlock: Unlock) -> SigningKey:
    """The root key in a file that `lock_root` made; raises as `unlock_ring`."""
    found = _unlock(raw, unlock)
    try:
        return SigningKey(base64url.decode(str(found["root"])))
    except (KeyError, WireError) as error:
        raise KeyFileDamaged("there is no root key in this file") from error


def is_locked(raw: bytes) -> bool:
    """Whether a key file is encrypted."""
    return "format" in _load(raw)


def _lock(written: JsonObject, unlock: Unlock) -> bytes:
    if unlock is None:
        return strict_json.dump(written)
    salt, nonce = secrets.token_bytes(SALT_BYTES), secrets.token_bytes(NONCE_BYTES)
    lock: JsonObject = {"kind": "key-file", "kdf": "hkdf-sha256"}
    if isinstance(unlock, Passphrase):
        lock = {"kind": "passphrase", "kdf": "scrypt", "n": unlock.cost, "r": 8, "p": 1}
    head: JsonObject = {
        "format": FORMAT,
        "lock": {**lock, "salt": base64url.encode(salt)},
        "nonce": base64url.encode(nonce),
    }
    sealed = AESGCM(_key(unlock, salt, _cost(unlock))).encrypt(nonce, strict_json.dump(written), strict_json.dump(head))
    return strict_json.dump({**head, "sealed": base64url.encode(sealed)})


def _unlock(raw: bytes, unlock: Unlock) -> JsonObject:
    found = _load(raw)
    if "format" not in found:
        return found
    if unlock is None:
        raise WrongUnlock("the key file is encrypted, and the settings say that it is not")
    try:
        head = {name: found[name] for name in ("format", "lock", "nonce")}
        lock = found["lock"]
        if found["format"] != FORMAT or not isinstance(lock, dict):
            raise KeyFileDamaged("the key file is of a later version, or of another program")
        if lock["kind"] != ("passphrase" if isinstance(unlock, Passphrase) else "key-file"):
            raise WrongUnlock(f"the key file opens with a {lock['kind']}, and the settings name something else")
        key = _key(unlock, base64url.decode(str(lock["salt"])), _stated_cost(lock))
        nonce, sealed = (base64url.decode(str(found[name])) for name in ("nonce", "sealed"))
        return strict_json.load(AESGCM(key).decrypt(nonce, sealed, strict_json.dump(head)))
    except InvalidTag:
        raise WrongUnlock from None
    except (KeyError, ValueError, WireError):
        raise KeyFileDamaged from None


def _load(raw: bytes) -> JsonObject:
    try:
        return strict_json.load(raw)
    except WireError:
        raise KeyFileDamaged from None


def _key(unlock: Passphrase | UnlockKey, salt: bytes, cost: int) -> bytes:
    if isinstance(unlock, Passphrase):
        return Scrypt(salt=salt, length=32, n=cost, r=8, p=1).derive(unlock.words)
    return HKDF(algorithm=SHA256(), length=32, salt=salt, info=FORMAT.encode()).derive(unlock.raw)


def _cost(unlock: Unlock) -> int:
    return unlock.cost if isinstance(unlock, Passphrase) else 0


def _stated_cost(lock: Mapping[str, object]) -> int:
    if lock["kind"] == "key-file":
        return 0
    cost = lock["n"]
    if not isinstance(cost, int) or cost > MOST_COST or (lock["kdf"], lock["r"], lock["p"]) != ("scrypt", 8, 1):
        raise KeyFileDamaged("the key file was encrypted with parameters that this version does not read")
    return cost
