"""The spectra of all runs searched against a FASTA file and its decoys, by Sage."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from evigil.errors import UserError

#: Carbamidomethylated cysteine everywhere; oxidised methionine and acetylated N-termini of
#: proteins where they fit.
FIXED = {"C": "[UNIMOD:4]"}
VARIABLE = {"M": ["[UNIMOD:35]"], "[": ["[UNIMOD:1]"]}
PRECURSOR_PPM = 20.0
#: Fragments in an ion trap, and in an Orbitrap or a time-of-flight analyser.
TRAP_DA, SHARP_PPM = 0.5, 20.0
#: Median error of the best matches below which fragments were measured sharply, ppm.
SHARP_BELOW = 50.0
LEAST_PEAKS = 4
COLUMNS = ("run", "spectrum", "ion", "peptide", "proteins", "decoy", "charge")
MEASURES = (
    *("hyperscore", "delta_next", "delta_mass", "average_ppm", "matched_peaks", "longest_b"),
    *("longest_y", "longest_y_pct", "missed_cleavages", "matched_intensity_pct"),
    *("scored_candidates", "poisson", "ms2_intensity"),
)


class Found(NamedTuple):
    """What a search found.

    Attributes
    ----------
    matches
        The best match of each spectrum: `COLUMNS`, ``length`` and `MEASURES`, sorted by run and
        spectrum, the row number as index.
    features
        Sage's record of each match, by row of `matches`.
    surveys
        Spectra of the precursors, of all runs.
    database
        Sage's index.
    runs
        Names, by the number that Sage has of each.
    sharp
        Whether fragments were measured sharply.
    """

    matches: pd.DataFrame
    features: list[Any]
    surveys: list[Any]
    database: Any
    runs: list[str]
    sharp: bool


def read_fasta_text(path: str | Path) -> str:
    """Read a protein FASTA file.

    Raises
    ------
    UserError
        If it is none, holds no protein, or holds decoys already.
    """
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise UserError(f"{path}: is no FASTA file in UTF-8") from None
    heads = [line[1:].split()[0] for line in text.splitlines() if line[:1] == ">" and line[1:2]]
    if not heads or text.lstrip()[:1] != ">":
        raise UserError(f"{path}: is no FASTA file: it does not begin with '>' and a name")
    from evigil.proteomics.accessions import decoys

    if (marked := decoys(heads)).any():
        first = heads[int(np.argmax(marked))]
        raise UserError(
            f"{path}: {first!r} is a decoy; give the proteins alone: the search makes its decoys"
        )
    return text


def search(paths: Sequence[str], runs: Sequence[str], fasta: str | Path) -> Found:
    """Search the spectra of runs.

    Parameters
    ----------
    paths, runs
        mzML files, and the name of each.
    fasta
        Proteins; decoys are made of them, by reversing each peptide between its ends.

    Raises
    ------
    UserError
        If a file cannot be read or has no spectra of fragments or precursors.

    References
    ----------
    .. [1] Lazear 2023, doi:10.1021/acs.jproteome.3c00486.
    """
    database = _database(read_fasta_text(fasta))
    fragments: list[Any] = []
    surveys: list[Any] = []
    for number, path in enumerate(paths):
        for spectra, level in zip((surveys, fragments), _spectra(path, number), strict=True):
            spectra += level
    psms = _score(database, fragments, sharp=False)
    sharp = _are_sharp(psms)
    if sharp:
        psms = _score(database, fragments, sharp=True)
    matches, features = _table(psms, runs)
    return Found(matches, features, surveys, database, list(runs), sharp)


def _database(fasta: str) -> Any:
    # one core for a job: Sage takes all that there are, unless told before its first work
    os.environ.setdefault("RAYON_NUM_THREADS", "1")
    from sagepy.core import EnzymeBuilder, SageSearchConfiguration

    trypsin = EnzymeBuilder(2, 7, 50, "KR", "P", True)
    return SageSearchConfiguration(
        fasta=fasta,
        enzyme_builder=trypsin,
        static_mods=FIXED,
        variable_mods=VARIABLE,
        generate_decoys=True,
        keep_ends=True,
        bucket_size=16384,
    ).generate_indexed_database()


def _spectra(path: str, number: int) -> tuple[list[Any], list[Any]]:
    """Read a run: spectra of precursors, spectra of fragments."""
    from sagepy.core import SpectrumProcessor, read_spectra

    try:
        read = read_spectra(path, file_id=number)
    except (RuntimeError, ValueError, OSError) as error:
        raise UserError(f"{path}: cannot be read as mzML ({str(error).splitlines()[0]})") from None
    process = SpectrumProcessor(take_top_n=150, deisotope=True).process
    levels = [[s for s in read if s.ms_level == level] for level in (1, 2)]
    for spectra, what in zip(levels, ("precursors (MS1)", "fragments (MS2)"), strict=True):
        if not spectra:
            raise UserError(f"{path}: has no spectra of {what}")
    return [process(s) for s in levels[0]], [process(s) for s in levels[1]]


def _score(database: Any, fragments: list[Any], sharp: bool) -> list[Any]:
    """Match spectra; the best match of each, in their order."""
    from sagepy.core import Scorer
    from sagepy.core.mass import Tolerance

    ppm, da = (-SHARP_PPM, SHARP_PPM), (-TRAP_DA, TRAP_DA)
    scorer = Scorer(
        precursor_tolerance=Tolerance(ppm=(-PRECURSOR_PPM, PRECURSOR_PPM)),
        fragment_tolerance=Tolerance(ppm=ppm) if sharp else Tolerance(da=da),
        min_matched_peaks=LEAST_PEAKS,
        min_isotope_err=0,
        max_isotope_err=0,
        min_precursor_charge=2,
        max_precursor_charge=4,
        report_psms=1,
        annotate_matches=False,
        static_mods=FIXED,
        variable_mods=VARIABLE,
    )
    # by run: spectra of two runs may have one name, and a search returns them by name
    found: list[Any] = []
    for number in sorted({spectrum.file_id for spectrum in fragments}):
        own = [spectrum for spectrum in fragments if spectrum.file_id == number]
        by_name = scorer.score_collection_psm(database, own, num_threads=1)
        found += [psm for name in sorted(by_name) for psm in by_name[name][:1]]
    return found


def _are_sharp(psms: list[Any]) -> bool:
    """Tell how fragments were measured, by the errors of the tenth of matches that fits best."""
    if not psms:
        return False
    measures = np.array(
        [(f.poisson, abs(f.average_ppm)) for f in (psm.sage_feature for psm in psms)]
    )
    best = np.argsort(measures[:, 0], kind="stable")[: max(len(psms) // 10, 1)]
    return bool(np.median(measures[best, 1]) < SHARP_BELOW)


def _table(psms: list[Any], runs: Sequence[str]) -> tuple[pd.DataFrame, list[Any]]:
    features = [psm.sage_feature for psm in psms]
    rows = []
    for psm, feature in zip(psms, features, strict=True):
        # a decoy is of the peptide that it was made of, and of its proteins
        decoy = bool(psm.decoy)
        peptide = psm.sequence_decoy_modified if decoy else psm.sequence_modified
        charge = int(feature.charge)
        rows.append(
            {
                "run": runs[feature.file_id],
                "spectrum": psm.spec_idx,
                "ion": f"{peptide}{charge}",
                "peptide": psm.sequence_decoy if decoy else psm.sequence,
                "proteins": tuple(sorted(psm.proteins)),
                "decoy": decoy,
                "charge": charge,
                "length": int(feature.peptide_len),
                **{name: float(getattr(feature, name)) for name in MEASURES},
            }
        )
    table = pd.DataFrame(rows, columns=[*COLUMNS, "length", *MEASURES])
    order = table.sort_values(["run", "spectrum"], kind="stable").index
    return table.loc[order].reset_index(drop=True), [features[i] for i in order]
