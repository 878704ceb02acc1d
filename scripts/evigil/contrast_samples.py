"""The samples that a contrast of the differential analysis speaks of."""

import pandas as pd

from evigil.config import Contrast
from evigil.config_contrasts import columns_by_key
from evigil.sheets.selectors import equal, match


def contrast_samples(specimens: pd.DataFrame, block: Contrast) -> pd.DataFrame:
    """Return the specimens of a contrast.

    Parameters
    ----------
    specimens
        Samples with role sample, joined to patients, sorted by sample.
    block
        The contrast.

    Returns
    -------
    pandas.DataFrame
        ``sample, patient``, then the columns that the contrast uses, ``sex`` and ``replicate_of``
        where the study has them; sorted by sample. Replicates and samples that lack a covariate are
        in it: the analysis leaves them out and says so.
    """
    used = [column for columns in columns_by_key(block).values() for column in columns]
    used += [column for column in ("sex", "replicate_of") if column in specimens]
    columns = dict.fromkeys(["sample", "patient", *used])
    kept = match(specimens, block.select)
    if block.case is not None and block.control is not None:
        kept &= equal(specimens[block.column], block.case + block.control)
    else:
        kept &= specimens[block.column].notna()
    return specimens.loc[kept, list(columns)].reset_index(drop=True)
