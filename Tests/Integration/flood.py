"""Eight strangers who send the dearest requests that they know, each as soon as the last is answered.

    python flood.py <base URL> <certificate of the authority> <seconds>

Prints how often each status was answered, as JSON. The requests are of the kind that once cost
seconds: nothing of them hashes a password, whose concurrency has a limit of its own.
"""

import collections
import http.client
import itertools
import json
import ssl
import sys
import threading
import time
import urllib.parse

CLIENTS = 8
JSON = {"Content-Type": "application/json"}
MARKS = "\u0301\u0327"

BODIES = [
    "[" * 500 + ",".join("1" * 400) + "]" * 500,
    "[" * 4096,
    '{"a":' * 800,
    "{" + ",".join(f'"f{number}":0' for number in range(360)) + "}",
    "{" + ",".join(f'"{MARKS * 40}{number}":1' for number in range(20)) + "}",
    '{"email":"' + MARKS * 1000 + '"}',
    '{"password":"' + MARKS * 1000 + '"}',
    "[" + "9" * 4000 + "]",
    '["' + "\\ud83c\\udfac" * 330 + '"]',
    "[" + "[]," * 1300 + "[]]",
]
REQUESTS = (
    [("POST", path, JSON, body) for body in BODIES for path in ("/api/auth/login", "/api/auth/register")]
    + [("POST", "/api/videos/generate", JSON, "[" * 16_000)]
    + [
        ("GET", "/api/tiers", {name: value}, "")
        for name in ("If-None-Match", "Cookie", "Authorization", "Origin", "Range")
        for value in ('"a,' * 2500, "a=b;" * 1900, (MARKS * 1900).encode().decode("latin-1"))
    ]
    + [
        ("GET", "/api/tiers?" + "a=%CC%81&" * 800, {}, ""),
        ("GET", "/api/" + "a/" * 3500, {}, ""),
        ("GET", "/api/videos/" + "%CC%81" * 1200, {}, ""),
        ("POST", "/api/webhooks/stripe", {"Stripe-Signature": f"t={int(time.time())},v1=0"}, " " * 130_000),
        ("POST", "/api/webhooks/pollo", {"X-Webhook-Signature": "v1,a " * 1500}, " " * 130_000),
    ]
)


def strike(base: str, trust: ssl.SSLContext, end: float, first: int, statuses: collections.Counter) -> None:
    address = urllib.parse.urlsplit(base)
    connection = http.client.HTTPSConnection(address.hostname, address.port, context=trust, timeout=30)
    for method, path, headers, body in itertools.islice(itertools.cycle(REQUESTS), first, None):
        if time.monotonic() > end:
            return
        try:
            connection.request(method, path, body.encode(), headers)
            answer = connection.getresponse()
            answer.read()
            statuses[answer.status] += 1
        except (http.client.HTTPException, OSError):
            # nginx closes a connection when it answers before it has read the body.
            statuses["closed"] += 1
            connection.close()


def main() -> None:
    base, authority, seconds = sys.argv[1:]
    trust = ssl.create_default_context(cafile=authority)
    end = time.monotonic() + float(seconds)
    tallies = [collections.Counter() for _ in range(CLIENTS)]
    threads = [
        threading.Thread(target=strike, args=(base, trust, end, 5 * number, tally))
        for number, tally in enumerate(tallies)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(json.dumps(sum(tallies, collections.Counter())))


if __name__ == "__main__":
    main()
