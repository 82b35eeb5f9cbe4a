"""Several workers at once, paused ones, and polite restarts under load."""

import contextlib
import os
import random
import signal
import threading
import time

from crash_points import Jobs, signal_at, victim
from shop import CHEAP, Shop, threads
from stack import demand, poll


def claims(shop: Shop, workers: int, jobs: int) -> str:
    """Many workers and many jobs: each is claimed and sent once (fault 36)."""
    customer = shop.customer(jobs)
    with shop.stack.without_worker():
        numbers = iter(range(jobs))
        lock = threading.Lock()

        def client(_: int) -> None:
            while True:
                with lock:
                    number = next(numbers, None)
                if number is None:
                    return
                shop.order(customer, f"claim-{number}", CHEAP)

        with threads(4, client):
            pass
        # This is about claims, not about the pace of a machine.
        shop.stack.sql(f"UPDATE video_jobs SET deadline_at = {Jobs.PARKED} WHERE state = 'queued'")
        with contextlib.ExitStack() as running:
            for _ in range(workers):
                running.enter_context(
                    shop.stack.worker("--submitters", "1", "--followers", "1"))
            shop.settle(900)
    attempts = shop.stack.number(
        "SELECT COUNT(*) FROM job_attempts JOIN video_jobs ON job_id = id "
        f"WHERE account_id = '{customer.account}'")
    calls = shop.sandbox.creates()
    created = sum(
        calls[token]["count"]
        for token, in shop.stack.sql(
            f"SELECT callback_token FROM video_jobs WHERE account_id = '{customer.account}'"))
    demand(attempts == jobs, f"{attempts} attempts for {jobs} jobs")
    demand(created == jobs, f"{created} create calls for {jobs} jobs")
    return f"{workers} workers, {jobs} jobs, {attempts} attempts, {created} create calls, twice 0"


def paused(shop: Shop, dice: random.Random, points: int) -> str:
    """A worker is stopped in the middle of a job until its lease is over and another has ended the
    job; then it goes on, and must change nothing (fault 35)."""
    customer = shop.customer(points * 2)
    jobs = Jobs(shop.stack)
    stopped = {"submit-0": 0, "follow-0": 0}
    with shop.stack.without_worker():
        for number in range(points):
            thread = ["submit-0", "follow-0"][number % 2]
            # Without a callback, so that nobody looks before the worker that is to be stopped.
            words = f"{CHEAP} !nowebhook" if thread == "follow-0" else CHEAP
            job = shop.order(customer, f"pause-{number}", words)
            if thread == "follow-0":
                with shop.stack.worker("--followers", "1", POLLO_POLL_INTERVAL="3600s"):
                    poll(lambda: jobs.state(job) == "submitted", 60, "the job is submitted")
                poll(
                    lambda: shop.sandbox.look("state")["pollo"]["openTasks"] == 0, 60,
                    "all is made")
            jobs.park()
            with victim(shop.stack) as sleeper:
                # Past the claim's COMMIT mostly, and before the end of the phase.
                place = dice.randrange(6, 22)
                came = signal_at(
                    sleeper, thread, "recvfrom", place, lambda: jobs.release(job),
                    lambda: False, "SIGSTOP")
                demand(came, f"{thread} was not stopped")
                stopped[thread] += 1
                shop.stack.end_leases()
                jobs.release_all()
                with shop.stack.worker():
                    shop.settle()
                    before = _version(shop, job)
                    sleeper.go_on()
                    sleeper.rest()
                demand(
                    _version(shop, job) == before,
                    f"the paused worker has changed the job {job}")
    return (
        f"{stopped['submit-0']} stopped while submitting, {stopped['follow-0']} while asking, "
        "changed afterwards 0")


def _version(shop: Shop, job: str) -> list[list[str]]:
    return shop.stack.sql(f"SELECT state, version FROM video_jobs WHERE id = '{job}'")


def restarts(shop: Shop, dice: random.Random, times: int) -> str:
    """SIGTERM to serve and work in turn under load (fault 38): whoever asks meanwhile is answered,
    mostly late, and no call meets a connection that is being closed (502, or no answer). A database
    that is slow on a busy machine may have one called again (503)."""
    customers = [shop.customer(5000) for _ in range(4)]
    over = threading.Event()
    slowest = [0.0]
    refused: list[int] = []

    def client(index: int) -> None:
        number = 0
        while not over.is_set():
            started = time.monotonic()
            key = f"restart-{index}-{number}"
            headers = {**customers[index].headers, "Idempotency-Key": key}
            status, content = shop.call(
                "POST", "/api/videos/generate", headers, shop.order_body(CHEAP))
            if status != 202:
                refused.append(status)
                status, content = shop.insist(
                    "POST", "/api/videos/generate", headers, shop.order_body(CHEAP))
            slowest[0] = max(slowest[0], time.monotonic() - started)
            shop.acknowledged(customers[index], key, "economy", status, content)
            number += 1
            over.wait(0.1)

    with threads(4, client) as errors:
        try:
            for number in range(times):
                service = ["serve", "work"][number % 2]
                old = shop.stack.pid(service)
                os.kill(old, signal.SIGTERM)
                poll(
                    lambda old=old, service=service: shop.stack.pid(service) not in (0, old), 45,
                    f"{service} is started again")
                # It lives for three seconds, so that the supervisor starts it at once again.
                over.wait(dice.uniform(1.6, 2.2))
                if errors:
                    break
        finally:
            over.set()
    orders = sum(len(customer.orders) for customer in customers)
    shop.settle(400)
    demand(
        set(refused) <= {503} and len(refused) <= (times + 1) // 2,
        f"{len(refused)} calls of {orders} were refused: {sorted(set(refused))}")
    return (
        f"{times} restarts, {orders} orders, {len(refused)} to be called again, lost 0, the "
        f"slowest answer after {slowest[0]:.1f} s")
