<?php
// The peer of bin/bench on PHP-FPM and mysqli: the reads that the product is asked for most, with the
// same checks and the same SQL by prepared statements, on a persistent connection for each child. The
// database and the secret are read from PEER_… (peers.py), which the pool passes on.
declare(strict_types=1);

const STATUSES = [
    'queued' => ['pending', 'queued'], 'submitting' => ['processing', 'submitting'],
    'submit_unknown' => ['processing', 'checking'], 'submitted' => ['processing', 'rendering'],
    'storing' => ['processing', 'saving'], 'delivered' => ['completed', null],
];
const FAILURES = [
    'vendor_failed' => ['The video service could not make this video. Nothing was charged.', 'retry'],
];

function answer(int $status, array $body): never
{
    http_response_code($status);
    header('Content-Type: application/json');
    echo json_encode($body, JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE);
    exit;
}

function base64url(string $text): string
{
    return (string) base64_decode(strtr($text, '-_', '+/'));
}

/** The claims of a token of ours that is good still; null otherwise. */
function claims(): ?array
{
    $parts = explode('.', substr($_SERVER['HTTP_AUTHORIZATION'] ?? '', strlen('Bearer ')));
    if (count($parts) !== 3 || base64url($parts[0]) !== '{"alg":"HS256","typ":"JWT"}') {
        return null;
    }
    $code = hash_hmac('sha256', "$parts[0].$parts[1]", $_SERVER['PEER_SECRET'], true);
    if (!hash_equals($code, base64url($parts[2]))) {
        return null;
    }
    $claims = json_decode(base64url($parts[1]), true);
    return $claims['exp'] > time() ? $claims : null;
}

function database(): mysqli
{
    mysqli_report(MYSQLI_REPORT_ERROR | MYSQLI_REPORT_STRICT);
    $database = new mysqli(
        'p:localhost', $_SERVER['PEER_USER'], $_SERVER['PEER_PASSWORD'], $_SERVER['PEER_DATABASE'],
        0, $_SERVER['PEER_SOCKET']);
    $database->set_charset('utf8mb4');
    return $database;
}

function rows(mysqli $database, string $name, array $values): array
{
    $statement = $database->prepare(file_get_contents(__DIR__ . "/../sql/$name.sql"));
    $statement->execute($values);
    return $statement->get_result()->fetch_all(MYSQLI_ASSOC);
}

/** Who is signed in, and what else the statement reads by the values before the session's hash. */
function session(mysqli $database, string $name = 'session', array $others = []): array
{
    $claims = claims();
    $hash = $claims ? hash('sha256', base64url($claims['sid']), true) : '';
    $row = $claims ? (rows($database, $name, [...$others, $hash])[0] ?? null) : null;
    if (!$row || $row['signed_in_id'] !== $claims['sub'] || !$row['email_verified_at']) {
        answer(401, ['error' => ['code' => 'UNAUTHENTICATED']]);
    }
    if ($row['is_stale']) {
        $database->execute_query(
            'UPDATE sessions SET last_used_at = UTC_TIMESTAMP(6)
            WHERE id_hash = ? AND last_used_at < UTC_TIMESTAMP(6) - INTERVAL 5 MINUTE', [$hash]);
    }
    return $row;
}

function dollars(int $micros): int|float
{
    return $micros % 1000000 ? $micros / 1000000 : intdiv($micros, 1000000);
}

function instant(?string $text): ?string
{
    return $text === null ? null : substr($text, 0, 10) . 'T' . substr($text, 11, 12) . 'Z';
}

/** A video as its owner sees it, from its row. */
function present(array $row): array
{
    $reason = $row['failure_reason'];
    $isRefunded = $row['state'] === 'refunded';
    [$status, $detail] = $isRefunded
        ? [$reason === 'canceled' ? 'canceled' : 'failed', $reason] : STATUSES[$row['state']];
    $address = "{$_SERVER['PEER_URL']}/api/videos/{$row['id']}";
    $video = [
        'jobId' => $row['id'], 'taskId' => $row['task_id'], 'tier' => $row['tier'],
        'status' => $status, 'statusDetail' => $detail, 'title' => $row['title'],
        'favorite' => (bool) $row['is_favorite'], 'prompt' => $row['prompt'],
        'negativePrompt' => $row['negative_prompt'], 'image' => $row['input_image_url'],
        'imageTail' => $row['image_tail_url'], 'duration' => $row['duration_seconds'],
        'aspectRatio' => $row['aspect_ratio'], 'resolution' => $row['resolution'],
        'mode' => $row['mode'], 'strength' => $row['strength'], 'seed' => $row['seed'],
        'estimatedCost' => dollars($row['user_charged_micros']),
        'userCharged' => $isRefunded ? 0 : dollars($row['user_charged_micros']),
        'videoUrl' => $row['file_bytes'] === null ? null : "$address/file",
        'posterUrl' => $row['has_poster'] ? "$address/poster" : null,
    ];
    if ($row['jobs_ahead'] !== null) {
        $video['position'] = $row['jobs_ahead'] + 1;
    }
    if ($row['undo_until'] !== null) {
        $video['undoUntil'] = instant($row['undo_until']);
    }
    if ($isRefunded && $reason !== 'canceled') {
        [$message, $action] = FAILURES[$reason];
        $video['error'] = [
            'code' => 'GENERATION_FAILED', 'message' => $message, 'action' => $action,
            'refund' => true, 'reason' => $reason,
        ];
    }
    $video['createdAt'] = instant($row['created_at']);
    $video['completedAt'] = instant($row['completed_at']);
    return $video;
}

function route(string $path): never
{
    if ($path === '/api/health/live') {
        answer(200, ['status' => 'live']);
    }
    $database = database();
    if (preg_match('#^/api/videos/([0-9a-f-]{36})/status$#', $path, $found)) {
        $row = session($database, 'status', [$found[1]]);
        $row['id'] !== null
            ? answer(200, present($row)) : answer(404, ['error' => ['code' => 'NOT_FOUND']]);
    }
    $account = session($database)['account_id'];
    if ($path === '/api/videos') {
        rows($database, 'catalog', []);
        $rows = rows($database, 'list', [$account]);
        $shown = array_slice($rows, 0, 20);
        answer(200, [
            'items' => array_map(present(...), $shown),
            'nextCursor' => count($rows) > 20 ? $shown[19]['id'] : null,
        ]);
    }
    answer(404, ['error' => ['code' => 'NOT_FOUND']]);
}

route($_SERVER['DOCUMENT_URI']);
