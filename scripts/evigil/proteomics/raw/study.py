"""The raw runs that a sheet names: searched together, each matched to its sample."""

from collections.abc import Collection, Mapping, Sequence

from evigil.errors import UserError
from evigil.proteomics.quantities import Quantities
from evigil.proteomics.raw.route import names_of, read_runs
from evigil.proteomics.runs import match

#: Bytes of a file that show whether it is mzML.
HEAD = 4096


def sample_of_run(path: str, runs: str, samples: Collection[str]) -> dict[str, str]:
    """Give the sample of a raw run, by the name of its file.

    Parameters
    ----------
    path
        The run.
    runs
        Which run is which sample; empty: runs are called as samples are.
    samples
        Names in the sample sheet.

    Raises
    ------
    UserError
        If the run is of no sample.
    """
    return dict(match(list(names_of([path])), list(samples), runs or None, path).samples)


def check_run(path: str, runs: str, samples: Collection[str]) -> str:
    """Give the sample of a raw run after a look at the head of its file.

    Raises
    ------
    UserError
        If the file is no mzML, or the run is of no sample.
    """
    with open(path, "rb") as file:
        head = file.read(HEAD)
    if b"<mzML" not in head and b"<indexedmzML" not in head:
        raise UserError(
            f"{path}: declared mzml, but it is no mzML: convert raw files of an instrument to mzML "
            "with centroided peaks, not compressed"
        )
    return next(iter(sample_of_run(path, runs, samples).values()))


def search_rows(
    rows: Sequence[Mapping[str, str]], fasta: str, samples: Collection[str]
) -> dict[str, tuple[Quantities, dict[str, str]]]:
    """Search the raw runs of a sheet.

    Parameters
    ----------
    rows
        ``path, runs`` of each.
    fasta
        Proteins without decoys.
    samples
        Names in the sample sheet.

    Returns
    -------
    dict
        Quantities and the sample of each run, by path.

    Raises
    ------
    UserError
        As `read_runs`; if a run is of no sample.
    """
    sample_of = {row["path"]: sample_of_run(row["path"], row["runs"], samples) for row in rows}
    paths = names_of([row["path"] for row in rows])
    found = read_runs(paths, fasta)
    notes = {note: None for quantities in found.values() for note in quantities.notes}
    print(*notes, sep="\n")
    return {path: (found[run], sample_of[path]) for run, path in paths.items()}
