#include "server/domain/sessions.hpp"

#include "server/domain/ids.hpp"
#include "server/domain/text_rules.hpp"

namespace twofold::domain {

SessionId session_id_of(Core& core, std::string_view token) {
    return SessionId{core.sealer.keyed_hash("session", token)};
}

std::string csrf_of(Core& core, const SessionId& session) {
    return core.sealer.keyed_hash("csrf", session.value);
}

NewSession new_session(Core& core, const UserRow& user, const ClientInfo& client,
                       SessionState state) {
    NewSession made;
    made.token = new_token(core.random);
    const Instant now = core.clock.now();
    made.row.id = session_id_of(core, made.token);
    made.row.application = user.application;
    made.row.user = user.id;
    made.row.state = state;
    made.row.created_at = now;
    made.row.last_seen_at = now;
    made.row.expires_at = now + (state == SessionState::full ? core.settings.session_life
                                                             : core.settings.challenge_life);
    made.row.password_at = now;
    made.row.client = {tamed(client.ip, 64), tamed(client.user_agent, 256)};
    return made;
}

NewSession renewed(Core& core, const SessionRow& old) {
    NewSession made{new_token(core.random), old};
    made.row.id = session_id_of(core, made.token);
    made.row.last_seen_at = core.clock.now();
    made.row.version = 1;
    return made;
}

bool alive(const SessionRow& session, const Settings& settings, Instant now) {
    return now < session.expires_at && now - session.last_seen_at < settings.session_idle;
}

}  // namespace twofold::domain
