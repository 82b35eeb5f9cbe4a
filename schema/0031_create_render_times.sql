-- How long videos of a tier and length took lately, in seconds: what people are told to expect.
CREATE TABLE render_times (
    tier             VARCHAR(32) NOT NULL,
    duration_seconds INT         NOT NULL,
    p50_seconds      INT         NOT NULL,
    p90_seconds      INT         NOT NULL,
    samples          INT         NOT NULL,
    measured_at      DATETIME(6) NOT NULL,
    PRIMARY KEY (tier, duration_seconds)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;
