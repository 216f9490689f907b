"""The part of the results page that shows the pictures on which a network did best and worst, and says why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd
import services
import streamlit as st
import widgets
from data_sets import find_photo
from pictures import face_with_points
from plain_table import plain_table
from runs import SPLITS, Run

from facekp.annotations import Points
from facekp.results import Extreme, Extremes


def show_extremes(runs: Sequence[Run]) -> None:
    """The best and the worst pictures of one of the runs."""
    heading = st.container()  # names the split, which is that of the run that is chosen below
    known = {run.name: run for run in runs if run.extremes}
    if not known:
        heading.subheader("Best and worst pictures")
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
    split = extremes.split
    heading.subheader(f"Best and worst pictures: {SPLITS.get(split, split)}")
    if result := run.result(split):
        st.caption(f"{result.description}.")
    truth: Mapping[str, Points] = {}
    with widgets.errors_shown():
        truth = services.true_points(run, split)
    shown = extremes.best + extremes.worst
    photos = {each.picture.file: find_photo(run.data_set, each.picture.file) for each in shown}
    _tell_colours(any(each.picture.points is not None for each in shown), any(file in truth for file in photos))
    _tell_missing(all(photos.values()), all(file in truth for file in photos))
    for title, part in (("Best", extremes.best), ("Worst", extremes.worst)):
        for column, (place, extreme) in zip(st.columns(2, gap="large"), enumerate(part, 1), strict=False):
            with column, widgets.errors_shown():
                file = extreme.picture.file
                _one_picture(f"{title}, {place}", extreme, photos[file], truth.get(file), run)
    _tell_measures(extremes)


def _tell_colours(predicted: bool, true: bool) -> None:
    """The colours of the points that are drawn."""
    st.markdown(" \u2003 ".join([":red[●] predicted"] * predicted + [":green[●] true"] * true))


def _tell_missing(photos: bool, truth: bool) -> None:
    """Say why photographs or true points are not shown."""
    if not photos:
        st.caption(
            "The photographs are not ours to pass on, so the points stand alone. Set FACEKP_DATA to a folder "
            "with the data sets, and the photographs show beneath them; the Data page says where to get them."
        )
    if not truth:
        st.caption(
            "The true points belong to the data set too: they show where it is on this machine, and facekp runs "
            "from its source code."
        )


def _one_picture(title: str, extreme: Extreme, photo: Path | None, truth: Points | None, run: Run) -> None:
    """A picture with its error and what was measured of it."""
    picture = extreme.picture
    if picture.points is not None or truth is not None:
        drawn = face_with_points(photo, picture.points, truth, run.schema)
        points = " and ".join(["predicted"] * (picture.points is not None) + ["true"] * (truth is not None))
        widgets.show_picture(drawn, alt=f"{title}: {picture.file} with {points} points")
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
        plain_table(pd.DataFrame(rows), alt="Measures of the best and worst pictures", decimals=2)
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
