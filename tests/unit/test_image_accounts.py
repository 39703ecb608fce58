"""The accounts of an image, from the three files that have them."""

from __future__ import annotations

import pytest

from seawall.surfaces.image.accounts import ANALYSER
from seawall.surfaces.image.analyser import LayerFile
from seawall.surfaces.image.facts import Account, Fact, Kind, Trouble


def facts(path: str, text: str | bytes) -> list[Fact]:
    data = text.encode() if isinstance(text, str) else text
    return list(
        ANALYSER.analyse(LayerFile(path, Kind.FILE, 0o644, 0, 0, len(data), memoryview(data)))
    )


def test_users_are_read_with_their_shells() -> None:
    text = "root:x:0:0:root:/root:/bin/bash\n\ntoor::0:0::/:/bin/sh\nweb:*:33:33::/var/www:\n"
    assert facts("etc/passwd", text) == [
        Account("etc/passwd", 1, "root", 0, 0, "/root", "/bin/bash", "shadowed"),
        Account("etc/passwd", 3, "toor", 0, 0, "/", "/bin/sh", "none"),
        Account("etc/passwd", 4, "web", 33, 33, "/var/www", "", "locked"),
    ]


@pytest.mark.parametrize(
    ("field", "password"),
    [
        ("", "none"),
        ("*", "locked"),
        ("!", "locked"),
        ("!!", "locked"),
        ("!$6$abc", "locked"),
        ("$6$salt$hash", "set"),
        ("$y$j9T$x$y", "set"),
    ],
)
def test_a_shadow_line_says_who_could_log_in_and_no_more(field: str, password: str) -> None:
    [account] = facts("etc/shadow", f"me:{field}:19000:0:99999:7:::\n")
    assert account == Account("etc/shadow", 1, "me", password=password)
    assert "hash" not in repr(account)


def test_groups_are_read_with_their_members() -> None:
    text = "root:x:0:\nwheel:*:10:me,you\nopen::50:\nshort:x:7\n"
    assert [
        (each.name, each.gid, each.members, each.password)
        for each in facts("etc/group", text)
        if isinstance(each, Account)
    ] == [
        ("root", 0, (), "shadowed"),
        ("wheel", 10, ("me", "you"), "locked"),
        ("open", 50, (), "locked"),
        ("short", 7, (), "shadowed"),
    ]


@pytest.mark.parametrize("text", ["", "\n\n", "# comment:x\n", "+::::::\n", "-@x:y\n", "word\n"])
def test_what_is_no_line_of_an_account_is_none(text: str) -> None:
    assert facts("etc/passwd", text) == []


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("etc/passwd", "me:x:0"),
        ("etc/passwd", "me:x:zero:0::/:/bin/sh"),
        ("etc/passwd", "me:x:99999999999:0::/:/bin/sh"),
        ("etc/passwd", "me:x:٣:0::/:/bin/sh"),
        ("etc/group", "me:x"),
        ("etc/group", "me:x:-1:"),
    ],
)
def test_a_line_that_can_not_be_read_is_said(path: str, line: str) -> None:
    [trouble] = facts(path, f"{line}\n")
    assert trouble == Trouble(path, "line 1 is no account")


def test_other_files_and_other_bytes_are_no_trouble() -> None:
    assert facts("etc/hosts", "a:b:c") == []
    [account] = facts("etc/shadow", b"\xff\xfe:!:1\r\n")
    assert isinstance(account, Account)
    assert account.password == "locked"


def test_a_file_of_a_million_lines_is_read_up_to_a_number() -> None:
    *accounts, last = facts("etc/shadow", "a:*:\n" * 30_000)
    assert len(accounts) == 20_000
    assert isinstance(last, Trouble)


def test_absurd_fields_are_cut() -> None:
    [account] = facts("etc/passwd", f"{'a' * 5000}:x:1:1::{'/b' * 5000}:/bin/sh\n")
    assert isinstance(account, Account)
    assert len(account.name) == len(account.home) == 300
