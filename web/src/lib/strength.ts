// strength.ts - how hard a password is to guess, as far as a page can honestly tell.
//
// Rules about symbols and capitals measure nothing (NIST SP 800-63B-4, 3.1.1.2): what counts is
// length that does not follow a pattern. Runs ("aaaa"), sequences ("12345", "qwerty"), repeats
// ("abcabc") and the person's own address therefore count little. The server decides in the end.

export const kMinimum = 8;
export const kMaximum = 256;

export interface Strength {
  /** 0 cannot be used, 1 weak, 2 fair, 3 good. */
  readonly level: 0 | 1 | 2 | 3;
  readonly reason: 'short' | 'long' | 'common' | 'weak' | 'fair' | 'good';
  readonly length: number;
}

const kCommon = new Set(
  (
    'password passw0rd password1 password123 p@ssw0rd p@ssword iloveyou sunshine princess football ' +
    'baseball superman trustno1 welcome1 welcome123 letmein1 admin123 administrator changeme ' +
    'qwertyuiop qwerty123 qwerty12 1q2w3e4r 1qaz2wsx zaq12wsx asdfghjkl abcd1234 abc12345 a1b2c3d4 ' +
    'monkey123 dragon123 computer internet whatever starwars pokemon1 passwort passwort1 hallo123 ' +
    'motdepasse contraseña contrasena bonjour1 azerty123 azertyuiop schatz123 12345678 123456789 ' +
    '1234567890 87654321 11111111 00000000 88888888 12341234 11223344 123123123'
  ).split(' '),
);

const kRows = ['abcdefghijklmnopqrstuvwxyz', '01234567890', 'qwertyuiop', 'asdfghjkl', 'zxcvbnm', 'azertyuiop', 'qwertzuiop'];

export function strength(password: string, own: readonly string[] = []): Strength {
  const characters = [...password];
  const length = characters.length;
  if (length < kMinimum) return { level: 0, reason: 'short', length };
  if (length > kMaximum) return { level: 0, reason: 'long', length };
  const lower = password.toLowerCase();
  if (kCommon.has(lower)) return { level: 0, reason: 'common', length };
  const effective = effectiveLength(lower, own);
  if (effective < 8) return { level: 1, reason: 'weak', length };
  return effective < 13 ? { level: 2, reason: 'fair', length } : { level: 3, reason: 'good', length };
}

/** The length in characters once what is easily predicted is taken out. */
function effectiveLength(lower: string, own: readonly string[]): number {
  let text = lower;
  for (const part of own.map((o) => o.toLowerCase())) {
    if (part.length >= 4) text = text.replaceAll(part, '\u0001');
  }
  for (const word of kCommon) {
    if (word.length >= 7) text = text.replaceAll(word, '\u0001');
  }
  const characters = [...text];
  let score = 0;
  characters.forEach((c, i) => {
    const before = characters[i - 1];
    if (before !== undefined && (c === before || neighbours(before, c))) score += 0.15;
    else if (i >= 3 && text.slice(0, i).includes(text.slice(i - 2, i + 1))) score += 0.3;
    else score += 1;
  });
  // Digits alone carry about half of what a letter or a mix does.
  return /^\d+$/.test(lower) ? score * 0.55 : score;
}

function neighbours(a: string, b: string): boolean {
  return kRows.some((row) => row.includes(a + b) || row.includes(b + a));
}
