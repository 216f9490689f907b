"""Page: the filters of each network's first layer, and what they answer to on a photograph."""

from __future__ import annotations

import base64
import math
from collections.abc import Callable

import networks
import numpy as np
import services
import streamlit as st
import visit
import widgets
from numpy.typing import NDArray
from photos import Photo
from pictures import enlarged, filter_sheet, grey_of
from runs import Run

from facekp.errors import FacekpError
from facekp.images import encode_png

TRAINED, UNTRAINED = "After training", "Before training"
LARGE = 560  # pixels, the longer side of enlarged pictures
KEYPOINTS = "keypoints"  # the page whose photograph and selected face are shown here too

Filters = NDArray[np.float32]


def main() -> None:
    """Show the page."""
    st.title("Filters")
    st.markdown(
        "The first layer of each network: small patterns that are laid over every place of the picture. "
        "Choose one to see it large, before and after the training, and what it answers to on a photograph."
    )
    runs, problems = services.runs()
    for problem in problems:
        widgets.show_error(problem)
    if not runs:
        st.info(f"There are no checkpoints in {services.checkpoints()}. Train a network, and its filters show here.")
        return
    names = {run.name: run for run in runs}
    chosen = st.segmented_control(
        "Network",
        list(names),
        default=networks.CHECKPOINT if networks.CHECKPOINT in names else runs[0].name,
        required=True,
        key="filters_network",
        persist_state="session",
    )
    _show(names[chosen], widgets.photo_picker(KEYPOINTS))


@st.fragment
def _show(run: Run, photo: Photo | None) -> None:
    """The grid and what the network sees on one side, the chosen filter and its responses on the other."""
    with widgets.errors_shown():
        trained, untrained = services.first_filters(run)
        # White is the same before and after training, so that both can be compared.
        limit = max(float(np.abs(each).max()) for each in (trained, untrained) if each is not None)
        state = f"filters_chosen_{run.name}"
        index: int = min(st.session_state.get(state, 0), len(trained) - 1)
        grid_side, large_side = st.columns([2, 3], gap="large")
        with grid_side:
            _grid(run, _at_time(trained, untrained), limit, index, state)
            response = _seen(run, photo) if photo else None
        before, after = (response.before, response.answers) if response else (None, None)
        times = ((UNTRAINED, untrained, before), (TRAINED, trained, after))
        kept = [(time, filters, answers) for time, filters, answers in times if filters is not None]
        with large_side, st.container(key="filters_times"):
            for time, filters, answers in kept:
                with st.container():
                    st.markdown(f"**{time}**")
                    _filter(run, time, filters[index], limit, index)
                    if answers is not None:
                        _response(run, time, answers[index], index)


def _at_time(trained: Filters, untrained: Filters | None) -> Filters:
    """The filters to be shown, (C, k, k)."""
    if untrained is None:
        st.caption("The filters with which the training of this network began were not kept.")
        return trained
    time = st.segmented_control(
        "Time",
        [TRAINED, UNTRAINED],
        default=TRAINED,
        required=True,
        key="filters_time",
        persist_state="session",
        label_visibility="collapsed",
    )
    return untrained if time == UNTRAINED else trained


def _grid(run: Run, filters: Filters, limit: float, chosen: int, state: str) -> None:
    """A button with its picture for each filter, so that mouse and keyboard reach it."""
    columns = math.ceil(math.sqrt(len(filters)))  # few are large, many small, and all together as large as ever
    style = [f".st-key-filters_grid {{ grid-template-columns: repeat({columns}, 1fr); }}"]
    for index, each in enumerate(filters):
        url = "data:image/png;base64," + base64.b64encode(encode_png(grey_of(each, limit))).decode("ascii")
        style.append(f".st-key-filters_cell_{index}x button {{ background-image: url({url}); }}")
    st.html(f"<style>{' '.join(style)}</style>")
    with st.container(key="filters_grid"):
        for index in range(len(filters)):
            st.button(
                f"Filter {index + 1}",
                key=f"filters_cell_{index}x",
                type="primary" if index == chosen else "secondary",
                on_click=st.session_state.__setitem__,
                args=(state, index),
                width="stretch",
            )
    side = filters.shape[-1]
    st.caption(
        f"{len(filters)} filters of {side} × {side} pixels, all in the same grey scale: the middle grey is zero, "
        f"white is {_digits(limit)}, black is {_digits(-limit)}."
    )
    _download(
        f"{run.name}-filters", "All filters", "All filters", lambda: encode_png(filter_sheet(filters, limit, columns))
    )


def _filter(run: Run, time: str, values: Filters, limit: float, index: int) -> None:
    """A filter, large."""
    grey = enlarged(grey_of(values, limit), LARGE)
    title = f"Filter {index + 1}"
    caption = f"{title}: from {_digits(values.min())} to {_digits(values.max())}"
    widgets.show_grey(grey, caption, alt=f"{title} {time.lower()}")
    _download(f"{_stem(run, time, index)}", f"Filter {time.lower()}", "Filter", lambda: encode_png(grey))


def _response(run: Run, time: str, answer: Filters, index: int) -> None:
    """What a filter answers to."""
    reach = float(np.abs(answer).max())
    grey = enlarged(grey_of(answer, reach), LARGE)
    caption = f"Its response: zero is the middle grey, white is {_digits(reach)}"
    widgets.show_grey(grey, caption, alt=f"Response of filter {index + 1} {time.lower()}")
    name = f"{_stem(run, time, index)}-response"
    _download(name, f"Response {time.lower()}", "Response", lambda: encode_png(grey))


def _seen(run: Run, photo: Photo) -> services.Response | None:
    """The photograph as the network sees it; None, and why, where there is nothing to be seen."""
    face = visit.selected(KEYPOINTS, photo)
    try:
        response = services.response(run, photo, face)
    except FacekpError as error:
        widgets.show_error(str(error))
        return None
    which = (
        f"Face {min(face + 1, response.faces)} of {response.faces} of {photo.name}"
        if response.faces > 1
        else photo.name
    )
    title = f"{which} as {run.name} sees it"
    caption = f"{title}. {photo.caption}" if photo.caption else title
    widgets.show_grey(enlarged(response.seen, LARGE), caption, alt=title)
    if response.faces > 1:
        st.page_link("views/keypoints.py", label="Select another face", icon=":material/face:")
    return response


def _stem(run: Run, time: str, index: int) -> str:
    """The name of a filter's files."""
    return f"{run.name}-filter-{index + 1}-{time.split()[0].lower()}"


def _digits(value: float) -> str:
    """Three significant digits, zeros at the end too, and a true minus."""
    return f"{value:#.3g}".rstrip(".").replace("-", "−")


def _download(name: str, key: str, label: str, make: Callable[[], bytes]) -> None:
    st.download_button(
        label,
        make,
        f"{name}.png",
        "image/png",
        key=f"filters_download_{key}",
        on_click="ignore",
        type="tertiary",
        icon=":material/download:",
        help=f"{key} as PNG",
    )


main()
