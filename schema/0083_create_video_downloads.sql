-- When the file of a video was first asked for to keep, and from where: what a bank is told when the
-- payment is disputed. Watching it in the gallery is none.
CREATE TABLE video_downloads (
    video_id UUID        NOT NULL PRIMARY KEY,
    address  VARCHAR(45) NULL,
    asked_at DATETIME(6) NOT NULL,
    CONSTRAINT video_downloads_video_exists FOREIGN KEY (video_id) REFERENCES video_jobs (id)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;
