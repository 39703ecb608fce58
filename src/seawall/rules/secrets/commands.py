"""Where the arguments of well-known programs hold a password: `mysql -p…`, `curl -u a:b`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise

from msgspec import Struct

from seawall.core.expression import Expression
from seawall.detectors.names import Sort, sort_of
from seawall.rules.secrets.places import Literal, after, of_shell_word
from seawall.surfaces.shell import Command


class Given(Struct, frozen=True):
    """A value that a command line gives as a secret; `by` is the option or name, for messages."""

    by: str
    sort: Sort
    literal: Literal


def given_to(command: Command) -> Iterator[Given]:
    """Every value that this command takes as a secret, known or not to be one."""
    reader = _READERS.get(command.name)
    if reader is not None:
        yield from reader(command)
    if command.name not in _OWN_RULE:
        yield from _by_option_name(command)


# `useradd --password` and the like set a password: that is a rule of its own.
_OWN_RULE = frozenset({"useradd", "usermod", "adduser", "passwd", "chpasswd"})
_OPTION = Expression(r"--?(?P<name>[A-Za-z][\w.-]{3,60})\Z")


def _by_option_name(command: Command) -> Iterator[Given]:
    """`--password x`, `-storepass x`: the option's name says it. (`--password=x`: see texts.)"""
    arguments = command.arguments
    for word, value in pairwise(arguments):
        if not word.text.startswith(("-", '"-')):
            continue
        found = _OPTION.match(word.literal or "")
        sort = sort_of(found["name"]) if found else None
        if found and sort and not (value.literal or "").startswith("-"):
            yield Given(word.loose, sort, of_shell_word(value))


def _values(command: Command, *options: str) -> Iterator[Given]:
    for value in command.option_values(*options):
        yield Given(options[0], Sort.PASSWORD, of_shell_word(value))


def _short(*options: str) -> Callable[[Command], Iterator[Given]]:
    """A program whose option takes the password, as `sshpass -p`."""
    return lambda command: _values(command, *options)


def _glued(command: Command) -> Iterator[Given]:
    """mysql: only `-psecret` gives one, `-p db` asks for it; `mysqladmin password x` sets one."""
    for word, literal in zip(command.arguments, command.literals, strict=True):
        if literal.startswith("-p") and len(literal) > 2 and word.literal is not None:
            whole = of_shell_word(word)
            place = whole.within(2, len(literal))
            yield Given("-p", Sort.PASSWORD, Literal(literal[2:], place.start, place.end))
    if command.name == "mysqladmin":
        yield from _after_word(command, "password", 1)


def _login(command: Command) -> Iterator[Given]:
    """`docker login -p x`: elsewhere `-p` publishes a port."""
    if "login" in command.literals:
        yield from _values(command, "-p")


def _user_and_password(*options: str) -> Callable[[Command], Iterator[Given]]:
    """`curl -u user:password`: what follows the colon."""

    def read(command: Command) -> Iterator[Given]:
        for given in _values(command, *options):
            password = after(given.literal, ":")
            if password is not None:
                yield Given(given.by, Sort.PASSWORD, password)
        yield from _authorization(command)

    return read


_AUTHORIZATION = Expression(
    r"(?i)authorization:\s{0,3}(?:bearer|basic|token|apikey|key)\s{1,3}([^\s\"'$`\\]{8,2000})"
)


def _authorization(command: Command) -> Iterator[Given]:
    """`-H "Authorization: Bearer x"`."""
    for word in command.arguments:
        literal = of_shell_word(word)
        found = _AUTHORIZATION.search(literal.text)
        if found:
            place = literal.within(*found.span(1))
            yield Given("Authorization", Sort.TOKEN, Literal(found[1], place.start, place.end))


def _pass_phrases(command: Command) -> Iterator[Given]:
    """openssl: `-passout pass:x`; `env:` and `file:` are references."""
    for option in ("-passin", "-passout", "-pass", "-password"):
        for given in _values(command, option):
            phrase = after(given.literal, ":")
            if phrase is not None and given.literal.text.startswith("pass:"):
                yield Given(option, Sort.PASSWORD, phrase)


def _after_word(command: Command, name: str, distance: int) -> Iterator[Given]:
    words = command.arguments
    for index, word in enumerate(words[: len(words) - distance]):
        if word.literal == name:
            value = words[index + distance]
            yield Given(name, Sort.PASSWORD, of_shell_word(value))


def _htpasswd(command: Command) -> Iterator[Given]:
    """`htpasswd -b file user password`, `htpasswd -nb user password`."""
    if command.has_option("-b") and len(command.arguments) >= 3:
        yield Given("-b", Sort.PASSWORD, of_shell_word(command.arguments[-1]))


def _rabbitmq(command: Command) -> Iterator[Given]:
    yield from _after_word(command, "add_user", 2)
    yield from _after_word(command, "change_password", 2)


def _setting(command: Command) -> Iterator[Given]:
    """`npm config set //host/:_authToken x`, `aws configure set aws_secret_access_key x`."""
    if _SETS.isdisjoint(command.literals):
        return
    words = command.arguments
    for word, value in pairwise(words):
        name = (word.literal or "").rpartition(":")[2]
        sort = sort_of(name.rpartition("/")[2]) if not name.startswith("-") else None
        if sort and "=" not in name:
            yield Given(name, sort, of_shell_word(value))


_SETS = frozenset({"config", "configure", "set", "config:set"})

_Reader = Callable[[Command], Iterator[Given]]

_READERS: dict[str, _Reader] = {
    **dict.fromkeys(("mysql", "mysqldump", "mysqladmin", "mariadb", "mysqlimport", "7z"), _glued),
    **dict.fromkeys(("docker", "podman", "nerdctl", "buildah", "helm", "oras", "skopeo"), _login),
    **dict.fromkeys(("curl",), _user_and_password("-u", "--user", "-U", "--proxy-user")),
    **dict.fromkeys(("wget", "http", "https"), _authorization),
    **dict.fromkeys(("npm", "yarn", "pnpm", "aws", "composer", "bundle", "poetry"), _setting),
    **dict.fromkeys(("git", "pip", "conda", "gcloud", "heroku"), _setting),
    **dict.fromkeys(("mongo", "mongosh", "mongodump", "mongorestore", "sshpass"), _short("-p")),
    **dict.fromkeys(("ldapadd", "ldapmodify", "ldapsearch", "ldappasswd"), _short("-w")),
    **dict.fromkeys(("zip", "unzip", "sqlcmd"), _short("-P")),
    "redis-cli": _short("-a"),
    "openssl": _pass_phrases,
    "htpasswd": _htpasswd,
    "rabbitmqctl": _rabbitmq,
}

PROGRAMS = tuple(_READERS)
"""Programs whose secrets stand behind options that no name gives away."""
