#include "shared/audit_chain.hpp"

#include <cstring>

namespace twofold {
namespace {

class Writer {
 public:
    explicit Writer(std::span<char> out) : out_(out) {}
    void put(std::string_view s) {
        if (s.size() > out_.size() - size_) {
            full_ = true;
            return;
        }
        if (!s.empty()) std::memcpy(out_.data() + size_, s.data(), s.size());
        size_ += s.size();
    }
    void number(std::size_t n) {
        char digits[20];
        std::size_t at = sizeof digits;
        do {
            digits[--at] = static_cast<char>('0' + n % 10);
            n /= 10;
        } while (n != 0);
        put({digits + at, sizeof digits - at});
    }
    int done() const { return full_ ? fail(Error::buffer_too_small) : static_cast<int>(size_); }

 private:
    std::span<char> out_;
    std::size_t size_ = 0;
    bool full_ = false;
};

// The largest power of two below n (RFC 9162 section 2.1.1); n is 2 or more.
std::size_t split_of(std::size_t n) {
    std::size_t k = 1;
    while (2 * k < n) k *= 2;
    return k;
}

int path_to(std::span<const Sha256> leaves, std::size_t at, PathStep* out) {
    if (leaves.size() < 2) return 0;
    const std::size_t k = split_of(leaves.size());
    const bool right = at >= k;
    const auto own = right ? leaves.subspan(k) : leaves.first(k);
    const auto other = right ? leaves.first(k) : leaves.subspan(k);
    const int n = path_to(own, right ? at - k : at, out);
    out[n] = {checkpoint_root(other), right};
    return n + 1;
}

}  // namespace

int fields_text_to(std::span<const std::string_view> fields, std::span<char> out) {
    Writer w(out);
    for (const std::string_view field : fields) {
        w.number(field.size());
        w.put(":");
        w.put(field);
    }
    return w.done();
}

int event_mac_to(const HmacKey& key, const EventFields& event, std::span<char> scratch,
                 std::span<char, kMacSize> out) {
    const int n = fields_text_to(event, scratch);
    if (n < 0) return n;
    std::array<std::uint8_t, kMaxDigestSize> digest;
    if (key.digest(as_bytes({scratch.data(), static_cast<std::size_t>(n)}), digest) != 32)
        return fail(Error::invalid_argument);
    Sha256 short_digest;
    std::memcpy(short_digest.data(), digest.data(), short_digest.size());
    hex_to(short_digest, out);
    return static_cast<int>(kMacSize);
}

Sha256 checkpoint_leaf(std::span<const std::string_view, 3> head) {
    // A chain's name has 128 characters at most, a length 20.
    std::array<char, 512> text;
    const int n = fields_text_to(head, text);
    return sha256(as_bytes({text.data(), n < 0 ? 0 : static_cast<std::size_t>(n)}), 0);
}

Sha256 checkpoint_node(const Sha256& left, const Sha256& right) {
    std::array<std::uint8_t, 64> both;
    std::memcpy(both.data(), left.data(), 32);
    std::memcpy(both.data() + 32, right.data(), 32);
    return sha256(both, 1);
}

Sha256 checkpoint_root(std::span<const Sha256> leaves) {
    if (leaves.empty()) return sha256({});
    if (leaves.size() == 1) return leaves.front();
    const std::size_t k = split_of(leaves.size());
    return checkpoint_node(checkpoint_root(leaves.first(k)), checkpoint_root(leaves.subspan(k)));
}

int checkpoint_path_to(std::span<const Sha256> leaves, std::size_t at,
                       std::span<PathStep, kMaxPath> out) {
    return at < leaves.size() ? path_to(leaves, at, out.data()) : 0;
}

Sha256 checkpoint_climb(Sha256 leaf, std::span<const PathStep> path) {
    for (const PathStep& step : path)
        leaf = step.sibling_is_left ? checkpoint_node(step.sibling, leaf)
                                    : checkpoint_node(leaf, step.sibling);
    return leaf;
}

void root_text_to(const Sha256& root, std::span<char, kRootSize> out) {
    std::memcpy(out.data(), kTreePrefix.data(), kTreePrefix.size());
    hex_to(root, out.last<64>());
}

int checkpoint_text_to(std::span<const std::string_view, 4> fields, std::span<char> out) {
    Writer w(out);
    w.put(fields[3].starts_with(kTreePrefix) ? "twofold checkpoint 2\n" : "twofold checkpoint 1\n");
    for (const std::string_view field : fields) {
        w.put(field);
        w.put("\n");
    }
    return w.done();
}

void ChainWalk::Kept::keep(std::string_view mac) {
    size = mac.size() <= text.size() ? mac.size() : 0;
    if (size != 0) std::memcpy(text.data(), mac.data(), size);
}

unsigned ChainWalk::next(std::int64_t sequence, std::string_view previous, std::string_view mac,
                         bool genuine, std::string_view promised) {
    unsigned found = genuine ? 0 : kChainEdited;
    if (sequence > at_ + 1) found |= kChainMissing;
    if (sequence <= at_) found |= kChainEdited;  // out of its place, or a second one of that number
    if (sequence == at_ + 1 && !mac_.is(previous)) found |= kChainEdited;
    if (!promised.empty() && promised != mac) found |= kChainEdited;
    if (found != 0) broken_ = true;
    if (sequence > at_) {
        at_ = sequence;
        mac_.keep(mac);
        if (at_ == length_) head_ = mac_;
    }
    return found;
}

unsigned ChainWalk::end(std::string_view head_mac, std::int64_t promised_length) const {
    const std::int64_t promised = promised_length > length_ ? promised_length : length_;
    if (at_ < promised) return kChainCut;
    return !broken_ && !head_.is(head_mac) ? kChainEdited : 0;
}

}  // namespace twofold
