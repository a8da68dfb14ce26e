-- Remembered browsers: each passes the second step of a sign-in for a while, and nothing else. The
-- cookie holds a series, which stays, and a token, which every use replaces; both are stored as keyed
-- hashes only. A series that comes with any other token than the newest was copied.
CREATE TABLE device (
    id VARCHAR(64) NOT NULL,
    application_id VARCHAR(64) NOT NULL,
    user_id VARCHAR(64) NOT NULL,
    series_hash VARCHAR(64) NOT NULL,
    token_hash VARCHAR(64) NOT NULL,
    previous_hash VARCHAR(64) NOT NULL,
    rotated_at BIGINT,
    client_ip VARCHAR(64) NOT NULL,
    client_user_agent TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    last_used_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT device_series_hash_key UNIQUE (series_hash),
    CONSTRAINT device_user_id_fkey FOREIGN KEY (user_id) REFERENCES user (id) ON DELETE CASCADE
);
CREATE INDEX device_user_id_idx ON device (user_id);
CREATE INDEX device_expires_at_idx ON device (expires_at);

-- The remembered browser a session runs in; empty: none.
ALTER TABLE session ADD COLUMN device_id VARCHAR(64) NOT NULL DEFAULT '';

-- Whether an application's people may have their browsers remembered.
ALTER TABLE application ADD COLUMN remember_devices INTEGER NOT NULL DEFAULT 1;
