"""The peer of bin/bench on FastAPI, uvicorn (uvloop, httptools, two workers) and asyncmy: the reads
that the product is asked for most, with the same checks and the same SQL. The database and the secret
are read from PEER_… (peers.py).

    uvicorn --uds SOCKET --workers 2 --loop uvloop --http httptools --no-access-log app:app
"""

import base64
import contextlib
import hashlib
import hmac
import json
import os
import time
from pathlib import Path
from typing import Annotated

import asyncmy
from asyncmy.cursors import DictCursor
from fastapi import Depends, FastAPI, Header, HTTPException
from fastapi.responses import JSONResponse

SQL = {
    name: (Path(__file__).parent.parent / f"sql/{name}.sql").read_text().replace("?", "%s")
    for name in ("session", "status", "list", "catalog")}
NOTE_USE = """UPDATE sessions SET last_used_at = UTC_TIMESTAMP(6)
    WHERE id_hash = %s AND last_used_at < UTC_TIMESTAMP(6) - INTERVAL 5 MINUTE"""
SECRET = os.environ["PEER_SECRET"].encode()
URL = os.environ["PEER_URL"]
STATUSES = {
    "queued": ("pending", "queued"), "submitting": ("processing", "submitting"),
    "submit_unknown": ("processing", "checking"), "submitted": ("processing", "rendering"),
    "storing": ("processing", "saving"), "delivered": ("completed", None)}
FAILURES = {
    "vendor_failed":
        ("The video service could not make this video. Nothing was charged.", "retry")}


@contextlib.asynccontextmanager
async def lifespan(app: FastAPI):
    app.state.pool = await asyncmy.create_pool(
        unix_socket=os.environ["PEER_SOCKET"], user=os.environ["PEER_USER"],
        password=os.environ["PEER_PASSWORD"], db=os.environ["PEER_DATABASE"], charset="utf8mb4",
        autocommit=True, minsize=8, maxsize=8)
    yield
    app.state.pool.close()
    await app.state.pool.wait_closed()


app = FastAPI(lifespan=lifespan)


async def rows(name: str, *values: object) -> list[dict]:
    async with app.state.pool.acquire() as connection, connection.cursor(DictCursor) as cursor:
        await cursor.execute(SQL.get(name, name), values)
        return await cursor.fetchall()


def decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def claims(authorization: str) -> dict | None:
    """Of a token of ours that is good still."""
    scheme, _, token = authorization.partition(" ")
    parts = token.split(".")
    if scheme != "Bearer" or len(parts) != 3 or decode(parts[0]) != b'{"alg":"HS256","typ":"JWT"}':
        return None
    code = hmac.digest(SECRET, f"{parts[0]}.{parts[1]}".encode(), "sha256")
    if not hmac.compare_digest(code, decode(parts[2])):
        return None
    read = json.loads(decode(parts[1]))
    return read if read["exp"] > time.time() else None


async def signed_in(authorization: str, name: str, *others: object) -> dict:
    """Who is signed in, and what else the statement reads by the values before the session's hash."""
    token = claims(authorization)
    digest = hashlib.sha256(decode(token["sid"])).digest() if token else b""
    found = await rows(name, *others, digest) if token else []
    if not found or found[0]["signed_in_id"] != token["sub"] or not found[0]["email_verified_at"]:
        raise HTTPException(401)
    if found[0]["is_stale"]:
        await rows(NOTE_USE, digest)
    return found[0]


async def session(authorization: Annotated[str, Header()] = "") -> dict:
    return await signed_in(authorization, "session")


async def session_and_video(job: str, authorization: Annotated[str, Header()] = "") -> dict:
    return await signed_in(authorization, "status", job)


def dollars(micros: int) -> int | float:
    return micros / 1_000_000 if micros % 1_000_000 else micros // 1_000_000


def instant(at) -> str | None:
    return at and f"{at.isoformat(timespec='milliseconds')}Z"


def present(row: dict) -> dict:
    """A video as its owner sees it, from its row."""
    reason, is_refunded = row["failure_reason"], row["state"] == "refunded"
    status, detail = (
        ("canceled" if reason == "canceled" else "failed", reason) if is_refunded
        else STATUSES[row["state"]])
    address = f"{URL}/api/videos/{row['id']}"
    video = {
        "jobId": row["id"], "taskId": row["task_id"], "tier": row["tier"], "status": status,
        "statusDetail": detail, "title": row["title"], "favorite": bool(row["is_favorite"]),
        "prompt": row["prompt"], "negativePrompt": row["negative_prompt"],
        "image": row["input_image_url"], "imageTail": row["image_tail_url"],
        "duration": row["duration_seconds"], "aspectRatio": row["aspect_ratio"],
        "resolution": row["resolution"], "mode": row["mode"], "strength": row["strength"],
        "seed": row["seed"], "estimatedCost": dollars(row["user_charged_micros"]),
        "userCharged": 0 if is_refunded else dollars(row["user_charged_micros"]),
        "videoUrl": None if row["file_bytes"] is None else f"{address}/file",
        "posterUrl": f"{address}/poster" if row["has_poster"] else None,
    }
    if row["jobs_ahead"] is not None:
        video["position"] = row["jobs_ahead"] + 1
    if row["undo_until"] is not None:
        video["undoUntil"] = instant(row["undo_until"])
    if is_refunded and reason != "canceled":
        message, action = FAILURES[reason]
        video["error"] = {
            "code": "GENERATION_FAILED", "message": message, "action": action, "refund": True,
            "reason": reason}
    video["createdAt"] = instant(row["created_at"])
    video["completedAt"] = instant(row["completed_at"])
    return video


@app.get("/api/health/live")
async def live() -> JSONResponse:
    return JSONResponse({"status": "live"})


@app.get("/api/videos/{job}/status")
async def show(row: Annotated[dict, Depends(session_and_video)]) -> JSONResponse:
    if row["id"] is None:
        raise HTTPException(404)
    return JSONResponse(present(row))


@app.get("/api/videos")
async def index(owner: Annotated[dict, Depends(session)]) -> JSONResponse:
    await rows("catalog")
    found = await rows("list", owner["account_id"])
    shown = found[:20]
    return JSONResponse({
        "items": [present(row) for row in shown],
        "nextCursor": shown[19]["id"] if len(found) > 20 else None})
