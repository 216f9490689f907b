"""Page: what came out of the training: losses, errors, the best and the worst pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import charts
import reliability
import services
import streamlit as st
import widgets
from chart_view import show_side_by_side
from extremes import show_extremes
from numbers_table import show_numbers
from runs import SPLITS, STAGES, Run

NUMBERS, TRAINING, ERRORS, PICTURES = PARTS = ("Numbers", "Training", "Errors", "Pictures")
LOGARITHMIC, LINEAR = AXES = ("Logarithmic", "Linear")


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
    part = st.segmented_control(
        "Part",
        PARTS,
        default=NUMBERS,
        required=True,
        key="results_part",
        persist_state="session",
        label_visibility="collapsed",
    )
    if part == TRAINING:
        _training(chosen, palette)
    elif part == NUMBERS:
        show_numbers(chosen)
    elif part == ERRORS:
        _errors(chosen, palette)
        reliability.show_confidence(chosen, palette)
        reliability.show_robustness(chosen)
    else:
        show_extremes(chosen)


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
    logged = [run for run in runs if run.history]
    if not logged:
        st.info("No epochs of these runs were kept.")
        return
    axis = st.segmented_control(
        "Axis", AXES, default=LOGARITHMIC, required=True, key="results_axis", persist_state="session"
    )
    logarithmic = axis == LOGARITHMIC
    errors = charts.validation_errors(logged, palette, logarithmic=logarithmic)
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


# --- Errors ---------------------------------------------------------------------------------------


def _errors(runs: Sequence[Run], palette: Mapping[str, str]) -> None:
    """Cumulative curves, and errors by part of the face and by view, on one split."""
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


main()
