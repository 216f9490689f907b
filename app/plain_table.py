"""A table of plain HTML.

Each of Streamlit's own makes the browser load as much again as all the rest of the start page.
"""

from __future__ import annotations

import html

import pandas as pd
import streamlit as st

STYLE = """
.plain-table table { width: 100%; border-collapse: collapse; font-size: 0.875rem; }
.plain-table :is(th, td) {
    padding: 0.3rem 0.5rem; font-weight: 400; text-align: right; font-variant-numeric: tabular-nums;
    border-bottom: 1px solid light-dark(#d9dfe6, #333e49);
}
.plain-table :is(th, td):first-child { padding-left: 0; text-align: left; }
.plain-table :is(thead, tbody) th { color: light-dark(#56616c, #a9b4bf); }
.plain-table thead th { position: sticky; top: 0; background: light-dark(#ffffff, #12171d); }
"""


def plain_table(table: pd.DataFrame, *, alt: str, height: int | None = None) -> None:
    """Show a table, its first column to the left and the others to the right, numbers with one decimal.

    Parameters
    ----------
    table : DataFrame
        Its index is not shown.
    alt : str
        What a screen reader calls it.
    height : int, optional
        Pixels above which it scrolls; by default it is as high as its rows.
    """
    text = table.to_html(index=False, float_format="{:.1f}".format, na_rep="–", border=0)
    scrolled = f' tabindex="0" style="max-height: {height}px; overflow-y: auto"' if height else ""
    region = f'<div class="plain-table" role="region" aria-label="{html.escape(alt)}"{scrolled}>{text}</div>'
    st.html(f"<style>{STYLE}</style>{region}")
