// checkpoints.hpp - what a signed checkpoint commits to (docs/adr/0006 and 0016). Pure.
//   entries_hash  "tree:" and the root of a Merkle tree over the chains that moved, so that one
//                 chain is proven without naming the others; 64 hexadecimal digits, the hash of a
//                 plain list, in checkpoints of versions before that
#pragma once
#include <string>
#include <vector>

#include "server/domain/rows.hpp"
#include "shared/audit_chain.hpp"

namespace twofold::domain {

bool is_tree(const CheckpointRow& row);
std::string tree_hash(const std::vector<ChainHead>& entries);
// Whether the entries are those that entries_hash was made of, under either rule.
bool entries_fit(const CheckpointRow& row);
// What is signed.
std::string checkpoint_text(const CheckpointRow& row);
// What the next checkpoint holds of this one.
std::string checkpoint_hash(const CheckpointRow& row);
// From the entry at that place to the root, the lowest step first.
std::vector<PathStep> path_of(const std::vector<ChainHead>& entries, std::size_t at);

}  // namespace twofold::domain
