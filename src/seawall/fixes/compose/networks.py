"""Networks: a private one for data stores and who uses them, and what the old ways did."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from msgspec import Struct

from seawall.core.model import Edit, Fix, Hit, Safety
from seawall.fixes.compose.block import Block, Inline, joined, project_block, service_block
from seawall.fixes.compose.subject import fix, in_file, is_certain, source_of, spot_of, workload_of
from seawall.fixes.model import Context, Example, Fixer, Service
from seawall.graph.build import graph_of
from seawall.graph.model import Means, Node
from seawall.graph.segments import Segment, segments_of
from seawall.surfaces.compose.model import Project
from seawall.surfaces.workload import Workload

_NAMES = ("data", "private", "data-private")
_UNSURE = re.compile(
    r"HOST|SERVER|ADDR|UR[LI]|DSN|DB|DATABASE|REDIS|SQL|MONGO|BROKER|CACHE", re.IGNORECASE
)
_SHELLS = frozenset({"sh", "bash", "ash", "dash"})
_FETCHES = re.compile(r"https?://[\w-]+\.[\w.-]*[a-z]{2,}(?:[:/]|\Z)")
_NETWORK = re.compile(r"network ([^/]+)/")


class _Group(Struct, frozen=True):
    """Stores with the same users, which get one network: `members` are all who join it."""

    name: str
    stores: tuple[Workload, ...]
    members: tuple[Workload, ...]


def _split(subject: Service, hit: Hit, _: Context) -> Fix | None:
    """An internal network for the stores of a segment and for who uses them, by the graph."""
    segment = _segment(subject.project, hit)
    if segment is None or not is_certain(hit):
        return None
    stores = segment.stores
    groups = _groups(segment, stores)
    if not groups and hit.symbol.endswith("/stores"):
        stores = _needless(segment)
        groups = _groups(segment, stores)
    edits = _split_edits(subject, hit, segment, groups) if groups else ()
    names = ", ".join(store.name for store in stores)
    title = f"Give {names} an internal network with only its users"
    if not edits:
        return Fix(Safety.GUIDED, title, proposal=hit.remedy, fixer="split-networks")
    return fix(Safety.UNSAFE, title, edits, fixer="split-networks")


def _segment(project: Project, hit: Hit) -> Segment | None:
    match = _NETWORK.match(hit.symbol)
    if match is None:
        return None
    return next((each for each in segments_of(project) if each.network.name == match[1]), None)


def _needless(segment: Segment) -> tuple[Node, ...]:
    found = segment.needless(certain=True) or segment.needless(certain=False)
    stores = {store.id: store for each in found.values() for store in each}
    return tuple(stores.values())


def _groups(segment: Segment, stores: tuple[Node, ...]) -> tuple[_Group, ...]:
    """The stores by who uses them; nothing where that can't be told, or where a port is in use."""
    project = segment.project
    peers = {store.name: _peers(project, store) for store in stores}
    if not all(peers.values()) or segment.has_ports(stores):
        return ()
    known = {name for found in peers.values() for name in found} | peers.keys()
    if any(_needs_a_way_out(project, store.name) for store in stores):
        return ()
    if any(_is_routed_by_labels(project, name) for name in known):
        return ()
    others = [node.name for node in segment.others if node.name not in known]
    if any(_may_use(project, other, stores) for other in others):
        return ()
    found: dict[frozenset[str], list[str]] = {}
    for name, users in peers.items():
        found.setdefault(users, []).append(name)
    return tuple(_named(project, found))


def _named(project: Project, found: dict[frozenset[str], list[str]]) -> Iterator[_Group]:
    taken = set(project.networks)
    for users, names in found.items():
        wanted = _NAMES if len(found) == 1 else (f"{names[0]}-data", f"{names[0]}-private")
        name = next((each for each in wanted if each not in taken), "")
        stores = tuple(s for s in project.services if s.name in names)
        members = tuple(s for s in project.services if s.name in users and s.name not in names)
        if name:
            yield _Group(name, stores, members)


def _peers(project: Project, store: Node) -> frozenset[str]:
    """Who uses a store, and whom it uses itself; nothing where nobody says that he uses it."""
    graph = graph_of(project)
    callers = graph.callers.get(store.id, ())
    called = (
        graph.nodes[edge.target].name
        for edge in graph.edges_of(Means.CALLS)
        if edge.source == store.id
    )
    return frozenset((*callers, *called)) if callers else frozenset()


def _needs_a_way_out(project: Project, name: str) -> bool:
    """Whether a store runs something of its user's, or fetches something when it starts."""
    service = project.service(name)
    if service is None or service.entrypoint is not None or service.build is not None:
        return True
    words = [cell.value or cell.written for cell in service.command or ()]
    if words[:1] and posixpath.basename(words[0]) in _SHELLS:
        return True
    values = (*words, *(variable.value.value or "" for variable in service.environment))
    return any(_FETCHES.search(value) for value in values)


def _is_routed_by_labels(project: Project, name: str) -> bool:
    """Whether Traefik takes any of its networks to reach it: a second one may be the wrong one."""
    service = project.service(name)
    names = {label.name.lower() for label in service.labels} if service is not None else set()
    is_routed = any(each.startswith("traefik.") for each in names)
    return is_routed and not names & {"traefik.docker.network", "traefik.swarm.network"}


def _may_use(project: Project, name: str, stores: tuple[Node, ...]) -> bool:
    """Whether a service that is no known user may be one: what it is given can't all be read."""
    service = project.service(name)
    if service is None or service.gaps:
        return True
    if any(v.value.value is None and _UNSURE.search(v.name) for v in service.environment):
        return True
    block = service_block(service, shared=True)
    text = block.source.text[block.node.start : block.node.end] if block is not None else ""
    words = {word for store in stores for word in _called(project, store.name)}
    return block is None or any(re.search(rf"\b{re.escape(word)}\b", text) for word in words)


def _called(project: Project, name: str) -> Iterator[str]:
    """What a service can be called by."""
    yield name
    service = project.service(name)
    block = service_block(service, shared=True) if service is not None else None
    for key in ("container_name", "hostname"):
        spot = block.at(key) if block is not None else None
        if spot is not None and spot.text:
            yield spot.text


def _split_edits(
    subject: Service, hit: Hit, segment: Segment, groups: tuple[_Group, ...]
) -> tuple[Edit, ...]:
    """All edits, or none where one of them can't be made."""
    joins: dict[str, list[str]] = {}
    moved: set[str] = set()
    for group in groups:
        for each in (*group.stores, *group.members):
            joins.setdefault(each.name, []).append(group.name)
        moved |= {store.name for store in group.stores}
    edits: tuple[Edit, ...] = ()
    for name, networks in joins.items():
        service = subject.project.service(name)
        left = segment.network.name if name in moved else ""
        block = service_block(service) if service is not None else None
        made = _joining(block, service, networks, left) if block is not None and service else ()
        if block is None or not made:
            return ()
        edits += in_file(hit, subject.project, block.source, made)
    defined = _defined(subject, hit, groups)
    return edits + defined if defined else ()


def _joining(block: Block, service: Workload, networks: list[str], left: str) -> tuple[Edit, ...]:
    """A service's own networks with these, and without the one that it leaves."""
    if service.namespaces.network is not None or not service.networks:
        return ()
    spot = block.at("networks")
    if spot is None:
        kept = [] if left else ["default"]
        return block.add({"networks": [*kept, *networks]}) if left in {"", "default"} else ()
    inner = spot.block()
    if inner is not None:
        return _in_mapping(inner, networks, left)
    if not left:
        return spot.append(*networks)
    own = [item for item in spot.items if item.text == left]
    if len(own) != 1:
        return ()
    return own[0].set(networks[0]) + (spot.append(*networks[1:]) if networks[1:] else ())


def _in_mapping(block: Block, networks: list[str], left: str) -> tuple[Edit, ...]:
    """The same where networks have settings: a fixed address on the one that is left can't move."""
    if not left:
        return block.add({name: Inline({}) for name in networks})
    inner = block.block(left)
    if inner is not None and any(key.endswith("_address") for key in inner.keys):
        return ()
    others = block.add({name: Inline({}) for name in networks[1:]}) if networks[1:] else ()
    return block.rename(left, networks[0]) + others


def _defined(subject: Service, hit: Hit, groups: tuple[_Group, ...]) -> tuple[Edit, ...]:
    """The networks at the top level of the file where the first store's key stands."""
    source = groups[0].stores[0].place.source
    block = project_block(source)
    if block is None:
        return ()
    wanted = {"networks": {group.name: {"internal": True} for group in groups}}
    return in_file(hit, subject.project, source, block.put(wanted))


def _internal(subject: Service, hit: Hit, _: Context) -> Fix | None:
    """`internal: true`, where that takes nobody's only way out."""
    segment, block = _segment(subject.project, hit), _top(subject, hit)
    if segment is None or block is None:
        return None
    name = segment.network.name
    title = f"Give the network {name} no way out"
    if segment.stranded():
        return Fix(Safety.GUIDED, title, proposal=hit.remedy, fixer="close-networks")
    return _network_fix(subject, hit, block, name, {"internal": True}, title, "close-networks")


def _top(subject: Service, hit: Hit) -> Block | None:
    return project_block(source_of(hit, subject.project.sources[0]))


def _network_fix(
    subject: Service,
    hit: Hit,
    block: Block,
    name: str,
    values: dict[str, bool | dict[str, str]],
    title: str,
    fixer: str,
) -> Fix | None:
    networks = block.block("networks")
    if networks is None or networks.at(name) is None:
        return None
    edits = networks.put({name: values})
    return fix(
        Safety.UNSAFE, title, in_file(hit, subject.project, block.source, edits), fixer=fixer
    )


def _encrypted(subject: Service, hit: Hit, _: Context) -> Fix | None:
    match, block = _NETWORK.match(hit.symbol), _top(subject, hit)
    if match is None or block is None:
        return None
    title = f"Encrypt what the network {match[1]} carries between hosts"
    values: dict[str, bool | dict[str, str]] = {"driver_opts": {"encrypted": "true"}}
    return _network_fix(subject, hit, block, match[1], values, title, "encrypt-overlays")


def _own_network(subject: Service, hit: Hit, _: Context) -> Fix | None:
    """Without `network_mode: bridge` Compose makes a network for the project."""
    spot = spot_of(hit, subject.project)
    if spot is None or spot.path[-1:] != ("network_mode",):
        return None
    edits = in_file(hit, subject.project, spot.source, spot.remove())
    title = "Let Compose make a network for this project alone"
    return fix(Safety.GUIDED, title, edits, proposal=hit.remedy, fixer="own-network")


def _without_links(subject: Service, hit: Hit, _: Context) -> Fix | None:
    """`depends_on` keeps the order that links brought; a name that only a link gives is lost."""
    workload = workload_of(subject, hit)
    block = service_block(workload) if workload is not None else None
    if workload is None or block is None:
        return None
    title = "Let services find each other by name"
    spot = block.at("links")
    names = [item.text or "" for item in spot.items] if spot is not None else []
    is_plain = names and all(":" not in name or _is_own(name) for name in names)
    if not is_plain or workload.namespaces.network is not None:
        return Fix(Safety.GUIDED, title, proposal=hit.remedy, fixer="drop-links")
    wanted = [name.partition(":")[0] for name in names]
    edits = _reordered(block, wanted, workload)
    edits = in_file(hit, subject.project, block.source, edits)
    return fix(Safety.GUIDED, title, edits, proposal=hit.remedy, fixer="drop-links")


def _is_own(link: str) -> bool:
    name, _, alias = link.partition(":")
    return name == alias


def _reordered(block: Block, wanted: list[str], workload: Workload) -> tuple[Edit, ...]:
    missing = [name for name in wanted if name not in workload.depends_on]
    spot = block.at("links")
    if not missing:
        return block.remove("links")
    if not block.has("depends_on"):
        plain = spot is not None and all(item.text in wanted for item in spot.items)
        return block.rename("links", "depends_on") if plain else ()
    mapping = block.block("depends_on")
    if mapping is not None:
        added = mapping.add({name: {"condition": "service_started"} for name in missing})
    else:
        added = block.add_item("depends_on", *missing)
    removed = block.remove("links")
    return joined(added + removed) if added and removed else ()


_APP = "  web:\n    image: acme/web:1.2.3\n    ports: ['80:80']\n"
_API = (
    "  api:\n    image: acme/api:1.2.3\n"
    "    environment:\n      DATABASE_URL: postgres://app@db:5432/app\n"
)
_DB = "  db:\n    image: postgres:17.5\n"

SPLIT_NETWORKS = Fixer(
    id="split-networks",
    title="Data stores get an internal network with only their users",
    rules=("flat-network", "no-data-network"),
    safety=Safety.UNSAFE,
    writes="""\
A network `data` with `internal: true` at the top level; the data stores leave the network that they
share with services that other machines reach, and join it, with every service that says that it
uses them (by `depends_on`, a link, a variable or its command). Those keep the networks that they
have. Stores with different users get a network each. Aliases on the network that is left go along.
It is only proposed where nothing says who uses a store, where another service may (it names the
store, or takes an address from outside that can't be read), where a store publishes a port, brings
its own entry point or shell, or fetches something, and where Traefik routes to a user of it by
labels that do not say by which network.
""",
    breaks="""\
A store on an internal network has no way out: it fetches no extensions and sends no reports.
Programs that use the store without saying so in the project (a cron job on its network, a
container of another project) no longer find it.
""",
    on={Service: _split},
    examples=(
        Example(
            f"services:\n{_APP}{_API}{_DB}",
            f"services:\n{_APP}{_API}    networks: [default, data]\n{_DB}"
            "    networks: [data]\nnetworks:\n  data:\n    internal: true\n",
        ),
        Example(
            "services:\n  web:\n    image: acme/web:1.2.3\n    depends_on:\n      - db\n"
            "    ports:\n      - 80:80\n    networks:\n      - all\n"
            f"  api:\n    image: acme/api:1.2.3\n    networks:\n      all:\n{_DB}"
            "    networks:\n      all:\n        aliases:\n          - sql\n"
            "networks:\n  all:\n",
            "services:\n  web:\n    image: acme/web:1.2.3\n    depends_on:\n      - db\n"
            "    ports:\n      - 80:80\n    networks:\n      - all\n      - data\n"
            f"  api:\n    image: acme/api:1.2.3\n    networks:\n      all:\n{_DB}"
            "    networks:\n      data:\n        aliases:\n          - sql\n"
            "networks:\n  all:\n  data:\n    internal: true\n",
        ),
    ),
    keeps=(f"services:\n{_APP}  api:\n    image: acme/api:1.2.3\n{_DB}",),
)

CLOSE_NETWORKS = Fixer(
    id="close-networks",
    title="A private network has no way out",
    rules=("open-data-network",),
    safety=Safety.UNSAFE,
    writes="""\
`internal: true` in the network's definition. It is only proposed where the network is the only way
out of a service that is no data store.
""",
    breaks="A data store on it fetches no extensions and sends no reports to the internet.",
    on={Service: _internal},
    examples=(
        Example(
            f"services:\n{_API}    networks: [default, private]\n{_DB}    networks: [private]\n"
            "networks:\n  private:\n",
            f"services:\n{_API}    networks: [default, private]\n{_DB}    networks: [private]\n"
            "networks:\n  private:\n    internal: true\n",
        ),
    ),
    keeps=(
        f"services:\n{_API}    networks: [private]\n{_DB}    networks: [private]\n"
        "networks: {private: {}}\n",
    ),
)

ENCRYPT_OVERLAYS = Fixer(
    id="encrypt-overlays",
    title="An overlay network is encrypted",
    rules=("plain-overlay",),
    safety=Safety.UNSAFE,
    writes='`driver_opts: {encrypted: "true"}` in the network\'s definition.',
    breaks="""\
The hosts must let IP protocol 50 (ESP) through to each other, Windows nodes can't join, and a
network that exists already must be removed first. Encryption costs throughput.
""",
    on={Service: _encrypted},
    examples=(
        Example(
            "services:\n  web:\n    image: nginx:1.27.5\nnetworks:\n  default:\n"
            "    driver: overlay\n",
            "services:\n  web:\n    image: nginx:1.27.5\nnetworks:\n  default:\n"
            '    driver: overlay\n    driver_opts:\n      encrypted: "true"\n',
        ),
    ),
)

OWN_NETWORK = Fixer(
    id="own-network",
    title="A service is on its project's network, not on the default bridge",
    rules=("default-bridge",),
    safety=Safety.GUIDED,
    writes="`network_mode: bridge` is taken out: Compose then makes a network for the project.",
    breaks="Containers of other projects on the default bridge no longer reach it by its address.",
    on={Service: _own_network},
    examples=(
        Example(
            "services:\n  web:\n    image: nginx:1.27.5\n    network_mode: bridge\n",
            "services:\n  web:\n    image: nginx:1.27.5\n",
        ),
    ),
)

DROP_LINKS = Fixer(
    id="drop-links",
    title="Services find each other by name instead of links",
    rules=("legacy-link",),
    safety=Safety.GUIDED,
    writes="""\
`links` becomes `depends_on`, which keeps the order of the start. Nothing is written where a link
gives another name (`db:database`), which only the link knows.
""",
    breaks="Programs that read the variables that a link sets (`DB_PORT_5432_TCP_ADDR`).",
    on={Service: _without_links},
    examples=(
        Example(
            f"services:\n  web:\n    image: nginx:1.28.0\n    links: [db]\n{_DB}",
            f"services:\n  web:\n    image: nginx:1.28.0\n    depends_on: [db]\n{_DB}",
        ),
        Example(
            "services:\n  web:\n    image: nginx:1.28.0\n    links:\n      - db\n      - mq\n"
            f"    depends_on:\n      - mq\n{_DB}  mq:\n    image: rabbitmq:4.1\n",
            "services:\n  web:\n    image: nginx:1.28.0\n"
            f"    depends_on:\n      - mq\n      - db\n{_DB}  mq:\n    image: rabbitmq:4.1\n",
        ),
    ),
    keeps=(f"services:\n  web:\n    image: nginx:1.28.0\n    links: ['db:database']\n{_DB}",),
)

FIXERS = (SPLIT_NETWORKS, CLOSE_NETWORKS, ENCRYPT_OVERLAYS, OWN_NETWORK, DROP_LINKS)
