"""Page: the filters of each network's first layer, and what they answer to on a photograph."""

from __future__ import annotations

import base64
from collections.abc import Callable
from contextlib import suppress

import numpy as np
import services
import streamlit as st
import visit
import widgets
from numpy.typing import NDArray
from pictures import enlarged, filter_sheet, grey_of
from runs import Run

from facekp.errors import FacekpError
from facekp.images import encode_png

TRAINED, UNTRAINED = "After training", "Before training"
LARGE = 560  # pixels, the longer side of enlarged pictures
FEW = 12  # filters that fit into rows of four

Filters = NDArray[np.float32]


def main() -> None:
    """Show the page."""
    st.title("Filters")
    st.markdown(
        "The first layer of each network: small patterns that are laid over every place of the picture. "
        "Choose one to see it large, and what it answers to on the current photograph."
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
        default=services.CHECKPOINT if services.CHECKPOINT in names else runs[0].name,
        required=True,
        key="filters_network",
        persist_state="session",
    )
    _show(names[chosen])


@st.fragment
def _show(run: Run) -> None:
    """The grid on one side, the chosen filter and its response on the other."""
    with widgets.errors_shown():
        trained, untrained = services.first_filters(run)
        filters = _at_time(trained, untrained)
        # White is the same before and after training, so that both can be compared.
        limit = max(float(np.abs(each).max()) for each in (trained, untrained) if each is not None)
        state = f"filters_chosen_{run.name}"
        index: int = min(st.session_state.get(state, 0), len(filters) - 1)
        grid_side, large_side = st.columns([2, 3], gap="large")
        with grid_side:
            _grid(run, filters, limit, index, state)
        with large_side:
            _large(run, filters[index], limit, index, answers=filters is trained)
            _seen(run)


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
    columns = 4 if len(filters) <= FEW else 8
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
        f"white is {limit:.3g}, black is −{limit:.3g}."
    )
    _download(f"{run.name}-filters", "All filters", lambda: encode_png(filter_sheet(filters, limit, columns)))


def _large(run: Run, values: Filters, limit: float, index: int, *, answers: bool) -> None:
    """A filter, its response beside it, and what the network sees."""
    title, name = f"Filter {index + 1}", f"{run.name}-filter-{index + 1}"
    filter_side, response_side = st.columns(2, gap="medium")
    with filter_side:
        grey = enlarged(grey_of(values, limit), LARGE)
        widgets.show_grey(grey, f"{title}: from {_signed(values.min())} to {_signed(values.max())}", alt=title)
        _download(name, "Filter", lambda: encode_png(grey))
    with response_side, widgets.errors_shown():
        if not answers:
            st.info("Responses are those of the trained filters.")
            return
        response = _response(run)
        if response is None:
            st.info("There is no photograph yet: upload one on the page Keypoints, and the response shows here.")
            return
        answer = response.answers[index]
        reach = float(np.abs(answer).max())
        shown = enlarged(grey_of(answer, reach), LARGE)
        widgets.show_grey(
            shown, f"Its response: zero is the middle grey, white is {reach:.3g}", alt=f"Response of {title}"
        )
        _download(f"{name}-response", "Response", lambda: encode_png(shown))


def _response(run: Run) -> services.Response | None:
    photo = visit.chosen("keypoints")
    return services.response(run, photo) if photo else None


def _seen(run: Run) -> None:
    """The photograph as the network sees it, and the way to another one."""
    photo = visit.chosen("keypoints")
    picture_side, link_side = st.columns(2, gap="medium")
    with link_side:
        st.page_link("views/keypoints.py", label="Take another photograph", icon=":material/face:")
    if photo is None:
        return
    with picture_side, suppress(FacekpError):  # told above, where the response would be
        seen = enlarged(services.response(run, photo).seen, LARGE)
        title = f"{photo.name} as {run.name} sees it"
        widgets.show_grey(seen, f"{title}. {photo.caption}" if photo.caption else title, alt=title)


def _signed(value: float) -> str:
    return f"{value:.3g}".replace("-", "−")


def _download(name: str, label: str, make: Callable[[], bytes]) -> None:
    st.download_button(
        label,
        make,
        f"{name}.png",
        "image/png",
        key=f"filters_download_{label}",
        on_click="ignore",
        type="tertiary",
        icon=":material/download:",
        help=f"{label} as PNG",
    )


main()
