// delivery_wiring.hpp - the delivery room put together from the settings: the channels that are set up,
// their workers, the webhook, and what /readyz says of them.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "server/delivery/board.hpp"
#include "server/delivery/mailbox.hpp"
#include "server/delivery/outbox_pool.hpp"
#include "server/delivery/smtp.hpp"
#include "server/delivery/whatsapp.hpp"
#include "server/http/app.hpp"
#include "server/platform/log.hpp"
#include "server/runtime.hpp"

namespace twofold {

// Starts the workers; the destructor lets the sends that run finish.
class Delivery {
 public:
    Delivery(Runtime& r, const platform::Config& config, delivery::DemoMailbox& mailbox,
             platform::Log& log);
    // email_not_configured, email_paused, whatsapp_paused.
    std::vector<std::string> warnings();
    // Before the end: lets the sends that run finish, until then.
    void finish(std::chrono::steady_clock::time_point deadline);
    // Meta's webhook, when it is set up.
    void hook(http::AppSettings& settings);

 private:
    void start_demo(delivery::DemoMailbox& mailbox);
    void start_email();
    void start_whatsapp();
    delivery::Outbox::OnAttempt log_attempt();

    Runtime& r_;
    const platform::Config& config_;
    platform::Log& log_;
    delivery::ChannelBoard board_;
    std::vector<std::unique_ptr<delivery::OutboxPool>> pools_;
};

// What the settings say of SMTP and WhatsApp. Nothing, with the reason, when they cannot be used.
Result<delivery::SmtpSettings, platform::Trouble> smtp_settings(const platform::Config& config);
delivery::WhatsAppSettings whatsapp_settings(const platform::Config& config);

}  // namespace twofold
