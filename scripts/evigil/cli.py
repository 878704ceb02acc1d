"""The command `evigil`, also `python -m evigil`."""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from evigil.errors import UserError, storage_line

Command = Callable[[argparse.Namespace], None]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one subcommand; 0 when it succeeds, 1 after a user error, which is on stderr."""
    options = _parser().parse_args(arguments)
    try:
        options.command(options)
    except UserError as error:
        print(error, file=sys.stderr)
        return 1
    except BrokenPipeError:  # the reader of a pipe, such as `head`, has seen enough
        sys.stderr.close()
        return 1
    except OSError as error:
        print(storage_line(error), file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="evigil",
        description="From plasma extracellular vesicles to cancer biomarkers that can be trusted.",
        epilog="A run itself is Snakemake's, from the checkout: "
        "snakemake --directory DIR --configfile DIR/config/config.yaml --cores 4",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, run: Command, text: str, example: str) -> argparse.ArgumentParser:
        command = commands.add_parser(
            name, help=text, description=text, epilog=f"Example: {example}"
        )
        command.set_defaults(command=run)
        return command

    check = add(
        "check",
        _check,
        "Check configuration, sheets and files, and print what will run.",
        "evigil check config/config.yaml",
    )
    check.add_argument("config", type=Path, help="the configuration, a YAML file")
    _directory(check, "working directory of the run, where relative paths start")
    check.add_argument(
        "--profile",
        type=Path,
        metavar="DIR",
        help="Snakemake profile of the run: checks also what its nodes and its storage need",
    )

    init = add(
        "init",
        _init,
        "Write a commented configuration and sheets to start from.",
        "evigil init study --from clinical.csv",
    )
    init.add_argument("folder", type=Path, metavar="DIR", help="folder of the new study")
    init.add_argument(
        "--from",
        dest="sheet",
        type=Path,
        metavar="SHEET",
        help="a sheet (.tsv, .csv, .xlsx) whose columns and conditions are taken over",
    )

    schema = add(
        "schema",
        _schema,
        "Write workflow/schemas/ and docs/configuration.md from the models.",
        "evigil schema",
    )
    _directory(schema, "root of the repository")

    simulate = add(
        "simulate",
        _simulate,
        "Simulate a cohort together with its truth.",
        "evigil simulate demo --seed 1",
    )
    simulate.add_argument("folder", type=Path, metavar="DIR", help="folder that is written")
    simulate.add_argument("--seed", type=int, default=20260101, help="seed (default: %(default)s)")

    predict = add(
        "predict",
        _predict,
        "Score samples with a locked model, without a workflow.",
        "evigil predict --model results/classifiers/crc/model --counts new.tsv --output scores.tsv",
    )
    predict.add_argument("--model", type=Path, required=True, help="folder of the locked model")
    predict.add_argument(
        "--counts",
        type=Path,
        required=True,
        help="table of the samples: counts, or log2 values where the model was made from such",
    )
    predict.add_argument("--samples", type=Path, help="sample sheet; default: every sample")
    predict.add_argument("--output", type=Path, required=True, help="the scores, a TSV")
    return parser


def _directory(command: argparse.ArgumentParser, text: str) -> None:
    command.add_argument(
        "--directory", "-d", type=Path, default=Path(), metavar="DIR", help=f"{text} (default: .)"
    )


def _check(options: argparse.Namespace) -> None:
    from evigil.check import check

    print("\n".join(check(options.config, options.directory, options.profile)))


def _init(options: argparse.Namespace) -> None:
    from evigil.init import init

    print("\n".join(init(options.folder, options.sheet)))


def _schema(options: argparse.Namespace) -> None:
    from evigil.schema import write_schemas

    for path in write_schemas(options.directory):
        print(path)


def _simulate(options: argparse.Namespace) -> None:
    from evigil.simulate.cohort import simulate

    simulate(options.folder, options.seed)


def _predict(options: argparse.Namespace) -> None:
    from evigil.predict import predict_table

    scores = predict_table(options.model, options.counts, options.samples, options.output)
    scored = int(scores["score"].notna().sum())
    without = f", {len(scores) - scored:,} without a score" if scored < len(scores) else ""
    print(f"{scored:,} sample{'s' * (scored != 1)} scored{without}: {options.output}")
