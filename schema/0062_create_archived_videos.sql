-- Which videos an archive is made of.
CREATE TABLE archived_videos (
    archive_id UUID NOT NULL,
    video_id   UUID NOT NULL,
    PRIMARY KEY (archive_id, video_id),
    CONSTRAINT archived_videos_archive_exists FOREIGN KEY (archive_id) REFERENCES video_archives (id)
        ON DELETE CASCADE,
    CONSTRAINT archived_videos_video_exists FOREIGN KEY (video_id) REFERENCES video_jobs (id)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;
