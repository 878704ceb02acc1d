"""`evigil check`: what is wrong before anything runs, and what will run."""

import contextlib
from collections import Counter
from pathlib import Path

from evigil.config_file import load_yaml
from evigil.errors import UserError
from evigil.features.tables import peek
from evigil.plan import Plan
from evigil.study import Study

PAGE_BYTES = 60_000
ROW_BYTES = 120
GZIP_RATIO = 4


def check(config: str | Path, directory: str | Path = ".") -> list[str]:
    """Validate a configuration, its sheets and its files.

    Parameters
    ----------
    config
        YAML file.
    directory
        Working directory of the run; relative paths in the configuration start there.

    Returns
    -------
    list of str
        What will run, a line each.

    Raises
    ------
    UserError
        With every fault, one line each.
    """
    raw = load_yaml(config)
    if not Path(directory).is_dir():
        raise UserError(f"{directory}: no such folder")
    with contextlib.chdir(directory):
        study = Study.from_config(raw)
        return [*overview(study), *_jobs(study), _disk(study), *_notes(study)]


def planned_jobs(study: Study) -> dict[str, int]:
    """Return how many jobs of each rule a run has, in the order data flows."""
    return Plan(study).jobs()


def open_files(study: Study) -> list[str]:
    """Open the tables that a study names and say how they stand, a line each.

    Raises
    ------
    UserError
        With what opening a file shows: no sample of the sheet, or a name that stands twice.
    """
    smallrna = study.config.smallrna
    if smallrna is None or smallrna.counts is None:
        return []
    found = peek(smallrna.counts, study.samples["sample"])
    return [f"smallrna: {message}" for message in found.messages]


def overview(study: Study) -> list[str]:
    """Return the samples of each stage, a line each."""
    config = study.config
    lines = [f"project {config.project}: {', '.join(study.stages())}"]
    if len(study.samples):
        roles = Counter(study.samples["role"])
        counted = ", ".join(f"{number:,} {role}" for role, number in sorted(roles.items()))
        patients = study.samples["patient"].nunique()
        lines.append(f"samples: {len(study.samples):,} of {patients:,} patients ({counted})")
    lines += open_files(study)
    lines += [_classifier(study, name) for name in config.classifiers]
    return lines + [_monitoring(study, name) for name in config.monitoring]


def _classifier(study: Study, name: str) -> str:
    model = study.config.classifiers[name].model
    if model is not None:
        return f"classifier {name}: scores {len(study.specimens):,} samples with {model}"
    table = study.classifier_samples(name)
    parts = []
    for part, word in (("train", "trains on"), ("hold_out", "hold-out")):
        rows = table[table["part"] == part]
        if len(rows):
            cases = int(rows["label"].sum())
            parts.append(
                f"{word} {cases:,} cases and {len(rows) - cases:,} controls of "
                f"{rows['patient'].nunique():,} patients"
            )
    return f"classifier {name}: {'; '.join(parts)}; scores {len(table):,} samples"


def _monitoring(study: Study, name: str) -> str:
    block = study.config.monitoring[name]
    if block.series is not None:
        rows, unit = study.monitoring_series(name), "draws"
    else:
        rows, unit = study.monitoring_samples(name), "visits"
    admitted = rows[rows["reference"]]
    reference = (
        f"reference {block.reference}"
        if isinstance(block.reference, str)
        else f"reference: {len(admitted):,} {unit} of {admitted['patient'].nunique():,} patients"
    )
    number = rows["marker"].nunique() if block.series is not None else 0
    markers = f", {number} marker{'s' * (number > 1)}" if number else ""
    patients = rows["patient"].nunique()
    return f"monitoring {name}: {len(rows):,} {unit} of {patients:,} patients{markers}; {reference}"


def _jobs(study: Study) -> list[str]:
    jobs = planned_jobs(study)
    width = max(map(len, jobs))
    listed = [f"  {rule:<{width}}  {number}" for rule, number in jobs.items()]
    return [f"jobs: {sum(jobs.values())}", *listed]


def _disk(study: Study) -> str:
    """Estimate the size of the results, mostly the matrix, the folds and the pages."""
    config, samples = study.config, len(study.specimens)
    size = len(study.monitored_patients()) * PAGE_BYTES
    if config.smallrna is not None and config.smallrna.counts is not None:
        counts = Path(config.smallrna.counts)
        size += 2 * counts.stat().st_size * (GZIP_RATIO if counts.suffix == ".gz" else 1)
    for block in config.classifiers.values():
        size += samples * ROW_BYTES * (1 + (0 if block.model else 7 * block.repeats))
    for name, monitoring in config.monitoring.items():
        size += (len(study.series[name]) if monitoring.series else samples) * ROW_BYTES * 4
    return f"disk: about {max(1, round(size / 1e6)):,} MB in results/"


def _notes(study: Study) -> list[str]:
    return [f"note: {note}" for note in study.notes]
