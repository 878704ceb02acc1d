"""A study: configuration and sheets joined, typed and checked; what every stage is asked for."""

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from evigil.config import Config, Monitoring
from evigil.config_file import parse_config
from evigil.config_layers import layer_names
from evigil.contrast_samples import contrast_samples
from evigil.errors import UserError
from evigil.metrics_specimen import SHEET_FACTS
from evigil.sheets.columns import EVENTS
from evigil.sheets.joined import read_joined
from evigil.sheets.libraries import libraries_of, no_libraries, with_entry
from evigil.sheets.proteomics import no_tables, tables_of
from evigil.sheets.selectors import equal, match, with_patients
from evigil.study_faults import file_faults, raw_faults, study_faults, table_faults

SCORED_FACTS = (
    "stage",
    "diagnosis",
    "sex",
    "site",
    "control_type",
    "kit",
    "isolation_method",
)
SAMPLE_FACTS = ("status", "visit_reason", "kit", "isolation_method", "isolation_instrument", "run")
SERIES_FACTS = (
    "status",
    "visit_reason",
    "run",
    "kit",
    "isolation_method",
    "instrument",
    "group",
)


@dataclass(frozen=True)
class Study:
    """Configuration and sheets of one run.

    Attributes
    ----------
    config
        The configuration with its defaults.
    samples
        One row per sample, sorted by ``sample``: every column of the sheet, those of the patient
        (times in days, ``age`` at the draw), ``day`` (NaN where unknown) and ``role``.
    patients
        One row per patient seen anywhere, sorted by ``patient``, times in days.
    series
        By monitoring: the rows of its series that are samples and of its markers.
    notes
        What is allowed, yet may not be meant.
    libraries
        One row per FASTQ file or pair, as `evigil.sheets.libraries.read_libraries` returns it.
    tables
        One row per table of proteins, as `evigil.sheets.proteomics.read_tables` returns it.
    stored
        Whether the files beside the sheets are in object storage.
    """

    config: Config
    samples: pd.DataFrame
    patients: pd.DataFrame
    series: dict[str, pd.DataFrame]
    notes: tuple[str, ...] = ()
    libraries: pd.DataFrame = field(default_factory=no_libraries)
    tables: pd.DataFrame = field(default_factory=no_tables)
    stored: bool = False

    @classmethod
    def from_config(
        cls, config: dict[Any, Any], base: Path = Path(), stored: bool = False
    ) -> "Study":
        """Read and check a study.

        Parameters
        ----------
        config
            The configuration as YAML gives it.
        base
            Folder that relative paths start from.
        stored
            The files beside the sheets are in object storage and not looked for here.

        Raises
        ------
        UserError
            With all faults, one line each.
        """
        parsed = parse_config(config)
        missing = [] if stored else file_faults(parsed, base)
        try:
            joined = read_joined(parsed, base)
        except UserError as error:
            raise UserError("\n".join([*missing, str(error)])) from error
        series = {
            name: _monitored_rows(joined.series[block.series], block)
            for name, block in parsed.monitoring.items()
            if block.series
        }
        libraries, unread = libraries_of(parsed, base, joined.samples)
        tables, unlisted = tables_of(parsed, base)
        missing += [] if stored else table_faults(parsed, tables, base)
        missing += raw_faults(parsed, tables)
        samples = with_entry(parsed, joined.samples, libraries)
        notes = tuple(joined.notes)
        study = cls(parsed, samples, joined.patients, series, notes, libraries, tables, stored)
        faults = missing + unread + unlisted + study_faults(study, joined.series, base)
        if faults:
            raise UserError("\n".join(faults))
        return study

    def stages(self) -> list[str]:
        """Return the stages that run, in the order data flows."""
        runs = {
            "smallrna": self.config.smallrna is not None,
            "proteomics": self.config.proteomics is not None,
            "layers": bool(self.config.layers),
            "quality": True,
            "differential": self.config.differential is not None,
            "classifier": bool(self.config.classifiers),
            "monitoring": bool(self.config.monitoring),
            "reports": True,
        }
        return [stage for stage, run in runs.items() if run]

    def layers(self) -> list[str]:
        """Return the layers of the study: small RNA, proteomics, then other tables by name."""
        return layer_names(self.config)

    def select(self, selectors: dict[str, list[str]]) -> pd.Series:
        """Return which samples selectors admit: booleans, shape (n_samples,)."""
        return match(self.samples, selectors)

    @cached_property
    def specimens(self) -> pd.DataFrame:
        """Rows of ``samples`` with role sample."""
        return self.samples[self.samples["role"] == "sample"].reset_index(drop=True)

    def contrast_samples(self, name: str) -> pd.DataFrame:
        """Return the specimens and columns of a contrast; see there."""
        assert self.config.differential is not None
        return contrast_samples(self.specimens, self.config.differential.contrasts[name])

    def labels(self, name: str) -> pd.Series:
        """Return the label of each specimen: 1 case, 0 control, NaN neither or a replicate."""
        block, table = self.config.classifiers[name], self.specimens
        labels = pd.Series(np.nan, index=table.index)
        if block.column is None:
            return labels
        labels[equal(table[block.column], block.control or [])] = 0.0
        labels[equal(table[block.column], block.case or [])] = 1.0
        if "replicate_of" in table:
            labels[table["replicate_of"].notna()] = np.nan
        return labels

    def parts(self, name: str) -> pd.Series:
        """Return the part of each specimen: ``train``, ``hold_out`` or ``""``."""
        block, labelled = self.config.classifiers[name], self.labels(name).notna()
        part = pd.Series("", index=self.specimens.index)
        if block.model is None:
            part[labelled & self.selected_to_train(name)] = "train"
        if block.hold_out is not None:
            part[labelled & match(self.specimens, block.hold_out)] = "hold_out"
        return part

    def selected_to_train(self, name: str) -> pd.Series:
        """Return the specimens that `train` admits; by default nobody who is held out."""
        block, table = self.config.classifiers[name], self.specimens
        if block.train or block.hold_out is None:
            return match(table, block.train)
        held = match(table, block.hold_out) & self.labels(name).notna()
        return ~table["patient"].isin(table["patient"][held])

    def training_samples(self, name: str) -> pd.DataFrame:
        """Return what the folds of a classifier hold.

        Returns
        -------
        pandas.DataFrame
            ``sample, patient, label``, sorted by sample: the training samples with label 1 or 0,
            and every other sample of their patients, only to be scored, with label NaN.
        """
        part = self.parts(name)
        table = self.specimens[["sample", "patient"]].assign(label=self.labels(name))
        table.loc[part != "train", "label"] = np.nan
        trained = table["patient"].isin(table.loc[part == "train", "patient"])
        return table[trained].reset_index(drop=True)

    def classifier_samples(self, name: str) -> pd.DataFrame:
        """Return every specimen with its part, its label there, and facts for reporting.

        Returns
        -------
        pandas.DataFrame
            ``sample, patient, day, part, label`` and those of stage, diagnosis, sex, site,
            control_type, kit and isolation_method that the study has; sorted by sample.
        """
        part = self.parts(name)
        table = self.specimens[["sample", "patient", "day"]].assign(
            part=part, label=self.labels(name).where(part != "")
        )
        facts = [fact for fact in SCORED_FACTS if fact in self.specimens]
        return table.join(self.specimens[facts])

    def quality_samples(self) -> pd.DataFrame:
        """Return ``sample, patient, role, reference`` and what the sheet has of the specimen.

        Limits are fitted on those marked ``reference``; a hold-out never is, whatever
        `quality.reference` selects.
        """
        known = ["sample", "patient", "role", "genome_reads", *SHEET_FACTS]
        table = self.samples.filter(known).copy()
        if self.config.quality.reference is not None:
            admitted = self.select(self.config.quality.reference)
        else:
            trained = [self.specimens["sample"][self.parts(c) == "train"] for c in self._trained]
            names = pd.concat(trained) if trained else self.specimens["sample"]
            admitted = table["sample"].isin(names)
        unseen: set[str] = set()
        for name in self.config.classifiers:
            unseen.update(self.specimens["patient"][self.parts(name) == "hold_out"])
        admitted &= (table["role"] == "sample") & ~table["patient"].isin(unseen)
        if "replicate_of" in self.samples:
            admitted &= self.samples["replicate_of"].isna()
        return table.assign(reference=admitted)

    @property
    def _trained(self) -> list[str]:
        return [name for name, block in self.config.classifiers.items() if block.model is None]

    def monitoring_samples(self, name: str) -> pd.DataFrame:
        """Return the visits of a monitoring that follows a classifier's score.

        Returns
        -------
        pandas.DataFrame
            ``sample, patient, day, status, visit_reason, kit, isolation_method,
            isolation_instrument, run, reference``: specimens with a day, one row per draw
            (technical replicates left out), sorted by patient, day and sample. The classifier's
            controls are no patients to be followed, unless they belong to the reference.
        """
        table = self.specimens
        columns = ["sample", "patient", "day", *SAMPLE_FACTS]
        visits = table.reindex(columns=columns).assign(reference=self._admitted(name, table))
        kept = table["day"].notna() & (visits["reference"] | ~self._are_controls(name))
        if "replicate_of" in table:
            kept &= table["replicate_of"].isna()
        return visits[kept].sort_values(["patient", "day", "sample"], ignore_index=True)

    def _are_controls(self, name: str) -> pd.Series:
        """Return which specimens are of people who are only controls of the classifier."""
        classifier = str(self.config.monitoring[name].classifier)
        labels = self.labels(classifier).where(self.parts(classifier) != "")
        patients = self.specimens["patient"]
        return patients.isin(patients[labels == 0]) & ~patients.isin(patients[labels == 1])

    def monitoring_series(self, name: str) -> pd.DataFrame:
        """Return the rows of a monitoring that follows a series.

        Returns
        -------
        pandas.DataFrame
            ``patient, marker, sample, day, value, status, visit_reason, run, kit,
            isolation_method, instrument, group, reference``, sorted by patient, marker, day,
            sample; a column that the series lacks is NaN.
        """
        own = self.series[name]
        columns = ["patient", "marker", "sample", "day", "value", *SERIES_FACTS]
        return own.reindex(columns=columns).assign(
            reference=self._admitted(name, with_patients(own, self.patients))
        )

    def _admitted(self, name: str, table: pd.DataFrame) -> pd.Series:
        """Return which rows the reference selectors admit; none when it is a reference.json."""
        selectors = self.config.monitoring[name].reference
        if isinstance(selectors, str):
            return pd.Series(False, index=table.index)
        return match(table, selectors)

    def patient_days(self) -> pd.DataFrame:
        """Return the events of every patient in days.

        Returns
        -------
        pandas.DataFrame
            ``patient, surgery, recurrence, recurrence_last_negative, death, death_cause,
            last_follow_up, treatments``; treatments as ``name:start/end;…`` in days.
        """
        texts = ["death_cause", "treatments"]
        table = self.patients.reindex(
            columns=["patient", *EVENTS[:4], "death_cause", "last_follow_up", "treatments"]
        )
        return table.astype(dict.fromkeys(EVENTS, float) | dict.fromkeys(texts, object))

    def monitored_patients(self) -> list[str]:
        """Return the patients that have a page, sorted."""
        found: set[str] = set()
        for name, block in self.config.monitoring.items():
            rows = self.series[name] if block.series else self.monitoring_samples(name)
            found.update(rows["patient"])
        return sorted(found)


def _monitored_rows(rows: pd.DataFrame, block: Monitoring) -> pd.DataFrame:
    kept = pd.Series(True, index=rows.index)
    if "role" in rows:
        kept &= rows["role"].fillna("sample") == "sample"
    if block.markers is not None:
        kept &= rows["marker"].isin(block.markers)
    return rows[kept].reset_index(drop=True)
