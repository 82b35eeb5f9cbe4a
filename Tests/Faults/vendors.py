"""The vendors' stand-ins: their controls, and the signatures of both vendors."""

import base64
import hashlib
import hmac
import http.client
import json
import threading
import time
from urllib.parse import urlencode, urlsplit


class Sandbox:
    """`rushes-sandbox`, by what its `/control/` offers."""

    def __init__(self, url: str):
        self._host = urlsplit(url).netloc
        self._local = threading.local()

    def _send(self, method: str, path: str, fields: dict[str, object] | None = None):
        body = urlencode(fields) if fields is not None else None
        headers = {"Content-Type": "application/x-www-form-urlencoded"} if body else {}
        for attempt in (1, 2):
            connection = getattr(self._local, "connection", None)
            if connection is None:
                connection = http.client.HTTPConnection(self._host, timeout=60)
                self._local.connection = connection
            try:
                connection.request(method, path, body, headers)
                answer = connection.getresponse()
                return answer.status, answer.read()
            except (OSError, http.client.HTTPException):
                # A kept connection that its server has closed.
                connection.close()
                self._local.connection = None
                if attempt == 2:
                    raise

    def look(self, path: str):
        status, body = self._send("GET", f"/control/{path}")
        if status != 200:
            raise RuntimeError(f"sandbox: GET {path}: {status}")
        return json.loads(body)

    def text(self, path: str) -> str:
        return self._send("GET", f"/control/{path}".rstrip("/"))[1].decode()

    def set(self, path: str, /, **fields: object) -> None:
        status, body = self._send("POST", f"/control/{path}", fields)
        if status not in (200, 201):
            raise RuntimeError(f"sandbox: POST {path} {fields}: {status} {body[:200]}")

    def clear_faults(self) -> None:
        self._send("DELETE", "/control/faults")

    def press(self, checkout_url: str, button: str) -> int:
        """Presses a button of a payment page; the answer's status."""
        return self._send("POST", urlsplit(checkout_url).path + f"/{button}", {})[0]

    def creates(self) -> dict[str, dict]:
        """What is known of the create calls, by the last part of the callback's address."""
        items = self.look("pollo/creates")["items"]
        return {item["webhookUrl"].rsplit("/", 1)[-1]: item for item in items}


def stripe_header(body: bytes, secret: str, at: float | None = None) -> str:
    """`Stripe-Signature`."""
    timestamp = str(int(time.time() if at is None else at))
    code = hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256)
    return f"t={timestamp},v1={code.hexdigest()}"


def pollo_headers(
    body: bytes, secret: str, message_id: str, at: float | None = None
) -> dict[str, str]:
    """The three headers of a callback."""
    timestamp = str(int(time.time() if at is None else at))
    key = base64.b64decode(secret + "=" * (-len(secret) % 4))
    signed = f"{message_id}.{timestamp}.".encode() + body
    code = hmac.new(key, signed, hashlib.sha256).digest()
    return {
        "X-Webhook-Id": message_id,
        "X-Webhook-Timestamp": timestamp,
        "X-Webhook-Signature": base64.b64encode(code).decode(),
    }
