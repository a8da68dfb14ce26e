// routes.hpp - every call of the contract, grouped as the files that hold them.
// A handler reads its body, calls one use case and maps the result.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "server/domain/core.hpp"
#include "server/http/app.hpp"
#include "server/http/gate.hpp"
#include "server/http/operation.hpp"

namespace twofold::http {

struct Services {
    domain::Core& core;
    const AppSettings& settings;
    const Gate& gate;
};

// Services outlive the operations.
void add_client_operations(const Services&, std::vector<Operation>&);  // /client/…
void add_user_operations(const Services&, std::vector<Operation>&);    // /v1/users/{user}/…
void add_challenge_operations(const Services&,
                              std::vector<Operation>&);  // /v1/challenges, assertions, audit
void add_support_operations(const Services&, std::vector<Operation>&);  // cases, desk, links
void add_device_operations(const Services&, std::vector<Operation>&);  // …/devices
void add_audit_operations(const Services&, std::vector<Operation>&);   // exports of histories
void add_system_operations(const Services&, std::vector<Operation>&);  // health, JWKS, demo

// 422 with everything that is wrong with the body.
Response refuse_body(const Call& call);

}  // namespace twofold::http
