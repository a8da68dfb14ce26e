#include "server/delivery_wiring.hpp"

#include "server/delivery/whatsapp_errors.hpp"
#include "server/delivery/whatsapp_hook.hpp"
#include "server/domain/delivery_reports.hpp"
#include "server/domain/names.hpp"

namespace twofold {

using delivery::Attempt;
using domain::Channel;
using platform::Level;

namespace {

// The demo's mailbox is one; each worker has a transport.
class IntoMailbox final : public delivery::Transport {
 public:
    explicit IntoMailbox(delivery::DemoMailbox& mailbox) : mailbox_(mailbox) {}
    delivery::Receipt send(const delivery::Letter& letter) override {
        return mailbox_.send(letter);
    }

 private:
    delivery::DemoMailbox& mailbox_;
};

// "https://login.example.com:8443" -> "login.example.com"
std::string host_of(std::string_view url) {
    const std::size_t slashes = url.find("://");
    std::string_view host = slashes == std::string_view::npos ? url : url.substr(slashes + 3);
    host = host.substr(0, host.find('/'));
    if (!host.starts_with('[')) host = host.substr(0, host.find(':'));
    return std::string(host);
}

}  // namespace

Result<delivery::SmtpSettings, platform::Trouble> smtp_settings(const platform::Config& config) {
    auto smtp = delivery::parse_smtp_url(config.smtp);
    // The setting is not repeated: it may hold a password.
    if (!smtp)
        return platform::Trouble{"TWOFOLD_SMTP must be smtp[s]://user:password@host:port."};
    const auto sender = delivery::parse_sender(config.mail_from);
    if (!sender)
        return platform::Trouble{"TWOFOLD_MAIL_FROM must be an address or \"Name <address>\"."};
    smtp->sender = *sender;
    smtp->ca_file = config.smtp_ca;
    smtp->origin = host_of(config.settings.public_url);
    return *smtp;
}

delivery::WhatsAppSettings whatsapp_settings(const platform::Config& config) {
    delivery::WhatsAppSettings s;
    s.url = config.whatsapp_url;
    while (s.url.ends_with('/')) s.url.pop_back();
    s.version = config.whatsapp_version;
    s.phone_id = config.whatsapp_phone_id;
    s.account_id = config.whatsapp_account_id;
    s.token = config.whatsapp_token;
    s.template_name = config.whatsapp_template;
    s.default_language = config.whatsapp_language;
    s.app_secret = config.whatsapp_app_secret;
    s.verify_token = config.whatsapp_verify_token;
    return s;
}

Delivery::Delivery(Runtime& r, const platform::Config& config, delivery::DemoMailbox& mailbox,
                   platform::Log& log)
    : r_(r),
      config_(config),
      log_(log),
      board_(r.store, r.clock, [&log](std::string_view id, domain::Failure failure, int code) {
          if (failure == domain::Failure::none) {
              log.write(Level::warning, "channel_opened", {{"channel", id}});
          } else {
              log.write(Level::error, "ALARM_channel_closed",
                        {{"channel", id},
                         {"failure", domain::name_of(failure)},
                         {"code", std::int64_t{code}}});
          }
      }) {
    if (config.demo) {
        start_demo(mailbox);
        return;
    }
    if (config.settings.email) start_email();
    if (config.settings.whatsapp) start_whatsapp();
}

delivery::Outbox::OnAttempt Delivery::log_attempt() {
    return [&log = log_](const Attempt& a) {
        // A parameter that is wrong, or what must not happen: the next message would meet it, too.
        if (a.code != 0 &&
            delivery::whatsapp_meaning(a.code).effect == delivery::WhatsAppEffect::alarm)
            log.write(Level::error, "ALARM_message_refused",
                      {{"channel", delivery::name_of(a.channel)}, {"code", std::int64_t{a.code}}});
        log.write(a.result == "sent" ? Level::info : Level::warning, "message",
                  {{"id", a.id.value},
                   {"channel", delivery::name_of(a.channel)},
                   {"kind", a.kind},
                   {"result", a.result},
                   {"failure", domain::name_of(a.failure)},
                   {"code", std::int64_t{a.code}},
                   {"attempt", std::int64_t{a.number}},
                   {"ms", a.ms}});
    };
}

void Delivery::start_demo(delivery::DemoMailbox& mailbox) {
    IntoMailbox into(mailbox);
    delivery::Outbox past(*r_.core, Channel::email, into, board_, log_attempt());
    for (const delivery::Letter& letter :
         past.sent_before(static_cast<int>(delivery::DemoMailbox::kKept)))
        mailbox.send(letter);
    for (const Channel channel : {Channel::email, Channel::whatsapp})
        pools_.push_back(std::make_unique<delivery::OutboxPool>(
            *r_.core, channel, 1, [&mailbox] { return std::make_unique<IntoMailbox>(mailbox); },
            board_, log_attempt()));
}

void Delivery::start_email() {
    const auto smtp = smtp_settings(config_);
    if (!smtp) return;  // checked before the server starts
    pools_.push_back(std::make_unique<delivery::OutboxPool>(
        *r_.core, Channel::email, config_.email_workers,
        [&] { return delivery::smtp_transport(*smtp, r_.clock); }, board_, log_attempt()));
}

void Delivery::start_whatsapp() {
    pools_.push_back(std::make_unique<delivery::OutboxPool>(
        *r_.core, Channel::whatsapp, config_.whatsapp_workers,
        [&] { return delivery::whatsapp_transport(whatsapp_settings(config_)); }, board_,
        log_attempt()));
}

std::vector<std::string> Delivery::warnings() {
    std::vector<std::string> out;
    if (!config_.settings.email) out.emplace_back("email_not_configured");
    if (config_.settings.email && board_.is_closed(Channel::email)) out.emplace_back("email_paused");
    if (config_.settings.whatsapp && board_.is_closed(Channel::whatsapp))
        out.emplace_back("whatsapp_paused");
    return out;
}

void Delivery::finish(std::chrono::steady_clock::time_point deadline) {
    for (const auto& pool : pools_) pool->finish(deadline);
}

void Delivery::hook(http::AppSettings& settings) {
    if (config_.whatsapp_app_secret.empty()) return;
    settings.whatsapp_hello = [token = config_.whatsapp_verify_token](
                                  std::string_view mode, std::string_view challenge,
                                  std::string_view sent) {
        return delivery::whatsapp_hello(token, mode, challenge, sent);
    };
    settings.whatsapp_report = [this](std::string_view body, std::string_view signature,
                                      const std::string& request_id) {
        if (!delivery::signed_by_meta(config_.whatsapp_app_secret, body, signature)) return 401;
        const auto reports = delivery::read_reports(body);
        if (!reports) return 400;
        return domain::take_reports(*r_.core, request_id, *reports) ? 200 : 503;
    };
}

}  // namespace twofold
