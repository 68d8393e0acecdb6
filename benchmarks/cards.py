"""cards: what scorecards are worth and what they cost; each part is a sub-command.

python -m benchmarks.cards speed [--rows 10000000] [--timed-rows 1000000]
"""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.util import find_spec

PARTS = {name: f"benchmarks.card_{name}" for name in ("taiwan", "simulated", "speed")}


def main(arguments: list[str]) -> None:
    known = [name for name, module in PARTS.items() if find_spec(module)]
    if not arguments or arguments[0] not in known:
        sys.exit(f"usage: python -m benchmarks.cards {' | '.join(known)} [options]")
    import_module(PARTS[arguments[0]]).main(arguments[1:])


if __name__ == "__main__":
    main(sys.argv[1:])
