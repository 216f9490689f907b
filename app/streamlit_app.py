"""The facekp app: the router between its pages. Start it with ``facekp app``."""

from pathlib import Path

import streamlit as st
import widgets

# A picture of our own: for a named icon the browser would ask a font server on the Internet.
st.set_page_config(page_title="facekp", page_icon=Path(__file__).parent / "icon.svg", layout="wide")
widgets.page_style()

page = st.navigation(
    [
        st.Page("views/keypoints.py", title="Keypoints", icon=":material/face:", default=True),
        st.Page("views/morph.py", title="Morph", icon=":material/transition_fade:"),
    ],
    position="top",
)
page.run()
