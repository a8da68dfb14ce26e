// audit_chain.hpp - checks one hash-chained history and the signed checkpoints over it. The server
// and the browser's audit module run this same code (docs/adr/0016).
//
//   mac of an event = HMAC-SHA-256(key of its chain, event_text_to()), in hex; the text ends with
//                     the mac of the event before it
//   a checkpoint    signs checkpoint_text_to(), which holds the root of a Merkle tree (RFC 9162
//                     section 2.1: leaves under 0x00, nodes under 0x01) with one leaf for each
//                     chain that moved: one leaf can be proven and the others stay hidden
//
// Pure and thread-safe; nothing is allocated. Macs are compared as text: they are no secret here.
#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "shared/hmac.hpp"
#include "shared/result.hpp"
#include "shared/sha256.hpp"

namespace twofold {

// The fields of an event in the order of its text; numbers are decimal text, the time is in Unix
// seconds. The order is part of every mac: never change it.
enum EventField : std::size_t {
    kEventId,
    kEventChain,
    kEventSequence,
    kEventApplication,
    kEventUser,
    kEventAt,
    kEventActor,
    kEventAction,
    kEventMethod,
    kEventResult,
    kEventObject,
    kEventRequest,
    kEventDetails,  // as sealed
    kEventPrevious,
    kEventFields
};
using EventFields = std::array<std::string_view, kEventFields>;

inline constexpr std::size_t kMacSize = 64;  // hexadecimal digits
inline constexpr std::string_view kTreePrefix = "tree:";
inline constexpr std::size_t kRootSize = 5 + 64;  // "tree:" and hexadecimal digits

// Each field as "length:field": no two lists of fields give one text. Returns the number of
// characters or minus buffer_too_small; 21 more than each field are always enough.
int fields_text_to(std::span<const std::string_view> fields, std::span<char> out);

// The mac of an event under the chain's key. `scratch` takes the text. 64, or minus an Error.
int event_mac_to(const HmacKey& key, const EventFields& event, std::span<char> scratch,
                 std::span<char, kMacSize> out);

// One leaf: chain, length in decimal and mac of its last event.
Sha256 checkpoint_leaf(std::span<const std::string_view, 3> head);
// A node over two.
Sha256 checkpoint_node(const Sha256& left, const Sha256& right);
// The root over one leaf or more; over none the hash of nothing.
Sha256 checkpoint_root(std::span<const Sha256> leaves);

// The way from a leaf to the root: whose sibling stands on which side, the lowest first.
struct PathStep {
    Sha256 sibling{};
    bool sibling_is_left = false;
};
inline constexpr int kMaxPath = 64;
// For leaf `at` of the leaves. Returns the number of steps.
int checkpoint_path_to(std::span<const Sha256> leaves, std::size_t at,
                       std::span<PathStep, kMaxPath> out);
// The root that a leaf and its path lead to.
Sha256 checkpoint_climb(Sha256 leaf, std::span<const PathStep> path);
// "tree:<hex>": what a checkpoint stores and signs as its entries_hash.
void root_text_to(const Sha256& root, std::span<char, kRootSize> out);

// What a checkpoint signs: number, time in Unix seconds, hash of the checkpoint before it,
// entries_hash; decimal numbers. Characters or minus buffer_too_small.
int checkpoint_text_to(std::span<const std::string_view, 4> fields, std::span<char> out);

// What is wrong, as bits: one event can show two things.
inline constexpr unsigned kChainMissing = 1;  // events from expected() on are not there
inline constexpr unsigned kChainEdited = 2;   // this event is not the one that was written here
inline constexpr unsigned kChainCut = 4;      // the end, from expected() on, is not there

// Walks a chain from its first event.
class ChainWalk {
 public:
    // `length`: how long the chain is said to be (its head).
    explicit ChainWalk(std::int64_t length) : length_(length) {}

    // The next event as it stands. `genuine`: its mac is right over its fields. `promised`: the mac
    // that a checkpoint signed for this length, or empty. Read expected() before the call: a gap
    // is found only here.
    unsigned next(std::int64_t sequence, std::string_view previous, std::string_view mac,
                  bool genuine, std::string_view promised);
    // After the last event: the head's mac, and the greatest length a checkpoint signed. An edited
    // head is said of event `length`.
    unsigned end(std::string_view head_mac, std::int64_t promised_length) const;

    std::int64_t expected() const { return at_ + 1; }

 private:
    // A mac as it stands in the row: anything longer than one is none.
    struct Kept {
        std::array<char, kMacSize> text{};
        std::size_t size = 0;
        bool is(std::string_view other) const { return other == std::string_view(text.data(), size); }
        void keep(std::string_view mac);
    };
    std::int64_t length_;
    std::int64_t at_ = 0;
    bool broken_ = false;
    Kept mac_;
    Kept head_;
};

}  // namespace twofold
