// channels.hpp - which methods can be chosen now: set up on this server, allowed by the application,
// and not closed by trouble on the other side (delivery/ closes and opens them through the store, so
// that every server knows).
#pragma once
#include <string>
#include <vector>

#include "server/domain/core.hpp"

namespace twofold::domain {

enum class Offer { available, not_configured, not_allowed, paused };

// `region`: of the number, for whatsapp; empty: any.
Offer offer_of(Tx& tx, Core& core, const ApplicationRow& application, Method method,
               std::string_view region = {});
// The same from rows read before.
Offer offer_of(const std::vector<ChannelRow>& channels, Core& core,
               const ApplicationRow& application, Method method, std::string_view region = {});
bool is_delivered(Method method);  // email, whatsapp

}  // namespace twofold::domain
