-- Fills a shop with accounts, credit and videos whose books are clean, for measures of what grows:
-- `rushes ledger verify` passes afterwards.
--
--     mariadb rushes < Tests/Benchmarks/fill.sql
--     mariadb rushes -e 'CALL fill_shop(100000, 20000, 200)'
--
-- adds 100,000 videos that have ended (eleven of twelve delivered) over the last 180 days, 20,000
-- that wait, and 200 at the vendor whose status is to be asked. Called again it adds as many once
-- more. The caller owns the database: the application's own account may not do this.
--
-- The first account of a call, `fill-N-0@example.org`, has 1,000 of its ended videos (all, where
-- there are fewer), spread over the whole time, however many there are of others: what its owner
-- looks at is to cost the same. The others, one for each 500 videos and ten more, share the rest. N
-- counts the calls from 0. Nobody can sign in: the hash of the password is none. Each account has
-- bought one package, and was given what its videos cost.
DELIMITER //
-- A UUIDv7 of this instant, the same for the same arguments.
CREATE OR REPLACE FUNCTION fill_id(at DATETIME(6), seed INT, kind CHAR(1), n BIGINT) RETURNS CHAR(36)
DETERMINISTIC
BEGIN
    DECLARE milliseconds CHAR(12) DEFAULT
        LPAD(LOWER(HEX(TIMESTAMPDIFF(MICROSECOND, '1970-01-01', at) DIV 1000)), 12, '0');
    RETURN CONCAT(LEFT(milliseconds, 8), '-', RIGHT(milliseconds, 4), '-7',
        LPAD(LOWER(HEX(seed)), 3, '0'), '-8', kind, '00-', LPAD(LOWER(HEX(n)), 12, '0'));
END//

CREATE OR REPLACE PROCEDURE fill_shop(IN jobs INT, IN queued INT, IN due INT)
MODIFIES SQL DATA
BEGIN
    DECLARE seed INT DEFAULT (SELECT COUNT(*) FROM users WHERE email LIKE 'fill-%-0@example.org');
    DECLARE others INT DEFAULT 10 + jobs DIV 500;
    DECLARE own INT DEFAULT LEAST(jobs, 1000);
    DECLARE at INT DEFAULT 0;
    SET SESSION foreign_key_checks = 0, unique_checks = 0;
    CALL fill_accounts(seed, others,
        10000000000 + 2270000 * CAST(own + jobs DIV others + 10 AS SIGNED)
            + 4650000 * CAST((queued + due) DIV others + 10 AS SIGNED));
    CREATE OR REPLACE TEMPORARY TABLE fill_jobs (
        id UUID NOT NULL PRIMARY KEY, number INT NOT NULL, n INT NOT NULL, j INT NOT NULL,
        tier VARCHAR(32) NOT NULL, price BIGINT NOT NULL, cost BIGINT NOT NULL,
        before_micros BIGINT NOT NULL, state VARCHAR(16) NOT NULL, created_at DATETIME(6) NOT NULL,
        ended_at DATETIME(6) NOT NULL, KEY idx_number (number));
    WHILE at < jobs DO
        CALL fill_ended(seed, at, LEAST(jobs, at + 20000), jobs DIV own, others, jobs);
        CALL fill_jobs(seed);
        CALL fill_sums(TRUE);
        SET at = at + 20000;
    END WHILE;
    SET at = 0;
    WHILE at < queued + due DO
        CALL fill_open(seed, at, LEAST(queued + due, at + 20000), queued, others);
        CALL fill_jobs(seed);
        CALL fill_sums(FALSE);
        SET at = at + 20000;
    END WHILE;
    CALL fill_balances();
    -- Entries were added that are older than the end of the chains.
    UPDATE schedules SET done_at = NULL WHERE name = 'chains';
    SET SESSION foreign_key_checks = 1, unique_checks = 1;
    DROP TEMPORARY TABLE fill_jobs;
    DROP TEMPORARY TABLE fill_accounts;
END//

-- Accounts with their users, what they bought and what they were given.
CREATE OR REPLACE PROCEDURE fill_accounts(IN seed INT, IN others INT, IN granted BIGINT)
MODIFIES SQL DATA
BEGIN
    DECLARE begun DATETIME(6) DEFAULT UTC_TIMESTAMP(6) - INTERVAL 181 DAY;
    CREATE OR REPLACE TEMPORARY TABLE fill_accounts (
        number INT NOT NULL PRIMARY KEY, account_id UUID NOT NULL, user_id UUID NOT NULL,
        lot_id UUID NOT NULL, paid_lot_id UUID NOT NULL, bonus_lot_id UUID NOT NULL,
        purchase_id UUID NOT NULL, opened_at DATETIME(6) NOT NULL, granted BIGINT NOT NULL,
        ended INT NOT NULL DEFAULT 0, placed INT NOT NULL DEFAULT 0,
        spent BIGINT NOT NULL DEFAULT 0, held BIGINT NOT NULL DEFAULT 0);
    INSERT INTO fill_accounts
    SELECT seq, fill_id(opened, seed, 'a', seq), fill_id(opened, seed, 'b', seq),
        fill_id(opened, seed, 'c', seq), fill_id(opened, seed, 'd', seq),
        fill_id(opened, seed, 'e', seq), fill_id(opened, seed, 'f', seq), opened, granted, 0, 0, 0, 0
    FROM (SELECT seq, begun + INTERVAL seq SECOND AS opened
          FROM seq_0_to_1000000 WHERE seq <= others) AS numbers;
    INSERT INTO users (id, email, password_hash, email_verified_at, created_at)
    SELECT user_id, CONCAT('fill-', seed, '-', number, '@example.org'), '!', opened_at, opened_at
    FROM fill_accounts;
    INSERT INTO accounts (id, created_at) SELECT account_id, opened_at FROM fill_accounts;
    INSERT INTO members (account_id, user_id, role, created_at)
    SELECT account_id, user_id, 'owner', opened_at FROM fill_accounts;
    INSERT INTO wallets (account_id, is_low) SELECT account_id, FALSE FROM fill_accounts;
    INSERT INTO purchases
        (id, account_id, user_id, package_id, catalog_version, price_micros, credits_micros,
         bonus_micros, state, is_live, session_id, payment_intent, created_at, paid_at, moved_at)
    SELECT purchase_id, account_id, user_id, 'enterprise', 1, 89990000, 100000000, 15000000, 'paid',
        FALSE, CONCAT('cs_', purchase_id), CONCAT('pi_', purchase_id), opened_at, opened_at,
        opened_at
    FROM fill_accounts;
    INSERT INTO vendor_events (provider, event_id, type, object_id, received_at, processed_at)
    SELECT 'stripe', CONCAT('evt_', purchase_id), 'checkout.session.completed',
        CONCAT('cs_', purchase_id), opened_at, opened_at
    FROM fill_accounts;
    -- What was given is spent first.
    INSERT INTO credit_lots
        (id, account_id, source, purchase_id, granted_micros, remaining_micros, created_at,
         original_expires_at, expires_at, moved_at)
    SELECT lot_id, account_id, 'grant', NULL, granted, granted, opened_at,
        UTC_TIMESTAMP(6) + INTERVAL 60 DAY, UTC_TIMESTAMP(6) + INTERVAL 60 DAY, opened_at
    FROM fill_accounts
    UNION ALL
    SELECT paid_lot_id, account_id, 'purchase', purchase_id, 100000000, 100000000, opened_at,
        UTC_TIMESTAMP(6) + INTERVAL 90 DAY, UTC_TIMESTAMP(6) + INTERVAL 90 DAY, opened_at
    FROM fill_accounts
    UNION ALL
    SELECT bonus_lot_id, account_id, 'bonus', purchase_id, 15000000, 15000000, opened_at,
        UTC_TIMESTAMP(6) + INTERVAL 90 DAY, UTC_TIMESTAMP(6) + INTERVAL 90 DAY, opened_at
    FROM fill_accounts;
    INSERT INTO ledger_entries
        (id, op_key, leg, kind, debit_account, credit_account, amount_micros, account_id, lot_id,
         purchase_id, created_at)
    SELECT fill_id(opened_at, seed, '5', number), CONCAT('grant:', lot_id), 0, 'grant', 'promotions',
        'available', granted, account_id, lot_id, NULL, opened_at
    FROM fill_accounts
    UNION ALL
    SELECT fill_id(opened_at, seed, '6', number), CONCAT('stripe:credit:pi_', purchase_id), 0,
        'credit', 'payments', 'available', 100000000, account_id, paid_lot_id, purchase_id, opened_at
    FROM fill_accounts
    UNION ALL
    SELECT fill_id(opened_at, seed, '7', number), CONCAT('stripe:bonus:pi_', purchase_id), 0, 'bonus',
        'promotions', 'available', 15000000, account_id, bonus_lot_id, purchase_id, opened_at
    FROM fill_accounts;
    INSERT INTO transactions
        (id, account_id, user_id, type, amount_micros, balance_after_micros, description, detail,
         op_key, purchase_id, created_at)
    SELECT fill_id(opened_at, seed, '5', number), account_id, user_id, 'grant', granted, granted,
        'Filled', '{"what":"granted","reason":"Filled"}', CONCAT('grant:', lot_id), NULL, opened_at
    FROM fill_accounts
    UNION ALL
    SELECT fill_id(opened_at, seed, '6', number), account_id, user_id, 'credit_purchase', 100000000,
        granted + 100000000, 'Bought', '{"what":"bought","package":"enterprise","credits":100,"price":89.99}',
        CONCAT('stripe:credit:pi_', purchase_id), purchase_id, opened_at
    FROM fill_accounts
    UNION ALL
    SELECT fill_id(opened_at, seed, '7', number), account_id, user_id, 'bonus', 15000000,
        granted + 115000000, 'Bonus', '{"what":"bonus","package":"enterprise"}',
        CONCAT('stripe:bonus:pi_', purchase_id), purchase_id, opened_at
    FROM fill_accounts;
    COMMIT;
END//

-- The ended videos `first` to `next` - 1 of `jobs`; each `every`th is the first account's.
CREATE OR REPLACE PROCEDURE fill_ended(
    IN seed INT, IN first INT, IN next INT, IN every INT, IN others INT, IN jobs INT)
MODIFIES SQL DATA
BEGIN
    DECLARE begun DATETIME(6) DEFAULT UTC_TIMESTAMP(6) - INTERVAL 180 DAY;
    DECLARE step BIGINT DEFAULT (180 * 86400 - 600) * 1000000 DIV jobs;
    TRUNCATE TABLE fill_jobs;
    INSERT INTO fill_jobs
    SELECT fill_id(created_at, seed, '0', n), number, n, j,
        ELT(j % 4 + 1, 'economy', 'basic', 'pro', 'premium'),
        ELT(j % 4 + 1, 1000000, 1550000, 1860000, 4650000),
        ELT(j % 4 + 1, 350000, 500000, 600000, 1500000),
        j DIV 4 * 9060000 + ELT(j % 4 + 1, 0, 1000000, 2550000, 4410000) - j DIV 12 * 4650000,
        IF(j % 12 = 11, 'refunded', 'delivered'), created_at, created_at + INTERVAL 90 SECOND
    FROM (
        SELECT n, number, created_at,
            placed + ROW_NUMBER() OVER (PARTITION BY number ORDER BY n) - 1 AS j
        FROM (
            SELECT n, begun + INTERVAL n * step MICROSECOND AS created_at,
                IF(n % every = 0 AND n DIV every < 1000, 0, 1 + n % others) AS number
            FROM (SELECT seq + first AS n FROM seq_0_to_19999) AS numbers
            WHERE n < next
        ) AS spread
        JOIN fill_accounts USING (number)
    ) AS placed;
END//

-- The open videos `first` to `next` - 1, of which the first `queued` wait.
CREATE OR REPLACE PROCEDURE fill_open(
    IN seed INT, IN first INT, IN next INT, IN queued INT, IN others INT)
MODIFIES SQL DATA
BEGIN
    TRUNCATE TABLE fill_jobs;
    INSERT INTO fill_jobs
    SELECT fill_id(created_at, seed, '1', n), number, n, j,
        ELT(j % 4 + 1, 'economy', 'basic', 'pro', 'premium'),
        ELT(j % 4 + 1, 1000000, 1550000, 1860000, 4650000),
        ELT(j % 4 + 1, 350000, 500000, 600000, 1500000),
        j DIV 4 * 9060000 + ELT(j % 4 + 1, 0, 1000000, 2550000, 4410000) - ended DIV 12 * 4650000,
        IF(n < queued, 'queued', 'submitted'), created_at, created_at
    FROM (
        SELECT n, number, created_at, ended,
            placed + ROW_NUMBER() OVER (PARTITION BY number ORDER BY n) - 1 AS j
        FROM (
            SELECT n, 1 + n % others AS number,
                UTC_TIMESTAMP(6) - INTERVAL 120 SECOND + INTERVAL n * 1000 MICROSECOND AS created_at
            FROM (SELECT seq + first AS n FROM seq_0_to_19999) AS numbers
            WHERE n < next
        ) AS spread
        JOIN fill_accounts USING (number)
    ) AS placed;
END//

-- The videos of one chunk, with their calls, attempts, entries and lines.
CREATE OR REPLACE PROCEDURE fill_jobs(IN seed INT)
MODIFIES SQL DATA
BEGIN
    INSERT INTO generate_calls (id, account_id, number, created_at)
    SELECT id, account_id, j + 1, created_at FROM fill_jobs JOIN fill_accounts USING (number);
    INSERT INTO video_jobs
        (id, account_id, user_id, generate_call_id, tier, catalog_version, state, failure_reason,
         prompt, input_image_url, duration_seconds, vendor_path, vendor_input, estimated_cost_micros,
         actual_cost_micros, user_charged_micros, callback_token, task_id, pollo_status, video_url,
         attempts, turn_at, next_attempt_at, deadline_at, file_bytes, file_sha256, file_milliseconds,
         file_width, file_height, has_poster, reconciled_at, created_at, state_at, submitted_at,
         completed_at, moved_at)
    SELECT id, account_id, user_id, id, tier, 1, state, IF(state = 'refunded', 'vendor_failed', NULL),
        CONCAT(
            ELT(n % 11 + 1, 'A red fox', 'An old lighthouse', 'Two dancers', 'A paper boat',
                'The night train', 'A snow leopard', 'A street market', 'A glass city',
                'Ein Fuchs', '一只红色的狐狸', '東京の夜の街'),
            ELT(n % 7 + 1, ' runs through fresh snow', ' at the edge of the sea', ' in slow motion',
                ' under a violet sky', ' seen from above', ' while rain falls', ' 在雪地里奔跑'),
            ', number ', n),
        IF(tier = 'premium', 'https://example.org/a.jpg', NULL), 5, 'kling-ai/kling-v1-6', '[]',
        cost, IF(state = 'delivered', cost, NULL), price, CONCAT('fill-', id),
        IF(state = 'queued', NULL, CONCAT('task-', id)),
        IF(state = 'delivered', 'succeed', NULL),
        IF(state = 'delivered', CONCAT('/', id, '.mp4'), NULL), IF(state = 'queued', 0, 1),
        created_at + INTERVAL IF(state = 'queued', 600 * (j - ended), 0) SECOND,
        UTC_TIMESTAMP(6) - INTERVAL 1 SECOND,
        IF(state IN ('queued', 'submitted'), UTC_TIMESTAMP(6) + INTERVAL 1 DAY, NULL),
        IF(state = 'delivered', 1000000, NULL),
        IF(state = 'delivered', REPEAT('ab', 32), NULL), IF(state = 'delivered', 5000, NULL),
        IF(state = 'delivered', 640, NULL), IF(state = 'delivered', 360, NULL), state = 'delivered',
        IF(state IN ('delivered', 'refunded'), ended_at, NULL), created_at, ended_at,
        IF(state = 'queued', NULL, created_at),
        IF(state IN ('delivered', 'refunded'), ended_at, NULL), ended_at
    FROM fill_jobs
    JOIN fill_accounts USING (number)
    ORDER BY id;
    INSERT INTO job_attempts (job_id, attempt, started_at, ended_at, outcome, detail)
    SELECT id, 1, created_at, created_at, 'submitted', CONCAT('task-', id)
    FROM fill_jobs
    WHERE state <> 'queued';
    INSERT INTO ledger_entries
        (id, op_key, leg, kind, debit_account, credit_account, amount_micros, account_id, lot_id,
         job_id, created_at)
    SELECT fill_id(created_at, seed, IF(state IN ('delivered', 'refunded'), '1', '3'), n),
        CONCAT('job:hold:', id), 0, 'hold', 'available', 'held', price, account_id, lot_id, id,
        created_at
    FROM fill_jobs
    JOIN fill_accounts USING (number);
    INSERT INTO ledger_entries
        (id, op_key, leg, kind, debit_account, credit_account, amount_micros, account_id, lot_id,
         job_id, created_at)
    SELECT fill_id(ended_at, seed, '2', n),
        CONCAT(IF(state = 'delivered', 'job:settle:', 'job:release:'), id), 0,
        IF(state = 'delivered', 'settle', 'release'), 'held',
        IF(state = 'delivered', 'revenue', 'available'), price, account_id, lot_id, id, ended_at
    FROM fill_jobs
    JOIN fill_accounts USING (number)
    WHERE state IN ('delivered', 'refunded');
    INSERT INTO transactions
        (id, account_id, user_id, type, amount_micros, balance_after_micros, description, detail,
         op_key, job_id, created_at)
    SELECT fill_id(created_at, seed, IF(state IN ('delivered', 'refunded'), '1', '3'), n),
        account_id, user_id, 'charge', -price, granted + 115000000 - before_micros - price,
        CONCAT('Video, ', tier, ', 5 s'), CONCAT('{"what":"video","tier":"', tier, '","seconds":5}'),
        CONCAT('job:hold:', id), id, created_at
    FROM fill_jobs
    JOIN fill_accounts USING (number);
    INSERT INTO transactions
        (id, account_id, user_id, type, amount_micros, balance_after_micros, description, detail,
         op_key, job_id, created_at)
    SELECT fill_id(ended_at, seed, '2', n), account_id, user_id, 'refund', price,
        granted + 115000000 - before_micros, 'Refund',
        '{"what":"returned","reason":"vendor_failed"}', CONCAT('job:release:', id), id, ended_at
    FROM fill_jobs
    JOIN fill_accounts USING (number)
    WHERE state = 'refunded';
END//

-- What the videos of one chunk have cost their accounts.
CREATE OR REPLACE PROCEDURE fill_sums(IN is_ended BOOLEAN)
MODIFIES SQL DATA
BEGIN
    UPDATE fill_accounts
    JOIN (
        SELECT number, COUNT(*) AS added, SUM(IF(state = 'delivered', price, 0)) AS settled,
            SUM(IF(state IN ('delivered', 'refunded'), 0, price)) AS waiting
        FROM fill_jobs
        GROUP BY number
    ) AS chunk USING (number)
    SET ended = ended + IF(is_ended, added, 0), placed = placed + added, spent = spent + settled,
        held = held + waiting;
    COMMIT;
END//

-- The lots and wallets as the videos have left them.
CREATE OR REPLACE PROCEDURE fill_balances()
MODIFIES SQL DATA
BEGIN
    UPDATE credit_lots
    JOIN fill_accounts ON fill_accounts.lot_id = credit_lots.id
    SET spent_micros = spent, held_micros = held, remaining_micros = granted_micros - spent - held,
        moved_at = opened_at;
    UPDATE wallets
    JOIN fill_accounts USING (account_id)
    SET available_micros = granted + 115000000 - spent - held, held_micros = held,
        moved_at = opened_at;
    COMMIT;
END//
DELIMITER ;
