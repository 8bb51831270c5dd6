"""Groups of submissions that findings connect: forks of one source, and submissions mixed of two."""

from __future__ import annotations

from dataclasses import dataclass

import networkx as nx
import numpy as np

from code_analyze.similarity.findings import OUTLIER, STRONG, Pair, Result

SHOWN_WITHOUT_LINE = 8  # pairs drawn where the class is too small for a line


@dataclass(frozen=True)
class Cluster:
    """Members by index; edges as positions in the list of pairs; `shape` says how they hang together."""

    members: tuple[int, ...]
    edges: tuple[tuple[int, int, float], ...]
    shape: str


def connecting(result: Result) -> list[Pair]:
    """The pairs that make clusters: every outlier, or the first few in a class too small for a line."""
    if result.canonical.line is None:
        return result.pairs[:SHOWN_WITHOUT_LINE]
    return [pair for pair in result.pairs if pair.kind == OUTLIER]


def clusters(result: Result) -> list[Cluster]:
    """Connected groups, the largest first."""
    graph = nx.Graph()
    for pair in connecting(result):
        graph.add_edge(pair.a, pair.b, weight=round(pair.score, 3))
    found = []
    for members in nx.connected_components(graph):
        inside = graph.subgraph(members)
        edges = tuple(sorted((min(a, b), max(a, b), float(w)) for a, b, w in inside.edges(data="weight")))
        found.append(Cluster(tuple(sorted(members)), edges, _shape(inside, result)))
    return sorted(found, key=lambda c: (-len(c.members), c.members))


def _shape(graph: nx.Graph, result: Result) -> str:
    if len(graph) == 2:
        return "a pair"
    density = nx.density(graph)
    if density > 0.6:
        return "a group that all share with each other: versions of one source"
    hubs = [node for node in sorted(graph) if graph.degree(node) > 1]
    if len(hubs) == 1:
        hub = hubs[0]
        sources = [set(_strong_parts(result, hub, other)) for other in sorted(graph[hub])]
        if (
            len(sources) == 2
            and sources[0]
            and sources[1]
            and len(sources[0] & sources[1]) <= 0.34 * min(map(len, sources))
        ):
            return "one submission that shares different regions with two others: mixed from two sources"
        return "several submissions that share with one, not with each other"
    return "a chain"


def _strong_parts(result: Result, a: int, b: int) -> list[str]:
    if a >= result.num_class:
        a, b = b, a
    evidence = result.scores.by_part(np.array([a]))[:, 0, b]
    return [part for part, value in zip(result.scores.parts, evidence, strict=True) if value > STRONG]


def layout(found: list[Cluster], width: float, height: float) -> dict[int, tuple[float, float]]:
    """A place in the picture for every member; the same for the same clusters."""
    graph = nx.Graph()
    for cluster in found:
        graph.add_nodes_from(cluster.members)
        graph.add_weighted_edges_from(cluster.edges)
    if not len(graph):
        return {}
    columns = max(1, round(len(found) ** 0.5 + 0.49))
    rows = -(-len(found) // columns)
    cell = width / columns, height / rows
    places: dict[int, tuple[float, float]] = {}
    for index, cluster in enumerate(found):
        center = (index % columns + 0.5) * cell[0], (index // columns + 0.5) * cell[1]
        inside = graph.subgraph(cluster.members)
        few = len(cluster.members) < 4
        local = nx.circular_layout(inside) if few else nx.spring_layout(inside, seed=0, weight=None)
        for node, (x, y) in local.items():
            places[node] = (
                round(center[0] + float(x) * 0.36 * cell[0], 1),
                round(center[1] + float(y) * 0.34 * cell[1], 1),
            )
    return places
