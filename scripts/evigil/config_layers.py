"""The layers of a configuration: their names, those a contrast or classifier gets, and faults."""

from collections.abc import Iterator

from evigil.config import RELEASE, Classifier, Config, Contrast
from evigil.errors import hint

STAGES = ("smallrna", "proteomics")
#: Names that a table of the block `layers` cannot have: results give them to something else.
TAKEN = (*STAGES, "specimen")


def layer_names(config: Config) -> list[str]:
    """Return the layers of a study: small RNA, proteomics, then the tables of `layers` by name."""
    built = [name for name in STAGES if getattr(config, name) is not None]
    return [*built, *sorted(config.layers)]


def with_layers(config: Config) -> Config:
    """Give contrasts that name no layer all of the study's, and such classifiers the first."""
    names = layer_names(config)
    classifiers: dict[str, Classifier] = {
        name: block if block.layers else block.model_copy(update={"layers": names[:1]})
        for name, block in config.classifiers.items()
    }
    update: dict[str, object] = {"classifiers": classifiers}
    if config.differential is not None:
        contrasts: dict[str, Contrast] = {
            name: block if block.layers else block.model_copy(update={"layers": names})
            for name, block in config.differential.contrasts.items()
        }
        update["differential"] = config.differential.model_copy(update={"contrasts": contrasts})
    return config.model_copy(update=update)


def layer_faults(config: Config) -> list[str]:
    """Return what is wrong between the layers and those who use them, one line each."""
    faults = [
        f"layers.{name}: the name is taken by the results; choose another"
        for name in sorted(config.layers)
        if name in TAKEN
    ]
    names = layer_names(config)
    for path, layers in _users(config):
        if not names:
            needed = "smallrna, proteomics or layers"
            faults.append(f"{path} needs one of the blocks {needed}")
            continue
        for layer in layers:
            if layer in STAGES and layer not in names:
                faults.append(f"{path}.layers: {layer} needs the block {layer}")
            elif layer not in names:
                faults.append(f"{path}.layers: {layer!r} is not a layer{hint(layer, names)}")
    for name, block in config.classifiers.items():
        if len(block.layers) > 1:
            faults.append(
                f"classifiers.{name}.layers: several layers in one classifier are not available "
                f"in version {RELEASE}; name one of {', '.join(block.layers)}"
            )
    return faults


def _users(config: Config) -> Iterator[tuple[str, list[str]]]:
    """Go through those who use layers: where they stand, and the layers that they name."""
    for name, block in config.classifiers.items():
        yield f"classifiers.{name}", block.layers
    for name, contrast in (config.differential.contrasts if config.differential else {}).items():
        yield f"differential.contrasts.{name}", contrast.layers
