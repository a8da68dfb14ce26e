// schemas.hpp - the components.schemas of /openapi.json (JSON Schema 2020-12), each with an
// example. Kept in schemas.json, which the build puts into the program. Requests are closed objects
// (unknown members are refused); answers list all members they may hold. tests/api checks the
// examples against the schemas, and the server against both.
#pragma once
#include <string_view>

namespace twofold::http {

// A JSON object: name -> schema.
std::string_view schemas_text();

}  // namespace twofold::http
