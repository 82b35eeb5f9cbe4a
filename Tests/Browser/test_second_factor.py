"""Codes when one logs in: set up, used, lost, and asked for again before what is dangerous."""

import base64
import hashlib
import hmac
import io
import re
import struct
import time

import pytest
from conftest import new_person
from pages import log_in, ready
from PIL import Image
from playwright.sync_api import expect
from pyzbar import pyzbar
from test_pages import check


def code(secret, later=0):
    """What an authenticator shows (RFC 6238), so many steps later."""
    counter = struct.pack(">Q", int(time.time()) // 30 + later)
    digest = hmac.new(base64.b32decode(secret), counter, hashlib.sha1).digest()
    offset = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[offset : offset + 4])[0] & 0x7FFFFFFF) % 1_000_000:06}"


@pytest.fixture
def person(browser, browser_context_args):
    return new_person(browser, browser_context_args)


def part(page):
    return page.locator("[data-factor]")


def set_up(page):
    """Switches codes on, and gives the secret with the recovery codes."""
    page.goto("/account")
    ready(page)
    page.get_by_role("button", name="Set it up").click()
    secret = page.locator(".secret").inner_text().replace(" ", "")
    picture = page.get_by_role("img", name=re.compile("QR code")).screenshot()
    [read] = pyzbar.decode(Image.open(io.BytesIO(picture)))
    url = read.data.decode()
    assert url.startswith("otpauth://totp/Rushes:") and f"?secret={secret}&" in url
    expect(page.get_by_role("link", name="Open an authenticator")).to_have_attribute("href", url)
    part(page).get_by_label("Code").fill(code(secret))
    page.get_by_role("button", name="Switch it on").click()
    expect(page.get_by_role("heading", name="Your recovery codes")).to_be_focused()
    codes = page.locator(".codes li").all_inner_texts()
    assert len(set(codes)) == 10
    return secret, codes


@pytest.mark.refusals(400)
def test_a_code_is_asked_for_after_the_password_and_a_recovery_code_stands_for_it(open_as, person):
    page = open_as(person)
    secret, codes = set_up(page)
    check(page)
    page.get_by_role("button", name="I have kept them").click()
    expect(part(page)).to_contain_text("10 recovery codes left")

    other = open_as()
    other.goto("/login")
    log_in(other, person)
    expect(other.get_by_role("heading", level=1)).to_have_text("Enter your code")
    expect(other.get_by_label("Code")).to_be_focused()
    check(other)
    other.get_by_role("button", name="Log in").click()
    expect(other.get_by_label("Code")).to_have_accessible_description(re.compile("Enter the code"))
    other.get_by_label("Code").fill("000000")
    other.keyboard.press("Enter")
    expect(other.get_by_label("Code")).to_have_accessible_description(re.compile("wrong, or was used"))
    other.get_by_label("Code").fill(codes[0].upper())
    other.keyboard.press("Enter")
    expect(other).to_have_url(re.compile(r"/create$"))

    third = open_as()
    third.goto("/login")
    log_in(third, person)
    third.get_by_role("button", name="Back").click()
    expect(third.get_by_role("heading", level=1)).to_have_text("Log in")
    log_in(third, person)
    third.get_by_label("Code").fill(code(secret, later=1))
    third.keyboard.press("Enter")
    expect(third).to_have_url(re.compile(r"/create$"))


@pytest.mark.refusals(400, 403)
def test_what_is_dangerous_asks_again_for_password_and_code(open_as, person):
    page = open_as(person)
    secret, _ = set_up(page)
    page.get_by_role("button", name="I have kept them").click()
    # As if ten minutes had passed: the server asks once, and then knows.
    asked = []

    def refuse_once(route):
        if route.request.method != "DELETE" or asked:
            return route.fallback()
        asked.append(route.request.url)
        route.fulfill(status=403, json={"error": {"code": "CONFIRMATION_NEEDED", "message": "Show first that it is you.", "action": "confirm"}, "requestId": "x"})  # fmt: skip

    page.route("**/api/me/second-factor", refuse_once)
    page.get_by_role("button", name="Switch it off").click()
    dialog = page.get_by_role("dialog", name="Show that it is you")
    expect(dialog).to_be_visible()
    check(page)
    dialog.get_by_role("button", name="Cancel").click()
    expect(dialog).to_be_hidden()
    expect(part(page)).to_contain_text("On since")

    asked.clear()
    page.get_by_role("button", name="Switch it off").click()
    dialog.get_by_label("Your password", exact=True).fill("not the one")
    dialog.get_by_label("Code").fill(code(secret, later=1))
    dialog.get_by_role("button", name="Go on").click()
    expect(dialog.get_by_label("Your password", exact=True)).to_have_accessible_description(re.compile("."))
    dialog.get_by_label("Your password", exact=True).fill(person.password)
    dialog.get_by_role("button", name="Go on").click()
    expect(dialog).to_be_hidden()
    expect(page.get_by_role("button", name="Set it up")).to_be_visible()

    other = open_as()
    other.goto("/login")
    log_in(other, person)
    expect(other).to_have_url(re.compile(r"/create$"))


@pytest.mark.refusals(400)
def test_setting_up_can_be_given_up_and_a_wrong_code_switches_nothing_on(open_as, person):
    page = open_as(person, viewport={"width": 390, "height": 800})
    page.goto("/account")
    ready(page)
    page.get_by_role("button", name="Set it up").click()
    expect(page.get_by_role("heading", name="Set up your authenticator")).to_be_focused()
    check(page)
    part(page).get_by_label("Code").fill("000000")
    page.get_by_role("button", name="Switch it on").click()
    expect(part(page).get_by_label("Code")).to_have_accessible_description(re.compile("wrong, or was used"))
    part(page).get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("button", name="Set it up")).to_be_visible()
