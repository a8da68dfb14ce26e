#include "server/commands.hpp"

#include <iostream>
#include <nlohmann/json.hpp>

#include "server/domain/api_keys.hpp"
#include "server/domain/audit_log.hpp"
#include "server/runtime.hpp"
#include "server/storage/store.hpp"

namespace twofold {

using nlohmann::ordered_json;
using platform::CommandLine;

namespace {

// JSON for programs: ASCII only, so that no name can steer a terminal.
void print(const ordered_json& value) {
    std::cout << value.dump(2, ' ', true, ordered_json::error_handler_t::replace) << "\n";
}
std::string ascii_quoted(std::string_view text) {
    return ordered_json(text).dump(-1, ' ', true, ordered_json::error_handler_t::replace);
}

std::string time_text(domain::Instant at) {
    using namespace std::chrono;
    const std::time_t t = at.time_since_epoch().count();
    std::tm tm{};
    gmtime_r(&t, &tm);
    char out[32];
    std::strftime(out, sizeof out, "%Y-%m-%dT%H:%M:%SZ", &tm);
    return out;
}

std::string scope_text(const domain::Scopes& scopes) {
    std::string out;
    for (const domain::Scope s : scopes) {
        if (!out.empty()) out += ',';
        out += platform::name_of(s);
    }
    return out;
}

// A refusal of a use case, for the operator.
std::string why(const domain::Problem& p) {
    switch (p.code) {
        case domain::Code::unavailable:
        case domain::Code::overloaded:
            return "The database does not answer; try again.";
        case domain::Code::not_found:
            return "There is none of that name.";
        case domain::Code::validation_failed: {
            std::string out = "That is not accepted:";
            for (const auto& f : p.fields)
                out += " " + f.pointer.substr(f.pointer.starts_with('/') ? 1 : 0) + " (" + f.rule +
                       ")";
            return out + ".";
        }
        default:
            return "That was refused.";
    }
}

}  // namespace

int failed(const std::string& what) {
    std::cerr << "twofold: " << what << "\n";
    return 1;
}

int migrate(const CommandLine& line) {
    try {
        const int n = storage::migrate(line.config.database);
        if (n == 0) {
            std::cout << "The database is up to date.\n";
        } else {
            std::cout << "The database was brought up to date (" << n
                      << (n == 1 ? " migration" : " migrations") << ").\n";
        }
        return 0;
    } catch (const storage::StorageError& e) {
        return failed(std::string("Database: ") + e.what());
    }
}

int check_config(const CommandLine& line) {
    const auto ring = platform::KeyRing::load(line.config.keys);
    if (!ring) return failed(ring.error().what);
    std::cout << "The settings are complete: " << line.config.settings.public_url << " on "
              << line.config.listen << ", key ring " << ring->ids() << ".\n";
    return 0;
}

int api_key_create(const CommandLine& line) {
    auto runtime = Runtime::open(line.config, nullptr);
    if (!runtime) return failed(runtime.error().what);
    domain::ApiKeys keys(*(*runtime)->core);
    const auto made =
        keys.create(operator_caller((*runtime)->random), line.application, line.scopes, line.name);
    if (!made) return failed(why(made.error()));
    if (line.json) {
        ordered_json scopes = ordered_json::array();
        for (const domain::Scope s : line.scopes) scopes.push_back(platform::name_of(s));
        print({{"id", made->id.value},
               {"key", made->key},
               {"application", {{"id", made->application.value}, {"name", line.application}}},
               {"name", line.name},
               {"scopes", scopes}});
    } else {
        std::cout << made->key << "\n";
        std::cerr << "This is the key (" << made->id.value << ") of "
                  << ascii_quoted(line.application)
                  << ". It is shown this once; keep it where your back end reads its secrets.\n";
    }
    return 0;
}

int api_key_list(const CommandLine& line) {
    auto store = open_database(line.config, false, nullptr);
    if (!store) return failed(store.error().what);
    std::vector<domain::ApiKeyRow> rows;
    bool known = false;
    const auto done = (*store)->read([&](domain::Tx& tx) {
        rows.clear();
        const auto application = tx.application_named(line.application);
        known = application.has_value();
        if (application) rows = tx.api_keys(application->id);
    });
    if (!done) return failed(why(done.error()));
    if (!known) return failed("There is no application of that name.");
    ordered_json items = ordered_json::array();
    for (const domain::ApiKeyRow& k : rows) {
        if (line.json) {
            items.push_back(
                {{"id", k.id.value},
                 {"name", k.name},
                 {"scopes", scope_text(k.scopes)},
                 {"created_at", time_text(k.created_at)},
                 {"last_used_at",
                  k.last_used_at ? ordered_json(time_text(*k.last_used_at)) : ordered_json()},
                 {"revoked_at",
                  k.revoked_at ? ordered_json(time_text(*k.revoked_at)) : ordered_json()}});
        } else {
            std::cout << k.id.value << "  " << time_text(k.created_at) << "  "
                      << (k.revoked_at ? "revoked" : "live   ") << "  " << scope_text(k.scopes)
                      << "  " << ascii_quoted(k.name) << "\n";
        }
    }
    if (line.json) print({{"items", items}});
    return 0;
}

int api_key_revoke(const CommandLine& line) {
    auto runtime = Runtime::open(line.config, nullptr);
    if (!runtime) return failed(runtime.error().what);
    domain::ApiKeys keys(*(*runtime)->core);
    const auto done = keys.revoke(operator_caller((*runtime)->random), domain::ApiKeyId{line.id});
    if (!done) {
        return failed(done.error().code == domain::Code::not_found
                          ? "There is no live key of that id."
                          : why(done.error()));
    }
    std::cout << "The key is revoked; every server refuses it within a second.\n";
    return 0;
}

int audit_verify(const CommandLine& line) {
    auto runtime = Runtime::open(line.config, nullptr);
    if (!runtime) return failed(runtime.error().what);
    const auto report = domain::Audit(*(*runtime)->core).verify();
    if (!report) return failed(why(report.error()));
    if (line.json) {
        ordered_json faults = ordered_json::array();
        for (const domain::AuditFault& f : report->faults) {
            faults.push_back({{"chain", f.chain}, {"sequence", f.sequence}, {"what", f.what}});
        }
        print({{"chains", report->chains},
               {"events", report->events},
               {"checkpoints", report->checkpoints},
               {"faults", faults}});
    } else {
        for (const domain::AuditFault& f : report->faults) {
            std::cout << "BROKEN " << ascii_quoted(f.chain) << " at event " << f.sequence << ": "
                      << f.what << "\n";
        }
        std::cout << report->events << " events in " << report->chains << " chains, "
                  << report->checkpoints
                  << " checkpoints: " << (report->faults.empty() ? "all whole.\n" : "NOT whole.\n");
    }
    return report->faults.empty() ? 0 : 1;
}

}  // namespace twofold
