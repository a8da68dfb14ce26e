#include "server/http/problem.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace twofold::http {

const ProblemKind* find_problem(std::string_view code) {
    const auto it = std::find_if(kProblems.begin(), kProblems.end(),
                                 [&](const ProblemKind& p) { return p.code == code; });
    return it == kProblems.end() ? nullptr : &*it;
}

std::string json_quote(std::string_view text) {
    return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

namespace {

Response make(std::string_view code, const std::string& request_id, std::string_view detail,
              const std::string& members, int status) {
    const ProblemKind* kind = find_problem(code);
    if (kind == nullptr) kind = find_problem("internal");
    Response res;
    res.status = status == 0 ? kind->status : status;
    res.code = kind->code;
    res.content_type = "application/problem+json; charset=utf-8";
    // `type` stays about:blank (RFC 9457 section 4.2.1): `code` is the stable handle.
    res.body = "{\"type\":\"about:blank\",\"title\":" + json_quote(kind->title) +
               ",\"status\":" + std::to_string(res.status) + ",\"code\":\"" +
               std::string(kind->code) + "\"";
    res.body += ",\"detail\":" + json_quote(detail.empty() ? kind->advice : detail);
    res.body += ",\"request_id\":" + json_quote(request_id);
    if (!members.empty()) res.body += "," + members;
    res.body += "}";
    if (res.status == 503) res.set("Retry-After", "1");
    if (res.status == 401) res.set("WWW-Authenticate", "Bearer realm=\"twofold\"");
    return res;
}

}  // namespace

Response problem(std::string_view code, const std::string& request_id, std::string_view detail,
                 const std::vector<FieldError>& errors, int status) {
    std::string members;
    for (const FieldError& e : errors) {
        members += members.empty() ? "\"errors\":[" : ",";
        members += "{\"pointer\":" + json_quote(e.pointer) + ",\"code\":" + json_quote(e.code) +
                   ",\"detail\":" + json_quote(e.detail) + "}";
    }
    if (!members.empty()) members += "]";
    return make(code, request_id, detail, members, status);
}

Response problem_with(std::string_view code, const std::string& request_id, std::string_view detail,
                      const std::string& members) {
    return make(code, request_id, detail, members, 0);
}

}  // namespace twofold::http
