import numpy as np
import pytest

from evigil.rna.load import load_reference
from evigil.rna.sequences import encode
from evigil.smallrna.matcher import BODY, SHIFT_3P, SHIFT_5P, Rules, match


def letters(rng, n):
    return "".join("ACGT"[i] for i in rng.integers(0, 4, n))


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """Hairpins with matures, repeats and near-copies of them in other classes."""
    rng = np.random.default_rng(5)
    folder = tmp_path_factory.mktemp("small")
    hairpins = {f"hsa-mir-{i}": letters(rng, 70) for i in range(12)}
    # palindromes, near-copies, low complexity and the very ends
    hairpins["hsa-mir-12"] = hairpins["hsa-mir-0"]
    hairpins["hsa-mir-13"] = "A" * 30 + hairpins["hsa-mir-1"][:40]
    hairpins["hsa-mir-14"] = hairpins["hsa-mir-2"][:40] + "C" + hairpins["hsa-mir-2"][41:]
    other = {f"t{i}": letters(rng, 60) for i in range(4)}
    other["t4"] = hairpins["hsa-mir-3"]
    other["t5"] = other["t1"][:30] + "N" + other["t1"][31:]
    rows = ["hairpin\tmature\taccession\tstart\tend"]
    for name in hairpins:
        rows += [f"{name}\t{name}-5p\tM\t6\t27", f"{name}\t{name}-3p\tM\t45\t66"]
    write(folder, "mirna.fa", hairpins)
    write(folder, "trna.fa", other)
    (folder / "matures.tsv").write_text("\n".join(rows) + "\n")
    files = {"mirna.fa": "miRNA", "trna.fa": "rRNA", "matures.tsv": "miRNA"}
    manifest(folder, files)
    return load_reference(folder)


def write(folder, file, sequences):
    text = "".join(f">{name}\n{s}\n" for name, s in sequences.items())
    (folder / file).write_text(text)


def manifest(folder, files):
    import hashlib

    rows = ["file\tname\tclass\taccession\tsource\tversion\tlicence\tsha256"]
    for file, biotype in files.items():
        found = hashlib.sha256((folder / file).read_bytes()).hexdigest()
        rows.append(f"{file}\tx\t{biotype}\t\ttest\t1\tnone\t{found}")
    (folder / "manifest.tsv").write_text("\n".join(rows) + "\n")


def brute_force(sequence, bundle, rules):
    """The rule of the docs, place by place: every way to fit, the best ones kept."""
    found = []
    for r in range(len(bundle.references)):
        reference = bundle.sequence(r)
        hairpin = bundle.references["biotype"][r] == "miRNA"
        rows = bundle.matures[bundle.matures["reference"] == r]
        matures = list(rows.itertuples())
        for start in range(len(reference)):
            pairs = list(zip(sequence, reference[start:], strict=False))
            differ = [i for i, (x, y) in enumerate(pairs) if x != y or y == "N"]
            for added in range(rules.additions + 1):
                body = len(sequence) - added
                if body < BODY or body > len(pairs):
                    continue
                at = [i for i in differ if i < body]
                if len(at) > rules.mismatches or (added and body - 1 in at):
                    continue
                near = [
                    (abs(start - m.start) + abs(start + body - m.end), m.Index)
                    for m in matures
                    if abs(start - m.start) <= SHIFT_5P and abs(start + body - m.end) <= SHIFT_3P
                ]
                mature = min(near)[1] if near else -1
                if added and mature < 0:
                    continue
                claim = bundle.priority[r] if rules.ranked else 0
                if rules.ranked and hairpin and mature < 0:
                    claim = len(bundle.classes)
                key = (len(at), added, claim)
                found.append((key, r, start, len(at), at[0] if at else -1, added, mature))
    best = min((f[0] for f in found), default=None)
    return [f[1:] for f in found if f[0] == best]


def reads_of(bundle, rng, n):
    for _ in range(n):
        r = int(rng.integers(len(bundle.references)))
        whole = bundle.sequence(r)
        start = int(rng.integers(0, len(whole) - 15))
        if rng.random() < 0.7 and (bundle.references["biotype"][r] == "miRNA"):
            start = int(rng.choice([5, 44])) + int(rng.integers(-5, 6))
        read = whole[start : start + int(rng.integers(14, 34))]
        for _ in range(int(rng.integers(0, 3))):
            i = int(rng.integers(len(read)))
            read = read[:i] + letters(rng, 1) + read[i + 1 :]
        yield read + letters(rng, int(rng.integers(0, 5)))
    yield from ("", "A" * 15, "A" * 16, "A" * 60, "ACGTN" * 5)
    yield from (letters(rng, 400), bundle.sequence(0), bundle.sequence(0)[5:] + "ACG")


@pytest.mark.parametrize(
    "rules",
    [
        Rules(),
        Rules(mismatches=0),
        Rules(additions=0),
        Rules(mismatches=1, additions=2),
        Rules(additions=0, ranked=False),
    ],
    ids=str,
)
def test_equals_brute_force(small, rules):
    reads = list(reads_of(small, np.random.default_rng(3), 50))
    found = match(*encode(reads), small, rules)
    assert found.dtype == np.int32
    n_hits = 0
    for u, read in enumerate(reads):
        expected = brute_force(read, small, rules)
        assert [tuple(row) for row in found[found[:, 0] == u, 1:].tolist()] == expected, read
        n_hits += len(expected)
    assert n_hits > 12


def test_hits_grow_beyond_the_first_allocation(small):
    reads = [small.sequence(0)[5:27]] * 5
    many = match(*encode(["A" * 16] * 1000), small, Rules(ranked=False))
    # 30 A make 15 places for 16 of them
    assert len(many) == 15_000
    assert len(match(*encode(reads), small, Rules())) == 10


def test_no_sequence_has_no_hit(small):
    assert match(*encode([]), small, Rules()).shape == (0, 7)


def test_body_ends_before_a_mismatch_at_its_last_base(small):
    """The 20th base disagrees: one addition on no mismatch, not a mismatch on no addition."""
    read = small.sequence(3)[5:25]
    read = read[:-1] + ("A" if read[-1] != "A" else "C")
    hits = match(*encode([read]), small, Rules())
    assert hits[:, 3].tolist() == [0] and hits[:, 5].tolist() == [1]
