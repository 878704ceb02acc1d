"""The simulated cohort as its investigators would write it down: sheets and configuration."""

import numpy as np
import pandas as pd

from evigil.simulate.design import Design

FIRST_DAY = np.datetime64("2021-01-04")
CHEMOTHERAPY = (28, 98)


def sample_sheet(draws: pd.DataFrame, people: pd.DataFrame) -> pd.DataFrame:
    """Return `samples.tsv`, one row per draw."""
    person = people.set_index("patient").reindex(draws["patient"]).reset_index()
    day = draws["day"].to_numpy(float)
    control = draws["group"].eq("control").to_numpy()
    status = np.where(
        day >= person["recurrence"].to_numpy(),
        "recurrence",
        np.where(day > person["surgery"].to_numpy(), "disease_free", "pre_treatment"),
    )
    return pd.DataFrame(
        {
            "sample": draws["sample"],
            "patient": draws["patient"],
            "condition": np.where(control, "healthy", "CRC"),
            "cohort": np.where(draws["group"].eq("reference"), "reference", "case_control"),
            "visit": draws["visit"],
            "collected": calendar(day, person["start"].to_numpy()),
            "status": np.where(control, "", status),
            "visit_reason": "scheduled",
            "control_type": np.where(control, "healthy", ""),
            "batch": draws["batch"],
            "biofluid": "plasma",
            "anticoagulant": "EDTA",
            "isolation_method": "SEC",
        }
    )


def with_blanks(samples: pd.DataFrame, blanks: pd.DataFrame) -> pd.DataFrame:
    """Add blanks to `samples.tsv`, sorted; without any there is no column for their role."""
    if blanks.empty:
        return samples
    role = samples.assign(role="sample")
    return pd.concat([role, blanks]).fillna("").sort_values("sample", ignore_index=True)


def patient_sheet(people: pd.DataFrame) -> pd.DataFrame:
    """Return `patients.tsv`, one row per person."""
    start = people["start"].to_numpy()
    dates = {
        name: calendar(people[column].to_numpy(float), start)
        for name, column in {
            "surgery": "surgery",
            "recurrence": "recurrence",
            "recurrence_last_negative": "last_negative",
            "last_follow_up": "last_follow_up",
        }.items()
    }
    control = people["group"].eq("control")
    return pd.DataFrame(
        {
            "patient": people["patient"],
            "sex": people["sex"],
            "age": people["age"],
            "diagnosis": np.where(control, "", "colorectal cancer"),
            "stage": people["stage"],
            **dates,
            "recurrence_basis": np.where(people["recurrence"].notna(), "imaging", ""),
            "treatments": _treatments(people),
        }
    )


def calendar(day: np.ndarray, start: np.ndarray) -> np.ndarray:
    """Turn days from the first draw into ISO dates; a missing day into an empty text."""
    known = np.where(np.isnan(day), 0, day).astype(int)
    dates = (FIRST_DAY + start + known).astype(str)
    return np.where(np.isnan(day), "", dates)


def _treatments(people: pd.DataFrame) -> np.ndarray:
    """Adjuvant chemotherapy after the surgery of a stage III tumour, over before the next draw."""
    surgery, start = people["surgery"].to_numpy(float), people["start"].to_numpy()
    begin, end = (calendar(surgery + offset, start) for offset in CHEMOTHERAPY)
    text = np.array([f"FOLFOX:{b}/{e}" for b, e in zip(begin, end, strict=True)], dtype=object)
    given = people["stage"].eq("III").to_numpy() & ~np.isnan(surgery)
    return np.where(given, text, "")


def fastq_path(sample: str) -> str:
    """Return where the reads of a sample are."""
    return f"data/fastq/{sample}.fastq.gz"


def library_sheet(samples: list[str]) -> pd.DataFrame:
    """Return `libraries.tsv`: the kit is left to be found."""
    return pd.DataFrame({"sample": samples, "fastq_1": [fastq_path(s) for s in samples]})


def proteomics_sheet() -> pd.DataFrame:
    """Return `proteomics.tsv`: one report, and where it says which run is which sample."""
    return pd.DataFrame(
        {"path": ["data/report.parquet"], "format": "diann", "runs": "config/runs.tsv"}
    )


def config_text(design: Design, seed: int, sequenced: list[str]) -> str:
    """Return a commented configuration that runs the cohort, seen from its own folder."""
    return CONFIG.format(
        libraries=LIBRARIES.format(depth=design.depth) if sequenced else "",
        proteomics=PROTEOMICS if design.proteins else "",
        by_proteins=BY_PROTEINS if design.proteins else "",
        seed=seed,
        planned_visits=max(design.visits, 1),
        cases=design.cases,
        controls=design.controls,
        followed=design.followed,
        reference=design.reference,
    )


LIBRARIES = """\
  libraries: config/libraries.tsv  # FASTQ files of {depth} reads: some samples enter as reads
"""

PROTEOMICS = """
proteomics:
  tables: config/proteomics.tsv    # a report of DIA-NN, and which of its runs is which sample
"""

BY_PROTEINS = """
  crc_proteins:
    # The same people by their proteins: what is fitted, medians and stand-ins for missing values
    # too, is fitted inside the folds.
    column: condition
    case: CRC
    control: healthy
    layers: [proteomics]
    train: {visit: [diagnosis]}
    operating_specificity: 0.95
    repeats: 5
"""

CONFIG = """\
# A simulated cohort. The truth behind it is in truth/; no step of the workflow reads that folder.
# Paths are relative to the working directory: run snakemake with --directory on this folder.
project: demo
samples: config/samples.tsv        # one row per plasma draw
patients: config/patients.tsv      # one row per person
seed: {seed}

smallrna:
{libraries}  counts: data/counts.tsv.gz       # a ready table: miRNA x sample, whole numbers
{proteomics}
quality:
  gates:
    # Libraries below the first limit are left out of everything; below the second, they warn.
    # The simulated reads are few so that the demo is quick: real libraries have the default
    # limits, 100000 and 200000.
    transcriptome_reads: {{fail_below: 5000, warn_below: 8000}}

differential:
  contrasts:
    crc:
      # What differs at diagnosis, layer by layer, one draw of each person; a batch effect is in the
      # model.
      column: condition
      case: CRC
      control: healthy
      select: {{visit: [diagnosis]}}
      covariates: [age, sex, batch]

classifiers:
  crc:
    # {cases} cancers against {controls} healthy people, all drawn at diagnosis. Follow-up draws
    # are scored and never trained on.
    column: condition
    case: CRC
    control: healthy
    train: {{visit: [diagnosis]}}
    operating_specificity: 0.95
    repeats: 5
{by_proteins}
monitoring:
  watch:
    # The score of {followed} operated patients, each against their own earlier visits.
    classifier: crc
    # How much a score varies without disease is learnt from {reference} other patients who stayed
    # free of recurrence for at least a year after the draw.
    reference: {{cohort: [reference], status: [disease_free]}}
    reference_min_follow_up_days: 365
    specificity: 0.95              # of a patient over all planned visits
    per: patient
    planned_visits: {planned_visits}
    primary_rule: peb

reports:
  language: en
  formats: [html]
"""
