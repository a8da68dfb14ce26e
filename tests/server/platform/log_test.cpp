#include "server/platform/log.hpp"

#include <nlohmann/json.hpp>

#include "tests/support/catch.hpp"

using namespace twofold::platform;

namespace {

std::string line(std::string_view value) {
    const LogField f{"user_agent", value};
    return log_line(1'770'000'000'123, Level::info, "request", &f, 1);
}

}  // namespace

TEST_CASE("a log line is one JSON object with time, level and event first") {
    CHECK(
        line("curl") ==
        R"({"at":"2026-02-02T02:40:00.123Z","level":"info","event":"request","user_agent":"curl"})");
}

TEST_CASE("security 84: CR, LF, ANSI, bidirectional and invalid text cannot forge or hide a line") {
    const std::string_view hostile[] = {"a\r\n{\"level\":\"info\",\"event\":\"forged\"}",
                                        "\x1b[2J\x1b[31mred",
                                        "\xe2\x80\xae"
                                        "drowssap",
                                        "\xe2\x81\xa6x\xe2\x81\xa9",
                                        "\xe2\x80\xa8line",
                                        "\xc2\x9b"
                                        "31m",
                                        "\x7f",
                                        std::string_view("nul\0byte", 8),
                                        "\xff\xfe\xc0\xaf",
                                        "\"},\"x\":{\"",
                                        "\\",
                                        "\t\b\f"};
    for (const std::string_view text : hostile) {
        const std::string out = line(text);
        INFO(out);
        for (const char c : out) CHECK((c >= 0x20 && c < 0x7f));
        const auto parsed = nlohmann::json::parse(out);
        CHECK(parsed.size() == 4);
        CHECK(parsed.at("event") == "request");
    }
    // What was written is still there to be read.
    CHECK(nlohmann::json::parse(line("a\nb\xd8\xb9")).at("user_agent") == "a\nb\xd8\xb9");
}

TEST_CASE("numbers stay numbers in a log line") {
    const LogField fields[] = {{"status", std::int64_t{503}}, {"us", std::int64_t{-1}}};
    const auto parsed = nlohmann::json::parse(log_line(0, Level::error, "request", fields, 2));
    CHECK(parsed.at("status") == 503);
    CHECK(parsed.at("us") == -1);
    CHECK(parsed.at("level") == "error");
}
