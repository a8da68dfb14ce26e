// phones.hpp - telephone numbers by libphonenumber, whose tables hold every country's plan.
#pragma once
#include "server/domain/ports.hpp"

namespace twofold::platform {

// Thread-safe. A parse costs about 25 us.
class LibPhones final : public domain::Phones {
 public:
    // Numbers that can be a mobile: WhatsApp reaches no others for certain (some landlines are
    // registered there, so "fixed line or mobile" and unknown kinds pass, plain landlines do too).
    std::optional<domain::PhoneNumber> parse(std::string_view text,
                                             std::string_view region) override;
    std::vector<domain::PhoneRegion> regions() override;
};

}  // namespace twofold::platform
