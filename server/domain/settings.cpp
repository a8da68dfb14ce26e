#include "server/domain/settings.hpp"

#include <algorithm>

namespace twofold::domain {
namespace {

template <class T>
bool within(T value, T low, T high) {
    return low <= value && value <= high;
}
bool within(Seconds value, std::int64_t low, std::int64_t high) {
    return within<std::int64_t>(value.count(), low, high);
}

}  // namespace

bool Settings::valid() const {
    return !public_url.empty() && !issuer.empty() && within(window, 0, 1) &&
           within(enrolment_life, 60, 3600) && within(challenge_life, 60, 1800) &&
           within(proof_life, 60, 300) && within(recover_life, 60, 900) &&
           within(tries_before_lock, 3, 10) && within<std::size_t>(locks.size(), 1, 10) &&
           std::all_of(locks.begin(), locks.end(), [](Seconds s) { return within(s, 60, 3600); }) &&
           std::is_sorted(locks.begin(), locks.end()) && within(failures_that_end, 20, 100) &&
           within(factors_a_user, 1, 10) && within(session_idle, 300, 86400) &&
           within(session_life, 3600, 30 * 86400) && within(link_life, 300, 86400) &&
           within(remember_days, 0, 90) &&
           within(sign_ins_per_account, 3, 100) && within(sign_ins_per_ip, 3, 100000) &&
           within(mails_per_address, 1, 100) && within(registers_per_ip, 1, 100000) &&
           within(code_digits, 6, 8) && within(code_life, 60, 600) &&
           within(code_tries, 3, 10) && within(codes_per_address, 1, 100) &&
           within(codes_per_user, 1, 200) && within(codes_per_ip, 1, 100000) &&
           within(codes_per_application, 1, 10000000) && within(codes_per_region, 1, 1000000) &&
           within(pumping_min, 5, 1000) && within(pumping_share, 0, 90) &&
           within(support_wait, demo ? 1 : 3600, 14 * 86400) &&
           within(support_wait_strong, demo ? 1 : 3600, support_wait.count()) &&
           within(support_link_life, 600, 86400) &&
           within(support_case_life, 86400, 90 * 86400) &&
           within(support_cases_per_user, 1, 20) && support_channels.size() <= 10 &&
           within(verify_writers, 1, 8) && within(verify_batch, 1, 128) &&
           within(verify_waiting, 1, 100000) &&
           within<std::int64_t>(verify_deadline.count(), 100, 10000);
}

}  // namespace twofold::domain
