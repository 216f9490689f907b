"""A visitor of the Keypoints page, for tests in a browser."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from facekp.annotations import parse_pts
from tests.browser import READY, Visit


class KeypointsVisit(Visit):
    """A visitor of the Keypoints page."""

    def settle(self) -> None:
        """Wait until the page is at rest, and the points are drawn."""
        super().settle()
        if self.page.get_by_role("heading", name="Keypoints", level=1).count():
            self.page.locator(".viewer .point").first.wait_for()

    def press(self, name: str) -> None:
        """A button of the viewer."""
        self.page.locator(".viewer").get_by_role("button", name=name, exact=True).click()

    def upload(self, *files: Path) -> None:
        self.page.get_by_role("button", name="Upload").click()
        self.page.locator("input[type=file]").first.set_input_files(files)
        self.page.locator(f'.viewer img[alt^="{files[0].name}"]').wait_for()
        self.page.keyboard.press("Escape")
        self.settle()

    def choose(self, name: str) -> None:
        """Press a thumbnail."""
        button = self.page.locator(".st-key-keypoints_photos").get_by_role("button", name=name, exact=True)
        button.click()
        self.page.mouse.move(0, 0)  # off it, or its name would lie over the page
        self.page.wait_for_timeout(300)
        self.settle()

    def points(self) -> np.ndarray:
        """The points in the .pts file (K, 2)."""
        self.page.wait_for_timeout(300)  # until what was done is on its way
        self.page.wait_for_function(READY)
        return parse_pts(self.saved(".pts").decode())

    def centre(self, index: int) -> tuple[float, float]:
        """Of a point of the picture, window pixels."""
        point = self.page.locator(f'.viewer [data-point="{index}"]')
        point.scroll_into_view_if_needed()
        box = point.bounding_box()
        return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

    def drag(self, index: int, dx: float, dy: float) -> float:
        """Drag a point by so many window pixels; the photo pixels in one of them."""
        x, y = self.centre(index)
        scale = self.page.locator(".stage > svg").evaluate("svg => Number(svg.style.getPropertyValue('--px'))")
        if self.screen == "narrow":
            fingers = self.page.context.new_cdp_session(self.page)

            def send(kind: str, *places: tuple[float, float]) -> None:
                touches = [{"x": left, "y": top} for left, top in places]
                fingers.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})

            send("touchStart", (x, y))
            send("touchMove", (x + dx / 2, y + dy / 2))
            send("touchMove", (x + dx, y + dy))
            send("touchEnd")
        else:
            self.page.mouse.move(x, y)
            self.page.mouse.down()
            self.page.mouse.move(x + dx / 2, y + dy / 2)
            self.page.mouse.move(x + dx, y + dy)
            self.page.mouse.up()
        return float(scale)
