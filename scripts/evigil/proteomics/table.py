"""One row of the sheet: its table read, and each of its runs matched to a sample."""

from collections.abc import Collection

from evigil.proteomics.detect import read_quantities
from evigil.proteomics.quantities import Quantities
from evigil.proteomics.runs import match, wanted_names


def read_table(
    path: str, kind: str, scale: str, runs: str | None, samples: Collection[str]
) -> tuple[Quantities, dict[str, str]]:
    """Read a table and say what it is.

    Parameters
    ----------
    path
        The file.
    kind
        ``auto``, or the format that the sheet declares.
    scale
        Of a matrix; empty of any other.
    runs
        Which run is which sample, if the user says it.
    samples
        Names in the sample sheet.

    Returns
    -------
    quantities, sample_of
        What the table holds, and the sample of each run that is one.

    Raises
    ------
    UserError
        If the file is of another format than declared, or a run is of no sample.
    """
    found = read_quantities(path, kind, scale or None, wanted_names(samples, runs))
    wanted = found.runs.index[found.runs["kind"] == "sample"].tolist()
    matched = match(wanted, samples, runs, path)
    print(
        f"{path}: {found.format} ({found.layout}), {len(found.values):,} runs, "
        f"{len(matched.samples):,} of them samples, {found.values.shape[1]:,} {found.level}s"
    )
    print(*found.notes, *matched.notes, sep="\n")
    return found, matched.samples
