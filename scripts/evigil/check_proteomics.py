"""What opening the tables of proteins, and those of other layers, shows."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from evigil.config_words import show
from evigil.errors import UserError
from evigil.features.tables import peek
from evigil.sheets.proteomics import RAW
from evigil.study import Study

#: Formats of which a study may have several tables of one sample: panels of other assays.
PANELS = ("olink", "somascan")
NAMED = 5
#: Tables of fewer bytes are read in a fraction of a second.
READ_WHOLE = 3_000_000


def open_tables(study: Study) -> list[str]:
    """Open every table of proteins and say what it is, a line each.

    Raises
    ------
    UserError
        With every fault, one line each: a format that is not known or not the declared one, a run
        of no sample, a sample in two tables, markers that cannot be read.
    """
    settings = study.config.proteomics
    if settings is None:
        return []
    lines: list[str] = []
    faults = [] if settings.panels is None else _panel_faults(settings.panels)
    faults += _fasta_faults(study)
    first: dict[str, tuple[str, str]] = {}
    for row in study.tables.sort_values("row").to_dict("records"):
        place = f"{settings.tables}: row {row['row']}"
        try:
            kind, said, samples = _open_table(study, {str(k): v for k, v in row.items()})
            lines += said
        except UserError as error:
            faults += [f"{place}: {line}" for line in str(error).splitlines()]
            continue
        twice = []
        for sample in samples:
            path, other = first.setdefault(sample, (row["path"], kind))
            if path != row["path"] and not (kind in PANELS and other in PANELS):
                twice.append((sample, path))
        if twice:
            more = f" (and {len(twice) - 1:,} more)" if len(twice) > 1 else ""
            faults.append(
                f"{place}: sample {show(twice[0][0])}{more} of {row['path']} is in {twice[0][1]} "
                "too; a sample enters once"
            )
    if faults:
        raise UserError("\n".join(faults))
    return [*lines, *_lacking(study, set(first))]


def _open_table(study: Study, row: Mapping[str, Any]) -> tuple[str, list[str], list[str]]:
    """Return the format of a table, lines that say what it is, and its samples."""
    from evigil.proteomics.detect import run_names
    from evigil.proteomics.runs import match, wanted_names

    known, mapping = study.samples["sample"].tolist(), row["runs"] or None
    if row["format"] == RAW:
        from evigil.proteomics.raw.study import check_run

        own = check_run(row["path"], row["runs"], known)
        return RAW, [f"proteomics: {row['path']}: {RAW}, sample {own}"], [own]
    kind, layout, runs = run_names(
        row["path"], row["format"], row["scale"] or None, wanted_names(known, mapping)
    )
    found = match(runs, known, mapping, row["path"])
    batch = f", batch {row['batch']}" if row["batch"] else ""
    number = f"{len(found.samples):,} sample{'s' * (len(found.samples) != 1)}"
    lines = [f"{row['path']}: {kind} ({layout}), {number}{batch}", *found.notes]
    return kind, [f"proteomics: {line}" for line in lines], list(found.samples.values())


def _lacking(study: Study, there: set[str]) -> list[str]:
    """Say which samples no table has: the layer is not supplied for them."""
    lacking = [sample for sample in study.samples["sample"] if sample not in there]
    if not lacking:
        return []
    named = ", ".join([*map(show, lacking[:NAMED]), *(["…"] if len(lacking) > NAMED else [])])
    number = f"{len(lacking):,} sample{'s' * (len(lacking) > 1)}"
    return [f"proteomics: {number} of the sheet in no table ({named}): not supplied"]


def _fasta_faults(study: Study) -> list[str]:
    from evigil.proteomics.raw.search import read_fasta_text

    settings = study.config.proteomics
    if settings is None or settings.fasta is None or not (study.tables["format"] == RAW).any():
        return []
    try:
        read_fasta_text(settings.fasta)
    except UserError as error:
        return str(error).splitlines()
    return []


def _panel_faults(panels: str) -> list[str]:
    from evigil.proteomics.panels import read_panels

    try:
        read_panels(panels)
    except UserError as error:
        return str(error).splitlines()
    return []


def open_layers(study: Study) -> list[str]:
    """Open the tables of other layers and say how they stand, a line each.

    Raises
    ------
    UserError
        With what the header and the first rows of each show, or all of a small one, one line each.
    """
    from evigil.layers.matrix import read_layer_table

    lines: list[str] = []
    faults: list[str] = []
    for name, layer in sorted(study.config.layers.items()):
        try:
            samples = study.samples["sample"]
            found = peek(layer.table, samples, counts=layer.scale == "counts")
            lines += [f"{name}: {message}" for message in found.messages]
            if Path(layer.table).stat().st_size < READ_WHOLE:
                read_layer_table(layer.table, samples, layer.scale)
        except UserError as error:
            faults += str(error).splitlines()
    if faults:
        raise UserError("\n".join(faults))
    return lines
