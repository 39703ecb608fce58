"""Data stores and who is on their networks with them: judged on the project's graph."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from seawall.core.model import Confidence, Evidence, Hit, Profile, Verdict
from seawall.core.rule import Gains, Needs, Risk, Rule, Settings
from seawall.core.standards import cis, cwe, nist, owasp
from seawall.rules.network.segmenting import listed, split
from seawall.rules.practices import SEGMENTED_NETWORKS
from seawall.surfaces.compose.model import Network, Project

if TYPE_CHECKING:
    from seawall.graph.model import Node
    from seawall.graph.segments import Segment

    _Needless = dict[str, tuple[Node, ...]]


def _segments(project: Project) -> Iterable[Segment]:
    from seawall.graph.segments import segments_of  # noqa: PLC0415 -- only projects have graphs

    return segments_of(project)


def _flat(project: Project, _: Settings) -> Iterator[Hit]:
    """Services that other machines reach, on the network of a store that they do not use."""
    for segment in _segments(project):
        needless = segment.needless(certain=True)
        hit = needless or segment.needless(certain=False)
        if hit:
            yield _flat_hit(segment, hit, is_certain=bool(needless))
        elif segment.entries:
            continue
        else:
            yield from _passed(segment)


def _flat_hit(segment: Segment, needless: _Needless, *, is_certain: bool) -> Hit:
    stores = {store.name: store for found in needless.values() for store in found}
    network = segment.network
    told = (
        f"{listed(needless)}, which other machines reach, {_is(needless)} on the network "
        f"`{network.name}` with {listed(stores)} and {'do' if len(needless) > 1 else 'does'} not "
        f"use {'them' if len(stores) > 1 else 'it'}"
    )
    return Hit(
        segment.place(next(iter(stores.values()))),
        told,
        f"network {network.name}/stores",
        label="one step from outside",
        remedy=split(segment, tuple(stores.values())),
        weaker="" if is_certain else "nothing here says which service uses it",
        evidence=tuple(_evidence(segment, needless)),
    )


def _evidence(segment: Segment, needless: _Needless) -> Iterator[Evidence]:
    """How each entry is reached, and who uses the stores instead."""
    for name in needless:
        edge = segment.ways_in[name]
        yield Evidence(edge.what, edge.place.line if edge.place is not None else None)
    for store in {node.id: node for found in needless.values() for node in found}.values():
        if callers := segment.callers(store):
            yield Evidence(f"`{store.name}` is used by {listed(callers)}")


def _passed(segment: Segment) -> Iterator[Hit]:
    """What is said of stores that no entry shares the network with."""
    for store in segment.stores:
        through = segment.nearest(store)
        told = f"only through {listed(through)}" if through else "by nobody"
        yield Hit(
            segment.place(store),
            f"`{store.name}` is reached from outside {told}",
            f"network {segment.network.name}/stores",
            verdict=Verdict.PASS,
        )


def _open_network(project: Project, _: Settings) -> Iterator[Hit]:
    """Networks that are private by their members, and yet have a way out."""
    for segment in _segments(project):
        network = segment.defined
        if network is None or segment.publishing or not _can_be_internal(network):
            continue
        stranded = segment.stranded()
        yield Hit(
            network.place,
            f"the network `{network.key}` of {listed(_by_name(segment.stores))} has a way out to "
            "the internet",
            f"network {network.key}/internal",
            label="not internal",
            remedy=f"Add to the network `{network.key}`: `internal: true`.{_keeping(stranded)}",
            confidence=Confidence.MEDIUM if stranded else None,
        )


def _keeping(stranded: dict[str, Node]) -> str:
    """What else to write for the services that the network was the only way out of."""
    if not stranded:
        return ""
    have = "have" if len(stranded) > 1 else "has"
    return (
        f" {listed(stranded)} then {have} no way out: give what must reach the internet a second "
        "network."
    )


def _no_private_network(project: Project, _: Settings) -> Iterator[Hit]:
    """Stores whose only networks are those of services that publish ports."""
    for segment in _segments(project):
        needless = segment.needless(certain=True) or segment.needless(certain=False)
        if segment.publishing and not needless and not segment.network.is_internal:
            yield Hit(
                segment.place(segment.stores[0]),
                f"{listed(_by_name(segment.stores))} {_is(segment.stores)} on no network of "
                f"{'their' if len(segment.stores) > 1 else 'its'} own: `{segment.network.name}` "
                "has a way out to the internet",
                f"network {segment.network.name}/private",
                label="not internal",
                remedy=split(segment, segment.stores),
            )


def _by_name(nodes: tuple[Node, ...]) -> dict[str, Node]:
    return {node.name: node for node in nodes}


def _is(things: object) -> str:
    return "are" if isinstance(things, (dict, tuple)) and len(things) > 1 else "is"


def _can_be_internal(network: Network) -> bool:
    driver = network.driver.value if network.driver is not None else "bridge"
    return not network.is_internal and driver in {"bridge", "overlay"}


def _project(*services: str, tail: str = "") -> str:
    return "services:\n" + "".join(services) + tail


def _app(name: str, *lines: str) -> str:
    body = "".join(f"    {line}\n" for line in ("image: acme/app:1.4.2", *lines))
    return f"  {name}:\n{body}"


def _store(*lines: str) -> str:
    return _app("db", *lines).replace("acme/app:1.4.2", "postgres:16.4")


_PORTS = 'ports: ["8080:8080"]'
_USES = "environment: {DATABASE_URL: 'postgres://app@db:5432/app'}"
_PRIVATE = "networks: {public: {}, private: {internal: true}}\n"
_SPLIT = (
    _app("web", _PORTS, "networks: [public]")
    + _app("api", _USES, "networks: [public, private]")
    + _store("networks: [private]")
)
_CITATIONS = (cis("5.30"), owasp("D03"), nist("4.3.3"), cwe(653))

RULES = (
    Rule(
        id="flat-network",
        title="A data store on the network of a service that is open to the outside",
        practice=SEGMENTED_NETWORKS,
        risk=Risk(Needs.FOOTHOLD, Gains.PRIVILEGE),
        on={Project: _flat},
        bad=(
            _project(_app("web", _PORTS), _app("api", _USES), _store()),
            _project(_app("web", _PORTS), _app("api"), _store()),
            _project(
                _app("web", _PORTS, "networks: [all]"),
                _app("api", "depends_on: [db]", "networks: [all]"),
                _store("networks: [all]"),
                tail="networks: {all: {}}\n",
            ),
            _project(
                "  proxy:\n    image: nginx:1.27.5\n    ports: ['443:443']\n", _app("api"), _store()
            ),
            _project(
                _app("web", _PORTS, "networks: [public, private]"),
                _app("api", _USES, "networks: [private]"),
                _store("networks: [private]"),
                tail=_PRIVATE,
            ),
        ),
        good=(
            _project(_SPLIT, tail=_PRIVATE),
            _project(_app("web", _PORTS, _USES), _store()),
            _project(_app("web", _PORTS), _store()),
            _project(_app("web", "ports: ['127.0.0.1:80:80']"), _app("api", _USES), _store()),
            _project(_app("web", _PORTS), _app("api")),
            _project(
                _app("web", _PORTS, "networks: [all]"),
                _app("api", _USES, "networks: [all]"),
                _store("networks: [all]"),
                tail="networks: {all: {driver_opts: {com.docker.network.bridge.enable_icc:"
                " 'false'}}}\n",
            ),
        ),
        confidence=Confidence.MEDIUM,
        citations=_CITATIONS,
    ),
    Rule(
        id="open-data-network",
        title="A private network with a way out to the internet",
        practice=SEGMENTED_NETWORKS,
        risk=Risk(Needs.FOOTHOLD, Gains.LESS),
        on={Project: _open_network},
        bad=(
            _project(_SPLIT, tail="networks: {public: {}, private: {}}\n"),
            _project(
                _app("worker", _USES, "networks: [private]"),
                _store("networks: [private]"),
                tail="networks: {private: {driver: bridge}}\n",
            ),
        ),
        good=(
            _project(_SPLIT, tail=_PRIVATE),
            _project(_SPLIT, tail="networks: {public: {}, private: {external: true}}\n"),
            _project(_SPLIT, tail="networks: {public: {}, private: {driver: macvlan}}\n"),
            _project(_app("worker", _USES), _store()),
            _project(
                _app("web", _PORTS, _USES, "networks: [all]"),
                _store("networks: [all]"),
                tail="networks: {all: {}}\n",
            ),
        ),
        why=(
            "Without a way out a store that is taken over sends nothing home and fetches no tools; "
            "with one, the data leaves over the connection that nobody needed."
        ),
        citations=(owasp("D03"), nist("4.4.2"), cwe(653)),
    ),
    Rule(
        id="no-data-network",
        title="A data store without a private network",
        practice=SEGMENTED_NETWORKS,
        risk=Risk(Needs.FOOTHOLD, Gains.LESS),
        on={Project: _no_private_network},
        bad=(
            _project(_app("web", _PORTS, _USES), _store()),
            _project(
                _app("web", _PORTS, "depends_on: [db]", "networks: [all]"),
                _store("networks: [all]"),
                tail="networks: {all: {}}\n",
            ),
        ),
        good=(
            _project(_SPLIT, tail=_PRIVATE),
            _project(_app("web", _PORTS), _app("api", _USES), _store()),
            _project(_app("web", _USES), _store()),
            _project(_app("web", _PORTS)),
        ),
        profile=Profile.STRICT,
        citations=_CITATIONS,
    ),
)
