"""Every crash point: a process is killed at its n-th send or receive, for each n, by strace.

Before a send nothing has left; before a receive the peer has it, and may have committed what the
process will never know. A victim is a `rushes serve` or `rushes work` of the row's own with one
thread for each kind of work, so that the n-th call is the same one every time.
"""

import contextlib
import itertools
import json
import os
import signal
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import fastcgi
import stripe_events
from shop import CHEAP, PROMPT, Customer, Shop
from stack import Failed, Stack, demand, end, poll
from vendors import pollo_headers

# libmariadb and libcurl send by sendto(2) and receive by recvfrom(2); the answer to nginx is
# written by write(2); a file gets its name by rename(2).
CALLS = ("sendto", "recvfrom")
ENDS = {"delivered", "refunded"}


def injection(call: str, number: int, name: str = "SIGKILL") -> list[str]:
    return ["-e", f"trace={call}", "-e", f"inject={call}:signal={name}:when={number}"]


# Requests

@dataclass
class Doomed:
    """A `rushes serve` that will be killed."""

    socket: Path
    process: subprocess.Popen

    def post(self, path: str, headers: dict[str, str], body: bytes) -> fastcgi.Answer | None:
        """The answer; None when it died before."""
        try:
            return fastcgi.send(
                self.socket, "POST", path, headers, body,
                is_coming=lambda: self.process.poll() is None)
        except fastcgi.NoAnswer:
            return None


@contextlib.contextmanager
def _serve_that_dies(stack: Stack, call: str, number: int):
    """A `rushes serve` that is killed at its worker's `number`-th `call`, and its socket."""
    socket = stack.folder / f"{call}-{number}-{time.monotonic_ns()}.sock"
    with stack.process(
        "serve", "--socket", str(socket), "--threads", "1",
        prefix=("strace", "-f", "-qq", "-o", "/dev/null", *injection(call, number)),
    ) as process:
        yield Doomed(socket, process)
    socket.unlink(missing_ok=True)


def request_points(stack: Stack, calls: tuple[str, ...], attempt) -> int:
    """Has `attempt(doomed, name)` send one request to victims that die at ever later calls, until
    one lives to answer. `attempt` returns whether there was an answer, after it has done what a
    careful client does next. Returns the number of kills."""

    def enumerate_points(call: str) -> int:
        for number in itertools.count(1):
            with _serve_that_dies(stack, call, number) as doomed:
                if attempt(doomed, f"{call}-{number}"):
                    return number - 1
                demand(
                    doomed.process.wait(10) == -signal.SIGKILL,
                    f"no answer, and not killed at {call} number {number}")
            if number > 400:
                raise Failed(f"no end of {call} in one request")

    with ThreadPoolExecutor(len(calls)) as pool:
        return sum(pool.map(enumerate_points, calls))


def create(shop: Shop) -> str:
    """An order, from the first look at who asks to the answer (faults 1, 2). What was not answered
    is ordered again under the same key, and once more."""
    customer = shop.customer(900)
    before = len(customer.orders)

    def attempt(doomed: Doomed, name: str) -> bool:
        key = f"create-{name}"
        answer = doomed.post(
            "/api/videos/generate", {**customer.headers, "Idempotency-Key": key},
            shop.order_body(CHEAP))
        if answer:
            shop.acknowledged(customer, key, "economy", answer.status, answer.body)
        shop.order(customer, key, CHEAP)
        shop.order(customer, key, CHEAP)
        return answer is not None

    with shop.stack.without_worker():
        kills = request_points(shop.stack, (*CALLS, "write"), attempt)
        orders = len(customer.orders) - before
        jobs = shop.count(f"account_id = '{customer.account}'")
        holds = shop.stack.number(
            "SELECT COUNT(*) FROM ledger_entries WHERE kind = 'hold' AND leg = 0 "
            f"AND account_id = '{customer.account}'")
        demand(orders == jobs == holds, f"{orders} orders, {jobs} jobs, {holds} holds")
    return f"{kills} kills, {orders} orders, {jobs} jobs, {holds} holds"


# Jobs

@dataclass
class Victim:
    """A worker with one thread of each kind."""

    process: subprocess.Popen
    threads: dict[str, int]

    def rest(self) -> None:
        """Waits until each thread has done what there is and pauses."""
        poll(lambda: self._rests, 60, "the worker rests", pause=0.002)

    @property
    def _rests(self) -> bool:
        return all(_sleeps(tid) for tid in self.threads.values())

    def stop(self) -> None:
        """Stops it while it rests: in a transaction it would keep others from their rows."""
        while True:
            self.rest()
            os.kill(self.process.pid, signal.SIGSTOP)
            poll(
                lambda: all(_state(tid) in "tT" for tid in self.threads.values()), 10,
                "the worker is stopped", pause=0.005)
            if self._rests:
                return
            self.go_on()

    def go_on(self) -> None:
        os.kill(self.process.pid, signal.SIGCONT)


def _state(tid: int) -> str:
    try:
        return Path(f"/proc/{tid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return "X"


def threads_of(pid: int) -> dict[str, int]:
    names = {}
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            names[(task / "comm").read_text().strip()] = int(task.name)
    return names


def _sleeps(tid: int) -> bool:
    """Whether the thread rests between two looks for work: clock_nanosleep(2), 230 or 115, or
    ppoll(2), 271 or 73, which nothing else does (libmariadb and libcurl wait by poll(2))."""
    try:
        number = Path(f"/proc/{tid}/syscall").read_text().split()[0]
    except (OSError, IndexError):
        return False
    return number in ("230", "35", "115", "271", "73")


@contextlib.contextmanager
def victim(stack: Stack, **env: str):
    """A worker whose threads have found nothing to do, stopped."""
    with stack.worker(
        "--submitters", "1", "--followers", "1", "--storers", "1", **env
    ) as process:
        wanted = {
            "submit-0", "follow-0", "store-0", "sweeps", "stripe", "vendor", "books", "reports",
        }
        poll(lambda: wanted <= threads_of(process.pid).keys(), 30, "the worker works", pause=0.01)
        threads = {name: tid for name, tid in threads_of(process.pid).items() if name in wanted}
        found = Victim(process, threads)
        found.rest()
        found.stop()
        yield found


class Victims:
    """Makes victims a few at a time, as each takes a while to come to rest. None is made while one
    has a job, or it might take that job. Use it as a context."""

    BATCH = 6

    def __init__(self, stack: Stack):
        self._stack = stack
        # Its threads live as long as the victims: a child is told of the end of its thread.
        self._pool = ThreadPoolExecutor(self.BATCH)
        self._ready: list[tuple[contextlib.ExitStack, Victim]] = []
        self._last: contextlib.ExitStack | None = None

    def __enter__(self) -> "Victims":
        return self

    def __exit__(self, *error) -> None:
        self.end_last()
        for context, _ in self._ready:
            context.close()
        self._pool.shutdown()

    def _make(self, _: int) -> tuple[contextlib.ExitStack, Victim]:
        context = contextlib.ExitStack()
        return context, context.enter_context(victim(self._stack))

    def end_last(self) -> None:
        if self._last:
            self._last.close()
            self._last = None

    def next(self) -> Victim:
        """Another one, stopped; the last is ended."""
        self.end_last()
        if not self._ready:
            self._ready = list(self._pool.map(self._make, range(self.BATCH)))
        self._last, found = self._ready.pop(0)
        return found


def signal_at(
    process: Victim, thread: str, call: str, number: int, release, is_over, name: str = "SIGKILL"
) -> bool:
    """Has a stopped worker get a signal at the thread's `number`-th `call` after `release` gave it
    something to do. Returns whether it came; false when `is_over()` first."""
    release()
    tid = process.threads[thread]
    tracer = subprocess.Popen(
        ["strace", "-qq", "-o", "/dev/null", "-p", str(tid), *injection(call, number, name)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        poll(
            lambda: f"TracerPid:\t{tracer.pid}\n" in Path(f"/proc/{tid}/status").read_text(), 10,
            "strace is attached", pause=0.005)
        process.go_on()
        deadline = time.monotonic() + 60
        while True:
            for _ in range(50):
                if process.process.poll() is not None:
                    return True
                if name == "SIGSTOP" and _state(process.process.pid) == "T":
                    return True
                time.sleep(0.01)
            if is_over():
                return False
            demand(
                time.monotonic() < deadline, f"{thread} never came to its {call} number {number}")
    finally:
        end(tracer)


class Jobs:
    """Hands jobs to victims one by one; all others wait meanwhile."""

    PARKED = "UTC_TIMESTAMP(6) + INTERVAL 1 DAY"

    def __init__(self, stack: Stack):
        self.stack = stack

    def park(self) -> None:
        self.stack.sql(
            f"UPDATE video_jobs SET next_attempt_at = {self.PARKED}, deadline_at = {self.PARKED} "
            "WHERE state IN ('queued', 'submitted', 'storing')")

    def release(self, job: str) -> None:
        self.stack.sql(
            f"UPDATE video_jobs SET next_attempt_at = UTC_TIMESTAMP(6) WHERE id = '{job}'")

    def release_all(self) -> None:
        """Everything goes on; no worker lives, so no claim does."""
        self.stack.end_leases()
        self.stack.sql(
            "UPDATE video_jobs SET next_attempt_at = UTC_TIMESTAMP(6), "
            "deadline_at = UTC_TIMESTAMP(6) + INTERVAL 10 MINUTE "
            "WHERE state IN ('queued', 'submitted', 'storing')")

    def state(self, job: str) -> str:
        return self.stack.sql(f"SELECT state FROM video_jobs WHERE id = '{job}'")[0][0]


def _phase(
    jobs: Jobs, victims: Victims, thread: str, call: str, next_job, ends: set[str], seen: dict
) -> int:
    """Kills a worker at every call of a phase of a job's life, which ends in one of the states
    `ends`. Notes the state that each job was found in."""
    # The looks for more work, four times a second, send and receive; they make no files.
    recurs = call in CALLS
    kills = after = 0
    for number in itertools.count(1):
        job = next_job(f"{thread}-{call}-{number}")
        jobs.park()
        died = signal_at(
            victims.next(), thread, call, number, lambda: jobs.release(job),
            lambda: not recurs and jobs.state(job) in ends)
        seen[job] = state = jobs.state(job)
        if not died:
            victims.end_last()
            return kills
        kills += 1
        # The last call of the phase comes before its end is seen, the first of the next after it.
        after = after + 1 if recurs and state in ends else 0
        if after == 2:
            # Fewer would mean that somebody else had the jobs.
            demand(kills > 9, f"the phase of {thread} was over after {kills} calls of {call}")
            return kills
        demand(number < 400, f"no end of {call} in {thread}")


def submitting(
    shop: Shop, customer: Customer, jobs: Jobs, victims: Victims
) -> tuple[int, dict[str, str]]:
    """From the claim to the stored task (faults 3, 4, 5). Every third job's callback is lost."""
    seen: dict[str, str] = {}
    prompts = itertools.cycle([CHEAP, CHEAP, f"{CHEAP} !nowebhook"])

    def next_job(name: str) -> str:
        return shop.order(customer, f"submit-{name}", next(prompts))

    kills = sum(
        _phase(jobs, victims, "submit-0", call, next_job, {"submitted", *ENDS}, seen)
        for call in CALLS)
    return kills, seen


def finishing(
    shop: Shop, customer: Customer, jobs: Jobs, victims: Victims, words: str, thread: str,
    calls: tuple[str, ...], ends: set[str] = ENDS,
) -> tuple[int, dict[str, str]]:
    """From the status call to the end, as one thread has a part in it: to the file that is to be
    fetched, to a settled hold (faults 11, 12), or with `!fail` to a released one."""
    seen: dict[str, str] = {}
    ready: list[str] = []

    def fill(count: int) -> None:
        """Has so many jobs submitted that nobody looks at."""
        new = [
            shop.order(
                customer, f"finish-{len(customer.orders)}", f"{PROMPT} !nowebhook {words}".strip())
            for _ in range(count)
        ]
        listed = ", ".join(f"'{job}'" for job in new)
        with shop.stack.worker("--followers", "1", POLLO_POLL_INTERVAL="3600s"):
            poll(
                lambda: shop.count(f"id IN ({listed}) AND state = 'submitted'") == count, 60,
                "the jobs are submitted")
        # Made, so that the first look finds the end.
        poll(lambda: shop.sandbox.look("state")["pollo"]["openTasks"] == 0, 60, "all is made")
        ready.extend(new)

    def next_job(name: str) -> str:
        if not ready:
            fill(24)
        return ready.pop(0)

    kills = sum(
        _phase(jobs, victims, thread, call, next_job, ends, seen)
        for call in calls)
    return kills, seen


def life(shop: Shop) -> str:
    """One job's life in the worker: claim, submit, store, settle, release."""
    customer = shop.customer(900)
    jobs = Jobs(shop.stack)
    with shop.stack.without_worker():
        with Victims(shop.stack) as victims:
            kills, seen = submitting(shop, customer, jobs, victims)
            asked, finished = finishing(
                shop, customer, jobs, victims, "", "follow-0", CALLS, ENDS | {"storing"})
            stored, more = finishing(
                shop, customer, jobs, victims, "", "store-0", (*CALLS, "rename", "fsync"))
            settled = asked + stored
            finished.update(more)
            released, more = finishing(
                shop, customer, jobs, victims, "!fail", "follow-0", CALLS)
        finished.update(more)
        jobs.release_all()
        with shop.stack.worker():
            shop.settle(400)
    unsent = _check_ends(shop, seen, finished)
    demand(unsent > 0, "no worker died between its claim and its call")
    states = [state for state in seen.values()]
    died_in = ", ".join(f"{states.count(state)} {state}" for state in sorted(set(states)))
    return (
        f"{kills} kills from claim to task id (found {died_in}; {unsent} of them never sent, "
        f"refunded), {settled} from status to settle, {released} from status to release")


def _check_ends(shop: Shop, seen: dict[str, str], finished: dict[str, str]) -> int:
    """How each job had to end. One whose submission was cut off ends as the vendor says, if the
    vendor has it and has called back; else by its deadline. Returns how many were claimed and never
    sent (fault 3)."""
    calls = shop.sandbox.creates()
    unsent = 0
    for job, token, end_state, reason, prompt in shop.stack.sql(
        "SELECT id, callback_token, state, failure_reason, prompt FROM video_jobs"
    ):
        made = calls.get(token, {"created": 0})["created"]
        found = seen.get(job) or finished.get(job)
        if found is None:
            continue
        unsent += found == "submitting" and token not in calls
        is_lost = found == "submitting" and (made == 0 or "!nowebhook" in prompt)
        if is_lost:
            expected = ("refunded", "timeout")
        elif "!fail" in prompt:
            expected = ("refunded", "vendor_failed")
        else:
            expected = ("delivered", "NULL")
        demand(
            (end_state, reason) == expected,
            f"the job {job} ({prompt}), found {found}, with {made} tasks at the vendor, is "
            f"{end_state} ({reason}), not {expected[0]} ({expected[1]})")
    return unsent


# Webhooks and sweeps

def webhooks(shop: Shop) -> str:
    """An event of each vendor, from its first byte to the answer (faults 15, 21): what was not
    answered is sent again, and has its effect once."""
    with shop.stack.without_worker(), stripe_events.Silence(shop) as silence:
        paid = _stripe_points(shop, silence)
        called_back, jobs = _pollo_points(shop)
    shop.settle()
    failed = shop.count(
        f"id IN ({', '.join(map(repr, jobs))}) AND failure_reason = 'vendor_failed'")
    demand(failed == len(jobs), f"{failed} of {len(jobs)} jobs were found by their callbacks")
    return f"{paid} kills in a payment's event, {called_back} in a task's callback"


def _stripe_points(shop: Shop, silence) -> int:
    customer = shop.customer()
    lock = threading.Lock()

    def attempt(doomed: Doomed, _: str) -> bool:
        with lock:
            session = stripe_events.buy(shop, customer)
            event = next(
                event for event in silence.new()
                if event["type"] == stripe_events.TYPES[0]
                and event["data"]["object"]["id"] == session)
            customer.credit += stripe_events.CREDIT
        body, headers = stripe_events.signed(event, shop.stack.env["STRIPE_WEBHOOK_SECRET"])
        answer = doomed.post(stripe_events.PATH, headers, body)
        stripe_events.deliver(shop, event)
        return answer is not None

    return request_points(shop.stack, CALLS, attempt)


def _pollo_points(shop: Shop) -> tuple[int, list[str]]:
    """Callbacks of jobs whose submission is unknown: they are found by nothing else."""
    customer = shop.customer(200)
    stack = shop.stack
    shop.sandbox.set("pollo/hooks", enabled="false")
    for number in range(160):
        shop.order(customer, f"callback-{number}", f"{CHEAP} !lost")
    with stack.worker():
        poll(
            lambda: shop.count(
                f"account_id = '{customer.account}' AND state = 'submit_unknown'") == 160,
            60, "the jobs are unknown", pause=0.25)
    stack.sql(
        f"UPDATE video_jobs SET deadline_at = {Jobs.PARKED} WHERE state = 'submit_unknown'")
    tasks = {
        task["webhookUrl"].rsplit("/", 1)[-1]: task["taskId"]
        for task in shop.sandbox.look("pollo/tasks")["items"]
    }
    left = iter(stack.sql(
        f"SELECT id, callback_token FROM video_jobs WHERE account_id = '{customer.account}'"))
    used: list[str] = []

    def attempt(doomed: Doomed, name: str) -> bool:
        job, token = next(left)
        used.append(job)
        body = json.dumps({"taskId": tasks[token], "status": "failed"}).encode()
        path = f"/api/webhooks/pollo/{token}"
        headers = pollo_headers(body, stack.env["POLLO_WEBHOOK_SECRET"], f"msg-{name}")
        answer = doomed.post(path, headers, body)
        status, _content = shop.insist("POST", path, headers, body)
        demand(status == 200, f"a callback that was sent again is answered {status}")
        return answer is not None

    kills = request_points(stack, CALLS, attempt)
    # Nobody calls back for the others.
    stack.sql(
        "UPDATE video_jobs SET deadline_at = UTC_TIMESTAMP(6) WHERE state = 'submit_unknown'")
    shop.sandbox.set("pollo/hooks", enabled="true")
    return kills, used


def expiry(shop: Shop) -> str:
    """The sweep that lets credit lapse (C6), and those that come before it."""
    customer = shop.customer()
    kills = 0
    lapsed = (
        f"SELECT COUNT(*) FROM credit_lots WHERE account_id = '{customer.account}' "
        "AND remaining_micros > 0")

    def lapse() -> None:
        # A worker that was stopped in a transaction keeps its rows for ten seconds.
        shop.stack.sql(
            "SET SESSION innodb_lock_wait_timeout = 30; "
            "UPDATE credit_lots SET expires_at = UTC_TIMESTAMP(6), original_expires_at = "
            f"UTC_TIMESTAMP(6) WHERE account_id = '{customer.account}' AND remaining_micros > 0")

    with shop.stack.without_worker():
        for call in CALLS:
            after = 0
            for number in itertools.count(1):
                if shop.stack.number(lapsed) == 0:
                    shop.grant(customer, 1)
                with shop.stack.worker("--submitters", "1", "--followers", "1") as process:
                    poll(
                        lambda: "sweeps" in threads_of(process.pid), 30, "the worker works",
                        pause=0.001)
                    # Stopped before it has begun: it sweeps at once, and then once a minute.
                    os.kill(process.pid, signal.SIGSTOP)
                    signal_at(
                        Victim(process, threads_of(process.pid)), "sweeps", call, number, lapse,
                        lambda: False)
                kills += 1
                after = after + 1 if shop.stack.number(lapsed) == 0 else 0
                if after == 2:
                    break
                demand(number < 600, f"no end of {call} in the sweeps")
    poll(lambda: shop.stack.number(lapsed) == 0, 90, "what lapsed is swept", pause=0.5)
    customer.credit = 0
    return f"{kills} kills in the sweeps, credit lapsed once"
