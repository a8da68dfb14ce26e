// keys.ts - single keys and pairs of keys. They rest while somebody types, while a dialog is open and
// with any modifier held, and can be switched off altogether (WCAG 2.1.4).

const kStored = 'twofold.desk.keys';
const kPairMs = 1200;

export type Command = 'next' | 'previous' | 'queue' | 'find' | 'new' | 'help' | 'evidence' | 'refresh';

/** As pressed; a pair is its first key, a space and its second. */
export const kBindings: Readonly<Record<string, Command>> = {
  j: 'next',
  k: 'previous',
  'g q': 'queue',
  '/': 'find',
  'g f': 'find',
  n: 'new',
  e: 'evidence',
  r: 'refresh',
  '?': 'help',
};

export function keysOn(): boolean {
  return localStorage.getItem(kStored) !== 'off';
}

export function setKeysOn(on: boolean): void {
  if (on) localStorage.removeItem(kStored);
  else localStorage.setItem(kStored, 'off');
}

/** What a key means on any layout: its letter, or, where the layout has no Latin letters, its place. */
export function keyName(event: Pick<KeyboardEvent, 'key' | 'code'>): string {
  const { key, code } = event;
  if (key === '\u061f') return '?';  // the Arabic question mark
  if (/^[\x21-\x7e]$/.test(key)) return key.toLowerCase();
  const letter = /^Key([A-Z])$/.exec(code)?.[1];
  return key.length === 1 && letter ? letter.toLowerCase() : key;
}

/** Whether the key belongs to what has the focus, in a shadow root too. */
function typing(event: KeyboardEvent): boolean {
  const target = event.composedPath()[0];
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement) return true;
  return target instanceof HTMLInputElement && !/^(button|checkbox|radio|submit|reset)$/.test(target.type);
}

/** Listens on the window and calls back with each command; `stop` ends it. */
export class Keys {
  #first = '';
  #firstAt = 0;

  constructor(private readonly run: (command: Command) => boolean) {}

  start(): void {
    addEventListener('keydown', this.#pressed);
  }

  stop(): void {
    removeEventListener('keydown', this.#pressed);
  }

  readonly #pressed = (event: KeyboardEvent): void => {
    if (event.defaultPrevented || event.isComposing || event.repeat && event.key !== 'j' && event.key !== 'k') return;
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event) || !keysOn()) return;
    if (document.querySelector('dialog[open]')) return;
    const key = keyName(event);
    const pair = event.timeStamp - this.#firstAt < kPairMs ? `${this.#first} ${key}` : '';
    this.#first = '';
    const command = kBindings[pair] ?? kBindings[key];
    if (command !== undefined && this.run(command)) event.preventDefault();
    else if (Object.keys(kBindings).some((binding) => binding.startsWith(`${key} `))) {
      this.#first = key;
      this.#firstAt = event.timeStamp;
    }
  };
}
