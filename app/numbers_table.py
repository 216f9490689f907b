"""The part of the results page that tells in numbers how far off the networks are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st
from plain_table import plain_table
from runs import SPLITS, Run

MEASURES = {
    "nme_percent": "Mean, %",
    "median_percent": "Median, %",
    "nme_inner51_percent": "Inner 51, %",
    "mean_pixels": "Mean, px",
    "mae_original_pixels": "Original px",
    "photographs": "Photographs",
    "missed": "Missed",
}
"""Titles of the columns, the most telling first."""
RARE = {
    "failures_above_8_percent": "Above 8 %",
    "failures_above_10_percent": "Above 10 %",
    "auc_to_8_percent": "Area to 8 %",
    "median_pixels": "Median, px",
}
"""Those of the second table, behind the first."""
MEANINGS = {
    "Inner 51, %": "the points that do not lie on the jaw",
    "Original px": "the mean error of a coordinate, in pixels of the original photographs",
    "Above 8 %": "the share of photographs with a larger error, percent",
    "Above 10 %": "the share of photographs with a larger error, percent",
    "Area to 8 %": "the area under the cumulative error up to there, percent of the largest possible",
}
"""What titles are too short to say."""


def show_numbers(runs: Sequence[Run]) -> None:
    """A table of what was measured, what is asked for less often behind it, and what has to be said beside it."""
    measured = [
        (run.name, SPLITS.get(split, split), date or "not noted", numbers)
        for run in runs
        for split, (date, numbers) in run.measured.items()
    ]
    if not measured:
        st.info("Nothing was measured yet; `python -m training.evaluate --help` tells how to.")
        return
    _table(
        [
            {"Run": run, "Split": split, **_columns(numbers, MEASURES), "Date": date}
            for run, split, date, numbers in measured
        ],
        "Errors of each run on each split",
    )
    more = [
        {"Run": run, "Split": split, **_columns(numbers, RARE), **_others(numbers)}
        for run, split, _, numbers in measured
    ]
    if any(len(row) > 2 for row in more):
        with st.expander("More numbers"):
            _table(more, "More numbers of each run on each split")
    st.caption("  \n".join(dict.fromkeys(_notes(runs))))


def _table(rows: Sequence[Mapping[str, Any]], told: str) -> None:
    """A table, and what its titles mean."""
    table = pd.DataFrame(rows)
    plain_table(table, alt=told, decimals=2)
    meanings = [f"{title}: {meaning}." for title, meaning in MEANINGS.items() if title in table]
    if meanings:
        st.caption("  \n".join(meanings))


def _columns(numbers: Mapping[str, Any], titles: Mapping[str, str]) -> dict[str, float]:
    """Those of the numbers that have a title."""
    return {title: numbers[name] for name, title in titles.items() if name in numbers}


def _others(numbers: Mapping[str, Any]) -> dict[str, float]:
    """The plain numbers without a title, under their names."""
    return {
        name.replace("_", " "): value
        for name, value in numbers.items()
        if name not in MEASURES and name not in RARE and isinstance(value, int | float)
    }


def _notes(runs: Sequence[Run]) -> list[str]:
    """What has to be said beside the numbers."""
    results = [result for run in runs for result in run.results]
    said = [f"{SPLITS.get(result.split, result.split)}: {result.description}." for result in results]
    said += [f"Errors in percent: of the {result.normaliser}; {result.missed_faces}." for result in results]
    said += [f"Pixels: {result.pixels}." for result in results]
    comparisons = [numbers.get("comparison", {}) for run in runs for _, numbers in run.measured.values()]
    return said + [each["sentence"] for each in comparisons if "sentence" in each]
