// The peer of bin/bench on Express and node-mysql, two processes on one socket:
//
//     node app.js SOCKET
//
// The calls that the product is asked for most, with the same checks and the same SQL. The database
// and the secret are read from PEER_… (peers.py).
'use strict';

const cluster = require('node:cluster');
const crypto = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');
const express = require('express');
const mysql = require('mysql');
const order = require('./order');
const { present } = require('./video');

const sql = (name) => fs.readFileSync(path.join(__dirname, '..', 'sql', `${name}.sql`), 'utf8');
const [SESSION, STATUS, LIST, CATALOG] = ['session', 'status', 'list', 'catalog'].map(sql);
const NOTE_USE = `UPDATE sessions SET last_used_at = UTC_TIMESTAMP(6)
  WHERE id_hash = ? AND last_used_at < UTC_TIMESTAMP(6) - INTERVAL 5 MINUTE`;
const secret = process.env.PEER_SECRET;
const header = Buffer.from('{"alg":"HS256","typ":"JWT"}').toString('base64url');

const pool = mysql.createPool({
  socketPath: process.env.PEER_SOCKET,
  user: process.env.PEER_USER,
  password: process.env.PEER_PASSWORD,
  database: process.env.PEER_DATABASE,
  charset: 'utf8mb4',
  connectionLimit: 8,
  timezone: 'Z',
  dateStrings: true,
});
pool.on('connection', (connection) => connection.query(order.settings));

const query = (text, values) => new Promise((resolve, reject) => {
  pool.query(text, values, (error, rows) => (error ? reject(error) : resolve(rows)));
});

// The claims of a token of ours that is good still; undefined otherwise.
function claims(authorization) {
  const [scheme, token] = (authorization || '').split(' ');
  const parts = (token || '').split('.');
  if (scheme !== 'Bearer' || parts.length !== 3 || parts[0] !== header) return undefined;
  const code = crypto.createHmac('sha256', secret).update(`${parts[0]}.${parts[1]}`).digest();
  const signature = Buffer.from(parts[2], 'base64url');
  if (signature.length !== code.length) return undefined;
  if (!crypto.timingSafeEqual(signature, code)) return undefined;
  const read = JSON.parse(Buffer.from(parts[1], 'base64url'));
  return read.exp > Date.now() / 1000 ? read : undefined;
}

// Who is signed in. The statement that reads the session may read more, by the `others` that it is
// given before the session's hash: all that it has read is request.row.
const signedIn = (statement, others = () => []) => async (request, response, next) => {
  try {
    const token = claims(request.get('Authorization'));
    const hash = token
      && crypto.createHash('sha256').update(Buffer.from(token.sid, 'base64url')).digest();
    const [row] = hash ? await query(statement, [...others(request), hash]) : [];
    if (!row || row.signed_in_id !== token.sub || !row.email_verified_at) {
      response.status(401).json({ error: { code: 'UNAUTHENTICATED' } });
      return;
    }
    if (row.is_stale) await query(NOTE_USE, [hash]);
    request.row = row;
    request.account = row.account_id;
    request.user = row.signed_in_id;
    next();
  } catch (error) {
    next(error);
  }
};

const app = express();
app.disable('x-powered-by');

app.get('/api/health/live', (request, response) => response.json({ status: 'live' }));

app.get(
  '/api/videos/:id/status',
  signedIn(STATUS, (request) => [request.params.id]),
  (request, response) => {
    if (request.row.id !== null) response.json(present(request.row));
    else response.status(404).json({ error: { code: 'NOT_FOUND' } });
  },
);

app.get('/api/videos', signedIn(SESSION), async (request, response, next) => {
  try {
    await query(CATALOG);
    const rows = await query(LIST, [request.account]);
    const shown = rows.slice(0, 20);
    const nextCursor = rows.length > 20 ? shown[19].id : null;
    response.json({ items: shown.map(present), nextCursor });
  } catch (error) {
    next(error);
  }
});

app.post(
  '/api/videos/generate',
  express.raw({ type: 'application/json', limit: '16kb' }),
  signedIn(SESSION),
  order.create(pool, CATALOG),
);

if (cluster.isPrimary) {
  cluster.fork();
  cluster.fork();
  process.on('SIGTERM', () => process.exit(0));
} else {
  app.listen(process.argv[2]);
}
