"""What was measured of confidence and robustness, as Markdown tables for training/README.md."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from facekp.reliability import ConfidenceResults, RobustnessResults
from facekp.results import Extreme, Extremes
from training.extremes import BRACKETS

NOTHING = "Nothing has been measured yet.\n"


def confidence_table(results: Sequence[ConfidenceResults]) -> str:
    """A row for each network."""
    if not results:
        return NOTHING
    head = (
        "| network | photographs | predicted and measured error, ten groups | largest factor | area under the curve | "
        "under a cover: predicted | measured | predicted without it |"
    )
    rows = [
        f"| `{each.checkpoint}` | {each.photographs} | {_group(each, 0)} to {_group(each, -1)} px | "
        f"{each.worst_factor:.2f} | {each.background['auc']:.4f} ({each.background['crops']} boxes) | "
        + " | ".join(
            f"{each.covered['hidden'][name]:.1f} px"
            for name in ("predicted_pixels", "measured_pixels", "predicted_before_pixels")
        )
        + " |"
        for each in results
    ]
    return "\n".join([head, "|---" * 8 + "|", *rows]) + "\n"


def robustness_table(results: Sequence[RobustnessResults]) -> str:
    """A row for each condition, a column for each network and for dlib."""
    systems: dict[str, dict[str, dict[str, Any]]] = {f"`{each.checkpoint}`": each.conditions for each in results}
    beside = [each.dlib for each in results if each.dlib]
    systems |= {"dlib": beside[0]} if beside else {}
    titles = {name: numbers["title"] for table in systems.values() for name, numbers in table.items()}
    if not titles:
        return NOTHING
    head = [f"| photographs | {' | '.join(systems)} |", "|---" * (1 + len(systems)) + "|"]
    rows = [
        f"| {title} | " + " | ".join(_cell(table.get(name)) for table in systems.values()) + " |"
        for name, title in titles.items()
    ]
    return "\n".join(head + rows) + f"\n\n{results[0].way}\n"


def failures(extremes: Sequence[Extremes]) -> str:
    """The worst pictures of each network, and the measured reasons."""
    if not extremes:
        return ""
    rows = [f"- `{each.checkpoint}`: {' '.join(map(_failure, each.worst))}" for each in extremes]
    return f"\nThe worst validation pictures. {BRACKETS}\n\n" + "\n".join(rows) + "\n"


def _failure(worst: Extreme) -> str:
    picture, reason = worst.picture, worst.reason.removesuffix(BRACKETS).strip()
    return f"`{picture.file}`, {picture.error_percent:.1f} %. {reason}"


def _group(results: ConfidenceResults, group: int) -> str:
    """Predicted and measured error of a group."""
    return f"{results.bins['predicted_pixels'][group]:.1f} / {results.bins['measured_pixels'][group]:.1f}"


def _cell(numbers: dict[str, Any] | None) -> str:
    """An error, how often that of the photographs as they are, and the faces that were missed."""
    if numbers is None:
        return "–"
    missed = f", {numbers['missed']} missed" if numbers["missed"] else ""
    return f"{numbers['nme_percent']:.2f} % (× {numbers['ratio']:.2f}{missed})"
