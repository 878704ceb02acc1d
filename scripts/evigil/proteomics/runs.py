"""Which run of a table is which sample: by a mapping, by SDRF, or because the names are the same.

Engines name runs by their acquisition files, with folders and endings or without: names are
compared as they are, then without these.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from evigil.errors import UserError, hint
from evigil.proteomics.columns import plain, run_name
from evigil.sheets.reading import MISSING, read_records

#: Columns of SDRF (https://github.com/bigbio/proteomics-sample-metadata) that name a run, and the
#: sample that it is of; where source names are not those of the sheet, assay names may be.
SDRF_RUN, SDRF_ASSAY, SDRF_SOURCE = "comment[data file]", "assay name", "source name"
SDRF_LABEL = "comment[label]"
SHOWN = 5


class Match(NamedTuple):
    """Which run is which sample.

    Attributes
    ----------
    samples
        Sample by run; a run that the mapping leaves out is not in it.
    notes
        What the user should know, one line each.
    """

    samples: dict[str, str]
    notes: tuple[str, ...]


class _Names(NamedTuple):
    """The sample of each name that a run may have; empty where a run is left out."""

    sample_of: dict[str, str]
    source: str  # the file that says so; empty if names must be the same
    own: frozenset[str] = frozenset()  # samples whose runs may have the name of the sample too


def wanted_names(samples: Collection[str], mapping: str | Path | None) -> list[str]:
    """Return the names that a run may have: of samples, or those that a mapping gives.

    Raises
    ------
    UserError
        If the mapping cannot be read.
    """
    names = _names(samples, mapping or None)
    return sorted({*names.sample_of, *names.own, *map(run_name, names.sample_of)})


def match_runs(
    runs: Sequence[str], samples: Collection[str], mapping: str | Path | None, table: str | Path
) -> dict[str, str]:
    """Return the sample of each run, as `match` finds it."""
    return match(runs, samples, mapping, table).samples


def match(
    runs: Sequence[str], samples: Collection[str], mapping: str | Path | None, table: str | Path
) -> Match:
    """Find the sample of each run of a table.

    Parameters
    ----------
    runs
        Runs that need a sample: no controls, calibrators and blanks.
    samples
        Names in the sample sheet. Samples that the table lacks are no fault: another may have
        them.
    mapping
        A sheet with the columns ``run`` and ``sample``, where an empty sample leaves a run out, or
        an SDRF: a run is a data file or, as where fractions were searched together, a sample.
        None: a run has the name of its sample.
    table
        The table, for what is said of it.

    Raises
    ------
    UserError
        With every fault, one line each: a run that is there twice, a run of no sample, two runs of
        one sample, a mapping that cannot be read or names a sample that is not in the sheet.
    """
    twice = sorted(name for name, number in Counter(runs).items() if number > 1)
    if twice:
        raise UserError(f"{table}: {_named(twice, 'run')} in it more than once")
    names = _names(samples, mapping or None)
    by_base = defaultdict(set)
    for name in names.sample_of:
        by_base[run_name(name)].add(name)
    found: dict[str, str] = {}
    for run in runs:
        near = {run} if run in names.sample_of else by_base.get(run_name(run), set())
        if len(near) == 1:
            found[run] = next(iter(near))
    own = sorted(set(runs) & names.own - set(found))
    lost = sorted(set(runs) - set(found) - set(own))
    known = {name: sample for name, sample in names.sample_of.items() if sample not in own}
    left = sorted(set(known) - set(found.values()))
    if lost:
        raise UserError(_lost(table, lost, left, names))
    of = {run: names.sample_of[name] for run, name in found.items() if names.sample_of[name]}
    of |= dict(zip(own, own, strict=True))
    _refuse_shared(table, of)
    return Match(of, tuple(_notes(table, found, left, names)))


def _lost(table: str | Path, lost: list[str], left: list[str], names: _Names) -> str:
    again = [run for run in lost if run.endswith(")") and run.partition(" (")[0] in names.sample_of]
    if again:
        sample = again[0].partition(" (")[0]
        same = [run for run in again if run.partition(" (")[0] == sample]
        return (
            f"{table}: sample {sample!r} was measured more than once, as runs "
            f"{', '.join(map(repr, same))}: say in a sheet of runs which one is used (columns run "
            "and sample; an empty sample leaves a run out)"
        )
    near = hint(lost[0], left)
    spare = f"; {_named(left, 'name', SHOWN)} without a run" if left else ""
    if names.source:
        return f"{table}: {_named(lost, 'run')} of no sample by {names.source}{near}{spare}"
    spare = spare.replace("name", "sample", 1)
    return (
        f"{table}: {_named(lost, 'run')} of no sample in the sample sheet{near}{spare}; a sheet "
        "of runs says which is which (columns run and sample; an empty sample leaves a run out)"
    )


def _refuse_shared(table: str | Path, of: dict[str, str]) -> None:
    runs_of = defaultdict(list)
    for run, sample in of.items():
        runs_of[sample].append(run)
    shared = sorted((sample, sorted(runs)) for sample, runs in runs_of.items() if len(runs) > 1)
    if shared:
        raise UserError(
            "\n".join(
                f"{table}: runs {', '.join(map(repr, runs))} are all of sample {sample!r}; a "
                "sample has one run of a table (leave the sample of the others empty in the sheet "
                "of runs)"
                for sample, runs in shared
            )
        )


def _notes(
    table: str | Path, found: dict[str, str], left: list[str], names: _Names
) -> Iterable[str]:
    by_file = sum(run != name for run, name in found.items())
    if by_file:
        yield (
            f"{table}: {by_file:,} of {len(found):,} runs matched by the names of their files "
            "without folders and endings"
        )
    out = sorted(run for run, name in found.items() if not names.sample_of[name])
    if out:
        yield f"{table}: {_named(out, 'run', SHOWN)} left out by {names.source}"
    if left and names.source:
        yield f"{table}: {_named(left, 'run', SHOWN)} of {names.source} not in it"


def _named(names: Sequence[str], noun: str, most: int | None = None) -> str:
    """Name things: ``2 runs ('a', 'b')``; all of them, unless there is a `most`."""
    shown = list(map(repr, names[:most])) + (["…"] if most and len(names) > most else [])
    return f"{len(names):,} {noun}{'s' * (len(names) != 1)} ({', '.join(shown)})"


def _names(samples: Collection[str], mapping: str | Path | None) -> _Names:
    if mapping is None:
        return _Names({sample: sample for sample in samples}, "")
    file = str(mapping)
    records = read_records(file, Path(file))
    header = [name.strip() for name in records[0]]
    rows = [(i, cells) for i, cells in enumerate(records[1:], start=2) if any(cells)]
    if not rows:
        raise UserError(f"{file}: has a header and no rows")
    for number, cells in rows:
        if len(cells) != len(header):
            raise UserError(
                f"{file}: row {number}: {len(cells)} cells, the header has {len(header)} columns"
            )
    lower = [name.lower() for name in header]
    if file.endswith(".sdrf.tsv") or SDRF_SOURCE in lower:
        sample_of = _sdrf(file, header, rows, set(samples))
        return _Names(sample_of, file, frozenset(sample_of.values()))
    return _Names(_sheet(file, header, rows, set(samples)), file)


def _column(file: str, header: list[str], name: str) -> int:
    spelling = {plain(column): i for i, column in reversed(list(enumerate(header)))}
    if plain(name) not in spelling:
        raise UserError(f"{file}: no column {name!r}{hint(name, header)}")
    return spelling[plain(name)]


def _sheet(
    file: str, header: list[str], rows: list[tuple[int, list[str]]], samples: set[str]
) -> dict[str, str]:
    run_at, sample_at = (_column(file, header, name) for name in ("run", "sample"))
    given = [(number, cells[run_at], cells[sample_at]) for number, cells in rows]
    if _swapped(given, samples):
        raise UserError(
            f"{file}: the columns run and sample are swapped: what stands in run are names of the "
            "sample sheet, what stands in sample are not"
        )
    faults = []
    first: dict[str, int] = {}
    for number, run, sample in given:
        if not run:
            faults.append(f"{file}: row {number}: column run: is empty")
        elif run in first:
            faults.append(f"{file}: row {number}: column run: {run!r} is also in row {first[run]}")
        first.setdefault(run, number)
        if sample not in samples and sample not in MISSING:
            faults.append(
                f"{file}: row {number}: column sample: {sample!r} is not in the sample "
                f"sheet{hint(sample, samples)}"
            )
    if faults:
        raise UserError("\n".join(faults))
    return {run: "" if sample in MISSING else sample for _, run, sample in given}


def _swapped(given: list[tuple[int, str, str]], samples: set[str]) -> bool:
    runs = {run for _, run, _ in given}
    other = {sample for _, _, sample in given} - {*MISSING}
    return bool(other) and runs <= samples and not other & samples


def _sdrf(
    file: str, header: list[str], rows: list[tuple[int, list[str]]], samples: set[str]
) -> dict[str, str]:
    """Read which file is which sample; an SDRF may describe more than the study."""
    run_at, source_at = (_column(file, header, name) for name in (SDRF_RUN, SDRF_SOURCE))
    spelling = [plain(name) for name in header]
    places = [source_at]
    if plain(SDRF_ASSAY) in spelling:
        places.append(_column(file, header, SDRF_ASSAY))
    at = max(places, key=lambda i: sum(cells[i] in samples for _, cells in rows))
    if not any(cells[at] in samples for _, cells in rows):
        source = rows[0][1][source_at]
        raise UserError(
            f"{file}: no source name in the sample sheet (the first is {source!r})"
            f"{hint(source, samples)}"
        )
    sample_of: dict[str, str] = {}
    for number, cells in rows:
        run, sample = cells[run_at], cells[at]
        if sample_of.setdefault(run, sample) != sample:
            labels = " (several labels in one run are not read)" if SDRF_LABEL in header else ""
            raise UserError(
                f"{file}: row {number}: data file {run!r} is of sample {sample_of[run]!r} and of "
                f"{sample!r}{labels}"
            )
    unknown = sorted(run for run, sample in sample_of.items() if sample not in samples)
    for run in unknown:
        del sample_of[run]
    return sample_of
