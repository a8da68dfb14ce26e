// audit_abi.cpp - the C ABI of the second module, twofold_audit.wasm, which checks a history in the
// browser (src/audit.ts is its loader). Pages load it only when somebody asks for that check.
//
// A call's texts stand one behind the other at the start of `a`, each as four bytes of length (the
// lowest first) and the text in UTF-8; n is the number of bytes in all. What is answered in text
// stands at `a` + kIn, and its length is returned; minus a twofold::Error when the texts do not
// fit. The module keeps one walk. It is single-threaded and holds no secret but the chain's key,
// which end() wipes.
#include <cstring>
#include <new>

#include "shared/audit_chain.hpp"

#define TWOFOLD_EXPORT(type, name) \
    extern "C" __attribute__((export_name(#name), used)) type twofold_audit_##name

using namespace twofold;

extern "C" {
void abort() { __builtin_trap(); }

int memcmp(const void* x, const void* y, std::size_t n) {
    const auto* p = static_cast<const unsigned char*>(x);
    const auto* q = static_cast<const unsigned char*>(y);
    for (; n != 0; --n, ++p, ++q)
        if (*p != *q) return *p - *q;
    return 0;
}

constexpr std::size_t kIn = 1 << 17;
constexpr std::size_t kOut = 1 << 17;
char a[kIn + kOut];
}

namespace {

char* const out = a + kIn;

alignas(HmacKey) char key_bytes[sizeof(HmacKey)];
alignas(ChainWalk) char walk_bytes[sizeof(ChainWalk)];
HmacKey& key() { return reinterpret_cast<HmacKey&>(key_bytes); }
ChainWalk& walk() { return reinterpret_cast<ChainWalk&>(walk_bytes); }

// Reads the texts of a call; after the last one everything is empty.
class Texts {
 public:
    explicit Texts(int n) : left_(a, n < 0 || std::size_t(n) > kIn ? 0 : std::size_t(n)) {}
    std::string_view next() {
        if (left_.size() < 4) return give(left_.size(), 0);
        std::size_t size = 0;
        for (std::size_t i = 4; i-- != 0;) size = size << 8 | static_cast<unsigned char>(left_[i]);
        left_.remove_prefix(4);
        return size > left_.size() ? give(left_.size(), 0) : give(size, size);
    }
    bool more() const { return !left_.empty(); }

 private:
    std::string_view give(std::size_t drop, std::size_t size) {
        const std::string_view text = left_.substr(0, size);
        left_.remove_prefix(drop);
        return text;
    }
    std::string_view left_;
};

int nibble(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

}  // namespace

// Begins a walk. Text: the chain's key. length: how many events the chain is said to have.
TWOFOLD_EXPORT(void, begin)(int n, double length) {
    Texts texts(n);
    new (key_bytes) HmacKey(HashAlgorithm::sha256, as_bytes(texts.next()));
    new (walk_bytes) ChainWalk(static_cast<std::int64_t>(length));
}

// The next event. Texts: the fourteen fields, its mac, the mac a checkpoint promises for it (or
// nothing). trusted: its mac is of an older rule, which only the server can check; take it as it
// is. Returns the bits of ChainWalk::next().
TWOFOLD_EXPORT(int, event)(int n, double sequence, int trusted) {
    Texts texts(n);
    EventFields fields;
    for (std::string_view& field : fields) field = texts.next();
    const std::string_view mac = texts.next();
    const std::string_view promised = texts.next();
    char own[kMacSize];
    const int size = event_mac_to(key(), fields, {out, kOut}, own);
    if (size < 0) return size;
    const bool genuine = trusted != 0 || mac == std::string_view(own, kMacSize);
    return static_cast<int>(walk().next(static_cast<std::int64_t>(sequence),
                                        fields[kEventPrevious], mac, genuine, promised));
}

// The sequence that comes next; where a gap begins.
TWOFOLD_EXPORT(double, expected)() { return static_cast<double>(walk().expected()); }

// Ends the walk. Text: the head's mac. promised: the greatest length that a checkpoint signed.
// Returns the bits of ChainWalk::end().
TWOFOLD_EXPORT(int, end)(int n, double promised) {
    const unsigned found = walk().end(Texts(n).next(), static_cast<std::int64_t>(promised));
    key().~HmacKey();
    wipe(out, kOut);
    return static_cast<int>(found);
}

// The root that an entry of a checkpoint leads to. Texts: chain, length, mac, then each step of the
// path: L or R (where the sibling stands) and 64 hexadecimal digits.
TWOFOLD_EXPORT(int, root)(int n) {
    Texts texts(n);
    std::string_view head[3];
    for (std::string_view& field : head) field = texts.next();
    Sha256 at = checkpoint_leaf(head);
    for (int steps = 0; texts.more(); ++steps) {
        const std::string_view text = texts.next();
        if (steps == kMaxPath || text.size() != 65 || (text[0] != 'L' && text[0] != 'R'))
            return fail(Error::invalid_argument);
        PathStep step;
        step.sibling_is_left = text[0] == 'L';
        for (std::size_t i = 0; i < step.sibling.size(); ++i) {
            const int high = nibble(text[1 + 2 * i]);
            const int low = nibble(text[2 + 2 * i]);
            if (high < 0 || low < 0) return fail(Error::invalid_argument);
            step.sibling[i] = static_cast<std::uint8_t>(high << 4 | low);
        }
        at = checkpoint_climb(at, {&step, 1});
    }
    root_text_to(at, std::span<char, kRootSize>(out, kRootSize));
    return static_cast<int>(kRootSize);
}

// What a checkpoint signs. Texts: number, time, hash of the one before, entries_hash.
TWOFOLD_EXPORT(int, text)(int n) {
    Texts texts(n);
    std::string_view fields[4];
    for (std::string_view& field : fields) field = texts.next();
    return checkpoint_text_to(fields, {out, kOut});
}

// SHA-256 of a text, in hexadecimal.
TWOFOLD_EXPORT(int, hash)(int n) {
    hex_to(sha256(as_bytes(Texts(n).next())), std::span<char, 64>(out, 64));
    return 64;
}
