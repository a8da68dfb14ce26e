#include "server/platform/log.hpp"

#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <nlohmann/json.hpp>
#include <thread>

namespace twofold::platform {
namespace {

// Lines of a moment are written together: under load a wake-up and a write each would cost more than
// making them does.
constexpr std::chrono::milliseconds kGather{20};
// A reader of ours that hangs must not make us grow: what does not fit is dropped, and counted.
constexpr std::size_t kMostWaiting = 4u << 20;

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

std::int64_t now_ms() {
    using namespace std::chrono;
    return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
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

// Gathers lines and has one thread write them.
class Log::Sink {
 public:
    Sink() : logger_("twofold", std::make_shared<spdlog::sinks::stderr_sink_st>()) {
        logger_.set_pattern("%v");
        logger_.set_level(spdlog::level::trace);
        thread_ = std::thread([this] { work(); });
    }
    ~Sink() {
        {
            const std::lock_guard lock(mutex_);
            stopping_ = true;
        }
        arrived_.notify_one();
        thread_.join();
    }
    Sink(const Sink&) = delete;
    Sink& operator=(const Sink&) = delete;

    void add(std::string_view line, bool at_once) {
        bool wake = false;
        {
            const std::lock_guard lock(mutex_);
            if (waiting_.size() + line.size() > kMostWaiting) {
                ++dropped_;
                return;
            }
            wake = waiting_.empty() || (at_once && !at_once_);
            at_once_ = at_once_ || at_once;
            if (!waiting_.empty()) waiting_ += '\n';
            waiting_ += line;
        }
        if (wake) arrived_.notify_one();
    }

    // Returns when everything added so far has been written.
    void flush() {
        std::unique_lock lock(mutex_);
        at_once_ = true;
        arrived_.notify_one();
        written_.wait(lock, [this] { return waiting_.empty() && !writing_; });
    }

 private:
    void work() {
        std::unique_lock lock(mutex_);
        for (;;) {
            arrived_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
            if (waiting_.empty()) return;
            arrived_.wait_for(lock, kGather, [this] { return stopping_ || at_once_; });
            std::string lines;
            lines.swap(waiting_);
            const std::int64_t dropped = std::exchange(dropped_, 0);
            at_once_ = false;
            writing_ = true;
            lock.unlock();
            // As one argument, never as the format.
            logger_.log(spdlog::level::info, spdlog::string_view_t(lines));
            if (dropped > 0) {
                const LogField field{"lines", dropped};
                logger_.log(spdlog::level::warn,
                            spdlog::string_view_t(
                                log_line(now_ms(), Level::warning, "log_dropped", &field, 1)));
            }
            logger_.flush();
            lock.lock();
            writing_ = false;
            if (waiting_.empty()) written_.notify_all();
        }
    }

    spdlog::logger logger_;
    std::mutex mutex_;
    std::condition_variable arrived_;
    std::condition_variable written_;
    std::string waiting_;
    std::int64_t dropped_ = 0;
    bool at_once_ = false;
    bool writing_ = false;
    bool stopping_ = false;
    std::thread thread_;
};

Log::Log(Level lowest) : sink_(std::make_unique<Sink>()), lowest_(lowest) {}

Log::~Log() = default;

void Log::flush() { sink_->flush(); }

void Log::write(Level level, std::string_view event, std::initializer_list<LogField> fields) {
    if (level < lowest_) return;
    sink_->add(log_line(now_ms(), level, event, fields.begin(), fields.size()),
               level >= Level::warning);
}

}  // namespace twofold::platform
