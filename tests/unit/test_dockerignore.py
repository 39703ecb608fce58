"""Which files a .dockerignore keeps back, held against BuildKit's documented and odd cases."""

from __future__ import annotations

import time

import pytest

from seawall.core.source import Source
from seawall.surfaces.repository.dockerignore import Dockerignore, read_dockerignore


def of(*lines: str) -> Dockerignore:
    return read_dockerignore(Source(".dockerignore", "\n".join(lines)), "/x/.dockerignore")


KEPT_BACK = """
*                       | app.py
*                       | src/app.py
*.md                    | README.md
*/temp*                 | somedir/temporary.txt
*/*/temp*               | somedir/subdir/temporary.txt
temp?                   | tempa
**/*.go                 | main.go
**/*.go                 | a/b/c/main.go
/foo/bar                | foo/bar
foo/bar/                | foo/bar
./foo                   | foo
a/../foo                | foo
foo                     | foo/deep/below
**                      | any/thing
**/                     | any/thing
dir/**                  | dir/a/b
**/node_modules         | web/node_modules/x/index.js
**file                  | dir/myfile
**/file*.txt*           | d/e/file1.txt.gz
a**/*.txt               | a/b/c.txt
a/*.txt**               | a/x.txt
**/**/*.txt             | deep/er/x.txt
.*                      | .env
**/.git                 | sub/.git/config
a[b-d]e                 | ace
a[^b-d]e                | aze
[!a]b                   | !b
a\\*b                   | a*b
a(b)c+{d}$.|            | a(b)c+{d}$.|
a*b*c*d*e*f             | a1b2c3d4e5f
a*b*c*d*e*/f            | axbxcxdxexxx/f
**/a/**/b/**/c/**/d/e   | x/a/b/q/c/z/z/d/e
"""

LET_THROUGH = """
*.md                    | docs/README.md
*/temp*                 | temporary.txt
temp?                   | temp
temp?                   | temp/a/../b
/foo/bar                | x/foo/bar
foo                     | food
foo                     | x/foo
dir/**                  | dir
**/.foo                 | bar.foo
**/*.txt2               | dir/file.txt
a/*.txt                 | a/b/x.txt
a[b-d]e                 | ae
abc.def                 | abcXdef
.*                      | env
.                       | anything
/                       | anything
#comment                | #comment
../foo                  | foo
a?b                     | a/b
a*b*c*d*e*/f            | axbxcxdxe/xxx/f
a*b*c*d*e*/f            | axbxcxdxexxx/fff
*1*2*3*4*5*6            | 1/2/3/4/5/6
"""


def rows(table: str) -> list[list[str]]:
    lines = table.strip().split("\n")
    return [[cell.strip().replace("\\\\", "\\") for cell in line.split(" | ")] for line in lines]


@pytest.mark.parametrize(("pattern", "path"), rows(KEPT_BACK))
def test_a_pattern_keeps_a_path_back(pattern: str, path: str) -> None:
    assert of(pattern).ignores(path)


@pytest.mark.parametrize(("pattern", "path"), rows(LET_THROUGH))
def test_a_pattern_lets_a_path_through(pattern: str, path: str) -> None:
    assert not of(pattern).ignores(path)


@pytest.mark.parametrize(("pattern", "path"), rows(KEPT_BACK))
def test_without_exceptions_all_patterns_at_once_say_the_same(pattern: str, path: str) -> None:
    ignore = of(pattern, "nothing/of/the/kind")
    parts = path.split("/")
    assert any(ignore.matches_any("/".join(parts[: n + 1])) for n in range(len(parts)))


@pytest.mark.parametrize(
    ("lines", "path", "ignored"),
    [
        (("*.md", "!README.md"), "README.md", False),
        (("*.md", "!README*.md", "README-secret.md"), "README-secret.md", True),
        (("*.md", "README-secret.md", "!README*.md"), "README-secret.md", False),
        (("docs", "!docs/README.md"), "docs/README.md", False),
        (("docs", "!docs/README.md"), "docs/other.md", True),
        (("*", "!src"), "src/deep/app.py", False),
        (("**", "!util/docker/web"), "util/docker/web/foo", False),
        (("**", "!util/docker/web", "util/docker/web/foo"), "util/docker/web/foo", True),
        (("!a", "a"), "a", True),
        (("  secret  ", "!  secret "), "secret", False),
        (("*", "!/src"), "src/a", False),
        ((" # no comment",), "# no comment", True),
    ],
)
def test_the_last_pattern_that_matches_wins(
    lines: tuple[str, ...], path: str, ignored: bool
) -> None:
    assert of(*lines).ignores(path) is ignored


def test_a_pattern_that_was_not_tried_on_a_directory_is_not_inherited_as_in_buildkit() -> None:
    ignore = of("a", "!a/b/c", "a/b")
    assert ignore.ignores("a/b/d")
    assert not ignore.ignores("a/b/c")


@pytest.mark.parametrize(
    "line", ["[", "[]a]", "[x-]", "[-x]", "a[", "[^", "[a-b-c]", "\\", "!", "! ", "[b-a]", "x\\"]
)
def test_a_pattern_that_buildkit_refuses_is_a_fault_with_its_place(line: str) -> None:
    source = Source(".dockerignore", f"ok\n{line}\nfine\n")
    ignore = read_dockerignore(source, "")
    (fault,) = ignore.faults
    assert source.text[fault.start : fault.end] == line
    assert [pattern.text for pattern in ignore.patterns] == ["ok", "fine"]


def test_a_byte_order_mark_and_windows_line_ends_mean_nothing() -> None:
    ignore = read_dockerignore(Source("", "\ufeff*.md\r\n!a.md\r\n"), "")
    assert ignore.ignores("b.md")
    assert not ignore.ignores("a.md")
    assert ignore.has_exceptions


def test_a_hostile_pattern_takes_no_time_to_speak_of() -> None:
    ignore = of("**/" * 40 + "a*" * 40 + "b")
    start = time.process_time()
    assert not ignore.ignores("a" * 250 + "/" + "a" * 250)
    assert time.process_time() - start < 2
