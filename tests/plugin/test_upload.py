"""Results to NOMAD: against a real HTTP server that answers as the uploads of NOMAD's REST API do."""
import http.server
import json
import threading
import urllib.parse
import zipfile

import pytest

from api import load


class Nomad(http.server.BaseHTTPRequestHandler):
    """Uploads, their processing, their entries page by page; the token is `secret`."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, code, document):
        body = json.dumps(document).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def is_known(self):
        state = self.server.state
        if self.headers.get("Authorization") == "Bearer secret":
            return True
        state["refused"] += 1
        self.answer(401, {"detail": "Authorization required to upload files."})
        return False

    def do_POST(self):
        state, url = self.server.state, urllib.parse.urlsplit(self.path)
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if not self.is_known():
            return
        if state["fails"]:
            code, detail = state["fails"]
            self.answer(code, {"detail": detail})
            return
        query = dict(urllib.parse.parse_qsl(url.query))
        state["posts"].append((url.path, query, body, self.headers["Accept"]))
        self.answer(200, {"upload_id": "u1", "data": {"process_running": True, "process_status": "PENDING"}})

    def do_GET(self):
        state, url = self.server.state, urllib.parse.urlsplit(self.path)
        if not self.is_known():
            return
        query = dict(urllib.parse.parse_qsl(url.query))
        if url.path == "/nomad/api/v1/uploads/u1":
            state["polls"] += 1
            running = state["polls"] < state["slow"]
            self.answer(200, {"upload_id": "u1", "data": {"process_running": running, "process_status": "RUNNING" if running else "SUCCESS", "last_status_message": "parsing"}})
        elif url.path == "/nomad/api/v1/uploads/u1/entries":
            rows = [{"entry_id": f"e{k}", "mainfile": f"{k}.nxs", "parser_name": "parsers/nexus", "process_status": "SUCCESS", "errors": []} for k in range(3)]
            rows[2] |= {"process_status": "FAILURE", "errors": ["no NeXus"]}
            first = query.get("page_after_value") is None
            self.answer(200, {"data": rows[:2] if first else rows[2:], "pagination": {"next_page_after_value": "1"} if first else {}})
        else:
            self.answer(404, {"detail": "The specified upload_id was not found."})


@pytest.fixture
def server():
    made = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Nomad)
    made.state = {"posts": [], "polls": 0, "slow": 3, "fails": None, "refused": 0}
    thread = threading.Thread(target=made.serve_forever)
    thread.start()
    yield made
    made.shutdown()
    made.server_close()
    thread.join()


@pytest.fixture
def upload(monkeypatch, server):
    monkeypatch.setenv("NOMAD_URL", f"http://127.0.0.1:{server.server_port}/nomad/")
    monkeypatch.setenv("NOMAD_TOKEN", "secret")
    return load().upload


@pytest.fixture
def files(tmp_path):
    made = [tmp_path / "tip.nxs", tmp_path / "csro.nxs"]
    for number, path in enumerate(made):
        path.write_bytes(bytes([number]) * 300_000)
    return made


def test_one_file_is_sent_as_it_is(upload, server, files):
    done = upload.send(files[0], name="tip 22, a & b")
    path, query, body, accept = server.state["posts"][0]
    assert path == "/nomad/api/v1/uploads" and query == {"file_name": "tip.nxs", "upload_name": "tip 22, a & b"} and accept == "application/json"
    assert body == files[0].read_bytes()
    assert done.id == "u1" and done.status == "SUCCESS" and server.state["polls"] == 3 and done.url.startswith("http://127.0.0.1")
    assert [(one.id, one.file, one.status, one.errors) for one in done.entries][1:] == [("e1", "1.nxs", "SUCCESS", []), ("e2", "2.nxs", "FAILURE", ["no NeXus"])]


def test_several_files_are_one_upload(upload, server, files, tmp_path):
    upload.send(files)
    _, query, body, _ = server.state["posts"][0]
    assert query == {"file_name": "upload.zip", "upload_name": "tip", "auto_decompress": "true"}
    (tmp_path / "got.zip").write_bytes(body)
    with zipfile.ZipFile(tmp_path / "got.zip") as archive:
        assert archive.namelist() == ["tip.nxs", "csro.nxs"] and archive.read("csro.nxs") == files[1].read_bytes()


def test_an_address_may_name_the_api(upload, server, files, monkeypatch):
    monkeypatch.setenv("NOMAD_URL", f"http://127.0.0.1:{server.server_port}/nomad/api/v1")
    assert upload.send(files[0]).id == "u1"


def test_pack(upload, files, tmp_path):
    errors = load().errors
    out = upload.pack(files, tmp_path / "job.zip")
    assert zipfile.ZipFile(out).testzip() is None
    with pytest.raises(errors.OutputError, match="E_EXISTS"):
        upload.pack(files, out)
    upload.pack(files[:1], out, overwrite=True)
    with pytest.raises(errors.MissingError):
        upload.pack([tmp_path / "none.nxs"], tmp_path / "other.zip")
    with pytest.raises(errors.UsageError, match="same name"):
        upload.pack([files[0], files[0]], tmp_path / "other.zip")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["csro.nxs", "job.zip", "tip.nxs"]


def test_what_goes_wrong_is_told(upload, server, files, monkeypatch):
    errors = load().errors
    for fails, kind in (((422, "no such file name"), errors.DataError), ((503, "busy"), errors.TemporaryError)):
        server.state["fails"] = fails
        with pytest.raises(kind, match=f"{fails[0]}.*{fails[1]}"):
            upload.send(files[0])
    server.state["fails"] = None
    with pytest.raises(errors.MissingError, match="no file"):
        upload.send(files[0].with_name("none.nxs"))
    with pytest.raises(errors.UsageError):
        upload.send([])
    server.state["slow"] = 1000
    with pytest.raises(errors.TemporaryError, match="parsing"):
        upload.send(files[0], wait_s=0.3)
    with pytest.raises(errors.MissingError, match="NOMAD_TOKEN") as caught:
        upload.send(files[0], token="wrong")
    assert "wrong" not in str(caught.value) and server.state["refused"] == 1
    monkeypatch.setenv("NOMAD_URL", "http://127.0.0.1:9")
    with pytest.raises(errors.InputOutputError, match="cannot be reached"):
        upload.send(files[0])
    monkeypatch.delenv("NOMAD_URL")
    with pytest.raises(errors.LackingError, match="NOMAD_URL"):
        upload.send(files[0])
