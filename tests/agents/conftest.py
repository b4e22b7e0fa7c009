import json
import threading
from http.server import BaseHTTPRequestHandler
from socketserver import UnixStreamServer

import pytest


@pytest.fixture
def door(tmp_path, monkeypatch):
    """A door that gives the answers it is told to, in turn, and keeps what it was asked."""
    asked, answers = [], []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            asked.append((self.path, json.loads(body), self.headers["Idempotency-Key"]))
            status, said = answers.pop(0)
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(said).encode() if said is not None else b"")

        def address_string(self):
            return "box"

        def log_message(self, *_):
            pass

    path = tmp_path / "gateway.sock"
    monkeypatch.setenv("GREENROOM_SOCKET", str(path))
    with UnixStreamServer(str(path), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield asked, answers
        server.shutdown()
        thread.join()
