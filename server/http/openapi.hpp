// openapi.hpp - the API described from the route table itself: OpenAPI 3.1 and a plain page.
#pragma once
#include <string>
#include <vector>

#include "server/http/operation.hpp"

namespace twofold::http {

std::string openapi_json(const std::vector<Operation>& ops, const std::string& version);
std::string docs_html(const std::vector<Operation>& ops, const std::string& version);
std::string_view docs_css();

// Every problem code the operation can answer, its own and those of its kind, in the list's order.
std::vector<std::string> problem_codes(const Operation& op);

}  // namespace twofold::http
