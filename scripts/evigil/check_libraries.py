"""What opening the FASTQ files of a study shows."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from evigil.config import SmallRNA
from evigil.errors import UserError, hint
from evigil.sheets.libraries import AUTO
from evigil.study import Study


def open_libraries(study: Study) -> list[str]:
    """Open every FASTQ file of a study and say what there is, a line each.

    Raises
    ------
    UserError
        With every fault, one line each: a protocol that is not known; a file that is missing,
        empty, not gzip, or whose first record is none; spike-ins or further classes that cannot
        be used.
    """
    table = study.libraries
    if table.empty:
        return []
    faults = _protocol_faults(study) + _file_faults(study) + _reference_faults(study)
    if faults:
        raise UserError("\n".join(faults))
    named = sorted(set(table["protocol"]) - {AUTO})
    told = f", protocol {', '.join(named)}" if named else ""
    n, samples = len(table), table["sample"].nunique()
    mates = " with mates" if (table["fastq_2"] != "").all() else ""
    return [f"smallrna: {n:,} FASTQ files{mates} of {samples:,} samples{told}", *_notes(study)]


def _protocol_faults(study: Study) -> list[str]:
    from evigil.reads.protocols import known_protocols

    known = [AUTO, *known_protocols()]
    assert study.config.smallrna is not None
    file, table = study.config.smallrna.libraries, study.libraries
    wrong = table[~table["protocol"].isin(known)].sort_values("row")
    return [
        f"{file}: row {row}: column protocol: {name!r} is not known{hint(name, known)}; "
        f"allowed: {', '.join(known)}"
        for row, name in zip(wrong["row"], wrong["protocol"], strict=True)
    ]


def _file_faults(study: Study) -> list[str]:
    # what is in storage is not brought here for a look at its first record
    if study.stored:
        return []
    from evigil.reads.fastq import peek_fastq  # heavy: numpy, isal

    files = [*study.libraries["fastq_1"], *study.libraries["fastq_2"]]
    return [fault for file in files if file and (fault := peek_fastq(file))]


def _notes(study: Study) -> list[str]:
    if study.stored:
        return []
    from evigil.reads.fastq import lacks_end

    files = [*study.libraries["fastq_1"], *study.libraries["fastq_2"]]
    cut = sorted(file for file in files if file and lacks_end(file))
    if not cut:
        return []
    more = f" (and {len(cut) - 1} more)" if len(cut) > 1 else ""
    return [
        f"note: {cut[0]}{more}: BGZF without the empty block at its end; whole if bcl2fastq2 wrote "
        "it, else cut off"
    ]


def _reference_faults(study: Study) -> list[str]:
    """Return what is wrong with small files that reads are assigned to."""
    from evigil.rna.classes import order_classes
    from evigil.rna.sequences import read_fasta
    from evigil.rna.spike_ins import read_spike_ins

    block = study.config.smallrna
    assert block is not None
    checks: list[Callable[[], object]] = [partial(order_classes, block.fasta, block.class_order)]
    checks += [partial(read_fasta, path) for path in block.fasta.values()]
    if block.fasta and not study.stored:
        checks.append(partial(_refuse_taken, block))
    if block.spike_ins is not None:
        checks.append(partial(read_spike_ins, block.spike_ins))
    faults: list[str] = []
    for run in checks:
        try:
            run()
        except UserError as error:
            faults += str(error).splitlines()
    return faults


def _refuse_taken(block: SmallRNA) -> None:
    from evigil.rna.load import read_manifest, refuse_taken
    from evigil.rna.paths import BUNDLED

    folder = BUNDLED if block.reference == "bundled" else Path(block.reference)
    refuse_taken(block.fasta, read_manifest(folder))
