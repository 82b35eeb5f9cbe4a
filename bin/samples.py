#!/usr/bin/env python3
"""Draws the samples of the shop window and writes them into nginx/html/assets/media.

    .rushes/venv/bin/python bin/samples.py [NAME...]

Needs Chromium and Playwright (bin/setup test), and ffmpeg. The pictures are drawn by bin/lib/samples.js;
the files are kept in the repository, so this is run only when a scene has changed.
"""

import base64
import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

TOP = Path(__file__).resolve().parent.parent
MEDIA = TOP / "nginx/html/assets/media"
SECONDS, RATE = 5, 24
MOST_BYTES = 150_000


def ffmpeg(*arguments: str | Path, frames: bytes) -> None:
    """Runs ffmpeg on JPEG frames from standard input."""
    command = ["ffmpeg", "-loglevel", "error", "-y", "-f", "image2pipe", "-framerate", str(RATE), "-c:v", "mjpeg", "-i", "-"]
    subprocess.run([*command, *arguments], input=frames, check=True)


def encode(frames: list[bytes], path: Path) -> None:
    """The film at the best quality that is small enough."""
    for quality in range(25, 44, 3):
        settings = ["-c:v", "libx264", "-preset", "veryslow", "-crf", str(quality), "-pix_fmt", "yuv420p", "-an", "-map_metadata", "-1"]
        ffmpeg(*settings, "-movflags", "+faststart", path, frames=b"".join(frames))
        if path.stat().st_size <= MOST_BYTES:
            return
    raise SystemExit(f"{path.name} is larger than {MOST_BYTES} bytes at any quality")


def main(wanted: list[str]) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"))
        page = browser.new_page()
        page.add_script_tag(path=TOP / "bin/lib/samples.js")
        for name in wanted or page.evaluate("sceneNames"):
            shots = (page.evaluate("([name, seconds]) => frame(name, seconds)", [name, at / RATE]) for at in range(SECONDS * RATE))
            frames = [base64.b64decode(shot) for shot in shots]
            encode(frames, MEDIA / f"{name}.mp4")
            ffmpeg("-vf", "scale=480:-2", "-q:v", "7", "-frames:v", "1", "-update", "1", MEDIA / f"{name}.jpg", frames=frames[len(frames) // 3])
            print(name, (MEDIA / f"{name}.mp4").stat().st_size, (MEDIA / f"{name}.jpg").stat().st_size)
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1:])
