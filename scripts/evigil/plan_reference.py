"""What the rules of the reference take and leave."""

import hashlib
from pathlib import Path
from typing import Any

from evigil.config import Config
from evigil.errors import UserError
from evigil.rna.paths import BUNDLED, MANIFEST
from evigil.rna.sources import Source, is_url, read_sources

SOURCES = BUNDLED.parent / "sources"
FETCHED = "results/reference/sources"


class ReferencePlan:
    """The files of a run's reference, rule by rule.

    Parameters
    ----------
    config
        The complete configuration.
    """

    def __init__(self, config: Config) -> None:
        self.config = config

    def bundled(self) -> str:
        """Return the sum of the bundled reference's manifest, empty if another one is used.

        What is shipped with the code is no input, which would be looked for in storage.
        """
        named = self._named() == "bundled"
        return hashlib.sha256((BUNDLED / MANIFEST).read_bytes()).hexdigest() if named else ""

    def manifest(self, wildcards: Any) -> list[str]:
        """Return the manifest of the user's reference, which holds the sums of its files."""
        named = self._named()
        return [] if named == "bundled" else [str(Path(named) / MANIFEST)]

    def _named(self) -> str:
        return self.config.smallrna.reference if self.config.smallrna else "bundled"

    def fasta(self, wildcards: Any) -> list[str]:
        """Return the files of the further classes."""
        return sorted(self.config.smallrna.fasta.values()) if self.config.smallrna else []

    def spike_ins(self, wildcards: Any) -> list[str]:
        """Return the sheet of spike-ins, if any."""
        block = self.config.smallrna
        return [block.spike_ins] if block and block.spike_ins else []

    def further(self) -> dict[str, str]:
        """Return the further classes and their files."""
        return dict(sorted(self.config.smallrna.fasta.items())) if self.config.smallrna else {}

    def class_order(self) -> list[str] | None:
        """Return the order in which classes claim a read, as the user gave it."""
        return self.config.smallrna.class_order if self.config.smallrna else None

    def list_files(self, wildcards: Any) -> str:
        """Return the list of files to build from; a fault ends the run in one line."""
        try:
            return str(self.list_file())
        except UserError as error:
            raise SystemExit(str(error)) from None

    def list_file(self) -> Path:
        """Return the list of files that the target `reference` builds from.

        Raises
        ------
        UserError
            If none is given and the species has no official list.
        """
        block = self.config.reference
        if block.sources:
            return Path(block.sources)
        official = SOURCES / f"{block.species}.tsv"
        if not official.is_file():
            raise UserError(
                f"config: reference.sources is missing: no list of files for species"
                f" {block.species!r} ships (only hsa)"
            )
        return official

    def sources(self) -> list[Source]:
        """Return the files that the target `reference` builds from.

        Raises
        ------
        UserError
            If the list has a fault, or names a URL that may not be fetched.
        """
        found = read_sources(self.list_file())
        remote = [s for s in found if is_url(s.source)]
        if remote and not self.config.reference.download:
            raise UserError(
                f"config: reference.download is false, but {self.list_file().name} has URLs"
                f" ({remote[0].name}); set it to true or give paths in reference.sources"
            )
        return found

    def files(self, wildcards: Any) -> list[str]:
        """Return the source files, fetched ones where they will be."""
        try:
            sources = self.sources()
        except UserError as error:
            raise SystemExit(str(error)) from None
        return [f"{FETCHED}/{s.name}" if is_url(s.source) else s.source for s in sources]

    def source(self, wildcards: Any) -> dict[str, str]:
        """Return URL and sum of the file that a job of `reference_source` fetches."""
        named = {s.name: s for s in self.sources()}
        return {"url": named[wildcards.source].source, "sha256": named[wildcards.source].sha256}
