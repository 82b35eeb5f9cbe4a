-- When the file of a video was first asked for, in each way, and from where: what a bank is told when the
-- payment is disputed. By its owner to keep (`file`), within an archive (`archive`); by whoever has the
-- link that its owner has made, to look at it (`sharedView`) or to keep (`sharedFile`). Watching it in
-- the gallery is none.
CREATE TABLE video_downloads (
    video_id UUID        NOT NULL,
    way      ENUM('file', 'archive', 'sharedView', 'sharedFile') NOT NULL,
    address  VARCHAR(45) NULL,
    asked_at DATETIME(6) NOT NULL,
    PRIMARY KEY (video_id, way),
    CONSTRAINT video_downloads_video_exists FOREIGN KEY (video_id) REFERENCES video_jobs (id)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;
