#include "server/http/openapi.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "server/http/dto.hpp"
#include "server/http/schemas.hpp"

namespace twofold::http {
namespace {

Out ref(const std::string& schema) { return Out{{"$ref", "#/components/schemas/" + schema}}; }

std::string lowered(std::string_view text) {
    std::string out(text);
    for (char& c : out) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    }
    return out;
}

bool mutates(const Operation& op) { return op.method != Method::get && op.method != Method::head; }
bool by_key(const Operation& op) {
    return op.auth == Auth::key || op.auth == Auth::key_or_session ||
           op.auth == Auth::key_or_partial;
}
bool by_session(const Operation& op) { return op.auth != Auth::none && op.auth != Auth::key; }

Out parameters(const Operation& op) {
    Out out = Out::array();
    std::size_t at = 0;
    while ((at = op.path.find('{', at)) != std::string::npos) {
        const std::string name = op.path.substr(at + 1, op.path.find('}', at) - at - 1);
        Out p{{"name", name}, {"in", "path"}, {"required", true}};
        if (name == "user") {
            p["description"] = "Your own id of the user, or `me` with a session.";
            p["schema"] = Out{{"type", "string"}, {"pattern", "^[A-Za-z0-9._@+:-]{1,128}$"}};
            p["example"] = "alice";
        } else {
            p["schema"] = Out{{"type", "string"}, {"maxLength", 64}};
            p["example"] = op.path.find("/challenges/") != std::string::npos ? "chl_01hzx3k9b2"
                                                                             : "enr_01hzx3k9b2";
        }
        out.push_back(std::move(p));
        ++at;
    }
    for (const std::string& name : op.query) {
        Out p{{"name", name}, {"in", "query"}, {"required", false}};
        if (name == "limit") {
            p["schema"] =
                Out{{"type", "integer"}, {"minimum", 1}, {"maximum", 100}, {"default", 50}};
        } else {
            p["schema"] = Out{
                {"type", "string"}, {"minLength", 1}, {"maxLength", name == "cursor"  ? 64
                                                                             : name == "query" ? 254
                                                                                               : 128}};
        }
        out.push_back(std::move(p));
    }
    if (op.idempotent) {
        out.push_back(Out{{"name", "Idempotency-Key"},
                          {"in", "header"},
                          {"required", false},
                          {"description", "Same key and body: same answer, one effect."},
                          {"schema", Out{{"type", "string"}, {"pattern", "^[!-~]{1,128}$"}}}});
    }
    if (by_session(op) && mutates(op)) {
        out.push_back(Out{{"name", "X-CSRF-Token"},
                          {"in", "header"},
                          {"required", false},
                          {"description", "Needed with a session cookie."},
                          {"schema", Out{{"type", "string"}}}});
    }
    return out;
}

Out security(const Operation& op) {
    Out out = Out::array();
    if (by_key(op)) {
        Out scopes = Out::array();
        if (!op.scope.empty()) scopes.push_back(op.scope);
        out.push_back(Out{{"apiKey", scopes}});
    }
    if (by_session(op)) out.push_back(Out{{"session", Out::array()}});
    if (op.auth == Auth::optional_session) out.push_back(Out::object());
    return out;
}

Out responses(const Operation& op, const Json& schemas) {
    Out out;
    Out good{{"description", op.summary}};
    if (!op.response.empty()) {
        Out media{{"schema", ref(op.response)},
                  {"example", Out(schemas.at(op.response).at("example"))}};
        const std::string type = op.id == "jwks" ? "application/jwk-set+json" : "application/json";
        good["content"] = Out{{type, std::move(media)}};
    }
    for (const std::string& type : op.text)
        good["content"][type] = Out{{"schema", Out{{"type", "string"}}}, {"example", ""}};
    out[std::to_string(op.success)] = good;
    if (op.id == "putUser") out["201"] = good;
    std::map<int, std::vector<std::string>> by_status;
    for (const std::string& code : problem_codes(op))
        by_status[find_problem(code)->status].push_back(code);
    for (const auto& [status, codes] : by_status) {
        std::string list;
        for (const std::string& c : codes) list += (list.empty() ? "`" : ", `") + c + "`";
        Out examples = Out::object();
        for (const std::string& c : codes)
            examples[c] = Out{{"$ref", "#/components/examples/" + c}};
        Out schema{
            {"allOf", Out::array({ref("Problem"),
                                  Out{{"properties", Out{{"code", Out{{"enum", codes}}}}}}})}};
        out[std::to_string(status)] = Out{
            {"description", list},
            {"content",
             Out{{"application/problem+json", Out{{"schema", schema}, {"examples", examples}}}}}};
    }
    return out;
}

Out problem_schema() {
    Out codes = Out::array();
    for (const ProblemKind& kind : kProblems) codes.push_back(std::string(kind.code));
    Out properties;
    properties["type"] = Out{{"type", "string"}};
    properties["title"] = Out{{"type", "string"}};
    properties["status"] = Out{{"type", "integer"}};
    properties["detail"] = Out{{"type", "string"}};
    properties["code"] =
        Out{{"type", "string"}, {"enum", codes}, {"description", "Stable; switch over it."}};
    properties["request_id"] = Out{{"type", "string"}};
    properties["attempts_remaining"] = Out{{"type", "integer"}, {"minimum", 0}};
    properties["retry_after_s"] = Out{{"type", "integer"}, {"minimum", 0}};
    properties["errors"] =
        Out{{"type", "array"},
            {"items", Out{{"type", "object"},
                          {"required", Out::array({"pointer", "code", "detail"})},
                          {"properties", Out{{"pointer", Out{{"type", "string"}}},
                                             {"code", Out{{"type", "string"}}},
                                             {"detail", Out{{"type", "string"}}}}}}}};
    return Out{
        {"type", "object"},
        {"description", "RFC 9457."},
        {"required", Out::array({"type", "title", "status", "detail", "code", "request_id"})},
        {"properties", properties},
        {"example", Out::parse(problem("not_found", "req_01hzx3k9b2").body)}};
}

std::string escaped(std::string_view text) {
    std::string out;
    for (char c : text) {
        switch (c) {
            case '&':
                out += "&amp;";
                break;
            case '<':
                out += "&lt;";
                break;
            case '>':
                out += "&gt;";
                break;
            case '"':
                out += "&quot;";
                break;
            default:
                out += c;
        }
    }
    return out;
}

std::string_view auth_text(Auth auth) {
    switch (auth) {
        case Auth::none:
            return "anyone";
        case Auth::optional_session:
            return "anyone; a session counts";
        case Auth::session:
            return "session";
        case Auth::partial_session:
            return "session, second step open or done";
        case Auth::key:
            return "API key";
        case Auth::key_or_session:
            return "API key, or session for me";
        case Auth::key_or_partial:
            return "API key, or the session it is bound to";
    }
    return "";
}

}  // namespace

std::vector<std::string> problem_codes(const Operation& op) {
    std::set<std::string> codes(op.errors.begin(), op.errors.end());
    // What the front and the gate can say to any call of this kind.
    codes.insert({"malformed_request", "credential_in_url", "misdirected_host", "request_timeout",
                  "internal"});
    if (op.lane != Lane::direct) codes.insert({"unavailable", "overloaded"});
    if (op.id == "ready") codes.insert("unavailable");
    if (op.auth != Auth::none || mutates(op)) codes.insert("origin_refused");
    if (op.body != Body::none) {
        codes.insert(
            {"malformed_json", "unsupported_media_type", "payload_too_large", "validation_failed"});
    }
    if (!op.query.empty() || op.idempotent || !mutates(op)) codes.insert("validation_failed");
    if (op.auth != Auth::none) {
        codes.insert("unauthenticated");
        if (op.auth != Auth::optional_session) codes.insert("forbidden");
    }
    // Also of calls open to a half-signed session: one that came by a re-enrol link may not.
    if (op.auth != Auth::none && op.auth != Auth::optional_session && op.auth != Auth::key)
        codes.insert("second_factor_required");
    if (by_session(op) && mutates(op)) codes.insert("csrf_required");
    if (op.idempotent) {
        codes.insert({"idempotency_mismatch", "idempotency_in_flight", "idempotency_expired"});
    }
    std::vector<std::string> out;
    for (const ProblemKind& kind : kProblems) {
        if (codes.count(std::string(kind.code)) != 0) out.emplace_back(kind.code);
    }
    return out;
}

std::string openapi_json(const std::vector<Operation>& ops, const std::string& version) {
    const Json schemas = Json::parse(schemas_text());
    Out doc;
    doc["openapi"] = "3.1.0";
    doc["info"] = Out{{"title", "Twofold"},
                      {"version", version},
                      {"description",
                       "Two-factor authentication for an account system that already asks for a "
                       "password. JSON in UTF-8; errors are application/problem+json with a stable "
                       "`code`."}};
    doc["servers"] = Out::array({Out{{"url", "/"}}});
    Out paths = Out::object();
    for (const Operation& op : ops) {
        Out entry{{"operationId", op.id}, {"tags", Out::array({op.tag})}, {"summary", op.summary}};
        if (!op.description.empty()) entry["description"] = op.description;
        if (Out p = parameters(op); !p.empty()) entry["parameters"] = std::move(p);
        entry["security"] = security(op);
        if (op.body != Body::none) {
            entry["requestBody"] = Out{
                {"required", op.body != Body::optional},
                {"content", Out{{"application/json",
                                 Out{{"schema", ref(op.request)},
                                     {"example", Out(schemas.at(op.request).at("example"))}}}}}};
        }
        entry["responses"] = responses(op, schemas);
        paths[op.path][lowered(name(op.method))] = std::move(entry);
    }
    doc["paths"] = std::move(paths);
    Out components;
    components["schemas"] = Out::parse(schemas_text());
    components["schemas"]["Problem"] = problem_schema();
    Out examples = Out::object();
    for (const ProblemKind& kind : kProblems) {
        examples[std::string(kind.code)] =
            Out{{"summary", std::string(kind.title)},
                {"value", Out::parse(problem(kind.code, "req_01hzx3k9b2").body)}};
    }
    components["examples"] = std::move(examples);
    components["securitySchemes"] = Out{
        {"apiKey", Out{{"type", "http"}, {"scheme", "bearer"}, {"bearerFormat", "tfk_…"}}},
        {"session", Out{{"type", "apiKey"},
                        {"in", "cookie"},
                        {"name", "__Host-twofold_session"},
                        {"description",
                         "`twofold_session` where the public URL is plain http on loopback."}}}};
    doc["components"] = std::move(components);
    return doc.dump();
}

std::string docs_html(const std::vector<Operation>& ops, const std::string& version) {
    const Json schemas = Json::parse(schemas_text());
    std::string out =
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
        "content=\"width=device-width\"><title>Twofold API</title><link rel=\"stylesheet\" "
        "href=\"/docs/style.css\"></head><body><main><h1>Twofold API</h1><p>Version " +
        escaped(version) +
        ". The same as a document: <a href=\"/openapi.json\">openapi.json</a> (OpenAPI 3.1).</p>"
        "<p>Send an API key as <code>Authorization: Bearer tfk_…</code>, never in a URL. Errors "
        "are "
        "<code>application/problem+json</code>: switch over <code>code</code>, quote "
        "<code>request_id</code>. Calls marked with a key accept <code>Idempotency-Key</code>.</p>"
        "<table><thead><tr><th>Call</th><th>Who</th><th>Scope</th></tr></thead><tbody>";
    for (const Operation& op : ops) {
        out += "<tr><td><a href=\"#" + op.id + "\"><code>" + std::string(name(op.method)) + " " +
               escaped(op.path) + "</code></a></td><td>" + std::string(auth_text(op.auth)) +
               "</td><td>" + escaped(op.scope) + "</td></tr>";
    }
    out += "</tbody></table>";
    const auto example = [&schemas](const std::string& title, const std::string& schema) {
        return "<h3>" + title + "</h3><pre>" +
               escaped(Out(schemas.at(schema).at("example")).dump(2)) + "</pre>";
    };
    for (const Operation& op : ops) {
        out += "<section id=\"" + op.id + "\"><h2><code>" + std::string(name(op.method)) + " " +
               escaped(op.path) + "</code></h2><p>" + escaped(op.summary) + ".";
        if (!op.description.empty()) out += " " + escaped(op.description);
        out += "</p><p>Who: " + std::string(auth_text(op.auth));
        if (!op.scope.empty()) out += "; scope <code>" + escaped(op.scope) + "</code>";
        if (op.idempotent) out += "; takes <code>Idempotency-Key</code>";
        out += "</p>";
        if (op.body != Body::none) out += example("Body", op.request);
        out += op.response.empty() ? "<h3>Answer: " + std::to_string(op.success) + "</h3>"
                                   : example("Answer: " + std::to_string(op.success), op.response);
        out += "<p>Problems: ";
        for (const std::string& code : problem_codes(op)) out += "<code>" + code + "</code> ";
        out += "</p></section>";
    }
    return out + "</main></body></html>";
}

std::string_view docs_css() {
    return "body{font:16px/1.5 system-ui,sans-serif;margin:0;color:#1b1f24;background:#fff}"
           "main{max-width:60rem;margin:0 "
           "auto;padding:1rem}table{border-collapse:collapse;width:100%}"
           "th,td{text-align:left;padding:.25rem .5rem;border-bottom:1px solid "
           "#d0d7de;overflow-wrap:anywhere}"
           "section{margin-top:2.5rem}h2{font-size:1.1rem}h3{font-size:1rem;margin-bottom:.25rem}"
           "pre{background:#f4f6f8;padding:.75rem;overflow:auto;white-space:pre-wrap;overflow-wrap:"
           "anywhere}"
           "@media "
           "(prefers-color-scheme:dark){body{color:#e6edf3;background:#0d1117}a{color:#6cb6ff}"
           "pre{background:#161b22}th,td{border-color:#30363d}}";
}

}  // namespace twofold::http
