"""What is wrong between the keys of a contrast that are each right."""

from evigil.config import Contrast

FORM_KEYS = ("case", "control", "per", "interaction", "test")
FORMS = (
    {"case", "control"},
    {"case", "control", "interaction"},
    {"per"},
    {"test"},
)


def columns_by_key(block: Contrast) -> dict[str, list[str]]:
    """Return the sheet columns that each key of a contrast names."""
    return {
        "column": [block.column],
        "covariates": list(block.covariates),
        "interaction": [block.interaction] if block.interaction else [],
        "block": [block.block] if block.block else [],
    }


def key_faults(path: str, block: Contrast) -> list[str]:
    """Return the faults of a contrast, one line each.

    Parameters
    ----------
    path
        Where it stands, for example ``differential.contrasts.crc``.
    block
        The contrast.
    """
    given = [key for key in FORM_KEYS if getattr(block, key) is not None]
    faults = []
    if set(given) not in FORMS:
        faults.append(
            f"{path} needs exactly one form: case and control, case and control and interaction, "
            f"per, or test: lrt; got {', '.join(given) or 'none of them'}"
        )
    both = sorted(set(block.case or []) & set(block.control or []))
    faults += [f"{path}: {value!r} is both a case and a control" for value in both]
    twice = sorted({layer for layer in block.layers if block.layers.count(layer) > 1})
    faults += [f"{path}.layers: {layer!r} is there twice" for layer in twice]
    first: dict[str, str] = {}
    for key, columns in columns_by_key(block).items():
        for column in columns:
            if column == "sample":
                faults.append(f"{path}.{key}: 'sample' names the samples; no two have the same")
            # a covariate may be the one that the contrast interacts with: its main effect is there
            if column in first and (first[column], key) != ("covariates", "interaction"):
                faults.append(f"{path}.{key}: {column!r} is in {first[column]} already")
            first.setdefault(column, key)
    return faults
