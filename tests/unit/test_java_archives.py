"""Java archives tell what they are, what was shaded in, and what lies inside, within bounds."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

import programs
import pytest

from seawall.packages import java, java_names, zips
from seawall.surfaces.image.facts import Ecosystem, Fact, Package, Trouble


def jar(entries: Mapping[str, str | bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as writer:
        for name, content in entries.items():
            writer.writestr(name, content)
    return target.getvalue()


def pom(group: str, artifact: str, version: str) -> dict[str, str | bytes]:
    text = f"#Generated\r\nversion={version}\r\ngroupId = {group}\nartifactId:{artifact}\n"
    return {f"META-INF/maven/{group}/{artifact}/pom.properties": text}


def manifest(text: str) -> dict[str, str | bytes]:
    return {"META-INF/MANIFEST.MF": f"Manifest-Version: 1.0\r\n{text}\r\n\r\nName: x/\r\nA: b\r\n"}


def facts(path: str, content: bytes) -> list[Fact]:
    return list(java.ANALYSER.analyse(programs.layer_file(path, content)))


def found(path: str, content: bytes) -> set[tuple[str, str, str, str]]:
    told = facts(path, content)
    assert [one for one in told if isinstance(one, Trouble)] == []
    return {
        (one.namespace, one.name, one.version, one.inside)
        for one in told
        if isinstance(one, Package)
    }


def test_pom_properties_are_the_truth() -> None:
    content = jar(pom("org.acme", "tool", "1.2") | manifest("Implementation-Version: 9"))
    assert facts("opt/tool-1.2.jar", content) == [
        Package(
            *(Ecosystem.MAVEN, "tool", "1.2", "opt/tool-1.2.jar"),
            namespace="org.acme",
            cataloguer="jar",
        )
    ]


def test_shaded_archives_are_packages_of_their_own() -> None:
    content = jar(pom("org.acme", "app", "2.0") | pom("com.google", "guava", "31.1-jre"))
    expected = {("org.acme", "app", "2.0", ""), ("com.google", "guava", "31.1-jre", "")}
    assert found("app-2.0.jar", content) == expected


def test_an_archive_without_its_own_pom_is_named_beside_what_was_shaded_in() -> None:
    content = jar(
        pom("com.univocity", "univocity-parsers", "2.9.1")
        | manifest("Implementation-Version: 5.9.2")
    )
    assert found("junit-jupiter-params.jar", content) == {
        ("com.univocity", "univocity-parsers", "2.9.1", ""),
        ("", "junit-jupiter-params", "5.9.2", ""),
    }


def test_a_renamed_archive_is_what_its_only_pom_says_if_the_versions_agree() -> None:
    content = jar(pom("org.acme", "tool", "1.2") | manifest("Implementation-Version: 1.2"))
    assert found("app.jar", content) == {("org.acme", "tool", "1.2", "")}


def test_values_that_a_build_left_open_are_no_version() -> None:
    content = jar(pom("${project.groupId}", "tool", "${project.version}"))
    assert found("tool-3.1.jar", content) == {("", "tool", "3.1", "")}


def test_a_pom_file_alone_gives_group_and_artifact_by_its_place() -> None:
    content = jar({"META-INF/maven/org.acme/tool/pom.xml": "<project/>"})
    assert found("tool-3.1.jar", content) == {("org.acme", "tool", "3.1", "")}


def test_archives_inside_are_read_stored_or_deflated() -> None:
    inner = jar(pom("org.acme", "lib", "1.0"))
    deepest = jar(pom("org.acme", "web", "3") | {"lib/inner-1.0.jar": inner})
    content = jar(
        pom("org.acme", "app", "2.0")
        | {"BOOT-INF/lib/lib-1.0.jar": inner, "web.war": deepest, "notes.txt": b"x"}
    )
    assert found("app-2.0.ear", content) == {
        ("org.acme", "app", "2.0", ""),
        ("org.acme", "lib", "1.0", "BOOT-INF/lib/lib-1.0.jar"),
        ("org.acme", "web", "3", "web.war"),
        ("org.acme", "lib", "1.0", "web.war!/lib/inner-1.0.jar"),
    }


def test_the_licence_and_the_maker_are_the_archives_own() -> None:
    text = (
        "Bundle-License: https://www.apache.org/licenses/LICENSE-2.0.txt;link=x, "
        "EPL-2.0,,\r\nImplementation-Vendor: The Acme Company for Tools and Other Things of\r\n"
        "  Use"
    )
    content = jar(pom("org.acme", "tool", "1") | pom("a.b", "c", "2") | manifest(text))
    own, shaded = (one for one in facts("tool-1.jar", content) if isinstance(one, Package))
    assert own.licenses == ("Apache-2.0", "EPL-2.0")
    assert own.supplier == "The Acme Company for Tools and Other Things of Use"
    assert (shaded.licenses, shaded.supplier) == ((), "")


def test_an_archive_that_tells_nothing_has_its_file_name_and_no_group() -> None:
    (package,) = facts("opt/tool-1.2.3.jar", jar({"a.class": b""}))
    assert isinstance(package, Package)
    assert (package.namespace, package.name, package.version) == ("", "tool", "1.2.3")
    assert package.cataloguer == "jar-name"


@pytest.mark.parametrize(
    ("stem", "artifact", "version"),
    [
        ("guava-31.1-jre", "guava", "31.1-jre"),
        ("log4j-1.2-api-2.17.1", "log4j-1.2-api", "2.17.1"),
        ("netty-epoll-4.1.100.Final-linux-x86_64", "netty-epoll", "4.1.100.Final"),
        ("spark-core_2.13-4.0.0", "spark-core_2.13", "4.0.0"),
        ("commons-lang3-3.12.0", "commons-lang3", "3.12.0"),
        ("app-1.0-SNAPSHOT", "app", "1.0-SNAPSHOT"),
        ("app-1.0-20240102.030405-7", "app", "1.0-20240102.030405-7"),
        ("orc-core-2.3.0-shaded-protobuf", "orc-core", "2.3.0"),
        ("tool", "tool", ""),
        ("tool-x", "tool-x", ""),
        ("-1.0", "-1.0", ""),
        ("a" * 300 + "-1.0", "a" * 255, ""),
        ("a-" + "1-" * 120, "a-" + "1-" * 120, ""),
    ],
)
def test_file_names_come_apart_where_the_version_begins(
    stem: str, artifact: str, version: str
) -> None:
    assert java_names.split_file_name(stem) == (artifact, version)


@pytest.mark.parametrize(
    ("stem", "fields", "expected"),
    [
        ("a-1", "Implementation-Vendor-Id: org.acme", ("org.acme", "a", "1")),
        (
            "jackson-core-2.1",
            "Bundle-SymbolicName: com.x.jackson-core",
            ("com.x", "jackson-core", "2.1"),
        ),
        (
            "commons-lang3",
            "Bundle-SymbolicName: org.apache.commons.lang3\nBundle-Version: 3.12.0",
            ("org.apache.commons", "commons-lang3", "3.12.0"),
        ),
        ("a-1", "Bundle-SymbolicName: org.other.thing;singleton:=true", ("", "a", "1")),
        ("a-1", "Implementation-Vendor-Id: Acme, Inc.", ("", "a", "1")),
        (
            "maven-core",
            "Implementation-Title: Maven Core\nImplementation-Version: 3.8.7",
            ("", "maven-core", "3.8.7"),
        ),
        ("xx-tool", "Implementation-Title: tool\nSpecification-Version: 2", ("", "tool", "2")),
        ("jdt", "Bundle-Version: 3.32.0.v20221108-1853", ("", "jdt", "3.32.0")),
        ("jetty", "Implementation-Version: 9.4.57.v20241219", ("", "jetty", "9.4.57.v20241219")),
        ("a", "Implementation-Version: 1.8.0 (build 7)", ("", "a", "1.8.0")),
        ("a", "Implementation-Version: ${version}", ("", "a", "")),
    ],
)
def test_manifests_tell_what_file_names_do_not(
    stem: str, fields: str, expected: tuple[str, str, str]
) -> None:
    told = java_names.from_manifest(java_names.read_manifest(f"{fields}\n\n".encode()), stem)
    assert (told.group, told.artifact, told.version) == expected


def nested(depth: int) -> bytes:
    content = jar(pom("org.acme", "core", "1"))
    for level in range(depth):
        content = jar({f"l{level}.jar": content}, zipfile.ZIP_STORED)
    return content


def test_archives_nested_too_deep_are_said() -> None:
    deep = facts("a.jar", nested(java.MAX_DEPTH))
    assert not [one for one in deep if isinstance(one, Trouble)]
    deeper = facts("a.jar", nested(java.MAX_DEPTH + 1))
    assert ["deeper" in one.reason for one in deeper if isinstance(one, Trouble)] == [True]


def test_too_many_archives_are_said_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(java, "Budget", lambda: zips.Budget(archives=3))
    inner = jar({"a": b""})
    told = facts("a.war", jar({f"{index}.jar": inner for index in range(10)}))
    assert [one.reason for one in told if isinstance(one, Trouble)] == [
        "the archive holds more than 10,000 archives"
    ]
    assert len(told) == 5


def test_a_bomb_is_said_once_and_ends_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(java, "Budget", lambda: zips.Budget(inflated=1_000_000))
    told = facts("a.war", jar({f"{index}.jar": bytes(600_000) for index in range(10)}))
    troubles = [one.reason for one in told if isinstance(one, Trouble)]
    assert len(troubles) == 2
    assert "no zip archive" in troubles[0]
    assert "comes to more" in troubles[1]


def test_an_inner_archive_of_absurd_size_is_not_inflated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(java, "MAX_NESTED", 1000)
    told = facts("a.war", jar({"lib.jar": bytes(1001)}))
    assert ["has more than" in one.reason for one in told if isinstance(one, Trouble)] == [True]


def test_what_cannot_be_read_is_said_with_its_place() -> None:
    whole = jar(pom("org.acme", "tool", "1") | {"lib/x.jar": b"no zip"})
    told = facts("tool-1.war", whole)
    assert [one.reason for one in told if isinstance(one, Trouble)] == [
        "lib/x.jar in the archive is no zip archive, or is cut off"
    ]
    assert [type(one) for one in facts("a.jar", b"")] == [Trouble]
    assert [type(one) for one in facts("a.jar", whole[:-40])] == [Trouble]
    broken = whole.replace(b"PK\1\2", b"PK\1\0")
    assert [type(one) for one in facts("a.jar", broken)] == [Trouble, Package]


def test_a_damaged_manifest_is_said_and_the_file_name_stands() -> None:
    whole = jar(manifest("A: " + "bcdefghij" * 50))
    at = whole.index(b"MANIFEST.MF") + len("MANIFEST.MF")
    told = facts("tool-1.jar", whole[:at] + b"\xff" * 10 + whole[at + 10 :])
    assert [type(one) for one in told] == [Trouble, Package]
