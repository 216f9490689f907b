"""What was measured while training and after it, as Markdown tables for training/README.md."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from facekp.reliability import ConfidenceResults, RobustnessResults
from facekp.results import Extreme, Extremes
from training.extremes import BRACKETS

NOTHING = "Nothing has been measured yet.\n"
FIRST_CYCLE, CYCLE = "first_cycle", "_cycle"
"""How a card of a network that came a long way names its earlier trainings."""


def cycles_table(card: Mapping[str, Any]) -> str:
    """A row for each training that a network went through, by its card, the last one at the end."""
    cycles = [value for key, value in card.items() if key.endswith(CYCLE)] + [card]
    rows = [
        f"| {number} | {' and '.join(map(str, recipe['sizes']))} px | {recipe['learning_rate']:g} | "
        f"{'level eyes' if recipe.get('level') else 'upright'} | {chosen['epoch']} | "
        f"{100 * chosen['validation_nme']:.2f} % |"
        for number, (recipe, chosen) in enumerate(((each["recipe"], each["chosen"]) for each in cycles), start=1)
    ]
    head = "| cycle | crops | peak learning rate | crops are | best epoch, of all | 300-W validation |"
    return "\n".join([head, "|---" * 6 + "|", *rows]) + "\n"


def confidence_table(results: Sequence[ConfidenceResults]) -> str:
    """A row for each network."""
    if not results:
        return NOTHING
    head = (
        "| network | photographs | largest factor between predicted and measured error, ten groups | "
        "area under the curve | under a cover: predicted | measured | predicted without it |"
    )
    rows = [
        f"| `{each.checkpoint}` | {each.photographs} | {each.worst_factor:.2f} | "
        f"{each.background['auc']:.4f} ({each.background['crops']} boxes) | "
        + " | ".join(
            f"{each.covered['hidden'][name]:.1f} px"
            for name in ("predicted_pixels", "measured_pixels", "predicted_before_pixels")
        )
        + " |"
        for each in results
    ]
    return "\n".join([head, "|---" * 7 + "|", *rows, "", *_groups_table(results)]) + "\n"


def _groups_table(results: Sequence[ConfidenceResults]) -> list[str]:
    """Lines of a table of the predicted and the measured error of each group of points."""
    count = len(results[0].bins["predicted_pixels"])
    rows = [
        f"| `{each.checkpoint}`, {name} | " + " | ".join(f"{value:.1f}" for value in each.bins[f"{name}_pixels"]) + " |"
        for each in results
        for name in ("predicted", "measured")
    ]
    return [
        f"| error of each group, px | {' | '.join(map(str, range(1, count + 1)))} |",
        "|---" * (count + 1) + "|",
        *rows,
    ]


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


def _cell(numbers: dict[str, Any] | None) -> str:
    """An error, how often that of the photographs as they are, and the faces that were missed."""
    if numbers is None:
        return "–"
    missed = f", {numbers['missed']} missed" if numbers["missed"] else ""
    return f"{numbers['nme_percent']:.2f} % (× {numbers['ratio']:.2f}{missed})"
