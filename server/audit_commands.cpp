#include <iostream>

#include "server/commands.hpp"
#include "server/domain/audit_export.hpp"
#include "server/http/audit_text.hpp"
#include "server/runtime.hpp"

namespace twofold {

using domain::AuditExport;
using domain::AuditPart;
using domain::Outcome;
using platform::CommandLine;

namespace {

std::string why(const domain::Problem& p, const CommandLine& line) {
    if (p.code != domain::Code::not_found) return "The database does not answer; try again.";
    return line.user.empty() ? "There is no application of that name."
                             : "That application has no user of that id.";
}

// Prints one history; csv has its heading once, before the first. The Problem that stopped it.
std::optional<domain::Problem> print_chain(Runtime& runtime, http::HistoryFormat format,
                                           const std::string& chain, bool first) {
    AuditExport exports(*runtime.core);
    std::int64_t after = 0;
    do {
        const Outcome<AuditPart> part = exports.of_chain(chain, after);
        if (!part) return part.error();
        const bool begins = after == 0 && (first || format == http::HistoryFormat::jsonl);
        std::cout << http::history_text(format, *part, begins, runtime.core->settings.public_url,
                                        runtime.core->clock.now());
        after = part->next_after;
    } while (after != 0);
    return std::nullopt;
}

}  // namespace

int audit_export(const CommandLine& line) {
    auto opened = Runtime::open(line.config, nullptr);
    if (!opened) return failed(opened.error().what);
    Runtime& runtime = **opened;
    AuditExport exports(*runtime.core);
    const auto format = http::parse_history_format(line.format);
    if (!format) return 2;
    bool first = true;
    std::vector<std::string> names;
    std::string page;
    if (!line.user.empty()) {
        const auto chain = exports.chain_of_user(line.application, line.user);
        if (!chain) return failed(why(chain.error(), line));
        names.push_back(*chain);
    }
    do {
        if (line.user.empty()) {
            auto found = exports.chains_of_application(line.application, page);
            if (!found) return failed(why(found.error(), line));
            names = std::move(found->names);
            page = found->last;
        }
        for (const std::string& chain : names) {
            if (const auto stopped = print_chain(runtime, *format, chain, first))
                return failed(why(*stopped, line));
            first = false;
        }
    } while (!page.empty());
    if (!std::cout.flush()) return failed("The output could not be written.");
    return 0;
}

}  // namespace twofold
