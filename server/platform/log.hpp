// log.hpp - one JSON object a line, to stderr (security 83, 84).
//   {"at":"2026-05-04T12:00:00.123Z","level":"info","event":"request","request_id":"req_…",…}
// Every value passes through one place that writes ASCII only: control characters, line breaks,
// ANSI escapes, bidirectional controls and anything else a terminal or a reader might obey become
// \uXXXX, and bytes that are not UTF-8 become U+FFFD; so no text of a user can forge or hide a
// line. Callers pass ids, codes and counts; never a code, secret, token, password or full address.
// Thread-safe and asynchronous: a full queue drops its oldest lines rather than stop the server.
#pragma once
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

namespace twofold::platform {

enum class Level { debug, info, warning, error };
struct LogField {
    std::string_view name;
    std::variant<std::string_view, std::int64_t> value;
};

// The line, without its line break; pure. `at_ms`: milliseconds since the epoch.
std::string log_line(std::int64_t at_ms, Level level, std::string_view event,
                     const LogField* fields, std::size_t count);

class Log {
 public:
    explicit Log(Level lowest);
    ~Log();  // writes what is queued
    Log(const Log&) = delete;
    Log& operator=(const Log&) = delete;

    void write(Level level, std::string_view event, std::initializer_list<LogField> fields = {});
    void flush();

 private:
    struct Sink;
    std::unique_ptr<Sink> sink_;
    Level lowest_;
};

}  // namespace twofold::platform
