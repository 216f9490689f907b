"""How far a face's points are from the true ones, as the Keypoints page tells it."""

from __future__ import annotations

import comparison
import pandas as pd
import streamlit as st
from plain_table import plain_table

from facekp.keypoints import Keypoints
from facekp.schema import NOSE_PLACES, Schema

NETWORK_OF = {"ibug68": "face68", "imm58": "face58"}
"""The one to compare true points of a schema with."""


def show_accuracy(face: Keypoints, truth: comparison.TrueFace | None) -> None:
    """Tell the errors of a face, or why none are given.

    Parameters
    ----------
    face : Keypoints
        The selected one.
    truth : TrueFace or None
        The true points that belong to it.
    """
    st.markdown(":red[●] predicted \u2003 :green[**○**] true")
    if truth is None:
        st.info(f"No error is given: {_elsewhere(face)}.")
    elif truth.counterparts is None:
        st.info(
            f"No error is given: {len(truth.schema)} true points ({truth.schema.name}) and {_predicted(face)} "
            f"({face.schema.name}) mark different places of a face. {_other_network(truth.schema)}"
        )
    else:
        _show_errors(comparison.errors(face.points, truth.counterparts, face.schema, truth.truth.scale))
        if face.schema != truth.schema:
            place = NOSE_PLACES[truth.schema.name]
            st.caption(
                f"Measured to the true point {place} · {truth.schema.names[place]}: "
                "it marks the place that this network learnt, from the IMM Face Database."
            )


def _elsewhere(face: Keypoints) -> str:
    if len(face.points) == 1:
        return "the predicted point lies outside the face that has true points"
    return "the true points lie on another face"


def _predicted(face: Keypoints) -> str:
    return "the predicted one" if len(face.points) == 1 else f"{len(face.points)} predicted ones"


def _other_network(schema: Schema) -> str:
    """Which network has the points of a schema."""
    return f"Choose {NETWORK_OF[schema.name]} to compare." if schema.name in NETWORK_OF else ""


def _show_errors(errors: comparison.Errors) -> None:
    several = len(errors.pixels) > 1
    pixels, share = st.columns(2)
    pixels.metric("Mean error" if several else "Error", f"{errors.mean:.2f} px")
    if errors.normalised is not None:
        share.metric("Of the eye distance", f"{errors.normalised:.2%}", help="NME: over the outer eye corners")
    if several:
        regions, worst = st.columns(2, gap="medium")
        with regions:
            _table(errors.by_region(), "Region", "Mean errors by region of the face")
        with worst:
            _table(errors.worst().drop(columns="percent"), "Farthest off", "The points that are farthest off")


def _table(table: pd.DataFrame, heading: str, alt: str) -> None:
    titles = {"name": heading, "pixels": "px", "percent": "%"}
    plain_table(table.rename(columns=titles), alt=alt)
