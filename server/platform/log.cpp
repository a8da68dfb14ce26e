#include "server/platform/log.hpp"

#include <spdlog/async.h>
#include <spdlog/async_logger.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <nlohmann/json.hpp>

namespace twofold::platform {
namespace {

constexpr std::size_t kQueue = 8192;

std::string_view name_of(Level level) {
    switch (level) {
        case Level::debug:
            return "debug";
        case Level::info:
            return "info";
        case Level::warning:
            return "warning";
        case Level::error:
            break;
    }
    return "error";
}

spdlog::level::level_enum spdlog_level(Level level) {
    switch (level) {
        case Level::debug:
            return spdlog::level::debug;
        case Level::info:
            return spdlog::level::info;
        case Level::warning:
            return spdlog::level::warn;
        case Level::error:
            break;
    }
    return spdlog::level::err;
}

// The one place: ASCII out, whatever comes in.
void put_text(std::string& line, std::string_view text) {
    const auto plain = [](char c) { return c >= ' ' && c <= '~' && c != '"' && c != '\\'; };
    if (std::all_of(text.begin(), text.end(), plain)) {  // nearly always, and ten times as fast
        line += '"';
        line += text;
        line += '"';
        return;
    }
    line += nlohmann::json(text).dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
}

std::string rfc3339(std::int64_t at_ms) {
    using namespace std::chrono;
    const sys_time<milliseconds> at{milliseconds{at_ms}};
    const auto day = floor<days>(at);
    const year_month_day date{day};
    const hh_mm_ss time{at - day};
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                       time.hours().count(), time.minutes().count(), time.seconds().count(),
                       time.subseconds().count());
}

}  // namespace

std::string log_line(std::int64_t at_ms, Level level, std::string_view event,
                     const LogField* fields, std::size_t count) {
    std::string line = R"({"at":")" + rfc3339(at_ms) + R"(","level":")" +
                       std::string(name_of(level)) + R"(","event":)";
    put_text(line, event);
    for (std::size_t i = 0; i < count; ++i) {
        line += ',';
        put_text(line, fields[i].name);
        line += ':';
        if (const auto* text = std::get_if<std::string_view>(&fields[i].value)) {
            put_text(line, *text);
        } else {
            line += std::to_string(std::get<std::int64_t>(fields[i].value));
        }
    }
    line += '}';
    return line;
}

struct Log::Sink {
    std::shared_ptr<spdlog::details::thread_pool> pool;
    std::shared_ptr<spdlog::async_logger> logger;
};

Log::Log(Level lowest) : sink_(std::make_unique<Sink>()), lowest_(lowest) {
    sink_->pool = std::make_shared<spdlog::details::thread_pool>(kQueue, 1);
    sink_->logger = std::make_shared<spdlog::async_logger>(
        "twofold", std::make_shared<spdlog::sinks::stderr_sink_mt>(), sink_->pool,
        spdlog::async_overflow_policy::overrun_oldest);
    sink_->logger->set_pattern("%v");
    sink_->logger->set_level(spdlog::level::trace);
    sink_->logger->flush_on(spdlog::level::warn);
}

Log::~Log() { flush(); }

void Log::flush() { sink_->logger->flush(); }

void Log::write(Level level, std::string_view event, std::initializer_list<LogField> fields) {
    if (level < lowest_) return;
    using namespace std::chrono;
    const std::int64_t now =
        duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
    const std::string line = log_line(now, level, event, fields.begin(), fields.size());
    // As one argument, never as the format.
    sink_->logger->log(spdlog_level(level), spdlog::string_view_t(line));
}

}  // namespace twofold::platform
