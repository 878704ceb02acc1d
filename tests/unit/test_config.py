"""The configuration: defaults, what is not built yet, and faults in one line each."""

import subprocess
import sys
from typing import Any

import pytest
from pydantic import TypeAdapter

from evigil.config import Config, Gate
from evigil.config_file import load_yaml, parse_config
from evigil.config_words import is_later, model_in, models_by_name
from evigil.errors import UserError


def raw(**keys: Any) -> dict[str, Any]:
    """Return a right configuration; ``classifiers__crc__repeats=3`` sets a key."""
    config: dict[str, Any] = {
        "project": "demo",
        "samples": "s.tsv",
        "smallrna": {"counts": "c.tsv"},
        "classifiers": {"crc": {"column": "condition", "case": "CRC", "control": ["healthy"]}},
        "monitoring": {"watch": {"classifier": "crc"}, "psa": {"series": "psa.tsv"}},
    }
    for path, value in keys.items():
        *blocks, last = path.split("__")
        block = config
        for name in blocks:
            block = block.setdefault(name, {})
        block[last] = value
    return config


def faults(config: dict[str, Any]) -> list[str]:
    with pytest.raises(UserError) as error:
        parse_config(config)
    return str(error.value).splitlines()


def test_defaults_are_those_of_the_contract():
    config = parse_config(raw())
    crc, watch = config.classifiers["crc"], config.monitoring["watch"]
    assert config.seed == 20260101
    gates = config.quality.gates
    assert gates["transcriptome_reads"] == Gate(fail_below=100000, warn_below=200000)
    assert gates["protocol_contradiction"] == Gate(fail_above=0)
    assert len(gates) == 24
    assert (crc.case, crc.control, crc.layers, crc.train) == (
        ["CRC"],
        ["healthy"],
        ["smallrna"],
        {},
    )
    assert crc.specificities == [0.90, 0.95, 0.98, 0.99]
    assert (crc.operating_specificity, crc.repeats, crc.prevalence) == (0.95, 5, 0.01)
    assert (crc.hold_out, crc.model) == (None, None)
    assert watch.reference == {"status": ["disease_free"]}
    assert (watch.reference_min_follow_up_days, watch.planned_visits) == (365, 6)
    assert (watch.scale, watch.specificity, watch.per, watch.primary_rule) == (
        "log",
        0.95,
        "patient",
        "peb",
    )
    assert config.reports.formats == ["html"]


def test_a_complete_configuration_is_its_own_input():
    config = parse_config(raw(monitoring__watch__reference="r.json", reports__date="2024-01-31"))
    assert parse_config(config.model_dump(mode="json")) == config


def test_null_means_the_default():
    config = parse_config(raw(seed=None, layers=None, quality=None, reports={"date": None}))
    assert config == parse_config(raw())


def test_a_gate_that_is_not_named_keeps_its_default():
    gates = parse_config(raw(quality={"gates": {"features_detected": {"fail_below": 50}}})).quality
    assert gates.gates["features_detected"] == Gate(fail_below=50)
    assert gates.gates["transcriptome_reads"] == Gate(fail_below=100000, warn_below=200000)
    off = parse_config(raw(quality={"gates": {"transcriptome_reads": {"off": True}}})).quality
    assert off.gates["transcriptome_reads"] == Gate(off=True)


def test_off_is_a_key_as_it_is_written(tmp_path):
    path = tmp_path / "c.yaml"
    path.write_text("gates: {haemolysis_index: {off: true}}\n")
    quality = parse_config(raw(quality=load_yaml(path))).quality
    assert quality.gates["haemolysis_index"] == Gate(off=True)


@pytest.mark.parametrize(
    ("written", "read"),
    [("diagnosis", ["diagnosis"]), (1, ["1"]), (["a", 2], ["a", "2"]), (0.5, ["0.5"])],
)
def test_selector_values_are_cells(written, read):
    assert parse_config(raw(classifiers__crc__train={"visit": written})).classifiers[
        "crc"
    ].train == {"visit": read}


def test_a_number_that_yaml_takes_for_text():
    levels = parse_config(raw(classifiers__crc__specificities=["95e-2"])).classifiers["crc"]
    assert levels.specificities == [0.95]


def test_a_date_that_yaml_takes_for_a_date(tmp_path):
    path = tmp_path / "c.yaml"
    path.write_text("project: a\nmonitoring: {m: {series: s}}\nreports: {date: 2024-01-31}\n")
    assert parse_config(load_yaml(path)).reports.date == "2024-01-31"


@pytest.mark.parametrize(
    ("keys", "line"),
    [
        (
            {"classifiers__crc__repeets": 3},
            "classifiers.crc.repeets is not a key (did you mean 'repeats'?)",
        ),
        (
            {"monitoring__watch__specificity": 95},
            "monitoring.watch.specificity must be above 0 and at most 0.9999, got 95",
        ),
        (
            {"monitoring__watch__specificity": 1},
            "monitoring.watch.specificity must be above 0 and at most 0.9999, got 1",
        ),
        (
            {"classifiers__crc__repeats": 0},
            "classifiers.crc.repeats must be a whole number from 1, got 0",
        ),
        (
            {"classifiers__crc__repeats": True},
            "classifiers.crc.repeats must be a whole number from 1, got true",
        ),
        (
            {"classifiers__crc__specificities": [0.9, 95]},
            "classifiers.crc.specificities must be a list, each above 0 and at most 0.9999, got 95",
        ),
        (
            {"monitoring__psa__threshold": float("nan")},
            "monitoring.psa.threshold must be a number, got nan",
        ),
        (
            {"monitoring__psa__threshold": -1},
            "monitoring.psa.threshold must be above 0 on a log scale, got -1.0",
        ),
        (
            {"reports__date": "31.1.2024"},
            "reports.date must be a date, YYYY-MM-DD, got '31.1.2024'",
        ),
        (
            {"reports__date": "2024-02-30"},
            "reports.date must be a date, YYYY-MM-DD, got '2024-02-30'",
        ),
        (
            {"smallrna__lengths": [50, 16]},
            "smallrna.lengths: the shortest, 50, is above the longest, 16",
        ),
        (
            {"smallrna__lengths": [16]},
            "smallrna.lengths must be two whole numbers from 16 to 200, the shortest and the "
            "longest, got [16]",
        ),
        ({"smallrna__mismatches": 2}, "smallrna.mismatches must be 0 or 1, got 2"),
        (
            {"smallrna__fasta": {"antisense": "t.fa"}},
            "smallrna.fasta.antisense: is no class but a fate of reads; choose another",
        ),
        (
            {"smallrna__fasta": {"spike_in": "t.fa"}},
            "smallrna.fasta.spike_in: spike-ins are given as smallrna.spike_ins",
        ),
        ({"samples": " "}, "samples must be a path, got ' '"),
        ({"monitoring__watch__markers": ["a"]}, "monitoring.watch.markers needs series"),
        ({"monitoring__watch": None}, "monitoring.watch must be a block of keys, got null"),
        (
            {"classifiers__crc__layers": ["smalrna"]},
            "classifiers.crc.layers: 'smalrna' is not a layer (did you mean 'smallrna'?)",
        ),
        (
            {"smallrna": None},
            "classifiers.crc needs one of the blocks smallrna, proteomics or layers",
        ),
        (
            {"classifiers__crc__layers": ["proteomics"]},
            "classifiers.crc.layers: proteomics needs the block proteomics",
        ),
        (
            {"layers": {"specimen": {"table": "l.tsv", "scale": "log2"}}},
            "layers.specimen: the name is taken by the results; choose another",
        ),
        (
            {"proteomics": {"tables": "t.tsv", "normalisation": "spike"}},
            "proteomics.normalisation: spike needs spike_proteins",
        ),
        (
            {"proteomics": {"tables": "t.tsv", "spike_proteins": ["P02769"]}},
            "proteomics.spike_proteins needs normalisation: spike",
        ),
        (
            {"proteomics": {"tables": "t.tsv", "reference_samples": {"role": "reference"}}},
            "proteomics.reference_samples needs normalisation: reference",
        ),
        ({"classifiers__crc__column": None}, "classifiers.crc.column is missing"),
    ],
)
def test_a_fault_is_one_line(keys, line):
    assert faults(raw(**keys)) == [f"config: {line}"]


def test_every_fault_is_said_at_once():
    assert faults(raw(seed=-1, prject="x", reports__language="zh-Hant")) == [
        "config: reports.language: zh-Hant is not available in version 0.1",
        "config: seed must be a whole number from 0, got -1",
        "config: prject is not a key (did you mean 'project'?)",
    ]


def test_who_names_no_layer_gets_those_of_the_study():
    blocks = {
        "proteomics": {"tables": "t.tsv"},
        "layers": {name: {"table": f"{name}.tsv", "scale": "linear"} for name in "ba"},
        "differential": {"contrasts": {"age": {"column": "age", "per": 10}}},
    }
    config = parse_config(raw(**blocks))
    assert config.classifiers["crc"].layers == ["smallrna"]
    assert config.differential.contrasts["age"].layers == ["smallrna", "proteomics", "a", "b"]
    config = parse_config(raw(**blocks, smallrna=None))
    assert config.classifiers["crc"].layers == ["proteomics"]


def test_a_classifier_takes_one_layer():
    two = {
        "proteomics": {"tables": "t.tsv"},
        "classifiers__crc__layers": ["smallrna", "proteomics"],
    }
    assert faults(raw(**two)) == [
        "config: classifiers.crc.layers: several layers in one classifier are not available in "
        "version 0.1; name one of smallrna, proteomics"
    ]


def test_a_locked_model_needs_no_labels():
    config = raw(classifiers={"crc": {"model": "model"}})
    assert parse_config(config).classifiers["crc"].column is None


@pytest.mark.parametrize(
    ("keys", "path"),
    [
        ({"classifiers__crc__covariates": {"age": "adjust"}}, "classifiers.crc.covariates"),
        ({"classifiers__crc__permutations": 99}, "classifiers.crc.permutations"),
        ({"monitoring__watch__confirm": True}, "monitoring.watch.confirm"),
        ({"monitoring__watch__cusum_k": 1.0}, "monitoring.watch.cusum_k"),
        ({"monitoring__watch__cv_analytical": 0.1}, "monitoring.watch.cv_analytical"),
        (
            {"monitoring__watch__prior_hazard_per_year": 0.1},
            "monitoring.watch.prior_hazard_per_year",
        ),
        ({"reports__previous": "old"}, "reports.previous"),
        ({"reports__schedule_days": 90}, "reports.schedule_days"),
        ({"monitoring__watch__per": "patient_year"}, "monitoring.watch.per: patient_year"),
        ({"monitoring__watch__primary_rule": "cusum"}, "monitoring.watch.primary_rule: cusum"),
        ({"reports__formats": ["html", "pdf"]}, "reports.formats: pdf"),
    ],
)
def test_what_is_not_built_is_refused(keys, path):
    assert faults(raw(**keys)) == [f"config: {path} is not available in version 0.1"]


def later_fields(model: Any = Config) -> int:
    found = 0
    for field in model.model_fields.values():
        found += is_later(field)
        inner = model_in(field.annotation) or models_by_name(field.annotation)
        found += later_fields(inner) if inner and not is_later(field) else 0
    return found


def test_a_key_that_is_not_built_may_have_its_default():
    defaults = {
        "reference": {"species": "hsa"},
        "layers": {},
        "smallrna": {"counts": "c.tsv", "lengths": [16, 50], "reference": "bundled"},
    }
    assert parse_config(raw(**defaults, classifiers__crc__permutations=199)) == parse_config(raw())
    assert later_fields() == 13


def test_every_key_is_described():
    def walk(model: Any) -> None:
        for name, field in model.model_fields.items():
            assert field.description, f"{model.__name__}.{name}"
            if not field.is_required():
                kind: Any = field.annotation
                default = field.get_default()
                dumped = TypeAdapter(kind).dump_python(default)
                assert dumped is None or TypeAdapter(kind).validate_python(dumped) == default
            inner = model_in(field.annotation) or models_by_name(field.annotation)
            if inner:
                walk(inner)

    walk(Config)


def test_a_merge_key_of_yaml_may_come_twice_with_its_own_keys(tmp_path):
    path = tmp_path / "c.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: &x {k: 1}\r\nb: {<<: *x, k: 2}\r\n")
    assert load_yaml(path) == {"a": {"k": 1}, "b": {"k": 2}}


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("? [a, b]\n: 1\n", "c.yaml: line 1: found unhashable key"),
        (
            "a: !!python/object:os.system {}\n",
            "c.yaml: line 1: could not determine a constructor for "
            "the tag 'tag:yaml.org,2002:python/object:os.system'",
        ),
        ("a: 1\n---\nb: 2\n", "c.yaml: line 2: but found another document"),
        (
            "a: \x01\n",
            "c.yaml: not YAML: unacceptable character #x0001: special characters are not allowed",
        ),
        ("a: b: c\n", "c.yaml: line 1: mapping values are not allowed here"),
    ],
)
def test_yaml_that_is_wrong_is_one_line(tmp_path, monkeypatch, text, line):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "c.yaml").write_text(text)
    with pytest.raises(UserError) as error:
        load_yaml("c.yaml")
    assert str(error.value) == line


def test_importing_the_configuration_imports_nothing_heavy():
    code = "import sys, evigil.config_file; print({'pandas', 'numpy', 'scipy'} & set(sys.modules))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "set()"
