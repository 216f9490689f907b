"""The parts of the results page that tell what a network knows of its own errors, and what poor photographs cost."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import altair as alt
import pandas as pd
import streamlit as st
from chart_view import show_side_by_side
from charts import Figure, run_colour
from plain_table import plain_table
from runs import SPLITS, Run

from facekp.reliability import ConfidenceResults

FACTOR = 1.5
"""How far predicted and measured errors may lie apart: the band of the chart."""


def show_confidence(runs: Sequence[Run], palette: Mapping[str, str]) -> None:
    """Predicted against measured errors, and whether faces are told from what is none."""
    results = [run.confidence for run in runs if run.confidence]
    if not results:
        return
    st.subheader("Confidence")
    show_side_by_side([calibration_figure(results, palette)])
    st.markdown("\n".join(_told(result) for result in results))


def show_robustness(runs: Sequence[Run]) -> None:
    """A table of the errors on photographs made harder."""
    table = robustness_table(runs)
    if table.empty:
        return
    st.subheader("Robustness")
    plain_table(table, alt="Errors on photographs made harder in one way each", decimals=2)
    ways = dict.fromkeys(
        f"{SPLITS.get(run.robustness.split, run.robustness.split)}, {run.robustness.photographs} photographs; errors "
        f"in percent of the eye distance, and how often that of the photographs as they are. {run.robustness.way}"
        for run in runs
        if run.robustness
    )
    st.caption("  \n".join(ways))


def calibration_figure(results: Sequence[ConfidenceResults], palette: Mapping[str, str]) -> Figure:
    """Measured over predicted error of ten groups of points, with the band in which they should lie."""
    table = pd.concat(
        [
            pd.DataFrame(
                {
                    "run": result.checkpoint,
                    "predicted, px": result.bins["predicted_pixels"],
                    "measured, px": result.bins["measured_pixels"],
                }
            )
            for result in results
        ],
        ignore_index=True,
    )
    numbers = table[["predicted, px", "measured, px"]]
    ends = [float(numbers.min().min()) / 1.2, float(numbers.max().max()) * 1.2]
    band = pd.DataFrame({"at": ends, "low": [e / FACTOR for e in ends], "high": [e * FACTOR for e in ends]})
    scale = alt.Scale(type="log", domain=ends, nice=False, clamp=True)
    x, axis = "Predicted error, px", alt.Axis(tickCount=6, format="~g")
    shade = alt.Chart(band).encode(x=alt.X("at:Q", title=x, scale=scale, axis=axis))
    marks = (
        alt.Chart(table)
        .mark_line(point=alt.OverlayMarkDef(size=50), strokeWidth=2)
        .encode(
            x=alt.X("predicted, px:Q", title=x, scale=scale, axis=axis),
            y=alt.Y("measured, px:Q", title="Measured error, px", scale=scale, axis=axis),
            color=run_colour(table["run"], palette),
            tooltip=["run", alt.Tooltip("predicted, px", format=".2f"), alt.Tooltip("measured, px", format=".2f")],
        )
    )
    chart = alt.layer(
        shade.mark_area(opacity=0.12, color="#7b8794", clip=True).encode(y="low:Q", y2="high:Q"),
        shade.mark_line(color="#7b8794", strokeDash=[4, 4], strokeWidth=1, clip=True).encode(y="at:Q"),
        marks,
    )
    worst = "; ".join(f"{result.checkpoint}: at most a factor of {result.worst_factor:.2f}" for result in results)
    split = results[0].split
    note = f"Ten groups of points of {SPLITS.get(split, split)}, by predicted error; the band is a factor of {FACTOR}."
    title = "Predicted and measured error"
    return Figure("calibration", title, note, f"{title} lie apart by {worst}.", table, chart)


def robustness_table(runs: Sequence[Run]) -> pd.DataFrame:
    """A row for each condition, and two columns for each run, and for dlib where it was measured."""
    systems = {run.name: run.robustness.conditions for run in runs if run.robustness}
    beside = [run.robustness.dlib for run in runs if run.robustness and run.robustness.dlib]
    systems |= {"dlib": beside[0]} if beside else {}
    titles = {name: numbers["title"] for table in systems.values() for name, numbers in table.items()}
    rows = [
        {
            "Photographs": re.sub(r"-(?=\d)", "−", title),
            **{f"{system}, %": table.get(name, {}).get("nme_percent") for system, table in systems.items()},
            **{f"{system}, ×": table.get(name, {}).get("ratio") for system, table in systems.items()},
        }
        for name, title in titles.items()
    ]
    return pd.DataFrame(rows)


def _told(result: ConfidenceResults) -> str:
    """What is to be said of a run beside the chart."""
    background, hidden = result.background, result.covered["hidden"]
    return (
        f"- **{result.checkpoint}**: predicted and measured errors lie apart by a factor of at most "
        f"{result.worst_factor:.2f}. {background['crops']} boxes without a face are told from the "
        f"{result.photographs - result.missed} faces with an area under the curve of {background['auc']:.4f}. "
        f"With a quarter of the face covered, {hidden['predicted_pixels']:.1f} px are predicted for the points under "
        f"it and {hidden['measured_pixels']:.1f} px measured; uncovered, {hidden['predicted_before_pixels']:.1f} px "
        "were predicted for the same points."
    )
