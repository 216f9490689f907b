"""The facekp app: the router between its pages. Start it with ``facekp app``."""

from pathlib import Path

import networks
import streamlit as st
import widgets


def main() -> None:
    """Show the page that was asked for."""
    # A picture of our own, before there are pages: for the named icon of one the browser would ask a font server.
    icon = Path(__file__).parent / "icon.svg"
    st.set_page_config(page_title="facekp", page_icon=icon, layout="wide")
    page = st.navigation(
        [
            st.Page("views/keypoints.py", title="Keypoints", icon=":material/face:", default=True),
            st.Page("views/morph.py", title="Morph", icon=":material/transition_fade:"),
            st.Page("views/midway.py", title="Mid-way and mean", icon=":material/groups:"),
            st.Page("views/filters.py", title="Filters", icon=":material/grid_on:"),
            st.Page("views/results.py", title="Results", icon=":material/show_chart:"),
            st.Page("views/data.py", title="Data", icon=":material/photo_library:"),
            st.Page("views/about.py", title="About", icon=":material/info:"),
        ]
    )
    st.set_page_config(page_title=f"{page.title} · facekp", page_icon=icon, layout="wide")
    widgets.page_style()
    page.run()
    networks.page_drawn.set()


if __name__ == "__main__":  # a process that is started beside the app reads this file too
    main()
