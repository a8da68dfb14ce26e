// audit_text.hpp - an exported history as text, for the API and the command line alike.
//   JSON lines  one object a line: "history", "event"…, and after the last part "checkpoint"…, "end".
//               Holds all that src/audit.ts of the wasm package needs to check it (docs/adr/0016)
//   CSV         RFC 4180, for people and spreadsheets: a cell that a spreadsheet would take for a
//               formula begins with an apostrophe (security 86). Cannot be checked
#pragma once
#include <string>

#include "server/domain/audit_export.hpp"

namespace twofold::http {

enum class HistoryFormat { jsonl, csv };

// "jsonl" or "csv".
std::optional<HistoryFormat> parse_history_format(std::string_view text);
// Without parameters.
std::string_view history_media_type(HistoryFormat format);

// `first`: the part begins with what stands once in a file. `issuer`: the public URL, where the
// keys of the checkpoints are published.
std::string history_text(HistoryFormat format, const domain::AuditPart& part, bool first,
                         std::string_view issuer, domain::Instant now);

// One CSV cell, quoted; never a formula.
std::string csv_cell(std::string_view text);

}  // namespace twofold::http
