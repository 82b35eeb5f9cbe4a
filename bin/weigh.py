#!/usr/bin/env python3
"""Measures what the pages of a running shop weigh and how soon they are there, as a table.

    bin/dev --detach && .rushes/venv/bin/python bin/weigh.py [PATH...]

Of RUSHES_BASE_URL (https://localhost:8443): bytes over the wire and requests, media, pictures and the
tab's icon apart; and, at 1.6 Mbit/s, 150 ms of latency and a processor slowed down four times, the
largest paint and what moved after it was shown. Ends with 1 when a page is over a limit. Private pages
are those of somebody who has just signed up.
"""

import os
import shutil
import sys
import uuid
from dataclasses import dataclass

from playwright.sync_api import Browser, Page, expect, sync_playwright

BASE_URL = os.environ.get("RUSHES_BASE_URL", "https://localhost:8443")
OPEN = ["/", "/pricing", "/docs", "/docs/api", "/status", "/contact", "/terms", "/privacy", "/login", "/signup", "/create"]
PRIVATE = ["/create", "/videos", "/credits", "/account"]
MOST_BYTES, MOST_REQUESTS, MOST_LCP, MOST_CLS = 80 * 1024, 15, 2000, 0.05
SLOW = {"offline": False, "latency": 150, "downloadThroughput": 1_600_000 / 8, "uploadThroughput": 750_000 / 8}
WATCH = """
window.seen = { lcp: 0, cls: 0 };
new PerformanceObserver((list) => {
    for (const { startTime } of list.getEntries()) seen.lcp = startTime;
}).observe({ type: "largest-contentful-paint", buffered: true });
new PerformanceObserver((list) => {
    for (const { value, hadRecentInput } of list.getEntries()) if (!hadRecentInput) seen.cls += value;
}).observe({ type: "layout-shift", buffered: true });
"""


@dataclass
class Weight:
    bytes: int
    requests: int
    lcp: float
    cls: float

    @property
    def problems(self) -> list[str]:
        limits = [(self.bytes, MOST_BYTES), (self.requests, MOST_REQUESTS), (self.lcp, MOST_LCP), (self.cls, MOST_CLS)]
        names = ["bytes", "requests", "LCP", "CLS"]
        return [name for name, (value, most) in zip(names, limits) if value > most]


def settle(page: Page) -> None:
    # Not by a function that the page runs: its content security policy lets no text become code.
    expect(page.locator("[aria-busy=true]")).to_have_count(0, timeout=60_000)
    page.wait_for_load_state("networkidle")


def weigh(browser: Browser, path: str, state: dict | None) -> Weight:
    """One page in a new window with an empty cache."""
    context = browser.new_context(base_url=BASE_URL, ignore_https_errors=True, storage_state=state)
    page = context.new_page()
    page.set_default_timeout(60_000)
    page.add_init_script(WATCH)
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Network.emulateNetworkConditions", SLOW)
    session.send("Emulation.setCPUThrottlingRate", {"rate": 4})
    kinds: dict[str, str] = {}
    sizes: dict[str, int] = {}

    def note(event: dict) -> None:
        is_icon = "favicon" in event["response"]["url"]
        kinds[event["requestId"]] = "Image" if is_icon else event["type"]

    session.on("Network.responseReceived", note)
    session.on("Network.loadingFinished", lambda event: sizes.update({event["requestId"]: event["encodedDataLength"]}))
    page.goto(path)
    settle(page)
    seen = page.evaluate("seen")
    counted = [size for request, size in sizes.items() if kinds.get(request) not in ("Media", "Image")]
    context.close()
    return Weight(int(sum(counted)), len(counted), seen["lcp"], seen["cls"])


def newcomer(browser: Browser) -> dict:
    context = browser.new_context(base_url=BASE_URL, ignore_https_errors=True)
    page = context.new_page()
    page.goto("/signup")
    page.get_by_label("E-mail").fill(f"weigh-{uuid.uuid4()}@example.com")
    page.get_by_label("Password", exact=True).fill(f"tungsten {uuid.uuid4()}")
    page.get_by_role("button", name="Create account").click()
    page.wait_for_url("**/create")
    state = context.storage_state()
    context.close()
    return state


def main(paths: list[str]) -> int:
    found = 0
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"))
        somebody = newcomer(browser)
        pages = [(path, None) for path in paths or OPEN] + [(path, somebody) for path in ([] if paths else PRIVATE)]
        print(f"{'page':<22}{'bytes':>8}{'requests':>10}{'LCP ms':>8}{'CLS':>7}")
        for path, state in pages:
            weight = weigh(browser, path, state)
            name = f"{path} (signed in)" if state else path
            over = f"  over: {', '.join(weight.problems)}" if weight.problems else ""
            print(f"{name:<22}{weight.bytes:>8}{weight.requests:>10}{weight.lcp:>8.0f}{weight.cls:>7.3f}{over}", flush=True)
            found = found or bool(weight.problems)
        print(f"{'limit':<22}{MOST_BYTES:>8}{MOST_REQUESTS:>10}{MOST_LCP:>8}{MOST_CLS:>7}")
        browser.close()
    return int(found)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
