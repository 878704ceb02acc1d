"""What the rules that count reads take and leave."""

import hashlib
import re
from typing import Any

from evigil.study import Study

#: Columns of the sheet of libraries, and keys of the configuration, that a sample's job is told.
LIBRARY = ["fastq_1", "fastq_2", "lane", "protocol"]
ASSIGNMENT = {"mismatches", "additions", "lengths"}
#: Samples of a batch that say by which protocol it was made (ours): a job on an empty node fetches
#: no more files than these, and who is added behind them changes nothing for the others.
VOTERS = 5
#: Name of the batch of samples that have none.
NO_BATCH = "no-batch"

Libraries = list[dict[str, str]]


class ReadsPlan:
    """The files of the sequenced samples, rule by rule.

    Parameters
    ----------
    study
        Config and sheets, joined and checked.
    """

    def __init__(self, study: Study) -> None:
        self.settings = study.config.smallrna
        self.of_sample: dict[str, Libraries] = {}
        for row in study.libraries.to_dict("records"):
            library = {column: str(row[column]) for column in LIBRARY}
            self.of_sample.setdefault(str(row["sample"]), []).append(library)
        self.sequenced = sorted(self.of_sample)
        rows = study.samples[study.samples["sample"].isin(self.of_sample)].sort_values("sample")
        batch = rows.reindex(columns=["batch"])["batch"].astype(object).fillna("")
        #: By sample the name of its batch, by that its first samples; without one all are of one.
        self.batch_of = dict(zip(rows["sample"], map(_name, map(str, batch)), strict=True))
        self.voters_of: dict[str, list[str]] = {}
        for sample in rows.loc[rows["role"] != "blank", "sample"]:
            members = self.voters_of.setdefault(self.batch_of[sample], [])
            if len(members) < VOTERS:
                members.append(sample)

    def fastqs(self, wildcards: Any) -> list[str]:
        """Return the FASTQ files of a sample."""
        rows = self.of_sample[wildcards.sample]
        return [row[mate] for mate in ("fastq_1", "fastq_2") for row in rows if row[mate]]

    def libraries(self, wildcards: Any) -> Libraries:
        """Return the libraries of a sample."""
        return self.of_sample[wildcards.sample]

    def batch(self, wildcards: Any) -> list[str]:
        """Return the protocol of a sample's batch, where the sample may have to borrow it."""
        name = self._asked(wildcards.sample)
        return [f"results/smallrna/batches/{name}.json"] if name else []

    def voters(self, wildcards: Any) -> list[Libraries]:
        """Return the libraries of the samples that speak for a batch."""
        return [self.of_sample[sample] for sample in self.voters_of[wildcards.batch]]

    def voters_reads(self, wildcards: Any) -> list[str]:
        """Return the files of their reads; mates say nothing of a protocol."""
        return [row["fastq_1"] for rows in self.voters(wildcards) for row in rows]

    def voting(self) -> list[str]:
        """Return the batches of which a sample may have to borrow."""
        return sorted({name for sample in self.sequenced if (name := self._asked(sample))})

    def assignment(self) -> dict[str, Any]:
        """Return how reads are counted."""
        return self.settings.model_dump(include=ASSIGNMENT) if self.settings else {}

    def parts(self) -> list[str]:
        """Return what each sequenced sample leaves for the cohort."""
        return [f"results/smallrna/parts/{sample}.json" for sample in self.sequenced]

    def counts(self) -> str | list[str]:
        """Return the count table."""
        return self.settings.counts if self.settings and self.settings.counts else []

    def _asked(self, sample: str) -> str:
        """Return the name of a sample's batch, none if nobody else speaks, or nobody need ask."""
        members = self.voters_of.get(self.batch_of[sample], [])
        alone = not set(members) - {sample}
        return (
            ""
            if alone or self.of_sample[sample][0]["protocol"] != "auto"
            else self.batch_of[sample]
        )


def _name(batch: str) -> str:
    """Name the file of a batch by the batch alone: whoever is of it, the name stays."""
    if not batch:
        return NO_BATCH
    if batch != NO_BATCH and re.fullmatch("[A-Za-z0-9_-]+", batch):
        return batch
    plain = re.sub("[^A-Za-z0-9_-]+", "-", batch)
    return f"{plain}-{hashlib.sha256(batch.encode()).hexdigest()[:8]}"
