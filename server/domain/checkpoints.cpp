#include "server/domain/checkpoints.hpp"

#include <algorithm>

#include "server/domain/digest.hpp"

namespace twofold::domain {
namespace {

std::vector<Sha256> leaves_of(const std::vector<ChainHead>& entries) {
    std::vector<Sha256> out;
    out.reserve(entries.size());
    for (const ChainHead& head : entries) {
        const std::string length = std::to_string(head.length);
        const std::array<std::string_view, 3> fields{head.chain, length, head.mac};
        out.push_back(checkpoint_leaf(fields));
    }
    return out;
}

// The rule of version 0.1: a hash over all lines, which only who knows them all can repeat.
std::string list_hash(const std::vector<ChainHead>& entries) {
    std::string text;
    for (const ChainHead& head : entries)
        text += head.chain + " " + std::to_string(head.length) + " " + head.mac + "\n";
    return hex_text(sha256(as_bytes(text)));
}

}  // namespace

bool is_tree(const CheckpointRow& row) { return row.entries_hash.starts_with(kTreePrefix); }

std::string tree_hash(const std::vector<ChainHead>& entries) {
    std::array<char, kRootSize> out;
    root_text_to(checkpoint_root(leaves_of(entries)), out);
    return {out.data(), out.size()};
}

bool entries_fit(const CheckpointRow& row) {
    return row.entries_hash == (is_tree(row) ? tree_hash(row.entries) : list_hash(row.entries));
}

std::string checkpoint_text(const CheckpointRow& row) {
    const std::string number = std::to_string(row.number);
    const std::string at = std::to_string(row.at.time_since_epoch().count());
    const std::array<std::string_view, 4> fields{number, at, row.previous_hash, row.entries_hash};
    std::string out(number.size() + at.size() + row.previous_hash.size() +
                        row.entries_hash.size() + 64,
                    '\0');
    const int n = checkpoint_text_to(fields, out);
    out.resize(static_cast<std::size_t>(std::max(n, 0)));
    return out;
}

std::string checkpoint_hash(const CheckpointRow& row) {
    return hex_text(
        sha256(as_bytes(checkpoint_text(row) + row.key_id + "\n" + row.signature + "\n")));
}

std::vector<PathStep> path_of(const std::vector<ChainHead>& entries, std::size_t at) {
    const std::vector<Sha256> leaves = leaves_of(entries);
    std::array<PathStep, kMaxPath> steps;
    const int n = checkpoint_path_to(leaves, at, steps);
    return {steps.begin(), steps.begin() + n};
}

}  // namespace twofold::domain
