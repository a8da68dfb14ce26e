#include "server/domain/assertions.hpp"
#include "server/http/dto.hpp"
#include "server/http/routes.hpp"

namespace twofold::http {
namespace {

Response healthz(const Services& s, Call&) {
    return json_response(
        200, Out{{"status", "ok"}, {"version", s.settings.version}, {"core", s.settings.version}});
}

Response readyz(const Services& s, Call& call) {
    std::vector<std::string> trouble;
    if (!s.core.store.ready()) trouble.emplace_back("database");
    if (s.settings.not_ready) {
        for (std::string& what : s.settings.not_ready()) trouble.push_back(std::move(what));
    }
    if (trouble.empty()) {
        Out out{{"status", "ready"}};
        if (s.settings.warnings) {
            if (const auto warnings = s.settings.warnings(); !warnings.empty())
                out["warnings"] = warnings;
        }
        return json_response(200, out);
    }
    std::string detail = "Not ready:";
    for (const std::string& what : trouble) detail += " " + what;
    return problem("unavailable", call.req.request_id, detail + ".");
}

Response jwks(const Services& s, Call&) {
    Response res;
    res.content_type = "application/jwk-set+json; charset=utf-8";
    res.body = domain::Assertions(s.core).jwks_json();
    // Keys are published well before they sign.
    return std::move(res.set("Cache-Control", "public, max-age=300"));
}

Response mailbox(const Services& s, Call&) {
    Response res;
    res.content_type = "application/json; charset=utf-8";
    res.body = s.settings.mailbox_json();
    return res;
}

}  // namespace

void add_system_operations(const Services& s, std::vector<Operation>& ops) {
    const auto run = [&s](Response (*handler)(const Services&, Call&)) {
        return [&s, handler](Call& call) { return handler(s, call); };
    };
    ops.push_back({.path = "/healthz",
                   .id = "health",
                   .tag = "Running",
                   .summary = "The process answers",
                   .response = "Health",
                   .lane = Lane::direct,
                   .run = run(healthz)});
    ops.push_back({.path = "/readyz",
                   .id = "ready",
                   .tag = "Running",
                   .summary = "The server can do its work: database and clock",
                   .response = "Ready",
                   .run = run(readyz)});
    ops.push_back({.path = "/.well-known/jwks.json",
                   .id = "jwks",
                   .tag = "Assertions",
                   .summary = "Public keys that assertions are signed with (RFC 7517)",
                   .response = "JwkSet",
                   .run = run(jwks)});
    if (s.core.settings.demo && s.settings.mailbox_json) {
        ops.push_back({.path = "/demo/mailbox.json",
                       .id = "demoMailbox",
                       .tag = "Demo",
                       .summary = "Messages of the demonstration, newest first",
                       .response = "Mailbox",
                       .lane = Lane::direct,
                       .run = run(mailbox)});
    }
}

}  // namespace twofold::http
