"""What `evigil check` says of the contrasts: the samples of each, and what stands in the way."""

from evigil.differential.contrasts import Contrast
from evigil.differential.gene_sets import read_gene_sets, read_targets
from evigil.differential.run import refuse_before
from evigil.errors import UserError
from evigil.study import Study


def contrast_lines(study: Study) -> list[str]:
    """Return a line for each contrast, after a look at what its samples can answer.

    Raises
    ------
    UserError
        With a line for each contrast that its samples cannot answer, and for each file of sets that
        cannot be read.
    """
    config, lines, faults = study.config.differential, [], []
    if config is None:
        return []
    for file, read in ((config.gene_sets, read_gene_sets), (config.targets, read_targets)):
        try:
            if file is not None:
                read(file)
        except UserError as error:
            faults.append(str(error))
    for name, block in config.contrasts.items():
        try:
            lines.append(_line(study, Contrast.from_settings(name, block.model_dump())))
        except UserError as error:
            faults.append(str(error))
    if faults:
        raise UserError("\n".join(faults))
    return lines


def _line(study: Study, contrast: Contrast) -> str:
    used, left_out = refuse_before(study.contrast_samples(contrast.name), contrast)
    groups = contrast.groups(used).value_counts()
    patients = used["patient"].nunique()
    said = f"{len(used):,} samples of {patients:,} patients"
    if contrast.has_groups:
        said = f"{groups['case']:,} against {groups['control']:,} samples of {patients:,} patients"
    reasons = left_out["reason"].str.replace(r"^(technical replicate).*", r"\1", regex=True)
    out = "".join(f"; {n:,} left out: {why}" for why, n in sorted(reasons.value_counts().items()))
    return f"contrast {contrast.name}: {contrast.question}; {said}{out}"
