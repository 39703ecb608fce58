"""The environment of a service: its `env_file`s, and over them its `environment`."""

from __future__ import annotations

from seawall.core.errors import InputError
from seawall.core.source import Source
from seawall.surfaces.compose.cells import boolean_cell
from seawall.surfaces.compose.environment import parse_environment
from seawall.surfaces.compose.interpolation import Interpolation
from seawall.surfaces.compose.keys import unique_items
from seawall.surfaces.compose.loading import Loading
from seawall.surfaces.compose.resolver import text_of
from seawall.surfaces.compose.sections import read_variables, text_at, within
from seawall.surfaces.compose.yaml_tree import Mapping, Node, Scalar, Sequence
from seawall.surfaces.workload import Variable


def read_environment(
    service: Mapping, name: str, loading: Loading, interpolation: Interpolation
) -> tuple[Variable, ...]:
    """Every variable that the service starts with, and where each was set."""
    own = read_variables(service.get("environment"), interpolation.variables)
    files = service.get("env_file")
    if files is None:
        return own
    outer = dict(interpolation.variables)
    outer |= {one.name: one.value.value for one in own if one.value.value is not None}
    found = _read_files(files, name, outer, loading)
    found |= {variable.name: variable for variable in own}
    return tuple(found.values())


def _read_files(
    node: Node, name: str, outer: dict[str, str], loading: Loading
) -> dict[str, Variable]:
    """The variables of files; the values of later ones may refer to earlier ones."""
    found: dict[str, Variable] = {}
    known: dict[str, str] = {}
    items = unique_items("env_file", node.items) if type(node) is Sequence else [node]
    for item in items:
        source = _source(item, name, loading)
        if source is None:
            continue
        is_raw = text_at(item, "format") == "raw"
        parsed = parse_environment(source, outer, is_raw, known)
        for message, at in parsed.faults:
            loading.journal.refuse_at(message, source, at)
        for setting in parsed.settings:
            variable = Variable(setting.name, setting.value, setting.key, "env_file")
            found[setting.name] = variable
        known |= parsed.variables()
    return found


def _source(item: Node, name: str, loading: Loading) -> Source | None:
    path = item if type(item) is Scalar else within(item, "path")
    if type(path) is not Scalar:
        loading.journal.refuse("an env_file names no path", item)
        return None
    located = loading.inside(text_of(path), path.document.directory, path, name)
    if located is None:
        return None
    try:
        return loading.source(located)
    except InputError as error:
        required = boolean_cell(within(item, "required"))
        if required is None or required.value is not False:
            loading.journal.refuse(f"env_file: {error.message}", path)
            loading.miss(f"env_file: {error.message}", path, name)
        return None
