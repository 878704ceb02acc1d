"""Sex by RNAs and proteins of the sex chromosomes, against what the sheet says."""

import numpy as np
import pandas as pd

from evigil.quality.limits import MAD_TO_SD
from evigil.stats.roc import auc

#: Genes of the Y chromosome outside its pseudoautosomal regions, expressed in many tissues
#: [Skaletsky 2003, doi:10.1038/nature01722], and XIST, of the inactive X.
MALE = ("DDX3Y", "EIF1AY", "KDM5D", "NLGN4Y", "RPS4Y1", "RPS4Y2", "TMSB4Y", "USP9Y", "UTY", "ZFY")
FEMALE = ("XIST", "TSIX")
WORDS = {"m": "male", "male": "male", "man": "male", "f": "female", "female": "female"}
WORDS |= {"w": "female", "woman": "female"}
# Ours: people of each sex, how well these must tell them apart, and how far from its own a sample
# must lie, in robust SDs.
FEWEST, NEEDED, FAR = 5, 0.95, 3.0


def linked(features: pd.Index) -> tuple[list[str], list[str]]:
    """Return the features of the Y chromosome and of the inactive X: whole names, in any case."""
    names = {str(f).upper(): f for f in features}
    return [names[g] for g in MALE if g in names], [names[g] for g in FEMALE if g in names]


def sex_calls(
    values: pd.DataFrame, scale: str, sex: pd.Series, patients: pd.Series
) -> tuple[pd.DataFrame, str]:
    """Hold each sample's sex against its sheet.

    Parameters
    ----------
    values
        Counts or log2 values, shape (n_samples, n_features).
    scale
        ``counts`` become log2 of counts per million.
    sex, patients
        Of each sample, as the sheet has them.

    Returns
    -------
    calls
        ``score`` (log2, male is high), ``told`` (sex in the sheet), ``fits``, by sample; empty
        where sexes cannot be told.
    reason
        Why they cannot.
    """
    male, female = linked(values.columns)
    nothing = pd.DataFrame({"score": [], "told": [], "fits": []})
    if not male and not female:
        return nothing, "no RNA or protein of its features is known to be linked to sex"
    told = sex.astype(object).map(lambda word: WORDS.get(str(word).strip().lower(), ""))
    score = _level(values, scale, male) - _level(values, scale, female)
    known = (told != "") & score.notna()
    table = pd.DataFrame({"score": score, "told": told})[known]
    people = patients[known].groupby(table["told"]).nunique().reindex(["male", "female"])
    if not (people >= FEWEST).all():
        return nothing, f"fewer than {FEWEST} men or {FEWEST} women"
    is_male = table["told"] == "male"
    if auc(is_male, table["score"]) < NEEDED:
        return nothing, "what is linked to sex does not tell men from women here"
    return table.assign(fits=_fits(table["score"], is_male)), ""


def _fits(score: pd.Series, is_male: pd.Series) -> pd.Series:
    """Say which samples are not far from their own sex and nearer to the other."""
    groups = {male: score[is_male == male] for male in (True, False)}
    centre = {male: group.median() for male, group in groups.items()}
    spread = {
        male: max(MAD_TO_SD * float((group - centre[male]).abs().median()), 0.1)
        for male, group in groups.items()
    }
    own = is_male.map(centre)
    far = (score - own).abs() > FAR * is_male.map(spread)
    nearer = (score - (~is_male).map(centre)).abs() < (score - own).abs()
    return ~(far & nearer)


def _level(values: pd.DataFrame, scale: str, features: list[str]) -> pd.Series:
    """Return the mean level of features; what was not detected is as low as the lowest is."""
    if not features:
        return pd.Series(0.0, values.index)
    if scale == "counts":
        million = values.sum(axis=1).where(lambda total: total > 0) / 1e6
        return np.log2(values[features].div(million, axis=0) + 1).mean(axis=1)
    found = values[features]
    return found.fillna(found.min()).mean(axis=1)
