"""What a visitor brought is in memory once, and goes when they go; how much of it a visit holds, test_visit says."""

from __future__ import annotations

import asyncio
import gc
import threading
import weakref
from types import SimpleNamespace

import numpy as np
import pytest
import server
from streamlit.runtime.memory_session_storage import MemorySessionStorage
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.runtime import Runtime
from streamlit.runtime.websocket_session_manager import WebsocketSessionManager

from tests.visitor import encoded, open_page, upload


def test_what_the_visit_has_read_streamlit_does_not_keep_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    managers: list[MemoryUploadedFileManager] = []
    added: list[str] = []
    build, add = MemoryUploadedFileManager.__init__, MemoryUploadedFileManager.add_file

    def noted(manager: MemoryUploadedFileManager, endpoint: str) -> None:
        build(manager, endpoint)
        managers.append(manager)

    def counted(manager: MemoryUploadedFileManager, session_id: str, file: object) -> None:
        add(manager, session_id, file)  # type: ignore[arg-type]
        added.append(session_id)

    monkeypatch.setattr(MemoryUploadedFileManager, "__init__", noted)
    monkeypatch.setattr(MemoryUploadedFileManager, "add_file", counted)
    page = open_page("keypoints")
    for number in range(3):
        plain = np.full((64, 64, 3), 80 * number, np.uint8)
        upload(page, "keypoints", f"{number}.png", encoded(plain))
        assert not page.exception
    assert len(added) >= 3
    assert not any(files for manager in managers for files in manager.file_storage.values())


class Session:
    """As far as the storage looks at it, and a circle of references, as Streamlit's own."""

    id = "left"

    def __init__(self) -> None:
        self.own = self


def test_who_left_is_freed_though_nobody_else_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    storage, session = MemorySessionStorage(ttl_seconds=0.05), Session()  # type: ignore[arg-type]
    manager = SimpleNamespace(_session_storage=storage)
    running = SimpleNamespace(exists=lambda: True, get_instance=lambda: SimpleNamespace(_session_mgr=manager))
    monkeypatch.setattr(server, "runtime", running)
    monkeypatch.setattr(server, "LOOK", 0.1)
    gone = weakref.ref(session)
    storage.save(SimpleNamespace(session=session))  # type: ignore[arg-type]
    del session

    async def wait() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(server._free_visits(), 0.5)

    thread = threading.Thread(target=lambda: asyncio.run(wait()))  # another loop may be running in this one
    gc.freeze()  # as after the start
    try:
        thread.start()
        thread.join()
    finally:
        gc.unfreeze()
    assert gone() is None


def test_the_running_server_has_what_is_freed() -> None:
    """Streamlit's own names, which another version may change."""
    assert {"_session_storage", "_cache"} <= {
        *WebsocketSessionManager.__init__.__code__.co_names,
        *MemorySessionStorage.__init__.__code__.co_names,
    }
    assert "_session_mgr" in Runtime.__init__.__code__.co_names
