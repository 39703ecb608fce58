"""How a plan comes about: rounds, what overlaps, and what does not hold."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec import structs
from planned import Making, after, mending, options, planned, proposal, replace

from seawall.core.errors import UsageError
from seawall.core.model import Edit, FileChange, Fix, Hit, Safety
from seawall.jobs.fixing import plan

ADDS = "FROM debian:12.11\nADD a /a\nADD b /b\nUSER 1000\n"
RULE = "add-for-copy"
copies = replace("ADD", "COPY")


@pytest.fixture
def dockerfile(tmp_path: Path) -> Path:
    path = tmp_path / "Dockerfile"
    path.write_text(ADDS)
    return path


def test_every_finding_is_mended_and_nothing_is_written(dockerfile: Path) -> None:
    with mending(add_for_copy=copies):
        made = planned(dockerfile, RULE)
    assert after(made) == ADDS.replace("ADD", "COPY")
    assert [fix.round for fix in made.fixes] == [1, 1]
    assert dockerfile.read_text() == ADDS
    assert made.dockerfiles == (str(dockerfile),)


def test_a_plan_of_what_is_mended_is_empty(dockerfile: Path) -> None:
    dockerfile.write_text(ADDS.replace("ADD", "COPY"))
    with mending(add_for_copy=copies):
        assert planned(dockerfile, RULE).is_empty


def test_of_overlapping_fixes_the_first_wins_and_the_next_comes_in_the_next_round(
    dockerfile: Path,
) -> None:
    def both(text: str, hit: Hit) -> Fix | None:
        del hit
        at = text.find("ADD")
        return Fix(Safety.SAFE, "one", (Edit(at, at + 3, "COPY"),)) if at >= 0 else None

    with mending(add_for_copy=both):
        made = planned(dockerfile, RULE)
    assert after(made) == ADDS.replace("ADD", "COPY")
    assert [fix.round for fix in made.fixes] == [1, 2]


def test_fixes_of_several_rounds_are_told_in_the_places_of_the_first_text(
    dockerfile: Path,
) -> None:
    def lengthen(text: str, hit: Hit) -> Fix | None:
        line = text[text.rfind("\n", 0, hit.at.start) + 1 :].split("\n", maxsplit=1)[0]
        at = text.find(line)
        return Fix(Safety.SAFE, "x", (Edit(at, at + 3, "COPY"), Edit(len(text), len(text), "#\n")))

    with mending(add_for_copy=lengthen):
        made = planned(dockerfile, RULE)
    (file,) = made.changed
    assert [fix.round for fix in made.fixes] == [1, 2]
    text = file.before
    for change in reversed(file.changes):
        text = text[: change.start] + change.text + text[change.end :]
    assert text == file.after == ADDS.replace("ADD", "COPY") + "#\n#\n"
    assert [change.fixes for change in file.changes] == [(0,), (1,), (0, 1)]


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("ADD", "ADD ", "leave the finding as it is"),
        ("ADD", "FROM x y z\nCOPY", "unreadable"),
        ("ADD", "VOLUME /etc\nCOPY", "bring a new finding"),
        ("ADD", "ADD --keep", "unreadable"),
    ],
)
def test_a_fix_that_does_not_hold_is_left_out_and_the_others_are_made(
    dockerfile: Path, old: str, new: str, why: str
) -> None:
    def make(text: str, hit: Hit) -> Fix | None:
        wrong = "/b" in text[hit.at.start :].split("\n", maxsplit=1)[0]
        return replace(old, new)(text, hit) if wrong else copies(text, hit)

    with mending(add_for_copy=make):
        made = planned(dockerfile)
    assert after(made) == ADDS.replace("ADD a", "COPY a")
    (left,) = made.left_out
    assert left.why.startswith("it would ")
    assert why in left.why
    assert left.finding.location.span.line == 3


def test_what_a_rule_that_is_not_selected_would_find_is_new_all_the_same(dockerfile: Path) -> None:
    with mending(add_for_copy=replace("ADD", "VOLUME /etc\nCOPY")):
        made = planned(dockerfile, RULE)
    assert made.is_empty
    assert {left.why.split(" (")[0] for left in made.left_out} == {
        "it would bring a new finding: system-volume"
    }


def test_an_instruction_that_no_edit_names_must_stay_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "Dockerfile"
    path.write_text("FROM debian:12.11\nADD a /a\nRUN echo b\nUSER 1000\n")
    with mending(add_for_copy=replace("ADD a /a", "COPY a \\")):
        made = planned(path, RULE)
    assert made.is_empty
    assert "which it does not name" in made.left_out[0].why


def test_a_fix_that_can_only_be_made_without_another_waits_for_the_next_round(
    dockerfile: Path,
) -> None:
    """Each sets what is to run, so that both at once bring a finding."""

    def make(text: str, hit: Hit) -> Fix | None:
        fix = copies(text, hit)
        if fix is None or "CMD" in text:
            return fix
        at = fix.edits[0].start
        return Fix(Safety.SAFE, "start", (*fix.edits, Edit(at, at, 'CMD ["x"]\n')))

    with mending(add_for_copy=make):
        made = planned(dockerfile)
    assert [fix.round for fix in made.fixes] == [1, 2]
    assert not made.left_out
    assert after(made).count("CMD") == 1


def test_a_partial_fix_may_leave_the_finding(dockerfile: Path) -> None:
    once = replace("/a\n", "/a/\n", is_partial=True)
    with mending(add_for_copy=lambda text, hit: once(text, hit) if "/a\n" in text else None):
        made = planned(dockerfile, RULE)
    assert after(made) == ADDS.replace("/a\n", "/a/\n")


def test_what_never_ends_ends_after_ten_rounds_and_says_so(dockerfile: Path) -> None:
    with mending(add_for_copy=replace("/a", "/a/a", is_partial=True)):
        made = planned(dockerfile, RULE)
    assert max(fix.round for fix in made.fixes) == 10
    assert "more to mend" in made.notices[0].message


def test_unsafe_fixes_are_made_only_when_asked_for(dockerfile: Path) -> None:
    with mending(add_for_copy=replace("ADD", "COPY", Safety.UNSAFE)):
        made = planned(dockerfile, RULE)
        assert made.is_empty
        assert len(made.withheld) == 2
        assert after(planned(dockerfile, RULE, unsafe=True)) == ADDS.replace("ADD", "COPY")


def test_a_proposal_is_made_only_for_the_rule_that_is_taken(dockerfile: Path) -> None:
    with mending(add_for_copy=replace("ADD", "COPY", Safety.GUIDED, proposal="COPY a /a")):
        made = planned(dockerfile, RULE, unsafe=True)
        assert made.is_empty
        assert [each.fix.proposal for each in made.proposals] == ["COPY a /a"] * 2
        taken = planned(dockerfile, RULE, take=(RULE,))
        assert after(taken) == ADDS.replace("ADD", "COPY")
        assert not taken.proposals


def test_a_rule_that_is_taken_need_not_be_selected(dockerfile: Path) -> None:
    with mending(add_for_copy=replace("ADD", "COPY", Safety.GUIDED)):
        assert len(planned(dockerfile, "root-user", take=(RULE,)).fixes) == 2


def test_a_proposal_without_edits_is_only_told(dockerfile: Path) -> None:
    with mending(add_for_copy=proposal("COPY")):
        made = planned(dockerfile, RULE, take=(RULE,))
    assert made.is_empty
    assert len(made.proposals) == 2


def test_a_rule_to_take_that_there_is_not_is_refused(dockerfile: Path) -> None:
    with pytest.raises(UsageError, match="add-for-cop"):
        planned(dockerfile, take=("add-for-cop",))


def test_what_is_accepted_is_not_mended(dockerfile: Path) -> None:
    line = "# seawall: ignore[add-for-copy] -- it is an archive\nADD a /a"
    dockerfile.write_text(ADDS.replace("ADD a /a", line))
    with mending(add_for_copy=copies):
        made = planned(dockerfile, RULE)
    assert after(made) == ADDS.replace("ADD a /a", line).replace("ADD b", "COPY b")


def test_what_a_caller_skips_is_not_made(dockerfile: Path) -> None:
    with mending(add_for_copy=copies):
        first = planned(dockerfile, RULE)
        keys = [fix.key for fix in first.fixes]
        second = planned(dockerfile, RULE, skipped=keys[:1])
    assert [fix.key for fix in second.fixes] == keys[1:]


def test_a_file_that_buildkit_refuses_is_a_problem_and_not_mended(dockerfile: Path) -> None:
    dockerfile.write_text(f"{ADDS}FRUM x\n")
    with mending(add_for_copy=copies):
        made = planned(dockerfile)
    assert made.problems
    assert made.is_empty


def test_a_path_that_leads_to_nothing_is_a_problem(tmp_path: Path) -> None:
    assert planned(tmp_path).problems
    assert planned(tmp_path / "none").problems


def test_a_fixer_that_fails_is_a_problem_and_harms_no_other(dockerfile: Path) -> None:
    def fail(text: str, hit: Hit) -> Fix | None:
        raise ValueError("odd")

    dockerfile.write_text("FROM debian:12.11\nADD a /a\nVOLUME /etc\nUSER 1000\n")
    with mending(add_for_copy=copies, system_volume=fail):
        made = planned(dockerfile)
    assert "COPY a" in after(made)
    assert any("odd" in problem.reason for problem in made.problems)


@pytest.mark.parametrize(
    "edits",
    [
        (Edit(0, 4, "x"), Edit(2, 3, "y")),
        (Edit(0, 10_000, "x"),),
        (Edit(5, 2, "x"),),
        (Edit(0, 1, "x", "/etc/passwd"),),
        (Edit(0, 1, "x", "nowhere/Dockerfile"),),
    ],
)
def test_edits_that_are_no_edits_of_the_project_are_left_out(
    dockerfile: Path, edits: tuple[Edit, ...]
) -> None:
    with mending(add_for_copy=lambda _text, _hit: Fix(Safety.SAFE, "odd", edits)):
        made = planned(dockerfile, RULE)
    assert made.is_empty
    assert made.left_out


def test_an_edit_may_name_another_file_of_the_project(tmp_path: Path) -> None:
    first, second = tmp_path / "compose.yaml", tmp_path / "compose.override.yaml"
    first.write_text("services:\n  web:\n    image: nginx:1.29.3\n    privileged: true\n")
    second.write_text("services:\n  web:\n    privileged: true\n    read_only: true\n")

    def both(text: str, hit: Hit) -> Fix:
        old = "    privileged: true\n"
        texts = {str(path): path.read_text() for path in (first, second)}
        edits = (
            Edit(text.index(old), text.index(old) + len(old), "", path)
            for path, text in texts.items()
        )
        return Fix(Safety.UNSAFE, "no privileges", tuple(edits))

    with mending(privileged=both):
        made = planned(tmp_path, "privileged", unsafe=True)
    assert {file.name for file in made.changed} == {str(first), str(second)}
    assert not any("privileged" in file.after for file in made.changed)
    assert made.projects == ((str(first), str(second)),)


def test_compose_values_that_no_edit_names_must_stay_as_they_are(tmp_path: Path) -> None:
    path = tmp_path / "compose.yaml"
    web = "services:\n  web:\n    image: nginx:1.29.3\n    privileged: true\n    labels: {a: b}\n"
    path.write_text(web)
    with mending(privileged=replace("privileged: true\n", "#")):
        made = planned(path, "privileged")
    assert made.is_empty
    assert "which it does not name" in made.left_out[0].why


def test_a_project_is_judged_with_its_mended_dockerfile(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM debian:12.11\nCMD ['x']\n")
    (tmp_path / "compose.yaml").write_text("services:\n  web:\n    build: .\n")
    with mending(root_user=replace("CMD", "USER 1000\nCMD", Safety.UNSAFE)):
        made = planned(tmp_path, "root-user", unsafe=True)
    assert after(made).startswith("FROM debian:12.11\nUSER 1000\n")
    assert [fix.finding.location.path for fix in made.fixes] == [str(tmp_path / "Dockerfile")]


STAGES = (
    'FROM debian:12.11 AS app\nADD a /a\nADD b /b\nUSER 1000\nFROM app\nUSER 1000\nCMD ["/a"]\n'
)


def build_of_stage(tmp_path: Path) -> None:
    """A project whose service runs a stage that no judgement of the file alone looks at."""
    (tmp_path / "Dockerfile").write_text(STAGES)
    build = "build: {context: ., target: app}"
    (tmp_path / "compose.yaml").write_text(f"services:\n  web:\n    {build}\n")


def without_user(text: str, hit: Hit) -> Fix | None:
    """Copies, and takes the user of the inner stage away."""
    fix = copies(text, hit)
    at = text.find("USER 1000\nFROM")
    if fix is None or at < 0:
        return fix
    return Fix(Safety.SAFE, "no user", (*fix.edits, Edit(at, at + 10, "")))


def test_a_fix_of_a_dockerfile_that_brings_its_project_a_finding_is_left_out(
    tmp_path: Path,
) -> None:
    build_of_stage(tmp_path)

    def make(text: str, hit: Hit) -> Fix | None:
        is_first = text[hit.at.start :].startswith("ADD a")
        return without_user(text, hit) if is_first else copies(text, hit)

    with mending(add_for_copy=make):
        assert len(planned(tmp_path / "Dockerfile").fixes) == 2
        made = planned(tmp_path)
    assert after(made) == STAGES.replace("ADD b", "COPY b")
    (left,) = made.left_out
    assert left.why == "it would bring a new finding: root-user (service web/user)"
    assert [change.fixes for change in made.changed[0].changes] == [(0,)]


def test_fixes_that_only_together_bring_a_project_a_finding_are_all_left_out(
    tmp_path: Path,
) -> None:
    build_of_stage(tmp_path)
    with mending(add_for_copy=without_user):
        made = planned(tmp_path)
    assert made.is_empty
    assert len(made.left_out) == 2


def test_a_dockerfile_whose_user_compose_sets_is_not_mended(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM debian:12.11\nCMD ['x']\n")
    (tmp_path / "compose.yaml").write_text("services:\n  web:\n    build: .\n    user: '1000'\n")
    with mending(root_user=replace("CMD", "USER 1000\nCMD", Safety.UNSAFE)):
        assert planned(tmp_path, "root-user", unsafe=True).is_empty


def test_several_lines_at_one_place_are_put_in_together_the_deepest_first(tmp_path: Path) -> None:
    path = tmp_path / "compose.yaml"
    text = (
        "services:\n  web:\n    image: nginx:1.29.3\n    privileged: true\n    deploy:\n"
        "      replicas: 1"
    )
    path.write_text(text)

    def at_end(lines: str) -> Making:
        def make(text: str, hit: Hit) -> Fix | None:
            if lines in text:
                return None
            return Fix(Safety.SAFE, "add", (Edit(len(text), len(text), lines),), is_partial=True)

        return make

    shallow, deep = "\n    init: true", "\n      labels: {a: b}"
    with mending(
        privileged=at_end(shallow), floating_tag=at_end(deep), unhardened_service=at_end(deep)
    ):
        made = planned(path)
    assert after(made) == text + deep + shallow
    assert {fix.round for fix in made.fixes} == {1}


def test_files_are_made_added_to_and_given_modes(dockerfile: Path) -> None:
    (dockerfile.parent / ".gitignore").write_text("*.log\n.env")
    files = (
        FileChange("create", "secrets/token.txt", "x\n", 0o600),
        FileChange("append", ".gitignore", ".env\nsecrets/\n"),
        FileChange("chmod", "Dockerfile", mode=0o640),
    )

    def make(text: str, hit: Hit) -> Fix | None:
        fix = copies(text, hit)
        return Fix(Safety.SAFE, "all", fix.edits, files) if fix else None

    with mending(add_for_copy=make):
        made = planned(dockerfile, RULE)
    names = {file.name.rpartition("/")[2]: file for file in made.changed}
    assert names["token.txt"].is_new
    assert names["token.txt"].after == "x\n"
    assert names[".gitignore"].after == "*.log\n.env\nsecrets/\n"
    assert {(each.deed, each.mode) for each in made.files} == {("create", 0o600), ("chmod", 0o640)}


def test_a_file_of_a_fix_that_had_to_wait_is_made_in_the_next_round(dockerfile: Path) -> None:
    def make(text: str, hit: Hit) -> Fix | None:
        fix = copies(text, hit)
        if fix is None:
            return None
        name = "first" if "/a" in text[fix.edits[0].start :].split("\n", 1)[0] else "second"
        both = Edit(0, 0, "" if name in text else f"# {name}\n")
        files = (FileChange("create", name, "x\n"), FileChange("append", ".gitignore", name))
        return Fix(Safety.SAFE, name, (*fix.edits, both), files)

    with mending(add_for_copy=make):
        made = planned(dockerfile, RULE)
    assert not made.left_out
    assert [each.round for each in made.fixes] == [1, 2]
    assert {change.path.rpartition("/")[2] for change in made.files} == {"first", "second"}
    assert after(made, ".gitignore") == "first\nsecond\n"


@pytest.mark.parametrize(
    "change",
    [
        FileChange("create", "Dockerfile", "x"),
        FileChange("create", "../../../outside", "x"),
        FileChange("append", "/etc/hosts", "x"),
        FileChange("chmod", "/etc/passwd", mode=0o777),
        FileChange("chmod", "none", mode=0o600),
        FileChange("chmod", "link", mode=0o600),
        FileChange("append", "away/x", "x"),
        FileChange("remove", "Dockerfile"),
    ],
)
def test_files_over_others_or_outside_of_the_repository_are_never_made(
    dockerfile: Path, change: FileChange
) -> None:
    (dockerfile.parent / "link").symlink_to("Dockerfile")
    (dockerfile.parent / "away").symlink_to("/tmp")
    with mending(add_for_copy=lambda _text, _hit: Fix(Safety.SAFE, "odd", files=(change,))):
        made = planned(dockerfile, RULE)
    assert made.is_empty
    assert made.left_out


def test_a_command_line_and_standard_input_are_texts(tmp_path: Path) -> None:
    del tmp_path
    with mending(privileged=replace(" --privileged", "", Safety.UNSAFE), add_for_copy=copies):
        run = options(unsafe=True, run="docker run --privileged nginx:1.29.3")
        assert after(plan([], run)) == "docker run nginx:1.29.3"
        made = plan(["-"], options(RULE, standard_input=ADDS.encode()))
    assert made.changed[0].is_text
    assert after(made) == ADDS.replace("ADD", "COPY")


def test_many_files_are_planned_by_several_processes_as_by_one(tmp_path: Path) -> None:
    for number in range(70):
        (tmp_path / f"{number}.Dockerfile").write_text(f"FROM debian:12.11\nADD {number} /a\n")
    asked = options(RULE, unsafe=True)
    one = plan([str(tmp_path)], asked)
    check = structs.replace(asked.check, jobs=2)
    several = plan([str(tmp_path)], structs.replace(asked, check=check))
    assert several.changed == one.changed
    assert several.fixes == one.fixes
    assert len(several.fixes) == 70
