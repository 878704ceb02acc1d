"""How large a simulated cohort is and how strong its effects are."""

from dataclasses import dataclass

FIRST_VISIT = 120
SPACING = 120


@dataclass(frozen=True)
class Design:
    """Numbers of a simulated cohort; the defaults are the demo's without its proteins and faults.

    Attributes
    ----------
    cases, controls
        People drawn once at diagnosis.
    followed, recurring
        How many cases are drawn again after surgery, and how many of these recur.
    visits
        Draws of a followed case after surgery, 120 days apart.
    reference, reference_draws
        Disease-free patients after surgery, and the draws of each, 120 days apart.
    features, affected
        miRNAs of the table, and those of them that a tumour changes.
    batches
        Laboratory batches; every group of draws is spread evenly over them.
    low_fail, low_warn
        Samples with a planted small library: below, and between, the default gate limits.
    effect
        Factor on every log fold change of the tumour (.15 to .45 at 1); 0 makes a null cohort.
    sequenced, depth
        Cases, and as many controls, whose draw at diagnosis enters as FASTQ, where there are so
        many; and the reads of each file.
    haemolysed, contaminated, blanks
        Samples with twice the index of haemolysis that warns; sequenced ones with 5 % of other
        species' molecules; and libraries made of water.
    swapped, duplicated, duplicated_reads
        Pairs of samples of two people: tubes that changed places, columns of the table that are the
        same, and FASTQ files that are.
    between_share
        Share of each feature's variance that is between people; None leaves 30 % of the features
        without any, and the others the same spread.
    proteins, coisolated
        Protein groups that a DIA-NN report has of every draw, 0 for no report; and samples that
        hold 1,000 or, every other one, 60 times as much of what isolation carries over from plasma.
    """

    cases: int = 30
    controls: int = 30
    followed: int = 12
    recurring: int = 6
    visits: int = 6
    reference: int = 40
    reference_draws: int = 4
    features: int = 800
    affected: int = 40
    batches: int = 4
    low_fail: int = 1
    low_warn: int = 2
    effect: float = 1.5
    sequenced: int = 12
    depth: int = 20_000
    haemolysed: int = 0
    contaminated: int = 0
    blanks: int = 0
    swapped: int = 0
    duplicated: int = 0
    duplicated_reads: int = 0
    between_share: float | None = None
    proteins: int = 0
    coisolated: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.recurring <= self.followed <= self.cases:
            raise ValueError("recurring <= followed <= cases is required")
        if not 0 <= self.affected <= self.features // 5:
            raise ValueError("at most a fifth of the features can be affected")
        if (
            min(self.controls, self.visits, self.reference, self.reference_draws, self.sequenced)
            < 0
        ):
            raise ValueError("numbers of people and visits cannot be negative")
        if self.between_share is not None and not 0 <= self.between_share < 1:
            raise ValueError("a share of the variance is from 0 to less than 1")
        if not 0 <= self.coisolated <= self.proteins:
            raise ValueError("what is carried over needs proteins")
        if min(self.batches, self.features, self.cases) < 1:
            raise ValueError("at least one case, one feature and one batch are required")
        if not 0 <= self.low_fail + self.low_warn <= self.draws // 2:
            raise ValueError("at most half of the samples can have a planted small library")

    @property
    def draws(self) -> int:
        """Number of samples."""
        return (
            self.cases
            + self.controls
            + self.followed * self.visits
            + self.reference * self.reference_draws
        )


#: What `make demo` runs: proteins, and one of each fault. Files that are there twice stay out: all
#: FASTQ are of the classifier's cases and controls, where a copy would count as another person.
DEMO = Design(
    proteins=300,
    coisolated=2,
    haemolysed=1,
    contaminated=1,
    blanks=2,
    swapped=1,
    duplicated=1,
)
