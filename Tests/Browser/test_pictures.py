"""Pictures of the create page: chosen, dropped, pasted, used again, taken away."""

import re
import sys
from pathlib import Path

import pytest
from pages import card, choose, create_button, write_prompt
from playwright.sync_api import expect

sys.path.insert(0, str(Path(__file__).parent.parent / "Support"))
from hostile_pictures import picture  # noqa: E402

OWN = re.compile(r"^https://[^/]+/pictures/[0-9a-f]{32}\.jpg$")
# Gives a file to an element in an event, as a drop or a paste does.
GIVE = """(element, { kind, bytes, name, type }) => {
    const data = new DataTransfer();
    data.items.add(new File([new Uint8Array(bytes)], name, { type }));
    element.dispatchEvent(
        kind === "drop"
            ? new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true })
            : new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }),
    );
}"""


def as_file(data, name="phone.jpg", kind="image/jpeg"):
    return {"name": name, "mimeType": kind, "buffer": data}


@pytest.fixture
def form(open_as, spender):
    page = open_as(spender)
    page.goto("/create")
    choose(page, "premium", 5)
    return page


def test_a_photo_becomes_a_video(form):
    form.locator("#image-file").set_input_files(as_file(picture("jpg", 900, 700)))
    expect(form.locator("#image")).to_have_value(OWN)
    expect(form.get_by_text("Ready: 900 × 700")).to_be_visible()
    preview = form.locator("[data-picture=image] [data-preview]")
    expect(preview).to_have_js_property("complete", True)
    assert preview.evaluate("(image) => image.naturalWidth") > 0
    prompt = write_prompt(form, "A boat leaves the harbour")
    create_button(form).click()
    expect(card(form, prompt)).to_have_attribute("data-status", "completed", timeout=60_000)


@pytest.mark.parametrize("kind", ["drop", "paste"])
def test_a_picture_is_dropped_and_pasted(form, kind):
    data = list(picture("png", 640, 500))
    place = form.locator("[data-picture=image] [data-drop]")
    place.evaluate(GIVE, {"kind": kind, "bytes": data, "name": "a.png", "type": "image/png"})
    expect(form.locator("#image")).to_have_value(OWN)
    form.get_by_role("button", name="Remove").first.click()
    expect(form.locator("#image")).to_have_value("")
    expect(form.locator("[data-picture=image] [data-shown]")).to_be_hidden()
    # It was kept, and is offered again.
    form.locator("[data-picture=image]").get_by_role("button", name="Use again").click()
    form.get_by_role("button", name="Use the picture of 640 × 500 again").first.click()
    expect(form.locator("#image")).to_have_value(OWN)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"<svg/>", "This is no picture that we can read."),
        (picture("jpg", 200, 200), "This picture is too small."),
        (picture("jpg", 1300, 310), "This picture is too long and narrow."),
        (picture("jpg") + bytes(11 << 20), "This picture is larger than 10 MB."),
        (b"\xff\xd8\xff" + bytes(500), "This picture is damaged."),
    ],
)
def test_what_cannot_be_used_is_said_before_it_is_sent(form, data, words):
    sent = []
    form.on("request", lambda request: sent.append(request.url))
    form.locator("#image-file").set_input_files(as_file(data))
    expect(form.locator("#image-error")).to_contain_text(words)
    assert not [url for url in sent if url.endswith("/api/uploads")]


@pytest.mark.refusals(400)
def test_what_the_server_refuses_is_said_beside_the_field(form):
    # No browser here shows HEIC, so the server is the first to judge it.
    form.locator("#image-file").set_input_files(
        as_file(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(200), "a.heic", "image/heic")
    )
    expect(form.locator("#image-error")).to_contain_text("damaged")
    form.locator("#image-file").set_input_files(as_file(picture("heic", 640, 480), "a.heic", "image/heic"))
    expect(form.locator("#image")).to_have_value(OWN)
    expect(form.locator("#image-error")).to_have_count(0)
    # An address that leads nowhere.
    form.locator("#image").fill("https://rushes.pictures.example.com/a.jpg")
    form.locator("#image").blur()
    expect(form.locator("#image-error")).to_contain_text("No picture could be fetched")
