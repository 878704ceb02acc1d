"""The layer that a classifier is made from: what its values are, and how they are normalised."""

from collections.abc import Mapping
from typing import Any, NamedTuple

COUNTS, LOG2 = "counts", "log2"


class Layer(NamedTuple):
    """A layer and its scale.

    Attributes
    ----------
    name
        ``smallrna``, ``proteomics`` or that of a table.
    scale
        ``counts`` or ``log2``; of log2 values a missing one is missing.
    normalisation
        Of log2 values, inside the folds: ``median``, ``spike`` or ``none``. Counts have their own.
    spike
        The spiked features, for ``spike``.
    roll_up
        By format, the frozen offsets of the ions that the values were rolled up from.
    """

    name: str = "smallrna"
    scale: str = COUNTS
    normalisation: str = "none"
    spike: tuple[str, ...] = ()
    roll_up: Mapping[str, Any] | None = None


SMALLRNA = Layer()


def layer_of(name: str, scale: str, stage: Mapping[str, Any] | None = None) -> Layer:
    """Return a layer as its stage left it.

    Parameters
    ----------
    name, scale
        Of the layer.
    stage
        What the stage froze (``reference.json``): its ``roll_up`` and its ``normalisation``, as
        `evigil.matrix.log_scale.LogNormaliser.frozen` gives it. The folds fit the same anew on
        their own training part: a shift that a sample had before leaves nothing in it. A reference
        that was subtracted is the batch's own and fits nothing.
    """
    if scale == COUNTS or stage is None:
        return Layer(name, scale)
    frozen = stage["normalisation"]
    method = frozen["method"] if frozen["method"] in ("median", "spike") else "none"
    spiked = tuple(sorted(frozen["profile"])) if method == "spike" else ()
    return Layer(name, scale, method, spiked, stage.get("roll_up"))
