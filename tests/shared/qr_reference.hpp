// qr_reference.hpp - a second QR encoder, plain and by the book, for comparison with shared/qr.hpp.
// It shares no line with it: whole tables of ISO/IEC 18004, one module at a time, polynomial
// division step by step, penalties by counting. Slow on purpose. Bugs in one do not repeat in the
// other.
#pragma once
#include <string>
#include <vector>

namespace qr_reference {

// Bit sequences and modules as plain vectors.
using Bits = std::vector<bool>;
using Grid = std::vector<std::vector<bool>>;  // grid[y][x], true is dark

struct Segment {
    int mode;  // 0 numeric, 1 alphanumeric, 2 byte
    std::string text;
};

// Table 9 and Annex: data codewords of a version (1..40) at a level (0..3: L, M, Q, H).
int data_codewords(int version, int level);
// Table 7: characters of one mode that fit.
int capacity(int version, int level, int mode);

// Bits of a segment with its header, without the terminator. Precondition: the text fits the mode.
Bits segment_bits(const Segment& segment, int version);
// Fewest bits over all ways to split the text and choose modes, by trying each of them.
int fewest_bits(const std::string& text, int version);

// The symbol of exactly these segments. Precondition: they fit.
Grid encode(const std::vector<Segment>& segments, int version, int level, int mask);
// Penalty of a complete symbol, section 7.8.3.1, read as qr.hpp says.
int penalty(const Grid& grid);

}  // namespace qr_reference
