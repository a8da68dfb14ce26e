// hash_constants.cpp - the constants of SHA-256 and SHA-512, computed. Stored they are 1 kB that no
// compression makes smaller, an eighth of the module. They are the first 64 bits of the fractional
// parts of square and cube roots of the first primes (FIPS 180-4 sections 4.2.2, 4.2.3, 5.3.3 and
// 5.3.5); SHA-256 uses the upper halves.
//
// Stands in for the tables of the same names in Crypto++'s sha.cpp, which weak_tables.hpp makes
// weak there, and for hash_init() of shared/hash_block.cpp. The vectors of tests/wasm check all.
#include <cstdint>

#include "shared/hash_block.hpp"

namespace CryptoPP {
extern std::uint32_t SHA256_K[64];
extern std::uint64_t SHA512_K[80];
std::uint32_t SHA256_K[64];
std::uint64_t SHA512_K[80];
}  // namespace CryptoPP

namespace twofold::detail {
namespace {

std::uint64_t initial[8];

// The root of p lies at (x + d) / 2^shift with a whole x and 0 <= d < 1. A double finds x; what p
// is away from x's power follows exactly from wrapping 64-bit products, and gives d to more bits
// than are needed: its equation is solved for d in a few rounds.
std::uint64_t joined(std::int64_t x, double d, int bits) {
    return (static_cast<std::uint64_t>(x) << bits) +
           static_cast<std::uint64_t>(
               static_cast<std::int64_t>(d * static_cast<double>(std::int64_t{1} << bits)));
}

void compute() {
    int n = 0;
    for (int p = 2; n < 80; ++p) {
        int divisor = 2;
        while (p % divisor != 0) ++divisor;
        if (divisor != p) continue;
        double root = 8;
        for (int i = 0; i < 16; ++i) root -= (root - p / (root * root)) / 3;
        // p * 2^78 = (x + d)^3, and the left side is 0 modulo 2^64.
        auto x = static_cast<std::int64_t>(root * 0x1p26);
        auto v = static_cast<double>(x);
        auto rest = static_cast<double>(-x * x * x);
        double d = 0;
        for (int i = 0; i < 4; ++i) d = rest / (3 * v * v + d * (3 * v + d));
        CryptoPP::SHA512_K[n] = joined(x, d, 38);
        if (n < 64) CryptoPP::SHA256_K[n] = static_cast<std::uint32_t>(CryptoPP::SHA512_K[n] >> 32);
        if (n < 8) {
            // p * 2^64 = (x + d)^2.
            x = static_cast<std::int64_t>(__builtin_sqrt(p) * 0x1p32);
            v = static_cast<double>(x);
            rest = static_cast<double>(-x * x);
            d = rest / (2 * v);
            d = rest / (2 * v + d);
            initial[n] = joined(x, d, 32);
        }
        ++n;
    }
}

}  // namespace

void hash_init(HashAlgorithm a, HashState& state) {
    if (initial[0] == 0) compute();
    for (int i = 0; i < 8; ++i) {
        if (a == HashAlgorithm::sha512)
            state.wide[i] = initial[i];
        else
            state.w[i] = static_cast<std::uint32_t>(initial[i] >> 32);
    }
    if (a == HashAlgorithm::sha1) {
        state.w[0] = 0x67452301;
        state.w[1] = 0xEFCDAB89;
        state.w[2] = 0x98BADCFE;
        state.w[3] = 0x10325476;
        state.w[4] = 0xC3D2E1F0;
    }
}

}  // namespace twofold::detail
