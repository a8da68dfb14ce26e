// text.ts - small pure helpers over codes and keys.
import type { Method } from "../api.js";

/** Whether codes of this method are sent, not made by the person's own device. */
export function isSent(method: Method): boolean {
  return method === "email" || method === "whatsapp";
}

/** "ABCDEFGH" -> ["ABCD", "EFGH"]; the last group may be shorter. */
export function groups(text: string, size = 4): string[] {
  return text.match(new RegExp(`.{1,${size}}`, "g")) ?? [];
}

/** The digits a person meant: spaces (of any kind, pasted ones too) and hyphens go, the rest stays. */
export function cleanDigits(typed: string): string {
  return typed.replace(/[\s\u200e\u200f\u2060\ufeff-]/g, "");
}

/** Whether it can be a code at all: 6 to 8 ASCII digits. The server decides the rest. */
export function isDigits(code: string): boolean {
  return /^[0-9]{6,8}$/.test(code);
}

/** The beginning of a code; the last three digits never leave the function, so no screen can be read for a whole code. */
export function codeStart(code: string): string {
  return code.slice(0, -3);
}

/** "0:58", "12:05", "1:00:00". */
export function clock(seconds: number): string {
  const total = Math.max(0, Math.ceil(seconds));
  const two = (n: number): string => String(n).padStart(2, "0");
  const hours = Math.floor(total / 3600);
  const minutes = Math.floor((total % 3600) / 60);
  return hours > 0 ? `${hours}:${two(minutes)}:${two(total % 60)}` : `${minutes}:${two(total % 60)}`;
}

/** A uniformly random index below n (n <= 256), from four random bytes: bias below 1e-7. */
export function randomIndex(n: number, bytes: Uint8Array = crypto.getRandomValues(new Uint8Array(4))): number {
  let value = 0;
  for (const b of bytes) value = value * 256 + b;
  return value % n;
}

/** Labels as the server takes them: 1..64 characters, no control or bidi characters. */
export function isLabel(label: string): boolean {
  const length = [...label].length;
  return length >= 1 && length <= 64 && !/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069\u061c]/.test(label);
}

/** The page to keep: plain text with CRLF, so that every editor shows the lines. */
export function backupCodesFile(lines: { heading: string; date: string; note: string }, codes: readonly string[]): string {
  const list = codes.map((code, i) => `${String(i + 1).padStart(2)}. ${code}`);
  return [lines.heading, lines.date, "", ...list, "", lines.note, ""].join("\r\n");
}
