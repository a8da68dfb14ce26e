// Holds the catalogs against each other: the same keys in the same order, the same arguments, every
// plural category the language has, and every key that the source uses, and no other.
import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { placeholders } from '@twofold/elements/i18n';

const at = (path) => fileURLToPath(new URL(path, import.meta.url));
const read = (file) => JSON.parse(readFileSync(at(`../locales/${file}`), 'utf8'));
const faults = [];
const english = read('en.json');
const keys = Object.keys(english);

for (const file of readdirSync(at('../locales')).filter((f) => f.endsWith('.json'))) {
  const language = file.replace('.json', '');
  const catalog = read(file);
  const rules = new Intl.PluralRules(language).resolvedOptions().pluralCategories;
  for (const key of keys.filter((k) => !Object.hasOwn(catalog, k))) faults.push(`${file}: ${key} is missing`);
  for (const [key, text] of Object.entries(catalog)) {
    if (!Object.hasOwn(english, key)) {
      faults.push(`${file}: ${key} is not in en.json`);
      continue;
    }
    if (typeof text !== 'string' || text.trim() === '') faults.push(`${file}: ${key} is empty`);
    const want = placeholders(english[key]).join();
    if (placeholders(text).join() !== want) faults.push(`${file}: ${key} should use {${want}}`);
    for (const [plural] of text.matchAll(/\{\w+, plural,(?:[^{}]|\{[^{}]*\})*\}/g)) {
      // "many" of Spanish and French is for millions; no count here comes near.
      const needed = rules.filter((c) => !(c === 'many' && ['es', 'fr'].includes(language)));
      for (const category of needed) {
        if (!new RegExp(`\\s${category} \\{`).test(plural)) faults.push(`${file}: ${key} lacks the plural form "${category}"`);
      }
    }
  }
  if (Object.keys(catalog).join() !== keys.join() && faults.length === 0) faults.push(`${file}: the keys are not in the order of en.json`);
}

const source = (folder) =>
  readdirSync(at(folder), { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? source(`${folder}/${entry.name}`) : [readFileSync(at(`${folder}/${entry.name}`), 'utf8')],
  );
const text = source('../src').join('\n');
const built = [...text.matchAll(/t\(`([a-z_.]+)\$\{/g)].map((m) => m[1]);
for (const key of keys) {
  if (!text.includes(`'${key}'`) && !text.includes(`"${key}"`) && !built.some((prefix) => key.startsWith(prefix))) faults.push(`en.json: ${key} is used nowhere`);
}

if (faults.length > 0) {
  console.error(faults.join('\n'));
  process.exit(1);
}
console.log(`locales: ${keys.length} messages in ${readdirSync(at('../locales')).length} languages agree`);
