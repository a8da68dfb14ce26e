// commands.hpp - what the command line can do beside serving. Each returns the exit code: 0 done,
// 1 failed, after one plain sentence on stderr that says what to do.
#pragma once
#include "server/platform/config.hpp"

namespace twofold {

int migrate(const platform::CommandLine& line);
int check_config(const platform::CommandLine& line);
int api_key_create(const platform::CommandLine& line);
int api_key_list(const platform::CommandLine& line);
int api_key_revoke(const platform::CommandLine& line);
int audit_verify(const platform::CommandLine& line);

// audit_commands.cpp
int audit_export(const platform::CommandLine& line);

// agent_commands.cpp
int agent_add(const platform::CommandLine& line);
int agent_list(const platform::CommandLine& line);
int agent_end(const platform::CommandLine& line);

// delivery_commands.cpp
int application_set(const platform::CommandLine& line);
int whatsapp_template_create(const platform::CommandLine& line);
int whatsapp_template_check(const platform::CommandLine& line);

// key_commands.cpp; rule 12 decides what is refused.
int keys_init(const platform::CommandLine& line);
int keys_add(const platform::CommandLine& line);
int keys_list(const platform::CommandLine& line);
int keys_activate(const platform::CommandLine& line);
int keys_retire(const platform::CommandLine& line);

// serve.cpp: runs until SIGTERM or SIGINT.
int serve(const platform::CommandLine& line);

// Says it on stderr; 1.
int failed(const std::string& what);

}  // namespace twofold
