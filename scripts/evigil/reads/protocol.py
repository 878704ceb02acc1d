"""What a library protocol puts around an insert, as the digest takes it."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Protocol:
    """One library protocol, read from its 5′ end: leading bases, insert, trailing bases, adapter.

    Attributes
    ----------
    name
        As in the sheet of libraries: the name of its file.
    title
        The kits that it describes.
    adapter
        3′ adapter, A, C, G and T; empty if the reads were trimmed already.
    leading_bases, trailing_bases
        Nucleotides before and after the insert that are not of it.
    random_bases
        Whether those are random: what tells two protocols with one adapter apart.
    umi
        Where the unique molecular identifier is: nowhere, in the leading or in the trailing bases,
        or behind the adapter.
    umi_bases
        Its length in nucleotides.
    """

    name: str
    title: str = ""
    adapter: str = ""
    leading_bases: int = 0
    trailing_bases: int = 0
    random_bases: bool = False
    umi: Literal["none", "leading", "trailing", "after_adapter"] = "none"
    umi_bases: int = 0

    @property
    def has_umi(self) -> bool:
        """Whether molecules can be counted."""
        return self.umi != "none"

    @property
    def variable_bases(self) -> int:
        """Number of random nucleotides in a read, UMI included."""
        random = self.leading_bases + self.trailing_bases if self.random_bases else 0
        return random + (self.umi_bases if self.umi == "after_adapter" else 0)
