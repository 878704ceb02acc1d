"""`evigil check`: what is wrong before anything runs, and what will run."""

import contextlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from evigil.check_differential import contrast_lines
from evigil.check_libraries import open_libraries
from evigil.check_monitoring import monitoring_line
from evigil.check_proteomics import open_layers, open_tables
from evigil.check_sources import check_sources
from evigil.config_file import load_yaml
from evigil.errors import UserError, hint
from evigil.features.tables import peek, peek_features
from evigil.object_storage import Folder, fetched, open_folder
from evigil.plan import Plan
from evigil.profile import Profile, read_profile
from evigil.resources import Needs
from evigil.study import Study

PAGE_BYTES = 60_000
ROW_BYTES = 120
GZIP_RATIO = 4
CONTRAST_BYTES = 1_100_000
CONTRAST_SAMPLE_BYTES = 12_000


def check(
    config: str | Path, directory: str | Path = ".", profile: str | Path | None = None
) -> list[str]:
    """Validate a configuration, its sheets and its files.

    Parameters
    ----------
    config
        YAML file.
    directory
        Working directory of the run; relative paths in the configuration start there.
    profile
        Snakemake profile of the run: where its nodes share no file system, what they need is
        checked too, and where inputs are in object storage, they are opened there.

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
    where = read_profile(profile) if profile is not None else None
    file = Path(config).resolve()
    with contextlib.chdir(directory):
        study = Study.from_config(raw, stored=where is not None and where.storage != "")
        with _inputs_of(study, where, file) as opened:
            return _report(study, opened)


def _report(study: Study, opened: bool) -> list[str]:
    lines, notes = _monitorings(study)
    return [
        *overview(study, opened),
        *lines,
        *_jobs(study),
        *([_disk(study)] if opened else []),
        *(f"note: {note}" for note in [*study.notes, *_unused(study), *notes]),
    ]


@contextlib.contextmanager
def _inputs_of(study: Study, profile: Profile | None, config: Path) -> Iterator[bool]:
    """Run a block where the inputs of a study are; whether they can be opened there."""
    if profile is None:
        yield True
        return
    faults = profile.faults()
    if profile.ships_sources:
        try:
            check_sources(Plan(study).sheets(), [config])
        except UserError as error:
            faults += str(error).splitlines()
    if faults:
        raise UserError("\n".join(faults))
    if profile.storage == "s3":
        plan = Plan(study)
        with fetched(open_folder(profile.prefix, profile.s3), plan.inputs(), plan.fastq_files()):
            yield True
    else:
        yield not profile.storage


def open_stored(study: Study, folder: Folder) -> Needs:
    """Open every file of a study in S3, as `open_files` does on this machine.

    Returns
    -------
    Needs
        What the rules ask a cluster for, by the sizes of the files.
    """
    plan = Plan(study)
    with fetched(folder, plan.inputs(), plan.fastq_files()):
        open_files(study)
        return Needs(plan.inputs(), plan.proteomics.inputs())


def open_files(study: Study) -> list[str]:
    """Open every file that a study names beside its sheets and say how tables stand, a line each.

    Raises
    ------
    UserError
        With what opening the files shows, one line each: no sample of the sheet, a name that
        stands twice, a model that was changed, a reference of another scale.
    """
    lines: list[str] = []
    faults: list[str] = []
    for opened in (
        open_libraries,
        _open_counts,
        open_tables,
        open_layers,
        _open_distributions,
        _read_markers,
        contrast_lines,
        _open_models,
        _open_references,
    ):
        try:
            lines += opened(study)
        except UserError as error:
            faults += str(error).splitlines()
    if faults:
        raise UserError("\n".join(dict.fromkeys(faults)))
    return lines


def _open_counts(study: Study) -> list[str]:
    smallrna = study.config.smallrna
    if smallrna is None or smallrna.counts is None:
        return []
    found = peek(smallrna.counts, study.samples["sample"])
    sequenced = {*study.libraries["sample"]}
    both = sorted(sequenced.intersection(found.samples))
    if both:
        more = f" (and {len(both) - 1} more)" if len(both) > 1 else ""
        raise UserError(
            f"{smallrna.libraries}: sample {both[0]!r}{more} is in {smallrna.counts} too; a sample "
            "enters once"
        )
    found = replace(found, missing=tuple(s for s in found.missing if s not in sequenced))
    return [f"smallrna: {message}" for message in found.messages]


def _open_distributions(study: Study) -> list[str]:
    files = study.samples.reindex(columns=["size_distribution"])["size_distribution"].dropna()
    if len(files):
        from evigil.quality.nta import read_distribution
    for file in files.unique():
        read_distribution(file)
    return []


def _read_markers(study: Study) -> list[str]:
    if any(str(column).lower().startswith("marker_") for column in study.samples):
        from evigil.quality.markers import marker_faults

        if faults := marker_faults(study.samples):
            raise UserError("\n".join(f"{study.config.samples}: {fault}" for fault in faults))
    return []


def _open_models(study: Study) -> list[str]:
    blocks = [block for block in study.config.classifiers.values() if block.model is not None]
    if blocks:
        from evigil.classifier.locked import load  # heavy: sklearn and skops
    for model, layer in dict.fromkeys((str(block.model), block.layers[0]) for block in blocks):
        needed = load(model, layer).manifest["features"]
        if layer != "smallrna":  # a value that is not there is missing
            continue
        # what reads are assigned to is known only when it is indexed
        only_table = study.config.smallrna is not None and study.libraries.empty
        counts = study.config.smallrna.counts if only_table and study.config.smallrna else None
        found = peek_features(counts, study.samples["sample"]) if counts is not None else []
        lacking = sorted(set(needed) - set(found)) if found else []
        if lacking:
            raise UserError(
                f"{counts}: {len(lacking):,} of the {len(needed):,} features of {model} are not in "
                f"it; first: {lacking[0]}{hint(lacking[0], found)}"
            )
    return []


def _open_references(study: Study) -> list[str]:
    from evigil.monitoring.options import Options
    from evigil.monitoring.reference import read_reference

    for block in study.config.monitoring.values():
        if isinstance(block.reference, str):
            read_reference(block.reference, Options.from_settings(block.model_dump()).scale)
    return []


def overview(study: Study, opened: bool = True) -> list[str]:
    """Return the samples of the study and of its classifiers, a line each; opens the files."""
    config = study.config
    lines = [f"project {config.project}: {', '.join(study.stages())}"]
    if len(study.samples):
        roles = Counter(study.samples["role"])
        counted = ", ".join(f"{number:,} {role}" for role, number in sorted(roles.items()))
        patients = study.samples["patient"].nunique()
        lines.append(f"samples: {len(study.samples):,} of {patients:,} patients ({counted})")
    lines += open_files(study) if opened else []
    return lines + [_classifier(study, name) for name in config.classifiers]


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
    layer = "" if len(study.layers()) == 1 else f" by {study.config.classifiers[name].layers[0]}"
    return f"classifier {name}{layer}: {'; '.join(parts)}; scores {len(table):,} samples"


def _unused(study: Study) -> list[str]:
    """Name the keys of training that stand beside a locked model."""
    notes = []
    for name, block in study.config.classifiers.items():
        given = [key for key in ("column", "case", "control", "train") if getattr(block, key)]
        if block.model is not None and given:
            notes.append(
                f"classifiers.{name}: {', '.join(given)} not used for training: with model it "
                "scores only"
            )
    return notes


def _monitorings(study: Study) -> tuple[list[str], list[str]]:
    """Return a line for each monitoring, and what may not be meant."""
    lines: list[str] = []
    notes: list[str] = []
    for name in study.config.monitoring:
        line, more = monitoring_line(study, name)
        lines.append(line)
        notes += [f"monitoring.{name}: {note}" for note in more]
    return lines, notes


def _jobs(study: Study) -> list[str]:
    jobs = Plan(study).jobs()
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
    for file in [*study.tables["path"], *(layer.table for layer in config.layers.values())]:
        size += 2 * Path(file).stat().st_size
    for file in [] if study.stored else Plan(study).fastq_files():
        size += Path(file).stat().st_size // 2
    if config.differential is not None:
        for name, contrast in config.differential.contrasts.items():
            drawn = len(study.contrast_samples(name)) * CONTRAST_SAMPLE_BYTES
            size += len(contrast.layers) * (CONTRAST_BYTES + drawn)
    for block in config.classifiers.values():
        size += samples * ROW_BYTES * (1 + (0 if block.model else 7 * block.repeats))
    for name, monitoring in config.monitoring.items():
        size += (len(study.series[name]) if monitoring.series else samples) * ROW_BYTES * 4
    return f"disk: about {max(1, round(size / 1e6)):,} MB in results/"
