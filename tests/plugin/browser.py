"""browser.py PAGE.html PICTURE.png WIDTH [light|dark|print] [HEIGHT] - opens a page in headless Chromium at a width and prints what happened as JSON: requests,
messages, exceptions, widths, and what the page says of itself. Speaks the DevTools protocol, for the command line of Chromium knows no
window narrower than 500 px. Exit status 69 without Chromium."""
import base64
import contextlib
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

import websocket

FLAGS = ["--headless", "--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--hide-scrollbars", "--no-first-run", "--remote-debugging-port=0",
         "--remote-allow-origins=*"]
STATE = """JSON.stringify({drawn: document.documentElement.dataset.drawn, errors: document.documentElement.dataset.errors || "", scroll: document.documentElement.scrollWidth, tall: document.documentElement.scrollHeight,
width: window.innerWidth, canvases: document.querySelectorAll("canvas").length, plots: document.querySelectorAll(".js-plotly-plot").length,
wide: [...document.querySelectorAll("main *")].filter((e) => !e.closest(".scroll, nav, .plot") && e.getBoundingClientRect().right > window.innerWidth + 1).map((e) => e.className || e.tagName)})"""


class Tab:
    """One page over one socket; events are kept while answers are awaited."""

    def __init__(self, address):
        self.socket, self.count, self.events = websocket.create_connection(address, timeout=120), 0, []

    def call(self, method, **parameters):
        self.count += 1
        self.socket.send(json.dumps({"id": self.count, "method": method, "params": parameters}))
        while True:
            message = json.loads(self.socket.recv())
            if message.get("id") == self.count:
                if "error" in message:
                    raise RuntimeError(f"{method}: {message['error']}")
                return message["result"]
            self.events.append(message)


def address_of(folder, deadline):
    port = folder / "DevToolsActivePort"
    while time.monotonic() < deadline:
        if port.exists() and len(port.read_text().split()) == 2:
            number, path = port.read_text().split()
            return f"ws://127.0.0.1:{number}{path}"
        time.sleep(0.05)
    raise SystemExit("browser.py: Chromium did not open its port")


@contextlib.contextmanager
def chromium():
    """The address of a Chromium of our own. Its helper processes may still write into the profile when it has ended; what they leave is no fault."""
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not program:
        raise SystemExit(69)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        process = subprocess.Popen([program, *FLAGS, f"--user-data-dir={folder}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            yield address_of(pathlib.Path(folder), time.monotonic() + 60)
        finally:
            process.terminate()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def open_tab(address):
    browser = Tab(address)
    target = browser.call("Target.createTarget", url="about:blank")["targetId"]
    return Tab(address.split("/devtools/")[0] + "/devtools/page/" + target)


def visit(tab, page, picture, width, scheme, height):
    for domain in ("Page", "Runtime", "Log", "Network"):
        tab.call(domain + ".enable")
    tab.call("Emulation.setDeviceMetricsOverride", width=width, height=844 if width < 600 else 768, deviceScaleFactor=1, mobile=width < 600)
    light = "dark" if scheme == "dark" else "light"
    tab.call("Emulation.setEmulatedMedia", media="print" if scheme == "print" else "", features=[{"name": "prefers-color-scheme", "value": light}])
    tab.call("Page.navigate", url=page.resolve().as_uri())
    deadline, state = time.monotonic() + 90, {}
    while time.monotonic() < deadline and not state.get("drawn"):
        time.sleep(0.1)
        state = json.loads(tab.call("Runtime.evaluate", expression=STATE)["result"].get("value", "{}"))
    shot = tab.call("Page.captureScreenshot", format="png", captureBeyondViewport=True, clip={"x": 0, "y": 0, "width": width, "height": height or state["tall"], "scale": 1})
    picture.write_bytes(base64.b64decode(shot["data"]))
    named = {event["method"]: [] for event in tab.events if "method" in event}
    for event in tab.events:
        named.setdefault(event.get("method", ""), []).append(event.get("params", {}))
    state["requests"] = [item["request"]["url"][:120] for item in named.get("Network.requestWillBeSent", [])]
    state["exceptions"] = [item["exceptionDetails"].get("text", "") for item in named.get("Runtime.exceptionThrown", [])]
    state["messages"] = [item["entry"]["text"][:300] for item in named.get("Log.entryAdded", []) if item["entry"]["level"] == "error"]
    return state


def main():
    page, picture, width = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), int(sys.argv[3])
    scheme, height = (*sys.argv[4:6], *("light", "2600")[len(sys.argv[4:6]):])
    with chromium() as address:
        print(json.dumps(visit(open_tab(address), page, picture, width, scheme, int(height))))


if __name__ == "__main__":
    main()
