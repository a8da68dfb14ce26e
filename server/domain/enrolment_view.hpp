// enrolment_view.hpp - a factor as its owner sees it, and finding one among a user's.
#pragma once
#include <vector>

#include "server/domain/enrolments.hpp"

namespace twofold::domain {

EnrolmentView view_of(const FactorRow& row, const BudgetRow* budget, const UserRow& owner,
                      Core& core);

// Null when there is none of that id.
FactorRow* find_factor(std::vector<FactorRow>& factors, const FactorId& id);

}  // namespace twofold::domain
