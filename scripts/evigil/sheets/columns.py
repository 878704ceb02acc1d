"""The columns of the sheets: kind, meaning and allowed values, the only source of docs and schema.

A column that is not named here is kept as a covariate: numeric if every value is, else a category.
"""

import re
from dataclasses import dataclass
from typing import Literal

from evigil.metrics import MEASURED

IDENTIFYING = (
    *("name", "full_name", "patient_name", "first_name", "given_name", "forename"),
    *("last_name", "family_name", "surname", "姓名"),
    *("date_of_birth", "birth_date", "birthdate", "dob"),
    *("address", "postcode", "zip_code", "phone", "telephone", "email", "email_address"),
    *("mrn", "mrn_number", "hospital_number", "nhs_number", "national_id", "ssn", "passport"),
)
"""Columns refused, as `plain` writes them, unless the configuration lists them in `private`."""

RESERVED = ("_index", "entry", *MEASURED)
"""Columns of a sample that the results give, and the name that .h5ad keeps for itself."""

ALWAYS_CATEGORIES = ("patient", "cohort", "site", "batch", "run", "kit", "operator")

AUDITED: dict[str, Literal["technical", "biological"]] = {
    **dict.fromkeys(
        (
            *("cohort", "site", "batch", "run", "kit", "operator", "entry", "collected", "lot"),
            *("biofluid", "isolation_method", "isolation_instrument", "particle_method"),
            *("input_volume_ml", "elution_volume_ml", "anticoagulant", "tube", "hours_to_plasma"),
            *("centrifugation", "platelet_depleted", "residual_platelets", "freeze_thaw"),
            *("storage_days", "storage_temperature", "fasting", "a414", "lipaemia"),
        ),
        "technical",
    ),
    **dict.fromkeys(("age", "sex"), "biological"),
}
"""Columns that the confounding audit holds against every label; ``quality.technical`` adds more."""

RECORDED = ("site", "batch", "run", "collected")
"""With none of these a study has not recorded its batches."""

YES = ("yes", "y", "true", "t", "1", "1.0", "done", "treated")
NO = ("no", "n", "false", "f", "0", "0.0", "none", "untreated")
"""Spellings of an answer, as `normalised` writes them."""

Kind = Literal["name", "text", "category", "number", "date", "dates", "day", "treatments"]

KINDS: dict[Kind, str] = {
    "name": "letters, digits, - and _, at most 100",
    "text": "text",
    "category": "text",
    "number": "a number",
    "date": "a date, YYYY-MM-DD",
    "dates": "dates, YYYY-MM-DD, or days, separated by ;",
    "day": "a date, YYYY-MM-DD, or a day",
    "treatments": "name:start/end;… with dates or days, the end may be left open",
}


@dataclass(frozen=True)
class Column:
    """One named column of a sheet.

    Attributes
    ----------
    values
        Allowed values of a category, any spelling of case; empty means any.
    low, high
        Range of a number, both included.
    whole
        Whether a number must be whole.
    required, filled
        Whether the column must be there; whether every row must have a value.
    """

    name: str
    kind: Kind
    text: str
    values: tuple[str, ...] = ()
    low: float = float("-inf")
    high: float = float("inf")
    whole: bool = False
    required: bool = False
    filled: bool = False

    @property
    def allowed(self) -> str:
        """What a value must be, in words."""
        if self.values == (*YES, *NO):
            return "yes or no"
        if self.values:
            return "one of " + ", ".join(self.values)
        if self.kind != "number" or (self.low, self.high) == (float("-inf"), float("inf")):
            return "a whole number" if self.whole else KINDS[self.kind]
        number = "a whole number" if self.whole else "a number"
        if self.high == float("inf"):
            return f"{number} from {self.low:g}"
        return f"{number} from {self.low:g} to {self.high:g}"


def _numbers(low: float, high: float = float("inf"), **texts: str) -> tuple[Column, ...]:
    return tuple(Column(name, "number", text, low=low, high=high) for name, text in texts.items())


def _categories(**texts: str) -> tuple[Column, ...]:
    return tuple(Column(name, "category", text) for name, text in texts.items())


def _answers(**texts: str) -> tuple[Column, ...]:
    return tuple(Column(name, "category", text, (*YES, *NO)) for name, text in texts.items())


_SHARED = (
    *_categories(
        status="state at the draw: pre_treatment, on_treatment, disease_free, recurrence, or other",
        run="run of the instrument",
        kit="kit",
        isolation_method="how vesicles were isolated",
    ),
    Column(
        "visit_reason",
        "category",
        "why the draw was made",
        values=("scheduled", "symptom", "imaging"),
    ),
    Column(
        "role",
        "category",
        "sample, blank, or reference aliquot; empty is sample",
        values=("sample", "blank", "reference"),
    ),
)

PATIENT_FACTS = (
    Column("sex", "category", "sex", values=("female", "male", "f", "m", "other", "unknown")),
    Column("age", "number", "years at the patient's day 0", low=0, high=120),
    Column(
        "birth_year",
        "number",
        "instead of age; only with ISO dates",
        low=1880,
        high=2100,
        whole=True,
    ),
    *_categories(diagnosis="diagnosis", stage="stage of the disease"),
)

SAMPLES = (
    Column("sample", "name", "name of the specimen", required=True, filled=True),
    Column("patient", "name", "pseudonym of the person", required=True),
    Column("condition", "category", "what is compared, e.g. CRC and healthy", required=True),
    Column("collected", "date", "date of the draw"),
    Column("day", "number", "day of the draw, instead of collected"),
    *_SHARED,
    *_categories(
        cohort="cohort",
        site="site",
        batch="batch",
        operator="operator",
        biofluid="plasma, serum, or other",
        isolation_instrument="instrument of the isolation",
        particle_method="how particles were counted",
        anticoagulant="anticoagulant of the tube",
        tube="tube",
        centrifugation="centrifugation",
        fasting="whether the person fasted",
        lot="lot of the reagent",
    ),
    *_answers(
        heparinase="whether heparin was removed by heparinase",
        platelet_depleted="whether platelets were depleted",
    ),
    Column(
        "control_type", "category", "kind of control", values=("healthy", "benign", "symptomatic")
    ),
    Column("replicate_of", "name", "sample that this is a technical replicate of"),
    Column("size_distribution", "text", "path of the particle size distribution"),
    *_numbers(1, dilution="dilution factor: 1 is undiluted, 4 a quarter of the concentration"),
    *_numbers(
        0,
        genome_reads="reads that align to the genome",
        input_volume_ml="volume of biofluid, mL",
        elution_volume_ml="volume eluted, mL",
        particles_per_ml="particles per mL",
        protein_ug_per_ml="protein, µg/mL",
        mode_diameter_nm="mode of the diameter, nm",
        detergent_particles_per_ml="particles per mL after detergent",
        detergent_blank_particles_per_ml="particles per mL, detergent alone",
        hours_to_plasma="hours from draw to plasma",
        residual_platelets="platelets left per µL",
        freeze_thaw="freeze–thaw cycles",
        storage_days="days in storage",
        a414="absorbance at 414 nm",
        lipaemia="lipaemia index",
    ),
    *_numbers(
        0.01,
        1,
        detergent_dilution="share of the concentration left after adding detergent, e.g. 0.9",
    ),
    *_numbers(-273.15, 100, storage_temperature="storage temperature, °C"),
)

PATIENTS = (
    Column("patient", "name", "pseudonym of the person", required=True, filled=True),
    *PATIENT_FACTS,
    Column("surgery", "day", "day of surgery"),
    Column("recurrence", "day", "day of the first evidence of recurrence"),
    Column("recurrence_last_negative", "day", "last day without evidence of recurrence"),
    *_categories(recurrence_basis="imaging, biopsy, or other", death_cause="cause of death"),
    Column("death", "day", "day of death"),
    Column("second_primary", "day", "day of a second primary cancer"),
    Column("last_follow_up", "day", "last day the person was seen"),
    Column("treatments", "treatments", "treatments with their intervals"),
    Column("imaging_dates", "dates", "days of imaging"),
    Column("marker_blinded", "category", "whether imaging was blind to the marker"),
)

SERIES = (
    Column("patient", "name", "pseudonym of the person", required=True, filled=True),
    Column("date", "date", "date of the draw"),
    Column("day", "number", "day of the draw, instead of date"),
    Column("marker", "text", "name of the marker", required=True, filled=True),
    Column("value", "number", "value of the marker", required=True),
    Column("unit", "category", "unit of the value"),
    Column("detection_limit", "number", "detection limit", low=0),
    Column("sample", "name", "name of the specimen"),
    *_SHARED,
    *_categories(instrument="instrument", group="group of the person"),
)

LIBRARIES = (
    Column("sample", "name", "name of the specimen, as in samples", required=True, filled=True),
    Column("fastq_1", "text", "path of the reads", required=True, filled=True),
    Column("fastq_2", "text", "path of their mates"),
    Column("lane", "text", "lane; several rows of a sample are pooled"),
    Column("protocol", "text", "auto (also when empty), or a name in config/protocols/"),
)

PROTEOMICS = (
    Column("path", "text", "path of the table", required=True, filled=True),
    Column(
        "format",
        "category",
        "what wrote it, also when empty found from its head (auto); mzml: a raw run, searched "
        "against proteomics.fasta together with the other raw runs",
        values=(
            *("auto", "diann", "maxquant", "fragpipe", "spectronaut"),
            *("olink", "somascan", "matrix", "mzml"),
        ),
    ),
    Column("batch", "category", "plate or batch that the table was measured in"),
    Column("runs", "text", "which run is which sample: a TSV with run and sample, or *.sdrf.tsv"),
    Column("scale", "category", "scale of a matrix", values=("linear", "log2")),
)

SHEETS: dict[str, tuple[Column, ...]] = {
    "samples": SAMPLES,
    "patients": PATIENTS,
    "libraries": LIBRARIES,
    "proteomics": PROTEOMICS,
    "series": SERIES,
}
"""Named columns per sheet."""

DATE_COLUMN = {"samples": "collected", "series": "date"}
EVENTS = ("surgery", "recurrence", "recurrence_last_negative", "death", "last_follow_up")

OF_A_PATIENT = (*EVENTS, "second_primary", "treatments", "imaging_dates", "birth_year")
"""Refused elsewhere: an event that is read from the wrong sheet would silently not count."""


SEX = {"f": "female", "m": "male"}
_WITH_VALUES = frozenset(column.name for column in (*SAMPLES, *PATIENTS, *SERIES) if column.values)


def normalised(column: str, cell: str) -> str:
    """Write a value as its column holds it: in lower case where the values are a list of ours."""
    if column not in _WITH_VALUES:
        return cell
    lower = cell.lower()
    return SEX.get(lower, lower) if column == "sex" else lower


def plain(name: str) -> str:
    """Write a column's name in lower case with ``_`` for blanks and hyphens."""
    return re.sub(r"[\s-]+", "_", name.strip().lower())


def known(sheet: str) -> dict[str, Column]:
    """Return the named columns of a sheet; facts of a person may stand in `samples` as well."""
    return {column.name: column for column in columns_of(sheet)}


def columns_of(sheet: str) -> tuple[Column, ...]:
    """Return the named columns of a sheet in order, those of a person at the end of `samples`."""
    facts = tuple(column for column in PATIENT_FACTS if column.name != "birth_year")
    return SHEETS[sheet] + (facts if sheet == "samples" else ())
