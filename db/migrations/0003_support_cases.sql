-- The way back in for those who lost everything: support cases, the people who work on them, and what a
-- session that came by a re-enrol link may do.

ALTER TABLE user ADD COLUMN phone_changed_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE user ADD COLUMN high_value INTEGER NOT NULL DEFAULT 0;
-- The case that is not over yet; '' spares every verify a look at support_case.
ALTER TABLE user ADD COLUMN open_case VARCHAR(64) NOT NULL DEFAULT '';
-- The desk finds people by their address, in every application.
CREATE INDEX user_email_index_idx ON user (email_index);

-- Of a session that came by a re-enrol link.
ALTER TABLE session ADD COLUMN case_id VARCHAR(64) NOT NULL DEFAULT '';

-- Who may work at the desk: users of the application app_desk.
CREATE TABLE agent (
    user_id VARCHAR(64) NOT NULL,
    role VARCHAR(16) NOT NULL,
    created_at BIGINT NOT NULL,
    ended_at BIGINT,
    version BIGINT NOT NULL,
    PRIMARY KEY (user_id),
    CONSTRAINT agent_user_id_fkey FOREIGN KEY (user_id) REFERENCES user (id) ON DELETE CASCADE
);

-- due_at: when the state ends by itself: the waiting time, the link's life, or that of a case on which
-- nobody works. NULL once the case is over.
CREATE TABLE support_case (
    id VARCHAR(64) NOT NULL,
    application_id VARCHAR(64) NOT NULL,
    user_id VARCHAR(64) NOT NULL,
    state VARCHAR(16) NOT NULL,
    reason VARCHAR(16) NOT NULL,
    channel VARCHAR(16) NOT NULL,
    contact TEXT NOT NULL,
    stolen TEXT NOT NULL,
    opened_by VARCHAR(128) NOT NULL,
    opened_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    paused_from VARCHAR(16) NOT NULL,
    pause_reason VARCHAR(16) NOT NULL,
    approvals_needed INTEGER NOT NULL,
    deliver VARCHAR(16) NOT NULL,
    steps INTEGER NOT NULL,
    due_at BIGINT,
    version BIGINT NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT support_case_user_id_fkey FOREIGN KEY (user_id) REFERENCES user (id) ON DELETE CASCADE
);
CREATE INDEX support_case_user_id_idx ON support_case (user_id, opened_at);
CREATE INDEX support_case_state_idx ON support_case (state, opened_at);
CREATE INDEX support_case_due_at_idx ON support_case (due_at);

CREATE TABLE case_evidence (
    id VARCHAR(64) NOT NULL,
    case_id VARCHAR(64) NOT NULL,
    kind VARCHAR(32) NOT NULL,
    refused VARCHAR(32) NOT NULL,
    note TEXT NOT NULL,
    recorded_by VARCHAR(64) NOT NULL,
    recorded_at BIGINT NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT case_evidence_case_id_fkey FOREIGN KEY (case_id) REFERENCES support_case (id) ON DELETE CASCADE
);
CREATE INDEX case_evidence_case_id_idx ON case_evidence (case_id);

-- What happened to a case, in order. The audit chain of the user has the same, vouched for.
CREATE TABLE case_step (
    id VARCHAR(128) NOT NULL,
    case_id VARCHAR(64) NOT NULL,
    sequence INTEGER NOT NULL,
    action VARCHAR(32) NOT NULL,
    actor VARCHAR(128) NOT NULL,
    detail TEXT NOT NULL,
    occurred_at BIGINT NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT case_step_key UNIQUE (case_id, sequence),
    CONSTRAINT case_step_case_id_fkey FOREIGN KEY (case_id) REFERENCES support_case (id) ON DELETE CASCADE
);

-- Which checkpoints vouch for one chain.
CREATE INDEX checkpoint_entry_chain_idx ON checkpoint_entry (chain, checkpoint_number);
