"""Charts on a page, each with its files."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st
from charts import Figure


def show_side_by_side(figures: Sequence[Figure]) -> None:
    """Charts in rows of two of the same height, an odd last one over the full width; on a phone below each other."""
    for start in range(0, len(figures), 2):
        row = figures[start : start + 2]
        height = max(figure.height for figure in row)
        columns = st.columns(2, gap="large") if len(row) > 1 else [st.container()]
        for column, figure in zip(columns, row, strict=True):
            with column:
                _show(figure, height)


def _show(figure: Figure, height: int) -> None:
    """A chart, so many pixels high, and its files."""
    st.markdown(f"**{figure.title}**")
    st.caption(figure.note)
    st.altair_chart(figure.on_page(height), width="stretch", alt=figure.alt)
    files = {"PNG": (figure.png, "image/png"), "SVG": (figure.svg, "image/svg+xml"), "CSV": (figure.csv, "text/csv")}
    with st.container(horizontal=True, gap="small"):
        for label, (data, mime) in files.items():
            st.download_button(
                label,
                data,
                f"{figure.name}.{label.lower()}",
                mime,
                key=f"download_{figure.name}_{label}",
                on_click="ignore",
                type="tertiary",
                icon=":material/download:",
                help=f"{figure.title} as {label}",
            )
