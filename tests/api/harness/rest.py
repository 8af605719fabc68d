# SPDX-License-Identifier: Apache-2.0
"""A small HTTP client: one request at a time, and raw connections for what no client would send."""

import http.client
import json as jsonlib
import socket

API = "/api/v1"
_UNSET = object()


class Response:
    """An answer: `status`, `body` (bytes), headers by case-insensitive name."""

    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers
        self.body = body

    def header(self, name):
        """The first header of that name, or None."""
        values = self.header_values(name)
        return values[0] if values else None

    def header_values(self, name):
        return [value for key, value in self.headers if key.lower() == name.lower()]

    @property
    def media_type(self):
        return (self.header("Content-Type") or "").split(";")[0].strip().lower()

    def json(self):
        return jsonlib.loads(self.body)

    def ndjson(self):
        return [jsonlib.loads(line) for line in self.body.splitlines() if line.strip()]

    def __repr__(self):
        return f"<{self.status} {self.media_type} {self.body[:600]!r}>"


class Client:
    """Requests to one server as the holder of one token; a connection for each request, over TLS
    if there is a context for it.

    Paths that begin with `/` are taken as they are; others stand below `/api/v1/`.
    """

    def __init__(self, host, port, token=None, tls=None):
        self.host = host
        self.port = port
        self.token = token
        self.tls = tls

    def using(self, token):
        """The same server with another token, or with None."""
        return Client(self.host, self.port, token, self.tls)

    def request(self, method, path, json=_UNSET, body=None, headers=None, timeout=30.0):
        """Sends one request and reads the whole answer. Raises OSError and HTTPException."""
        fields = {}
        if self.token is not None:
            fields["Authorization"] = f"Bearer {self.token}"
        if json is not _UNSET:
            body = jsonlib.dumps(json).encode()
            fields["Content-Type"] = "application/json"
        fields.update(headers or {})
        connection = self._connect(timeout)
        try:
            try:
                connection.request(method, absolute(path), body=body, headers=fields)
            except (BrokenPipeError, ConnectionResetError):
                # Refused before the body was taken: the answer may be there already.
                if connection.sock is None:
                    raise
            answer = connection.getresponse()
            return Response(answer.status, answer.getheaders(), answer.read())
        finally:
            connection.close()

    def _connect(self, timeout):
        if self.tls is None:
            return http.client.HTTPConnection(self.host, self.port, timeout=timeout)
        return http.client.HTTPSConnection(self.host, self.port, timeout=timeout,
                                           context=self.tls)

    def get(self, path, **options):
        return self.request("GET", path, **options)

    def post(self, path, **options):
        return self.request("POST", path, **options)

    def put(self, path, **options):
        return self.request("PUT", path, **options)

    def delete(self, path, **options):
        return self.request("DELETE", path, **options)

    def send(self, method, path, media_type, body, **options):
        """A request with a body of a given media type."""
        headers = {"Content-Type": media_type, **options.pop("headers", {})}
        return self.request(method, path, body=body, headers=headers, **options)

    def pages(self, path, limit):
        """All pages of a list, following `next_cursor`, each as its JSON."""
        separator = "&" if "?" in path else "?"
        target = f"{path}{separator}limit={limit}"
        cursor = None
        while True:
            answer = self.get(target if cursor is None else f"{target}&cursor={cursor}")
            assert answer.status == 200, answer
            page = answer.json()
            yield page
            cursor = page["next_cursor"]
            if cursor is None:
                return

    def items(self, path, limit=1000):
        """Every item of a list."""
        return [item for page in self.pages(path, limit) for item in page["items"]]


def absolute(path):
    return path if path.startswith("/") else f"{API}/{path}"


class Raw:
    """A TCP connection on which the test writes the bytes itself."""

    def __init__(self, host, port, timeout=20.0):
        self.socket = socket.create_connection((host, port), timeout=timeout)
        self.buffer = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        """Sends what the peer will take; a peer that has hung up already is no error."""
        try:
            self.socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            pass

    def response(self, head=False):
        """The next final answer on the connection, or None if the peer closed instead."""
        while True:
            answer = self._one(head)
            if answer is None or answer.status >= 200:
                return answer

    def interim(self):
        """The next answer, also a 1xx."""
        return self._one(False)

    def closed(self):
        """Reads to the end; true if the peer closes and sends nothing more."""
        return self.buffer == b"" and self.read() == b""

    def read(self):
        """Some bytes, or none when the peer has closed."""
        try:
            return self.socket.recv(65536)
        except ConnectionResetError:
            return b""

    def _until(self, enough):
        while not enough():
            data = self.read()
            if not data:
                return False
            self.buffer += data
        return True

    def _one(self, head):
        if not self._until(lambda: b"\r\n\r\n" in self.buffer):
            return None
        block, self.buffer = self.buffer.split(b"\r\n\r\n", 1)
        lines = block.decode("latin-1").split("\r\n")
        status = int(lines[0].split(" ")[1])
        headers = [tuple(part.strip() for part in line.split(":", 1)) for line in lines[1:]]
        answer = Response(status, headers, b"")
        if not head and status >= 200 and status not in (204, 304):
            answer.body = self._body(answer)
        return answer

    def _body(self, answer):
        if (answer.header("Transfer-Encoding") or "").lower() == "chunked":
            return self._chunks()
        length = answer.header("Content-Length")
        if length is None:
            self._until(lambda: False)
            return self._take(len(self.buffer))
        self._until(lambda: len(self.buffer) >= int(length))
        return self._take(int(length))

    def _chunks(self):
        body = b""
        while self._until(lambda: b"\r\n" in self.buffer):
            line, self.buffer = self.buffer.split(b"\r\n", 1)
            size = int(line.split(b";")[0], 16)
            self._until(lambda: len(self.buffer) >= size + 2)
            body += self._take(size)
            self._take(2)
            if size == 0:
                break
        return body

    def _take(self, count):
        data, self.buffer = self.buffer[:count], self.buffer[count:]
        return data


def head(*lines, method="GET", target="/api/v1/health", version="HTTP/1.1"):
    """The bytes of a request's header."""
    return "\r\n".join([f"{method} {target} {version}", *lines, "", ""]).encode()


def authorized(server, *lines, **options):
    """As `head`, from the administrator."""
    return head(f"Host: {server.host}", f"Authorization: Bearer {server.admin_token}", *lines,
                **options)
