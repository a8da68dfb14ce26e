// rfc3339.hpp - instants as text (RFC 3339 section 5.6). Pure; thread-safe.
#pragma once
#include <string>

#include "server/domain/types.hpp"

namespace twofold::domain {

// UTC, whole seconds: "2026-05-04T12:00:00Z". Years 0 to 9999; others are written with more digits.
std::string rfc3339(Instant at);

}  // namespace twofold::domain
