-- Codes by email and by WhatsApp: addresses of factors, codes on their way, what became of messages,
-- and whether a channel can be used.

ALTER TABLE application ADD COLUMN methods_off VARCHAR(64) NOT NULL DEFAULT '';

ALTER TABLE user ADD COLUMN preferred_factor VARCHAR(64) NOT NULL DEFAULT '';

ALTER TABLE factor ADD COLUMN address VARCHAR(1024) NOT NULL DEFAULT '';
ALTER TABLE factor ADD COLUMN address_index VARCHAR(64) NOT NULL DEFAULT '';
ALTER TABLE factor ADD COLUMN region VARCHAR(8) NOT NULL DEFAULT '';
ALTER TABLE factor ADD COLUMN trouble VARCHAR(32) NOT NULL DEFAULT 'none';
CREATE INDEX factor_address_index_idx ON factor (address_index);

-- How many codes were sent for it: 0 spares the verify that shares its commit a look at `delivery`.
ALTER TABLE challenge ADD COLUMN deliveries INTEGER NOT NULL DEFAULT 0;

-- One code on its way to a person; the code itself is derived from this row and a key, never stored.
-- Its id is also its message's. The unique use is a row of factor_step (id, 0). No foreign key to
-- the user: it is written on hot paths and swept a day after its end.
CREATE TABLE delivery (
    id VARCHAR(64) NOT NULL,
    application_id VARCHAR(64) NOT NULL,
    user_id VARCHAR(64) NOT NULL,
    factor_id VARCHAR(64) NOT NULL,
    challenge_id VARCHAR(64) NOT NULL,
    method VARCHAR(16) NOT NULL,
    purpose VARCHAR(32) NOT NULL,
    digits INTEGER NOT NULL,
    destination VARCHAR(64) NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    failures INTEGER NOT NULL,
    ended_at BIGINT,
    used_at BIGINT,
    version BIGINT NOT NULL,
    PRIMARY KEY (id)
);
CREATE INDEX delivery_challenge_id_idx ON delivery (challenge_id, factor_id);
CREATE INDEX delivery_factor_id_idx ON delivery (factor_id, created_at);
CREATE INDEX delivery_user_id_idx ON delivery (user_id);
CREATE INDEX delivery_destination_idx ON delivery (destination, created_at);
CREATE INDEX delivery_expires_at_idx ON delivery (expires_at);

ALTER TABLE message ADD COLUMN factor_id VARCHAR(64) NOT NULL DEFAULT '';
ALTER TABLE message ADD COLUMN region VARCHAR(8) NOT NULL DEFAULT '';
ALTER TABLE message ADD COLUMN provider_id VARCHAR(128) NOT NULL DEFAULT '';
ALTER TABLE message ADD COLUMN failure VARCHAR(32) NOT NULL DEFAULT 'none';
-- What is due now, by priority: what is finished, dead or put off until later is not looked at, however
-- much of it there is.
CREATE INDEX message_ready_idx ON message (channel, status, priority, not_before, created_at);
CREATE INDEX message_provider_id_idx ON message (provider_id);

-- Channels (and "whatsapp:<region>") that are closed for a while, and why; no row: open.
CREATE TABLE channel (
    id VARCHAR(64) NOT NULL,
    closed_until BIGINT NOT NULL,
    failure VARCHAR(32) NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (id)
);
