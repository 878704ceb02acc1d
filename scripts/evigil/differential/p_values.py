"""What the shape of the p-values says of a model, before anybody reads a single one."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

BINS = 20
ENOUGH = 100
LEVEL = 0.05

WORDS = {
    "uniform": "flat: no more small p-values than chance gives",
    "anti-conservative": "more small p-values than chance gives and flat elsewhere: signal, or a "
    "cause that the model lacks",
    "conservative": "fewer small p-values than chance gives: the model is too careful, or tests "
    "depend on each other",
    "bimodal": "many small and many large p-values: signal, and tests that cannot reject, such as "
    "those of few counts",
    "uneven": "neither flat nor high at the left end only: a cause that the model lacks is likely",
    "too few": f"fewer than {ENOUGH} tests: no verdict",
}


class Shape(NamedTuple):
    """Verdict on a histogram of p-values: a word of `WORDS`, and that word's meaning."""

    verdict: str
    meaning: str
    counts: list[int]
    limit: float


def shape(p_values: ArrayLike) -> Shape:
    """Judge a histogram of p-values.

    Each of 20 bins is held against the binomial limits of a uniform distribution, at 5 % over all
    bins (Bonferroni). A first bin that is too high, and the highest, is ``anti-conservative``; with
    one of the right half too high as well it is ``bimodal``. The rule is ours, after Breheny,
    Stromberg and Lambert (2018), doi:10.3390/ht7030023.

    Parameters
    ----------
    p_values
        Shape (n,); NaN = not tested.
    """
    from scipy.stats import binom

    p = np.asarray(p_values, dtype=float)
    p = p[~np.isnan(p)]
    counts = np.histogram(p, bins=BINS, range=(0, 1))[0]
    high = float(binom.ppf(1 - LEVEL / BINS / 2, max(len(p), 1), 1 / BINS))
    low = float(binom.ppf(LEVEL / BINS / 2, max(len(p), 1), 1 / BINS))
    word = "too few" if len(p) < ENOUGH else _word(counts > high, counts < low, counts)
    return Shape(word, WORDS[word], counts.tolist(), high)


def _word(above: np.ndarray, below: np.ndarray, counts: np.ndarray) -> str:
    half = BINS // 2
    right = above[half:].any()
    if above[0]:
        return "bimodal" if right else _fallen(counts)
    if below[0] or (right and counts[0] <= counts.mean()):
        return "conservative"
    return "uneven" if above.any() or below.any() else "uniform"


def _fallen(counts: np.ndarray) -> str:
    """Call a high first bin signal unless something in the middle is higher still."""
    return "anti-conservative" if counts[0] == counts.max() else "uneven"
