// channels.hpp - which methods can be chosen now: set up on this server, allowed by the application,
// and not closed by trouble on the other side (delivery/ closes and opens them through the store, so
// that every server knows).
#pragma once
#include <string>
#include <vector>

#include "server/domain/core.hpp"

namespace twofold::domain {

enum class Offer { available, not_configured, not_allowed, paused };

// `region`: of the number, for whatsapp; empty: any. `proven`: a code was entered there before. A
// country that is closed because codes to it are not entered stays open for those: twenty codes that
// a stranger asks for must not keep its people from signing in.
Offer offer_of(Tx& tx, Core& core, const ApplicationRow& application, Method method,
               std::string_view region = {}, bool proven = false);
// The same from rows read before.
Offer offer_of(const std::vector<ChannelRow>& channels, Core& core,
               const ApplicationRow& application, Method method, std::string_view region = {},
               bool proven = false);
// What can be chosen now, in the order to show.
Outcome<std::vector<Method>> methods_offered(Core& core, const ApplicationRow& application);
bool is_delivered(Method method);  // email, whatsapp
Channel channel_of(Method method);  // of a delivered one

// Whether a method is switched off for an application by its own choice (security 27).
bool is_allowed(const ApplicationRow& application, Method method);

// For the operator: `names` of methods the application of that name does not offer, by spaces.
// not_found. Audited.
Outcome<Done> set_methods_off(Core& core, const Caller& caller, std::string_view application,
                              std::string_view names);

// Message pumping: closes to new numbers, for an hour, every country to which codes are asked for but hardly ever
// entered (settings pumping_min, pumping_share), and gives their names; for a regular look.
Outcome<std::vector<std::string>> close_pumped_regions(Core& core);

}  // namespace twofold::domain
