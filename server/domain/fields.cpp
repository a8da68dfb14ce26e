#include "server/domain/fields.hpp"

#include "server/domain/addresses.hpp"
#include "server/domain/ids.hpp"
#include "server/domain/text_rules.hpp"

namespace twofold::domain {

Sealed seal_text(Core& core, const SealedPlace& place, std::string_view text) {
    return text.empty() ? Sealed{} : core.sealer.seal(place, as_bytes(text));
}

std::string open_text(Core& core, const SealedPlace& place, const Sealed& sealed) {
    if (sealed.empty()) return {};
    const std::optional<Secret> plain = core.sealer.open(place, sealed);
    if (!plain) return {};
    const ByteView bytes = plain->expose();
    return std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

std::string email_index(Core& core, const ApplicationId& application, std::string_view email) {
    if (email.empty()) return {};
    return core.sealer.keyed_hash("email_index", application.value + "\n" + canonical_email(email));
}

std::string phone_index(Core& core, const ApplicationId& application, std::string_view phone) {
    if (phone.empty()) return {};
    return core.sealer.keyed_hash("phone_index", application.value + "\n" + std::string(phone));
}

void seal_secret(Core& core, FactorRow& factor, ByteView secret) {
    const std::string parameters = places::totp_parameters_text(factor.totp);
    factor.secret = core.sealer.seal(places::factor_secret(factor, parameters), secret);
}

std::optional<Secret> open_secret(Core& core, const FactorRow& factor) {
    if (factor.secret.empty()) return std::nullopt;
    const std::string parameters = places::totp_parameters_text(factor.totp);
    return core.sealer.open(places::factor_secret(factor, parameters), factor.secret);
}

void set_email(Core& core, UserRow& user, std::string_view email, Instant now) {
    const std::string index = email_index(core, user.application, email);
    if (index == user.email_index) {
        if (!email.empty()) user.email = seal_text(core, places::user_email(user), email);
        return;
    }
    const std::string old = open_text(core, places::user_email(user), user.email);
    // The first address of an account that had none counts as changed, too.
    if (!old.empty()) user.previous_email = seal_text(core, places::user_previous_email(user), old);
    if (user.created_at != now) user.previous_email_until = now + Seconds(30 * 86400);
    user.email = seal_text(core, places::user_email(user), email);
    user.email_index = index;
}

void set_phone(Core& core, UserRow& user, std::string_view phone, Instant now) {
    const std::string index = phone_index(core, user.application, phone);
    if (index != user.phone_index && user.created_at != now) user.phone_changed_at = now;
    user.phone = seal_text(core, places::user_phone(user), phone);
    user.phone_index = index;
}

UserRow new_user(Core& core, const ApplicationId& application, std::string_view external_id,
                 std::string_view locale, Instant now) {
    UserRow user;
    user.id = new_id<UserId>(core.random, "usr_");
    user.application = application;
    user.external_id = external_id.empty() ? user.id.value : std::string(external_id);
    user.locale = locale.empty() ? "en" : std::string(locale);
    user.created_at = now;
    user.updated_at = now;
    user.audit_key =
        core.sealer.seal(places::user_audit_key(user), random_bytes(core.random, 32).expose());
    return user;
}

}  // namespace twofold::domain
