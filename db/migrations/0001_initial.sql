-- One file for SQLite, MariaDB and MySQL. What differs is added by the migrator
-- (server/storage/dialect.cpp): table options, that is InnoDB and a byte-comparing collation without
-- padding on MariaDB/MySQL, WITHOUT ROWID on SQLite.
-- Ids are made by the program; instants are whole seconds since the epoch, UTC; binary values are text;
-- an unknown instant is NULL (or 0 where one of long ago means the same), an unknown text is ''. Sealed values ("…_sealed" in spirit: see
-- rows.hpp) are TEXT, for their length depends on the plain text.

CREATE TABLE application (
    id VARCHAR(64) NOT NULL,
    name VARCHAR(128) NOT NULL,
    issuer VARCHAR(128) NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT application_name_key UNIQUE (name)
);

CREATE TABLE user (
    id VARCHAR(64) NOT NULL,
    application_id VARCHAR(64) NOT NULL,
    external_id VARCHAR(128) NOT NULL,
    email TEXT NOT NULL,
    email_index VARCHAR(64) NOT NULL,
    phone TEXT NOT NULL,
    phone_index VARCHAR(64) NOT NULL,
    previous_email TEXT NOT NULL,
    previous_email_until BIGINT NOT NULL,
    display_name TEXT NOT NULL,
    locale VARCHAR(16) NOT NULL,
    audit_key TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT user_external_id_key UNIQUE (application_id, external_id),
    CONSTRAINT user_application_id_fkey FOREIGN KEY (application_id) REFERENCES application (id)
);

CREATE TABLE account (
    user_id VARCHAR(64) NOT NULL,
    application_id VARCHAR(64) NOT NULL,
    email_index VARCHAR(64) NOT NULL,
    password_hash VARCHAR(512) NOT NULL,
    password_changed_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (user_id),
    CONSTRAINT account_email_index_key UNIQUE (application_id, email_index),
    CONSTRAINT account_user_id_fkey FOREIGN KEY (user_id) REFERENCES user (id) ON DELETE CASCADE
);

CREATE TABLE factor (
    id VARCHAR(64) NOT NULL,
    application_id VARCHAR(64) NOT NULL,
    user_id VARCHAR(64) NOT NULL,
    method VARCHAR(16) NOT NULL,
    status VARCHAR(16) NOT NULL,
    label VARCHAR(255) NOT NULL,
    secret TEXT NOT NULL,
    algorithm VARCHAR(16) NOT NULL,
    digits INTEGER NOT NULL,
    period INTEGER NOT NULL,
    last_step BIGINT NOT NULL,
    last_step_at BIGINT,
    last_step_session VARCHAR(64) NOT NULL,
    opened_with VARCHAR(16) NOT NULL,
    replaces VARCHAR(64) NOT NULL,
    opened_by VARCHAR(64) NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    activated_at BIGINT,
    last_used_at BIGINT,
    ended_at BIGINT,
    version BIGINT NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT factor_user_id_fkey FOREIGN KEY (user_id) REFERENCES user (id) ON DELETE CASCADE
);
CREATE INDEX factor_user_id_idx ON factor (user_id, status);
CREATE INDEX factor_expires_at_idx ON factor (status, expires_at);

-- The arbiter of "at most once": one row per accepted time step. No foreign key: it is inserted on the
-- hot path, by a transaction that holds its factor's row.
CREATE TABLE factor_step (
    factor_id VARCHAR(64) NOT NULL,
    step BIGINT NOT NULL,
    used_at BIGINT NOT NULL,
    PRIMARY KEY (factor_id, step)
);
CREATE INDEX factor_step_used_at_idx ON factor_step (used_at);

CREATE TABLE budget (
    id VARCHAR(128) NOT NULL,
    user_id VARCHAR(64) NOT NULL,
    failures INTEGER NOT NULL,
    locked_until BIGINT NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT budget_user_id_fkey FOREIGN KEY (user_id) REFERENCES user (id) ON DELETE CASCADE
);
CREATE INDEX budget_user_id_idx ON budget (user_id);

CREATE TABLE backup_set (
    id VARCHAR(64) NOT NULL,
    application_id VARCHAR(64) NOT NULL,
    user_id VARCHAR(64) NOT NULL,
    salt VARCHAR(64) NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT backup_set_user_id_key UNIQUE (user_id),
    CONSTRAINT backup_set_user_id_fkey FOREIGN KEY (user_id) REFERENCES user (id) ON DELETE CASCADE
);

CREATE TABLE backup_code (
    set_id VARCHAR(64) NOT NULL,
    position INTEGER NOT NULL,
    hash TEXT NOT NULL,
    used_at BIGINT,
    PRIMARY KEY (set_id, position),
    CONSTRAINT backup_code_set_id_fkey FOREIGN KEY (set_id) REFERENCES backup_set (id) ON DELETE CASCADE
);

-- One row per used backup code; beside the guarded update of backup_code the unique key decides, also
-- where two nodes of a cluster each took the update.
CREATE TABLE backup_code_use (
    set_id VARCHAR(64) NOT NULL,
    position INTEGER NOT NULL,
    used_at BIGINT NOT NULL,
    PRIMARY KEY (set_id, position),
    CONSTRAINT backup_code_use_set_id_fkey FOREIGN KEY (set_id) REFERENCES backup_set (id) ON DELETE CASCADE
);

CREATE TABLE challenge (
    id VARCHAR(64) NOT NULL,
    application_id VARCHAR(64) NOT NULL,
    user_id VARCHAR(64) NOT NULL,
    purpose VARCHAR(16) NOT NULL,
    action VARCHAR(32) NOT NULL,
    action_name VARCHAR(64) NOT NULL,
    action_text TEXT NOT NULL,
    object VARCHAR(128) NOT NULL,
    factor_id VARCHAR(64) NOT NULL,
    nonce VARCHAR(512) NOT NULL,
    status VARCHAR(16) NOT NULL,
    session_id VARCHAR(64) NOT NULL,
    made_by VARCHAR(64) NOT NULL,
    client_ip VARCHAR(64) NOT NULL,
    client_user_agent TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    approved_at BIGINT,
    approved_method VARCHAR(16) NOT NULL,
    approved_factor VARCHAR(64) NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT challenge_user_id_fkey FOREIGN KEY (user_id) REFERENCES user (id) ON DELETE CASCADE
);
CREATE INDEX challenge_user_id_idx ON challenge (user_id);
CREATE INDEX challenge_expires_at_idx ON challenge (expires_at);

CREATE TABLE session (
    id VARCHAR(64) NOT NULL,
    application_id VARCHAR(64) NOT NULL,
    user_id VARCHAR(64) NOT NULL,
    state VARCHAR(16) NOT NULL,
    challenge_id VARCHAR(64) NOT NULL,
    created_at BIGINT NOT NULL,
    last_seen_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    password_at BIGINT NOT NULL,
    second_step_at BIGINT,
    recover_until BIGINT,
    client_ip VARCHAR(64) NOT NULL,
    client_user_agent TEXT NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT session_user_id_fkey FOREIGN KEY (user_id) REFERENCES user (id) ON DELETE CASCADE
);
CREATE INDEX session_user_id_idx ON session (user_id);
CREATE INDEX session_expires_at_idx ON session (expires_at);

CREATE TABLE api_key (
    id VARCHAR(64) NOT NULL,
    application_id VARCHAR(64) NOT NULL,
    name VARCHAR(255) NOT NULL,
    hash VARCHAR(128) NOT NULL,
    scopes VARCHAR(255) NOT NULL,
    created_at BIGINT NOT NULL,
    revoked_at BIGINT,
    last_used_at BIGINT,
    PRIMARY KEY (id),
    CONSTRAINT api_key_hash_key UNIQUE (hash),
    CONSTRAINT api_key_application_id_fkey FOREIGN KEY (application_id) REFERENCES application (id)
);
CREATE INDEX api_key_application_id_idx ON api_key (application_id);

-- The ends of the audit chains. Neither these nor the events refer to a user: they survive erasure.
CREATE TABLE audit_chain (
    chain VARCHAR(128) NOT NULL,
    length BIGINT NOT NULL,
    mac VARCHAR(128) NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (chain)
);
CREATE INDEX audit_chain_updated_at_idx ON audit_chain (updated_at);

-- Grows without end and gets a row with every verify: the primary key, application_id and (as request ids
-- start with the time) request_id grow at their ends; only (chain, sequence) is inserted anywhere.
CREATE TABLE audit (
    id VARCHAR(64) NOT NULL,
    chain VARCHAR(128) NOT NULL,
    sequence BIGINT NOT NULL,
    application_id VARCHAR(64) NOT NULL,
    user_id VARCHAR(64) NOT NULL,
    occurred_at BIGINT NOT NULL,
    actor VARCHAR(128) NOT NULL,
    action VARCHAR(64) NOT NULL,
    method VARCHAR(16) NOT NULL,
    result VARCHAR(64) NOT NULL,
    object VARCHAR(128) NOT NULL,
    request_id VARCHAR(128) NOT NULL,
    details TEXT NOT NULL,
    previous_mac VARCHAR(128) NOT NULL,
    mac VARCHAR(128) NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT audit_chain_key UNIQUE (chain, sequence)
);
CREATE INDEX audit_application_id_idx ON audit (application_id, id);
CREATE INDEX audit_request_id_idx ON audit (request_id);

CREATE TABLE checkpoint (
    number BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    previous_hash VARCHAR(128) NOT NULL,
    entries_hash VARCHAR(128) NOT NULL,
    key_id VARCHAR(128) NOT NULL,
    signature VARCHAR(512) NOT NULL,
    PRIMARY KEY (number)
);

CREATE TABLE checkpoint_entry (
    checkpoint_number BIGINT NOT NULL,
    position INTEGER NOT NULL,
    chain VARCHAR(128) NOT NULL,
    length BIGINT NOT NULL,
    mac VARCHAR(128) NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (checkpoint_number, position),
    CONSTRAINT checkpoint_entry_number_fkey FOREIGN KEY (checkpoint_number) REFERENCES checkpoint (number)
);

CREATE TABLE throttle (
    id VARCHAR(128) NOT NULL,
    tat_ms BIGINT NOT NULL,
    PRIMARY KEY (id)
);
CREATE INDEX throttle_tat_ms_idx ON throttle (tat_ms);

CREATE TABLE idempotency (
    id VARCHAR(64) NOT NULL,
    fingerprint VARCHAR(64) NOT NULL,
    request_id VARCHAR(128) NOT NULL,
    done INTEGER NOT NULL,
    status INTEGER NOT NULL,
    body MEDIUMTEXT NOT NULL,
    secret INTEGER NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (id)
);
CREATE INDEX idempotency_expires_at_idx ON idempotency (expires_at);

CREATE TABLE link (
    id VARCHAR(64) NOT NULL,
    purpose VARCHAR(32) NOT NULL,
    application_id VARCHAR(64) NOT NULL,
    user_id VARCHAR(64) NOT NULL,
    email_index VARCHAR(64) NOT NULL,
    payload TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT,
    version BIGINT NOT NULL,
    PRIMARY KEY (id)
);
CREATE INDEX link_email_index_idx ON link (email_index);
CREATE INDEX link_user_id_idx ON link (user_id);
CREATE INDEX link_expires_at_idx ON link (expires_at);

CREATE TABLE message (
    id VARCHAR(64) NOT NULL,
    application_id VARCHAR(64) NOT NULL,
    user_id VARCHAR(64) NOT NULL,
    channel VARCHAR(16) NOT NULL,
    kind VARCHAR(64) NOT NULL,
    locale VARCHAR(16) NOT NULL,
    recipient TEXT NOT NULL,
    parameters TEXT NOT NULL,
    priority INTEGER NOT NULL,
    status VARCHAR(16) NOT NULL,
    attempts INTEGER NOT NULL,
    created_at BIGINT NOT NULL,
    not_before BIGINT NOT NULL,
    not_after BIGINT NOT NULL,
    leased_until BIGINT,
    sent_at BIGINT,
    PRIMARY KEY (id)
);
CREATE INDEX message_status_idx ON message (status, priority, created_at);
CREATE INDEX message_user_id_idx ON message (user_id);
CREATE INDEX message_created_at_idx ON message (created_at);
CREATE INDEX message_not_after_idx ON message (not_after);

-- Assertions redeemed here: each at most once.
CREATE TABLE assertion_use (
    id VARCHAR(128) NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (id)
);
CREATE INDEX assertion_use_expires_at_idx ON assertion_use (expires_at);

CREATE TABLE signing_key (
    id VARCHAR(128) NOT NULL,
    private_key TEXT NOT NULL,
    public_jwk TEXT NOT NULL,
    active INTEGER NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (id)
);

CREATE TABLE node (
    id VARCHAR(64) NOT NULL,
    seen_at BIGINT NOT NULL,
    key_ids VARCHAR(1024) NOT NULL,
    PRIMARY KEY (id)
);

CREATE TABLE tombstone (
    id VARCHAR(64) NOT NULL,
    failures INTEGER NOT NULL,
    locked_until BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (id)
);
CREATE INDEX tombstone_expires_at_idx ON tombstone (expires_at);
