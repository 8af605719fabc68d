# SPDX-License-Identifier: Apache-2.0
"""A client of `GET /events` that reads server-sent events as the HTML standard has it."""

import http.client
import json
import socket
from dataclasses import dataclass

from .rest import absolute


@dataclass
class Event:
    name: str
    data: dict
    id: int | None


class Stream:
    """An open stream; `last_id` is what a browser would send to go on. A context manager. With a
    small `window` (bytes) little is under way while nothing is read."""

    def __init__(self, client, path="events", after=None, timeout=20.0, window=None):
        headers = {"Authorization": f"Bearer {client.token}"}
        if after is not None:
            headers["Last-Event-ID"] = str(after)
        self.connection = http.client.HTTPConnection(client.host, client.port, timeout=timeout)
        if window is not None:
            self.connection.sock = socket.socket()
            self.connection.sock.settimeout(timeout)
            self.connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, window)
            self.connection.sock.connect((client.host, client.port))
        self.connection.request("GET", absolute(path), headers=headers)
        self.answer = self.connection.getresponse()
        assert self.answer.status == 200, self.answer.read()
        self.last_id = after

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.answer.close()
        self.connection.close()

    def next(self):
        """The next event, or None when the stream has ended."""
        fields = {}
        while line := self.answer.readline():
            line = line.rstrip(b"\n").decode()
            if line:
                name, _, value = line.partition(":")
                fields[name] = value.removeprefix(" ")
                continue
            if "id" in fields:
                self.last_id = int(fields["id"])
            if "data" in fields:
                number = int(fields["id"]) if "id" in fields else None
                return Event(fields.get("event", "message"), json.loads(fields["data"]), number)
            fields = {}
        return None

    def take(self, count):
        events = [self.next() for _ in range(count)]
        assert None not in events, events
        return events

    def until(self, wanted):
        """The events up to the first for which `wanted` is true, with it."""
        events = self.take(1)
        while not wanted(events[-1]):
            events += self.take(1)
        return events
