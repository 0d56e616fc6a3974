import json
import os
import threading
import unittest
import urllib.request

from service import Service


def control(method, path, value=None):
    body = None if value is None else json.dumps(value).encode()
    request = urllib.request.Request(os.environ["ASC_CONTROL_URL"] + path, body,
                                     {"Content-Type": "application/json"}, method=method)
    with urllib.request.urlopen(request) as response:
        return json.loads(response.read() or "null")


class ServiceTest(unittest.TestCase):
    def setUp(self):
        self.service = Service(("127.0.0.1", 0), b"a secret from your vault")
        self.addCleanup(self.service.server_close)
        threading.Thread(target=self.service.serve_forever, args=[0.01], daemon=True).start()
        self.addCleanup(self.service.shutdown)
        control("POST", "/reset")
        control("PUT", "/state", {"marketplace_webhook": {
            "endpoint_url": "http://127.0.0.1:%d/" % self.service.server_port,
            "secret": "a secret from your vault",
        }})

    def send(self, **options):
        sent = control("POST", "/notifications", {"type": "AppUnavailable", **options})
        return [attempt["status"] for attempt in sent["notifications"]]

    def test_takes_a_genuine_notification(self):
        self.assertEqual(self.send(fields={"app_id": "6478123456"}), [200])
        self.assertEqual(self.service.events[0]["attributes"]["appId"], "6478123456")

    def test_refuses_a_forgery(self):
        self.assertEqual(self.send(signature="forged"), [401])
        self.assertEqual(self.service.events, [])

    def test_takes_a_duplicate_once(self):
        self.assertEqual(self.send(copies=5, concurrent=True), [200] * 5)
        self.assertEqual(len(self.service.events), 1)

    def test_acknowledges_an_unknown_event(self):
        self.assertEqual(self.send(type="", raw='{"data":{"type":"somethingNew","id":"1"}}'), [200])

    def test_refuses_half_an_event(self):
        self.assertEqual(self.send(type="", raw='{"data":{"type":"AppUn'), [400])

    def test_takes_once_what_is_sent_again(self):
        self.send()
        sent = control("GET", "/wait?for=notifications&type=AppUnavailable&timeout=5")["notifications"]
        control("POST", "/notifications/%s/resend" % sent[0]["id"])
        self.assertEqual(len(self.service.events), 1)
