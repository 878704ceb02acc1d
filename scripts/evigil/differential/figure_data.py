"""What the pictures of a contrast show: matrices for the eye, never for a test."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from pandas.api.types import is_numeric_dtype

from evigil.differential.admission import admit
from evigil.differential.contrasts import Contrast
from evigil.differential.design import Design, build_design
from evigil.figures import COLOURS


class Picture(NamedTuple):
    """A contrast in a layer, as its pictures need it.

    Attributes
    ----------
    table
        ``<layer>.tsv``.
    values
        log2 values of the samples used, shape (n_samples, n_features); of counts log2 of the
        normalised count + 1.
    used
        The samples, with the columns that the contrast uses.
    scale
        ``counts`` or ``log2``.
    verdict
        ``p_values`` of ``design.json``.
    genes
        Of features that have one, the first 50 by p-value.
    """

    table: pd.DataFrame
    values: pd.DataFrame
    used: pd.DataFrame
    design: Design
    contrast: Contrast
    scale: str
    verdict: Mapping[str, str]
    genes: Mapping[str, str]

    def named(self, feature: str) -> str:
        """Return a feature with its gene, if it has one."""
        gene = self.genes.get(feature)
        return f"{gene} ({feature})" if gene else feature


def picture(
    table: pd.DataFrame,
    values: pd.DataFrame,
    scale: str,
    samples: pd.DataFrame,
    facts: Mapping[str, Any],
    contrast: Contrast,
) -> Picture:
    """Put together what the pictures show.

    Parameters
    ----------
    table
        ``<layer>.tsv``.
    values
        The layer's matrix, shape (n_samples, n_features).
    samples
        `Study.contrast_samples`.
    facts
        The layer's part of ``design.json``: which samples were used, and their size factors.
    """
    names = facts["samples"]["used"]
    used = admit(samples, contrast, None).used.loc[names]
    shown = values.loc[names].sort_index(axis=1)
    if scale == "counts":
        factors = pd.Series(facts["size_factors"]["values"]).loc[names]
        shown = np.log2(shown.div(factors, axis=0) + 1)
    design = build_design(used, contrast)
    genes = facts["features"].get("genes", {})
    return Picture(table, shown, used, design, contrast, scale, facts["p_values"], genes)


def top_features(found: Picture, number: int) -> list[str]:
    """Return the tested features with the smallest p-values."""
    tested = found.table[found.table["p_value"].notna()]
    return [str(feature) for feature in tested["feature"].head(number)]


def covariates_removed(found: Picture) -> pd.DataFrame:
    """Return the values less what the model gives to the covariates, as limma's removeBatchEffect.

    The question stays in: only the covariates' part of the fit is taken away. For pictures only.
    """
    matrix, values = found.design.matrix, complete(found)
    own = [c for c in matrix if c != "Intercept" and not _of_question(str(c), found)]
    if not own:
        return values
    coefficients = np.linalg.lstsq(matrix.to_numpy(), values.to_numpy(), rcond=None)[0]
    places = [list(matrix).index(column) for column in own]
    part = matrix[own].to_numpy() @ coefficients[places]
    part -= part.mean(axis=0)
    return values - part


def _of_question(column: str, found: Picture) -> bool:
    contrast = found.contrast
    parts = {part.partition("[")[0] for part in column.split(":")}
    asked = {contrast.column, contrast.interaction} - set(contrast.covariates)
    return bool(parts & asked)


def complete(found: Picture) -> pd.DataFrame:
    """Return the tested features with a missing value as the feature's mean: for the eye only."""
    tested = found.table.loc[found.table["p_value"].notna(), "feature"]
    values = found.values[sorted(tested)].astype(float)
    return values.fillna(values.mean())


def components(values: pd.DataFrame) -> tuple[pd.DataFrame, list[float]]:
    """Return two principal components of the samples and the share of variance of each.

    The sign, which is free, is set so that the loading largest in size is positive.
    """
    centred = values.to_numpy() - values.to_numpy().mean(axis=0)
    left, singular, right = np.linalg.svd(centred, full_matrices=False)
    largest = np.abs(right[:2]).argmax(axis=1)
    signs = np.sign(right[np.arange(len(largest)), largest])
    points = np.zeros((len(values), 2))  # a single feature has one component
    points[:, : len(signs)] = left[:, : len(signs)] * singular[: len(signs)] * signs
    shares = singular[: len(signs)] ** 2 / (singular**2).sum()
    table = pd.DataFrame(points, index=values.index, columns=["pc1", "pc2"])
    return table, [float(share) for share in shares]


def shown_group(found: Picture) -> pd.Series:
    """Return what colours a sample: its group, its level, or which third of a numeric column."""
    contrast, used = found.contrast, found.used
    if contrast.has_groups:
        named = {"case": contrast.case_label, "control": contrast.control_label}
        order = [contrast.control_label, contrast.case_label]
        return pd.Series(pd.Categorical(found.design.groups.map(named), order), used.index)
    column = used[contrast.column]
    if not is_numeric_dtype(column):
        return pd.Series(pd.Categorical(column.astype(str)), used.index)
    return thirds(column)


def group_colours(group: pd.Series) -> dict[str, str]:
    """Return the colour of each level, the same in every picture of a contrast."""
    levels = [str(level) for level in group.cat.categories]
    return {level: COLOURS[i % len(COLOURS)] for i, level in enumerate(levels)}


def thirds(column: pd.Series) -> pd.Series:
    """Return which third of its values a numeric column is in: ``low``, ``middle``, ``high``."""
    rank = column.rank(method="average", pct=True)
    words = np.select([rank <= 1 / 3, rank <= 2 / 3], ["low", "middle"], "high")
    named = [f"{column.name} {word}" for word in ("low", "middle", "high")]
    return pd.Series(pd.Categorical([f"{column.name} {w}" for w in words], named), column.index)
