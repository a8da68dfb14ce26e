-- What is due now, by priority: what was put off until later is not looked at, however much of it waits.
CREATE INDEX message_ready_idx ON message (channel, status, priority, not_before, created_at);
