"""operations: what a deployment must withstand, planted and counted; a subcommand each.

python -m benchmarks.operations mutations [--home DIR]
python -m benchmarks.operations clean [--users 2000] [--nights 30]
python -m benchmarks.operations kills [--kills 50] [--home DIR]
python -m benchmarks.operations soak [--publications 200] [--rollbacks 20]
python -m benchmarks.operations backfill [--users 20000] [--days 30]
python -m benchmarks.operations fuzz [--cases 10000] [--seed 1]
python -m benchmarks.operations memory [--users 100000] [--limit 2GiB]
"""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Mapping

COMMANDS: Mapping[str, str] = {
    "mutations": "benchmarks.gates.mutations",
    "clean": "benchmarks.gates.clean",
    "kills": "benchmarks.resilience.kills",
    "soak": "benchmarks.resilience.soak",
    "backfill": "benchmarks.backfill",
    "fuzz": "benchmarks.fuzzing.command",
    "memory": "benchmarks.resilience.memory",
}
"""Subcommand -> module with ``add_arguments(parser)`` and ``run(options) -> exit code``."""


def main() -> None:
    """Run one subcommand; exit 1 when it found what must not be."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    subparsers = parser.add_subparsers(dest="command", required=True)
    modules = {name: importlib.import_module(module) for name, module in COMMANDS.items()}
    for name, module in modules.items():
        module.add_arguments(subparsers.add_parser(name, description=module.__doc__))
    options = parser.parse_args()
    sys.exit(modules[options.command].run(options))


if __name__ == "__main__":
    main()
