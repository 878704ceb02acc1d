"""Any other matrix of proteins, features in rows or in columns: TSV, CSV, .xlsx or ``.h5ad``.

Its scale is declared, not guessed, but what contradicts it is refused. On the linear scale 0 means
that nothing was measured.
"""

import re
from collections.abc import Collection, Sequence

import numpy as np
import pandas as pd

from evigil.features.h5ad import names_in_h5ad
from evigil.features.layout import FEATURES_IN_ROWS
from evigil.features.marks import is_mark
from evigil.features.scale import logarithms, to_log2
from evigil.features.tables import FeatureTable, Peek, peek, read_feature_table
from evigil.features.text import MISSING, is_number
from evigil.proteomics.accessions import contaminants, decoys, plain_group
from evigil.proteomics.columns import plain, run_name
from evigil.proteomics.head import read_head
from evigil.proteomics.quantities import LEDGER, Quantities, plain_runs

LAYOUT = "matrix"
#: What a column of accessions may be called, as `plain` spells it; the first is looked for first.
ACCESSIONS = (
    *("proteingroup", "proteingroups", "proteinids", "majorityproteinids", "pgproteingroups"),
    *("proteinid", "protein", "proteins", "accession", "accessions", "proteinaccession"),
    *("proteinaccessions", "accessionnumber", "uniprot", "uniprotid", "uniprotids"),
    *("uniprotaccession", "masterproteinaccessions", "leadingproteins", "leadingrazorprotein"),
)
GENES = (
    *("genes", "gene", "genenames", "genename", "genesymbol", "genesymbols", "pggenes", "symbol"),
    *("proteingene", "proteingenes", "entrezgenesymbol", "hgncsymbol"),
)
#: Accessions of UniProt (https://www.uniprot.org/help/accession_numbers), in a header or bare.
ACCESSION = re.compile(
    r"(?:[a-z_]*(?:sp|tr)\|)?(?:[OPQ]\d[A-Z\d]{3}\d|[A-NR-Z]\d(?:[A-Z][A-Z\d]{2}\d){1,2})"
    r"(?:-\d+)?(?:[|;, ].*)?"
)
#: Share of a column's first cells that must be accessions where its name does not say so.
MOSTLY = 0.8


def run_names(
    path: str, layout: str = LAYOUT, samples: Collection[str] = (), scale: str | None = None
) -> list[str]:
    """Return the runs of a matrix: those of `samples` that it has.

    Parameters
    ----------
    scale
        If given, the first rows are held against it.

    Raises
    ------
    UserError
        If it has none of them, or opening it shows another fault.
    """
    samples = _spelled(path, samples) if len(samples) else _columns_of_numbers(path)
    found = peek(path, samples, counts=False, marks=True, namer=name_column)
    if scale:
        first = _first_values(read_head(path).rows, found)
        to_log2(path, pd.DataFrame({"value": first}, dtype=float), scale)
    return list(found.samples)


def _spelled(path: str, samples: Collection[str]) -> list[str]:
    """Add the columns that have a run's name but for folders and the ending of its file."""
    wanted = {run_name(name) for name in samples}
    others = (name for name in read_head(path).columns if run_name(name) in wanted)
    return list(dict.fromkeys([*samples, *others]))


def _columns_of_numbers(path: str) -> list[str]:
    """Return the columns that hold numbers, marks or nothing in the first rows."""
    head = read_head(path)
    if not head.rows:
        return names_in_h5ad(path)[0]
    cells = {
        name: [row[i] for row in head.rows[1:] if i < len(row)]
        for i, name in enumerate(head.columns)
        if name
    }
    named = name_column({name: column for name, column in cells.items() if column})
    return [
        name
        for name, column in cells.items()
        if name != named and all(c in MISSING or is_number(c) or is_mark(c) for c in column)
    ]


def _first_values(rows: Sequence[Sequence[str]], found: Peek) -> list[float]:
    """Return the values of the runs that the first rows hold."""
    if not rows:  # an .h5ad is not read for a look
        return []
    header, runs = [cell.strip() for cell in rows[0]], set(found.samples)
    if found.orientation == FEATURES_IN_ROWS:
        used = [i for i, name in enumerate(header) if name in runs]
        cells = (row[i] for row in rows[1:] for i in used if i < len(row))
    else:
        cells = (cell for row in rows[1:] if row[0].strip() in runs for cell in row[1:])
    return [float(cell) for cell in cells if is_number(cell)]


def read(
    path: str, layout: str = LAYOUT, samples: Collection[str] = (), scale: str | None = None
) -> Quantities:
    """Read a matrix.

    Parameters
    ----------
    samples
        Names of runs to be looked for: other columns of numbers are not used, and said. Without
        any, every column of numbers is a run.
    scale
        ``linear`` or ``log2``.

    Returns
    -------
    Quantities
        Of level ``protein``. Cells with a censoring mark (``<0.5``, ``**300``, ``below LOD``) are
        missing, marked, and have the limit that the mark gives.

    Raises
    ------
    UserError
        One line with row, column and value; a scale that is missing or contradicted.
    """
    samples = _spelled(path, samples) if len(samples) else _columns_of_numbers(path)
    table = read_feature_table(path, samples, counts=False, marks=True, namer=name_column)
    values = to_log2(path, table.values, scale)
    limit = None if table.limit is None else logarithms(table.limit, str(scale))
    if table.limit is not None and limit is not None and limit.isna().all(axis=None):
        limit = None
    marks = _marks(table.values.columns.astype(str))
    described = _described(table, list(marks.index[marks == ""]))
    names = _names(described)
    used = (marks == "").to_numpy()
    order = np.argsort(names[used], kind="stable")
    features = pd.Index(names[used][order], name="feature")

    def placed(layer: pd.DataFrame | None) -> pd.DataFrame | None:
        if layer is None:
            return None
        cells = layer.to_numpy()[:, used][:, order]
        return pd.DataFrame(cells, pd.Index(layer.index, name="run"), features)

    matrix = placed(values)
    assert matrix is not None
    described = described[used].iloc[order].set_axis(features)
    described["protein_group"] = described["protein_group"].map(plain_group)
    return Quantities(
        "matrix",
        LAYOUT,
        "protein",
        matrix,
        described,
        placed(table.censored),
        placed(limit),
        plain_runs(matrix.index),
        _ledger(matrix, marks),
        tuple(table.messages),
    )


def name_column(columns: dict[str, list[str]]) -> str | None:
    """Choose the column of names of a table with features in rows: by its name, else its cells.

    Parameters
    ----------
    columns
        First cells of each column that is no sample's.
    """
    spelling = {plain(name): name for name in reversed(columns)}
    named = next((spelling[name] for name in ACCESSIONS if name in spelling), None)
    if named is not None:
        return named
    return next((name for name, cells in columns.items() if _are_accessions(cells)), None)


def _are_accessions(cells: Collection[str]) -> bool:
    found = sum(ACCESSION.fullmatch(cell.strip()) is not None for cell in cells)
    return bool(cells) and found >= MOSTLY * len(cells)


def _described(table: FeatureTable, unmarked: Collection[str]) -> pd.DataFrame:
    """Return group, gene and peptides; a matrix that has no accession has genes for names."""
    var, names = table.var, table.values.columns.astype(str)
    spelling = {plain(str(name)): name for name in reversed(var.columns)}
    gene = next((spelling[name] for name in GENES if name in spelling), None)
    genes = var[gene].astype(str) if gene is not None else pd.Series("", names)
    # MaxQuant and UniProt write the symbol first, then older ones
    genes = genes.str.strip().str.split(r"[\s;,]+", regex=True).map(lambda parts: ";".join(parts))
    accessions = _are_accessions(unmarked) or gene is not None
    return pd.DataFrame(
        {
            "protein_group": names if accessions else "",
            "gene": genes.to_numpy() if accessions else names,
            "peptides": np.nan,
        },
        index=pd.Index(names, name="feature"),
    )


def _marks(names: pd.Index) -> "pd.Series[str]":
    """Return by feature the reason why it is not used, empty where it is."""
    marks = np.where(decoys(names), "decoy", np.where(contaminants(names), "contaminant", ""))
    return pd.Series(marks, names, dtype=object)


def _names(described: pd.DataFrame) -> np.ndarray:
    """Return the names of the features: headers as accessions, where these tell them apart."""
    given = described.index.to_numpy(object)
    names = np.array([plain_group(name) for name in given], dtype=object)
    return names if len(set(names)) == len(names) else given


def _ledger(values: pd.DataFrame, marks: pd.Series) -> pd.DataFrame:
    ledger = pd.DataFrame(0, index=values.index, columns=list(LEDGER))
    ledger["rows"] = len(marks)
    for reason in ("decoy", "contaminant"):
        ledger[reason] = int((marks == reason).sum())
    ledger["kept"] = values.notna().sum(axis=1)
    ledger["no_quantity"] = values.shape[1] - ledger["kept"]
    return ledger
