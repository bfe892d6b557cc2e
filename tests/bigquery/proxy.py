"""A proxy before the emulator that fails as the service and the network do, on request."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

HOP_BY_HOP = {"connection", "transfer-encoding", "content-encoding", "content-length", "keep-alive"}


@dataclass
class Request:
    """What a fault looks at."""

    method: str
    path: str
    body: bytes


# A fault answers a request in the server's place: (status, body), None to let it pass, or CUT / HANG.
Answer = tuple[int, bytes] | None | str
CUT, HANG = "cut", "hang"
Fault = Callable[[Request], Answer]


@dataclass
class FaultyProxy:
    """Forwards to the emulator, unless the fault of the moment answers."""

    port: int
    fault: Fault | None = None
    faults_made: int = 0
    hang_seconds: float = 8.0
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def answer(self, request: Request) -> Answer:
        with self.lock:
            found = self.fault(request) if self.fault else None
            self.faults_made += found is not None
        return found


@contextmanager
def faulty_proxy(emulator_port: int) -> Iterator[FaultyProxy]:
    proxy = FaultyProxy(0)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def forward(self) -> None:
            size = int(self.headers.get("Content-Length") or 0)
            request = Request(self.command, self.path, self.rfile.read(size))
            answer = proxy.answer(request)
            if answer == CUT:
                self.close_connection = True
                self.connection.close()
                return
            if answer == HANG:
                time.sleep(proxy.hang_seconds)
                self.close_connection = True
                return
            if isinstance(answer, tuple):
                self.reply(answer[0], {"Content-Type": "application/json"}, answer[1])
                return
            upstream = http.client.HTTPConnection("127.0.0.1", emulator_port, timeout=120)
            headers = {name: value for name, value in self.headers.items() if name.lower() not in HOP_BY_HOP}
            headers["Accept-Encoding"] = "identity"
            upstream.request(self.command, self.path, request.body, headers)
            response = upstream.getresponse()
            body = response.read()
            kept = {name: value for name, value in response.getheaders() if name.lower() not in HOP_BY_HOP}
            if "Location" in kept:  # resumable uploads are told where to go on
                kept["Location"] = kept["Location"].replace(f":{emulator_port}", f":{proxy.port}")
            self.reply(response.status, kept, body)
            upstream.close()

        def reply(self, status: int, headers: dict[str, str], body: bytes) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = forward

        def log_message(self, *arguments: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    proxy.port = server.server_address[1]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield proxy
    finally:
        server.shutdown()
        server.server_close()


def api_error(code: int, reason: str, message: str) -> tuple[int, bytes]:
    """An error as the service words it."""
    error = {"code": code, "message": message, "errors": [{"reason": reason, "message": message}]}
    return code, json.dumps({"error": error}).encode()


def times(count: int, fault: Fault) -> Fault:
    """A fault that stops after so many requests."""
    left = [count]

    def limited(request: Request) -> Answer:
        if left[0] <= 0:
            return None
        answer = fault(request)
        if answer is not None:
            left[0] -= 1
        return answer

    return limited


def starts_job(request: Request) -> bool:
    return request.method == "POST" and "/jobs" in request.path


def uploads(request: Request) -> bool:
    return "/upload/" in request.path


def publishes(request: Request) -> bool:
    """The job of the publishing script."""
    return starts_job(request) and b"commit transaction" in request.body


INTERNAL = (503, "backendError", "The job encountered an internal error during execution")


def fail_after_accepting(said: tuple[int, str, str] = INTERNAL, jobs: int | None = None) -> Fault:
    """The publishing job is accepted and runs nowhere: asked for, it has failed.

    :param said: status, reason and message.
    :param jobs: so many fail, the first ones; without it all.
    """
    accepted: dict[str, Any] = {}
    failure = {"reason": said[1], "message": said[2]}

    def fault(request: Request) -> Answer:
        if publishes(request) and len(accepted) != jobs:
            job = json.loads(request.body)
            reference = {"location": "us-west2", **job["jobReference"]}
            accepted[reference["jobId"]] = job["configuration"]
            status = {"state": "RUNNING"}
            body = {"kind": "bigquery#job", "id": reference["jobId"], "jobReference": reference, "status": status}
            return 200, json.dumps(body | {"configuration": job["configuration"], "statistics": {}}).encode()
        for job_id, configuration in accepted.items():
            if job_id in request.path and "/queries/" in request.path:
                return api_error(*said)
            if job_id in request.path:
                reference = {"projectId": "local", "jobId": job_id, "location": "us-west2"}
                status = {"state": "DONE", "errorResult": failure, "errors": [failure]}
                body = {"kind": "bigquery#job", "id": job_id, "jobReference": reference, "status": status}
                return 200, json.dumps(body | {"configuration": configuration, "statistics": {}}).encode()
        return None

    return fault
