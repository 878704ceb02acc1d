"""`evigil init`: a commented configuration and sheets to start from."""

import re
from pathlib import Path
from shlex import quote

from evigil.config_text import commented_config
from evigil.errors import UserError
from evigil.guess import Guess, guess_sheet

SAMPLES = """sample\tpatient\tcondition\tcollected\tvisit
P1_0\tP1\tCRC\t2024-01-15\tdiagnosis
P1_1\tP1\tCRC\t2024-04-15\tfollow_up
H1_0\tH1\thealthy\t2024-02-01\tdiagnosis
"""
PATIENTS = """patient\tsex\tage\tstage\tsurgery\trecurrence\tlast_follow_up
P1\tfemale\t61\tII\t2024-02-01\t\t2025-01-15
H1\tmale\t58\t\t\t\t2025-02-01
"""
COUNTS = "counts.tsv"


def init(folder: Path, sheet: Path | None = None) -> list[str]:
    """Write `config/config.yaml` and sheets into a folder.

    Parameters
    ----------
    folder
        Folder of the study; made when it is not there.
    sheet
        A sheet of the user's, whose columns and conditions are taken over.

    Returns
    -------
    list of str
        What was written and what to do next, a line each.

    Raises
    ------
    UserError
        If a file is there already, or the sheet cannot be used; then nothing is written.
    """
    from evigil.tables import write_text

    guess = guess_sheet(sheet) if sheet is not None else None
    files = _files(_project(folder), guess)
    there = [
        f"{folder / name}: is there already; nothing was written"
        for name in files
        if (folder / name).exists()
    ]
    if there:
        raise UserError("\n".join(there))
    for name, text in files.items():
        write_text(text, folder / name)
    config, shell = quote(f"{folder}/config/config.yaml"), quote(str(folder))
    return [
        *(f"wrote {folder / name}" for name in files),
        *(guess.said if guess else []),
        "next:",
        f"  put the count table (either way round) at {folder / COUNTS};",
        f"  for FASTQ files instead, write {folder}/config/libraries.tsv (sample, fastq_1) and set",
        "  smallrna.libraries to config/libraries.tsv, without the key counts;",
        f"  for tables of proteins, write {folder}/config/proteomics.tsv (path) and set",
        "  proteomics.tables to config/proteomics.tsv, with or without the block smallrna",
        "  fill in the sheets" if guess is None else f"  look through {folder}/config/",
        f"  evigil check {config} --directory {shell}",
        "  and, in the checkout of evigil:",
        f"  snakemake --cores 4 --configfile {config} --directory {shell}",
    ]


def shipped_config() -> str:
    """Return the configuration that the repository ships: the one that `init` starts from."""
    return _files("study", None)["config/config.yaml"]


def _project(folder: Path) -> str:
    return re.sub(r"[^A-Za-z0-9_-]+", "_", folder.resolve().name).strip("_") or "study"


def _files(project: str, guess: Guess | None) -> dict[str, str]:
    values = {
        "project": project,
        "samples": "config/samples.tsv",
        "smallrna": {"counts": COUNTS},
    }
    if guess is None:
        values["patients"] = "config/patients.tsv"
        classifier = {
            "crc": {
                "column": "condition",
                "case": ["CRC"],
                "control": ["healthy"],
                "train": {"visit": ["diagnosis"]},
            }
        }
        config = commented_config(values | {"classifiers": classifier})
        sheets = {"config/samples.tsv": SAMPLES, "config/patients.tsv": PATIENTS}
        return {"config/config.yaml": config} | sheets
    values |= {"quality": {"technical": guess.technical}} if guess.technical else {}
    values |= {"classifiers": guess.classifier} if guess.classifier else {}
    return {"config/config.yaml": commented_config(values), "config/samples.tsv": guess.text}
