-- A video from order to file, paid by an account and ordered by a user. `state` is the machine's
-- own (invariants J4), `status` what people see, generated so that the two cannot disagree. Price,
-- cost and catalog version are frozen when the hold is made. `callback_token` is this job's own
-- path at the vendor's callback (J7). A claim has a token and an end, or there is none (J11). A job
-- whose last look had no answer gets more time, bounded by `extensions` (J14). Only what was
-- refunded can be lost to the vendor (J10): such a job whose task is known is asked for at
-- `late_look_at`, `late_looks` times so far, until the vendor tells whether it made the video;
-- until then a loss is presumed. `turn_at` is the order of the queue, in which accounts take turns: an
-- account's video stands there as if it was ordered ten minutes after the one before that is still
-- open; `open_turn` is that turn while the job is open, so that an account's last is at the end of an
-- index. Until `undo_until` it is not sent, so that it can be taken back. `reconcile_tried_at`: when the
-- vendor was last asked what became of the task; those that it did not tell of come again after all
-- others (R4); `uncompared_at`: the end of a job of which it was not compared yet. `moved_at` as in
-- `wallets`. `title` and `is_favorite` are the owner's own. What they delete is
-- shown to nobody from `deleted_at` on; its words and files go at `purge_at`, and the row stays, for the
-- books. The unique key of `task_id` is its index.
CREATE TABLE video_jobs (
    id                    UUID         NOT NULL PRIMARY KEY,
    account_id            UUID         NOT NULL,
    user_id               UUID         NOT NULL,
    generate_call_id      UUID         NOT NULL,
    tier                  VARCHAR(32)  NOT NULL,
    catalog_version       INT          NOT NULL,
    state                 ENUM('queued', 'submitting', 'submit_unknown', 'submitted', 'storing',
                               'delivered', 'refunded') NOT NULL,
    failure_reason        ENUM('vendor_failed', 'refused', 'invalid', 'timeout', 'vendor_down',
                               'canceled') NULL,
    status                VARCHAR(10) AS (
        CASE state
            WHEN 'queued' THEN 'pending'
            WHEN 'delivered' THEN 'completed'
            WHEN 'refunded' THEN IF(failure_reason = 'canceled', 'canceled', 'failed')
            ELSE 'processing'
        END) STORED,
    prompt                TEXT COLLATE utf8mb4_uca1400_nopad_ai_ci NOT NULL,
    title                 VARCHAR(200) COLLATE utf8mb4_uca1400_nopad_ai_ci NULL,
    is_favorite           BOOLEAN      NOT NULL DEFAULT FALSE,
    negative_prompt       TEXT         NULL,
    input_image_url       TEXT         NULL,
    image_tail_url        TEXT         NULL,
    duration_seconds      INT          NOT NULL,
    aspect_ratio          VARCHAR(16)  NULL,
    resolution            VARCHAR(16)  NULL,
    mode                  VARCHAR(16)  NULL,
    strength              INT          NULL,
    seed                  BIGINT       NULL,
    webhook_url           TEXT         NULL,
    vendor_path           VARCHAR(200) NOT NULL,
    vendor_input          JSON         NOT NULL,
    estimated_cost_micros BIGINT       NOT NULL,
    actual_cost_micros    BIGINT       NULL,
    user_charged_micros   BIGINT       NOT NULL,
    callback_token        VARCHAR(64)  NOT NULL,
    callback_task_id      VARCHAR(255) NULL,
    task_id               VARCHAR(255) NULL,
    pollo_status          VARCHAR(32)  NULL,
    video_url             TEXT         NULL,
    attempts              INT          NOT NULL DEFAULT 0,
    turn_at               DATETIME(6)  NOT NULL DEFAULT UTC_TIMESTAMP(6),
    open_turn             DATETIME(6)  AS (
        IF(state IN ('delivered', 'refunded'), NULL, turn_at)) STORED,
    undo_until            DATETIME(6)  NULL,
    next_attempt_at       DATETIME(6)  NOT NULL,
    deadline_at           DATETIME(6)  NULL,
    extensions            INT          NOT NULL DEFAULT 0,
    lease_token           UUID         NULL,
    lease_until           DATETIME(6)  NULL,
    version               INT          NOT NULL DEFAULT 1,
    file_bytes            BIGINT       NULL,
    file_sha256           CHAR(64)     NULL,
    file_milliseconds     INT          NULL,
    file_width            INT          NULL,
    file_height           INT          NULL,
    has_poster            BOOLEAN      NOT NULL DEFAULT FALSE,
    lost_micros           BIGINT       NULL,
    is_loss_presumed      BOOLEAN      NOT NULL DEFAULT FALSE,
    late_looks            INT          NOT NULL DEFAULT 0,
    late_look_at          DATETIME(6)  NULL,
    reconciled_at         DATETIME(6)  NULL,
    reconcile_tried_at    DATETIME(6)  NULL,
    created_at            DATETIME(6)  NOT NULL,
    state_at              DATETIME(6)  NOT NULL,
    submitted_at          DATETIME(6)  NULL,
    rendered_at           DATETIME(6)  NULL,
    completed_at          DATETIME(6)  NULL,
    deleted_at            DATETIME(6)  NULL,
    purge_at              DATETIME(6)  NULL,
    moved_at              TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6)
        ON UPDATE CURRENT_TIMESTAMP(6),
    uncompared_at         DATETIME(6)  AS (
        IF(reconciled_at IS NULL AND COALESCE(task_id, callback_task_id) IS NOT NULL,
            completed_at, NULL)) STORED,
    KEY idx_user_status (user_id, status, created_at),
    KEY idx_account (account_id, deleted_at, id),
    KEY idx_account_status (account_id, status, deleted_at, id),
    KEY idx_account_tier (account_id, tier, status, deleted_at, id),
    KEY idx_account_favorite (account_id, is_favorite, deleted_at, id),
    KEY idx_purge (purge_at),
    KEY idx_open_turn (account_id, open_turn),
    KEY idx_turn (state, turn_at),
    KEY idx_tier_turn (state, tier, turn_at),
    KEY idx_due (state, next_attempt_at),
    KEY idx_deadline (deadline_at),
    KEY idx_lease (lease_until),
    KEY idx_completed (completed_at),
    KEY idx_late_look (late_look_at),
    KEY idx_uncompared (uncompared_at, reconcile_tried_at),
    KEY idx_submitted (submitted_at),
    KEY idx_moved (moved_at),
    CONSTRAINT video_jobs_task_unique UNIQUE (task_id),
    CONSTRAINT video_jobs_callback_unique UNIQUE (callback_token),
    CONSTRAINT video_jobs_account_exists FOREIGN KEY (account_id) REFERENCES accounts (id),
    CONSTRAINT video_jobs_user_exists FOREIGN KEY (user_id) REFERENCES users (id),
    CONSTRAINT video_jobs_call_exists FOREIGN KEY (generate_call_id)
        REFERENCES generate_calls (id),
    CONSTRAINT video_jobs_tier_exists FOREIGN KEY (catalog_version, tier)
        REFERENCES tiers (catalog_version, id),
    CONSTRAINT video_jobs_charge_positive CHECK (user_charged_micros > 0),
    CONSTRAINT video_jobs_reason_iff_refunded
        CHECK (IF(state = 'refunded', failure_reason IS NOT NULL, failure_reason IS NULL)),
    CONSTRAINT video_jobs_completed_iff_final
        CHECK (IF(state IN ('delivered', 'refunded'), completed_at IS NOT NULL, completed_at IS NULL)),
    CONSTRAINT video_jobs_deadline_iff_open
        CHECK (IF(state IN ('delivered', 'refunded'), deadline_at IS NULL, deadline_at IS NOT NULL)),
    CONSTRAINT video_jobs_task_where_submitted
        CHECK (state NOT IN ('submitted', 'storing', 'delivered') OR task_id IS NOT NULL),
    CONSTRAINT video_jobs_file_where_delivered
        CHECK (state <> 'delivered'
            OR (COALESCE(file_bytes, 0) > 0 AND file_sha256 IS NOT NULL)),
    CONSTRAINT video_jobs_deleted_where_final
        CHECK (deleted_at IS NULL OR state IN ('delivered', 'refunded')),
    CONSTRAINT video_jobs_purged_where_deleted CHECK (purge_at IS NULL OR deleted_at IS NOT NULL),
    CONSTRAINT video_jobs_lease_whole CHECK ((lease_token IS NULL) = (lease_until IS NULL)),
    CONSTRAINT video_jobs_loss_where_refunded CHECK (lost_micros IS NULL OR state = 'refunded'),
    CONSTRAINT video_jobs_presumed_is_loss
        CHECK (NOT is_loss_presumed OR COALESCE(lost_micros, 0) > 0),
    CONSTRAINT video_jobs_late_look_where_refunded
        CHECK (late_look_at IS NULL OR state = 'refunded')
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;
