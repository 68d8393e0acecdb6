"""What a card keeps of its training: enough to know its data again and to repeat it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.metadata import version

from pydantic import JsonValue

from scoring import __version__
from scoring.training.metrics import Metrics
from scoring.training.parameters import TrainingParameters
from scoring.training.split import Split
from scoring.training.table import TrainingTable

LIBRARIES = ("lightgbm", "numpy", "optbinning", "ortools", "pyarrow", "scikit-learn", "scipy")
_FIGURE_DECIMALS = 6


def data_facts(
    table: TrainingTable, split: Split, more: Mapping[str, JsonValue]
) -> dict[str, JsonValue]:
    """The fingerprint of the data: counts, hash and split; no value of any row."""
    parts: dict[str, JsonValue] = {
        name: {"rows": int(rows.size), "bads": int(table.target[rows].sum())}
        for name, rows in split.parts().items()
    }
    return {
        "name": table.name,
        "content_hash": table.content_hash(),
        "rows": table.rows,
        "bads": int(table.target.sum()),
        "split": parts,
        "out_of_time_from": split.out_of_time_from,
        **more,
    }


def evaluation_facts(
    metrics: Sequence[Metrics],
    parameters: TrainingParameters,
    rounds: int | None,
    warnings: Sequence[str],
) -> dict[str, JsonValue]:
    """Figures (as text, six decimals), parameters and versions."""
    libraries: dict[str, JsonValue] = {"creditloop": __version__}
    libraries |= {library: version(library) for library in LIBRARIES}
    return {
        "evaluation": {
            entry.part: {
                "auc": _write(entry.auc),
                "ks": _write(entry.ks),
                "gini": _write(entry.gini),
                "brier": _write(entry.brier),
                "calibration_slope": _write(entry.calibration_slope),
                "calibration_intercept": _write(entry.calibration_intercept),
            }
            for entry in metrics
        },
        "warnings": list(warnings),
        "parameters": parameters.model_dump(mode="json"),
        "rounds": rounds,
        "libraries": libraries,
    }


def _write(value: float) -> str:
    return f"{value:.{_FIGURE_DECIMALS}f}"
