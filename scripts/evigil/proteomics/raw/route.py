"""All raw runs of a study searched together: the quantities of each."""

import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from evigil.errors import UserError
from evigil.proteomics.accessions import contaminants, plain_group
from evigil.proteomics.columns import run_name
from evigil.proteomics.quantities import LEDGER, Quantities, plain_runs
from evigil.proteomics.raw.fdr import (
    labels,
    picked_groups,
    q_values,
    razor_groups,
    require_targets,
)
from evigil.proteomics.raw.quantify import quantify
from evigil.proteomics.raw.rescore import rescore
from evigil.proteomics.raw.search import read_fasta_text, search
from evigil.raw_packages import lacking

FORMAT, LAYOUT = "mzml", "search"
#: Rate of false discoveries among the spectra, and among the groups of proteins.
RATE = 0.01
#: UniProt accession at the begin of a name: FASTA files for searches often leave ``sp|`` away.
ACCESSION = re.compile(
    r"((?:[OPQ]\d[A-Z0-9]{3}\d|[A-NR-Z]\d(?:[A-Z][A-Z0-9]{2}\d){1,2})(?:-\d+)?)\|\S+"
)


def read_runs(
    paths: Mapping[str, str], fasta: str | Path, rate: float = RATE
) -> dict[str, Quantities]:
    """Search raw runs together and quantify what was found.

    What passes, and which peaks are one ion's, is decided over all runs at once.

    Parameters
    ----------
    paths
        mzML file of each run, by name of the run.
    fasta
        Proteins without decoys.
    rate
        Highest rate of false discoveries, of spectra and of groups of proteins.

    Returns
    -------
    dict
        Quantities of each run, by name, at level ``ion``. A row of the ledger is a spectrum with a
        match; an ion of which another run has the spectrum may have a quantity without a row.

    Raises
    ------
    UserError
        If a package or a file is missing or is not what it should be, or too few spectra are
        identified to show the rate.
    """
    if fault := lacking():
        raise UserError(f"proteomics: {fault}")
    runs = sorted(paths)
    found = search([paths[run] for run in runs], runs, fasta)
    matches = found.matches
    if matches["decoy"].all():
        raise UserError("proteomics: the search found no peptide in any spectrum of the mzML files")
    scored = matches.assign(score=rescore(matches))
    judged = judge(scored, rate)
    ions = quantify(found, judged.index[judged["passes"]])
    return _by_run(judged, ions, genes(read_fasta_text(fasta)), rate)


def judge(matches: pd.DataFrame, rate: float) -> pd.DataFrame:
    """Decide which matches pass.

    Parameters
    ----------
    matches
        ``run, ion, peptide, proteins, decoy, score``.
    rate
        Highest rate of false discoveries.

    Returns
    -------
    pandas.DataFrame
        `matches` with ``group``, ``contaminant`` and ``passes``.

    Raises
    ------
    UserError
        If too few spectra are identified to show the rate.
    """
    decoy = matches["decoy"].to_numpy(bool)
    q = q_values(matches["score"].to_numpy(float), decoy)
    require_targets(q, decoy, rate)
    # a peptide that no match within the rate tells of must not decide who is in a group
    sure = matches[~decoy & (q <= rate)]
    groups = razor_groups(dict(zip(sure["peptide"], sure["proteins"], strict=True)))
    group = labels(matches, groups)
    group_q = picked_groups(matches, group)
    right = set(group_q.index[group_q <= rate])
    unclean = contaminants(group)
    passes = ~decoy & (q <= rate) & group.isin(right).to_numpy() & ~unclean
    return matches.assign(group=group, contaminant=unclean, passes=passes)


def accessions(group: str) -> str:
    """Write a group as accessions joined by ``;``."""
    return ";".join(ACCESSION.sub(r"\1", name) for name in plain_group(group).split(";"))


def genes(fasta: str) -> dict[str, str]:
    """Give the gene of each protein that the heads of a FASTA file name by ``GN=``."""
    found = {}
    for line in fasta.splitlines():
        if line[:1] == ">" and " GN=" in line:
            found[line[1:].split()[0]] = line.split(" GN=", 1)[1].split()[0]
    return found


def ledger(judged: pd.DataFrame, ions: pd.DataFrame) -> pd.DataFrame:
    """Count what became of the matches of each run.

    Parameters
    ----------
    judged
        From `judge`.
    ions
        Intensities, shape (n_runs, n_ions).

    Returns
    -------
    pandas.DataFrame
        `LEDGER`, indexed by run.
    """
    run, column = (
        axis.get_indexer(pd.Index(judged[name]))
        for axis, name in ((ions.index, "run"), (ions.columns, "ion"))
    )
    there = column >= 0
    there[there] = ions.notna().to_numpy()[run[there], column[there]]
    again = (judged["passes"] & there) & judged.assign(t=judged["passes"] & there).duplicated(
        ["run", "ion", "t"]
    )
    fate = pd.Series("kept", judged.index)
    # the first that holds comes last here
    fate[again] = "duplicate"
    fate[~there] = "no_quantity"
    fate[~judged["passes"]] = "q_value"
    fate[judged["contaminant"]] = "contaminant"
    fate[judged["decoy"]] = "decoy"
    counts = pd.crosstab(judged["run"], fate).reindex(ions.index, fill_value=0)
    counts = counts.reindex(columns=list(LEDGER), fill_value=0)
    counts["rows"] = counts.sum(axis=1)
    return counts.astype("int64").rename_axis(index="run", columns=None)


def _by_run(
    judged: pd.DataFrame, ions: pd.DataFrame, gene: dict[str, str], rate: float
) -> dict[str, Quantities]:
    counts = ledger(judged, ions)
    known = judged[judged["passes"]].drop_duplicates("ion").set_index("ion").reindex(ions.columns)
    peptides = known.groupby("group")["peptide"].nunique()
    features = pd.DataFrame(
        {
            "protein_group": known["group"].map(accessions),
            "gene": known["group"].map(lambda group: _genes(group, gene)),
            "peptides": known["group"].map(peptides).astype(float),
        },
        ions.columns,
    )
    groups = features["protein_group"].nunique()
    note = (
        f"mzml: {int(judged['passes'].sum()):,} of {len(judged):,} spectra with a match pass at a "
        f"false discovery rate of {rate:.0%}; {len(features):,} ions of {groups:,} protein groups"
    )
    values = pd.DataFrame(np.log2(ions.to_numpy(float)), ions.index, ions.columns)
    return {
        run: Quantities(
            FORMAT,
            LAYOUT,
            "ion",
            values.loc[[run]],
            features,
            None,
            None,
            plain_runs(values.loc[[run]].index),
            counts.loc[[run]],
            (note,),
        )
        for run in ions.index
    }


def _genes(group: str, gene: dict[str, str]) -> str:
    return ";".join(dict.fromkeys(gene[name] for name in group.split(";") if name in gene))


def names_of(paths: list[str]) -> dict[str, str]:
    """Give the mzML file of each run, by the name of the file without ending.

    Raises
    ------
    UserError
        If two files are of one name.
    """
    named: dict[str, str] = {}
    for path in paths:
        other = named.setdefault(run_name(path), path)
        if other != path:
            raise UserError(f"proteomics: {other} and {path} are runs of one name: rename one")
    return named
