// schemas.hpp - the components.schemas of /openapi.json (JSON Schema 2020-12), each with an example.
#pragma once
#include <string_view>

namespace twofold::http {

// A JSON object: name -> schema.
std::string_view schemas_text();

}  // namespace twofold::http
