"""Who may use a node, from the first administrator on."""

from __future__ import annotations

import pytest

from relevo.storage import users
from support.command_line import CommandLine


def test_the_first_user_is_an_administrator_and_needs_nobody_to_add_them(host: CommandLine) -> None:
    host.run("init", user=None)
    token = host.run("user", "add", "sample-admin", "--role", "administrator", user=None).stdout.strip()
    node = host.node()
    with node.read() as work:
        assert users.by_token(work.session, token).name == "sample-admin"
    node.database.close()


def test_only_the_token_is_printed_on_standard_output(host: CommandLine) -> None:
    host.make()
    added = host.run("user", "add", "sample-counsellor", "--role", "counsellor")
    assert len(added.stdout.split()) == 1
    assert "shown this once" in " ".join(added.stderr.split())


def test_the_list_shows_names_and_roles_and_no_token(host: CommandLine) -> None:
    host.make()
    token = host.run("user", "add", "sample-counsellor", "--role", "counsellor").stdout.strip()
    listed = host.run("user", "list").stdout
    assert "sample-counsellor  counsellor" in listed
    assert token not in listed


def test_a_user_may_work_for_an_agency_behind_the_node(host: CommandLine) -> None:
    host.make()
    host.run("user", "add", "ana", "--role", "counsellor", "--organisation", "es:retorno/agency-a")
    listed = host.run("user", "list").stdout
    assert "es:retorno/agency-a" in listed
    refused = host.run("user", "add", "x", "--role", "auditor", "--organisation", "es:retorno/agency-a", status=2)
    assert "works for the node itself" in " ".join(refused.stderr.split())
    refused = host.run("user", "add", "x", "--role", "counsellor", "--organisation", "gn:passage/desk", status=2)
    assert "is named es:retorno/" in " ".join(refused.stderr.split())


REFUSED = {
    "a first user who is no administrator": ("first", ["x", "--role", "counsellor"], None, "is its administrator"),
    "a role of the other side": ("later", ["x", "--role", "intake"], "sample-admin", "Choose one of: administrator,"),
    "a role that nobody has": ("later", ["x", "--role", "king"], "sample-admin", "no such role"),
    "a second user without saying who adds them": ("later", ["x", "--role", "auditor"], None, "--as NAME"),
    "a second user added by nobody known": ("later", ["x", "--role", "auditor"], "stranger", "no user stranger"),
    "a name that is taken": ("later", ["sample-admin", "--role", "auditor"], "sample-admin", "already"),
    "a name that is too long": ("later", ["x" * 41, "--role", "auditor"], "sample-admin", "1 to 40 characters"),
}


@pytest.mark.parametrize(("when", "arguments", "user", "told"), REFUSED.values(), ids=REFUSED.keys())
def test_refused_in_words(host: CommandLine, when: str, arguments: list[str], user: str | None, told: str) -> None:
    host.run("init", user=None)
    if when == "later":
        host.run("user", "add", "sample-admin", "--role", "administrator", user=None)
    refused = host.run("user", "add", *arguments, user=user, status=2)
    assert told in " ".join(refused.stderr.split())


def test_a_counsellor_may_not_add_users_and_is_told_who_may(host: CommandLine) -> None:
    host.make()
    host.run("user", "add", "sample-counsellor", "--role", "counsellor")
    refused = host.run("user", "add", "x", "--role", "auditor", user="sample-counsellor", status=2)
    assert "Refused (forbidden)" in refused.stderr
    assert "these may: administrator" in " ".join(refused.stderr.split())
