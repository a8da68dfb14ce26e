#include "server/http/audit_text.hpp"

#include "server/domain/digest.hpp"
#include "server/http/dto.hpp"

namespace twofold::http {
namespace {

using domain::AuditPart;
using domain::ExportedCheckpoint;
using domain::ExportedEvent;

// ASCII, so that no text can steer a terminal. A row of the database may hold anything by now: bytes
// that are no UTF-8 are replaced, and the mac no longer fits.
void add_line(std::string& out, const Out& value) {
    out += value.dump(-1, ' ', true, Out::error_handler_t::replace);
    out += '\n';
}

Out details_json(const domain::TextMap& details) {
    Out out = Out::object();
    for (const auto& [name, value] : details) out[name] = value;
    return out;
}

Out event_line(const ExportedEvent& event) {
    const domain::AuditRow& row = event.row;
    Out out{{"type", "event"},
            {"sequence", row.sequence},
            {"id", row.id.value},
            {"at", rfc3339(row.at)},
            {"actor", row.actor},
            {"action", row.action},
            {"method", row.method},
            {"result", row.result},
            {"object", row.object},
            {"request_id", row.request_id},
            {"application", row.application.value},
            {"user", row.user.value}};
    if (event.details) out["details"] = details_json(*event.details);
    if (!event.details_key.empty()) out["details_key"] = event.details_key;
    out["details_sealed"] = row.details.text;
    if (event.rule == 1) out["rule"] = 1;
    out["previous_mac"] = row.previous_mac;
    out["mac"] = row.mac;
    return out;
}

Out checkpoint_line(const ExportedCheckpoint& given) {
    Out path = Out::array();
    for (const PathStep& step : given.path)
        path.push_back((step.sibling_is_left ? "L" : "R") + domain::hex_text(step.sibling));
    return {{"type", "checkpoint"},
            {"number", given.row.number},
            {"at", rfc3339(given.row.at)},
            {"previous_hash", given.row.previous_hash},
            {"entries_hash", given.row.entries_hash},
            {"length", given.head.length},
            {"mac", given.head.mac},
            {"path", std::move(path)},
            {"kid", given.row.key_id},
            {"signature", given.row.signature}};
}

std::string lines(const AuditPart& part, bool first, std::string_view issuer,
                  domain::Instant now) {
    std::string out;
    out.reserve(part.events.size() * 1024 + 4096);
    if (first) {
        const ByteView key = part.key.expose();
        add_line(out, {{"type", "history"},
                       {"version", 1},
                       {"issuer", std::string(issuer)},
                       {"exported_at", rfc3339(now)},
                       {"application", part.application.value},
                       {"user", part.user},
                       {"chain", part.chain},
                       {"chain_key", std::string(key.begin(), key.end())}});
    }
    for (const ExportedEvent& event : part.events) add_line(out, event_line(event));
    if (part.next_after != 0) return out;
    for (const ExportedCheckpoint& given : part.checkpoints) add_line(out, checkpoint_line(given));
    add_line(out, {{"type", "end"}, {"length", part.head.length}, {"mac", part.head.mac}});
    return out;
}

std::string csv(const AuditPart& part, bool first) {
    std::string out;
    const auto row = [&out](std::initializer_list<std::string_view> cells) {
        bool later = false;
        for (const std::string_view cell : cells) {
            if (later) out += ',';
            out += csv_cell(cell);
            later = true;
        }
        out += "\r\n";
    };
    if (first)
        row({"number", "time", "user", "who", "what", "method", "result", "object", "label", "ip",
             "user agent", "more", "request", "chain"});
    for (const ExportedEvent& event : part.events) {
        domain::TextMap details = event.details.value_or(domain::TextMap{});
        const auto take = [&details](const char* name) {
            const auto node = details.extract(name);
            return node.empty() ? std::string() : node.mapped();
        };
        const std::string label = take("label");
        const std::string ip = take("ip");
        const std::string agent = take("user_agent");
        std::string more;
        for (const auto& [name, value] : details)
            more += (more.empty() ? "" : "; ") + name + ": " + value;
        const domain::AuditRow& r = event.row;
        row({std::to_string(r.sequence), rfc3339(r.at), part.user, r.actor, r.action, r.method,
             r.result, r.object, label, ip, agent, more, r.request_id, part.chain});
    }
    return out;
}

}  // namespace

std::optional<HistoryFormat> parse_history_format(std::string_view text) {
    if (text == "jsonl") return HistoryFormat::jsonl;
    if (text == "csv") return HistoryFormat::csv;
    return std::nullopt;
}

std::string_view history_media_type(HistoryFormat format) {
    return format == HistoryFormat::csv ? "text/csv" : "application/x-ndjson";
}

std::string history_text(HistoryFormat format, const AuditPart& part, bool first,
                         std::string_view issuer, domain::Instant now) {
    return format == HistoryFormat::csv ? csv(part, first) : lines(part, first, issuer, now);
}

std::string csv_cell(std::string_view text) {
    std::string out = "\"";
    // OWASP, "CSV injection"; the last four are = + - @ in full width, which East Asian versions
    // take for the same.
    static constexpr std::string_view kWide[] = {"\xEF\xBC\x9D", "\xEF\xBC\x8B", "\xEF\xBC\x8D",
                                                 "\xEF\xBC\xA0"};
    bool formula =
        !text.empty() && std::string_view("=+-@\t\r\n").find(text[0]) != std::string_view::npos;
    for (const std::string_view wide : kWide) formula = formula || text.starts_with(wide);
    if (formula) out += '\'';
    for (const char c : text) {
        if (c == '"') out += '"';
        out += c;
    }
    return out + '"';
}

}  // namespace twofold::http
