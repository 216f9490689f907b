"""Pages of the app as Streamlit's own tester runs them, and what they show."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from tests.conftest import ROOT

Opener = Callable[..., AppTest]


def opener(environment: pytest.MonkeyPatch) -> Opener:
    """Opens a page as a visitor first sees it, of an app that shows the runs of a folder."""

    def open_page(page: str, checkpoints: Path | None = None) -> AppTest:
        if checkpoints:
            environment.setenv("FACEKP_CHECKPOINTS", str(checkpoints))
        return run(AppTest.from_file(str(ROOT / "app" / "streamlit_app.py"), default_timeout=60), page)

    return open_page


def run(app: AppTest, page: str) -> AppTest:
    """Open another page; the start page is not drawn before, which would cost a prediction."""
    return app.switch_page(f"views/{page}.py").run()


def healthy(app: AppTest) -> bool:
    return not app.exception and not app.error


def captions(app: AppTest) -> str:
    return "\n".join(caption.value for caption in app.caption)


def texts(app: AppTest) -> str:
    return "\n".join(text.value for text in app.markdown)


def plain_tables(app: AppTest) -> list[pd.DataFrame]:
    """The tables of plain HTML, their cells as they are read."""
    rows = [
        [[unescape(cell) for cell in re.findall(r"<t[hd]>(.*?)</t", row)] for row in text.split("</tr>")[:-1]]
        for text in re.findall(r"<table.*?</table>", "".join(each.proto.body for each in app.get("html")), re.DOTALL)
    ]
    return [pd.DataFrame(cells, columns=titles) for titles, *cells in rows]


def picture_urls(app: AppTest) -> list[str]:
    return [url for image in app.image for url in image.value]


def labels(app: AppTest) -> list[str]:
    return [button.label for button in app.download_button]


def headings(app: AppTest) -> list[str]:
    return [heading.value for heading in app.subheader]
