"""The bench scientist's page: our tables as custom content of MultiQC, which is run as a program.

MultiQC (doi:10.1093/bioinformatics/btw354) is under the GPL-3 and never imported.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd

from evigil.tables import read_table, whole

#: No request leaves the machine, no clock or path is on the page.
SETTINGS = {
    "no_version_check": True,
    "no_ai": True,
    "ai_summary": False,
    "show_analysis_paths": False,
    "show_analysis_time": False,
    "fn_clean_sample_names": False,
    "disable_version_detection": True,
    # drawn by the browser, also for very many samples
    "plots_force_interactive": True,
    "title": "evigil",
    "intro_text": "Sequenced samples of the study: read fate, composition and depth.",
}
Section = dict[str, Any]
#: What is no RNA in greys and browns, RNA in colours; the order is that of the bars.
COLOURS = {
    "miRNA": "#0072b2",
    "tRNA": "#e69f00",
    "Y_RNA": "#009e73",
    "vault": "#f0e442",
    "rRNA": "#d55e00",
    "snRNA": "#cc79a7",
    "snoRNA": "#56b4e9",
    "7SL": "#8c6d31",
    "7SK": "#5e3c99",
    "piRNA": "#b2df8a",
    "other": "#1b9e77",
    "spike_in": "#a6761d",
    "antisense": "#fbb4ae",
    "unmapped": "#ffffb3",
    "duplicate_umi": "#e0e0e0",
    "too_short": "#cccccc",
    "too_long": "#b8b8b8",
    "low_quality": "#a0a0a0",
    "ambiguous_base": "#888888",
    "pair_discordant": "#707070",
    "adapter_dimer": "#404040",
    "no_adapter": "#585858",
    "artifact": "#202020",
}
#: Columns of ``smallrna/samples.tsv`` in the first table: title, what it says, format.
GENERAL = {
    "sequenced_reads": ("Reads", "reads of the FASTQ files", "{:,.0f}"),
    "transcriptome_reads": ("Transcriptome", "reads of the transcriptome", "{:,.0f}"),
    "mirna_reads": ("miRNA reads", "reads of miRNAs", "{:,.0f}"),
    "mirnas_detected": ("miRNAs", "miRNAs with at least 5 reads", "{:,.0f}"),
    "insert_length_mode": ("Length", "most frequent insert length (nt)", "{:,.0f}"),
    "library_protocol": ("Protocol", "library protocol", None),
    "protocol_verdict": ("Protocol fits", "what the reads say of the protocol", None),
    "top_feature": ("Top feature", "feature with the most reads", None),
}


def write_multiqc(tables: Mapping[str, str | Path], page: str | Path) -> None:
    """Write the page.

    Parameters
    ----------
    tables
        Paths of ``samples, ledger, lengths, positions, saturation`` in ``results/smallrna`` and of
        ``gates`` (``results/quality/samples.tsv``).
    page
        File to write.

    Raises
    ------
    RuntimeError
        If MultiQC fails or leaves no page, with what it said.
    """
    read = {name: read_table(path) for name, path in tables.items()}
    with TemporaryDirectory() as folder:
        content = Path(folder) / "content"
        content.mkdir()
        for name, section in sections(read).items():
            # series and columns come in the order of their keys
            text = json.dumps(section, allow_nan=False)
            (content / f"{name}_mqc.json").write_text(text, encoding="utf-8")
        settings = Path(folder) / "settings.yaml"
        order = {"custom_content": {"order": list(MAKERS)}}
        settings.write_text(json.dumps(SETTINGS | order), encoding="utf-8")
        html = _run(content, settings, Path(folder) / "out")
    with whole(page) as part:
        part.write_bytes(html)


def _run(content: Path, settings: Path, out: Path) -> bytes:
    options = ["--config", str(settings), "--outdir", str(out), "--filename", "page.html"]
    options += ["--module", "custom_content", "--no-data-dir", "--no-megaqc-upload", "--no-ansi"]
    # what a user has set up for MultiQC elsewhere is not of this study
    environment = {k: v for k, v in os.environ.items() if not k.startswith("MULTIQC_")}
    environment |= {"HOME": str(out.parent), "XDG_CONFIG_HOME": str(out.parent)}
    done = subprocess.run(
        [sys.executable, "-m", "multiqc", *options, str(content)],
        cwd=out.parent,
        env=environment,
        capture_output=True,
        text=True,
    )
    page = out / "page.html"
    if done.returncode or not page.exists():
        raise RuntimeError(f"MultiQC failed: {(done.stderr or done.stdout).strip()}")
    return page.read_bytes()


def sections(tables: Mapping[str, pd.DataFrame]) -> dict[str, Section]:
    """Turn tables into sections of custom content, by name.

    Parameters
    ----------
    tables
        As in `write_multiqc`, read.
    """
    made = {name: make(tables) for name, make in MAKERS.items()}
    for name, section in made.items():
        section["id"] = name
        title = section.get("section_name", name)
        section["pconfig"] = {"id": f"{name}_plot", "title": title, **section.get("pconfig", {})}
    return {name: section for name, section in made.items() if section["data"]}


def _general(tables: Mapping[str, pd.DataFrame]) -> Section:
    samples = _sequenced(tables)
    gates = tables["gates"].query("layer == 'smallrna'").set_index("sample")["gate"]
    samples = samples.assign(gate=gates.reindex(samples.index))
    columns = [name for name in GENERAL if name in samples]
    headers = {
        name: {"title": title, "description": said, **({"format": form} if form else {})}
        for name, (title, said, form) in GENERAL.items()
        if name in columns
    }
    headers["gate"] = {"title": "Gate", "description": "verdict on the small-RNA layer"}
    data = {str(sample): _present(row) for sample, row in samples[[*columns, "gate"]].iterrows()}
    return {"plot_type": "generalstats", "headers": headers, "data": data}


def _sequenced(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    samples = tables["samples"]
    return samples[samples["sample"].isin(tables["ledger"]["sample"])].set_index("sample")


def _present(row: pd.Series) -> dict[str, Any]:
    return {str(name): _plain(value) for name, value in row.items() if pd.notna(value)}


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


def _fates(tables: Mapping[str, pd.DataFrame]) -> Section:
    ledger = tables["ledger"].set_index("sample").drop(columns="reads")
    shown = {name: {"name": name, "color": colour} for name, colour in COLOURS.items()}
    return {
        "section_name": "Read fate",
        "description": "What became of every read; a bar is the sample's FASTQ files.",
        "plot_type": "bargraph",
        "pconfig": {"ylab": "reads"},
        "categories": {name: look for name, look in shown.items() if ledger[name].any()},
        "data": {str(sample): _present(row) for sample, row in ledger.iterrows()},
    }


def _lengths(tables: Mapping[str, pd.DataFrame]) -> Section:
    table = tables["lengths"].groupby(["sample", "length"])["molecules"].sum().reset_index()
    return {
        "section_name": "Insert lengths",
        "description": "Inserts by length, all classes together.",
        "plot_type": "linegraph",
        "pconfig": {"xlab": "length (nt)", "ylab": "inserts"},
        "data": _lines(table, "length", "molecules"),
    }


def _quality(tables: Mapping[str, pd.DataFrame]) -> Section:
    return {
        "section_name": "Base quality",
        "description": "Mean quality of the bases of each sequencing cycle, before trimming.",
        "plot_type": "linegraph",
        "pconfig": {"xlab": "cycle", "ylab": "Phred score", "ymin": 0},
        "data": _lines(tables["positions"], "position", "mean_quality"),
    }


def _saturation(tables: Mapping[str, pd.DataFrame]) -> Section:
    return {
        "section_name": "Saturation",
        "description": "Features with at least 5 reads that a part of the library would show.",
        "plot_type": "linegraph",
        "pconfig": {"xlab": "reads of the transcriptome", "ylab": "features", "ymin": 0},
        "data": _lines(tables["saturation"], "reads", "features"),
    }


def _lines(table: pd.DataFrame, x: str, y: str) -> dict[str, list[list[float]]]:
    return {
        str(sample): rows[[x, y]].sort_values(x).to_numpy(float).tolist()
        for sample, rows in table.dropna(subset=[y]).groupby("sample")
    }


MAKERS: dict[str, Callable[[Mapping[str, pd.DataFrame]], Section]] = {
    "general": _general,
    "read_fate": _fates,
    "insert_lengths": _lengths,
    "base_quality": _quality,
    "saturation": _saturation,
}
