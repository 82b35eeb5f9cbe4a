// The charge transaction without the product: exactly the SQL that one `POST /api/videos/generate`
// runs from START TRANSACTION to COMMIT, in its order, by prepared statements of libmariadb, in a
// bare loop. What `bin/bench write` holds the product against; write.py beside this file proves
// from the server's general log that the statements are the same.
//
//     gcc -O2 -o charge charge.c $(pkg-config --cflags --libs libmariadb) -lpthread
//     charge THREADS TRANSACTIONS USERS REQUEST_HASH
//
// Every thread has a session of its own and charges once to prepare its statements; then all of
// them together charge TRANSACTIONS times, each time one of the first USERS wallets at random.
// REQUEST_HASH is the SHA-256 that is stored with a key, in hexadecimal. The account is read from
// CHARGE_SOCKET, CHARGE_USER, CHARGE_PASSWORD and CHARGE_DATABASE. Prints
//
//     {"transactions": 5000, "seconds": 2.5, "retries": 0}

#define _GNU_SOURCE
#include <mysql.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

static const char *const settings =
    "SET SESSION time_zone = '+00:00', "
    "sql_mode = 'STRICT_ALL_TABLES,STRICT_TRANS_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,"
    "ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION', "
    "tx_isolation = 'READ-COMMITTED', autocommit = 1, innodb_snapshot_isolation = 1, "
    "innodb_lock_wait_timeout = 5, lock_wait_timeout = 5, idle_transaction_timeout = 10";

enum step {
    LOCK_WALLET, LOTS, INTAKE, ADD_CALL, ADD_JOB, HOLD, STORE_ANSWER, STEPS
};

static const char *const texts[STEPS] = {
    [LOCK_WALLET] =
        "SELECT available_micros, held_micros, frozen_micros, shortfall_micros, "
        "UTC_TIMESTAMP(6) AS now "
        "FROM wallets "
        "WHERE account_id = ? "
        "FOR UPDATE",
    [LOTS] =
        "SELECT id, source, remaining_micros, expiries, expires_at <= UTC_TIMESTAMP(6) AS is_over "
        "FROM credit_lots FORCE INDEX (idx_spend_order) "
        "WHERE account_id = ? AND remaining_micros > 0 AND frozen_at IS NULL "
        "ORDER BY expires_at, is_bought, id "
        "FOR UPDATE",
    [INTAKE] = "CALL order_intake(?, ?, ?, ?)",
    [ADD_CALL] =
        "INSERT INTO generate_calls (id, account_id, number, created_at) "
        "VALUES (?, ?, ?, UTC_TIMESTAMP(6))",
    [ADD_JOB] =
        "INSERT INTO video_jobs "
        "(id, account_id, user_id, generate_call_id, tier, catalog_version, state, prompt, "
        "negative_prompt, input_image_url, image_tail_url, duration_seconds, aspect_ratio, "
        "resolution, mode, strength, seed, webhook_url, vendor_path, vendor_input, "
        "estimated_cost_micros, user_charged_micros, callback_token, turn_at, "
        "undo_until, next_attempt_at, deadline_at, created_at, state_at) "
        "VALUES (?, ?, ?, ?, ?, "
        "?, 'queued', ?, ?, ?, "
        "?, ?, ?, "
        "?, ?, ?, ?, "
        "?, ?, ?, "
        "?, ?, ?, "
        "CAST(? AS DATETIME(6)) + INTERVAL ? SECOND, IF(? > 0, "
        "UTC_TIMESTAMP(6) + INTERVAL ? SECOND, NULL), "
        "UTC_TIMESTAMP(6) + INTERVAL ? SECOND, "
        "UTC_TIMESTAMP(6) + INTERVAL ? MICROSECOND, "
        "UTC_TIMESTAMP(6), UTC_TIMESTAMP(6))",
    [HOLD] =
        "CALL move_credit(?, ?, ?, ?, "
        "?, ?, ?, ?, "
        "?, ?, ?, ?, "
        "?, ?, ?, ?, "
        "?, ?, ?, ?, "
        "?, ?, ?, "
        "?, ?, ?, "
        "?, ?, "
        "?)",
    [STORE_ANSWER] =
        "INSERT INTO idempotency_keys "
        "(account_id, client_key, request_hash, status_code, answer, created_at) "
        "VALUES (?, ?, ?, ?, ?, "
        "UTC_TIMESTAMP(6))",
};

// The order, and what of the catalog is frozen on it.
static const char *const tier = "economy";
static const char *const prompt = "A red fox crossing fresh snow";
static const char *const vendor_path = "kling-ai/kling-v1-6";
static const char *const vendor_input =
    "[[\"prompt\",\"A red fox crossing fresh snow\"],[\"length\",5]]";
static const char *const description = "Economy video, 5 s";
static const char *const detail =
    "{\"what\":\"video\",\"tier\":\"economy\",\"seconds\":5}";
static const int64_t price = 1000000, cost = 350000, seconds = 5, low_balance = 5000000;
static const int64_t queue_deadline = 3600000000;
static const int64_t turn_seconds = 600;
static const int64_t estimated_seconds = 120, dollar = 1000000;

typedef char Text[64];

typedef union {
    int64_t number;
    MYSQL_TIME time;
    char text[512];
} Cell;

typedef struct {
    MYSQL *session;
    MYSQL_STMT *statements[STEPS];
    Cell cells[10];
    unsigned long lengths[10];
    my_bool is_null[10];
    uint64_t state;
    pthread_t thread;
} Worker;

static unsigned char request_hash[32];
static Text *accounts, *owners;
static uint64_t account_count;
static atomic_long left;
static atomic_int retries;
static pthread_barrier_t prepared;

static void stop(const char *what, const char *why)
{
    fprintf(stderr, "charge: %s: %s\n", what, why);
    exit(1);
}

// xorshift64*, seeded by the system for each thread.
static uint64_t next_random(Worker *worker)
{
    uint64_t word = worker->state;
    word ^= word >> 12;
    word ^= word << 25;
    word ^= word >> 27;
    worker->state = word;
    return word * 2685821657736338717u;
}

// A UUIDv7 with the fraction of the millisecond behind it, as the product makes them.
static void new_id(Worker *worker, Text id)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    uint64_t tick = (uint64_t)now.tv_sec * 4096000 + (uint64_t)now.tv_nsec * 4096 / 1000000;
    uint64_t high = (tick >> 12) << 16 | 0x7000 | (tick & 0xFFF);
    uint64_t low = (next_random(worker) >> 2) | 0x8000000000000000;
    snprintf(
        id, sizeof(Text), "%08x-%04x-%04x-%04x-%012llx", (unsigned)(high >> 32),
        (unsigned)(high >> 16) & 0xFFFF, (unsigned)high & 0xFFFF, (unsigned)(low >> 48),
        (unsigned long long)(low & 0xFFFFFFFFFFFF));
}

static void new_token(Worker *worker, Text token)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    for (int i = 0; i < 32; i++)
        token[i] = alphabet[next_random(worker) >> 58];
    token[32] = '\0';
}

// Whether the server asks for the whole transaction again; any other error ends the program.
static int is_retry(unsigned code, const char *what, const char *why)
{
    if (code != 1213 && code != 1020 && code != 1205)
        stop(what, why);
    return 1;
}

// Runs a statement that is prepared at its first use. `types` has a letter for each value that
// follows: t text, i int64_t, h the request hash, n NULL. `columns` has one for each column of the
// result, read into `cells`: t, i, d date. Returns the rows found or changed; -1: once more.
static long run(Worker *worker, enum step step, const char *columns, const char *types, ...)
{
    MYSQL_STMT *statement = worker->statements[step];
    if (statement == NULL) {
        statement = worker->statements[step] = mysql_stmt_init(worker->session);
        if (statement == NULL || mysql_stmt_prepare(statement, texts[step], strlen(texts[step])))
            stop(texts[step], mysql_error(worker->session));
    }

    MYSQL_BIND binds[32] = {0};
    int64_t numbers[32];
    va_list values;
    va_start(values, types);
    for (int i = 0; types[i] != '\0'; i++) {
        switch (types[i]) {
        case 't':
            binds[i].buffer_type = MYSQL_TYPE_STRING;
            binds[i].buffer = (void *)va_arg(values, const char *);
            binds[i].buffer_length = strlen(binds[i].buffer);
            break;
        case 'i':
            numbers[i] = va_arg(values, int64_t);
            binds[i].buffer_type = MYSQL_TYPE_LONGLONG;
            binds[i].buffer = &numbers[i];
            break;
        case 'h':
            binds[i].buffer_type = MYSQL_TYPE_BLOB;
            binds[i].buffer = request_hash;
            binds[i].buffer_length = sizeof request_hash;
            break;
        default:
            binds[i].buffer_type = MYSQL_TYPE_NULL;
        }
    }
    va_end(values);
    if (mysql_stmt_param_count(statement) != strlen(types))
        stop(texts[step], "another number of values");
    if (mysql_stmt_bind_param(statement, binds) || mysql_stmt_execute(statement)) {
        is_retry(mysql_stmt_errno(statement), texts[step], mysql_stmt_error(statement));
        return -1;
    }
    if (*columns == '\0')
        return (long)mysql_stmt_affected_rows(statement);

    MYSQL_BIND results[10] = {0};
    for (int i = 0; columns[i] != '\0'; i++) {
        results[i].buffer = &worker->cells[i];
        results[i].buffer_type = columns[i] == 'i' ? MYSQL_TYPE_LONGLONG
            : columns[i] == 'd' ? MYSQL_TYPE_DATETIME : MYSQL_TYPE_STRING;
        results[i].buffer_length = sizeof(Cell);
        results[i].length = &worker->lengths[i];
        results[i].is_null = &worker->is_null[i];
    }
    if (mysql_stmt_store_result(statement) || mysql_stmt_bind_result(statement, results))
        stop(texts[step], mysql_stmt_error(statement));
    long rows = (long)mysql_stmt_num_rows(statement);
    // The first row is the one that is used.
    if (rows > 0 && mysql_stmt_fetch(statement) == 1)
        stop(texts[step], mysql_stmt_error(statement));
    // A routine's own result comes after the one that is used.
    do
        mysql_stmt_free_result(statement);
    while (mysql_stmt_next_result(statement) == 0);
    return rows;
}

static int control(Worker *worker, const char *text)
{
    if (mysql_real_query(worker->session, text, strlen(text)) == 0)
        return 0;
    is_retry(mysql_errno(worker->session), text, mysql_error(worker->session));
    return -1;
}

// `is` many rows, or the whole transaction once more.
#define EXPECT(count, is) \
    do { \
        long rows = (count); \
        if (rows < 0) \
            return -1; \
        if (rows != (is)) \
            stop(#count, "another number of rows"); \
    } while (0)

static int try_charge(Worker *worker, const char *account, const char *user)
{
    Text call, job, entry, line, token, lot, turn;
    char key[128], operation[128], answer[512];
    new_id(worker, call);
    new_id(worker, job);
    new_token(worker, token);
    snprintf(key, sizeof key, "%s", call);
    snprintf(operation, sizeof operation, "job:hold:%s", job);
    Cell *cells = worker->cells;

    if (control(worker, "START TRANSACTION"))
        return -1;
    EXPECT(run(worker, LOCK_WALLET, "iiiid", "t", account), 1);
    int64_t available = cells[0].number;
    if (available < price || cells[3].number > 0)
        stop(account, "has too little");
    // The account has one lot, and it is not over.
    EXPECT(run(worker, LOTS, "ttiii", "t", account), 1);
    if (cells[2].number < price || cells[4].number)
        stop(account, "has too little in one lot, or credit that has lapsed");
    snprintf(lot, sizeof lot, "%.36s", cells[0].text);
    EXPECT(run(worker, INTAKE, "titiiiiiti", "ttti", call, account, key, turn_seconds), 1);
    if (!worker->is_null[0] || cells[4].number || cells[5].number || cells[6].number)
        stop("intake", "a key that was used, accepted before, or stopped");
    const int64_t number = cells[7].number + 1;
    snprintf(turn, sizeof turn, "%.26s", cells[8].text);
    const int64_t ahead = cells[9].number, none = 0;
    EXPECT(run(worker, ADD_CALL, "", "tti", call, account, number), 1);
    EXPECT(
        run(worker, ADD_JOB, "", "tttttitnnninnnnnnttiittiiiii", job, account, user, call, tier,
            (int64_t)1, prompt, seconds, vendor_path, vendor_input, cost, price, token, turn, none,
            none, none, none, queue_deadline),
        1);
    new_id(worker, entry);
    new_id(worker, line);
    // It gives a row where the books are wrong.
    if (run(
            worker, HOLD, "", "ttiiiiiin" "iiiii" "ttitttitn" "tttitt", account, lot, -price, price,
            none, none, none, none, -price, price, none, none, low_balance, entry, operation,
            (int64_t)0, "hold", "available", "held", price, job, line, user, "charge",
            available - price, description, detail)
        < 0)
        return -1;
    snprintf(
        answer, sizeof answer,
        "{\"jobId\":\"%s\",\"taskId\":null,\"status\":\"pending\",\"tier\":\"%s\","
        "\"estimatedCost\":%ld,\"estimatedTime\":%ld,\"balance\":%ld,\"position\":%ld}",
        job, tier, (long)(price / dollar), (long)estimated_seconds,
        (long)((available - price) / dollar), (long)ahead + 1);
    EXPECT(
        run(worker, STORE_ANSWER, "", "tthit", account, key, (int64_t)202, answer), 1);
    return control(worker, "COMMIT");
}

static void charge(Worker *worker)
{
    const uint64_t one = next_random(worker) % account_count;
    while (try_charge(worker, accounts[one], owners[one])) {
        atomic_fetch_add(&retries, 1);
        if (control(worker, "ROLLBACK"))
            stop("ROLLBACK", mysql_error(worker->session));
    }
}

static void *work(void *argument)
{
    Worker *worker = argument;
    mysql_thread_init();
    charge(worker);
    pthread_barrier_wait(&prepared);
    pthread_barrier_wait(&prepared);
    while (atomic_fetch_sub(&left, 1) > 0)
        charge(worker);
    mysql_thread_end();
    return NULL;
}

static const char *environment(const char *name)
{
    const char *value = getenv(name);
    if (value == NULL)
        stop(name, "is not set");
    return value;
}

static MYSQL *connect_once(void)
{
    unsigned connect_timeout = 5, timeout = 30;
    MYSQL *session = mysql_init(NULL);
    if (session == NULL || mysql_options(session, MYSQL_SET_CHARSET_NAME, "utf8mb4")
        || mysql_options(session, MYSQL_OPT_CONNECT_TIMEOUT, &connect_timeout)
        || mysql_options(session, MYSQL_OPT_READ_TIMEOUT, &timeout)
        || mysql_options(session, MYSQL_OPT_WRITE_TIMEOUT, &timeout)
        || !mysql_real_connect(
            session, "localhost", environment("CHARGE_USER"), environment("CHARGE_PASSWORD"),
            environment("CHARGE_DATABASE"), 0, environment("CHARGE_SOCKET"), CLIENT_FOUND_ROWS)
        || mysql_real_query(session, settings, strlen(settings)))
        stop("connect", session ? mysql_error(session) : "no memory");
    return session;
}

static void read_accounts(MYSQL *session, uint64_t count)
{
    if (mysql_query(
            session,
            "SELECT account_id, user_id FROM members WHERE role = 'owner' ORDER BY account_id"))
        stop("members", mysql_error(session));
    MYSQL_RES *result = mysql_store_result(session);
    accounts = calloc(count, sizeof(Text));
    owners = calloc(count, sizeof(Text));
    if (result == NULL || accounts == NULL || owners == NULL)
        stop("members", "no memory");
    MYSQL_ROW row;
    while (account_count < count && (row = mysql_fetch_row(result)) != NULL) {
        snprintf(accounts[account_count], sizeof(Text), "%s", row[0]);
        snprintf(owners[account_count++], sizeof(Text), "%s", row[1]);
    }
    mysql_free_result(result);
    if (account_count < count)
        stop("members", "there are not so many accounts");
}

int main(int count, char **arguments)
{
    if (count != 5 || strlen(arguments[4]) != 2 * sizeof request_hash) {
        fprintf(stderr, "usage: charge THREADS TRANSACTIONS USERS HASH\n");
        return 2;
    }
    int threads = atoi(arguments[1]);
    long transactions = atol(arguments[2]);
    for (size_t i = 0; i < sizeof request_hash; i++)
        sscanf(arguments[4] + 2 * i, "%2hhx", &request_hash[i]);

    mysql_library_init(0, NULL, NULL);
    MYSQL *session = connect_once();
    read_accounts(session, (uint64_t)atoll(arguments[3]));
    mysql_close(session);

    atomic_init(&left, transactions);
    pthread_barrier_init(&prepared, NULL, (unsigned)threads + 1);
    Worker *workers = calloc((size_t)threads, sizeof(Worker));
    if (workers == NULL)
        stop("threads", "no memory");
    for (int i = 0; i < threads; i++) {
        workers[i].session = connect_once();
        if (getrandom(&workers[i].state, sizeof workers[i].state, 0) < 0 || !workers[i].state
            || pthread_create(&workers[i].thread, NULL, work, &workers[i]))
            stop("threads", "cannot be started");
    }
    struct timespec begin, end;
    pthread_barrier_wait(&prepared);
    atomic_store(&retries, 0);
    clock_gettime(CLOCK_MONOTONIC, &begin);
    pthread_barrier_wait(&prepared);
    for (int i = 0; i < threads; i++)
        pthread_join(workers[i].thread, NULL);
    clock_gettime(CLOCK_MONOTONIC, &end);
    for (int i = 0; i < threads; i++)
        mysql_close(workers[i].session);
    printf(
        "{\"transactions\": %ld, \"seconds\": %.6f, \"retries\": %d}\n", transactions,
        (double)(end.tv_sec - begin.tv_sec) + (double)(end.tv_nsec - begin.tv_nsec) / 1e9,
        atomic_load(&retries));
    return 0;
}
