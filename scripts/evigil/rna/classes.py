"""The classes of small RNA, the order in which they claim a read, and a read's possible fates."""

from collections.abc import Iterable, Sequence

from evigil.errors import UserError, hint

#: Default order of preference, and the columns of the ledger; a further
#: FASTA of another name counts as `other`.
CLASSES = (
    "spike_in",
    "artifact",
    "miRNA",
    "tRNA",
    "Y_RNA",
    "vault",
    "rRNA",
    "snRNA",
    "snoRNA",
    "7SL",
    "7SK",
    "piRNA",
    "other",
)
#: Fates of an insert that are no class.
NO_CLASSES = ("antisense", "unmapped")
#: What can become of an insert that reaches assignment.
FATES = (*CLASSES, *NO_CLASSES)


def order_classes(present: Iterable[str], wanted: Sequence[str] | None) -> list[str]:
    """Put the classes of a reference into the order in which they claim a shared read.

    Parameters
    ----------
    present
        Classes that the reference has; those not among `CLASSES` come after all of them.
    wanted
        The user's order; classes that it does not name follow in the default order.

    Raises
    ------
    UserError
        If a class is named twice or is neither known nor present.
    """
    present = list(dict.fromkeys(present))
    default = [*CLASSES, *(c for c in present if c not in CLASSES)]
    for i, name in enumerate(wanted or ()):
        if name not in default:
            raise UserError(
                f"config: smallrna.class_order: {name!r} is not a class{hint(name, default)};"
                f" allowed: {', '.join(default)}"
            )
        if name in (wanted or ())[:i]:
            raise UserError(f"config: smallrna.class_order: {name!r} is given twice")
    order = [*(wanted or ()), *(c for c in default if c not in (wanted or ()))]
    return [c for c in order if c in present]
