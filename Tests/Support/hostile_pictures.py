#!/usr/bin/env python3
"""Writes files that somebody could send as a picture to do harm, about sixty, into a folder.

    hostile_pictures.py FOLDER

The name of each says what has to become of it: refused-… is refused; clean-… is a picture with
something hidden in it, of which nothing may be left (each holds the word in MARK).
"""

import io
import os
import struct
import subprocess
import sys
import tempfile
import zipfile
import zlib

MARK = b"<script>alert('rushes')</script>"
BIG = 12_000_000


def vips(*arguments):
    subprocess.run(["vips", *map(str, arguments)], check=True, capture_output=True)


def picture(ending, width=600, height=400, options=""):
    """The bytes of a black picture, or of one that `options` of vips's writer change."""
    with tempfile.TemporaryDirectory() as folder:
        vips("black", f"{folder}/a.v", width, height, "--bands", 3)
        vips("copy", f"{folder}/a.v", f"{folder}/b.{ending}[{options}]")
        with open(f"{folder}/b.{ending}", "rb") as file:
            return file.read()


# PNG


def chunk(kind, data, crc=None):
    crc = zlib.crc32(kind + data) if crc is None else crc
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", crc)


def png(width, height, data=b"", before=b"", depth=8, color=2, interlace=0):
    head = struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, interlace)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + before + chunk(b"IDAT", data) + chunk(b"IEND", b"")
    )


def rows(width, height, band=3):
    return zlib.compress(b"\0" * ((width * band + 1) * height), 9)


# JPEG


def segment(marker, data):
    return b"\xff" + bytes([marker]) + struct.pack(">H", len(data) + 2) + data


def with_segment(jpeg, marker, data):
    return jpeg[:2] + segment(marker, data) + jpeg[2:]


def with_size(jpeg, width, height):
    """The same with other numbers in the head of its frame."""
    for marker in (b"\xff\xc0", b"\xff\xc2"):
        place = jpeg.find(marker)
        if place > 0:
            return jpeg[: place + 5] + struct.pack(">HH", height, width) + jpeg[place + 9 :]
    raise ValueError("no frame")


def many_scans(jpeg, count):
    """A progressive picture whose last scan comes again and again: each costs a whole pass."""
    end = jpeg.rfind(b"\xff\xd9")
    scan = jpeg.rfind(b"\xff\xda", 0, end)
    return jpeg[:end] + jpeg[scan:end] * count + jpeg[end:]


def exif(text):
    """An EXIF block with the text as its description, and the orientation 6."""
    text += b"\0"
    entries = struct.pack("<HHII", 0x010E, 2, len(text), 38) + struct.pack("<HHIHH", 0x0112, 3, 1, 6, 0)
    return b"Exif\0\0II*\0\x08\0\0\0" + struct.pack("<H", 2) + entries + struct.pack("<I", 0) + text


# HEIC


def box(kind, data):
    return struct.pack(">I", len(data) + 8) + kind + data


def with_heic_size(heic, width, height):
    place = heic.find(b"ispe")
    return heic[: place + 8] + struct.pack(">II", width, height) + heic[place + 16 :]


def archive():
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as file:
        file.writestr("index.html", MARK)
    return data.getvalue()


def wrong_kinds():
    gif = (
        b"GIF89a\x58\x02\x90\x01\x80\0\0\0\0\0\xff\xff\xff!\xf9\x04\0\0\0\0\0"
        b",\0\0\0\0\x58\x02\x90\x01\0\x02\x02D\x01\0;"
    )
    return {
        "empty": b"",
        "one-byte": b"\xff",
        "text": b"a picture of a boat\n",
        "html": b"<!doctype html>" + MARK,
        "svg": b"<svg xmlns='http://www.w3.org/2000/svg' width='600' height='400'>" + MARK + b"</svg>",
        "svg-entity": b'<?xml version="1.0"?><!DOCTYPE s [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
        b"<svg xmlns='http://www.w3.org/2000/svg' width='600' height='400'><text>&x;</text></svg>",
        "svg-laughs": b'<?xml version="1.0"?><!DOCTYPE s [<!ENTITY a "ha">'
        + b"".join(b'<!ENTITY %c "%s">' % (c, b"&%c;" % (c - 1) * 10) for c in b"bcdefghi")
        + b"]><svg>&i;</svg>",
        "mvg": b"push graphic-context\nviewbox 0 0 640 480\nfill 'url(https://x/\"|id\")'\npop graphic-context",
        "msl": b'<?xml version="1.0"?><image><read filename="/etc/passwd"/></image>',
        "php": b"<?php system($_GET['c']); ?>",
        "gif": gif,
        "gif-js": b"GIF89a/*" + b"\0" * 20 + b"*/=1;alert(1)",
        "bmp": b"BM" + struct.pack("<IIIIiiHHIIiiII", 54, 0, 54, 40, 600, 400, 1, 24, 0, 0, 0, 0, 0, 0),
        "tiff": picture("tif"),
        "avif": box(b"ftyp", b"avif\0\0\0\0avifmif1miaf") + b"\0" * 500,
        "jxl": b"\xff\x0a" + b"\0" * 100,
        "jp2": b"\0\0\0\x0cjP  \r\n\x87\n" + b"\0" * 100,
        "pdf": b"%PDF-1.7\n1 0 obj<</OpenAction<</S/JavaScript/JS(app.alert(1))>>>>endobj",
        "postscript": b"%!PS\n(%pipe%id) (r) file\n",
        "zip": archive(),
        "elf": b"\x7fELF" + b"\0" * 200,
        "mp4": box(b"ftyp", b"isom\0\0\0\0isommp41") + box(b"mdat", b"\0" * 500),
        "vips": b"\xb6\xa6\xf2\x08" + b"\0" * 200,
        "psd": b"8BPS\0\x01" + b"\0" * 100,
        "bom-jpeg": b"\xef\xbb\xbf" + picture("jpg"),
    }


def pngs():
    whole = picture("png")
    text = zlib.compress(b"A" * (100 << 20), 9)
    return {
        "png-magic-html": b"\x89PNG\r\n\x1a\n" + MARK,
        "png-zero": png(0, 400),
        "png-2-31": png(0x7FFFFFFF, 0x7FFFFFFF, rows(600, 400)),
        "png-16000-square": png(16_000, 16_000, rows(16_000, 10)),
        "png-16000-wide": png(16_000, 4_100, rows(16_000, 10)),
        "png-65535": png(65_535, 65_535, zlib.compress(b"\0" * (50 << 20), 9)),
        "png-no-rows": png(600, 400),
        "png-few-rows": png(5000, 5000, rows(5000, 10)),
        "png-cut": whole[: len(whole) // 2],
        "png-bad-zlib": png(600, 400, b"\x78\x9c" + os.urandom(2000)),
        "png-interlaced-bomb": png(
            7000, 7000, zlib.compress(b"\0" * 150_000_000, 9), depth=16, color=6, interlace=1
        ),
        "png-16-bit-bomb": png(7000, 7000, zlib.compress(b"\0" * 10_000_000, 9), depth=16, color=6),
        "png-two-heads": whole[:33] + whole[8:33] + whole[33:],
        "png-odd-depth": png(600, 400, rows(600, 400), depth=7),
        "png-palette-missing": png(600, 400, zlib.compress(b"\1" * (601 * 400)), color=3),
        "png-one-wide": png(1, 50_000, rows(1, 50_000)),
        "png-thin": png(1300, 310, rows(1300, 310)),
        "png-small": png(299, 299, rows(299, 299)),
        "png-profile-bomb": png(
            600, 400, b"\x78\x9c" + b"\0" * 50, before=chunk(b"iCCP", b"x\0\0" + text)
        ),
    }


def jpegs():
    whole = picture("jpg")
    slow = picture("jpg", 7000, 7000, "interlace")
    return {
        "jpeg-magic-only": b"\xff\xd8\xff",
        "jpeg-magic-php": b"\xff\xd8\xff\xe0<?php system('id'); ?>",
        "jpeg-cut": whole[: len(whole) * 2 // 3],
        "jpeg-head-only": whole[: whole.find(b"\xff\xda")],
        "jpeg-no-size": with_size(whole, 600, 0),
        "jpeg-65500": with_size(whole, 65_500, 65_500),
        "jpeg-16000": with_size(whole, 16_000, 16_000),
        "jpeg-lies-8000": with_size(whole, 7_000, 7_000),
        "jpeg-two-frames": whole[: whole.find(b"\xff\xda")]
        + whole[whole.find(b"\xff\xc0") : whole.find(b"\xff\xda")]
        + whole[whole.find(b"\xff\xda") :],
        "jpeg-endless-segments": b"\xff\xd8" + segment(0xFE, b"") * 200_000,
        "jpeg-fill-bytes": b"\xff\xd8" + b"\xff" * 200_000,
        "jpeg-many-scans": many_scans(slow, 400),
        "jpeg-12-bit": whole.replace(b"\xff\xc0\x00\x11\x08", b"\xff\xc1\x00\x11\x0c", 1),
        "jpeg-small": picture("jpg", 299, 900),
        "jpeg-narrow": picture("jpg", 300, 1201),
    }


def others():
    webp = picture("webp")
    heic = picture("heic")
    extended = b"WEBPVP8X\x0a\0\0\0\0\0\0\0" + b"\xff\xff\xff" * 2
    return {
        "webp-riff-only": b"RIFF\x04\0\0\0WEBP",
        "webp-16384": b"RIFF" + struct.pack("<I", len(extended)) + extended + webp[12:],
        "webp-cut": webp[: len(webp) // 2],
        "webp-noise": webp[:30] + os.urandom(3000),
        "heic-brand-only": box(b"ftyp", b"heic\0\0\0\0mif1heic"),
        "heic-cut": heic[: len(heic) - 40],
        "heic-16000": with_heic_size(heic, 16_000, 16_000),
        "heic-no-index": box(b"ftyp", b"heic\0\0\0\0mif1heic") + box(b"mdat", b"\0" * 1000),
        "heic-long-index": box(b"ftyp", b"heic\0\0\0\0mif1heic") + b"\x7f\xff\xff\xffmeta" + b"\0" * 1000,
        "heic-noise": heic[: heic.find(b"mdat") + 4] + os.urandom(len(heic)),
        "too-long": picture("jpg") + b"\0" * BIG,
    }


def cleaned():
    jpeg, whole = picture("jpg"), picture("png")
    return {
        "exif-script": with_segment(jpeg, 0xE1, exif(MARK)),
        "exif-php": with_segment(jpeg, 0xE1, exif(b"<?php ?>" + MARK)),
        "xmp-script": with_segment(jpeg, 0xE1, b"http://ns.adobe.com/xap/1.0/\0" + MARK),
        "comment-script": with_segment(jpeg, 0xFE, MARK),
        "comment-js": with_segment(jpeg, 0xFE, b"*/=alert(1);/*" + MARK),
        "jpeg-and-html": jpeg + MARK,
        "jpeg-and-zip": jpeg + archive() + MARK,
        "jpeg-and-jpeg": jpeg + with_segment(jpeg, 0xFE, MARK),
        "png-and-html": whole + MARK,
        "png-text": whole[:33] + chunk(b"tEXt", b"Comment\0" + MARK) + whole[33:],
        "png-xmp": whole[:33] + chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + MARK) + whole[33:],
    }


def hostile():
    """All of them: name to bytes."""
    files = {f"refused-{k}": v for part in (wrong_kinds, pngs, jpegs, others) for k, v in part().items()}
    return files | {f"clean-{k}": v for k, v in cleaned().items()}


def main():
    for name, data in hostile().items():
        with open(os.path.join(sys.argv[1], name), "wb") as file:
            file.write(data)


if __name__ == "__main__":
    main()
