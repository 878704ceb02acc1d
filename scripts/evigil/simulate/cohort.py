"""A simulated cohort: patients, draws, counts, and the truth behind them."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from evigil.errors import UserError
from evigil.simulate.counts import (
    choose_sequenced,
    draw_counts,
    simulate_batches,
    simulate_features,
    simulate_libraries,
)
from evigil.simulate.design import DEMO, Design
from evigil.simulate.faults import plant
from evigil.simulate.files import counts_bytes, table_bytes, write_files
from evigil.simulate.patients import simulate_draws, simulate_patients
from evigil.simulate.sequencing import sequence_samples
from evigil.simulate.sheets import (
    config_text,
    fastq_path,
    library_sheet,
    patient_sheet,
    sample_sheet,
    with_blanks,
)
from evigil.simulate.truth import truth_tables


@dataclass(frozen=True)
class Cohort:
    """A simulated cohort.

    Attributes
    ----------
    counts
        int64, samples × features, both sorted.
    libraries
        The seed of each library that enters as FASTQ, by sample; its miRNAs are in the shares that
        `counts` has for it, and `write_cohort` sequences it.
    foreign
        Share of other species' molecules in the libraries that are contaminated.
    copies
        Libraries whose file is that of another.
    depth
        Reads of each of these files.
    samples, patients
        The sheets, sorted; an empty cell is an empty text.
    truth
        ``features, batches, samples, patients, faults``.
    config
        A configuration that runs it, with paths as `simulate` lays them out.
    """

    counts: pd.DataFrame
    libraries: dict[str, np.random.SeedSequence]
    foreign: dict[str, float]
    copies: dict[str, str]
    depth: int
    samples: pd.DataFrame
    patients: pd.DataFrame
    truth: dict[str, pd.DataFrame]
    config: str


def simulate(directory: Path, seed: int = 20260101) -> None:
    """Write the demo cohort: `config/`, `data/counts.tsv.gz`, `data/fastq/` and `truth/`.

    The same seed gives the same bytes; a file that already holds them is not touched.

    Raises
    ------
    UserError
        If `directory` holds anything but an earlier simulation (and what was run on it), or the
        seed is negative.
    """
    if seed < 0:
        raise UserError(f"seed: must be a whole number from 0, got {seed}")
    write_cohort(make_cohort(DEMO, seed), directory)


def make_cohort(design: Design, seed: int) -> Cohort:
    """Simulate a cohort of any size, in memory.

    People, features, schedule, libraries, batches, counts and faults have a random stream each.
    """
    *seeds, sequencing, faulty = np.random.SeedSequence(seed).spawn(8)
    streams = [np.random.default_rng(s) for s in seeds]
    people = simulate_patients(design, streams[0])
    draws = simulate_draws(people, design, streams[1])
    libraries = simulate_libraries(draws, people, design, streams[2])
    features = simulate_features(design, streams[3])
    batches = simulate_batches(features, design, streams[4])
    sizes = libraries["library_size"].to_numpy()
    sequenced = choose_sequenced(draws, libraries, design, np.random.default_rng(sequencing))
    seeds = sequencing.spawn(len(sequenced))
    counts = draw_counts(draws, sizes, features, batches, streams[5])
    rng = np.random.default_rng(faulty)
    planted = plant(counts, draws, libraries, sequenced, design, rng)
    truth = truth_tables(people, draws, libraries, features, batches)
    return Cohort(
        counts=planted.counts,
        libraries=dict(zip(sequenced, seeds, strict=True)),
        foreign=planted.foreign,
        copies=planted.copies,
        depth=design.depth,
        samples=with_blanks(sample_sheet(draws, people), planted.blanks),
        patients=patient_sheet(people),
        truth=truth | {"faults": planted.faults},
        config=config_text(design, seed, sequenced),
    )


def write_cohort(cohort: Cohort, directory: Path) -> None:
    """Write a cohort as `simulate` does; see there."""
    in_table = cohort.counts.drop(index=list(cohort.libraries))
    files = {
        "config/config.yaml": cohort.config.encode(),
        "config/samples.tsv": table_bytes(cohort.samples),
        "config/patients.tsv": table_bytes(cohort.patients),
        "data/counts.tsv.gz": counts_bytes(in_table),
    }
    truth = dict(cohort.truth)
    if cohort.libraries:
        fastqs, truth["reads"] = sequence_samples(
            cohort.counts, cohort.libraries, cohort.depth, cohort.foreign, cohort.copies
        )
        files["config/libraries.tsv"] = table_bytes(library_sheet(list(fastqs)))
        files |= {fastq_path(sample): text for sample, text in fastqs.items()}
    files |= {f"truth/{name}.tsv": table_bytes(table) for name, table in truth.items()}
    write_files(files, Path(directory))
