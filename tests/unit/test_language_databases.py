"""Gems, Composer's, NuGet's and conda's packages, from what their managers keep of them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from programs import layer_file

from seawall.packages import composer, conda, gem, nuget
from seawall.surfaces.image.analyser import Analyser
from seawall.surfaces.image.facts import Ecosystem, Fact, Package, Trouble

GEM = "usr/lib/ruby/gems/3.1.0/specifications/rack-2.2.22.gemspec"
COMPOSER = "app/vendor/composer/installed.json"
NUGET = "app/Web.deps.json"
CONDA = "opt/conda/conda-meta/numpy-1.26.0-py311_0.json"


def facts(analyser: Analyser, path: str, content: str | dict[str, Any] | list[Any]) -> list[Fact]:
    text = content if isinstance(content, str) else json.dumps(content)
    return list(analyser.analyse(layer_file(path, text.encode("utf-8", "surrogateescape"))))


SPECIFICATION = """# -*- encoding: utf-8 -*-
# stub: rack 2.2.22 x86_64-linux lib
# stub: ext/rack/extconf.rb

Gem::Specification.new do |s|
  s.name = "rack".freeze
  s.version = "2.2.22".freeze
  s.required_rubygems_version = Gem::Requirement.new(">= 0".freeze)
  s.authors = ["Leah Neukirchen".freeze, "Zoë".freeze]
  s.licenses = ["MIT".freeze, "Apache 2.0".freeze]
  s.add_runtime_dependency(%q<webrick>.freeze, ["~> 1.0"])
  s.add_development_dependency(%q<minitest>.freeze, ["~> 5.0"])
  if s.respond_to? :specification_version then
    s.add_dependency(%q<minitest>.freeze, ["~> 5.0"])
    s.add_dependency "puma", ">= 1"
  end
end
"""


def test_all_that_a_gem_specification_says_is_told() -> None:
    assert facts(gem.ANALYSER, GEM, SPECIFICATION) == [
        Package(
            Ecosystem.GEM,
            "rack",
            "2.2.22",
            GEM,
            architecture="x86_64-linux",
            licenses=("MIT", "Apache-2.0"),
            supplier="Leah Neukirchen, Zoë",
            requires=("webrick", "puma"),
            cataloguer="gemspec",
        )
    ]


@pytest.mark.parametrize(
    "text",
    [
        "# stub: a 1.0 ruby lib\n",
        's.name = "a"\ns.version = "1.0"\n',
        "spec.name=%q{a}\nspec.version = '1.0'.freeze\n",
        's.name = "a"\ns.version = Gem::Version.new("1.0")\ns.platform = "ruby"',
    ],
)
def test_gems_specified_in_other_ways_are_found(text: str) -> None:
    (found,) = facts(gem.ANALYSER, GEM, text)
    assert isinstance(found, Package)
    assert (found.name, found.version, found.architecture) == ("a", "1.0", "")


def test_default_gems_are_found() -> None:
    path = "usr/lib/ruby/gems/3.1.0/specifications/default/json-2.6.1.gemspec"
    assert facts(gem.ANALYSER, path, "# stub: json 2.6.1 ruby lib\n")


@pytest.mark.parametrize("text", ["", "s.name = NAME\ns.version = VERSION", 's.name = "a"'])
def test_a_specification_that_cant_be_understood_is_told(text: str) -> None:
    found = facts(gem.ANALYSER, GEM, text)
    if "NAME" in text:  # a word is taken as it stands
        assert isinstance(found[0], Package)
    else:
        assert isinstance(found[0], Trouble)


def test_a_gems_own_source_says_nothing() -> None:
    path = "usr/lib/ruby/gems/3.1.0/gems/rack-2.2.22/rack.gemspec"
    assert facts(gem.ANALYSER, path, SPECIFICATION) == []


ENTRY = {
    "name": "symfony/Console",
    "version": "v6.3.4",
    "version_normalized": "6.3.4.0",
    "license": ["MIT"],
    "authors": [{"name": "Fabien"}, {"email": "x"}, "odd", {"name": 3}],
    "require": {"php": ">=8.1", "ext-json": "*", "symfony/string": "^5"},
}


@pytest.mark.parametrize("document", [[ENTRY], {"packages": [ENTRY], "dev": False}])
def test_both_versions_of_composers_file_are_read(document: Any) -> None:
    assert facts(composer.ANALYSER, COMPOSER, document) == [
        Package(
            Ecosystem.COMPOSER,
            "Console",
            "v6.3.4",
            COMPOSER,
            namespace="symfony",
            licenses=("MIT",),
            supplier="Fabien",
            requires=("symfony/string",),
            cataloguer="composer",
        )
    ]


@pytest.mark.parametrize(
    "document",
    ["", "{", "3", {"packages": 3}, [3], [{}], [{"name": "a/b"}], [{"name": 3, "version": "1"}]],
)
def test_a_composer_file_that_cant_be_understood_is_told(document: Any) -> None:
    (found,) = facts(composer.ANALYSER, COMPOSER, document)
    assert isinstance(found, Trouble)


def test_odd_parts_of_an_entry_are_passed_over() -> None:
    entry = {"name": "a/b", "version": "1", "license": "GPL-2.0+", "authors": 1, "require": []}
    (found,) = facts(composer.ANALYSER, COMPOSER, [entry])
    assert isinstance(found, Package)
    assert (found.licenses, found.supplier, found.requires) == (("GPL-2.0-or-later",), "", ())


DEPENDENCIES = {
    "runtimeTarget": {"name": ".NETCoreApp,Version=v8.0"},
    "targets": {
        ".NETCoreApp,Version=v8.0": {
            "Web/1.0.0": {"dependencies": {"Newtonsoft.Json": "13.0.1"}},
            "Serilog/3.0.1": {"dependencies": {"Newtonsoft.Json": "13.0.1", "B": "1"}},
            "Newtonsoft.Json/13.0.1": {"runtime": {}},
        },
        "odd": 3,
    },
    "libraries": {
        "Web/1.0.0": {"type": "project"},
        "Serilog/3.0.1": {"type": "package"},
        "Newtonsoft.Json/13.0.1": {"type": "package"},
        "runtimepack.Microsoft.NETCore.App.Runtime.linux-x64/8.0.1": {"type": "runtimepack"},
        "System.Ref/4.0": {"type": "referenceassembly"},
        "NoVersion": {"type": "package"},
        "Odd/1": 3,
    },
}


def test_packages_of_a_dotnet_application_are_found_and_projects_are_not() -> None:
    found = [f for f in facts(nuget.ANALYSER, NUGET, DEPENDENCIES) if isinstance(f, Package)]
    assert [(p.name, p.version, p.requires) for p in found] == [
        ("Serilog", "3.0.1", ("Newtonsoft.Json", "B")),
        ("Newtonsoft.Json", "13.0.1", ()),
        ("Microsoft.NETCore.App.Runtime.linux-x64", "8.0.1", ()),
    ]


@pytest.mark.parametrize("document", ["", "[]", {"libraries": 3}, {}, "[" * 5000])
def test_a_dotnet_file_that_cant_be_understood_is_told(document: Any) -> None:
    (found,) = facts(nuget.ANALYSER, NUGET, document)
    assert isinstance(found, Trouble)


def test_all_that_a_conda_package_says_is_told() -> None:
    document = {
        "name": "numpy",
        "version": "1.26.0",
        "build": "py311_0",
        "subdir": "linux-64",
        "channel": "https://conda.anaconda.org/conda-forge/linux-64",
        "license": "BSD-3-Clause",
        "depends": ["python >=3.11,<3.12.0a0", "libblas[build=1]", "__glibc >=2.17", "python"],
        "files": ["lib/a"],
    }
    assert facts(conda.ANALYSER, CONDA, document) == [
        Package(
            Ecosystem.CONDA,
            "numpy",
            "1.26.0",
            CONDA,
            architecture="linux-64",
            licenses=("BSD-3-Clause",),
            requires=("python", "libblas"),
            cataloguer="conda-meta",
            origin="conda-forge",
        )
    ]


@pytest.mark.parametrize(
    ("channel", "origin"),
    [
        ("conda-forge", "conda-forge"),
        ("https://repo.anaconda.com/pkgs/main/linux-64", "main"),
        ("https://host/channel", "channel"),
        ("", ""),
        (3, ""),
    ],
)
def test_the_channel_is_named(channel: Any, origin: str) -> None:
    document = {"name": "a", "version": "1", "channel": channel}
    (found,) = facts(conda.ANALYSER, CONDA, document)
    assert isinstance(found, Package)
    assert found.origin == origin


@pytest.mark.parametrize("document", ["", "[]", {"name": "a"}, {"version": "1"}, "\udcff"])
def test_a_conda_package_that_cant_be_understood_is_told(document: Any) -> None:
    (found,) = facts(conda.ANALYSER, CONDA, document)
    assert isinstance(found, Trouble)


@pytest.mark.parametrize("analyser", [composer.ANALYSER, conda.ANALYSER, nuget.ANALYSER])
def test_other_json_says_nothing(analyser: Analyser) -> None:
    for path in ("srv/installed.json", "package.json", "conda-meta/sub/a.json", "deps.json"):
        assert facts(analyser, path, {"name": "a", "version": "1"}) == []
