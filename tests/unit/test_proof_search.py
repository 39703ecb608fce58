"""The search of a proof, against worlds whose laws are known."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from msgspec import Struct, field, structs

from seawall.fixes.model import Observed
from seawall.jobs.proving.model import Answer, Key
from seawall.jobs.proving.search import GUESSED, Attempt, Search

RIGHTS = frozenset(GUESSED)


def key(service: str, part: str) -> Key:
    return ("rule", "compose.yaml", f"service {service}/{part}")


def failed(question: str = "health", detail: str = "it ended with 1") -> tuple[Answer, ...]:
    return (Answer(question, False, detail),)


class World(Struct):
    """Services with fixes, and a law for each: from its fixes and what it is given to an answer.

    The answer is None where it holds, else what is learned, which may be nothing.
    """

    laws: Mapping[str, Callable[[frozenset[str], Observed], Observed | None]]
    parts: Mapping[str, tuple[str, ...]]
    drops: bool = False
    given: Observed = Observed()
    controls: tuple[str, ...] = ()
    asked: list[tuple[frozenset[Key], frozenset[str]]] = field(default_factory=list)
    known: dict[object, Attempt] = field(default_factory=dict)

    def ask(
        self, skipped: frozenset[Key], observed: Mapping[str, Observed], names: frozenset[str]
    ) -> Attempt:
        scene = (skipped, tuple(sorted(observed.items(), key=lambda each: each[0])), names)
        if scene not in self.known:
            self.asked.append((skipped, names))
            self.known[scene] = self._tried(skipped, observed, names)
        return self.known[scene]

    def _tried(
        self, skipped: frozenset[Key], observed: Mapping[str, Observed], names: Iterable[str]
    ) -> Attempt:
        answers, learned, keys = {}, {}, []
        for name in sorted(names):
            parts = [part for part in self.parts[name] if key(name, part) not in skipped]
            given = observed.get(name, self.given)
            shown = self.laws[name](frozenset(parts), given) if parts else None
            if shown is None:
                continue
            answers[name] = failed()
            keys += [key(name, part) for part in parts]
            if shown != Observed():
                learned[name] = shown
        return Attempt(
            answers,
            tuple(keys),
            learned,
            dict.fromkeys(names, self.given),
            controls=dict.fromkeys(answers, self.controls),
            bare=frozenset(names) if self.drops else frozenset(),
        )

    def search(self, most: int = 100, rounds: int = 6) -> tuple[Search, Attempt]:
        starts = lambda: sum(len(names) for _, names in self.asked)  # noqa: E731 -- a word for it
        search = Search(self.ask, tuple(self.parts), starts, most, rounds)
        return search, search.run()


def test_what_holds_is_asked_once() -> None:
    world = World({"web": lambda _parts, _given: None}, {"web": ("a", "b", "c")})
    search, last = world.search()
    assert last.passed
    assert not search.skipped
    assert len(world.asked) == 1


def test_what_is_learned_is_given_and_nothing_is_taken_back() -> None:
    def law(parts: frozenset[str], given: Observed) -> Observed | None:
        return Observed(scratch=("/run",)) if "/run" not in given.scratch else None

    world = World({"web": law}, {"web": ("read-only",)})
    search, last = world.search()
    assert last.passed
    assert search.observed["web"].scratch == ("/run",)
    assert not search.skipped
    assert len(world.asked) == 2


def test_what_is_learned_bit_by_bit_is_added_up() -> None:
    wanted = ("/a", "/b", "/c", "/d")

    def law(parts: frozenset[str], given: Observed) -> Observed | None:
        missing = [path for path in wanted if path not in given.kept]
        return Observed(kept=tuple(missing[:1])) if missing else None

    search, last = World({"web": law}, {"web": ("read-only",)}).search()
    assert last.passed
    assert search.observed["web"].kept == wanted


def test_repairs_have_an_end_and_the_fix_then_goes() -> None:
    def law(parts: frozenset[str], given: Observed) -> Observed | None:
        return Observed(scratch=(f"/{len(given.scratch)}",))

    search, last = World({"web": law}, {"web": ("read-only",)}).search(rounds=3)
    assert last.passed
    assert set(search.skipped) == {key("web", "read-only")}
    assert len(search.observed["web"].scratch) == 3


def test_one_of_many_fixes_is_found_by_halves() -> None:
    parts = tuple(f"p{number}" for number in range(16))

    def law(made: frozenset[str], given: Observed) -> Observed | None:
        return Observed() if "p11" in made else None

    world = World({"web": law}, {"web": parts})
    search, last = world.search()
    assert last.passed
    assert set(search.skipped) == {key("web", "p11")}
    assert len(world.asked) <= 8


def test_two_that_break_are_both_found_and_the_rest_stays() -> None:
    parts = tuple("abcdefgh")

    def law(made: frozenset[str], given: Observed) -> Observed | None:
        return Observed() if made & {"b", "g"} else None

    search, last = World({"web": law}, {"web": parts}).search()
    assert last.passed
    assert set(search.skipped) == {key("web", "b"), key("web", "g")}


def test_what_was_taken_back_too_early_comes_in_again() -> None:
    """`a` fails only beside `z`, which has to go anyway: needs are not monotone."""

    def law(made: frozenset[str], given: Observed) -> Observed | None:
        if "z" in made:
            return Observed()
        return None

    def strange(made: frozenset[str], given: Observed) -> Observed | None:
        return Observed() if "a" in made and "z" not in made and "b" in made else law(made, given)

    search, last = World({"web": strange}, {"web": ("z", "a", "b")}).search()
    assert last.passed
    kept = {"z", "a", "b"} - {each[2].rpartition("/")[2] for each in search.skipped}
    assert strange(frozenset(kept), Observed()) is None
    assert len(search.skipped) == 2  # no two of them hold together


def test_services_are_searched_one_by_one() -> None:
    def breaks(made: frozenset[str], given: Observed) -> Observed | None:
        return Observed() if "bad" in made else None

    names = tuple("abcdefgh")
    world = World(dict.fromkeys(names, breaks), dict.fromkeys(names, ("good", "bad", "fine")))
    search, last = world.search()
    assert last.passed
    assert set(search.skipped) == {key(name, "bad") for name in names}
    joint = [asked for _, asked in world.asked if len(asked) > 1]
    assert len(joint) == 2  # at the beginning and at the end


def test_who_fails_without_a_word_gets_no_more_than_it_needs() -> None:
    needed = {"SETUID", "SETGID"}

    def law(made: frozenset[str], given: Observed) -> Observed | None:
        return None if needed <= {*given.capabilities} else Observed()

    search, last = World({"web": law}, {"web": ("rights",)}, drops=True).search()
    assert last.passed
    assert {*search.observed["web"].capabilities} == needed
    assert not search.skipped


def test_needs_that_are_not_monotone_still_end_in_what_holds() -> None:
    """As a database was seen: two suffice, a third breaks it, a fourth makes that good."""

    def law(made: frozenset[str], given: Observed) -> Observed | None:
        has = {*given.capabilities}
        holds = {"SETUID", "SETGID"} <= has and ("FOWNER" not in has or "DAC_OVERRIDE" in has)
        return None if holds else Observed()

    search, last = World({"db": law}, {"db": ("rights",)}, drops=True).search()
    assert last.passed
    assert {*search.observed["db"].capabilities} == {"SETUID", "SETGID"}


def test_a_broad_grant_that_nobody_asked_for_goes() -> None:
    def law(made: frozenset[str], given: Observed) -> Observed | None:
        asked = Observed(capabilities=("CHOWN",))
        return None if "CHOWN" in given.capabilities else asked

    world = World({"web": law}, {"web": ("rights",)}, True, Observed(capabilities=GUESSED))
    search, last = world.search()
    assert last.passed
    assert search.observed["web"].capabilities == ("CHOWN",)
    assert len(world.asked) == 3


def test_a_control_is_left_out_before_the_whole_fix_is() -> None:
    def law(made: frozenset[str], given: Observed) -> Observed | None:
        return None if "pids" in given.without else Observed()

    world = World({"web": law}, {"web": ("all",)}, controls=("memory", "pids"))
    # With only some left out it fails as before, so that is not kept.
    search, last = world.search()
    assert last.passed
    assert search.observed["web"].without == ("pids",)
    assert set(search.unborne) == {("web", "pids")}
    assert not search.skipped


def test_what_can_not_be_fetched_is_unproven_and_not_taken_back() -> None:
    class Offline(World):
        def _tried(
            self, skipped: frozenset[Key], observed: Mapping[str, Observed], names: Iterable[str]
        ) -> Attempt:
            if key("web", "pin") in skipped:
                return Attempt()
            keys = [key("web", part) for part in self.parts["web"]]
            left = tuple(each for each in keys if each not in skipped)
            return Attempt({"web": failed()}, left, is_fetch=True)

    search, last = Offline({}, {"web": ("a", "pin", "b")}).search()
    assert last.passed
    assert set(search.unproven) == {key("web", "pin")}
    assert not search.skipped


def test_who_fails_without_any_fix_is_left_and_the_others_go_on() -> None:
    class Flaky(World):
        def _tried(
            self, skipped: frozenset[Key], observed: Mapping[str, Observed], names: Iterable[str]
        ) -> Attempt:
            found = super()._tried(skipped, observed, names)
            return (
                Attempt({"sick": failed(), **found.failed}, found.keys)
                if "sick" in names
                else found
            )

    def breaks(made: frozenset[str], given: Observed) -> Observed | None:
        return Observed() if "bad" in made else None

    laws = {"sick": lambda _made, _given: None, "web": breaks}
    search, last = Flaky(laws, {"sick": (), "web": ("bad", "good")}).search()
    assert last.passed
    assert set(search.broken) == {"sick"}
    assert set(search.skipped) == {key("web", "bad")}


def test_without_starts_left_nothing_stays_that_could_be_at_fault() -> None:
    def law(made: frozenset[str], given: Observed) -> Observed | None:
        return Observed() if made else None

    parts = tuple(f"p{number}" for number in range(40))
    world = World({"web": law}, {"web": parts})
    search, last = world.search(most=3)
    assert last.passed
    assert set(search.skipped) == {key("web", part) for part in parts}
    assert len(world.asked) <= 20


def test_what_fails_only_together_loses_a_fix() -> None:
    class Together(World):
        def _tried(
            self, skipped: frozenset[Key], observed: Mapping[str, Observed], names: Iterable[str]
        ) -> Attempt:
            keys = [key("a", "split"), key("b", "split")]
            left = tuple(each for each in keys if each not in skipped)
            fails = len(set(names)) == 2 and len(left) == 2
            return Attempt({"a": failed()}, left) if fails else Attempt()

    search, last = Together({}, {"a": ("split",), "b": ("split",)}).search()
    assert last.passed
    assert len(search.skipped) == 1


class Rooted(World):
    """Services that start as root unless they are given a user that the plan heeds."""

    heeds: bool = True

    def _tried(
        self, skipped: frozenset[Key], observed: Mapping[str, Observed], names: Iterable[str]
    ) -> Attempt:
        found = super()._tried(skipped, observed, names)
        left = {n for n in names if self.heeds and observed.get(n, Observed()).user}
        users = {name: "9:9" for name in names if name not in left}
        return structs.replace(found, users=users)


def test_a_service_that_can_do_without_root_is_run_as_another() -> None:
    def law(made: frozenset[str], given: Observed) -> Observed | None:
        needs_scratch = bool(given.user) and not given.scratch
        return Observed(scratch=("/run",)) if needs_scratch else None

    search, last = Rooted({"web": law}, {"web": ("user",)}).search()
    assert last.passed
    assert search.observed["web"] == Observed(scratch=("/run",), user="9:9")


def test_a_service_that_needs_root_keeps_it() -> None:
    def law(made: frozenset[str], given: Observed) -> Observed | None:
        return Observed() if given.user else None

    search, last = Rooted({"web": law}, {"web": ("user",)}).search()
    assert last.passed
    assert "web" not in search.observed
    assert not search.skipped


def test_a_user_that_no_fix_can_give_is_no_repair() -> None:
    world = Rooted({"web": lambda _made, _given: None}, {"web": ("a",)}, heeds=False)
    search, _ = world.search()
    assert search.observed == {}
