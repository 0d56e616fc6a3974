"""A service that receives notifications, with Python's standard library alone."""

import hashlib
import hmac
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

MAX_BODY = 1 << 20


def is_genuine(secret, body, signature):
    want = "hmacsha256=" + hmac.new(secret, body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(want.encode(), signature.encode())


class Service(ThreadingHTTPServer):
    def __init__(self, address, secret):
        super().__init__(address, Endpoint)
        self.secret = secret
        self.lock = threading.Lock()
        self.seen = set()  # ids; in a database, so that a restart forgets none
        self.events = []

    def take(self, notification):
        with self.lock:
            if notification["id"] not in self.seen:
                self.seen.add(notification["id"])
                self.events.append(notification)


class Endpoint(BaseHTTPRequestHandler):
    def do_POST(self):
        length = int(self.headers.get("Content-Length", 0))
        if not 0 <= length <= MAX_BODY:
            return self.respond(413)
        body = self.rfile.read(length)
        if not is_genuine(self.server.secret, body, self.headers.get("x-apple-signature", "")):
            return self.respond(401)
        try:
            notification = json.loads(body)["data"]
        except (ValueError, KeyError):
            return self.respond(400)
        self.server.take(notification)
        self.respond(200)  # only now: 2xx acknowledges it

    def respond(self, status):
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass
