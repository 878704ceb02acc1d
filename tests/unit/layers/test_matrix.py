"""Tables of other layers are on the scale that they are said to be on."""

import pytest

from evigil.errors import UserError
from evigil.layers.matrix import read_layer_table


@pytest.mark.parametrize(
    ("cell", "scale", "expected"),
    [
        ("-1", "linear", "-1 is below 0, which a linear scale cannot hold; is the table log2?"),
        (
            "8e7",
            "log2",
            "8e+07 is no logarithm of an amount (within 64 of 0); is the table linear?",
        ),
    ],
)
def test_values_that_contradict_the_scale(tmp_path, cell, scale, expected):
    path = tmp_path / "lipids.tsv"
    path.write_text(f"lipid\tS1\tS2\nPC\t5\t{cell}\n")
    with pytest.raises(UserError) as caught:
        read_layer_table(path, ["S1", "S2"], scale)
    assert str(caught.value) == f"{path}: sample 'S2', feature 'PC': {expected}"
