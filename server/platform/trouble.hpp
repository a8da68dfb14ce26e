// trouble.hpp - why the operator's command failed: one plain sentence that says what to do next.
// Read by the person at the terminal; never holds a secret, a password or SQL.
#pragma once
#include <string>

namespace twofold::platform {

struct Trouble {
    std::string what;
};

}  // namespace twofold::platform
