// An order: what `POST /api/videos/generate` does, by the same SQL, from START TRANSACTION to
// COMMIT. write.py proves from the server's general log that the statements are the product's;
// charge.c has the same ones in a bare loop.
'use strict';

const crypto = require('node:crypto');
const { dollars } = require('./video');

const MODES = [
  'STRICT_ALL_TABLES', 'STRICT_TRANS_TABLES', 'NO_ZERO_DATE', 'NO_ZERO_IN_DATE',
  'ERROR_FOR_DIVISION_BY_ZERO', 'NO_ENGINE_SUBSTITUTION',
];

exports.settings = `SET SESSION time_zone = '+00:00', sql_mode = '${MODES}',
  tx_isolation = 'READ-COMMITTED', autocommit = 1, innodb_snapshot_isolation = 1,
  innodb_lock_wait_timeout = 5, lock_wait_timeout = 5, idle_transaction_timeout = 10`;

const WALLET = `SELECT available_micros, held_micros, frozen_micros, shortfall_micros,
    UTC_TIMESTAMP(6) AS now
  FROM wallets
  WHERE account_id = ?
  FOR UPDATE`;
const LOTS = `SELECT id, source, remaining_micros, expiries, expires_at <= UTC_TIMESTAMP(6) AS is_over
  FROM credit_lots FORCE INDEX (idx_spend_order)
  WHERE account_id = ? AND remaining_micros > 0 AND frozen_at IS NULL
  ORDER BY expires_at, is_bought, id
  FOR UPDATE`;
const INTAKE = 'CALL order_intake(?, ?, ?, ?)';
const ADD_CALL = `INSERT INTO generate_calls (id, account_id, number, created_at)
  VALUES (?, ?, ?, UTC_TIMESTAMP(6))`;
const ADD_JOB = `INSERT INTO video_jobs
    (id, account_id, user_id, generate_call_id, tier, catalog_version, state, prompt,
    negative_prompt, input_image_url, image_tail_url, duration_seconds, aspect_ratio,
    resolution, mode, strength, seed, webhook_url, vendor_path, vendor_input,
    estimated_cost_micros, user_charged_micros, callback_token, turn_at,
    undo_until, next_attempt_at, deadline_at, created_at, state_at)
  VALUES (?, ?, ?, ?, ?, ?, 'queued', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,
    CAST(? AS DATETIME(6)) + INTERVAL ? SECOND, IF(? > 0,
    UTC_TIMESTAMP(6) + INTERVAL ? SECOND, NULL), UTC_TIMESTAMP(6) + INTERVAL ? SECOND,
    UTC_TIMESTAMP(6) + INTERVAL ? MICROSECOND, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6))`;
const HOLD = `CALL move_credit(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,
    ?, ?, ?, ?, ?, ?)`;
const STORE_ANSWER = `INSERT INTO idempotency_keys
    (account_id, client_key, request_hash, status_code, answer, created_at)
  VALUES (?, ?, ?, ?, ?, UTC_TIMESTAMP(6))`;

const TURN_SECONDS = 600;
const QUEUE_DEADLINE = 3600e6;
const LOW_BALANCE = 5e6;
// What the catalog has of the tiers that are ordered here.
const TIERS = {
  economy: {
    name: 'Economy', path: 'kling-ai/kling-v1-6', cost: 70000, price: 200000, durations: [5, 10],
  },
};

// A UUIDv7.
function newID() {
  const bytes = crypto.randomBytes(16);
  bytes.writeUIntBE(Date.now(), 0, 6);
  bytes[6] = (bytes[6] & 0x0f) | 0x70;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)]
    .join('-');
}

// The fields of an order; undefined when one of them is wrong.
function read(body) {
  try {
    const { tier, duration, prompt, ...rest } = JSON.parse(body);
    const length = [...prompt].length;
    const isRight = Object.hasOwn(TIERS, tier) && TIERS[tier].durations.includes(duration)
      && length >= 10 && length <= 1000 && Object.keys(rest).length === 0;
    return isRight ? { tier, duration, prompt, ...TIERS[tier] } : undefined;
  } catch {
    return undefined;
  }
}

class Refused extends Error {
  constructor(status, code) {
    super(code);
    this.status = status;
  }
}

const once = (connection, text, values) => new Promise((resolve, reject) => {
  connection.query(text, values, (error, result) => (error ? reject(error) : resolve(result)));
});

async function one(connection, text, values) {
  const result = await once(connection, text, values);
  if (result.affectedRows !== 1) throw new Error(`another number of rows: ${text}`);
}

// The first lot that pays it all. More than one lot is nothing that the bench orders from.
function lotFor(price, lots) {
  const [lot] = lots;
  if (!lot || lot.is_over || lot.remaining_micros < price) throw new Refused(402, 'PAYMENT');
  return lot.id;
}

// Adds the call and the job, queued at its account's turn.
async function addJob(connection, ids, order, { intake, catalog }) {
  const { account, user, call, job } = ids;
  await one(connection, ADD_CALL, [call, account, intake.last_call + 1]);
  const input = JSON.stringify([['prompt', order.prompt], ['length', order.duration]]);
  await one(connection, ADD_JOB, [
    job, account, user, call, order.tier, catalog, order.prompt, null, null, null, order.duration,
    null, null, null, null, null, null, order.path, input, order.cost * order.duration,
    order.price * order.duration, crypto.randomBytes(24).toString('base64url'), intake.turn_at, 0,
    0, 0, 0, QUEUE_DEADLINE,
  ]);
}

// Moves the price from available to held, in the lot, the wallet, the ledger and the history.
async function hold(connection, ids, order, { lot, wallet }) {
  const { account, user, job } = ids;
  const price = order.price * order.duration;
  const detail = JSON.stringify({ what: 'video', tier: order.tier, seconds: order.duration });
  const result = await once(connection, HOLD, [
    account, lot, -price, price, 0, 0, 0, 0, null, -price, price, 0, 0, LOW_BALANCE, newID(),
    `job:hold:${job}`, 0, 'hold', 'available', 'held', price, job, null, newID(), user, 'charge',
    wallet.available_micros - price, `${order.name} video, ${order.duration} s`, detail,
  ]);
  // It gives a row where the books are wrong.
  if (Array.isArray(result)) throw new Error(`the books disagree: ${result[0][0].disagrees}`);
}

async function charge(connection, request, order, hash, key, catalog) {
  const ids = { account: request.account, user: request.user, call: newID(), job: newID() };
  const { account, job } = ids;
  const price = order.price * order.duration;
  const [wallet] = await once(connection, WALLET, [account]);
  const lots = await once(connection, LOTS, [account]);
  const [[intake]] = await once(connection, INTAKE, [ids.call, account, key, TURN_SECONDS]);
  if (intake.answer !== null && !intake.is_over) {
    if (!intake.request_hash.equals(hash)) throw new Refused(409, 'CONFLICT');
    return { status: intake.status_code, answer: intake.answer };
  }
  if (intake.is_accepted || intake.is_stopped || intake.is_held) throw new Refused(503, 'HELD');
  if (wallet.available_micros < price || wallet.shortfall_micros > 0) {
    throw new Refused(402, 'PAYMENT');
  }
  const lot = lotFor(price, lots);
  await addJob(connection, ids, order, { intake, catalog });
  await hold(connection, ids, order, { lot, wallet });
  const answer = JSON.stringify({
    jobId: job, taskId: null, status: 'pending', tier: order.tier, estimatedCost: dollars(price),
    estimatedTime: 120, balance: dollars(wallet.available_micros - price),
    position: intake.jobs_ahead + 1,
  });
  await one(connection, STORE_ANSWER, [account, key, hash, 202, answer]);
  return { status: 202, answer };
}

const connect = (pool) => new Promise((resolve, reject) => {
  pool.getConnection((error, connection) => (error ? reject(error) : resolve(connection)));
});

// Runs `act` in a transaction, and anew when the server asks for it.
async function transaction(pool, act) {
  const connection = await connect(pool);
  try {
    for (let tries = 0; ; tries += 1) {
      try {
        await once(connection, 'START TRANSACTION');
        const result = await act(connection);
        await once(connection, 'COMMIT');
        return result;
      } catch (error) {
        await once(connection, 'ROLLBACK');
        if (![1213, 1205, 1020].includes(error.errno) || tries === 4) throw error;
      }
    }
  } finally {
    connection.release();
  }
}

exports.create = (pool, catalog) => async (request, response, next) => {
  try {
    const key = request.get('Idempotency-Key');
    const order = read(request.body);
    if (!order || !/^[\x21-\x7e]{1,255}$/.test(key || '')) throw new Refused(400, 'INVALID_INPUT');
    const hash = crypto.createHash('sha256')
      .update(`${request.method} ${request.path}\n`).update(request.body).digest();
    const [{ version }] = await once(pool, catalog);
    const result = await transaction(
      pool, (connection) => charge(connection, request, order, hash, key, version));
    response.status(result.status).type('json').send(result.answer);
  } catch (error) {
    if (!(error instanceof Refused)) next(error);
    else response.status(error.status).json({ error: { code: error.message } });
  }
};
