"""Messages that no vendor has signed: none may be taken, and none may hurt (fault 17)."""

import base64
import json
import random
import threading
import time
from collections.abc import Iterator

import stripe_events
from shop import CHEAP, Shop, threads
from stack import demand
from vendors import pollo_headers, stripe_header

Headers = list[tuple[str, str]]
Message = tuple[str, Headers, bytes]


def row(shop: Shop, dice: random.Random, mutations: int) -> str:
    """256 flipped bits of the code and so many other changes of a genuine message of each vendor,
    which itself is taken at the end."""
    customer = shop.customer(2)
    stack = shop.stack
    with stripe_events.Silence(shop) as silence, stack.without_worker():
        stripe_events.buy(shop, customer)
        event = [e for e in silence.new() if e["type"] == "checkout.session.completed"][-1]
        body = json.dumps(event).encode()
        shop.order(customer, "forged", CHEAP)
        token = stack.sql("SELECT callback_token FROM video_jobs ORDER BY id DESC LIMIT 1")[0][0]
        task = json.dumps({"taskId": "forged", "status": "succeed", "generations": []}).encode()
        forger = Forger(
            dice, stack.env["STRIPE_WEBHOOK_SECRET"], stack.env["POLLO_WEBHOOK_SECRET"])
        messages = [
            *forger.stripe_flips(body), *forger.pollo_flips(token, task),
            *(forger.stripe_mutation(body) for _ in range(mutations)),
            *(forger.pollo_mutation(token, task) for _ in range(mutations)),
        ]
        before = _effects(shop)
        answers = _send(shop, messages)
        demand(_effects(shop) == before, "a forged message had an effect")
        accepted = sum(count for status, count in answers.items() if 200 <= status < 300)
        broken = sum(count for status, count in answers.items() if status >= 500 or status == 0)
        demand(accepted == 0, f"{accepted} of {len(messages)} were accepted")
        demand(broken == 0, f"answers: {answers}")
        _be_genuine(shop, body, token, task)
        customer.credit += stripe_events.CREDIT
    return (
        f"512 bit flips and {2 * mutations} mutations, accepted 0, 5xx 0 "
        f"(answers: {', '.join(f'{n} × {s}' for s, n in sorted(answers.items()))})")


def _effects(shop: Shop) -> list[list[str]]:
    return shop.stack.sql(
        "SELECT (SELECT COUNT(*) FROM vendor_events), (SELECT COUNT(*) FROM ledger_entries), "
        "(SELECT SUM(version) FROM video_jobs), "
        "(SELECT COUNT(*) FROM video_jobs WHERE callback_task_id = 'forged')")


def _be_genuine(shop: Shop, body: bytes, token: str, task: bytes) -> None:
    """The messages that were mutated are taken as they are: so it was the change that was
    refused."""
    header = stripe_header(body, shop.stack.env["STRIPE_WEBHOOK_SECRET"])
    status, _ = shop.call("POST", stripe_events.PATH, {"Stripe-Signature": header}, body)
    demand(status == 200, f"the genuine event is answered {status}")
    headers = pollo_headers(task, shop.stack.env["POLLO_WEBHOOK_SECRET"], "msg_genuine")
    status, _ = shop.call("POST", f"/api/webhooks/pollo/{token}", headers, task)
    demand(status == 200, f"the genuine callback is answered {status}")


def _send(shop: Shop, messages: list[Message]) -> dict[int, int]:
    """How often each status came."""
    answers: dict[int, int] = {}
    lock = threading.Lock()
    queue = iter(messages)

    def sender(_: int) -> None:
        while True:
            with lock:
                message = next(queue, None)
            if message is None:
                return
            path, headers, body = message
            status, _content = shop.call_raw("POST", path, headers, body)
            with lock:
                answers[status] = answers.get(status, 0) + 1

    with threads(8, sender):
        pass
    return answers


def _flip(data: bytes, bit: int) -> bytes:
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


class Forger:
    """Makes messages out of a genuine one. Each differs from it in what was signed, in its code or
    in how often something is said; so each has to be refused."""

    def __init__(self, dice: random.Random, stripe_secret: str, pollo_secret: str):
        self._dice = dice
        self._stripe_secret, self._pollo_secret = stripe_secret, pollo_secret
        self._wrong_stripe = "whsec_" + f"{dice.randrange(1 << 128):032x}"
        self._wrong_pollo = base64.b64encode(dice.randbytes(32)).decode()

    def _damaged(self, body: bytes) -> bytes:
        """Other bytes than these."""
        place = self._dice.randrange(len(body))
        return self._dice.choice([
            _flip(body, self._dice.randrange(len(body) * 8)),
            body[:place] + body[place + 1 :],
            body[:place] + self._dice.randbytes(1) + body[place:],
            body + b" ",
            b"",
        ])

    def _noise(self) -> str:
        """What can stand in a header."""
        return "".join(chr(self._dice.randrange(33, 127)) for _ in range(self._dice.randrange(90)))

    # Stripe

    def stripe_flips(self, body: bytes) -> Iterator[Message]:
        timestamp, code = (
            part.split("=")[1] for part in stripe_header(body, self._stripe_secret).split(","))
        for bit in range(256):
            flipped = _flip(bytes.fromhex(code), bit).hex()
            yield self._stripe(body, f"t={timestamp},v1={flipped}")

    def stripe_mutation(self, body: bytes) -> Message:
        secret, dice = self._stripe_secret, self._dice
        now = int(time.time())
        good = stripe_header(body, secret)
        timestamp, code = (part.split("=")[1] for part in good.split(","))
        return dice.choice([
            lambda: self._stripe(self._damaged(body), good),
            lambda: self._stripe(body, f"t={now + dice.choice([-9, -1, 1, 9])},v1={code}"),
            lambda: self._stripe(
                body, stripe_header(body, secret, now - 330 - dice.randrange(10**6))),
            lambda: self._stripe(
                body, stripe_header(body, secret, now + 330 + dice.randrange(10**6))),
            lambda: self._stripe(body, stripe_header(body, self._wrong_stripe)),
            lambda: self._stripe(body, stripe_header(body, "")),
            lambda: self._stripe(body, f"t={timestamp},v0={code}"),
            lambda: self._stripe(body, f"t={timestamp},v1={code[: dice.randrange(64)]}"),
            lambda: self._stripe(body, f"t={timestamp},v1={code}{dice.choice('0aF ')}0"),
            lambda: self._stripe(body, f"t={timestamp},v1={code.swapcase()[::-1]}"),
            lambda: self._stripe(body, f"t={timestamp},t={timestamp},v1={code}"),
            lambda: self._stripe(body, f"v1={code}"),
            lambda: self._stripe(body, f"t={timestamp}"),
            lambda: self._stripe(body, f"t=-{timestamp},v1={code}"),
            lambda: self._stripe(body, f"t={timestamp}.0,v1={code}"),
            lambda: self._stripe(body, f"t={10**dice.randrange(11, 40)},v1={code}"),
            lambda: self._stripe(body, self._noise()),
            lambda: self._stripe(body, f"t={timestamp},v1={self._noise()}"),
            lambda: self._stripe(body, ""),
            lambda: self._stripe(body),
            lambda: self._stripe(body, good, good),
            lambda: self._stripe(body, good, self._noise()),
        ])()

    def _stripe(self, body: bytes, *signatures: str) -> Message:
        return stripe_events.PATH, [("Stripe-Signature", each) for each in signatures], body

    # The video vendor

    def pollo_flips(self, token: str, body: bytes) -> Iterator[Message]:
        good = pollo_headers(body, self._pollo_secret, "msg_flips")
        code = base64.b64decode(good["X-Webhook-Signature"])
        for bit in range(256):
            flipped = base64.b64encode(_flip(code, bit)).decode()
            yield self._pollo(token, body, {**good, "X-Webhook-Signature": flipped})

    def pollo_mutation(self, token: str, body: bytes) -> Message:
        dice = self._dice
        message_id = f"msg_{dice.randrange(1 << 40)}"
        good = pollo_headers(body, self._pollo_secret, message_id)
        names = list(good)
        name = dice.choice(names)
        code = good["X-Webhook-Signature"]

        def signature(text: str) -> Message:
            return self._pollo(token, body, {**good, "X-Webhook-Signature": text})

        return dice.choice([
            lambda: self._pollo(token, self._damaged(body), good),
            lambda: self._pollo(token, body, {**good, "X-Webhook-Id": message_id + "0"}),
            lambda: self._pollo(
                token, body,
                {**good, "X-Webhook-Timestamp": str(int(time.time()) + dice.choice([-5, 5]))}),
            # What is signed is joined by dots: another cut of the same text is another message.
            lambda: self._pollo(
                token, body, {**good, "X-Webhook-Id": "msg", "X-Webhook-Timestamp": "1"}),
            lambda: self._pollo(token, body, pollo_headers(body, self._wrong_pollo, message_id)),
            lambda: self._pollo(token, body, pollo_headers(body, "AAAA", message_id)),
            lambda: self._pollo(token, body, {k: v for k, v in good.items() if k != name}),
            lambda: self._pollo(token, body, {**good, name: ""}),
            lambda: self._pollo(token, body, {**good, name: self._noise()}),
            lambda: self._pollo(token, body, good, (name, good[name])),
            lambda: self._pollo(token, body, good, (name, self._noise())),
            lambda: signature("v1,"),
            lambda: signature(f"v0,{code}"),
            lambda: signature(code[: dice.randrange(44)]),
            lambda: signature(code.swapcase()[::-1]),
            lambda: signature(f"{code}="),
            lambda: signature(",".join([code, code])),
            lambda: signature(base64.b64decode(code).hex()),
        ])()

    def _pollo(
        self, token: str, body: bytes, headers: dict[str, str], *more: tuple[str, str]
    ) -> Message:
        return f"/api/webhooks/pollo/{token}", [*headers.items(), *more], body
