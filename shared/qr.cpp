// qr.cpp - see qr.hpp. Section numbers are those of ISO/IEC 18004:2015.
//
// Shape: segments -> bits -> codewords -> Reed-Solomon, interleaved -> modules -> mask. The rows of
// a symbol are bit fields in 64-bit words, one word per row up to version 11, so that drawing,
// masking and the four penalty rules are shifts and logic on whole rows; vertical rules run across
// the words of neighbouring rows, nothing is transposed.
#include "shared/qr.hpp"

#include <bit>
#include <cstddef>
#include <cstring>

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
using u16 = std::uint16_t;
using u32 = std::uint32_t;
using u64 = std::uint64_t;

// ---------------------------------------------------------------------------------------------
// Capacity (Tables 1, 7 and 9)

// Table 9, by level then version. Low digit: error correction codewords per block, an index into
// kDegrees. High digit: blocks more than in the version before, plus 4.
constexpr u8 kDegrees[13] = {7, 10, 13, 15, 16, 17, 18, 20, 22, 24, 26, 28, 30};
constexpr u8 kBlocks[4][40] = {
    {0x50, 0x41, 0x43, 0x47, 0x4A, 0x56, 0x47, 0x49, 0x4C, 0x66, 0x47, 0x49, 0x4A, 0x4C,
     0x68, 0x49, 0x4B, 0x4C, 0x5B, 0x5B, 0x4B, 0x5B, 0x4C, 0x5C, 0x6A, 0x4B, 0x4C, 0x5C,
     0x5C, 0x5C, 0x5C, 0x5C, 0x5C, 0x5C, 0x4C, 0x5C, 0x5C, 0x5C, 0x6C, 0x5C},
    {0x51, 0x44, 0x4A, 0x56, 0x49, 0x64, 0x46, 0x48, 0x58, 0x4A, 0x4C, 0x78, 0x58, 0x49,
     0x59, 0x4B, 0x5B, 0x6A, 0x5A, 0x6A, 0x5A, 0x4B, 0x5B, 0x6B, 0x5B, 0x6B, 0x6B, 0x5B,
     0x6B, 0x5B, 0x6B, 0x6B, 0x6B, 0x6B, 0x5B, 0x6B, 0x7B, 0x6B, 0x6B, 0x6B},
    {0x52, 0x48, 0x56, 0x4A, 0x66, 0x49, 0x66, 0x48, 0x67, 0x49, 0x4B, 0x6A, 0x69, 0x87,
     0x0C, 0x99, 0x3B, 0x6B, 0x7A, 0x3C, 0x7B, 0x4C, 0x6C, 0x6C, 0x6C, 0x9B, 0x4C, 0x5C,
     0x7C, 0x6C, 0x7C, 0x6C, 0x7C, 0x7C, 0x6C, 0x7C, 0x7C, 0x7C, 0x7C, 0x7C},
    {0x55, 0x4B, 0x58, 0x64, 0x48, 0x4B, 0x5A, 0x5A, 0x69, 0x4B, 0x79, 0x4B, 0x98, 0x49,
     0x69, 0x2C, 0x7B, 0x6B, 0x8A, 0x4B, 0x4C, 0xD9, 0x0C, 0x6C, 0x7C, 0x6C, 0x7C, 0x6C,
     0x7C, 0x7C, 0x7C, 0x7C, 0x7C, 0x7C, 0x7C, 0x7C, 0x8C, 0x8C, 0x7C, 0x8C}};

// Codewords of one version and level; ecc is per block.
struct Shape {
    int ecc, blocks, data, total;
};

// Rows and columns of alignment patterns, finders included.
int alignment_count(int version) { return version / 7 + 2; }

// ---------------------------------------------------------------------------------------------
// Segments (section 7.4)

enum Mode : u8 { kNumeric = 0, kAlphanumeric = 1, kByte = 2 };

// Bits of one character times 6, so that the thirds and halves of a bit stay whole.
constexpr u8 kSixths[3] = {20, 33, 48};
// The mode indicator and, of Table 3, the character count indicator, by version class then mode.
constexpr u8 kHeaderBits[3][3] = {{14, 13, 12}, {16, 15, 20}, {18, 17, 20}};

// Table 5's characters below 64, as bits of (c - 32): space $ % * + - . / 0-9 :
constexpr u32 kAlphanumericBelow64 = 0x07FFEC31;

// The narrowest mode that holds c.
int mode_of(u8 c) {
    if (c - 48U < 10U) return kNumeric;
    if (c - 65U < 26U || (c - 32U < 32U && (kAlphanumericBelow64 >> (c - 32U) & 1U) != 0))
        return kAlphanumeric;
    return kByte;
}

// Table 5: 0-9 A-Z space $ % * + - . / :
u32 alphanumeric_value(u8 c) {
    if (c - 48U < 10U) return c - 48U;
    if (c >= 65) return c - 55U;
    const u32 below = kAlphanumericBelow64 & ~0x03FF0000U & ((1U << (c & 31U)) - 1U);
    return 36U + static_cast<u32>(std::popcount(below));
}

u32 whole_bits(u32 sixths) { return (sixths + 5U) / 6U; }

// The shortest sequence of modes by dynamic programming: cost[m] is the least number of sixths of a
// bit for the text so far if its last character is in mode m; a segment is rounded up to whole bits
// where it ends. Leaves in `modes` the mode of each character; returns the bits of the whole.
u32 plan(ByteView text, const u8* header_bits, u8* modes) {
    u32 cost[3];
    for (int m = 0; m < 3; ++m) cost[m] = header_bits[m] * 6U;
    const auto cheapest = [&cost] {
        int best = kByte;
        for (int m = kAlphanumeric; m >= 0; --m)
            if (whole_bits(cost[m]) <= whole_bits(cost[best])) best = m;
        return best;
    };
    // On the way there modes[i] holds, two bits each, which mode character i - 1 has if i has mode
    // m.
    for (std::size_t i = 0; i < text.size(); ++i) {
        const int narrowest = mode_of(text[i]);
        const int before = cheapest();
        const u32 ended = whole_bits(cost[before]);
        u32 origins = 0;
        for (int m = 0; m < 3; ++m) {
            const u32 changed = (ended + header_bits[m]) * 6U;
            int from = m;
            if (changed < cost[m] && i != 0) {
                cost[m] = changed;
                from = before;
            }
            origins |= static_cast<u32>(from) << (2 * m);
            cost[m] = m < narrowest ? 1U << 28 : cost[m] + kSixths[m];
        }
        modes[i] = static_cast<u8>(origins);
    }
    int mode = cheapest();
    const u32 bits = whole_bits(cost[mode]);
    for (std::size_t i = text.size(); i-- != 0;) {
        const int origin = modes[i] >> (2 * mode) & 3;
        modes[i] = static_cast<u8>(mode);
        mode = origin;
    }
    return bits;
}

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

// Sections 7.4.3 to 7.4.5: three digits in 10 bits, two alphanumerics in 11, a byte in 8.
void put_segment(BitWriter& w, int mode, int header_bits, const u8* text, int length) {
    w.put(1U << mode, 4);
    w.put(static_cast<u32>(length), header_bits - 4);
    u32 value = 0;
    int bits = 0;
    for (int i = 0, group = 3 - mode; i < length; ++i) {
        value = mode == kByte
                    ? text[i]
                    : value * (mode == kNumeric ? 10U : 45U) + alphanumeric_value(text[i]);
        bits += mode == kByte ? 8 : 3 + 2 * mode;
        if (--group == 0 || i + 1 == length) {
            w.put(value, bits + (mode != kByte));
            value = 0;
            bits = 0;
            group = 3 - mode;
        }
    }
}

// ---------------------------------------------------------------------------------------------
// Reed-Solomon over GF(256), x^8 + x^4 + x^3 + x^2 + 1 (section 7.5.2)

struct Field {
    u8 exp[256];
    u8 log[256];
    Field() {
        u32 x = 1;
        for (u32 i = 0; i < 255; ++i) {
            exp[i] = static_cast<u8>(x);
            log[x] = static_cast<u8>(i);
            x = x << 1 ^ (x >> 7) * 0x11DU;
        }
    }
};

// Eight field elements at once times x.
u64 times_x(u64 v) {
    return (v & 0x7F7F7F7F7F7F7F7FU) << 1 ^ (v >> 7 & 0x0101010101010101U) * 0x1DU;
}

// products[4 n] is the generator polynomial of the degree times n, products[64 + 4 n] times 16 n,
// for nibbles n: 32 bytes in four words, the coefficient below the leading one in the lowest byte.
//   The coefficients are Gaussian binomials, g(k) = a^(k(k-1)/2) * product of (a^(d-j) - 1) /
//   (a^(j+1) - 1) over j < k: a sum of logarithms each, where multiplying out takes d squared
//   steps.
void make_products(int degree, u64* products) {
    static const Field field;
    u64 power[4] = {0, 0, 0, 0};  // the polynomial times x^i
    int log = 0;
    for (int k = 0; k < degree; ++k) {
        log = (log + k + 255 + field.log[field.exp[degree - k] ^ 1] -
               field.log[field.exp[k + 1] ^ 1]) %
              255;
        power[k >> 3] |= static_cast<u64>(field.exp[log]) << (8 * (k & 7));
    }
    for (int i = 0; i < 8; ++i) {
        u64* to = products + (i >> 2) * 64;
        const int known = 4 << (i & 3);
        for (int k = 0; k < 4; ++k) to[k] = 0;
        for (int k = 0; k < known; ++k) to[known + k] = to[k] ^ power[k & 3];
        for (u64& word : power) word = times_x(word);
    }
}

// Splits the data into blocks, appends their remainders, and writes all in the order of
// section 7.6.
void interleave(const Shape& s, QrWorkspace& ws) {
    const u64* const products = ws.products.data();
    const u8* in = ws.data.data();
    for (int b = 0; b < s.blocks; ++b) {
        // The blocks at the end are longer by one, and only they take part in that round.
        const int short_length = s.data / s.blocks;
        const int longer = b + s.data % s.blocks - s.blocks;
        const int length = short_length + (longer >= 0);
        u64 r0 = 0, r1 = 0, r2 = 0, r3 = 0;
        u8* out = ws.stream.data() + b;
        for (int i = 0; i < length + s.ecc; ++i) {
            // After the data the remainder itself is fed back, which shifts it out unchanged.
            if (i == short_length) out += longer - b;
            if (i == length) out = ws.stream.data() + s.data + b;
            const u8 byte = i < length ? *in++ : static_cast<u8>(r0);
            *out = byte;
            out += s.blocks;
            const u64* low = products + 4 * ((r0 ^ byte) & 15U);
            const u64* high = products + 64 + 4 * ((r0 ^ byte) >> 4 & 15U);
            r0 = (r0 >> 8 | r1 << 56) ^ low[0] ^ high[0];
            r1 = (r1 >> 8 | r2 << 56) ^ low[1] ^ high[1];
            r2 = (r2 >> 8 | r3 << 56) ^ low[2] ^ high[2];
            r3 = r3 >> 8 ^ low[3] ^ high[3];
        }
    }
}

// ---------------------------------------------------------------------------------------------
// Modules (section 6.3, Annex E)

// One up to version 10; else all are used, so that one can always look at the next.
int planes(int size) { return size + kQrLeft <= 64 ? 1 : 3; }

// Columns [bit, bit + 64) of the layout that belong to the symbol.
u64 inside(int size, int bit) {
    const int last = size + kQrLeft - bit;
    const u64 all = last >= 64 ? ~u64{0} : last <= 0 ? 0 : (u64{1} << last) - 1;
    return bit == 0 ? all & ~u64{31} : all;
}

struct Canvas {
    u64* dark;
    u64* open;
    int size;

    // Sets a row of a pattern, up to 9 modules from column x >= -1 on, and takes them from the data
    // area. Rows outside the symbol are dropped.
    void put(int x, int y, u32 pattern, int width) const {
        if (y < 0 || y >= size) return;
        const int bit = x + kQrLeft;
        const int shift = bit & 63;
        const int at = (bit >> 6) * kQrPlane + y;
        const u64 area = (u64{1} << width) - 1;
        dark[at] = (dark[at] & ~(area << shift)) | u64{pattern} << shift;
        open[at] &= ~(area << shift);
        if (shift > 64 - 9 && bit < 128) {
            dark[at + kQrPlane] =
                (dark[at + kQrPlane] & ~(area >> (64 - shift))) | u64{pattern} >> (64 - shift);
            open[at + kQrPlane] &= ~(area >> (64 - shift));
        }
    }
};

u32 bch(u32 value, u32 generator, int checks) {
    u32 rest = value << checks;
    for (int i = 17; i >= checks; --i)
        if ((rest >> i & 1U) != 0) rest ^= generator << (i - checks);
    return value << checks | rest;
}

// Section 7.9.1, both copies, and the module that is always dark. Bit i goes down column 8 as bit
// 14 - i goes along row 8, around the timing patterns.
void put_format(const Canvas& canvas, QrLevel level, int mask) {
    const int last = canvas.size - 1;
    const u32 bits =
        bch((static_cast<u32>(level) ^ 1U) << 3 | static_cast<u32>(mask), 0x537, 10) ^ 0x5412U;
    for (int i = 0; i < 8; ++i) {
        const int line = i + (i > 5);
        canvas.put(8, line, bits >> i & 1U, 1);
        canvas.put(last - i, 8, bits >> i & 1U, 1);
        canvas.put(line, 8, bits >> (14 - i) & 1U, 1);
        canvas.put(8, last - i, bits >> (14 - i) & 1U, 1);
    }
    canvas.put(8, last - 7, 1, 1);
}

// Everything but data and format information.
void draw_function_patterns(const Canvas& canvas, int version) {
    const int size = canvas.size;
    for (int w = 0; w < planes(size); ++w)
        for (int y = 0; y < size; ++y) {
            const int at = w * kQrPlane + y;
            // The timing patterns, which begin and end dark, run through row 6 and column 6.
            const u64 area = inside(size, 64 * w);
            const u64 across = y == 6 ? 0xAAAAAAAAAAAAAAAAU : 0;
            const u64 down = w == 0 ? u64{1} << (6 + kQrLeft) : 0;
            canvas.dark[at] = (across | ((y & 1) == 0 ? down : 0)) & area;
            canvas.open[at] = y == 6 ? 0 : area & ~down;
        }

    const int n = alignment_count(version);
    const int step = (version * 8 + n * 3 + 5) / (n * 4 - 4) * 2;
    for (int i = 0; i < n; ++i) {
        for (int j = 0; j < n; ++j) {
            // Rows of the patterns from their middle outward: finder and separator, alignment.
            constexpr u16 kRings[8] = {0xBA, 0xBA, 0x82, 0xFE, 0, 0x15, 0x11, 0x1F};
            int x = i == 0 ? 6 : size - 7 - (n - 1 - i) * step;
            int y = j == 0 ? 6 : size - 7 - (n - 1 - j) * step;
            int radius = 2;
            if ((i == 0 && (j == 0 || j == n - 1)) || (i == n - 1 && j == 0)) {
                x += i == 0 ? -3 : 3;
                y += j == 0 ? -3 : 3;
                radius = 4;
            } else if (version == 1) {
                continue;
            }
            for (int k = -radius; k <= radius; ++k)
                canvas.put(x - radius, y + k, kRings[(k < 0 ? -k : k) + (radius == 2 ? 5 : 0)],
                           2 * radius + 1);
        }
    }
    if (version >= 7) {
        const u32 bits = bch(static_cast<u32>(version), 0x1F25, 12);
        for (int i = 0; i < 18; ++i) {
            canvas.put(size - 11 + i % 3, i / 3, bits >> i & 1U, 1);
            canvas.put(i / 3, size - 11 + i % 3, bits >> i & 1U, 1);
        }
    }
}

// Section 7.7.3: pairs of columns from the right, upward first, skipping the vertical timing
// column. With kQrLeft odd both modules of a pair are in one word. The next bits of the stream are
// kept turned so that they stand in the pair's place, and turned on by two for each row.
void place(const Canvas& canvas, const u8* stream) {
    int next = 0;  // bit of the stream
    int step = -1;
    for (int x = canvas.size - 1; x > 0; x -= 2) {
        if (x == 6) x = 5;
        const int left = x - 1 + kQrLeft;
        const u64 pair = u64{3} << (left & 63);
        int at = (left >> 6) * kQrPlane + (step < 0 ? canvas.size - 1 : 0);
        u64 bits = 0;
        int known = next;  // bits holds the stream up to here
        for (int n = canvas.size; n != 0; --n, at += step) {
            const u64 free = canvas.open[at] & pair;
            if (free == 0) continue;
            if (next + 2 > known) {
                for (int i = 0; i < 8; ++i) bits = bits << 8 | stream[(next >> 3) + i];
                bits = std::rotl(bits << (next & 7), left + 2);
                known = next + 57;
            }
            if (free == pair) {
                canvas.dark[at] |= bits & pair;
                bits = std::rotl(bits, 2);
                next += 2;
            } else {
                // Only one of the two places is free, and the next bit stands in the higher one.
                canvas.dark[at] |= (free > (pair ^ free) ? bits : bits >> 1) & free;
                bits = std::rotl(bits, 1);
                next += 1;
            }
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

// The masked symbol, complete.
void render(const Canvas& canvas, QrLevel level, int mask, u64* to) {
    for (int w = 0; w < planes(canvas.size); ++w) {
        // Bit 0 of plane 0 is module -5, that is 1 of the period; a plane further is 64, that is 4.
        const int phase = w == 0 ? 1 : 7 - 2 * w;
        for (int y = 0, y12 = 0; y < canvas.size; ++y) {
            const u64 twice = kMasks[mask][y12] * 65U;
            const u64 row = (twice >> phase & 63U) * 0x1041041041041041U;
            const int at = w * kQrPlane + y;
            to[at] = canvas.dark[at] ^ (row & canvas.open[at]);
            y12 = y12 == 11 ? 0 : y12 + 1;
        }
    }
    put_format(Canvas{to, canvas.open, canvas.size}, level, mask);
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

// Strips begin this many columns apart: each sees 4 columns left and 10 right of those it counts.
constexpr int kStripStep = 50;

u32 penalty_of(const QrRows& symbol, int size, u64* strip) {
    u32 dark = 0;
    u32 penalty = 0;
    for (int begin = 0;; begin += kStripStep) {
        const u64* rows = symbol.data() + kQrRowsAbove;
        u64 own = ~u64{0};
        if (begin != 0) {
            const int first = (begin >> 6) * kQrPlane;
            for (int y = 0; y < size; ++y) {
                strip[y] = rows[first + y] >> (begin & 63);
                if (begin < 128) strip[y] |= rows[first + kQrPlane + y] << (64 - (begin & 63));
            }
            rows = strip;
            own <<= 4;
        }
        const bool last = size + kQrLeft - begin <= 64;
        if (!last) own &= (u64{1} << (kStripStep + 4)) - 1;
        penalty += strip_penalty(rows, size, inside(size, begin), own, &dark);
        if (last) break;
    }
    // Rule 4: 10 points for each whole 5 % between the share of dark modules and one half.
    const int modules = size * size;
    const int deviation = 20 * static_cast<int>(dark) - 10 * modules;
    return penalty + 10 * static_cast<u32>((deviation < 0 ? -deviation : deviation) / modules);
}

}  // namespace

int qr_encode_to(ByteView text, QrLevel level, int min_version, int forced_mask, QrWorkspace& ws,
                 QrSymbol& s) {
    if (min_version < kQrMinVersion || min_version > kQrMaxVersion ||
        forced_mask < kQrAutomaticMask || forced_mask > 7 || static_cast<unsigned>(level) > 3U)
        return -static_cast<int>(Error::invalid_argument);
    if (text.size() > kQrMaxTextBytes) return -static_cast<int>(Error::qr_too_long);

    int single = kNumeric;  // the mode that holds all of the text
    u32 least = 6 * 12;     // no sequence of segments needs fewer sixths of a bit
    for (const u8 c : text) {
        const int m = mode_of(c);
        least += kSixths[m];
        if (m > single) single = m;
    }

    // One segment, or where that does not fit and it could help, the plan of this class of
    // versions.
    const u8* header_bits = nullptr;
    u8* const modes = ws.choices.data();
    Shape shape{0, 0, 0, 0};
    u32 planned_bits = 0;
    int version = 0;
    while (true) {
        if (++version > kQrMaxVersion) return -static_cast<int>(Error::qr_too_long);
        const u32 code = kBlocks[static_cast<int>(level)][version - 1];
        const int n = alignment_count(version);
        // All but finders, separators, timing and format, then but alignment and version
        // information.
        int modules = (16 * version + 128) * version + 64;
        if (version > 1) modules -= (25 * n - 10) * n - 55;
        if (version > 6) modules -= 36;
        shape.total = modules >> 3;
        shape.ecc = kDegrees[code & 15U];
        shape.blocks += static_cast<int>(code >> 4) - 4;
        shape.data = shape.total - shape.ecc * shape.blocks;
        if (version < min_version) continue;
        const u32 room = static_cast<u32>(shape.data) * 8U;
        const u8* header_before = header_bits;
        header_bits = kHeaderBits[version < 10 ? 0 : version < 27 ? 1 : 2];
        if (header_bits[single] * 6U + text.size() * kSixths[single] <= room * 6U) {
            for (std::size_t i = 0; i < text.size(); ++i) modes[i] = static_cast<u8>(single);
            break;
        }
        if (least <= room * 6U) {
            if (planned_bits == 0 || header_bits != header_before)
                planned_bits = plan(text, header_bits, modes);
            if (planned_bits <= room) break;
        }
    }

    BitWriter w{ws.data.data()};
    const int length = static_cast<int>(text.size());
    for (int i = 0, end = 0; i < length; i = end) {
        while (end < length && modes[end] == modes[i]) ++end;
        put_segment(w, modes[i], header_bits[modes[i]], text.data() + i, end - i);
    }
    // Section 7.4.9: a terminator of four zero bits, cut off at the end (what goes beyond is not
    // read); zeros to the byte; the two pad codewords.
    u8* const end = ws.data.data() + shape.data;
    w.put(0, 4);
    w.put(0, -w.held & 7);
    for (u8 pad = 0xEC; w.out < end; pad ^= 0xFD) *w.out++ = pad;
    make_products(shape.ecc, ws.products.data());
    interleave(shape, ws);
    // Up to seven modules remain, section 7.6.
    for (int i = 0; i < 4; ++i) ws.stream[static_cast<std::size_t>(shape.total + i)] = 0;

    s.version = version;
    s.size = 17 + 4 * version;
    s.level = level;
    const Canvas canvas{ws.plain.data() + kQrRowsAbove, ws.open.data() + kQrRowsAbove, s.size};
    draw_function_patterns(canvas, version);
    put_format(canvas, level, 0);
    place(canvas, ws.stream.data());

    // Version 10 and below leave two planes and the strip alone.
    const std::size_t used = kQrRowsAbove + static_cast<std::size_t>(planes(s.size) * kQrPlane);
    const std::size_t strip = planes(s.size) == 1 ? 0 : ws.strip.size();
    for (std::size_t i = 0; i < used; ++i) s.rows[i] = 0;
    for (std::size_t i = 0; i < strip; ++i) ws.strip[i] = 0;
    s.mask = forced_mask;
    if (forced_mask == kQrAutomaticMask) {
        u32 lowest = ~0U;
        for (int mask = 0; mask < 8; ++mask) {
            render(canvas, level, mask, s.rows.data() + kQrRowsAbove);
            const u32 penalty = penalty_of(s.rows, s.size, ws.strip.data() + kQrRowsAbove);
            if (penalty < lowest) {
                lowest = penalty;
                s.mask = mask;
            }
        }
    }
    render(canvas, level, s.mask, s.rows.data() + kQrRowsAbove);

    wipe(ws.data.data(), static_cast<std::size_t>(shape.data));
    wipe(ws.stream.data(), static_cast<std::size_t>(shape.total));
    wipe(ws.plain.data(), used * sizeof(u64));
    wipe(ws.strip.data(), strip * sizeof(u64));
    return version;
}

int qr_modules_to(const QrSymbol& symbol, std::span<std::uint8_t> out) {
    const int size = symbol.size;
    if (out.size() < static_cast<std::size_t>(size * size))
        return -static_cast<int>(Error::buffer_too_small);
    u8* const end = out.data() + size * size;
    for (int y = 0; y < size; ++y) {
        u8* to = out.data() + y * size;
        for (int x = 0; x < size; x += 8, to += 8) {
            const int shift = (x + kQrLeft) & 63;
            const u64* word = symbol.rows.data() + kQrRowsAbove + (x + kQrLeft) / 64 * kQrPlane + y;
            u64 bits = *word >> shift;
            if (shift > 64 - 8) bits |= word[kQrPlane] << (64 - shift);
            // A byte for each of eight bits: the factor moves bit i to place 8 i, for seven of
            // them.
            const u64 bytes =
                ((bits & 0x7FU) * 0x0002040810204081U & 0x0001010101010101U) | (bits & 0x80U) << 49;
            // What goes beyond the row is written over by the next one.
            if (std::endian::native == std::endian::little && end - to >= 8)
                std::memcpy(to, &bytes, 8);
            else
                for (int i = 0; i < 8 && x + i < size; ++i)
                    to[i] = static_cast<u8>(bytes >> (8 * i));
        }
    }
    return size * size;
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
