"""Commands of an administrator who looks after this node's own keys; the rules are in `relevo.delivery.publishing`.

A passphrase is never an argument: arguments show in lists of processes. It is the first line of a file.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from relevo.cli import show
from relevo.cli.context import invocation, opened, user
from relevo.delivery import publishing
from relevo.domain.access import Act
from relevo.errors import BadInput
from relevo.protocol.fingerprint import fingerprint_of
from relevo.protocol.key_file import Unlock
from relevo.protocol.keyring import Role
from relevo.protocol.keys import SigningKey
from relevo.storage import key_store, peers

app = typer.Typer(help="Look after the keys of this node.", no_args_is_help=True)

Root = Annotated[Path | None, typer.Option("--root", metavar="FILE", help="The root key, if it is kept off line.")]
RootPassphrase = Annotated[
    Path | None,
    typer.Option("--root-passphrase", metavar="FILE", help="A file whose first line is the passphrase of the root."),
]


@app.command("list")
def list_all(ctx: typer.Context) -> None:
    """List the keys of this node as its newest statement names them."""
    with opened(ctx).read(user(ctx)) as work:
        work.require(Act.MANAGE_KEYS)
        stands = peers.latest(work.session, work.identity.node_id)
    one = [("root", None, stands.root.kid), ("presentation", None, stands.presentation.kid)]
    two = [("log", None, stands.log.kid), ("witness", None, stands.witness.kid)]
    signing = [
        ("signing, stolen", show.minute(period.invalid_from), period.key.kid)
        if period.invalid_from is not None
        else ("signing", show.minute(period.use_until), period.key.kid)
        for period in stands.signing
    ]
    sealing = [("encryption", show.minute(period.use_until), period.key.kid) for period in stands.encryption]
    show.table(("key", "until (UTC)", "kid"), [*one, *signing, *sealing, *two], empty="")
    show.line(f"The statement, version {stands.version}, ends {show.minute(stands.exp)} UTC.")


@app.command("rotate")
def rotate(
    ctx: typer.Context,
    role: Annotated[
        Role, typer.Argument(metavar="ROLE", help="Which key: root, signing, encryption, presentation, log, witness.")
    ],
    *,
    compromised_since: Annotated[
        datetime | None,
        typer.Option(
            metavar="MOMENT",
            formats=["%Y-%m-%dT%H:%M:%S%z"],
            help="When somebody else got the signing key, such as 2026-11-22T09:00:00+01:00.",
        ),
    ] = None,
    root: Root = None,
    root_passphrase: RootPassphrase = None,
) -> None:
    """Put a fresh key in the place of one, and publish a statement that says so; a running node takes it at once."""
    since = None if compromised_since is None else _aware(compromised_since)
    given = _root(root, root_passphrase)
    stands = publishing.rotate(opened(ctx), user(ctx), role, compromised_since=since, root=given)
    show.line(f"The {role} key is new; version {stands.version} of the statement says so.")
    if role is Role.ROOT:
        show.fingerprint(stands.node_id, fingerprint_of(stands))
        show.line("Next: read the new fingerprint to the administrator of every peer; each confirms it there.")
    if since is not None:
        show.line("Next: call every peer's administrator, who calls `peer refresh` and then reads `peer quarantine`.")


@app.command("extend")
def extend(ctx: typer.Context, *, root: Root = None, root_passphrase: RootPassphrase = None) -> None:
    """Publish the next version of the statement now, for 90 days; needed where the root key is kept off line."""
    stands = publishing.extend(opened(ctx), user(ctx), root=_root(root, root_passphrase))
    show.line(f"Version {stands.version} of the statement ends {show.minute(stands.exp)} UTC.")


@app.command("export-root")
def export_root(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where the root key is written, such as on a stick.")],
    *,
    root_passphrase: RootPassphrase = None,
) -> None:
    """Take the root key out of this node, to be kept off line; the node works on until its statement ends."""
    publishing.take_root_away(opened(ctx), user(ctx), file, _unlock(root_passphrase))
    show.line(f"The root key is in {file} and no longer in this node. Keep two copies in two safes.")
    show.line("Next: before the statement ends, `key extend --root FILE`; a task will say so 30 days ahead.")


@app.command("passphrase")
def passphrase(
    ctx: typer.Context,
    wanted: Annotated[
        str,
        typer.Argument(metavar="UNLOCK", help="`key-file`, `key-file:PATH`, `passphrase-file:PATH` or `none`."),
    ],
) -> None:
    """Encrypt the key file anew, under another passphrase or another key file."""
    call = invocation(ctx)
    with opened(ctx).read(user(ctx)) as work:
        work.require(Act.MANAGE_KEYS)
    if not key_store.is_known_unlock(wanted):
        raise BadInput("this is not a way to open a key file", field="UNLOCK")
    key_store.make_unlock(wanted, call.settings.keys)
    key_store.relock(call.settings.keys, call.settings.keys_unlock, wanted)
    show.line(f'Next: put keys_unlock = "{wanted}" into the settings, and start the node again.')


def _root(file: Path | None, words: Path | None) -> SigningKey | None:
    return None if file is None else key_store.read_root(file, _unlock(words))


def _unlock(words: Path | None) -> Unlock:
    if words is None:
        return None
    return key_store.find_unlock(f"{key_store.PASSPHRASE_FILE}:{words}", words)


def _aware(at: datetime) -> datetime:
    return at.astimezone(UTC)
