"""Where a node's keys are kept: one protected file, watched, and replaced as a whole.

`keys_unlock` in the settings says what opens the file:

    key-file                32 random bytes in a file beside the keys, with `.unlock` after its name
    key-file:PATH           the same, elsewhere: on another disk, or mounted by whoever starts the node
    passphrase-file:PATH    the first line of a file
    none                    the file is not encrypted

A change is made under a lock of the file, written to a new file, synced and renamed, so that there is always one whole
ring. A running node looks at the file whenever it needs a key and reads it again when it has changed: keys that were
rotated on the command line are in use at once, without a restart.
"""

from __future__ import annotations

import fcntl
import os
import secrets
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import structlog

from relevo.errors import Conflict, Misconfigured
from relevo.protocol import key_file
from relevo.protocol.key_file import KEY_FILE_BYTES, Passphrase, Unlock, UnlockKey
from relevo.protocol.keyring import KeyRing, Keys
from relevo.protocol.keys import DecryptionKey, Signer, SigningKey

EVENTS = structlog.get_logger("relevo.keys")
NONE, KEY_FILE, PASSPHRASE_FILE = "none", "key-file", "passphrase-file"


class KeysElsewhere(Conflict):
    """The keys of this node are not in a file that it may change."""

    code = "keys-elsewhere"
    advice = "Replace the key with the tools of its security module; the node publishes a statement by itself."


class KeyHolder(ABC):
    """Keys that this node may replace itself: always the ring of now."""

    @property
    @abstractmethod
    def ring(self) -> KeyRing:
        """The ring as it is now."""

    @abstractmethod
    def change(self, made: Callable[[KeyRing], KeyRing]) -> KeyRing:
        """Put what `made` makes of the present ring in its place; nobody else changes it meanwhile."""

    @property
    def root(self) -> Signer:
        """See `Keys`."""
        return self.ring.root

    @property
    def former_root(self) -> Signer | None:
        """See `Keys`."""
        return self.ring.former_root

    @property
    def signing(self) -> Signer:
        """See `Keys`."""
        return self.ring.signing

    @property
    def presentation(self) -> Signer:
        """See `Keys`."""
        return self.ring.presentation

    @property
    def presenters(self) -> Mapping[str, Signer]:
        """See `Keys`."""
        return self.ring.presenters

    @property
    def log(self) -> Signer:
        """See `Keys`."""
        return self.ring.log

    @property
    def witness(self) -> Signer:
        """See `Keys`."""
        return self.ring.witness

    @property
    def encryption(self) -> DecryptionKey:
        """See `Keys`."""
        return self.ring.encryption

    @property
    def decryption(self) -> Mapping[str, DecryptionKey]:
        """See `Keys`."""
        return self.ring.decryption

    @property
    def compromised(self) -> Mapping[str, datetime]:
        """See `Keys`."""
        return self.ring.compromised


class FileKeys(KeyHolder):
    """The ring in a file; read again whenever the file is another one."""

    def __init__(self, path: Path, unlock: str) -> None:
        self._path = path
        self._unlock = unlock
        self._seen = _stamp(path)
        self._ring = read_keys(path, unlock)

    @property
    def ring(self) -> KeyRing:
        """The ring as it is now; the one before as long as a new file cannot be read."""
        stamp = _stamp(self._path)
        if stamp != self._seen:
            self._seen = stamp
            try:
                self._ring = read_keys(self._path, self._unlock)
            except Misconfigured as fault:
                EVENTS.error("keys not read again", code=fault.code)
        return self._ring

    def change(self, made: Callable[[KeyRing], KeyRing]) -> KeyRing:
        """See `KeyHolder`."""
        with _alone(self._path):
            ring = made(read_keys(self._path, self._unlock))
            locked = key_file.is_locked(self._path.read_bytes())
            _replace(self._path, key_file.lock_ring(ring, find_unlock(self._unlock, self._path) if locked else None))
        return self.ring


def held(keys: Keys) -> KeyHolder:
    """The keys, if this node may replace them.

    Raises:
        KeysElsewhere: if they are not its own to change.
    """
    if not isinstance(keys, KeyHolder):
        raise KeysElsewhere
    return keys


def read_keys(path: Path, unlock: str = NONE) -> KeyRing:
    """The private keys of a node; a file that is not encrypted is read whatever `unlock` says.

    Raises:
        Misconfigured: if the file is missing, readable by others, does not open, or is not a key ring.
    """
    raw = _read_protected(path, "key file", hint="; `init` makes it")
    return key_file.unlock_ring(raw, find_unlock(unlock, path) if key_file.is_locked(raw) else None)


def write_keys(path: Path, keys: KeyRing, unlock: str = NONE) -> None:
    """Write the private keys of a node, for nobody else to read.

    Raises:
        Misconfigured: if there are keys already; they are never overwritten.
    """
    _write_new(path, key_file.lock_ring(keys, find_unlock(unlock, path)), "key file")


def relock(path: Path, present: str, wanted: str) -> None:
    """Encrypt the key file in another way, as a whole or not at all.

    Raises:
        Misconfigured: if it does not open with `present`, or what `wanted` names is not there.
    """
    with _alone(path):
        _replace(path, key_file.lock_ring(read_keys(path, present), find_unlock(wanted, path)))


def make_unlock(unlock: str, keys: Path) -> None:
    """Make the file of the unlocking key if the settings name one and it is not there yet."""
    kind, path = _named(unlock, keys)
    if kind == KEY_FILE and path is not None and not path.exists():
        _write_new(path, secrets.token_bytes(KEY_FILE_BYTES), "unlocking key")


def find_unlock(unlock: str, keys: Path) -> Unlock:
    """What opens the key file `keys`, as the words of the settings say.

    Raises:
        Misconfigured: if the file that they name is missing, readable by others, or not of its form.
    """
    kind, path = _named(unlock, keys)
    if path is None:
        return None
    raw = _read_protected(path, "unlocking key" if kind == KEY_FILE else "passphrase file")
    if kind == KEY_FILE:
        return UnlockKey(raw)
    words = raw.split(b"\n", 1)[0].rstrip(b"\r")
    if not words:
        raise Misconfigured(f"the passphrase file {path} is empty", field="keys_unlock")
    return Passphrase(words)


def is_known_unlock(unlock: str) -> bool:
    """Whether words of the settings say what opens a key file."""
    kind, colon, path = unlock.partition(":")
    return unlock in {NONE, KEY_FILE} or (kind in {KEY_FILE, PASSPHRASE_FILE} and bool(colon) and bool(path))


def read_root(path: Path, unlock: Unlock) -> SigningKey:
    """A root key that is kept off line, from the file that `write_root` made."""
    return key_file.unlock_root(_read_protected(path, "root key file"), unlock)


def write_root(path: Path, root: bytes) -> None:
    """Write a root key to be kept off line, for nobody else to read; nothing is overwritten."""
    _write_new(path, root, "root key file")


def _named(unlock: str, keys: Path) -> tuple[str, Path | None]:
    kind, _, named = unlock.partition(":")
    if kind == NONE:
        return kind, None
    return kind, Path(named) if named else keys.with_name(keys.name + ".unlock")


def _read_protected(path: Path, what: str, *, hint: str = "") -> bytes:
    if not path.is_file():
        raise Misconfigured(f"there is no {what} {path}{hint}")
    if path.stat().st_mode & 0o077:
        raise Misconfigured(f"others may read the {what} {path}; set its mode to 600")
    return path.read_bytes()


def _write_new(path: Path, raw: bytes, what: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise Misconfigured(f"there is a {what} {path} already; it is never overwritten") from None
    _write_synced(handle, raw)


def _replace(path: Path, raw: bytes) -> None:
    fresh = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    _write_synced(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), raw)
    fresh.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _write_synced(handle: int, raw: bytes) -> None:
    with os.fdopen(handle, "wb") as file:
        file.write(raw)
        file.flush()
        os.fsync(file.fileno())


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    with path.with_name(f"{path.name}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size
