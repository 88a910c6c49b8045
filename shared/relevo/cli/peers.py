"""Commands of an administrator who registers peers; the rules are in `relevo.delivery.registration`."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from relevo.cli import show
from relevo.cli.context import invocation, opened, transport, user
from relevo.delivery import keeping_up, quarantine, refusals, registration
from relevo.domain.access import Act
from relevo.errors import BadInput, WireError
from relevo.protocol.fingerprint import fingerprint_of
from relevo.protocol.statement import NodeStatement, read_statement
from relevo.storage import peers
from relevo.storage.peers import PeerState

app = typer.Typer(help="Register the nodes of other countries.", no_args_is_help=True)

MAX_FILE = 1 << 20
NodeId = Annotated[str, typer.Argument(metavar="NODE_ID", help="Such as ci:accueil.")]


@app.command("add")
def add(
    ctx: typer.Context,
    source: Annotated[str, typer.Argument(metavar="FILE|URL", help="The peer's statement, or the peer's address.")],
) -> None:
    """Import the statement of a peer, and show the fingerprint that you two compare by telephone."""
    acting, node = user(ctx), opened(ctx)
    with node.read(acting) as work:
        work.require(Act.REGISTER_PEER)
    token = _token(ctx, source)
    with node.write(acting) as work:
        statement = _statement(token, work.at)
        found = registration.add(work, token)
    show.fingerprint(statement.node_id, found)
    show.line(
        f"Next: call the administrator of {statement.node_id} on a number that you did not get with this statement. "
        "Let them read their fingerprint to you, and type what you hear:"
    )
    show.bare(f'  {invocation(ctx).service.name} --as NAME peer confirm {statement.node_id} --fingerprint "…"')


@app.command("confirm")
def confirm(
    ctx: typer.Context,
    node_id: Annotated[str, typer.Argument(metavar="NODE_ID", help="Such as ci:accueil.")],
    fingerprint: Annotated[
        str, typer.Option(help="What the other administrator read to you: all words or all digits.")
    ],
) -> None:
    """Confirm the fingerprint of a peer, and let the peer prove that it holds its keys."""
    acting, node = user(ctx), opened(ctx)
    with node.write(acting) as work:
        registration.verify(work, node_id, fingerprint)
    registration.activate(node, transport(ctx), node_id)
    with node.read(acting) as work:
        state = peers.find(work.session, node_id).state
    show.line(f"{node_id} is {state}.")
    if state == PeerState.ACTIVE:
        show.line("Next: `sop import FILE` and `sop propose`, or `sop show` if the other side proposes.")
    else:
        show.line("A running node, or `deliver`, goes on by itself once the other side has confirmed as well.")


@app.command("list")
def list_all(ctx: typer.Context) -> None:
    """List all peers and how far their registration has come."""
    with opened(ctx).read(user(ctx)) as work:
        work.require(Act.REGISTER_PEER)
        rows = [
            (row.node_id, row.state, row.confirmed_by, row.skew_seconds, row.last_problem or "-", row.endpoint)
            for row in peers.everybody(work.session)
        ]
    columns = ("peer", "state", "confirmed by", "ahead (s)", "problem", "address")
    show.table(columns, rows, empty="No peer is registered; `peer add` begins it.")


@app.command("show")
def show_one(
    ctx: typer.Context,
    node_id: Annotated[
        str | None, typer.Argument(metavar="NODE_ID", help="Such as ci:accueil; this node itself if left out.")
    ] = None,
) -> None:
    """Show the fingerprint of a peer, or of this node itself, to be read to the other administrator."""
    with opened(ctx).read(user(ctx)) as work:
        work.require(Act.REGISTER_PEER)
        shown = node_id or work.identity.node_id
        found = fingerprint_of(peers.latest(work.session, shown))
    show.fingerprint(shown, found)


@app.command("suspend")
def suspend(ctx: typer.Context, node_id: NodeId) -> None:
    """Take nothing from a peer and bring it nothing, until `resume`; what is queued waits."""
    with opened(ctx).write(user(ctx)) as work:
        registration.suspend(work, node_id)
    show.line(f"{node_id} is suspended. What is queued for it waits; call its administrator.")


@app.command("resume")
def resume(ctx: typer.Context, node_id: NodeId) -> None:
    """Work with a suspended peer again; what was queued leaves."""
    with opened(ctx).write(user(ctx)) as work:
        registration.resume(work, node_id)
    show.line(f"{node_id} is active.")


@app.command("revoke")
def revoke(ctx: typer.Context, node_id: NodeId) -> None:
    """End the registration of a peer for good."""
    with opened(ctx).write(user(ctx)) as work:
        registration.revoke(work, node_id)
    show.line(f"{node_id} is revoked. What is queued for it will not leave: see who must hear of it in another way.")


@app.command("refresh")
def refresh(ctx: typer.Context, node_id: NodeId) -> None:
    """Fetch the newest statement of a peer at once, such as after a call that a key of it was stolen."""
    with opened(ctx).write(user(ctx)) as work:
        keeping_up.refresh(work, node_id)
    show.line(f"The statements of {node_id} are fetched in the next turn of the running node, or by `deliver`.")


@app.command("update")
def update(
    ctx: typer.Context,
    node_id: NodeId,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What `statement --all` prints at the peer.")],
) -> None:
    """Take over newer statements of a peer from a file, while its network is down."""
    acting, node = user(ctx), opened(ctx)
    with node.write(acting) as work:
        stands = keeping_up.bring(work, node_id, _text(file).split(), node.shares)
    show.line(f"Version {stands.version} of the statement of {node_id} stands, until {show.minute(stands.exp)}.")
    with node.read(acting) as work:
        waiting = [one.what for one in keeping_up.pending(work) if one.node_id == node_id]
    if waiting:
        show.line(f"Next: its {' and '.join(waiting)} changed; see `peer pending`.")


@app.command("pending")
def list_pending(ctx: typer.Context) -> None:
    """List what peers have changed and nobody here has confirmed yet: addresses and root keys."""
    with opened(ctx).read(user(ctx)) as work:
        found = keeping_up.pending(work)
    rows = [(one.node_id, one.what, show.minute(one.since), one.address) for one in found]
    show.table(("peer", "what", "since", "address"), rows, empty="Nothing waits to be confirmed.")
    for one in found:
        if one.fingerprint is not None:
            show.fingerprint(one.node_id, one.fingerprint)


@app.command("confirm-address")
def confirm_address(ctx: typer.Context, node_id: NodeId) -> None:
    """Bring the post of a peer to the address that its newest statement names, after you asked its administrator."""
    with opened(ctx).write(user(ctx)) as work:
        address = keeping_up.confirm_address(work, node_id)
    show.line(f"{node_id} is reached at {address}.")


@app.command("confirm-root")
def confirm_root(
    ctx: typer.Context,
    node_id: NodeId,
    fingerprint: Annotated[
        str, typer.Option(help="What the other administrator read to you: all words or all digits.")
    ],
) -> None:
    """Take over a peer's new root key, after you two compared its fingerprint."""
    with opened(ctx).write(user(ctx)) as work:
        keeping_up.confirm_root(work, node_id, fingerprint)
    show.line(f"The new root key of {node_id} stands.")


@app.command("quarantine")
def list_quarantine(ctx: typer.Context) -> None:
    """List messages and procedures under a key which its node later declared stolen; nothing was dropped."""
    with opened(ctx).read(user(ctx)) as work:
        found, signed = quarantine.doubtful(work), quarantine.doubtful_procedures(work)
    rows = [(one.peer, one.kind, one.thread, one.jti, show.minute(one.received_at)) for one in found]
    show.table(("peer", "kind", "thread", "message", "came"), rows, empty="Nothing is in quarantine.")
    if found:
        show.line("Next: ask each peer, by telephone, whether it sent these; correct with it what a thief has said.")
    for one in signed:
        show.line(
            f"{one.name} {one.version} ({one.state}) is signed by {one.peer} with a key that was stolen.", "bold red"
        )
        show.facts({"digest": one.digest, "invalid from": one.invalid_from, "do": one.next})


@app.command("refused")
def list_refused(
    ctx: typer.Context,
    node_id: Annotated[str | None, typer.Argument(metavar="NODE_ID", help="Only this peer's.")] = None,
) -> None:
    """List what peers and strangers brought that was refused, with the exact code and what to do."""
    with opened(ctx).read(user(ctx)) as work:
        rows = [
            (show.minute(item.at), item.peer or "strangers", item.code, item.count, item.digest or "", item.next)
            for item in refusals.listed(work, node_id)
        ]
    show.table(("last", "from", "code", "times", "digest", "next"), rows, empty="Nothing was refused.")


def _statement(token: str, at: datetime) -> NodeStatement:
    try:
        return read_statement(token, at=at)
    except WireError as fault:
        raise BadInput(
            f"this is not a statement that holds ({fault.code})",
            field="statement",
            next_step="Ask the peer's administrator for what `statement` prints there, unchanged.",
        ) from None


def _token(ctx: typer.Context, source: str) -> str:
    if source.startswith(("http://", "https://")):
        return registration.fetch(transport(ctx), source)
    return _text(Path(source))


def _text(file: Path) -> str:
    try:
        if file.stat().st_size <= MAX_FILE:
            return file.read_text(encoding="ascii").strip()
    except OSError as fault:
        raise BadInput(f"the file cannot be read: {fault.strerror}", field="statement") from None
    except UnicodeDecodeError:
        pass
    raise BadInput("the file is not a statement", field="statement")
