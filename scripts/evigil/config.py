"""Every key of the configuration: its type, default, meaning, and whether this version has it.

The models here are the only source of `workflow/schemas/`, of `docs/configuration.md` and of the
defaults. A field made by `later` belongs to a stage that is not built yet; `later_values` names
the values of a field that are not. `evigil.config_file` turns what a user wrote into a `Config`.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from evigil.config_types import (
    Additions,
    Columns,
    Count,
    Days,
    File,
    IsoDate,
    Lengths,
    Mismatches,
    Name,
    NotNegative,
    Number,
    OneOrMore,
    Positive,
    Selectors,
    Share,
    Specificity,
    Text,
    Visits,
)
from evigil.metrics import METRIC_NAMES, METRICS

RELEASE = "0.1"
DEFAULT_GATES = {name: dict(METRICS[name].limits) for name in METRIC_NAMES if METRICS[name].limits}


def later(default: Any, description: str) -> Any:
    """Declare a key of the contract that this version refuses unless it has its default."""
    return Field(default, description=description, json_schema_extra={"later": True})


def _with_default_gates(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    return DEFAULT_GATES | {metric: _with_off(limits) for metric, limits in value.items()}


def _with_off(limits: Any) -> Any:
    """Restore the key ``off``, which YAML 1.1 reads as false when it is not quoted."""
    if not isinstance(limits, dict):
        return limits
    return {"off" if key is False else key: value for key, value in limits.items()}


class Block(BaseModel):
    """A block of keys: nothing unknown, nothing converted by guess."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Reference(Block):
    """What the target `reference` builds into `results/reference/`."""

    species: Text = Field("hsa", description="miRBase species code.")
    sources: File | None = Field(
        None,
        description="TSV of the files to build from: name, format, class, source (path or URL), "
        "version, licence, sha256; default: the official files of the species.",
    )
    download: bool = Field(
        False, description="Fetch the sources that are URLs; each is checked by its sha256."
    )


class SmallRNA(Block):
    """Small RNA: reads or a ready count table. Leave the block out to switch the stage off."""

    libraries: File | None = Field(
        None, description="Sheet of FASTQ files, one row per library; see docs/usage.md."
    )
    counts: File | None = Field(
        None,
        description="A ready count table, TSV or CSV (also .gz), .xlsx or .h5ad, either way "
        "round; whole numbers.",
    )
    reference: Text = Field(
        "bundled",
        description="`bundled` (human), or the folder of a reference that the target `reference` "
        "built; what reads are assigned to.",
    )
    fasta: dict[Name, File] = Field(
        {},
        description="Further classes: name: path of a FASTA file; a class that the reference has "
        "no sequence of (`piRNA`, `snoRNA` of the bundled one), or a name of your own.",
    )
    class_order: list[Text] | None = Field(
        None,
        description="Order in which classes claim a read that fits several equally well; those not "
        "named follow in the default order.",
    )
    mismatches: Mismatches = Field(1, description="Mismatches allowed over the body of a read.")
    additions: Additions = Field(3, description="Non-templated 3′ nucleotides allowed on a miRNA.")
    lengths: Lengths = Field(
        [16, 50], description="Shortest and longest insert that is counted, in nucleotides."
    )
    spike_ins: File | None = Field(
        None, description="TSV of the spike-ins: name, sequence, amount (amol added per sample)."
    )


class Proteomics(Block):
    """Proteomics: what engines and affinity platforms wrote. Leave it out to switch it off."""

    tables: File = Field(
        description="Sheet of the tables, one row per file; see docs/usage.md.",
        examples=["config/proteomics.tsv"],
    )
    normalisation: Literal["median", "none", "reference", "spike"] = Field(
        "median",
        description="How mass-spectrometry samples are brought to one scale: by their medians, not "
        "at all, by the reference sample of their batch, or by spiked proteins. Olink and "
        "SomaScan stay on their own scale.",
    )
    panels: File | None = Field(
        None,
        description="TSV of markers of your own, beside those shipped; see docs/usage.md.",
    )
    reference_samples: Selectors | None = Field(
        None,
        description="Samples that carry the reference, of which `normalisation: reference` needs "
        "one in each batch; default: those of role reference.",
    )
    spike_proteins: Columns = Field(
        [], description="Accessions of the proteins that were spiked, for `normalisation: spike`."
    )
    fasta: File | None = Field(
        None, description="Protein FASTA without decoys that runs in mzML are searched against."
    )


class Layer(Block):
    """Any other feature table: lipids, metabolites, mRNA fragments."""

    table: File = Field(
        description="A table, TSV or CSV (also .gz), .xlsx or .h5ad, either way round."
    )
    scale: Literal["linear", "log2", "counts"] = Field(
        description="Scale of its values: `counts` are whole numbers; `linear` is brought to log2, "
        "0 as missing."
    )


class Gate(Block):
    """Limits of one metric. Between `warn` and `fail` a sample is used, with a warning."""

    fail_below: Number | None = Field(None, description="A value below this fails.")
    warn_below: Number | None = Field(None, description="A value below this warns.")
    fail_above: Number | None = Field(None, description="A value above this fails.")
    warn_above: Number | None = Field(None, description="A value above this warns.")
    critical: bool | None = Field(
        None, description="Whether a failure fails the sample; default: as the metric is built."
    )
    off: bool = Field(False, description="Do not judge this metric.")


class Quality(Block):
    """Gates: which samples are good enough to be fitted and reported; and what the audit sees."""

    gates: Annotated[dict[str, Gate], BeforeValidator(_with_default_gates)] = Field(
        {name: Gate.model_validate(limits) for name, limits in DEFAULT_GATES.items()},
        description=f"Limits per metric ({', '.join(METRIC_NAMES)}); a metric not named keeps "
        "its default.",
    )
    reference: Selectors | None = Field(
        None,
        description="Samples that fitted limits come from; default: the union of all classifiers' "
        "training samples, else every sample.",
    )
    technical: Columns = Field(
        [],
        description="Further sheet columns that the confounding audit takes for batches, as it "
        "does site, batch and run; always categories.",
    )


class Contrast(Block):
    """One contrast, in exactly one form: case and control (and interaction), per, or test."""

    column: Text = Field(description="Sheet column that is compared.")
    case: OneOrMore | None = Field(None, description="Value or values of `column` that are cases.")
    control: OneOrMore | None = Field(None, description="Value or values that are controls.")
    per: Positive | None = Field(
        None, description="Fold changes are for this much more of a numeric `column`."
    )
    interaction: Text | None = Field(
        None,
        description="Numeric column, or one with two levels, along which the difference between "
        "cases and controls may change: that change is tested.",
    )
    test: Literal["lrt"] | None = Field(
        None, description="Test all levels of `column` at once; gives no fold change."
    )
    select: Selectors = Field({}, description="Samples it is made from; default: all.")
    covariates: Columns = Field([], description="Columns to adjust for, batch among them.")
    block: Text | None = Field(
        None, description="Column of repeated measures, such as `patient` with several draws each."
    )
    layers: Columns = Field(
        [], description="Layers it is made in, each by itself; default: all of the study."
    )


class Differential(Block):
    """Differential analysis. Leave the block out to switch the stage off."""

    size_factors: Literal["auto", "ratio", "poscounts"] = Field(
        "auto",
        description="Features positive in all samples, or all with zeros as 1; auto: the first "
        "with at least 50 of them.",
    )
    filter: Literal["auto", "none"] = Field(
        "auto", description="Leave out features with too few reads for the design, or none."
    )
    gene_sets: File | None = Field(None, description="Gene sets for over-representation, GMT.")
    targets: File | None = Field(
        None, description="Targets of miRNAs, a table with the columns mirna and gene."
    )
    contrasts: dict[Name, Contrast] = Field(min_length=1, description="Contrasts by name.")


class Classifier(Block):
    """One classifier: cases against controls."""

    column: Text | None = Field(None, description="Sheet column with the case and control values.")
    case: OneOrMore | None = Field(None, description="Value or values of `column` that are cases.")
    control: OneOrMore | None = Field(None, description="Value or values that are controls.")
    layers: Columns = Field(
        [],
        description="The layer it uses; default: the first that the study has of smallrna, "
        "proteomics and those of `layers`. Version 0.1 takes one.",
    )
    covariates: dict[str, Literal["adjust", "include", "ignore"]] = later(
        {}, "Covariates, and what is done with each."
    )
    train: Selectors = Field(
        {},
        description="Samples it is trained on; default: all of the patients who are not held out.",
    )
    hold_out: Selectors | None = Field(
        None, description="Samples kept apart until the model is locked."
    )
    specificities: list[Specificity] = Field(
        [0.90, 0.95, 0.98, 0.99],
        min_length=1,
        description="Specificities at which sensitivity is reported.",
    )
    operating_specificity: Specificity = Field(
        0.95, description="The one of `specificities` whose threshold calls a sample positive."
    )
    repeats: Count = Field(5, description="Repeats of the 5-fold cross-validation.")
    permutations: NotNegative = later(199, "Permutations of the labels for the null.")
    prevalence: Share = later(0.01, "Share of cases where it would be used.")
    model: File | None = Field(
        None, description="Folder of a locked model: score only, train nothing."
    )


class Monitoring(Block):
    """One monitoring: what a marker does within a person, visit by visit."""

    classifier: Text | None = Field(
        None, description="Classifier whose score is followed; or give `series`."
    )
    series: File | None = Field(None, description="Long table of marker values, one per row.")
    markers: list[Text] | None = Field(
        None, min_length=1, description="Markers of the series to follow; default: all."
    )
    reference: Selectors | File = Field(
        {"status": ["disease_free"]},
        description="Selectors of the disease-free reference draws, or a `reference.json`.",
        union_mode="left_to_right",
    )
    reference_min_follow_up_days: Days = Field(
        365, description="Follow-up without recurrence that admits a reference draw."
    )
    scale: Literal["log", "linear"] = Field(
        "log",
        description="Scale on which values vary evenly; the score of a classifier is linear.",
    )
    threshold: Number | None = Field(
        None,
        description="A fixed clinical cut-off in marker units; replaces the calibrated single "
        "threshold.",
    )
    specificity: Specificity = Field(0.95, description="Specificity that thresholds are set for.")
    per: Literal["patient", "test", "patient_year"] = Field(
        "patient",
        description="What `specificity` refers to.",
        json_schema_extra={"later_values": ["patient_year"]},
    )
    planned_visits: Visits = Field(
        6, description="Visits over which the specificity per patient is kept."
    )
    primary_rule: Literal["single", "peb", "change_point", "cusum", "ewma", "rcv"] = Field(
        "peb",
        description="The rule that raises an alert.",
        json_schema_extra={"later_values": ["change_point", "cusum", "ewma", "rcv"]},
    )
    confirm: bool = later(False, "An alert needs a second visit that confirms it.")
    cusum_k: Positive = later(0.5, "Allowance of the CUSUM.")
    ewma_lambda: Share = later(0.3, "Weight of the newest visit in the EWMA.")
    cv_analytical: Positive | None = later(None, "CV of the assay; default: measured.")
    cv_individual: Positive | None = later(None, "CV within a healthy person.")
    prior_hazard_per_year: Share | None = later(None, "Recurrences per patient-year.")


class Reports(Block):
    """What is written for people to read."""

    language: Literal["en", "zh-Hant"] = Field(
        "en",
        description="Language of the patient report.",
        json_schema_extra={"later_values": ["zh-Hant"]},
    )
    formats: list[Literal["html", "pdf", "fhir"]] = Field(
        ["html"],
        min_length=1,
        description="Forms of the patient report.",
        json_schema_extra={"later_values": ["pdf", "fhir"]},
    )
    previous: File | None = later(None, "Folder of an earlier run's reports.")
    date: IsoDate | None = Field(
        None, description="Date of the report (YYYY-MM-DD); default: the last draw."
    )
    font: File | None = later(None, "Font file for the PDF.")
    authorised_by: Text | None = later(None, "Name that makes a report final.")
    schedule_days: Count | None = later(None, "Planned days between draws.")


class Config(Block):
    """The whole configuration."""

    project: Name = Field(description="Name of the project: letters, digits, - and _.")
    samples: File | None = Field(
        None, description="Sample sheet, one row per specimen; not needed for a series alone."
    )
    patients: File | None = Field(None, description="Patient sheet, one row per person.")
    seed: NotNegative = Field(20260101, description="Seed of everything that is drawn at random.")
    categorical: Columns = Field([], description="Numeric sheet columns to treat as categories.")
    private: Columns = Field([], description="Identifying columns to drop at reading.")
    reference: Reference = Field(
        Reference.model_validate({}), description="What the target `reference` builds."
    )
    smallrna: SmallRNA | None = Field(None, description="Small RNA.")
    proteomics: Proteomics | None = Field(None, description="Proteomics.")
    layers: dict[Name, Layer] = Field(
        {}, description="Other feature tables by name: lipids, metabolites, mRNA fragments."
    )
    quality: Quality = Field(Quality.model_validate({}), description="Gates.")
    differential: Differential | None = Field(None, description="Differential analysis.")
    classifiers: dict[Name, Classifier] = Field({}, description="Classifiers by name.")
    monitoring: dict[Name, Monitoring] = Field({}, description="Monitorings by name.")
    reports: Reports = Field(Reports.model_validate({}), description="Reports.")
