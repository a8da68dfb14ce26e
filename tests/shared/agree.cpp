// agree.cpp - the native core behind a pipe, for security 66: tests/wasm asks it and the wasm the
// same questions. Reads one JSON array of [name, argument...] from standard input and writes the
// array of answers: {"value": ...} or {"error": number}. Byte strings travel as hex.
#include <iostream>
#include <iterator>

#include "shared/backup_code.hpp"
#include "shared/base32.hpp"
#include "shared/clock_doctor.hpp"
#include "shared/code_text.hpp"
#include "shared/otpauth.hpp"
#include "shared/qr.hpp"
#include "shared/svg.hpp"
#include "shared/totp.hpp"
#include "tests/shared/vectors.hpp"

using namespace twofold;
using namespace twofold::test;

namespace {

Json refused(Error e) { return {{"error", static_cast<int>(e)}}; }

Json value(Json v) { return {{"value", std::move(v)}}; }

template <class T>
Json answer(const Result<T>& r) {
    if (!r) return refused(r.error());
    return value(*r);
}

TotpParameters parameters(const Json& p) {
    Result<HashAlgorithm> a = parse_hash_algorithm(p["algorithm"].get<std::string>());
    return {a ? *a : HashAlgorithm{}, p["digits"], p["period"]};
}

Json parameters(const TotpParameters& p) {
    return {{"algorithm", name(p.algorithm)}, {"digits", p.digits}, {"period", p.period}};
}

std::string hex(ByteView b) { return to_hex(b.data(), b.size()); }

Json ask(const Json& q) {
    const std::string what = q[0];
    const auto text = [&](std::size_t i) { return q[i].get<std::string>(); };
    const auto bytes = [&](std::size_t i) { return from_hex(q[i].get<std::string>()); };
    const auto number = [&](std::size_t i) { return q[i].get<std::int64_t>(); };
    if (what == "totp") {
        const TotpParameters p = parameters(q[1]);
        if (!valid(p) || number(3) < 0) return refused(Error::invalid_argument);
        const auto r = totp_at(p, bytes(2), number(3) / p.period);
        return r ? value(r->text()) : refused(r.error());
    }
    if (what == "totpVerify")
        return answer(totp_verify(parameters(q[1]), bytes(2), text(3), number(4),
                                  static_cast<int>(number(5))));
    if (what == "clockOffset")
        return answer(clock_offset(parameters(q[1]), bytes(2), text(3), number(4)));
    if (what == "otherParameters") {
        const auto r = other_parameters(parameters(q[1]), bytes(2), text(3), number(4));
        return r ? value(parameters(*r)) : refused(r.error());
    }
    if (what == "base32Encode") return value(base32_encode(bytes(1)));
    if (what == "base32Decode") {
        const auto r = base32_decode(text(1));
        return r ? value(hex(r->expose())) : refused(r.error());
    }
    if (what == "otpauthBuild") {
        const std::string issuer = text(1);
        const std::string account = text(2);
        const auto secret = bytes(3);
        return answer(build_otpauth({issuer, account, secret, parameters(q[4])}));
    }
    if (what == "otpauthParse") {
        const auto u = parse_otpauth(text(1));
        if (!u) return refused(u.error());
        return value({{"type", u->type == OtpauthType::totp ? "totp" : "hotp"},
                      {"issuer", u->issuer},
                      {"account", u->account},
                      {"secret", hex(u->secret.expose())},
                      {"parameters", parameters(u->parameters)},
                      {"counter", u->counter}});
    }
    if (what == "canonicalDigits") return answer(canonical_digits(text(1)));
    if (what == "backupCodeMake") {
        const auto random = bytes(1);
        if (random.size() != kBackupCodeRandom) return refused(Error::invalid_argument);
        return answer(format_backup_code(make_backup_code(
            std::span<const std::uint8_t, kBackupCodeRandom>(random.data(), kBackupCodeRandom))));
    }
    if (what == "backupCodeParse") return answer(parse_backup_code(text(1)));
    const auto r = qr_encode(text(1), static_cast<QrLevel>(number(2)), static_cast<int>(number(3)),
                             static_cast<int>(number(4)));
    if (!r) return refused(r.error());
    if (what == "qrSvg") return value(qr_svg(*r));
    std::string modules;
    for (int y = 0; y < r->size; ++y)
        for (int x = 0; x < r->size; ++x) modules += r->module(x, y) ? '1' : '0';
    return value(modules);
}

}  // namespace

int main() {
    const Json questions = Json::parse(std::cin);
    Json answers = Json::array();
    for (const Json& q : questions) answers.push_back(ask(q));
    std::cout << answers.dump();
}
