"""What stands behind NOMAD where no container runs: a search service that keeps what it is sent, and a registry with one user.

    python3 standins.py PORT

The search service answers as Elasticsearch 7.17 does to what NOMAD asks of it: version, indices, bulk writes, deletes and updates by query, and
searches, which find all documents, or those whose `entry_id` or `upload_id` is named. It is no search engine: it proves what was indexed, not how it is found.
"""
from __future__ import annotations

import json
import re
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlparse

USERS = [
    {"user_id": f"00000000-0000-0000-0000-00000000000{number}", "username": f"test{number}", "first_name": name, "last_name": "Tester", "email": f"{name}@example.org".lower(),
     "is_admin": False, "is_oasis_admin": False}
    for number, name in ((1, "Ada"), (2, "Emmy"))
]
INDICES: dict[str, dict[str, Any]] = {}
LOCK = threading.Lock()
IDS = re.compile(r'"(entry_id|upload_id)": *(\[[^\]]*\]|"[^"]*")')


def wanted(query: str, document: dict[str, Any]) -> bool:
    """Whether a document has the ids that a query names."""
    for field, values in IDS.findall(query):
        found = json.loads(values)
        if document.get(field) not in (found if isinstance(found, list) else [found]):
            return False
    return True


def search(index: str, body: dict[str, Any]) -> dict[str, Any]:
    query = json.dumps(body.get("query", {}))
    with LOCK:
        found = [(key, document) for key, document in INDICES.get(index, {}).items() if wanted(query, document)]
    first, size = body.get("from", 0), body.get("size", 10)
    hits = [{"_index": index, "_id": key, "_score": 1.0, "_source": document, "sort": [key]} for key, document in found[first:first + size]]
    return {"took": 1, "timed_out": False, "_shards": {"total": 1, "successful": 1, "skipped": 0, "failed": 0},
            "hits": {"total": {"value": len(found), "relation": "eq"}, "max_score": 1.0, "hits": hits}, "aggregations": {}}


def bulk(lines: list[str], default: str) -> dict[str, Any]:
    items, rest = [], iter(lines)
    for line in rest:
        (action, target), = json.loads(line).items()
        documents = INDICES.setdefault(target.get("_index") or default, {})
        key = target["_id"]
        if action == "delete":
            documents.pop(key, None)
        else:
            given = json.loads(next(rest))
            documents[key] = documents.get(key, {}) | given.get("doc", {}) if action == "update" else given
        items.append({action: {"_index": default, "_id": key, "status": 200, "result": action}})
    return {"took": 1, "errors": False, "items": items}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Quiet."""

    def body(self) -> str:
        return self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()

    def say(self, status: int, document: Any) -> None:
        text = json.dumps(document).encode() if self.command != "HEAD" else b""
        self.send_response(status)
        self.send_header("X-Elastic-Product", "Elasticsearch")
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def handle_any(self) -> None:
        address, body = urlparse(self.path), self.body()
        parts = [part for part in address.path.split("/") if part]
        if parts[:1] == ["api"]:
            asked = {key: values[0] for key, values in parse_qs(address.query).items()}
            return self.say(200, {"data": [user for user in USERS if all(user.get(key, value) == value for key, value in asked.items())]})
        with LOCK:
            answer = self.of_index(parts, body)
        return self.say(*(answer or (200, search(parts[0], json.loads(body or "{}")))))

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = handle_any

    def of_index(self, parts: list[str], body: str) -> tuple[int, Any] | None:
        """Everything but a search."""
        if not parts:
            return 200, {"name": "standin", "cluster_name": "standin", "version": {"number": "7.17.29", "build_flavor": "default", "lucene_version": "8.11.3"},
                         "tagline": "You Know, for Search"}
        index, rest = parts[0], parts[1:]
        if index == "_bulk" or rest == ["_bulk"]:
            return 200, bulk([line for line in body.splitlines() if line], index)
        if index.startswith("_") or rest and rest[0] in ("_refresh", "_mapping", "_settings", "_alias"):
            return 200, {"acknowledged": True, "_shards": {"total": 1, "successful": 1, "failed": 0}}
        if not rest:
            return self.index_itself(index)
        documents = INDICES.setdefault(index, {})
        if rest[0] == "_delete_by_query":
            gone = [key for key, document in documents.items() if wanted(body, document)]
            for key in gone:
                del documents[key]
            return 200, {"deleted": len(gone), "total": len(gone), "failures": []}
        if rest[0] == "_update_by_query":
            return 200, {"updated": 0, "total": 0, "failures": []}
        if rest[0] in ("_doc", "_create", "_update"):
            return self.document(documents, rest[-1], body)
        return None

    def index_itself(self, index: str) -> tuple[int, Any]:
        if self.command in ("HEAD", "GET"):
            return (200 if index in INDICES else 404), {index: {"mappings": {}}}
        if self.command == "DELETE":
            INDICES.pop(index, None)
        else:
            INDICES.setdefault(index, {})
        return 200, {"acknowledged": True, "index": index}

    def document(self, documents: dict[str, Any], key: str, body: str) -> tuple[int, Any]:
        if self.command == "GET":
            return (200 if key in documents else 404), {"_id": key, "found": key in documents, "_source": documents.get(key)}
        if self.command == "DELETE":
            documents.pop(key, None)
        else:
            given = json.loads(body or "{}")
            documents[key] = given.get("doc", given)
        return 200, {"_id": key, "result": "updated"}


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
