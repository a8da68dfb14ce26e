// sessions.hpp - cookies of the Client Area: made, renewed at each step up (security 48), ended.
#pragma once
#include <string>

#include "server/domain/core.hpp"

namespace twofold::domain {

struct NewSession {
    std::string token;  // 43 characters; nowhere else
    SessionRow row;
};

SessionId session_id_of(Core& core, std::string_view token);
// Follows from the session alone, so that it needs no storage.
std::string csrf_of(Core& core, const SessionId& session);

// After the password. A second_step one lives as long as its challenge and has no rights but that.
NewSession new_session(Core& core, const UserRow& user, const ClientInfo& client,
                       SessionState state);
// The same session under a new token; the old one is dead once this commits.
NewSession renewed(Core& core, const SessionRow& old);

// Whether a stored session may still be used: neither idle too long nor over.
bool alive(const SessionRow& session, const Settings& settings, Instant now);

}  // namespace twofold::domain
