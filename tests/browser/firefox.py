"""Headless Firefox, driven by its own Marionette protocol: JSON over a socket, no driver needed."""

from __future__ import annotations

import base64
import json
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

NAMES = ("firefox-esr", "firefox")
LIGHT, DARK = 1, 0
NARROWEST = 500
PREFERENCES = {
    "app.normandy.enabled": False,
    "app.update.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "network.dns.disabled": True,
    "toolkit.telemetry.enabled": False,
    "ui.prefersReducedMotion": 1,
}
ANSWERED = "return Boolean(document.querySelector('.bp[data-answered]'))"


def path_of_firefox() -> str | None:
    """Return where Firefox is, or None."""
    return next((path for path in map(shutil.which, NAMES) if path), None)


class Firefox:
    """One window of Firefox."""

    def __init__(self, port: int, folder: Path) -> None:
        self.folder, self.count = folder, 0
        self.socket = self._connect(port)
        self._read()
        self.say("WebDriver:NewSession", {"capabilities": {}})

    @staticmethod
    def _connect(port: int) -> socket.socket:
        for _ in range(300):
            try:
                return socket.create_connection(("127.0.0.1", port), timeout=60)
            except OSError:
                time.sleep(0.1)
        raise RuntimeError("Firefox did not start")

    def _read(self) -> Any:
        length = b""
        while not length.endswith(b":"):
            length += self.socket.recv(1)
        text, wanted = b"", int(length[:-1])
        while len(text) < wanted:
            text += self.socket.recv(wanted - len(text))
        return json.loads(text)

    def say(self, command: str, parameters: dict[str, Any] | None = None) -> Any:
        """Send one command and return its result; raises `RuntimeError` with Firefox's words."""
        self.count += 1
        text = json.dumps([0, self.count, command, parameters or {}])
        self.socket.sendall(f"{len(text.encode())}:{text}".encode())
        _, _, error, result = self._read()
        if error:
            raise RuntimeError(f"{command}: {error['message']}")
        return result

    def run(self, script: str, *arguments: Any) -> Any:
        """Return what a script returns."""
        wanted = {"script": script, "args": list(arguments), "newSandbox": False, "sandbox": None}
        return self.say("WebDriver:ExecuteScript", wanted)["value"]

    def until(self, script: str) -> None:
        """Wait until a script returns something true."""
        for _ in range(200):
            if self.run(script):
                return
            time.sleep(0.1)
        raise RuntimeError(f"never true: {script}")

    def show(self, html: str) -> None:
        """Show a page that is given as text, and wait until it has answered."""
        file = self.folder / f"page{self.count}.html"
        file.write_text(html, encoding="utf-8")
        self.say("WebDriver:Navigate", {"url": file.as_uri()})
        self.until(ANSWERED)

    def resize(self, width: int, height: int) -> None:
        """Make the inside of the window as large as that, in pixels; a window is never as narrow as
        a phone, so what it shows is made larger.
        """
        zoom = 2 if width < NARROWEST else 1
        self.chrome(f"gBrowser.selectedBrowser.fullZoom = {zoom}")
        for _ in range(2):
            time.sleep(0.1)
            frame = self.run("return [outerWidth - innerWidth, outerHeight - innerHeight]")
            size = {"width": zoom * (width + frame[0]), "height": zoom * (height + frame[1])}
            self.say("WebDriver:SetWindowRect", size)
        self.until(f"return innerWidth === {width}")

    def chrome(self, script: str) -> None:
        """Run a script in the window around the page."""
        self.say("Marionette:SetContext", {"value": "chrome"})
        self.run(script)
        self.say("Marionette:SetContext", {"value": "content"})

    def scheme(self, override: int) -> None:
        """Let pages see a `LIGHT` or a `DARK` system."""
        name = "layout.css.prefers-color-scheme.content-override"
        self.chrome(f"Services.prefs.setIntPref({name!r}, {override})")

    def click(self, selector: str) -> None:
        """Press the mouse in the middle of an element."""
        middle = (
            "const part = document.querySelector(arguments[0]);"
            "part.scrollIntoView({ block: 'center', inline: 'center' });"
            "const at = part.getBoundingClientRect();"
            "return [Math.round(at.x + at.width / 2), Math.round(at.y + at.height / 2)]"
        )
        x, y = self.run(middle, selector)
        moves = [
            {"type": "pointerMove", "x": x, "y": y, "duration": 0},
            {"type": "pointerDown", "button": 0},
            {"type": "pointerUp", "button": 0},
        ]
        self._perform({"type": "pointer", "id": "mouse", "actions": moves})

    def press(self, *keys: str) -> None:
        """Press keys one after the other; a pair such as ``control+z`` together."""
        for key in keys:
            parts = [CODES.get(part, part) for part in key.split("+")]
            down = [{"type": "keyDown", "value": part} for part in parts]
            up = [{"type": "keyUp", "value": part} for part in reversed(parts)]
            self._perform({"type": "key", "id": "keys", "actions": down + up})

    def _perform(self, actions: dict[str, Any]) -> None:
        self.say("WebDriver:PerformActions", {"actions": [actions]})

    def screenshot(self, path: Path) -> None:
        """Write the whole page as PNG."""
        shot = self.say("WebDriver:TakeScreenshot", {"full": True, "hash": False})["value"]
        path.write_bytes(base64.b64decode(shot))


CODES = {
    "tab": "\ue004",
    "enter": "\ue007",
    "shift": "\ue008",
    "control": "\ue009",
    "escape": "\ue00c",
    "left": "\ue012",
    "up": "\ue013",
    "right": "\ue014",
    "down": "\ue015",
    "delete": "\ue017",
}


@contextmanager
def firefox() -> Iterator[Firefox]:
    """Start Firefox with a profile of its own and no way to any other machine."""
    path = path_of_firefox()
    assert path is not None
    with socket.socket() as free, tempfile.TemporaryDirectory() as made:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        folder = Path(made)
        told = {**PREFERENCES, "marionette.port": port}
        lines = [f"user_pref({name!r}, {json.dumps(value)});\n" for name, value in told.items()]
        (folder / "user.js").write_text("".join(lines))
        command = [
            path,
            "--headless",
            "--marionette",
            "--remote-allow-system-access",
            "--no-remote",
            "--profile",
            made,
        ]
        running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            started = Firefox(port, folder)
            with started.socket:
                yield started
        finally:
            running.terminate()
            running.wait(20)
