"""Families of UMIs: the example of UMI-tools, and a plain count beside ours."""

from itertools import combinations

import numpy as np
import pytest

from evigil.reads.umi import count_molecules


def packed(entries: list[tuple[str, str, int]]):
    """Sorted arrays of (insert, umi, reads), inserts up to 32 nt."""

    def word(sequence: str) -> int:
        return int("".join(str("ACGT".index(b)) for b in sequence.ljust(32, "A")), 4)

    entries = sorted(entries)
    keys = np.array([[word(i), word(u)] for i, u, _ in entries], np.uint64).reshape(-1, 2)
    sizes = np.array([len(i) for i, _, _ in entries], np.uint16)
    return entries, keys, sizes, np.array([n for _, _, n in entries], np.int64)


def plain_families(entries: list[tuple[str, str, int]]) -> dict[str, tuple[int, int]]:
    """Reads and molecules of each insert, by comparing everything with everything."""
    reads = {(i, u): n for i, u, n in entries}
    edges: dict[tuple[str, str], list[tuple[str, str]]] = {key: [] for key in reads}
    for a, b in combinations(sorted(reads), 2):
        if len(a[0]) == len(b[0]):
            distance = sum(x != y for x, y in zip(a[0] + a[1], b[0] + b[1], strict=True))
            if distance == 1:
                edges[a] += [b] if reads[a] >= 2 * reads[b] - 1 else []
                edges[b] += [a] if reads[b] >= 2 * reads[a] - 1 else []
    seen: set[tuple[str, str]] = set()
    result: dict[str, tuple[int, int]] = {}
    for root in sorted(reads, key=lambda key: (-reads[key], key)):
        if root in seen:
            continue
        family, queue = 0, [root]
        seen.add(root)
        while queue:
            node = queue.pop()
            family += reads[node]
            new = [k for k in edges[node] if k not in seen]
            seen.update(new)
            queue += new
        before = result.get(root[0], (0, 0))
        result[root[0]] = (before[0] + family, before[1] + 1)
    return result


def ours(entries: list[tuple[str, str, int]]) -> dict[str, tuple[int, int]]:
    entries, keys, sizes, counts = packed(entries)
    rows, reads, molecules = count_molecules(keys, sizes, counts)
    named = [entries[row][0] for row in rows]
    return dict(zip(named, zip(reads.tolist(), molecules.tolist(), strict=True), strict=True))


def test_the_published_example_of_umi_tools():
    """Smith 2017, figure 1e: six UMIs, two molecules by the directional method."""
    umis = {"ACGT": 456, "TCGT": 2, "CCGT": 2, "ACAT": 72, "ACAG": 1, "AAAT": 90}
    insert = "TAGCTTATCAGACTGATGTTGA"
    entries = [(insert, umi, reads) for umi, reads in umis.items()]
    assert ours(entries) == {insert: (623, 2)}


def test_an_error_in_the_insert_is_of_the_family_too():
    entries = [("ACGTACGTACGTACGTA", "AACC", 10), ("ACGTACGTACGTACGTC", "AACC", 1)]
    assert ours(entries) == {"ACGTACGTACGTACGTA": (11, 1)}
    # another UMI, another length, or two differences: another molecule
    entries = [
        ("ACGTACGTACGTACGTA", "AACC", 10),
        ("ACGTACGTACGTACGTC", "AACT", 1),
        ("ACGTACGTACGTACGT", "AACC", 1),
        ("ACGTACGTACGTACGTA", "TTCC", 1),
    ]
    assert ours(entries) == {
        "ACGTACGTACGTACGT": (1, 1),
        "ACGTACGTACGTACGTA": (11, 2),
        "ACGTACGTACGTACGTC": (1, 1),
    }


@pytest.mark.parametrize("seed", range(6))
def test_as_a_plain_count_has_it(seed):
    """Few bases, so that many sequences are neighbours."""
    draw = np.random.default_rng(seed)
    reads: dict[tuple[str, str], int] = {}
    for _ in range(400):
        insert = "".join(draw.choice(list("AC"), draw.integers(3, 7)))
        umi = "".join(draw.choice(list("ACG"), 3))
        reads[insert, umi] = int(draw.geometric(0.3))
    entries = [(insert, umi, n) for (insert, umi), n in reads.items()]
    assert ours(entries) == plain_families(entries)


def test_no_reads():
    rows, reads, molecules = count_molecules(
        np.empty((0, 2), np.uint64), np.empty(0, np.uint16), np.empty(0, np.int64)
    )
    assert len(rows) == len(reads) == len(molecules) == 0
