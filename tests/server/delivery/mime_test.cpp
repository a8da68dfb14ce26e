// Mails as they leave: addresses, headers, the HTML part, and what SMTP's replies mean.
#include "server/delivery/mime.hpp"

#include <algorithm>

#include "server/delivery/html.hpp"
#include "server/delivery/smtp.hpp"
#include "tests/support/catch.hpp"

using namespace twofold;
using namespace twofold::delivery;
using domain::Failure;

namespace {

std::string header(const std::vector<std::string>& lines, std::string_view name) {
    for (const std::string& line : lines)
        if (line.starts_with(std::string(name) + ": ")) return line.substr(name.size() + 2);
    return {};
}

}  // namespace

TEST_CASE("security 26: an address is one address, in ASCII") {
    CHECK(smtp_address("alice@example.com") == "alice@example.com");
    CHECK(smtp_address("alice@b\xc3\xbc" "cher.example") == "alice@xn--bcher-kva.example");
    for (const char* wrong :
         {"", "alice", "@example.com", "alice@", "-f@example.com", "a b@example.com",
          "a@example.com\r\nRCPT TO:<x@y.example>", "a@example.com>,<b@c.example", "a,b@c.example",
          "a@-x.example", "a@example.com ", "\xc3\xa9@example.com", "a\"b@example.com"})
        CHECK_FALSE(smtp_address(wrong));
}

TEST_CASE("who mails come from is a name and an address") {
    const auto full = parse_sender("Example Hosting <no-reply@example.com>");
    REQUIRE(full);
    CHECK(full->name == "Example Hosting");
    CHECK(full->address == "no-reply@example.com");
    CHECK(parse_sender("\"A, B\" <x@example.com>")->name == "A, B");
    CHECK(parse_sender("x@example.com")->name.empty());
    CHECK_FALSE(parse_sender("A <x@example.com"));
    CHECK_FALSE(parse_sender("A\r\nBcc: y@z.example <x@example.com>"));
}

TEST_CASE("headers: encoded words are short, whole, and hold what was meant") {
    CHECK(encode_header("492039 is your code") == "492039 is your code");
    const std::string arabic = "492039 \u0647\u0648 \u0631\u0645\u0632\u0643 \u0644\u062f\u0649 Example Hosting, "
                               "\u0634\u0631\u0643\u0629 \u0627\u0644\u0627\u0633\u062a\u0636\u0627\u0641\u0629";
    std::string encoded = encode_header(arabic);
    CHECK(encoded.starts_with("=?UTF-8?B?"));
    std::size_t start = 0;
    while (start < encoded.size()) {
        const std::size_t end = std::min(encoded.find("\r\n ", start), encoded.size());
        CHECK(end - start <= 75);
        start = end + 3;
    }
    CHECK(encode_header("=?UTF-8?B?eA==?=").starts_with("=?UTF-8?B?PT9V"));  // not taken as one
    CHECK(encode_header("a\nb").find('\n') == std::string::npos);
}

TEST_CASE("a mail's headers say what it is, and that it is one mail when it comes twice") {
    Letter l;
    l.id = domain::MessageId{"dlv_abc"};
    l.locale = "de";
    l.subject = "492039 ist Ihr Code";
    l.code = "492039";
    const Sender sender{"Example Hosting", "no-reply@example.com"};
    const domain::Instant at{domain::Seconds{1'770'000'000}};
    const auto lines = mail_headers(l, sender, "alice@example.org", "login.example.com", at);
    CHECK(header(lines, "From") == "\"Example Hosting\" <no-reply@example.com>");
    CHECK(header(lines, "To") == "<alice@example.org>");
    CHECK(header(lines, "Date") == "Mon, 02 Feb 2026 02:40:00 +0000");
    CHECK(header(lines, "Message-ID") == "<dlv_abc@example.com>");
    CHECK(header(lines, "Auto-Submitted") == "auto-generated");
    CHECK(header(lines, "One-Time-Code") == "code=492039; origin=login.example.com");
    CHECK(header(lines, "List-Unsubscribe").empty());
}

TEST_CASE("the HTML part is the text, escaped, with the code large and the link a button") {
    const std::string html =
        html_of("S & <b>", "Hello <script>\n\n492039\n\nhttps://x.example/#/a?t=1&b=2\n", "en",
                "492039", "https://x.example/#/a?t=1&b=2");
    CHECK(html.find("<script>") == std::string::npos);
    CHECK(html.find("Hello &lt;script&gt;") != std::string::npos);
    CHECK(html.find("<p class=\"code\">492039</p>") != std::string::npos);
    CHECK(html.find("href=\"https://x.example/#/a?t=1&amp;b=2\"") != std::string::npos);
    CHECK(html.find("<title>S &amp; &lt;b&gt;</title>") != std::string::npos);
    CHECK(html.find("src=") == std::string::npos);
}

TEST_CASE("the mail server's address is read, with what is percent-encoded in it") {
    const auto s = parse_smtp_url("smtps://us%40er:p%3Ass@mail.example.com:4465");
    REQUIRE(s);
    CHECK(s->tls_at_once);
    CHECK(s->user == "us@er");
    CHECK(s->password == "p:ss");
    CHECK(s->host == "mail.example.com");
    CHECK(s->port == 4465);
    CHECK(parse_smtp_url("smtp://mail.example.com")->port == 587);
    CHECK(parse_smtp_url("smtp://[::1]:2525")->host == "::1");
    for (const char* wrong : {"", "http://x", "smtp://", "smtp://a:b@", "smtp://x:99999",
                              "smtp://x:12a", "smtp://x/path", "smtp://x\r\n", "smtp://a%zz:b@x"})
        CHECK_FALSE(parse_smtp_url(wrong));
}

TEST_CASE("what an SMTP reply means, by the command it answers") {
    const auto receipt = [](SmtpStage stage, const char* line) {
        SmtpDialogue d;
        d.stage = stage;
        take_reply(d, line);
        return smtp_receipt(d, false);
    };
    struct Row {
        SmtpStage stage;
        const char* line;
        Sent sent;
        Failure failure;
    };
    const Row rows[] = {
        {SmtpStage::connect, "", Sent::later, Failure::channel_down},
        {SmtpStage::connect, "554 no service", Sent::later, Failure::channel_down},
        {SmtpStage::auth, "535 5.7.8 no", Sent::later, Failure::channel_down},
        {SmtpStage::mail, "550 5.7.1 not you", Sent::later, Failure::channel_down},
        {SmtpStage::rcpt, "550 5.1.1 no such user", Sent::refused, Failure::address_refused},
        {SmtpStage::rcpt, "550 no such user", Sent::refused, Failure::address_refused},
        {SmtpStage::rcpt, "552-5.2.2 full", Sent::refused, Failure::address_refused},
        {SmtpStage::rcpt, "554 5.7.1 relay denied", Sent::refused, Failure::rejected},
        {SmtpStage::rcpt, "450 4.2.1 later", Sent::later, Failure::too_many},
        {SmtpStage::rcpt, "", Sent::later, Failure::channel_down},
        {SmtpStage::data, "451 later", Sent::later, Failure::channel_down},
        {SmtpStage::body, "554 5.6.0 spam", Sent::refused, Failure::rejected},
        {SmtpStage::body, "452 4.3.1 no space", Sent::later, Failure::channel_down},
        {SmtpStage::body, "", Sent::later, Failure::unclear},
    };
    for (const Row& row : rows) {
        INFO(row.line);
        const Receipt r = receipt(row.stage, row.line);
        CHECK(r.sent == row.sent);
        CHECK(r.failure == row.failure);
    }
    CHECK(smtp_receipt({}, true).sent == Sent::done);
}
