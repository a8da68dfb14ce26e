#include "server/platform/phones.hpp"

#include <phonenumbers/phonenumberutil.h>

#include <algorithm>
#include <set>

namespace twofold::platform {
namespace {

using i18n::phonenumbers::PhoneNumberUtil;
using Number = i18n::phonenumbers::PhoneNumber;
using Kind = PhoneNumberUtil::PhoneNumberType;

// Kinds that can never receive a message: premium rate is where pumping pays.
bool never_a_person(Kind kind) {
    return kind == PhoneNumberUtil::PREMIUM_RATE || kind == PhoneNumberUtil::SHARED_COST ||
           kind == PhoneNumberUtil::TOLL_FREE || kind == PhoneNumberUtil::PAGER ||
           kind == PhoneNumberUtil::UAN || kind == PhoneNumberUtil::VOICEMAIL;
}

}  // namespace

std::optional<domain::PhoneNumber> LibPhones::parse(std::string_view text,
                                                    std::string_view region) {
    // Its parser takes an extension, letters (vanity numbers) and RFC 3966 parameters, all of which
    // would be dropped silently.
    const auto plain = [](char c) {
        return (c >= '0' && c <= '9') || c == ' ' || c == '+' || c == '-' || c == '(' || c == ')' ||
               c == '.' || c == '/';
    };
    if (text.size() > 32 || !std::all_of(text.begin(), text.end(), plain)) return std::nullopt;
    const PhoneNumberUtil& util = *PhoneNumberUtil::GetInstance();
    Number number;
    const std::string from = region.empty() ? "ZZ" : std::string(region);
    if (util.Parse(std::string(text), from, &number) != PhoneNumberUtil::NO_PARSING_ERROR ||
        !util.IsValidNumber(number) || never_a_person(util.GetNumberType(number)))
        return std::nullopt;
    domain::PhoneNumber out;
    util.Format(number, PhoneNumberUtil::E164, &out.e164);
    util.GetRegionCodeForNumber(number, &out.region);
    out.calling_code = std::to_string(number.country_code());
    return out;
}

std::vector<domain::PhoneRegion> LibPhones::regions() {
    const PhoneNumberUtil& util = *PhoneNumberUtil::GetInstance();
    std::set<std::string> names;
    util.GetSupportedRegions(&names);
    std::vector<domain::PhoneRegion> out;
    for (const std::string& name : names) {
        domain::PhoneRegion region{name, std::to_string(util.GetCountryCodeForRegion(name)), {}};
        Number number;
        if (util.GetExampleNumberForType(name, PhoneNumberUtil::MOBILE, &number))
            util.Format(number, PhoneNumberUtil::NATIONAL, &region.example);
        out.push_back(std::move(region));
    }
    return out;
}

}  // namespace twofold::platform
