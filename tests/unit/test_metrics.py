"""The registry of metrics is whole, and settings that contradict each other are said."""

import subprocess
import sys

import pytest

from evigil.metrics import MEASURED, METRIC_NAMES, METRICS, gate_faults
from evigil.metrics_proteomics import CHARACTER, PROTEOMICS
from evigil.metrics_specimen import SPECIMEN


def test_what_this_version_measures():
    assert METRIC_NAMES == tuple(METRICS)
    of_reads = {metric.name for metric in METRICS.values() if metric.numerator in MEASURED}
    beyond = {metric.name for metric in (*SPECIMEN, *PROTEOMICS)} | {"outlier_distance"}
    assert {*METRICS} - of_reads == beyond
    # the sheet gives what the reads do not
    assert {m.denominator for m in METRICS.values()} - {*MEASURED, ""} == {"genome_reads"}


def test_metrics_of_proteins_are_measured():
    beyond = {"identifications", "protein_outlier_distance"}
    assert {metric.numerator for metric in PROTEOMICS} <= {*CHARACTER} | beyond
    critical = [metric.name for metric in PROTEOMICS if metric.critical]
    assert critical == ["protein_identifications", "category_3_excess"]


def test_a_metric_has_a_limit_or_a_reason_to_lack_one():
    for name, metric in METRICS.items():
        assert metric.name == name
        assert bool(metric.limits) + metric.fitted + bool(metric.widest or metric.note) == 1
        assert not (metric.fitted and metric.critical)  # fitted limits can only warn


def test_minimum_denominators():
    assert METRICS["top_feature_share"].minimum == 1000
    assert METRICS["transcriptome_reads"].minimum == 0


@pytest.mark.parametrize(
    ("gate", "faults"),
    [
        ({"fail_below": 0.1, "warn_below": 0.2, "warn_above": 0.3, "fail_above": 0.4}, []),
        ({"fail_below": 0.2, "warn_below": 0.2}, []),
        ({"fail_below": 0, "warn_below": None, "warn_above": None, "fail_above": 0}, []),
        ({"fail_below": 0.3, "warn_below": 0.2}, ["fail_below 0.3 is above warn_below 0.2"]),
        ({"warn_above": 0.3, "fail_above": 0.2}, ["warn_above 0.3 is above fail_above 0.2"]),
        ({"fail_below": 0.5, "fail_above": 0.4}, ["fail_below 0.5 is above fail_above 0.4"]),
        ({"critical": True, "off": True}, []),
        ({"critical": True, "fail_above": 0.5}, []),
        (
            {"critical": True},
            [
                "critical needs fail_below or fail_above; "
                "a warning limit alone, set or fitted, only warns"
            ],
        ),
    ],
)
def test_contradictions(gate, faults):
    prefix = "config: quality.gates.top_feature_share: "
    assert gate_faults({"top_feature_share": gate}) == [prefix + fault for fault in faults]


def test_a_temperature_may_be_below_zero():
    assert gate_faults({"storage_temperature": {"warn_above": -70}}) == []
    (fault,) = gate_faults({"storage_temperature": {"warn_above": -300}})
    assert fault.endswith("storage_temperature.warn_above must be -273.15 or more, got -300")


def test_a_logarithm_may_be_below_zero_and_a_fraction_is_at_most_one():
    assert gate_faults({"category_3_excess": {"warn_above": -1, "fail_above": 2}}) == []
    (fault,) = gate_faults({"category_3_share": {"warn_above": 8}})
    assert fault.endswith("category_3_share.warn_above must be from 0 to 1, got 8")


def test_critical_needs_no_limit_where_the_metric_has_one():
    assert gate_faults({"transcriptome_reads": {"critical": True}}) == []


def test_the_registry_is_light():
    code = "import sys, evigil.metrics; sys.exit('numpy' in sys.modules or 'pandas' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
