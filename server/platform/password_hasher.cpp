#include "server/platform/password_hasher.hpp"

#include <argon2.h>

#include <array>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <system_error>

#include "server/platform/encoding.hpp"
#include "server/platform/os_random.hpp"

namespace twofold::platform {
namespace {

constexpr std::size_t kSalt = 16;
constexpr std::size_t kHash = 32;

// libargon2's callbacks carry no context: the block of the call that runs on this thread.
thread_local std::uint8_t* block = nullptr;
thread_local std::size_t block_size = 0;

int give_block(std::uint8_t** memory, std::size_t bytes) {
    if (block == nullptr || bytes > block_size) return ARGON2_MEMORY_ALLOCATION_ERROR;
    *memory = block;
    return ARGON2_OK;
}
void keep_block(std::uint8_t*, std::size_t) {}  // libargon2 has wiped it

// Argon2 rounds memory down to whole slices and never goes under 8 blocks a lane.
std::size_t block_bytes(const Argon2Cost& cost) { return std::size_t{cost.memory_kib} * 1024; }

struct Phc {
    Argon2Cost cost;
    std::vector<std::uint8_t> salt;
    std::vector<std::uint8_t> hash;
};

bool take(std::string_view& s, std::string_view prefix) {
    if (!s.starts_with(prefix)) return false;
    s.remove_prefix(prefix.size());
    return true;
}
bool take_number(std::string_view& s, std::uint32_t& out) {
    const auto [p, ec] = std::from_chars(s.data(), s.data() + s.size(), out);
    if (ec != std::errc{}) return false;
    s.remove_prefix(static_cast<std::size_t>(p - s.data()));
    return true;
}

std::optional<Phc> parse(std::string_view s) {
    Phc p;
    if (!take(s, "$argon2id$v=19$m=") || !take_number(s, p.cost.memory_kib) || !take(s, ",t=") ||
        !take_number(s, p.cost.passes) || !take(s, ",p=") || !take_number(s, p.cost.lanes) ||
        !take(s, "$")) {
        return std::nullopt;
    }
    const std::size_t dollar = s.find('$');
    if (dollar == std::string_view::npos) return std::nullopt;
    auto salt = from_base64(s.substr(0, dollar));
    auto hash = from_base64(s.substr(dollar + 1));
    if (!salt || !hash || salt->size() < 8 || salt->size() > 64 || hash->size() < 16 ||
        hash->size() > 64) {
        return std::nullopt;
    }
    p.salt = std::move(*salt);
    p.hash = std::move(*hash);
    return p;
}

}  // namespace

// A leased block, given back on destruction.
class Argon2Hasher::Place {
 public:
    explicit Place(Argon2Hasher& pool) : pool_(pool) {
        std::unique_lock lock(pool_.mutex_);
        if (pool_.free_.empty()) {
            if (pool_.waiting_ >= pool_.may_wait_) {
                throw std::system_error(
                    std::make_error_code(std::errc::resource_unavailable_try_again),
                    "password hashing is busy");
            }
            ++pool_.waiting_;
            pool_.freed_.wait(lock, [this] { return !pool_.free_.empty(); });
            --pool_.waiting_;
        }
        mine_ = std::move(pool_.free_.back());
        pool_.free_.pop_back();
        block = mine_.get();
        block_size = block_bytes(pool_.cost_);
    }
    ~Place() {
        block = nullptr;
        block_size = 0;
        {
            const std::lock_guard lock(pool_.mutex_);
            pool_.free_.push_back(std::move(mine_));
        }
        pool_.freed_.notify_one();
    }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;

 private:
    Argon2Hasher& pool_;
    std::unique_ptr<std::uint8_t[]> mine_;
};

Argon2Hasher::Argon2Hasher(Argon2Cost cost, int places, int may_wait)
    : cost_(cost), may_wait_(may_wait) {
    for (int i = 0; i < places; ++i) {
        // Not value-initialised: the pages come when they are first used.
        free_.emplace_back(new std::uint8_t[block_bytes(cost_)]);
    }
}
Argon2Hasher::~Argon2Hasher() = default;

Secret Argon2Hasher::run(const Argon2Cost& cost, std::string_view text, ByteView salt,
                         std::size_t length) {
    std::vector<std::uint8_t> out(length);
    std::vector<std::uint8_t> salt_copy(salt.begin(), salt.end());
    const Place place(*this);
    argon2_context c{};
    c.out = out.data();
    c.outlen = static_cast<std::uint32_t>(out.size());
    c.pwd = reinterpret_cast<std::uint8_t*>(
        const_cast<char*>(text.data()));  // read only: no CLEAR flag is set
    c.pwdlen = static_cast<std::uint32_t>(text.size());
    c.salt = salt_copy.data();
    c.saltlen = static_cast<std::uint32_t>(salt_copy.size());
    c.t_cost = cost.passes;
    c.m_cost = cost.memory_kib;
    c.lanes = cost.lanes;
    c.threads = 1;  // in this very thread
    c.version = ARGON2_VERSION_13;
    c.allocate_cbk = give_block;
    c.free_cbk = keep_block;
    c.flags = ARGON2_DEFAULT_FLAGS;
    if (const int rc = argon2_ctx(&c, Argon2_id); rc != ARGON2_OK) {
        std::fprintf(stderr, "twofold: Argon2id failed (%s); stopping\n", argon2_error_message(rc));
        std::abort();
    }
    return Secret(std::move(out));
}

std::string Argon2Hasher::hash(std::string_view password) {
    std::array<std::uint8_t, kSalt> salt;
    random_bytes(salt);
    const Secret h = run(cost_, password, salt, kHash);
    return "$argon2id$v=19$m=" + std::to_string(cost_.memory_kib) +
           ",t=" + std::to_string(cost_.passes) + ",p=" + std::to_string(cost_.lanes) + "$" +
           base64(salt) + "$" + base64(h.expose());
}

bool Argon2Hasher::verify(std::string_view phc, std::string_view password) {
    std::optional<Phc> p = parse(phc);
    // Bounds: what is in the database must not be able to ask for more than the pool has.
    const bool usable = p && p->cost.memory_kib >= 8 * p->cost.lanes &&
                        p->cost.memory_kib <= cost_.memory_kib && p->cost.passes >= 1 &&
                        p->cost.passes <= 16 && p->cost.lanes >= 1 && p->cost.lanes <= 4;
    if (!usable) {
        const std::array<std::uint8_t, kSalt> salt{};
        (void)run(cost_, password, salt, kHash);
        return false;
    }
    const Secret h = run(p->cost, password, p->salt, p->hash.size());
    return constant_time_equal(h.expose(), p->hash);
}

Secret Argon2Hasher::derive(std::string_view text, ByteView salt) {
    return run(cost_, text, salt, kHash);
}

}  // namespace twofold::platform
