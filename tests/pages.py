"""Pages of the app as Streamlit's own tester runs them, and what they show."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.conftest import ROOT

Opener = Callable[..., AppTest]


def without_data(environment: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """No data sets but those that a test sets."""
    environment.delenv("FACEKP_DATA", raising=False)
    environment.delenv("FACEKP_CHECKPOINTS", raising=False)
    return environment


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


def picture_urls(app: AppTest) -> list[str]:
    return [url for image in app.image for url in image.value]


def labels(app: AppTest) -> list[str]:
    return [button.label for button in app.download_button]


def headings(app: AppTest) -> list[str]:
    return [heading.value for heading in app.subheader]
