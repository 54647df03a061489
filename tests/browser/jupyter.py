"""JupyterLab and Notebook 7 on localhost, with a notebook open in Chromium."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Page

PACKAGE = Path(__file__).parents[2]
SETTINGS = {
    "@jupyterlab/apputils-extension:notification.jupyterlab-settings": {
        "fetchNews": "false",
        "checkForUpdates": False,
    },
    "@jupyterlab/notebook-extension:tracker.jupyterlab-settings": {"windowingMode": "none"},
    "@jupyterlab/extensionmanager-extension:plugin.jupyterlab-settings": {"enabled": False},
}


def write_notebook(path: Path, cells: Sequence[str]) -> None:
    """Write a notebook that has not been run."""
    import nbformat

    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    made.metadata["kernelspec"] = {
        "name": "python3",
        "display_name": "Python 3",
        "language": "python",
    }
    nbformat.write(made, path)


def settings(folder: Path) -> None:
    """Keep JupyterLab from asking for news, and from taking cells away that are out of sight."""
    for name, values in SETTINGS.items():
        extension, file = name.split(":")
        target = folder / "lab" / "user-settings" / extension / file
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(json.dumps(values))


def environment(folder: Path) -> dict[str, str]:
    """Return an environment in which Jupyter keeps everything in one folder."""
    homes = {
        f"JUPYTER_{name}_DIR": str(folder / name.lower()) for name in ("CONFIG", "DATA", "RUNTIME")
    }
    path = os.pathsep.join(filter(None, [str(PACKAGE), os.environ.get("PYTHONPATH", "")]))
    lab = {
        "JUPYTERLAB_SETTINGS_DIR": str(folder / "lab" / "user-settings"),
        "IPYTHONDIR": str(folder),
    }
    return {**os.environ, **homes, **lab, "PYTHONPATH": path}


@contextmanager
def server(folder: Path, kind: str) -> Iterator[str]:
    """Start `jupyter lab` or `jupyter notebook` in a folder; yield the address that it answers
    at.
    """
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    settings(folder)
    command = [
        *(sys.executable, "-m", "jupyter", kind),
        "--no-browser",
        "--expose-app-in-browser",
        f"--port={port}",
        "--ip=localhost",
        "--IdentityProvider.token=",
        f"--ServerApp.root_dir={folder}",
        "--ServerApp.port_retries=0",
    ]
    if os.geteuid() == 0:
        command.append("--allow-root")
    with (folder / "server.log").open("w") as log:
        running = subprocess.Popen(
            command, cwd=folder, env=environment(folder), stdout=log, stderr=log
        )
    try:
        _wait(f"http://localhost:{port}/api", running, folder / "server.log")
        yield f"http://localhost:{port}"
    finally:
        running.terminate()
        running.wait(20)


def _wait(address: str, running: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(300):
        if running.poll() is not None:
            break
        try:
            urllib.request.urlopen(address, timeout=2).close()  # noqa: S310
            return
        except OSError:
            time.sleep(0.2)
    raise RuntimeError(f"Jupyter did not start:\n{log.read_text()[-2000:]}")


def opened(page: Page, address: str, kind: str, name: str) -> None:
    """Open a notebook, in JupyterLab in a workspace of its own, and wait until its cells are
    there.
    """
    room = f"lab/workspaces/{name.split('.')[0]}/tree" if kind == "lab" else "notebooks"
    page.goto(f"{address}/{room}/{name}")
    page.wait_for_selector(".jp-Notebook .jp-CodeCell", timeout=60_000)


def does(page: Page, command: str) -> None:
    """Do what a menu entry does."""
    page.wait_for_function(
        f"() => window.jupyterapp?.commands.isEnabled({command!r})", timeout=30_000
    )
    page.evaluate(f"() => {{ jupyterapp.commands.execute({command!r}); }}")


READY = """async () => {
  const context = jupyterapp.shell.currentWidget.sessionContext;
  await context.ready;
  await context.session.kernel.info;
  const { connectionStatus, status } = context.session.kernel;
  return connectionStatus === "connected" && status === "idle";
}"""


def ready(page: Page) -> None:
    """Wait until the kernel is there."""
    page.wait_for_function(
        "() => window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel",
        timeout=30_000,
    )
    for _ in range(100):
        if page.evaluate(READY):
            break
        page.wait_for_timeout(100)


def run_all(page: Page, cells: int) -> None:
    """Run every cell, and wait for the last."""
    does(page, "notebook:run-all-cells")
    done = (
        "() => /\\[\\d+\\]/.test(document.querySelectorAll('.jp-CodeCell "
        f".jp-InputPrompt')[{cells - 1}]?.textContent)"
    )
    page.wait_for_function(done, timeout=60_000)


def typed(page: Page, cell: int, code: str) -> str:
    """Put code into a cell, run it, and return what it printed."""
    editor = page.locator(".jp-CodeCell").nth(cell).locator(".cm-content")
    editor.click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(code)
    prompt = f"() => document.querySelectorAll('.jp-CodeCell .jp-InputPrompt')[{cell}].textContent"
    before = page.evaluate(prompt)
    page.keyboard.press("Control+Enter")
    page.wait_for_function(
        f"(before) => /\\d/.test(({prompt})()) && ({prompt})() !== before",
        arg=before,
        timeout=30_000,
    )
    output = page.locator(".jp-CodeCell").nth(cell).locator(".jp-OutputArea-output")
    return str(output.last.inner_text()) if output.count() else ""


def last_image(path: Path) -> str:
    """Return the HTML of the last picture that a saved notebook holds."""
    saved: Any = json.loads(path.read_text())
    shown = [
        output.get("data", {}) for cell in saved["cells"] for output in cell.get("outputs", [])
    ]
    found = [data["text/html"] for data in shown if "text/html" in data]
    return "".join(found[-1]) if found else ""
