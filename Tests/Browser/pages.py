"""What a person does on the pages, in their words."""

import re
import uuid
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.sync_api import expect


@dataclass
class Person:
    email: str
    password: str
    purchase: str = ""
    state: dict = field(default_factory=dict)


def sign_up(page, person):
    page.goto("/signup")
    page.get_by_label("E-mail").fill(person.email)
    page.get_by_label("Password", exact=True).fill(person.password)
    page.get_by_role("button", name="Create account").click()
    expect(page).to_have_url(re.compile(r"/create$"))


def log_in(page, person):
    page.get_by_label("E-mail").fill(person.email)
    page.get_by_label("Password", exact=True).fill(person.password)
    page.get_by_role("button", name="Log in").click()


def buy(page, package):
    """Buys a pack and pays on the stand-in's page; ends on the return page, paid, and gives its path."""
    page.goto("/credits")
    page.locator(f'[data-buy="{package}"]').click()
    press(page, "pay")
    expect(page).to_have_url(re.compile(r"/purchases/"))
    expect(page.get_by_role("heading", level=1)).to_contain_text("Paid.", timeout=30_000)
    return urlsplit(page.url).path


def press(page, button):
    """Presses a button of the stand-in's payment page: pay, decline, pay-later or abandon."""
    page.locator(f'form[action$="/{button}"] button, form[action$="/{button}"] [type=submit]').first.click()


def choose(page, tier, seconds):
    page.locator(f'label:has(input[name="tier"][value="{tier}"])').click()
    page.locator(f'label:has(input[name="duration"][value="{seconds}"])').click()


def write_prompt(page, words):
    """Fills in a prompt that no other run has used, and gives it."""
    prompt = f"{words} {uuid.uuid4().hex[:8]}"
    page.get_by_label("Prompt", exact=True).fill(prompt)
    return prompt


def create_button(page):
    return page.locator("[data-submit]")


def card(page, prompt):
    """The card of one video beside the form."""
    return page.locator("[data-job]").filter(has_text=prompt)


def see_the_end_of(page, video):
    """Opens a video's page, which follows it by itself, and waits until it was made or was not."""
    page.goto(video, wait_until="commit")
    expect(page.locator("main video, main .player .state.bad")).to_be_visible(timeout=60_000)


def balance(page):
    """The available credit in the header, in cents, once it is known."""
    line = page.locator("[data-balance]")
    expect(line).to_have_text(re.compile(r"^\$[\d,]+\.\d\d$"))
    return int(re.sub(r"\D", "", line.inner_text()))


def ready(page):
    """Waits until nothing on the page is loading any more."""
    expect(page.locator("[aria-busy=true]")).to_have_count(0)
    page.wait_for_load_state("networkidle")
