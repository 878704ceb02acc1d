"""The last lines of a run: where the reports are, how the gates fell, who was left out."""

from pathlib import Path
from typing import Any

from evigil.errors import UserError
from evigil.gating import doubts, gate_summary
from evigil.tables import read_json, read_table


def run_summary(results: str | Path) -> str:
    """Say what a person wants to know when a run has ended.

    Parameters
    ----------
    results
        The results folder; of a run that stopped at an early stage, what is there is told.
    """
    folder = Path(results)
    try:
        lines = _told(folder)
    except UserError as error:  # a result that was damaged since
        return str(error)
    return "\n".join(lines) if lines else f"results: {folder.resolve()}"


def _told(folder: Path) -> list[str]:
    lines = []
    gates = folder / "quality" / "samples.tsv"
    if gates.is_file():
        lines += gate_summary(read_table(gates))
    identity = folder / "quality" / "identity.tsv"
    if identity.is_file():
        lines += [f"identity: {doubt}" for doubt in doubts(read_table(identity))]
    for path in sorted(folder.glob("differential/*/design.json")):
        lines += _contrast(read_json(path))
    for path in sorted(folder.glob("classifiers/*/performance.json")):
        lines += [_classifier(path.parent.name, read_json(path))]
    for path in sorted(folder.glob("monitoring/*/patients.tsv")):
        calls = read_table(path)["last_call"].value_counts()
        told = ", ".join(
            f"{n} {str(call).replace('_', ' ')}" for call, n in sorted(calls.to_dict().items())
        )
        lines += [f"monitoring {path.parent.name}: {told or 'no draws'}"]
    lines += [f"scores: {path.resolve()}" for path in sorted(folder.glob("predict/*/scores.tsv"))]
    index = folder / "reports" / "index.html"
    if index.is_file():
        pages = len(list((folder / "reports" / "patients").glob("*.html")))
        lines.append(f"overview: {index.resolve()}")
        if pages:
            lines.append(f"patient reports: {pages} in {index.resolve().parent / 'patients'}")
    return lines


def _contrast(design: dict[str, Any]) -> list[str]:
    audited = design["confounding"]
    doubtful = audited["verdict"] not in (None, "clear")
    said = f"; {audited['reason']}" if doubtful else ""
    return [
        f"contrast {design['contrast']}: {facts['features']['significant']:,} of "
        f"{facts['features']['tested']:,} features of {layer} with q < 0.05{said}"
        for layer, facts in sorted(design["layers"].items())
    ]


def _classifier(name: str, performance: dict[str, Any]) -> str:
    headline = performance["headline"]
    if headline["scheme"] is None:
        return f"classifier {name}: no headline; {headline['reason']}"
    auc = performance["results"][0]["auc"]
    if auc["estimate"] is None:
        return f"classifier {name}: AUC not estimable"
    limits = "" if auc["low"] is None else f" ({auc['low']:.2f} to {auc['high']:.2f})"
    return f"classifier {name}: AUC {auc['estimate']:.2f}{limits}, {headline['reason']}"
