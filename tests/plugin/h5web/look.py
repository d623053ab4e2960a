"""look.py SITE FILES < jobs > verdicts - opens files in H5Web in headless Chromium, one after the other, and clicks through them as a person would.

SITE holds the page (bundle.py makes it), FILES the NeXus files. A job is a line of JSON {"file", "paths", "picture", "after", "width", "height"}: on opening the file
the default plot is shown (and kept as `picture`, if named), then each path is clicked in turn, parents before children (and the last view kept as `after`). A verdict is a line of JSON
{"file", "seen": [{"path", "tab", "title", "text", "red"}], "messages"}: the first of `seen` is the view on opening, `tab` is the kind of plot ("" for none), `red` what
H5Web refuses to show and why. Exit status 69 without Chromium.
"""
import base64
import functools
import http.server
import json
import pathlib
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import browser  # noqa: E402  the folder above

# H5Web marks what it shows by classes whose names end in a digest of the release; words and roles are steadier.
STEPS = """
const rest = (ms) => new Promise((done) => setTimeout(done, ms));
const area = () => document.querySelector('[class*="_mainArea_"]');
const look = () => ({
  tab: area()?.querySelector('[aria-label="Visualization"] [aria-selected="true"]')?.innerText.trim() ?? "",
  drawn: area()?.querySelectorAll('canvas, svg[class*="axis"], table, pre, [class*="_scalar_"]').length ?? 0,
  title: area()?.querySelector('[class*="_title_"], [class*="_plotTitle_"]')?.innerText ?? "",
  text: area()?.innerText.replace(/\\s*\\n\\s*/g, " | ") ?? "",
  red: [...(area()?.querySelectorAll('[class*="_error_"], [role="alert"]') ?? [])].map((item) => item.innerText.trim()).join("; "),
});
const settled = async () => {
  for (let before = "", since = performance.now(); performance.now() - since < 60000; await rest(40)) {
    const now = look(), text = JSON.stringify(now);
    const busy = now.text === "" || /Loading|Computing/.test(now.text);
    if (!busy && text === before && (now.red || now.drawn || /Nothing to display|No visualization|Unsupported/.test(now.text))) return now;
    before = text;
  }
  return { ...look(), red: "H5Web did not come to an end" };
};
const button = async (path) => {
  for (let k = 0; k < 200; k++, await rest(25)) {
    const found = document.querySelector(`[role="treeitem"][data-path="${CSS.escape(path)}"]`);
    if (found) return found;
  }
};
window.open_file = async (name) => { await window.show(name); await rest(150); return { path: "/", ...await settled() }; };
window.click_all = async (paths) => {
  const seen = [];
  for (const path of paths) {
    const item = await button(path);
    if (!item) { seen.push({ path, tab: "", text: "", red: "not in the tree" }); continue; }
    item.click();
    for (let k = 0; k < 200 && item.getAttribute("aria-selected") !== "true"; k++) await rest(10);
    await rest(30);
    seen.push({ path, ...await settled() });
  }
  return seen;
};
"""


class Handler(http.server.SimpleHTTPRequestHandler):
    """SITE at the root, FILES below files/."""

    def __init__(self, *arguments, files, **named):
        self.files = files
        super().__init__(*arguments, **named)

    def translate_path(self, path):
        name = path.split("?")[0]
        if name.startswith("/files/"):
            from urllib.parse import unquote

            return str(self.files / pathlib.PurePosixPath(unquote(name)).name)
        return super().translate_path(path)

    def log_message(self, *_):
        pass


def serve(site, files):
    handler = functools.partial(Handler, files=files, directory=str(site))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}/index.html"


def evaluate(tab, expression):
    answer = tab.call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
    if "exceptionDetails" in answer:
        raise RuntimeError(answer["result"].get("description", "a script of look.py failed"))
    return answer["result"].get("value")


def open_page(address, url):
    tab = browser.open_tab(address)
    for domain in ("Page", "Runtime", "Log"):
        tab.call(domain + ".enable")
    tab.call("Page.navigate", url=url)
    deadline = time.monotonic() + 60
    while evaluate(tab, "typeof window.show") != "function":
        if time.monotonic() > deadline:
            raise SystemExit("look.py: the page of H5Web did not start")
        time.sleep(0.1)
    evaluate(tab, STEPS + "0")
    return tab


def messages_of(tab):
    said = [event["params"]["entry"]["text"] for event in tab.events if event.get("method") == "Log.entryAdded" and event["params"]["entry"]["level"] == "error"]
    said += [event["params"]["exceptionDetails"].get("text", "") for event in tab.events if event.get("method") == "Runtime.exceptionThrown"]
    warned = [event["params"]["args"][0].get("value", "") for event in tab.events if event.get("method") == "Runtime.consoleAPICalled" and event["params"]["args"]]
    tab.events.clear()
    return [text for text in said + warned if "favicon" not in text and ("Malformed" in text or text in said)]


def keep(tab, picture):
    time.sleep(0.3)  # WebGL draws after the page has settled
    pathlib.Path(picture).write_bytes(base64.b64decode(tab.call("Page.captureScreenshot", format="png")["data"]))


def visit(tab, job):
    width, height = job.get("width", 1200), job.get("height", 720)
    tab.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
    seen = [evaluate(tab, f"open_file({json.dumps(job['file'])})")]
    if job.get("picture"):
        keep(tab, job["picture"])
    seen += evaluate(tab, f"click_all({json.dumps(job.get('paths', []))})")
    if job.get("after"):
        keep(tab, job["after"])
    return {"file": job["file"], "seen": seen, "messages": messages_of(tab)}


def main():
    url = serve(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))
    with browser.chromium() as address:
        tab = open_page(address, url)
        for line in sys.stdin:
            print(json.dumps(visit(tab, json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
