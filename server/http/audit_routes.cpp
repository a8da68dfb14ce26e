#include <charconv>

#include "server/domain/audit_export.hpp"
#include "server/http/audit_text.hpp"
#include "server/http/dto.hpp"
#include "server/http/routes.hpp"

namespace twofold::http {
namespace {

using domain::AuditExport;
using domain::AuditPart;
using domain::Outcome;

Response invalid(const Call& call, const char* pointer, const char* rule) {
    return problem("validation_failed", call.req.request_id, {},
                   {{pointer, rule, std::string(rule_text(rule))}});
}

// The answer of both exports. `read` gives the part after a sequence.
template <class Read>
Response send_history(const Services& s, const Call& call, Read read) {
    const auto format =
        parse_history_format(call.req.query_param("format").value_or("jsonl"));
    if (!format) return invalid(call, "/format", "unsupported");
    std::int64_t after = 0;
    if (const auto given = call.req.query_param("after")) {
        const auto [end, ec] = std::from_chars(given->data(), given->data() + given->size(), after);
        if (ec != std::errc() || end != given->data() + given->size() || after < 0)
            return invalid(call, "/after", "range");
    }
    const Outcome<AuditPart> part = read(after);
    if (!part) return problem_response(part.error(), call.req.request_id);
    Response res;
    res.content_type = std::string(history_media_type(*format)) + "; charset=utf-8";
    res.body = history_text(*format, *part, after == 0, s.core.settings.public_url,
                            s.core.clock.now());
    const bool csv = *format == HistoryFormat::csv;
    if (part->next_after != 0)
        res.set("Link", "<" + std::string(call.req.path) + (csv ? "?format=csv" : "?format=jsonl") +
                            "&after=" + std::to_string(part->next_after) + ">; rel=\"next\"");
    return std::move(res.set("Content-Disposition", csv ? "attachment; filename=\"history.csv\""
                                                        : "attachment; filename=\"history.jsonl\""));
}

Response user_export(const Services& s, Call& call) {
    return send_history(s, call, [&](std::int64_t after) {
        return AuditExport(s.core).of_user(call.caller, call.req.param("user"), after);
    });
}

Response application_export(const Services& s, Call& call) {
    return send_history(s, call, [&](std::int64_t after) {
        return AuditExport(s.core).of_application(call.caller, after);
    });
}

}  // namespace

void add_audit_operations(const Services& s, std::vector<Operation>& ops) {
    const auto run = [&s](Response (*handler)(const Services&, Call&)) {
        return [&s, handler](Call& call) { return handler(s, call); };
    };
    const std::vector<std::string> types{"application/x-ndjson", "text/csv"};
    ops.push_back(
        {.path = "/v1/users/{user}/audit/export",
         .auth = Auth::key_or_session,
         .scope = "audit",
         .id = "exportUserAudit",
         .tag = "Audit",
         .summary = "A user's whole history, to keep and to check",
         .description =
             "`format` is `jsonl` (default) or `csv`. Oldest first, in parts of 2,000 events: "
             "while there is more, `Link` names the next (`rel=\"next\"`). Put one behind the "
             "other; JSON lines end with a line of type `end`. They hold the key of this one "
             "chain and the signed checkpoints over it: `@twofold/elements/audit` checks them "
             "against `/.well-known/jwks.json`.",
         .text = types,
         .errors = {"not_found"},
         .query = {"format", "after"},
         .run = run(user_export)});
    ops.push_back({.path = "/v1/audit/export",
                   .auth = Auth::key,
                   .scope = "audit",
                   .id = "exportAudit",
                   .tag = "Audit",
                   .summary = "The application's own history: its keys and settings",
                   .description = "As of one user. Users have histories of their own.",
                   .text = types,
                   .query = {"format", "after"},
                   .run = run(application_export)});
}

}  // namespace twofold::http
