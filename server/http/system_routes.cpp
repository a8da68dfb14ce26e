#include "server/domain/assertions.hpp"
#include "server/domain/core.hpp"
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

Response phone_regions(const Services& s, Call&) {
    Out items = Out::array();
    for (const domain::PhoneRegion& r : s.core.phones.regions()) {
        Out item{{"region", r.region}, {"calling_code", r.calling_code}};
        if (!r.example.empty()) item["example"] = r.example;
        items.push_back(std::move(item));
    }
    Response res = json_response(200, Out{{"items", std::move(items)}});
    return std::move(res.set("Cache-Control", "public, max-age=86400"));
}

// Meta asks once, when the address of the webhook is entered there.
Response whatsapp_hello(const Services& s, Call& call) {
    const auto param = [&](std::string_view name) {
        return std::string(call.req.query_param(name).value_or(""));
    };
    const auto bare = s.settings.whatsapp_hello(param("hub.mode"), param("hub.challenge"),
                                                param("hub.verify_token"));
    if (!bare)
        return problem("forbidden", call.req.request_id,
                       "The verify token is not the one of TWOFOLD_WHATSAPP_VERIFY_TOKEN.");
    Response res;
    res.content_type = "text/plain; charset=utf-8";
    res.body = *bare;
    return res;
}

Response whatsapp_report(const Services& s, Call& call) {
    const std::string_view signature = call.req.header("x-hub-signature-256").value_or("");
    const bool once = call.req.count("x-hub-signature-256") == 1;
    const int status = once ? s.settings.whatsapp_report(call.req.body, signature,
                                                         call.req.request_id)
                            : 401;
    if (status == 401)
        return problem("unauthenticated", call.req.request_id,
                       "X-Hub-Signature-256 must be the HMAC-SHA256 of the body under the app "
                       "secret.");
    if (status == 400)
        return problem("malformed_json", call.req.request_id, "The signed body is not a report.");
    if (status != 200) return problem("unavailable", call.req.request_id);
    return json_response(200, Out::object());
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
    ops.push_back({.path = "/v1/phone-regions",
                   .id = "phoneRegions",
                   .tag = "Enrolments",
                   .summary = "Countries and their calling codes, for a picker",
                   .response = "PhoneRegions",
                   .lane = Lane::direct,
                   .recovery = true,
                   .run = run(phone_regions)});
    if (s.settings.whatsapp_hello)
        ops.push_back({.path = "/hooks/whatsapp",
                       .id = "whatsAppHello",
                       .tag = "Hooks",
                       .summary = "Meta makes sure that the webhook is ours",
                       .errors = {"forbidden"},
                       .query = {"hub.mode", "hub.challenge", "hub.verify_token"},
                       .lane = Lane::direct,
                       .run = run(whatsapp_hello)});
    if (s.settings.whatsapp_report)
        ops.push_back({.method = Method::post,
                       .path = "/hooks/whatsapp",
                       .id = "whatsAppReport",
                       .tag = "Hooks",
                       .summary = "Meta tells what became of messages",
                       .description = "Signed over the raw body; the same report twice has one "
                                      "effect.",
                       .body = Body::raw,
                       .request = "WhatsAppReport",
                       .response = "Nothing",
                       .errors = {"unauthenticated", "malformed_json"},
                       .run = run(whatsapp_report)});
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
