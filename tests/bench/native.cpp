// native.cpp - the core compiled for the machine, against what Debian offers: libqrencode; liboath,
// Crypto++'s HMAC class and OpenSSL's EVP_MAC. Prints {figure: {contestant: [microseconds ...]}};
// the contestants take turns, one sample a round.
#include <cryptopp/hmac.h>
#include <cryptopp/sha.h>
#include <liboath/oath.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <qrencode.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "shared/base32.hpp"
#include "shared/qr.hpp"
#include "shared/totp.hpp"

namespace {

using Clock = std::chrono::steady_clock;

constexpr const char* kUri =
    "otpauth://totp/Example%20Hosting:alice%40example.com?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&"
    "issuer=Example%20Hosting&algorithm=SHA1&digits=6&period=30";
constexpr std::int64_t kNow = 1700000010;
constexpr std::uint64_t kStep = kNow / 30;

struct Contestant {
    const char* name;
    std::function<bool()> work;  // false: it did not do what it should
};

[[noreturn]] void fail(const char* what) {
    std::fprintf(stderr, "bench native: %s\n", what);
    std::exit(1);
}

double microseconds_since(Clock::time_point begin) {
    return std::chrono::duration<double, std::micro>(Clock::now() - begin).count();
}

void run(const char* figure, const std::vector<Contestant>& contestants, bool last) {
    const char* wanted = std::getenv("BENCH_ROUNDS");
    const int rounds = wanted != nullptr ? std::max(1, std::atoi(wanted)) : 7;
    std::vector<long> counts;
    for (const Contestant& c : contestants) {
        long calls = 0;
        const auto begin = Clock::now();
        for (; microseconds_since(begin) < 200'000; ++calls)
            if (!c.work()) fail(c.name);
        counts.push_back(std::max(1L, calls / 2));
    }
    std::vector<std::vector<double>> samples(contestants.size());
    for (int round = 0; round < rounds; ++round)
        for (std::size_t k = 0; k < contestants.size(); ++k) {
            const std::size_t i = (k + static_cast<std::size_t>(round)) % contestants.size();
            const auto begin = Clock::now();
            for (long n = 0; n < counts[i]; ++n)
                if (!contestants[i].work()) fail(contestants[i].name);
            samples[i].push_back(microseconds_since(begin) / static_cast<double>(counts[i]));
        }
    std::printf("\"%s\": {", figure);
    for (std::size_t i = 0; i < contestants.size(); ++i) {
        std::printf("%s\"%s\": [", i == 0 ? "" : ", ", contestants[i].name);
        for (std::size_t k = 0; k < samples[i].size(); ++k)
            std::printf("%s%.4f", k == 0 ? "" : ", ", samples[i][k]);
        std::printf("]");
    }
    std::printf("}%s\n", last ? "" : ",");
}

void counter_bytes(std::uint64_t counter, unsigned char* out) {
    for (int i = 7; i >= 0; --i, counter >>= 8) out[i] = static_cast<unsigned char>(counter & 0xFF);
}

// RFC 4226 section 5.3, for those that only offer HMAC.
bool digits_match(const unsigned char* mac, const char* code) {
    const int at = mac[19] & 15;
    const std::uint32_t value = (static_cast<std::uint32_t>(mac[at] & 0x7F) << 24 |
                                 static_cast<std::uint32_t>(mac[at + 1]) << 16 |
                                 static_cast<std::uint32_t>(mac[at + 2]) << 8 | mac[at + 3]) %
                                1'000'000U;
    char text[8];
    std::snprintf(text, sizeof text, "%06u", value);
    return std::memcmp(text, code, 6) == 0;
}

}  // namespace

int main() {
    std::printf("{\n");
    auto workspace = std::make_unique<twofold::QrWorkspace>();
    auto symbol = std::make_unique<twofold::QrSymbol>();
    run("qr-native",
        {{"twofold",
          [&] {
              return twofold::qr_encode_to(twofold::as_bytes(kUri), twofold::QrLevel::M, 1,
                                           twofold::kQrAutomaticMask, *workspace, *symbol) == 8;
          }},
         {"libqrencode",
          [] {
              QRcode* code = QRcode_encodeString8bit(kUri, 0, QR_ECLEVEL_M);
              const bool right = code != nullptr && code->version == 8;
              QRcode_free(code);
              return right;
          }}},
        false);

    const auto key = twofold::base32_decode("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP");
    if (!key) fail("key");
    const auto bytes = key->expose();
    const twofold::TotpParameters parameters;
    // Codes of the step before, of now and of the next one, in turn: some peers stop at the first
    // match.
    std::vector<std::string> codes;
    for (int d = -1; d <= 1; ++d) {
        const auto code = twofold::totp_at(parameters, bytes, static_cast<std::int64_t>(kStep) + d);
        if (!code) fail("code");
        codes.emplace_back(code->text());
    }
    std::size_t turn = 0;
    const auto next = [&] {
        turn = turn == 2 ? 0 : turn + 1;
        return codes[turn].c_str();
    };
    oath_init();
    EVP_MAC* hmac = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
    char sha1[] = "SHA1";
    const OSSL_PARAM digest[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, sha1, 0),
                                 OSSL_PARAM_construct_end()};
    run("totp-native",
        {{"twofold",
          [&] {
              const auto step = twofold::totp_verify(parameters, bytes, next(), kNow, 1);
              return step.has_value();
          }},
         {"liboath",
          [&] {
              return oath_totp_validate(reinterpret_cast<const char*>(bytes.data()), bytes.size(),
                                        kNow, 30, 0, 1, next()) >= 0;
          }},
         {"Crypto++ HMAC",
          [&] {
              const char* code = next();
              bool found = false;
              for (std::uint64_t step = kStep - 1; step <= kStep + 1; ++step) {
                  unsigned char message[8], mac[20];
                  counter_bytes(step, message);
                  CryptoPP::HMAC<CryptoPP::SHA1> object(bytes.data(), bytes.size());
                  object.CalculateDigest(mac, message, sizeof message);
                  found = digits_match(mac, code) || found;
              }
              return found;
          }},
         {"OpenSSL EVP_MAC",
          [&] {
              const char* code = next();
              bool found = false;
              for (std::uint64_t step = kStep - 1; step <= kStep + 1; ++step) {
                  unsigned char message[8], mac[20];
                  std::size_t length = 0;
                  counter_bytes(step, message);
                  EVP_MAC_CTX* context = EVP_MAC_CTX_new(hmac);
                  if (EVP_MAC_init(context, bytes.data(), bytes.size(), digest) != 1 ||
                      EVP_MAC_update(context, message, sizeof message) != 1 ||
                      EVP_MAC_final(context, mac, &length, sizeof mac) != 1)
                      fail("EVP_MAC");
                  EVP_MAC_CTX_free(context);
                  found = digits_match(mac, code) || found;
              }
              return found;
          }}},
        true);
    EVP_MAC_free(hmac);
    oath_done();
    std::printf("}\n");
}
