"""Page: what came out of the training: losses, errors, the best and the worst pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import charts
import pandas as pd
import reliability
import services
import streamlit as st
import widgets
from chart_view import show_side_by_side
from data_sets import find_photo
from pictures import face_with_points
from runs import SPLITS, STAGES, Run

from facekp.annotations import Points
from facekp.results import Extreme, Extremes, read_truth

AXES = ["Linear", "Logarithmic"]
MEASURES = {
    "photographs": "Photographs",
    "missed": "Missed",
    "nme_percent": "Mean error, %",
    "nme_inner51_percent": "Inner 51 points, %",
    "median_percent": "Median error, %",
    "failures_above_8_percent": "Above 8 %, %",
    "failures_above_10_percent": "Above 10 %, %",
    "auc_to_8_percent": "Area to 8 %, %",
    "mean_pixels": "Mean error, px",
    "median_pixels": "Median error, px",
    "mae_original_pixels": "Per coordinate, original px",
}


def main() -> None:
    """Show the page."""
    st.title("Results")
    st.markdown(
        "How the networks were trained, and how far off they are. All of it is read from the files of the runs."
    )
    runs, problems = services.runs()
    for problem in problems:
        widgets.show_error(problem)
    if not runs:
        st.info(f"There are no runs in {services.checkpoints()}. Train a network, and its results show here.")
        return
    chosen = _choose(runs)
    if not chosen:
        st.info("Choose at least one run.")
        return
    palette = charts.colours([run for run in runs if run.schema is chosen[0].schema])
    _training(chosen, palette)
    _numbers(chosen)
    _errors(chosen, palette)
    reliability.show_confidence(chosen, palette)
    reliability.show_robustness(chosen)
    _best_and_worst(chosen)


def _choose(runs: Sequence[Run]) -> list[Run]:
    """The runs of one stage that are to be shown."""
    stages = [stage for stage in STAGES if any(run.schema.name == stage for run in runs)]
    stage = st.segmented_control(
        "Stage",
        stages,
        format_func=STAGES.__getitem__,
        default=stages[-1],
        required=True,
        key="results_stage",
        persist_state="session",
    )
    own = [run for run in runs if run.schema.name == stage]
    names = [run.name for run in own]
    shown = st.pills(
        "Runs, laid over each other",
        names,
        selection_mode="multi",
        default=names,
        key=f"results_runs_{stage}",
        persist_state="session",
    )
    return [run for run in own if run.name in shown]


# --- Training -------------------------------------------------------------------------------------


def _training(runs: Sequence[Run], palette: Mapping[str, str]) -> None:
    """Losses and validation errors of every epoch, and the sweep."""
    st.subheader("Training")
    logged = [run for run in runs if run.history]
    if not logged:
        st.info("No epochs of these runs were kept.")
        return
    axis = st.segmented_control(
        "Axis of the loss", AXES, default=AXES[0], required=True, key="results_axis", persist_state="session"
    )
    logarithmic = axis == AXES[1]
    errors = charts.validation_errors(logged, palette)
    show_side_by_side([charts.losses(logged, palette, logarithmic=logarithmic), *([errors] if errors else [])])
    _tell_losses(logged)
    swept = [run for run in runs if run.sweep]
    if swept:
        st.subheader("Sweep")
        show_side_by_side([charts.sweep(run, logarithmic=logarithmic) for run in swept])
        st.dataframe(
            charts.sweep_table(swept),
            hide_index=True,
            column_config={name: st.column_config.NumberColumn(format="%.3g") for name in charts.SWEEP_NUMBERS},
            alt="The lowest validation loss of each run of the sweeps",
        )


def _tell_losses(runs: Sequence[Run]) -> None:
    """Say where losses are of different kinds."""
    kinds = {run.name: run.card.get("recipe", {}).get("loss") for run in runs}
    if len(set(kinds.values())) > 1:
        told = ", ".join(f"{name}: {kind or 'not noted'}" for name, kind in kinds.items())
        st.caption(f"Losses of different kinds are on different scales ({told}); compare the validation errors.")


# --- Numbers --------------------------------------------------------------------------------------


def _numbers(runs: Sequence[Run]) -> None:
    """A table of all that was measured."""
    st.subheader("Numbers")
    rows = [
        {"Run": run.name, "Split": SPLITS.get(split, split), "Date": date or "not noted", **_columns(numbers)}
        for run in runs
        for split, (date, numbers) in run.measured.items()
    ]
    if not rows:
        st.info("Nothing was measured yet; `python -m training.evaluate --help` tells how to.")
        return
    table = pd.DataFrame(rows)
    formats = {name: st.column_config.NumberColumn(format="%.2f") for name in table.select_dtypes("float")}
    told = "Errors of each run on each split"
    st.dataframe(table, hide_index=True, column_config=formats, placeholder="–", alt=told)
    st.caption("  \n".join(dict.fromkeys(_notes(runs))))


def _columns(numbers: Mapping[str, Any]) -> dict[str, float]:
    """The plain numbers under the names of their columns."""
    known = {title: numbers[name] for name, title in MEASURES.items() if name in numbers}
    others = {
        name.replace("_", " "): value
        for name, value in numbers.items()
        if name not in MEASURES and isinstance(value, int | float)
    }
    return {**known, **others}


def _notes(runs: Sequence[Run]) -> list[str]:
    """What has to be said beside the numbers."""
    results = [result for run in runs for result in run.results]
    said = [f"{SPLITS.get(result.split, result.split)}: {result.description}." for result in results]
    said += [f"Errors in percent: of the {result.normaliser}; {result.missed_faces}." for result in results]
    said += [f"Pixels: {result.pixels}." for result in results]
    comparisons = [numbers.get("comparison", {}) for run in runs for _, numbers in run.measured.values()]
    return said + [each["sentence"] for each in comparisons if "sentence" in each]


# --- Errors ---------------------------------------------------------------------------------------


def _errors(runs: Sequence[Run], palette: Mapping[str, str]) -> None:
    """Cumulative curves, and errors by part of the face and by view, on one split."""
    st.subheader("Errors")
    splits = _splits(runs)
    if not splits:
        st.info(
            "The errors of single photographs were not kept for these runs; "
            "`python -m training.evaluate --help` tells how they are measured."
        )
        return
    split = st.segmented_control(
        "Photographs",
        splits,
        format_func=lambda name: SPLITS.get(name, name),
        default=splits[0],
        required=True,
        key=f"results_split_{runs[0].schema.name}",
        persist_state="session",
    )
    measured = [result for run in runs if (result := run.result(split))]
    if not measured:
        st.info("None of the chosen runs was measured on these photographs.")
        return
    figures = [charts.cumulative(measured, palette)]
    if any(len(result.regions) > 1 for result in measured):
        figures.append(charts.regions(measured, palette))
    if any(result.views for result in measured):
        figures.append(charts.views(measured, palette))
    if turned := charts.turns(measured, palette):
        figures.append(turned)
    show_side_by_side(figures)


def _splits(runs: Sequence[Run]) -> list[str]:
    """Splits on which any of the runs was measured, the most telling first."""
    found = dict.fromkeys(result.split for run in runs for result in run.results)
    return sorted(found, key=[*SPLITS, *found].index)


# --- Best and worst -------------------------------------------------------------------------------


def _best_and_worst(runs: Sequence[Run]) -> None:
    """The pictures on which a run did best and worst, and why."""
    st.subheader("Best and worst pictures")
    known = {run.name: run for run in runs if run.extremes}
    if not known:
        st.info("No best and worst pictures were kept for these runs.")
        return
    name = st.segmented_control(
        "Run",
        list(known),
        default=next(iter(known)),
        required=True,
        key=f"results_pictures_{runs[0].schema.name}",
        persist_state="session",
    )
    run = known[name]
    extremes = run.extremes
    assert extremes is not None
    st.markdown(":red[●] predicted \u2003 :green[●] true")
    truth = read_truth(run.folder, extremes.split)
    photos = {each.picture.file: find_photo(run.data_set, each.picture.file) for each in extremes.best + extremes.worst}
    _tell_missing(all(photos.values()), all(file in truth for file in photos))
    for title, part in (("Best", extremes.best), ("Worst", extremes.worst)):
        for column, (place, extreme) in zip(st.columns(2, gap="large"), enumerate(part, 1), strict=False):
            with column, widgets.errors_shown():
                file = extreme.picture.file
                _one_picture(f"{title}, {place}", extreme, photos[file], truth.get(file), run)
    _tell_measures(extremes)


def _tell_missing(photos: bool, truth: bool) -> None:
    """Say why photographs or true points are not shown."""
    if not photos:
        st.caption(
            "The photographs are not ours to pass on, so the points stand alone. Set FACEKP_DATA to a folder "
            "with the data sets, and the photographs show beneath them; the Data page says where to get them."
        )
    if not truth:
        st.caption(
            "The true points belong to the data set too, and are not shown here; "
            "`python -m training.evaluate` keeps them where the data set is."
        )


def _one_picture(title: str, extreme: Extreme, photo: Path | None, truth: Points | None, run: Run) -> None:
    """A picture with its error and what was measured of it."""
    picture = extreme.picture
    if picture.points is not None or truth is not None:
        drawn = face_with_points(photo, picture.points, truth, run.schema)
        widgets.show_picture(drawn, alt=f"{title}: {picture.file} with predicted and true points")
    pixels = "" if picture.error_pixels is None else f", {picture.error_pixels:.2f} px"
    error = "missed" if picture.points is None else f"{picture.error_percent:.2f} %{pixels}"
    st.markdown(f"**{title}**: {error}  \n{extreme.reason}")
    st.caption(picture.file)


def _tell_measures(extremes: Extremes) -> None:
    """What was measured of the pictures, and what could not be."""
    with st.expander("What was measured of these pictures"):
        rows = [
            {
                "Picture": f"{title}, {place}",
                **{_words(name): measure.value for name, measure in each.measures.items()},
            }
            for title, part in (("Best", extremes.best), ("Worst", extremes.worst))
            for place, each in enumerate(part, 1)
        ]
        st.dataframe(pd.DataFrame(rows), hide_index=True, alt="Measures of the best and worst pictures")
        st.markdown("\n".join(_meaning(name, extremes) for name in extremes.meanings))
        st.markdown(f"Hidden points: {extremes.occlusion.rstrip('.')}. Measured on {extremes.date}.")


def _meaning(name: str, extremes: Extremes) -> str:
    """What a measure is, and what it has to do with the error."""
    effect = f"The hardest tenth by it has {extremes.effects[name]:.2f} times the mean error of all pictures."
    return f"- *{_words(name)}*: {extremes.meanings[name]}. {effect}"


def _words(name: str) -> str:
    """The name of a measure, whose last word is its unit, as it is read."""
    *words, unit = name.split("_")
    return f"{' '.join(words)}, {unit}" if unit in ("degrees", "pixels", "percent") else name.replace("_", " ")


main()
