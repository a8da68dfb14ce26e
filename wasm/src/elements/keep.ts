// keep.ts - copy, download and print. All work under a strict Content-Security-Policy: no inline
// style or script, no frame from elsewhere; the text goes in as text nodes.

/** @returns false where the clipboard is blocked; then the person selects by hand. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

export function downloadText(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: "text/plain;charset=utf-8" }));
  const anchor = document.createElement("a");
  anchor.href = url;
  anchor.download = name;
  anchor.click();
  // The browser has taken the blob once the click is handled; it must not outlive the page's need.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** Prints only this text, from a frame of its own that is gone afterwards. */
export function printText(text: string, lang: string, dir: string): void {
  const frame = document.createElement("iframe");
  // Out of sight, but rendered: some browsers print nothing of a frame that is display:none.
  Object.assign(frame.style, { position: "fixed", width: "0", height: "0", border: "0", visibility: "hidden" });
  frame.setAttribute("aria-hidden", "true");
  frame.tabIndex = -1;
  document.body.append(frame);
  const inner = frame.contentWindow;
  if (!inner) return frame.remove();
  inner.document.documentElement.lang = lang;
  inner.document.documentElement.dir = dir;
  const pre = inner.document.createElement("pre");
  pre.textContent = text;
  pre.style.font = "14pt/1.6 monospace";
  pre.style.whiteSpace = "pre-wrap";
  inner.document.body.append(pre);
  const done = (): void => frame.remove();
  inner.addEventListener("afterprint", done);
  inner.focus();
  inner.print();
  // Where print() returns at once and afterprint never comes.
  setTimeout(done, 120_000);
}
