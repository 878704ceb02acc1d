"""Protocol files: one YAML for each kit, validated; a user adds a kit by adding a file."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

from evigil.config_file import load_yaml
from evigil.config_types import NAME
from evigil.config_words import allowed_in, show
from evigil.errors import UserError, hint
from evigil.reads.protocol import Protocol

SHIPPED = Path(__file__).resolve().parents[3] / "config" / "protocols"

Adapter = Annotated[str, StringConstraints(pattern=r"^([ACGT]{10,32})?$")]
Bases = Annotated[int, Field(ge=0, le=32)]


class ProtocolFile(BaseModel):
    """The keys of a protocol file."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    title: str = Field(description="The kits that it describes.")
    adapter: Adapter = Field("", description="3′ adapter; empty: the reads are trimmed already.")
    leading_bases: Bases = Field(0, description="Bases before the insert that are not of it.")
    trailing_bases: Bases = Field(0, description="Bases between insert and adapter.")
    random_bases: bool = Field(False, description="Whether these bases are random.")
    umi: Literal["none", "leading", "trailing", "after_adapter"] = Field(
        "none", description="Where the unique molecular identifier is."
    )
    umi_bases: Bases = Field(0, description="Its length; that of the bases it is in, if left out.")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        inside = {"none": 0, "leading": self.leading_bases, "trailing": self.trailing_bases}
        length = inside.get(self.umi, self.umi_bases)
        if self.umi != "none" and length == 0:
            raise ValueError(f"umi: {self.umi}, but it has no bases")
        if self.umi_bases not in (0, length):
            raise ValueError(f"umi_bases is {self.umi_bases}, but umi: {self.umi} has {length}")
        if not self.adapter and (self.trailing_bases or self.umi in ("trailing", "after_adapter")):
            raise ValueError("trailing bases and a UMI at the 3′ end need an adapter")
        return self


#: What a wrong value should have been, where the type alone does not say it.
MEANS = {
    "adapter": "10 to 32 letters of A, C, G and T, or empty",
    "leading_bases": "a whole number from 0 to 32",
    "trailing_bases": "a whole number from 0 to 32",
    "umi_bases": "a whole number from 0 to 32",
}


def load_protocols(*folders: str | Path) -> dict[str, Protocol]:
    """Read the shipped protocols, then those in `folders`; a later one of a name replaces it.

    Parameters
    ----------
    folders
        Folders of ``<name>.yaml``; one that does not exist adds nothing.

    Returns
    -------
    dict
        Protocols by name, sorted.

    Raises
    ------
    UserError
        One line for each fault: file, key, value, what is allowed; a ``.yml`` is one too, since a
        kit that is left out unsaid would be taken for another.
    """
    files = {p.stem: p for folder in (SHIPPED, *folders) for p in Path(folder).glob("*.yaml")}
    faults = [
        f"{path}: is not read; name it {path.stem}.yaml"
        for folder in folders
        for path in sorted(Path(folder).glob("*.yml"))
    ]
    protocols = {}
    for name in sorted(files):
        try:
            protocols[name] = read_protocol(files[name])
        except UserError as error:
            faults.append(str(error))
    if faults:
        raise UserError("\n".join(faults))
    return protocols


def read_protocol(path: Path) -> Protocol:
    """Read one protocol file; its name is that of the file."""
    if not NAME.fullmatch(path.stem) or path.stem == "auto":
        raise UserError(f"{path}: {path.stem!r} is not a name for a protocol")
    try:
        file = ProtocolFile.model_validate(load_yaml(path))
    except ValidationError as error:
        raise UserError("\n".join(f"{path}: {_line(f)}" for f in error.errors())) from None
    values = file.model_dump()
    values["umi_bases"] = {
        "none": 0,
        "leading": file.leading_bases,
        "trailing": file.trailing_bases,
        "after_adapter": file.umi_bases,
    }[file.umi]
    return Protocol(name=path.stem, **values)


def _line(fault: object) -> str:
    """Say one fault of pydantic's in our words."""
    assert isinstance(fault, dict)
    key = ".".join(map(str, fault["loc"]))
    if fault["type"] == "extra_forbidden":
        return f"{key} is not a key{hint(key, ProtocolFile.model_fields)}"
    if fault["type"] == "missing":
        return f"{key} is missing"
    if not key:
        return str(fault["ctx"]["error"])
    means = MEANS.get(key) or allowed_in(ProtocolFile.model_fields[key])
    return f"{key} must be {means}, got {show(fault['input'])}"


#: Protocols of a study, beside the shipped ones: a folder of the working directory.
OWN = Path("config") / "protocols"


def known_protocols() -> dict[str, dict[str, Any]]:
    """Return the fields of every protocol, shipped or of the study, by name.

    Raises
    ------
    UserError
        As `load_protocols` does.
    """
    return {name: asdict(protocol) for name, protocol in load_protocols(OWN).items()}
