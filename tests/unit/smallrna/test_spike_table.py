"""The spike-ins' reads are found among the features by what they are, not by their name alone."""

import pandas as pd
from scipy import sparse

from evigil.smallrna.cohort import Cohort, Counts
from evigil.smallrna.counts import spike_table


def test_a_spike_in_may_be_called_as_something_else_is(tmp_path):
    sheet = tmp_path / "spikes.tsv"
    sheet.write_text("name\tsequence\tamount\nRNY4\tACTCATCTACGTACGCATCTAGTCT\t2\n")
    var = pd.DataFrame(
        {"biotype": ["Y_RNA", "spike_in"], "sequence": "", "members": ["RNY4", "RNY4"]},
        index=["RNY4", "RNY4:spike_in"],
    )
    counts = Counts({"X": sparse.csr_matrix([[900, 7]])}, ["s"], var)
    cohort = Cohort(counts, pd.DataFrame(), pd.DataFrame(), {})
    table = spike_table(cohort, str(sheet), pd.DataFrame({"sample": ["s"]}))
    assert table["reads"].tolist() == [7]
    assert spike_table(cohort, None, pd.DataFrame({"sample": ["s"]})).empty
