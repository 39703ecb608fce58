"""The real tools that say which of two versions is higher: one class each, all pairs in one run.

Programs that no package manager puts in a place of its own are looked for in the directory that
the environment variable `SEAWALL_ORACLES` names:

- `alpine/`: an unpacked Alpine root filesystem (needs root: `apk` runs in a chroot)
- `maven-artifact.jar`: else Debian's libmaven3-core-java
- `node_modules/semver`: `npm install semver`
- `nuget.exe`: the npm package `nuget-exe`; runs on Debian's mono-runtime, compiled by mono-mcs
- `semver-crate/`: the source of Rust's `semver`, as in Debian's librust-semver-dev
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

from version_samples import SAMPLES

from seawall.versions import Scheme

Pair = tuple[str, str]
Answers = list[int | None]  # None where the tool does not take one of the two for a version

PLACE = Path(os.environ.get("SEAWALL_ORACLES", "/nonexistent"))
_SIGNS = {"<": -1, "=": 0, ">": 1}


class Oracle:
    """A real tool: its name, the scheme it is the truth of, and what it needs."""

    def __init__(
        self,
        name: str,
        scheme: Scheme,
        needs: tuple[str | Path, ...],
        ask: Callable[[list[Pair]], Iterable[str]],
    ) -> None:
        self.name = name
        self.scheme = scheme
        self._needs = needs
        self._ask = ask

    @property
    def missing(self) -> str:
        """The programs and files that are not here, as a text; empty where all are."""
        absent = [str(need) for need in self._needs if not _is_there(need)]
        if isinstance(self._ask, _Chroot) and os.geteuid() != 0:
            absent.append("root")
        return ", ".join(absent)

    def answers(self, pairs: list[Pair]) -> Answers:
        """-1, 0 or 1 for each pair; None for those that the tool refuses."""
        signs = [_SIGNS.get(line.strip()) for line in self._ask(pairs)]
        if len(signs) != len(pairs):
            message = f"{self.name} gave {len(signs)} answers to {len(pairs)} pairs"
            raise AssertionError(message)
        return signs

    def contradicts_itself(self, a: str, b: str, sign: int) -> bool:
        """Whether the tool puts a third version between the two the other way round.

        `sign` is what it says of a and b. No order can agree with all of that.
        """
        if sign == 0:
            return False
        lower, higher = (a, b) if sign < 0 else (b, a)
        stems = {re.split("[^0-9.]", version)[0].strip(".") or "0" for version in (a, b)}
        thirds = sorted({*stems, "1", *SAMPLES[self.scheme]})
        signs = self.answers([pair for c in thirds for pair in ((higher, c), (c, lower))])
        steps = zip(signs[::2], signs[1::2], strict=True)
        return any(x is not None and y is not None and x <= 0 and y <= 0 for x, y in steps)


def _is_there(need: str | Path) -> bool:
    return need.exists() if isinstance(need, Path) else shutil.which(need) is not None


def _lines(pairs: list[Pair]) -> str:
    return "".join(f"{a}\t{b}\n" for a, b in pairs)


def _run(command: list[str], text: str, **environment: str) -> list[str]:
    done = subprocess.run(
        command,
        input=text,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "LC_ALL": "C.UTF-8", **environment},
    )
    if done.returncode:
        raise AssertionError(f"{command[0]}: {done.stderr[-2000:]}")
    return done.stdout.splitlines()


class _Command:
    """A command that reads pairs, tabs between, and writes `<`, `=`, `>` or `!` for each."""

    def __init__(self, *command: str, **environment: str) -> None:
        self._command = command
        self._environment = environment

    def __call__(self, pairs: list[Pair]) -> list[str]:
        return _run(list(self._command), _lines(pairs), **self._environment)


class _Chroot(_Command):
    pass


_DPKG = """
while IFS='\t' read -r a b; do
  dpkg --compare-versions "$a" lt "$b" 2>/dev/null
  case $? in
    0) echo '<' ;;
    1) dpkg --compare-versions "$a" eq "$b" 2>/dev/null && echo '=' || echo '>' ;;
    *) echo '!' ;;
  esac
done
"""
_APK = """
while IFS='\t' read -r a b; do
  answer=
  apk version -q -c "$a" "$b" >/dev/null && answer=$(apk version -t "$a" "$b")
  echo "${answer:-!}"
done
"""
_NODE = """
const semver = require(process.argv[1] + '/semver');
for (const line of require('fs').readFileSync(0, 'utf8').split('\\n').slice(0, -1)) {
  const [a, b] = line.split('\\t');
  console.log(semver.valid(a) && semver.valid(b) ? '<=>'[semver.compare(a, b) + 1] : '!');
}
"""
_RUBY = """
STDIN.each_line(chomp: true) do |line|
  a, b = line.split("\\t", -1)
  good = Gem::Version.correct?(a) && Gem::Version.correct?(b)
  puts good ? "<=>"[(Gem::Version.new(a) <=> Gem::Version.new(b)) + 1] : "!"
end
"""
_PHP = """
require 'Composer/Semver/VersionParser.php';
$parser = new Composer\\Semver\\VersionParser();
while (($line = fgets(STDIN)) !== false) {
  try {
    [$a, $b] = array_map([$parser, 'normalize'], explode("\\t", rtrim($line, "\\n")));
    $branch = strncmp($a, 'dev-', 4) === 0 || strncmp($b, 'dev-', 4) === 0; // never compared
    echo $branch ? '!' : '<=>'[version_compare($a, $b) + 1], "\\n";
  } catch (UnexpectedValueException $fault) { echo "!\\n"; }
}
"""
_GO = """
package main

import (
	"bufio"
	"fmt"
	"os"
	"strings"

	"golang.org/x/mod/semver"
)

func main() {
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		pair := strings.Split(lines.Text(), "\\t")
		if semver.IsValid(pair[0]) && semver.IsValid(pair[1]) {
			fmt.Println(string("<=>"[semver.Compare(pair[0], pair[1])+1]))
		} else {
			fmt.Println("!")
		}
	}
}
"""
_RUST = """
use std::io::BufRead;
fn main() {
    for line in std::io::stdin().lock().lines() {
        let line = line.unwrap();
        let (a, b) = line.split_once('\\t').unwrap();
        match (semver::Version::parse(a), semver::Version::parse(b)) {
            (Ok(a), Ok(b)) => println!("{}", match a.cmp_precedence(&b) {
                std::cmp::Ordering::Less => '<',
                std::cmp::Ordering::Equal => '=',
                std::cmp::Ordering::Greater => '>',
            }),
            _ => println!("!"),
        }
    }
}
"""
_CSHARP = """
using System; using System.Reflection;
class Compare {
  static void Main(string[] arguments) {
    Type version = Assembly.LoadFrom(arguments[0]).GetType("NuGet.Versioning.NuGetVersion");
    Type[] taken = {typeof(string), version.MakeByRefType()};
    MethodInfo parse = version.GetMethod("TryParse", taken);
    string line;
    while ((line = Console.ReadLine()) != null) {
      string[] pair = line.Split('\\t');
      object[] a = {pair[0], null}, b = {pair[1], null};
      if ((bool) parse.Invoke(null, a) && (bool) parse.Invoke(null, b))
        Console.WriteLine("<=>"[Math.Sign(((IComparable) a[1]).CompareTo(b[1])) + 1]);
      else
        Console.WriteLine("!");
    }
  }
}
"""


def _rpm(pairs: list[Pair]) -> Iterable[str]:
    script = (
        "%{{lua: for line in io.lines('{0}') do local a, b = line:match('^(.-)\\t(.*)$') "
        "local x, y = rpm.ver(a), rpm.ver(b) if not (x and y) then print('!\\n') "
        "elseif x < y then print('<\\n') elseif y < x then print('>\\n') "
        "else print('=\\n') end end}}"
    )
    with tempfile.NamedTemporaryFile("w", suffix=".pairs") as file:
        file.write(_lines(pairs))
        file.flush()
        return [line for line in _run(["rpm", "--eval", script.format(file.name)], "") if line]


def _packaging(pairs: list[Pair]) -> Iterable[str]:
    from packaging.version import InvalidVersion, Version  # noqa: PLC0415 -- not to need it

    for a, b in pairs:
        try:
            left, right = Version(a), Version(b)
        except InvalidVersion:
            yield "!"
        else:
            yield "<" if left < right else ">" if left > right else "="


def _maven(pairs: list[Pair]) -> Iterable[str]:
    """`ComparableVersion` has a main function that compares each argument with the next."""
    arguments = [version for pair in pairs for version in pair]
    answers: list[str] = []
    for start in range(0, len(arguments), 4000):
        some = arguments[start : start + 4000]
        name = "org.apache.maven.artifact.versioning.ComparableVersion"
        output = _run(["java", "-cp", f"{_maven_jar()}:{_COMMONS}", name, *some], "")
        signs = [line.split()[-2] for line in output if line.startswith("   ")]
        answers += ["=" if sign == "==" else sign for sign in signs[::2]]
    return answers


_COMMONS = Path("/usr/share/java/commons-lang3.jar")


def _maven_jar() -> Path:
    here = PLACE / "maven-artifact.jar"
    return here if here.exists() else Path("/usr/share/java/maven3-artifact.jar")


def _go(pairs: list[Pair]) -> Iterable[str]:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "compare.go").write_text(_GO)
        command = ["go", "run", f"{folder}/compare.go"]
        return _run(command, _lines(pairs), GO111MODULE="off", GOPATH="/usr/share/gocode")


def _rust(pairs: list[Pair]) -> Iterable[str]:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "compare.rs").write_text(_RUST)
        crate = ["rustc", "--edition", "2018", "--out-dir", folder, "--cap-lints", "allow"]
        source = PLACE / "semver-crate" / "src" / "lib.rs"
        feature = ["--cfg", 'feature="std"', "--crate-type", "rlib", "--crate-name", "semver"]
        _run([*crate, *feature, str(source)], "")
        library = ["--extern", f"semver={folder}/libsemver.rlib"]
        _run([*crate, *library, f"{folder}/compare.rs"], "")
        return _run([f"{folder}/compare"], _lines(pairs))


def _nuget(pairs: list[Pair]) -> Iterable[str]:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "compare.cs").write_text(_CSHARP)
        _run(["mcs", f"-out:{folder}/compare.exe", f"{folder}/compare.cs"], "")
        command = ["mono", f"{folder}/compare.exe", str(PLACE / "nuget.exe")]
        return _run(command, _lines(pairs))


_ALPINE = PLACE / "alpine"
_SEMVER_PHP = Path("/usr/share/php/Composer/Semver/VersionParser.php")
_X_MOD = Path("/usr/share/gocode/src/golang.org/x/mod/semver/semver.go")
_NODE_MODULES = PLACE / "node_modules"

ORACLES = [
    Oracle("dpkg", Scheme.DPKG, ("dpkg",), _Command("sh", "-c", _DPKG)),
    Oracle(
        "apk",
        Scheme.APK,
        (_ALPINE / "sbin" / "apk",),
        _Chroot("chroot", str(_ALPINE), "/bin/sh", "-c", _APK),
    ),
    Oracle("rpm", Scheme.RPM, ("rpm",), _rpm),
    Oracle("packaging", Scheme.PEP440, (), _packaging),
    Oracle(
        "node-semver",
        Scheme.SEMVER,
        ("node", _NODE_MODULES / "semver"),
        _Command("node", "-e", _NODE, str(_NODE_MODULES)),
    ),
    Oracle("cargo-semver", Scheme.SEMVER, ("rustc", PLACE / "semver-crate"), _rust),
    Oracle("go-semver", Scheme.GO, ("go", _X_MOD), _go),
    Oracle("maven", Scheme.MAVEN, ("java", _maven_jar(), _COMMONS), _maven),
    Oracle("gem", Scheme.GEM, ("ruby",), _Command("ruby", "-e", _RUBY)),
    Oracle("nuget", Scheme.NUGET, ("mono", "mcs", PLACE / "nuget.exe"), _nuget),
    Oracle(
        "composer",
        Scheme.COMPOSER,
        ("php", _SEMVER_PHP),
        _Command("php", "-d", "include_path=/usr/share/php", "-r", _PHP),
    ),
]
