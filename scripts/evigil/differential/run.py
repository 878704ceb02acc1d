"""One contrast in one layer: samples in, the tables of the contract and the design out."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from evigil.confounding import Finding
from evigil.differential.admission import Admitted, admit
from evigil.differential.contrasts import Contrast
from evigil.differential.design import Design, build_design
from evigil.differential.models import Fit, fit
from evigil.differential.outputs import SIGNIFICANT, detection, main_table
from evigil.differential.p_values import shape
from evigil.differential.sensitivity import sensitivity
from evigil.errors import UserError

#: Features with the smallest p-values whose genes are kept: as many as a picture names.
NAMED = 50
NOT_AUDITED = "only contrasts of two groups are audited for confounding"


class Result(NamedTuple):
    """What a contrast says of a layer: three tables, and how they were made."""

    table: pd.DataFrame
    detection: pd.DataFrame
    sensitivity: pd.DataFrame
    design: dict[str, Any]


def analyse(
    values: pd.DataFrame,
    scale: str,
    samples: pd.DataFrame,
    gates: pd.DataFrame | None,
    contrast: Contrast,
    size_factors: str = "auto",
    low_counts: str = "auto",
    genes: pd.Series | None = None,
) -> Result:
    """Make the tables of a contrast in a layer.

    Parameters
    ----------
    values
        Shape (n_samples, n_features): counts, or log2 values with NaN where missing.
    scale
        ``counts`` or ``log2``.
    samples
        `Study.contrast_samples`.
    gates
        ``sample, gate, reasons`` of the layer; None uses every sample.
    size_factors, low_counts
        See `evigil.differential.models.fit`.
    genes
        The gene of each feature, where they have one: what people know a protein by.

    Raises
    ------
    UserError
        In one line, if the samples cannot answer the question or a count is no whole number.
    """
    values = _laid_out(values)

    def model(design: Design) -> Fit:
        return fit(values, scale, design, size_factors, low_counts)

    admitted = _measured(admit(samples, contrast, gates), values)
    n = values.shape[1]
    if scale == "counts":
        values = _supplied(values, admitted.used.index)
    design = _design(admitted, contrast)
    main = model(design)
    measured = values.loc[design.matrix.index]
    detected = measured > 0 if scale == "counts" else measured.notna()
    others = sensitivity(
        main, admitted.used, contrast, lambda used, changed: model(build_design(used, changed))
    )
    table = main_table(main, detected, design)
    facts = _facts(admitted, design, main, table, detected, contrast)
    facts["features"]["not_supplied"] = n - values.shape[1]
    if genes is not None:
        facts["features"]["genes"] = _genes(genes, table)
    return Result(table, detection(detected, design), others, facts)


def _genes(genes: pd.Series, table: pd.DataFrame) -> dict[str, str]:
    """Return the genes of the features that a picture or a page may name."""
    first = table.loc[table["p_value"].notna(), "feature"].head(NAMED)
    known = genes.reindex(first).astype(object).fillna("")
    return {str(feature): str(gene) for feature, gene in known.items() if gene}


def _design(admitted: Admitted, contrast: Contrast) -> Design:
    """Build the model; a refusal says also who was left out before, often its cause."""
    try:
        return build_design(admitted.used, contrast)
    except UserError as error:
        out = len(admitted.left_out)
        if not out:
            raise
        first = admitted.left_out.iloc[0]
        number = "1 sample was" if out == 1 else f"{out:,} samples were"
        raise UserError(
            f"{error}; {number} left out before, first {first['sample']} ({first['reason']})"
        ) from error


def _laid_out(values: pd.DataFrame) -> pd.DataFrame:
    """Sort features and lay the numbers out anew: sums depend on how they lie in memory."""
    table = values.sort_index(axis=0).sort_index(axis=1)
    return pd.DataFrame(np.ascontiguousarray(table), table.index, table.columns)


def _supplied(counts: pd.DataFrame, used: pd.Index) -> pd.DataFrame:
    """Leave out features that a sample's source did not count: the model has no missing counts."""
    whole = counts.loc[used].notna().all()
    if not whole.any():
        raise UserError("no feature was counted in every sample of the contrast")
    return counts.loc[:, whole]


def _measured(admitted: Admitted, values: pd.DataFrame) -> Admitted:
    """Leave out samples that the matrix does not hold."""
    there = admitted.used.index.isin(values.index)
    absent = pd.DataFrame({"sample": admitted.used.index[~there], "reason": "not in the layer"})
    out = pd.concat([admitted.left_out, absent]).sort_values("sample", ignore_index=True)
    return Admitted(admitted.used[there], out)


def _facts(
    admitted: Admitted,
    design: Design,
    main: Fit,
    table: pd.DataFrame,
    detected: pd.DataFrame,
    contrast: Contrast,
) -> dict[str, Any]:
    found, p_values = design.groups.value_counts(), shape(table["p_value"])
    return {
        "formula": design.formula,
        "coefficients": list(design.matrix),
        "tested": design.tested,
        "levels": design.levels,
        "samples": {
            "used": list(design.matrix.index),
            "n": len(design.matrix),
            "patients": int(admitted.used["patient"].nunique()),
            "case": int(found.get("case", 0)) if contrast.has_groups else None,
            "control": int(found.get("control", 0)) if contrast.has_groups else None,
            "left_out": admitted.left_out.to_dict("records"),
        },
        "block": contrast.block,
        "features": {
            "n": len(table),
            "never_detected": int((~detected.any()).sum()),
            "tested": int(table["p_value"].notna().sum()),
            "significant": int((table["q_value"] < SIGNIFICANT).sum()),
        },
        "p_values": {"verdict": p_values.verdict, "meaning": p_values.meaning},
        **main.facts,
    }


def describe(
    contrast: Contrast, layers: Mapping[str, Mapping[str, Any]], audited: Finding
) -> dict[str, Any]:
    """Return ``design.json``: the question, the audit's verdict, and what each layer used."""
    verdict, reason = audited.verdict or None, audited.reason or NOT_AUDITED
    if audited.doubtful and contrast.covariates:
        reason += f"; the model adjusts for {', '.join(contrast.covariates)}"
    return {
        "contrast": contrast.name,
        "form": contrast.form,
        "question": contrast.question,
        "confounding": {"verdict": verdict, "reason": reason},
        "layers": dict(layers),
    }


def refuse_before(samples: pd.DataFrame, contrast: Contrast) -> Admitted:
    """Check a contrast before anything is measured; returns the samples that it is made from.

    Raises
    ------
    UserError
        If not even all samples could answer it.
    """
    admitted = admit(samples, contrast, None)
    if admitted.used.empty and len(admitted.left_out):
        first = admitted.left_out.iloc[0]
        raise UserError(
            f"{contrast.path}: no sample is left that can be used; first left out: "
            f"{first['sample']} ({first['reason']})"
        )
    _design(admitted, contrast)
    return admitted
