// timing_test.cpp - security 13: comparing a code takes no longer for a near miss than for a far
// one. Two classes of input, drawn at random per sample; Welch's t over their times must stay
// under 4.5 (the fixed-versus-random leakage test of dudect and of ISO/IEC 17825).
//
//   timing_test [samples]   100000 by default; ctest runs a shorter form
//
// A busy machine can push one run over the limit, a leak pushes every run: three tries. A control
// that leaks on purpose must be found, or the test proves nothing.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "shared/secret.hpp"
#include "shared/totp.hpp"
#include "shared/totp_steps.hpp"

using namespace twofold;

namespace {

constexpr double kLimit = 4.5;
volatile std::int64_t sink = 0;

std::uint64_t next_random() {
    static std::uint64_t x = 0x2545F4914F6CDD1Du;
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    return x;
}

// Runs prepare(class) untimed, then f() timed, and returns t. Times above the 90th percentile are
// interruptions, not the code.
template <class Prepare, class F>
double welch(int samples, Prepare prepare, F f) {
    std::vector<std::pair<double, int>> all;
    all.reserve(static_cast<std::size_t>(samples));
    for (int i = 0; i < samples; ++i) {
        const int cls = static_cast<int>(next_random() >> 40 & 1);
        prepare(cls);
        const auto begin = std::chrono::steady_clock::now();
        f();
        const auto end = std::chrono::steady_clock::now();
        all.emplace_back(std::chrono::duration<double, std::nano>(end - begin).count(), cls);
    }
    std::vector<double> times;
    for (const auto& s : all) times.push_back(s.first);
    const auto cut = times.begin() + static_cast<std::ptrdiff_t>(times.size() * 9 / 10);
    std::nth_element(times.begin(), cut, times.end());
    double n[2] = {}, mean[2] = {}, m2[2] = {};
    for (const auto& [t, c] : all) {
        if (t > *cut) continue;
        n[c] += 1;
        const double d = t - mean[c];
        mean[c] += d / n[c];
        m2[c] += d * (t - mean[c]);
    }
    const double spread = m2[0] / (n[0] - 1) / n[0] + m2[1] / (n[1] - 1) / n[1];
    return spread > 0 ? (mean[0] - mean[1]) / std::sqrt(spread) : 0;
}

bool leaky_equal(const std::string& a, const std::string& b) {
    for (std::size_t i = 0; i < a.size(); ++i)
        if (static_cast<const volatile char&>(a[i]) != b[i]) return false;
    return true;
}

template <class Prepare, class F>
bool holds(const char* what, int samples, Prepare prepare, F f) {
    double t = 0;
    for (int attempt = 0; attempt < 3; ++attempt) {
        t = welch(samples, prepare, f);
        std::printf("%-60s |t| = %.2f\n", what, std::fabs(t));
        if (std::fabs(t) < kLimit) return true;
    }
    return false;
}

}  // namespace

int main(int argc, char** argv) {
    const int samples = argc > 1 ? std::atoi(argv[1]) : 100000;
    if (samples < 1000) return 2;
    const std::vector<std::uint8_t> key(20, 0x31);
    const TotpParameters p;
    constexpr std::int64_t kNow = 1700000000;
    const auto code = [&](std::int64_t step) { return std::string(totp_at(p, key, step)->text()); };
    const auto other = [](std::string s, std::size_t at) {
        s[at] = static_cast<char>('0' + (s[at] - '0' + 5) % 10);
        return s;
    };
    const std::string right = code(kNow / 30);
    const std::string before = code(kNow / 30 - 1);
    const std::string after = code(kNow / 30 + 1);
    // Both classes are read from one buffer and picked without a branch, so that nothing but the
    // content differs when the clock starts.
    std::string typed = right;
    const auto verify = [&] {
        const Result<std::int64_t> r = totp_verify(p, key, typed, kNow, 1);
        sink = r ? *r : -1;
    };
    const auto pick = [](std::string& into, const std::string& a, const std::string& b) {
        return [&into, a, b](int cls) {
            for (std::size_t i = 0; i < into.size(); ++i) {
                const unsigned mask = 0u - static_cast<unsigned>(cls);
                const auto x = static_cast<unsigned char>(a[i]);
                const auto y = static_cast<unsigned char>(b[i]);
                into[i] = static_cast<char>((x & ~mask) | (y & mask));
            }
        };
    };

    bool ok = true;
    ok &= holds("security 13: first digit wrong / last digit wrong", samples,
                pick(typed, other(right, 0), other(right, 5)), verify);
    ok &= holds("security 13: right at the step before / right at the step after", samples,
                pick(typed, before, after), verify);
    // The scan itself, match against miss; after it the answer differs, which is no secret.
    const HmacKey pads(HashAlgorithm::sha1, key);
    ok &= holds("security 13: the scan: right / last digit wrong", samples,
                pick(typed, right, other(right, 5)), [&] {
                    sink = detail::newest_match(pads, 6, detail::code_number(typed, 6),
                                                kNow / 30 - 1, kNow / 30 + 1);
                });

    const std::string want(64, 'a');
    std::string first = want, last = want, given = want;
    first.front() = 'b';
    last.back() = 'b';
    ok &= holds("security 13: 64 bytes, first differs / last differs", samples,
                pick(given, first, last),
                [&] { sink = constant_time_equal(as_bytes(want), as_bytes(given)); });

    const double control =
        welch(samples, pick(given, first, last), [&] { sink = leaky_equal(want, given); });
    std::printf("%-60s |t| = %.2f\n", "control: a comparison that stops early", std::fabs(control));
    if (std::fabs(control) < kLimit) {
        std::puts("the control was not found: this machine is too noisy to tell");
        ok = false;
    }
    std::puts(ok ? "ok" : "FAILED");
    return ok ? 0 : 1;
}
