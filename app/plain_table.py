"""A table of plain HTML.

Each of Streamlit's own makes the browser load more than half as much again as the rest of the start page, and its first
columns, where they stay in place, are too faint to be read by all.
"""

from __future__ import annotations

import html

import pandas as pd
import streamlit as st

WIDE = 4
"""Columns from above which a table may be wider than a phone."""
MOST_COLUMNS = 12
"""Texts are put to the left in so many of the first columns."""

STYLE = """
.plain-table { overflow: auto; }
.plain-table table { width: 100%; border-collapse: separate; border-spacing: 0; font-size: 0.875rem; }
.plain-table :is(th, td) {
    padding: 0.3rem 0.5rem; font-weight: 400; text-align: right; white-space: nowrap;
    font-variant-numeric: tabular-nums; border-bottom: 1px solid light-dark(#d9dfe6, #333e49);
    background: light-dark(#ffffff, #12171d);
}
.plain-table th { color: light-dark(#56616c, #a9b4bf); position: sticky; top: 0; z-index: 1; }
/* The first column stays where a wide table is moved sideways. */
.plain-table :is(th, td):first-child {
    padding-left: 0; min-width: 6.8rem; white-space: normal; position: sticky; left: 0;
}
.plain-table th:first-child { z-index: 2; }
"""


def plain_table(table: pd.DataFrame, *, alt: str, height: int | None = None, decimals: int = 1) -> None:
    """Show a table, texts to the left and numbers to the right.

    Parameters
    ----------
    table : DataFrame
        Its index is not shown.
    alt : str
        What a screen reader calls it.
    height : int, optional
        Pixels above which it scrolls; by default it is as high as its rows.
    decimals : int
        Of numbers that are not whole.
    """
    text = table.to_html(index=False, float_format=f"{{:.{decimals}f}}".format, na_rep="–", border=0)
    texts = [place for place, name in enumerate(table, 1) if not pd.api.types.is_numeric_dtype(table[name])]
    left = " ".join(f"left-{place}" for place in texts)
    # What scrolls can be reached by keyboard.
    reached = ' tabindex="0"' if height or table.shape[1] > WIDE else ""
    limit = f' style="max-height: {height}px"' if height else ""
    named = f'class="plain-table {left}" role="region" aria-label="{html.escape(alt)}"'
    st.html(f"<style>{STYLE}{_lefts()}</style><div {named}{reached}{limit}>{text}</div>")


def _lefts() -> str:
    """Rules for columns of texts."""
    return "".join(
        f".plain-table.left-{place} :is(th, td):nth-child({place}) {{ text-align: left; }}\n"
        for place in range(1, MOST_COLUMNS + 1)
    )
