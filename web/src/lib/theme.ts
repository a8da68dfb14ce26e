// theme.ts - light, dark, or what the device says. The choice is a preference kept in localStorage;
// `data-theme` on the root sets color-scheme, which every colour of page and elements follows.

export type Theme = 'auto' | 'light' | 'dark';
const kStored = 'twofold.theme';

export function theme(): Theme {
  const stored = localStorage.getItem(kStored);
  return stored === 'light' || stored === 'dark' ? stored : 'auto';
}

export function setTheme(value: Theme): void {
  if (value === 'auto') localStorage.removeItem(kStored);
  else localStorage.setItem(kStored, value);
  applyTheme();
}

export function applyTheme(): void {
  const value = theme();
  if (value === 'auto') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = value;
}
