"""A real browser against the running site.

Any console error, any page error and any request to another host fails the test it happened in:
violations of the content security policy arrive there. An answer that a test expects to be a
refusal is named with `@pytest.mark.refusals(401)`; where answers are lost on purpose, the test has
`@pytest.mark.lost_answers`.
"""

import os
import re
import shutil
import subprocess
import uuid
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from pages import Person, buy, log_in, see_the_end_of, sign_up
from playwright.sync_api import expect

TOP = Path(__file__).parents[2]
BASE_URL = os.environ.get("RUSHES_BASE_URL", "https://localhost:8443")
# The stand-in's payment page is on another port of this machine.
OWN_HOSTS = {urlsplit(BASE_URL).hostname, "localhost", "127.0.0.1"}


def pytest_configure(config):
    config.addinivalue_line("markers", "lost_answers: the test takes the network away")
    config.addinivalue_line("markers", "refusals(*statuses): answers that this test means to get")


@pytest.fixture(scope="session")
def base_url():
    return BASE_URL


@pytest.fixture(scope="session")
def site_url():
    """Where the pages of a test are; a file may have a site of its own."""
    return BASE_URL


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    return {**browser_type_launch_args, "executable_path": shutil.which("chromium")}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args):
    return {
        **browser_context_args,
        "base_url": BASE_URL,
        "ignore_https_errors": True,
        "locale": "en-US",
        "timezone_id": "UTC",
        "reduced_motion": "reduce",
        "viewport": {"width": 1280, "height": 800},
    }


def watch(context, problems, site_url, refusals=(), loses_answers=False):
    """Notes in `problems` whatever goes wrong in any page of `context`."""
    own = urlsplit(site_url)

    def on_console(message):
        place = urlsplit(message.location.get("url", ""))
        if message.type != "error" or (place.netloc and place.netloc != own.netloc):
            return
        if any(f"a status of {status} " in message.text for status in refusals):
            return
        if loses_answers and "net::ERR_" in message.text:
            return
        problems.append(f"console: {message.text} ({message.location.get('url')})")

    def on_request(request):
        host = urlsplit(request.url).hostname
        if host and host not in OWN_HOSTS:
            problems.append(f"request to another host: {request.url}")

    context.set_default_timeout(10_000)
    context.on("console", on_console)
    context.on("weberror", lambda error: problems.append(f"page error: {error.error}"))
    context.on("request", on_request)


@pytest.fixture(autouse=True)
def nothing_goes_wrong(request, site_url):
    """Gives a function that watches a context; whatever it saw fails the test at its end."""
    marker = request.node.get_closest_marker("refusals")
    refusals = marker.args if marker else ()
    loses_answers = request.node.get_closest_marker("lost_answers") is not None
    problems = []
    if "context" in request.fixturenames:
        watch(request.getfixturevalue("context"), problems, site_url, refusals, loses_answers)
    yield lambda context: watch(context, problems, site_url, refusals, loses_answers)
    assert problems == []


@pytest.fixture
def open_as(browser, browser_context_args, nothing_goes_wrong):
    """Opens a page as a person, or as nobody, in a window of one's choice."""
    contexts = []

    def open_page(person=None, **settings):
        state = person.state if person else None
        context = browser.new_context(**{**browser_context_args, "storage_state": state, **settings})
        contexts.append(context)
        nothing_goes_wrong(context)
        return context.new_page()

    yield open_page
    for context in contexts:
        # What a test still answers itself would else fail in the middle of the next one.
        for page in context.pages:
            page.unroute_all(behavior="ignoreErrors")
        context.close()


def new_person(browser, browser_context_args, package=None):
    context = browser.new_context(**browser_context_args)
    page = context.new_page()
    person = Person(email=f"test-{uuid.uuid4()}@example.com", password=f"tungsten {uuid.uuid4()}")
    sign_up(page, person)
    if package:
        person.purchase = buy(page, package)
    person.state = context.storage_state()
    context.close()
    return person


@pytest.fixture(scope="session")
def buyer(browser, browser_context_args):
    """Someone with $10.00 of credit. The account is shared: each test uses its own prompt."""
    return new_person(browser, browser_context_args, package="starter")


@pytest.fixture(scope="session")
def spender(browser, browser_context_args):
    """Someone with the largest pack, more than all tests that order much spend together."""
    return new_person(browser, browser_context_args, package="enterprise")


@pytest.fixture(scope="session")
def videos(playwright, browser, browser_context_args, buyer):
    """Paths of two videos of the buyer: one that is ready and one that failed."""
    api = playwright.request.new_context(
        base_url=BASE_URL, ignore_https_errors=True, storage_state=buyer.state, extra_http_headers={"Origin": BASE_URL}
    )
    prompts = {"ready": "A glass of tea on a windowsill", "failed": "!fail a kite above the dunes"}
    order = {"tier": "economy", "duration": 5}
    paths = {}
    for name, prompt in prompts.items():
        answer = api.post("/api/videos/generate", data={**order, "prompt": prompt})
        assert answer.status == 202, answer.text()
        paths[name] = f"/videos/{answer.json()['jobId']}"
    api.dispose()
    context = browser.new_context(**{**browser_context_args, "storage_state": buyer.state})
    for path in paths.values():
        see_the_end_of(context.new_page(), path)
    context.close()
    return paths


@pytest.fixture(scope="session")
def newcomer(browser, browser_context_args):
    """Someone who has not bought anything, and does not in any test."""
    return new_person(browser, browser_context_args)


def environment_of_stack():
    """The settings of the stack's programs."""
    state = Path(os.environ["RUSHES_STATE_DIR"])
    script = f"set -a; . {state}/env; env -0"
    lines = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True).stdout
    return dict(line.split("=", 1) for line in lines.split("\0") if "=" in line)


@pytest.fixture
def let_pass():
    """Lets it be so many minutes ago that anybody showed who they are."""
    url = urlsplit(environment_of_stack()["DATABASE_URL"])
    socket = url.query.removeprefix("socket=")

    def age(minutes):
        subprocess.run(
            [
                *["mariadb", "--no-defaults", f"--user={url.username}", f"--socket={socket}"],
                *[f"--database={url.path[1:]}", f"--execute=UPDATE sessions SET proved_at = proved_at - INTERVAL {minutes} MINUTE"],
            ],
            env={**os.environ, "MYSQL_PWD": url.password}, check=True,
        )

    return age


@pytest.fixture(scope="session")
def made_operator(browser, browser_context_args):
    """An operator of the shop, made at the command line as the first one is."""
    environment = environment_of_stack()
    programs = os.environ.get("RUSHES_BIN_DIR", str(TOP / ".build/release"))
    email = f"operator-{uuid.uuid4()}@example.com"
    made = subprocess.run([f"{programs}/rushes", "admin", "create-admin", email], env=environment, capture_output=True, text=True, check=True)
    person = Person(email=email, password=made.stdout.split()[1])
    context = browser.new_context(**browser_context_args)
    page = context.new_page()
    page.goto("/login")
    log_in(page, person)
    expect(page).to_have_url(re.compile(r"/create$"))
    person.state = context.storage_state()
    context.close()
    return person


@pytest.fixture
def operator(browser, browser_context_args, made_operator):
    """The operator, who has shown just now that it is them: the console asks every ten minutes."""
    context = browser.new_context(**browser_context_args, storage_state=made_operator.state)
    origin = browser_context_args["base_url"]
    answer = context.request.post(
        "/api/auth/confirmation", data={"currentPassword": made_operator.password}, headers={"Origin": origin}
    )
    assert answer.ok, answer.text()
    context.close()
    return made_operator
