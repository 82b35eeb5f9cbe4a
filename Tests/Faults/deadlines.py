"""Each deadline of J9: a vendor that never comes to an end, and the refund in its time."""

import contextlib
from dataclasses import dataclass

from shop import PROMPT, Customer, Shop
from stack import demand, poll
from vendor_faults import CREATE

# In seconds, all different, so that none can stand in for another.
SPANS = {"queue": 20, "unknown": 9, "render": 25, "store": 12}
# How long after its deadline a job may still be open: a pause between two looks, and the look.
PATIENCE = 6
FOR_EVER = 100_000
STATUS = "/api/platform/generation/"


@dataclass
class Case:
    """A job that does not come out of a state by itself."""

    name: str
    tier: str
    state: str
    prompt: str = PROMPT
    # A rendering job whose last look had no answer gets half its time more, twice.
    extra: int = 0
    job: str = ""
    deadline: str = ""

    @property
    def has_task(self) -> bool:
        return self.state in ("submitted", "storing")

    @property
    def span(self) -> str:
        return {"queued": "queue", "submit_unknown": "unknown", "submitted": "render",
                "storing": "store"}[self.state]


CASES = [
    Case("the vendor is full", "economy", "queued"),
    Case("no answer and no callback", "basic", "submit_unknown", f"{PROMPT} !lost !nowebhook"),
    Case("it renders for ever", "basic", "submitted", f"{PROMPT} and renders"),
    Case("status 404", "basic", "submitted", f"{PROMPT} and is not found", SPANS["render"]),
    Case("link 403", "basic", "storing", f"{PROMPT} and may not be fetched"),
    Case("a file cut short", "basic", "storing", f"{PROMPT} and ends early"),
    Case("HTML for a file", "basic", "storing", f"{PROMPT} and is a page"),
]


def row(shop: Shop) -> str:
    """A job for each way in which a vendor may never end one; each is refunded by the deadline of
    the state that it is stuck in (J9; faults 5, 7, 10, 13, 14)."""
    customer = shop.customer(20)
    words = ",".join(f"{name}={seconds}s" for name, seconds in SPANS.items())
    script = f"export JOB_DEADLINES={words}"
    with contextlib.ExitStack() as settings:
        # One sets the deadline of the queue, the other those of all that follows.
        for service in ("serve", "work"):
            settings.enter_context(shop.stack.instead(service, script))
        try:
            late = _run(shop, customer)
        finally:
            shop.sandbox.clear_faults()
            _finish_tasks(shop)
            # Three files of a tier in a row could not be stored.
            shop.open_gates()
            shop.sandbox.set("pollo/delay", milliseconds=0)
    spans = ", ".join(f"{name} {seconds} s" for name, seconds in SPANS.items())
    return (
        f"{len(CASES)} ways not to end ({', '.join(case.name for case in CASES)}), each refunded "
        f"by its deadline ({spans}), at most {late:.1f} s after it")


def _run(shop: Shop, customer: Customer) -> float:
    """How late the last one ended, in seconds."""
    shop.sandbox.set("pollo/delay", milliseconds=3_600_000)
    shop.sandbox.set(
        "faults", path=CREATE, method="POST", status=429, count=FOR_EVER,
        body='{"message": "Too many requests", "code": "RATE_LIMIT_EXCEEDED"}')
    for case in CASES:
        case.job = shop.order(customer, f"stuck-{case.name}", case.prompt, case.tier)
    # What has no task is stuck already, and may end while a slow machine makes the others' files.
    for case in CASES:
        if not case.has_task:
            _note_deadline(shop, case)
    tasks = {
        case.name: poll(lambda case=case: _task(shop, case), 20, f"{case.name}: it has a task")
        for case in CASES if case.has_task
    }
    page = "<!DOCTYPE html><title>Just a moment...</title>"
    for name, fault in {
        "status 404": {
            "path": f"{STATUS}{tasks['status 404']['taskId']}", "status": 404,
            "body": '{"message": "NOT_FOUND_ERROR", "code": "NOT_FOUND"}'},
        "link 403": {
            "path": f"/files/{tasks['link 403']['file']}", "status": 403,
            "contentType": "text/plain", "body": "expired"},
        "a file cut short": {
            "path": f"/files/{tasks['a file cut short']['file']}", "percent": 60},
        "HTML for a file": {
            "path": f"/files/{tasks['HTML for a file']['file']}", "status": 200,
            "contentType": "text/html", "body": page},
    }.items():
        shop.sandbox.set("faults", method="GET", count=FOR_EVER, **fault)
        if name != "status 404":
            shop.sandbox.set(f"pollo/tasks/{tasks[name]['taskId']}/finish", status="succeed")
    for case in CASES:
        if case.has_task:
            _note_deadline(shop, case)
    poll(
        lambda: shop.count(f"account_id = '{customer.account}' AND state <> 'refunded'") == 0,
        max(SPANS[case.span] + case.extra for case in CASES) + 3 * PATIENCE, "every job is refunded", pause=0.25)
    return max(_lateness(shop, case) for case in CASES)


def _finish_tasks(shop: Shop) -> None:
    """Ends the tasks that would be made for an hour: other rows wait until all is made."""
    for task in shop.sandbox.look("pollo/tasks")["items"]:
        if task["status"] not in ("succeed", "failed"):
            shop.sandbox.set(f"pollo/tasks/{task['taskId']}/finish", status="failed")


def _task(shop: Shop, case: Case) -> dict | None:
    """Its task at the vendor, once that has made the file."""
    return next(
        (task for task in shop.sandbox.look("pollo/tasks")["items"]
         if task["prompt"] == case.prompt and (task["hasFile"] or case.state != "storing")), None)


def _note_deadline(shop: Shop, case: Case) -> None:
    """Waits until the job is stuck, and demands that its time there is what was set."""
    since = "created_at" if case.state == "queued" else "state_at"
    states = "'queued', 'submitting'" if case.state == "queued" else f"'{case.state}'"
    found = poll(
        lambda: shop.stack.sql(
            f"SELECT TIMESTAMPDIFF(MICROSECOND, {since}, deadline_at), deadline_at "
            f"FROM video_jobs WHERE id = '{case.job}' AND state IN ({states})"),
        SPANS["render"], f"{case.name}: it is {case.state}", pause=0.1)
    microseconds, case.deadline = int(found[0][0]), found[0][1]
    demand(
        abs(microseconds - SPANS[case.span] * 1_000_000) < 1_000,
        f"{case.name}: {microseconds} µs instead of {SPANS[case.span]} s for {case.span}")


def _lateness(shop: Shop, case: Case) -> float:
    reason, microseconds = shop.stack.sql(
        "SELECT failure_reason, TIMESTAMPDIFF(MICROSECOND, "
        f"'{case.deadline}', completed_at) FROM video_jobs WHERE id = '{case.job}'")[0]
    late = int(microseconds) / 1e6 - case.extra
    # Each extension begins with the look that had no answer.
    patience = PATIENCE * (3 if case.extra else 1)
    demand(
        reason in ("timeout", "vendor_down") and 0 <= late <= patience,
        f"{case.name}: refunded ({reason}) {late:.1f} s after its deadline")
    return late
