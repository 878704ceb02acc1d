"""What the columns of an engine's table mean."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Roles:
    """Which columns mean what; names as the file spells them, None or empty where it has none.

    Attributes
    ----------
    level
        ``ion`` or ``protein``.
    quantity
        The column of quantities of a long table; of a wide one, the column of each run.
    run
        The column of runs of a long table.
    feature
        Columns that name an ion together; empty: the protein group is the feature.
    group
        Columns of accessions that name the protein group together.
    marked
        The column with the accessions as the search had them, with their marks.
    gene, peptide, peptides
        Gene symbols; the sequence of an ion; the number of peptides of a protein.
    decoy, contaminant, site_only, imputed
        Columns with ``+``, ``True`` or ``1`` where it is so.
    identified
        A column with ``False`` or ``0`` where a row is reported without being identified.
    limits
        The largest value that is used, by column of q-values; a missing q-value is not used.
    run_limits
        The same for columns of one run each of a wide table: column of each run, and limit.
    floor
        Quantities at or below it mean that there is none.
    largest
        Whether an ion may have several quantities in one run (see `Pivot`).
    """

    level: str
    quantity: str | Mapping[str, str]
    group: tuple[str, ...]
    marked: str
    run: str | None = None
    feature: tuple[str, ...] = ()
    gene: str | None = None
    peptide: str | None = None
    peptides: str | None = None
    decoy: str | None = None
    contaminant: str | None = None
    site_only: str | None = None
    imputed: str | None = None
    identified: str | None = None
    limits: Mapping[str, float] = field(default_factory=dict)
    run_limits: tuple[tuple[Mapping[str, str], float], ...] = ()
    floor: float = 0.0
    largest: bool = False

    @property
    def text(self) -> list[str]:
        """Columns to be read as text."""
        flags = [self.decoy, self.contaminant, self.site_only, self.imputed, self.identified]
        names = [*self.feature, *self.group, self.marked, self.run, self.gene, self.peptide]
        return list(dict.fromkeys(name for name in [*names, *flags] if name))

    @property
    def filled(self) -> list[str]:
        """Columns that no row leaves empty."""
        long = [self.quantity] if isinstance(self.quantity, str) else []
        return [*self.feature, *self.group[:1], *long, *([self.run] if self.run else [])]

    @property
    def numbers(self) -> list[str]:
        """Columns to be read as numbers."""
        by_run = [columns.values() for columns, _ in self.run_limits]
        quantity = [self.quantity] if isinstance(self.quantity, str) else self.quantity.values()
        names = [*quantity, *self.limits, *(name for part in by_run for name in part)]
        return list(dict.fromkeys([*names, *([self.peptides] if self.peptides else [])]))
