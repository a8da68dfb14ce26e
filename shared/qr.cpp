// qr.cpp - see qr.hpp. Section numbers are those of ISO/IEC 18004:2015.
//
// Shape: segments -> bits -> codewords -> Reed-Solomon, interleaved -> modules -> mask. The rows of
// a symbol are bit fields in 64-bit words, one word per row up to version 11, so that drawing,
// masking and the four penalty rules are shifts and logic on whole rows; vertical rules run across
// the words of neighbouring rows, nothing is transposed.
#include "shared/qr.hpp"

#include <bit>
#include <cstddef>

// Plain x86-64 has no popcount instruction; g++ would call a library function in the hottest loop.
#if defined(__x86_64__) && defined(__gnu_linux__) && defined(__GNUC__) && !defined(__clang__) && \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) && !defined(__POPCNT__)
#define TWOFOLD_POPCNT_CLONES __attribute__((target_clones("popcnt", "default")))
#else
#define TWOFOLD_POPCNT_CLONES
#endif

namespace twofold {
namespace {

using u8 = std::uint8_t;
using u32 = std::uint32_t;
using u64 = std::uint64_t;

// ---------------------------------------------------------------------------------------------
// Capacity (Tables 1, 7 and 9)

// Error correction codewords per block and number of blocks, Table 9, by level then version.
constexpr u8 kEccPerBlock[4][40] = {
    {7,  10, 15, 20, 26, 18, 20, 24, 30, 18, 20, 24, 26, 30, 22, 24, 28, 30, 28, 28,
     28, 28, 30, 30, 26, 28, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30},
    {10, 16, 26, 18, 24, 16, 18, 22, 22, 26, 30, 22, 22, 24, 24, 28, 28, 26, 26, 26,
     26, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28},
    {13, 22, 18, 26, 18, 24, 18, 22, 20, 24, 28, 26, 24, 20, 30, 24, 28, 28, 26, 30,
     28, 30, 30, 30, 30, 28, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30},
    {17, 28, 22, 16, 22, 28, 26, 26, 24, 28, 24, 28, 22, 24, 24, 30, 28, 28, 26, 28,
     30, 24, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30}};
constexpr u8 kBlocks[4][40] = {
    {1, 1, 1, 1,  1,  2,  2,  2,  2,  4,  4,  4,  4,  4,  6,  6,  6,  6,  7,  8,
     8, 9, 9, 10, 12, 12, 12, 13, 14, 15, 16, 17, 18, 19, 19, 20, 21, 22, 24, 25},
    {1,  1,  1,  2,  2,  4,  4,  4,  5,  5,  5,  8,  9,  9,  10, 10, 11, 13, 14, 16,
     17, 17, 18, 20, 21, 23, 25, 26, 28, 29, 31, 33, 35, 37, 38, 40, 43, 45, 47, 49},
    {1,  1,  2,  2,  4,  4,  6,  6,  8,  8,  8,  10, 12, 16, 12, 17, 16, 18, 21, 20,
     23, 23, 25, 27, 29, 34, 34, 35, 38, 40, 43, 45, 48, 51, 53, 56, 59, 62, 65, 68},
    {1,  1,  2,  4,  4,  4,  5,  6,  8,  8,  11, 11, 16, 16, 18, 16, 19, 21, 25, 25,
     25, 34, 30, 32, 35, 37, 40, 42, 45, 48, 51, 54, 57, 60, 63, 66, 70, 74, 77, 81}};

struct Shape {
    int total, ecc, blocks, data;  // codewords; ecc is per block
};

int alignment_count(int version) { return version == 1 ? 0 : version / 7 + 2; }

Shape shape_of(int version, QrLevel level) {
    // Modules that are neither finder, separator, timing, format, alignment nor version
    // information.
    int modules = (16 * version + 128) * version + 64;
    if (const int n = alignment_count(version); n != 0) {
        modules -= (25 * n - 10) * n - 55;
        if (version >= 7) modules -= 36;
    }
    const int ecc = kEccPerBlock[static_cast<int>(level)][version - 1];
    const int blocks = kBlocks[static_cast<int>(level)][version - 1];
    return {modules / 8, ecc, blocks, modules / 8 - ecc * blocks};
}

// ---------------------------------------------------------------------------------------------
// Segments (section 7.4)

enum Mode : u8 { kNumeric = 0, kAlphanumeric = 1, kByte = 2 };

// Bits of one character times 6, so that the thirds and halves of Table 3 stay whole.
constexpr u32 kSixths[3] = {20, 33, 48};

// The punctuation and digits of Table 5, as bits of (c - 32).
constexpr u32 kAlphanumericBelow64 = 0x07FFEC31;

// The narrowest mode that holds c.
Mode mode_of(u8 c) {
    if (c - 48U < 10U) return kNumeric;
    if (c - 65U < 26U) return kAlphanumeric;
    return c - 32U < 32U && (kAlphanumericBelow64 >> (c - 32U) & 1U) != 0 ? kAlphanumeric : kByte;
}

// Table 5: 0-9, A-Z, space, $ % * + - . / :
u32 alphanumeric_value(u8 c) {
    if (c - 48U < 10U) return c - 48U;
    if (c >= 65) return c - 55U;
    const u32 punctuation = kAlphanumericBelow64 & ~0x03FF0000U;
    return 36U + static_cast<u32>(std::popcount(punctuation & ((1U << (c - 32U)) - 1U)));
}

int class_of(int version) { return version < 10 ? 0 : version < 27 ? 1 : 2; }
constexpr int kLastOfClass[3] = {9, 26, 40};

// Width of the character count indicator, Table 3.
int count_bits(int mode, int version_class) {
    constexpr u8 kWidths[3][3] = {{10, 12, 14}, {9, 11, 13}, {8, 16, 16}};
    return kWidths[mode][version_class];
}

u32 header_sixths(int mode, int version_class) {
    return static_cast<u32>(4 + count_bits(mode, version_class)) * 6U;
}

u32 whole_bits(u32 sixths) { return (sixths + 5U) / 6U; }

// The smallest version in [from, to] that has room, or 0.
int smallest_version(u32 bits, QrLevel level, int from, int to) {
    for (int v = from; v <= to; ++v)
        if (static_cast<u32>(shape_of(v, level).data) * 8U >= bits) return v;
    return 0;
}

// The optimal sequence of modes, by dynamic programming over runs of characters that have the same
// narrowest mode: a change inside a run never helps, since the narrowest mode is also the cheapest
// for each further character. cost[m] is the least number of sixths of a bit for the text so far if
// it ends in mode m; a segment is rounded up to whole bits where it ends. Writes for each run, at
// the index of its first character, the mode that precedes each final mode (2 bits each). Returns
// bits.
u32 plan(ByteView text, int version_class, u8* choices, int& last_mode) {
    constexpr u32 kNever = 1U << 28;
    u32 cost[3] = {header_sixths(0, version_class), header_sixths(1, version_class),
                   header_sixths(2, version_class)};
    for (std::size_t i = 0; i < text.size();) {
        const Mode narrowest = mode_of(text[i]);
        std::size_t end = i + 1;
        while (end < text.size() && mode_of(text[end]) == narrowest) ++end;
        const u32 length = static_cast<u32>(end - i);
        u32 choice = 0;
        u32 before[3] = {cost[0], cost[1], cost[2]};
        for (int m = 0; m < 3; ++m) {
            int from = m;
            u32 best = before[m];
            if (i != 0) {
                for (int p = 0; p < 3; ++p) {
                    const u32 change = whole_bits(before[p]) * 6U + header_sixths(m, version_class);
                    if (p != m && change < best) {
                        best = change;
                        from = p;
                    }
                }
            }
            choice |= static_cast<u32>(from) << (2 * m);
            cost[m] = m < narrowest ? kNever : best + length * kSixths[m];
        }
        choices[i] = static_cast<u8>(choice);
        i = end;
    }
    last_mode = kByte;
    for (int m = 1; m >= 0; --m)
        if (whole_bits(cost[m]) <= whole_bits(cost[last_mode])) last_mode = m;
    return whole_bits(cost[last_mode]);
}

// Turns the choices into one mode per character.
void trace(ByteView text, u8* choices, int last_mode) {
    int mode = last_mode;
    std::size_t end = text.size();
    while (end != 0) {
        std::size_t begin = end - 1;
        const Mode narrowest = mode_of(text[begin]);
        while (begin != 0 && mode_of(text[begin - 1]) == narrowest) --begin;
        const int previous = choices[begin] >> (2 * mode) & 3;
        for (std::size_t i = begin; i < end; ++i) choices[i] = static_cast<u8>(mode);
        mode = previous;
        end = begin;
    }
}

// ---------------------------------------------------------------------------------------------
// Bits

struct BitWriter {
    u8* out;
    u32 pending = 0;
    int held = 0;

    void put(u32 value, int bits) {  // bits <= 16
        pending = pending << bits | value;
        held += bits;
        while (held >= 8) {
            held -= 8;
            *out++ = static_cast<u8>(pending >> held);
        }
    }
};

// One segment, sections 7.4.3 to 7.4.5.
void put_segment(BitWriter& w, int mode, int version_class, ByteView text) {
    w.put(1U << mode, 4);
    w.put(static_cast<u32>(text.size()), count_bits(mode, version_class));
    std::size_t i = 0;
    if (mode == kByte) {
        for (; i < text.size(); ++i) w.put(text[i], 8);
    } else if (mode == kAlphanumeric) {
        for (; i + 1 < text.size(); i += 2)
            w.put(alphanumeric_value(text[i]) * 45U + alphanumeric_value(text[i + 1]), 11);
        if (i < text.size()) w.put(alphanumeric_value(text[i]), 6);
    } else {
        for (; i < text.size(); i += 3) {
            u32 value = 0;
            int bits = 1;
            for (std::size_t k = i; k < text.size() && k < i + 3; ++k, bits += 3)
                value = value * 10U + (text[k] - 48U);
            w.put(value, bits);
        }
    }
}

// ---------------------------------------------------------------------------------------------
// Reed-Solomon over GF(256), x^8 + x^4 + x^3 + x^2 + 1 (section 7.5.2)

struct Field {
    u8 exp[512];
    u8 log[256];
    Field() {
        u32 x = 1;
        for (u32 i = 0; i < 255; ++i) {
            exp[i] = exp[i + 255] = static_cast<u8>(x);
            log[x] = static_cast<u8>(i);
            x = x << 1 ^ (x >> 7) * 0x11DU;
        }
        log[0] = 0;
        exp[510] = exp[511] = 1;
    }
};

// Eight bytes at once times x.
u64 times_x(u64 v) {
    return (v & 0x7F7F7F7F7F7F7F7FU) << 1 ^ (v >> 7 & 0x0101010101010101U) * 0x1DU;
}

// products[n] is the generator polynomial of the degree times n, products[16 + n] times 16 n, for
// nibbles n: 32 bytes each in four words, the coefficient of the highest power below the leading
// one in the lowest byte.
//   The coefficients are Gaussian binomials: g(k) = a^(k(k-1)/2) * product of (a^(d-j) - 1) /
//   (a^(j+1) - 1) over j < k, which takes one addition of logarithms each, not a product of d
//   factors.
void make_products(int degree, u64* products) {
    static const Field field;
    u64* one = products + 4;
    for (int w = 0; w < 4; ++w) products[w] = one[w] = 0;
    u32 log = 0;
    for (int k = 0; k < degree; ++k) {
        log += static_cast<u32>(k) + field.log[field.exp[degree - k] ^ 1U] + 255U -
               field.log[field.exp[k + 1] ^ 1U];
        log %= 255U;
        one[k >> 3] |= static_cast<u64>(field.exp[log]) << (8 * (k & 7));
    }
    for (int n = 2; n < 32; ++n) {
        // Twice the half, plus once if odd; 16 is twice 8.
        const int row = n & 16;
        const u64* half = products + 4 * (n <= 16 ? n >> 1 : row | (n & 15) >> 1);
        const u64* single = products + 4 * (row | 1);
        u64* to = products + 4 * n;
        for (int w = 0; w < 4; ++w)
            to[w] = n == 16 ? 0
                            : times_x(n == 17 ? products[32 + w] : half[w]) ^
                                  ((n & 1) != 0 && n != 17 ? single[w] : 0);
    }
}

// Splits data into blocks, appends the remainders, and writes all in the order of section 7.6.
void interleave(const Shape& s, QrWorkspace& ws) {
    make_products(s.ecc, ws.products.data());
    const u64* products = ws.products.data();
    const int short_length = s.data / s.blocks;
    const int short_blocks = s.blocks - s.data % s.blocks;
    const u8* in = ws.data.data();
    u8* stream = ws.stream.data();
    for (int b = 0; b < s.blocks; ++b) {
        u64 r0 = 0, r1 = 0, r2 = 0, r3 = 0;
        const int length = short_length + (b >= short_blocks ? 1 : 0);
        u8* out = stream + b;
        for (int i = 0; i < length; ++i) {
            const u8 byte = *in++;
            if (i == short_length) out -= short_blocks;
            *out = byte;
            out += s.blocks;
            const u64 factor = (r0 ^ byte) & 0xFFU;
            const u64* low = products + 4 * (factor & 15U);
            const u64* high = products + 64 + 4 * (factor >> 4);
            r0 = (r0 >> 8 | r1 << 56) ^ low[0] ^ high[0];
            r1 = (r1 >> 8 | r2 << 56) ^ low[1] ^ high[1];
            r2 = (r2 >> 8 | r3 << 56) ^ low[2] ^ high[2];
            r3 = r3 >> 8 ^ low[3] ^ high[3];
        }
        const u64 rest[4] = {r0, r1, r2, r3};
        out = stream + s.data + b;
        for (int k = 0; k < s.ecc; ++k, out += s.blocks)
            *out = static_cast<u8>(rest[k >> 3] >> (8 * (k & 7)));
    }
}

// ---------------------------------------------------------------------------------------------
// Modules (section 6.3, Annex E)

struct Canvas {
    u64* dark;
    u64* open;
    int stride;

    // A pattern of up to 25 modules, its bit 0 at column x: dark where set, and taken from the data
    // area over the given width. Also writes (a zero) behind the row's last word, hence the + 1
    // there.
    void put(int x, int y, u64 pattern, int width) {
        const int bit = x + 1;
        const int word = y * stride + (bit >> 6);
        const u64 area = (u64{1} << width) - 1;
        dark[word] |= pattern << (bit & 63);
        dark[word + 1] |= pattern >> 1 >> (63 - (bit & 63));
        open[word] &= ~(area << (bit & 63));
        open[word + 1] &= ~(area >> 1 >> (63 - (bit & 63)));
    }
};

u32 bch(u32 value, u32 generator, int checks) {
    u32 rest = value << checks;
    for (int i = 31; i >= checks; --i)
        if ((rest >> i & 1U) != 0) rest ^= generator << (i - checks);
    return value << checks | rest;
}

// Everything but data and format information.
void draw_function_patterns(QrSymbol& s, u64* open) {
    const int size = s.size;
    const int stride = s.words_per_row;
    for (int i = 0; i <= size * stride; ++i) s.rows[static_cast<std::size_t>(i)] = 0;
    for (int y = 0; y < size; ++y) {
        u64* row = open + y * stride;
        if (stride == 1) {
            row[0] = ((u64{1} << size) - 1) << 1;
        } else {
            row[0] = ~u64{1};
            row[1] = size + 1 >= 128 ? ~u64{0} : (u64{1} << (size + 1 - 64)) - 1;
            row[2] = size + 1 > 128 ? (u64{1} << (size + 1 - 128)) - 1 : 0;
        }
    }
    Canvas canvas{s.rows.data(), open, stride};

    for (int i = 0; i < 9; ++i) {
        constexpr u8 kFinder[9] = {0x7F, 0x41, 0x5D, 0x5D, 0x5D, 0x41, 0x7F, 0, 0};
        canvas.put(0, i, kFinder[i], 9);
        canvas.put(size - 8, i, static_cast<u64>(kFinder[i]) << 1, 8);
        if (i < 8) canvas.put(0, size - 8 + i, i == 0 ? 0U : kFinder[i - 1], 9);
    }
    for (int i = 8; i < size - 8; ++i) {
        const u64 dark = (i & 1) == 0 ? 1 : 0;
        canvas.put(i, 6, dark, 1);
        canvas.put(6, i, dark, 1);
    }
    canvas.put(8, size - 8, 1, 1);

    const int n = alignment_count(s.version);
    const int step = n == 0 ? 0 : (s.version * 8 + n * 3 + 5) / (n * 4 - 4) * 2;
    for (int i = 0; i < n; ++i) {
        for (int j = 0; j < n; ++j) {
            const bool corner = (i == 0 && (j == 0 || j == n - 1)) || (i == n - 1 && j == 0);
            if (corner) continue;
            const int x = i == 0 ? 4 : size - 9 - (n - 1 - i) * step;
            const int y = j == 0 ? 4 : size - 9 - (n - 1 - j) * step;
            for (int k = 0; k < 5; ++k) {
                constexpr u8 kAlignment[5] = {0x1F, 0x11, 0x15, 0x11, 0x1F};
                canvas.put(x, y + k, kAlignment[k], 5);
            }
        }
    }

    if (s.version >= 7) {
        const u32 bits = bch(static_cast<u32>(s.version), 0x1F25, 12);
        for (int i = 0; i < 18; ++i) {
            const int a = size - 11 + i % 3;
            canvas.put(a, i / 3, bits >> i & 1U, 1);
            canvas.put(i / 3, a, bits >> i & 1U, 1);
        }
    }
}

// Section 7.7.3: pairs of columns from the right, upward first, skipping the vertical timing
// column. With module x at bit x + 1 both modules of a pair are in one word, and the next two bits
// of the stream are their value.
void place(QrSymbol& s, const u64* open, const u8* stream) {
    const int stride = s.words_per_row;
    u64 bits = 0;
    int held = 0;
    int step = -stride;
    for (int x = s.size - 1; x > 0; x -= 2) {
        if (x == 6) x = 5;
        const int shift = x & 63;
        const int first = (step < 0 ? s.size - 1 : 0) * stride + (x >> 6);
        u64* row = s.rows.data() + first;
        const u64* area = open + first;
        for (int n = s.size; n != 0; --n) {
            const u64 free = *area >> shift & 3U;
            if (free != 0) {
                if (held < 2) {
                    const u64 next = static_cast<u64>(stream[0]) << 24 |
                                     static_cast<u64>(stream[1]) << 16 |
                                     static_cast<u64>(stream[2]) << 8 | stream[3];
                    bits |= next << (32 - held);
                    held += 32;
                    stream += 4;
                }
                if (free == 3) {
                    *row |= (bits >> 62) << shift;
                    bits <<= 2;
                    held -= 2;
                } else {
                    *row |= (bits >> 63) << (shift + static_cast<int>(free >> 1));
                    bits <<= 1;
                    held -= 1;
                }
            }
            row += step;
            area += step;
        }
        step = -step;
    }
}

// ---------------------------------------------------------------------------------------------
// Masks (section 7.8)

// Table 10 has period 6 in x and 12 in y: bit x % 6 of kMasks[mask][y % 12] is set where the mask
// inverts a module.
constexpr u8 kMasks[8][12] = {{21, 42, 21, 42, 21, 42, 21, 42, 21, 42, 21, 42},
                              {63, 0, 63, 0, 63, 0, 63, 0, 63, 0, 63, 0},
                              {9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9},
                              {9, 36, 18, 9, 36, 18, 9, 36, 18, 9, 36, 18},
                              {7, 7, 56, 56, 7, 7, 56, 56, 7, 7, 56, 56},
                              {63, 1, 9, 21, 9, 1, 63, 1, 9, 21, 9, 1},
                              {63, 7, 27, 21, 45, 49, 63, 7, 27, 21, 45, 49},
                              {21, 56, 49, 42, 7, 14, 21, 56, 49, 42, 7, 14}};

// The mask's row from bit position `bit` of the layout (module bit - 1) on, 64 modules wide.
u64 mask_row(int mask, int y12, int bit) {
    // 6 copies of the period start at module 5 for bit 0; 10 full ones and a part fill the word.
    const int phase = (bit + 5) % 6;
    const u64 period = kMasks[mask][y12];
    const u64 turned = (period >> phase | period << (6 - phase)) & 63U;
    return turned * 0x1041041041041041U;
}

// Both copies of the format information, section 7.9.1, as (row, bit) pairs handed to f.
template <class F>
void format_modules(int size, QrLevel level, int mask, F f) {
    const u32 bits =
        bch((static_cast<u32>(level) ^ 1U) << 3 | static_cast<u32>(mask), 0x537, 10) ^ 0x5412U;
    for (int i = 0; i < 15; ++i) {
        const u64 dark = bits >> i & 1U;
        const int line = i < 6 ? i : i < 8 ? i + 1 : size - 15 + i;
        f(8, line, dark);
        const int column = i < 8 ? size - 1 - i : i == 8 ? 7 : 14 - i;
        f(column, 8, dark);
    }
}

// Penalty of up to 64 columns (section 7.8.3.1), rows[-8..size + 4) with zeros outside [0, size).
//   inside  the columns that belong to the symbol; own  the ones whose patterns are counted here:
//   all of it, or for wide symbols the part that has enough columns around it in this strip.
// dark counts the dark modules of `own`, for rule 4.
TWOFOLD_POPCNT_CLONES
u32 strip_penalty(const u64* rows, int size, u64 inside, u64 own, u32* dark) {
    const u64 pairs = inside & inside >> 1;
    u32 runs = 0, blocks = 0, finders = 0, darks = 0;
    u64 above = 0;                         // row y - 1
    u64 equal_above = 0;                   // horizontal equality in row y - 1
    u64 v1 = 0, vv1 = 0, vv2 = 0, v4 = 0;  // vertical equality, of 1, 2, 2 rows ago, 4 in a row
    for (int y = 0; y < size; ++y) {
        const u64 r = rows[y];
        const u64 r1 = r >> 1;
        // Rule 1: five or more alike are 3 points and one for each further: one per place where
        // four equalities follow each other, and two per beginning of such a stretch.
        const u64 equal = ~(r ^ r1) & pairs;
        u64 e = equal & equal >> 1;
        e &= e >> 2;
        runs += static_cast<u32>(std::popcount(e & own));
        runs += 2 * static_cast<u32>(std::popcount(e & ~(e << 1) & own));

        const u64 v = y == 0 ? 0 : ~(r ^ above) & inside;
        const u64 vv = v & v1;
        const u64 v4_now = vv & vv2;
        runs += static_cast<u32>(std::popcount(v4_now & own));
        runs += 2 * static_cast<u32>(std::popcount(v4_now & ~v4 & own));

        // Rule 2: 2 x 2 blocks of one colour.
        blocks += static_cast<u32>(std::popcount(equal & equal_above & v & own));

        // Rule 3: dark, light, three dark, light, dark, and four light before or after.
        const u64 any2 = r | r1;
        const u64 any4 = any2 | any2 >> 2;
        const u64 three = r & r1 & r >> 2;
        const u64 across = r & ~r1 & three >> 2 & ~(r >> 5) & r >> 6 & ~(any4 << 4 & any4 >> 7);
        const u64 down = r & ~rows[y + 1] & rows[y + 2] & rows[y + 3] & rows[y + 4] & ~rows[y + 5] &
                         rows[y + 6] &
                         ~((rows[y - 1] | rows[y - 2] | rows[y - 3] | rows[y - 4]) &
                           (rows[y + 7] | rows[y + 8] | rows[y + 9] | rows[y + 10]));
        finders += static_cast<u32>(std::popcount(across & own) + std::popcount(down & own));

        darks += static_cast<u32>(std::popcount(r & own));
        above = r;
        equal_above = equal;
        vv2 = vv1;
        vv1 = vv;
        v1 = v;
        v4 = v4_now;
    }
    *dark += darks;
    return runs + 3 * blocks + 40 * finders;
}

// Width of a strip's part that sees 4 columns to its left and 10 to its right.
constexpr int kStripStep = 50;

u64 extract(const u64* row, int stride, int bit) {
    const int word = bit >> 6;
    const int shift = bit & 63;
    u64 v = row[word] >> shift;
    if (shift != 0 && word + 1 < stride) v |= row[word + 1] << (64 - shift);
    return v;
}

u32 penalty_of(const QrSymbol& s, int mask, QrWorkspace& ws) {
    const int size = s.size;
    const int stride = s.words_per_row;
    u64* rows = ws.strip.data() + 8;
    u32 penalty = 0, dark = 0;
    for (int begin = 0;; begin += kStripStep) {
        const bool last = size + 1 - begin <= 64;
        int y12 = 0;
        for (int y = 0; y < size; ++y) {
            const std::size_t at = static_cast<std::size_t>(y * stride);
            rows[y] = extract(s.rows.data() + at, stride, begin) ^
                      (mask_row(mask, y12, begin) & extract(ws.open.data() + at, stride, begin));
            y12 = y12 == 11 ? 0 : y12 + 1;
        }
        format_modules(size, s.level, mask, [&](int x, int y, u64 module) {
            const unsigned bit = static_cast<unsigned>(x + 1 - begin);
            if (bit < 64) rows[y] |= module << bit;
        });
        u64 inside =
            last ? (size + 1 - begin == 64 ? 0 : u64{1} << (size + 1 - begin)) - 1 : ~u64{0};
        u64 own = last ? ~u64{0} : (u64{1} << (kStripStep + 4)) - 1;
        if (begin == 0)
            inside &= ~u64{1};
        else
            own &= ~u64{15};
        penalty += strip_penalty(rows, size, inside, own, &dark);
        if (last) break;
    }
    // Rule 4: 10 points for each whole 5 % between the share of dark modules and one half.
    const int modules = size * size;
    const int deviation = 20 * static_cast<int>(dark) - 10 * modules;
    return penalty + 10 * static_cast<u32>((deviation < 0 ? -deviation : deviation) / modules);
}

void apply_mask(QrSymbol& s, const u64* open) {
    for (int y = 0; y < s.size; ++y)
        for (int w = 0; w < s.words_per_row; ++w) {
            const std::size_t at = static_cast<std::size_t>(y * s.words_per_row + w);
            s.rows[at] ^= mask_row(s.mask, y % 12, w * 64) & open[at];
        }
    format_modules(s.size, s.level, s.mask, [&](int x, int y, u64 dark) {
        s.rows[static_cast<std::size_t>(y * s.words_per_row + ((x + 1) >> 6))] |= dark
                                                                                  << ((x + 1) & 63);
    });
}

}  // namespace

int qr_encode_to(ByteView text, QrLevel level, int min_version, int forced_mask, QrWorkspace& ws,
                 QrSymbol& s) {
    if (min_version < kQrMinVersion || min_version > kQrMaxVersion ||
        forced_mask < kQrAutomaticMask || forced_mask > 7 || static_cast<unsigned>(level) > 3U)
        return -static_cast<int>(Error::invalid_argument);
    if (text.size() > static_cast<std::size_t>(kQrMaxTextBytes))
        return -static_cast<int>(Error::qr_too_long);

    // A single segment first; then, if the characters could possibly need a smaller version, the
    // plan.
    u32 sixths = 0;
    int single = kNumeric;
    for (const u8 c : text) {
        const Mode m = mode_of(c);
        sixths += kSixths[m];
        if (m > single) single = m;
    }
    int version = 0;
    for (int c = class_of(min_version); c < 3 && version == 0; ++c) {
        const u32 bits =
            whole_bits(header_sixths(single, c) + static_cast<u32>(text.size()) * kSixths[single]);
        version = smallest_version(bits, level, min_version, kLastOfClass[c]);
    }
    bool planned = false;
    const int below = version == 0 ? kQrMaxVersion : version - 1;
    if (below >= min_version &&
        whole_bits(sixths + 6 * 12) <= static_cast<u32>(shape_of(below, level).data) * 8U) {
        for (int c = class_of(min_version); c <= class_of(below) && !planned; ++c) {
            int last_mode = 0;
            const u32 bits = plan(text, c, ws.choices.data(), last_mode);
            const int to = below < kLastOfClass[c] ? below : kLastOfClass[c];
            if (const int v = smallest_version(bits, level, min_version, to); v != 0) {
                trace(text, ws.choices.data(), last_mode);
                version = v;
                planned = true;
            }
        }
    }
    if (version == 0) return -static_cast<int>(Error::qr_too_long);

    s.version = version;
    s.size = 17 + 4 * version;
    s.level = level;
    s.words_per_row = s.size < 64 - 1 ? 1 : kQrMaxWordsPerRow;
    const Shape shape = shape_of(version, level);

    BitWriter w{ws.data.data()};
    const int version_class = class_of(version);
    if (planned) {
        for (std::size_t i = 0, end; i < text.size(); i = end) {
            for (end = i + 1; end < text.size() && ws.choices[end] == ws.choices[i];) ++end;
            put_segment(w, ws.choices[i], version_class, text.subspan(i, end - i));
        }
    } else {
        put_segment(w, single, version_class, text);
    }
    // Section 7.4.9: a terminator of up to four zero bits, zeros to the byte, then the two pad
    // codewords.
    u8* const end = ws.data.data() + shape.data;
    if (w.out < end) w.put(0, w.out + 1 == end && w.held > 4 ? 8 - w.held : 4);
    if (w.held != 0) w.put(0, 8 - w.held);
    for (u8 pad = 0xEC; w.out < end; pad ^= 0xFD) *w.out++ = pad;

    interleave(shape, ws);
    for (int i = 0; i < 4; ++i)
        ws.stream[static_cast<std::size_t>(shape.total + i)] = 0;  // remainder bits
    draw_function_patterns(s, ws.open.data());
    place(s, ws.open.data(), ws.stream.data());

    s.mask = forced_mask;
    if (forced_mask == kQrAutomaticMask) {
        for (int i = 0; i < s.size + 24; ++i) ws.strip[static_cast<std::size_t>(i)] = 0;
        u32 best = ~0U;
        for (int mask = 0; mask < 8; ++mask)
            if (const u32 penalty = penalty_of(s, mask, ws); penalty < best) {
                best = penalty;
                s.mask = mask;
            }
    }
    apply_mask(s, ws.open.data());

    wipe(ws.data.data(), static_cast<std::size_t>(shape.data));
    wipe(ws.stream.data(), static_cast<std::size_t>(shape.total));
    wipe(ws.strip.data(), sizeof ws.strip);
    return version;
}

Result<QrSymbol> qr_encode(std::string_view text, QrLevel level, int min_version, int forced_mask) {
    QrWorkspace workspace;
    Result<QrSymbol> symbol{QrSymbol{}};
    const int version =
        qr_encode_to(as_bytes(text), level, min_version, forced_mask, workspace, *symbol);
    if (version < 0) return static_cast<Error>(-version);
    return symbol;
}

}  // namespace twofold
