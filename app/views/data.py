"""Page: what the loaders feed the networks, and where the data comes from."""

from __future__ import annotations

from collections.abc import Sequence

import networks
import pandas as pd
import samples
import services
import streamlit as st
import widgets
from data_sets import DATA_SETS, DataSet
from pictures import enlarged_with_points, face_with_points
from runs import PARTS, SPLITS, Run
from samples import KnownFace

from facekp.draw import PREDICTED, TRUTH
from facekp.schema import schema_of

COUNT = 8  # samples
TITLES = {**{each.name: each.title for each in DATA_SETS}, samples.GALLERY: "Gallery"}


def main() -> None:
    """Show the page."""
    st.title("Data")
    st.markdown("What the networks are fed in training: crops in their own size, and where the points lie in them.")
    with widgets.errors_shown():
        if samples.loaders_here():
            _samples()
        else:
            st.info("The loaders are part of the source code, not of the installed package; here is the gallery.")
            _gallery()
    _counts()
    _sources()


def _samples() -> None:
    """Samples of a data set as a network is fed with them."""
    here = [each.name for each in DATA_SETS if each.here and each.name in samples.SPLITS]
    if here:
        data_set = st.segmented_control(
            "Faces of",
            [*here, samples.GALLERY],
            format_func=TITLES.__getitem__,
            default=here[0],
            required=True,
            key="data_set",
            persist_state="session",
        )
    else:
        data_set = samples.GALLERY
        st.caption("None of the data sets is on this machine, so the gallery's composites stand in for them.")
    stage = st.segmented_control(
        "As fed to",
        samples.STAGES[data_set],
        default=samples.STAGES[data_set][0],
        required=True,
        key=f"data_stage_{data_set}",
        persist_state="session",
    )
    faces = services.known_gallery() if data_set == samples.GALLERY else services.faces_of(data_set)
    _drawn(faces, stage)


@st.fragment
def _drawn(faces: list[KnownFace], stage: str) -> None:
    """Some samples, and the buttons that draw others."""
    with st.container(horizontal=True, gap="medium", vertical_alignment="center"):
        augmented = st.toggle("Augmented, as in training", value=True, key="data_augmented", persist_state="session")
        st.button("Draw again", icon=":material/casino:", on_click=_draw_again)
    networks.load_torch()
    with widgets.errors_shown():
        drawn = samples.draw_samples(
            faces, stage, count=COUNT, seed=st.session_state.get("data_seed", 0), augmented=augmented
        )
        if not drawn:
            st.info(f"None of these faces has the points of {stage}.")
            return
        _tell_colours({sample.face.true for sample in drawn})
        with st.container(key="data_samples"):
            for sample in drawn:
                color = TRUTH if sample.face.true else PREDICTED
                picture = enlarged_with_points(sample.picture, sample.points, sample.schema, color)
                widgets.show_picture(picture, sample.face.title, alt=f"{sample.face.title} as {stage} is fed with it")
        height, width = drawn[0].picture.shape[:2]
        st.caption(f"Grey, {width} × {height} pixels; enlarged here.")


def _draw_again() -> None:
    st.session_state["data_seed"] = st.session_state.get("data_seed", 0) + 1


def _tell_colours(true: set[bool]) -> None:
    marks = [":green[●] true points"] * (True in true) + [":red[●] predicted, where no true ones are known"] * (
        False in true
    )
    st.markdown(" \u2003 ".join(marks))


def _gallery() -> None:
    """The gallery with its points, where there are no loaders."""
    faces = services.known_gallery()
    _tell_colours({face.true for face in faces})
    with st.container(key="data_samples"):
        for face in faces:
            schema = schema_of(len(face.points))
            assert schema is not None
            predicted, truth = (None, face.points) if face.true else (face.points, None)
            picture = face_with_points(face.photo, predicted, truth, schema)
            widgets.show_picture(picture, face.title, alt=f"{face.title} with its points")


# --- Counts ---------------------------------------------------------------------------------------


def _counts() -> None:
    """How many faces there are, and how many each run took."""
    st.subheader("How many")
    here = [each for each in DATA_SETS if each.here and each.name in samples.SPLITS]
    if here and samples.loaders_here():
        with widgets.errors_shown():
            rows = [
                {
                    "Data set": each.title,
                    "Split": SPLITS.get(split, split),
                    "Faces": len(services.faces_of(each.name, split)),
                }
                for each in here
                for split in samples.SPLITS[each.name]
            ]
            st.dataframe(
                pd.DataFrame(rows), hide_index=True, width="content", alt="Faces of each split on this machine"
            )
    runs = services.runs()[0]
    if runs:
        told = "The faces that the networks were trained, chosen and tested on"
        st.table(_taken(runs), border="horizontal", hide_index=True, alt=told)
        st.caption("Chosen on: the faces on which the best epoch was found. Those of the tests touched no choice.")


def _taken(runs: Sequence[Run]) -> pd.DataFrame:
    """What the networks were trained, chosen and tested on: a column for all that had the same faces."""
    columns: dict[tuple[str, ...], list[str]] = {}
    for run in runs:
        columns.setdefault(_faces(run), []).append(run.name)
    table = pd.DataFrame({", ".join(names): faces for faces, names in columns.items()})
    table.insert(0, "Network", ["Trained on", "Faces", "Chosen on", "Faces", "Tested on", "Faces"])
    return table


def _faces(run: Run) -> tuple[str, ...]:
    """The faces that a run was trained, chosen and tested on, each with their number, by its card and its results."""
    data = run.card.get("data", {})
    counts = data.get("counts", {})
    trained = {PARTS.get(part, part): count for part, count in counts.items() if part != "validation"}
    parts = [f"{count} {part}" if len(trained) > 1 else str(count) for part, count in trained.items()]
    tests = {
        SPLITS.get(split, split).removesuffix(" (test)"): str(numbers["photographs"])
        for split, (_, numbers) in run.measured.items()
        if split not in ("train", "validation") and "photographs" in numbers
    }
    faces = (
        data.get("training"),
        ", ".join(parts),
        data.get("validation", "").partition(";")[0],
        str(counts.get("validation", "")),
        ", ".join(tests),
        ", ".join(tests.values()),
    )
    return tuple(each or "–" for each in faces)


# --- Where to get it ------------------------------------------------------------------------------


def _sources() -> None:
    """Where to get the data sets."""
    st.subheader("Where to get it")
    st.markdown(
        "The data sets are not ours to pass on. Unpack them side by side in one folder, and set the environment's "
        "`FACEKP_DATA` to it before the app is started."
    )
    with st.container(key="data_sources"):
        for each in DATA_SETS:
            _source(each)


def _source(data_set: DataSet) -> None:
    with st.container(border=True):
        where = ":material/check_circle: on this machine" if data_set.here else ":material/cloud_download: not here"
        st.markdown(
            f"**{data_set.title}**  \n{data_set.about} {data_set.licence}  \n"
            f"[Official source]({data_set.source}), into the folder `{data_set.folder}`  \n{where}"
        )


main()
