#include "shared/backup_code.hpp"

#include <set>

#include "tests/shared/vectors.hpp"
#include "tests/support/catch.hpp"

using namespace twofold;
using namespace twofold::test;

namespace {

constexpr std::string_view kAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

std::string make(const std::vector<std::uint8_t>& random) {
    return make_backup_code(std::span<const std::uint8_t, kBackupCodeRandom>(random.data(), 9));
}

std::string sample(std::uint64_t i) {
    std::vector<std::uint8_t> random(9);
    std::uint64_t x = i * 0x9E3779B97F4A7C15u + 1;
    for (auto& b : random) {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        b = static_cast<std::uint8_t>(x >> 32);
    }
    return make(random);
}

}  // namespace

TEST_CASE("backup codes: the published vectors") {
    const Json v = read_vectors("backup_codes.json");
    CHECK(v["alphabet"].get<std::string>() == kAlphabet);
    for (const Json& c : v["make"]) {
        const std::string code = make(from_hex(c["random_hex"].get<std::string>()));
        CHECK(code == c["canonical"].get<std::string>());
        CHECK(*format_backup_code(code) == c["shown"].get<std::string>());
        CHECK(*parse_backup_code(code) == code);
        CHECK(*parse_backup_code(*format_backup_code(code)) == code);
    }
    for (const Json& c : v["parse"]) {
        INFO(c.dump());
        CHECK(*parse_backup_code(c["typed"].get<std::string>()) ==
              c["canonical"].get<std::string>());
    }
    for (const Json& c : v["refused"]) {
        INFO(c.dump());
        const Result<std::string> r = parse_backup_code(c["typed"].get<std::string>());
        REQUIRE_FALSE(r);
        CHECK((r.error() == Error::check_mismatch ? "check_mismatch" : "code_malformed") ==
              c["error"].get<std::string>());
    }
    CHECK_FALSE(format_backup_code("0000"));
}

TEST_CASE("security 30: 65 random bits reach the code, each of them") {
    const std::vector<std::uint8_t> zero(9, 0);
    std::set<std::string> codes{make(zero).substr(0, 13)};
    for (int bit = 0; bit < 65; ++bit) {
        std::vector<std::uint8_t> random = zero;
        random[static_cast<std::size_t>(bit / 8)] = static_cast<std::uint8_t>(0x80 >> (bit % 8));
        codes.insert(make(random).substr(0, 13));
    }
    CHECK(codes.size() == 66);
    std::vector<std::uint8_t> rest = zero;
    rest[8] = 0x7F;  // the seven bits that are not used
    CHECK(make(rest) == make(zero));
}

TEST_CASE("backup codes: every single slip and every swap of neighbours is caught") {
    long slips = 0;
    long swaps = 0;
    for (std::uint64_t i = 0; i < 2000; ++i) {
        const std::string code = sample(i);
        REQUIRE(*parse_backup_code(code) == code);
        for (std::size_t at = 0; at < code.size(); ++at) {
            for (char c : kAlphabet) {
                if (c == code[at]) continue;
                std::string typed = code;
                typed[at] = c;
                const Result<std::string> r = parse_backup_code(typed);
                REQUIRE_FALSE(r);
                REQUIRE(r.error() == Error::check_mismatch);
                ++slips;
            }
            if (at + 1 < code.size() && code[at] != code[at + 1]) {
                std::string typed = code;
                std::swap(typed[at], typed[at + 1]);
                REQUIRE(parse_backup_code(typed).error() == Error::check_mismatch);
                ++swaps;
            }
        }
    }
    CHECK(slips == 2000L * 15 * 31);
    CHECK(swaps > 2000L * 13);
    // The same as arithmetic, for all codes at once: 1021 is prime and no weight is a multiple of
    // it, so a change of d at a digit (weight 32^k), or of d at two neighbours (weight 31 * 32^k,
    // 33 where data meets check), never leaves the remainder as it was.
    unsigned weight = 1;
    for (int k = 0; k < 13; ++k) {
        for (unsigned d = 1; d < 32; ++d) {
            CHECK(d * weight % 1021 != 0);
            CHECK(d * weight % 1021 * 31 % 1021 != 0);
            CHECK(d * 33 % 1021 != 0);
        }
        weight = weight * 32 % 1021;
    }
}

TEST_CASE("backup codes: every letter in either case, and what people misread") {
    const std::string code = sample(7);
    for (int b = 0; b < 256; ++b) {
        std::string typed = code;
        typed[3] = static_cast<char>(b);
        const Result<std::string> r = parse_backup_code(typed);
        const char upper = b >= 'a' && b <= 'z' ? static_cast<char>(b - 32) : static_cast<char>(b);
        const char meant = upper == 'O' ? '0' : upper == 'I' || upper == 'L' ? '1' : upper;
        if (meant == code[3]) {
            CHECK(*r == code);
        } else {
            REQUIRE_FALSE(r);
            const bool ours = kAlphabet.find(meant) != std::string_view::npos && b != 0;
            CHECK(r.error() == (ours ? Error::check_mismatch : Error::code_malformed));
        }
    }
}
