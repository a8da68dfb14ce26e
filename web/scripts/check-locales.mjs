// Holds the catalogs against each other, those of the Client Area and those of the desk: the same keys in
// the same order, the same arguments, every plural category the language has, and every key that the
// source uses, and no other.
import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { placeholders } from '@twofold/elements/i18n';

const at = (path) => fileURLToPath(new URL(path, import.meta.url));
const faults = [];

const source = (folder) =>
  readdirSync(at(folder), { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? source(`${folder}/${entry.name}`) : [readFileSync(at(`${folder}/${entry.name}`), 'utf8')],
  );
const text = source('../src').join('\n');
const built = [...text.matchAll(/t\(`([a-z_.]+)\$\{/g)].map((m) => m[1]);

/** One folder of catalogs; answers with how many messages and languages it has. */
function check(folder) {
  const read = (file) => JSON.parse(readFileSync(at(`${folder}/${file}`), 'utf8'));
  const files = readdirSync(at(folder)).filter((f) => f.endsWith('.json'));
  const english = read('en.json');
  const keys = Object.keys(english);
  for (const file of files) {
    const name = `${folder.replace('../', '')}/${file}`;
    const language = file.replace('.json', '');
    const catalog = read(file);
    const rules = new Intl.PluralRules(language).resolvedOptions().pluralCategories;
    for (const key of keys.filter((k) => !Object.hasOwn(catalog, k))) faults.push(`${name}: ${key} is missing`);
    for (const [key, text] of Object.entries(catalog)) {
      if (!Object.hasOwn(english, key)) {
        faults.push(`${name}: ${key} is not in en.json`);
        continue;
      }
      if (typeof text !== 'string' || text.trim() === '') faults.push(`${name}: ${key} is empty`);
      const want = placeholders(english[key]).join();
      if (placeholders(text).join() !== want) faults.push(`${name}: ${key} should use {${want}}`);
      for (const [plural] of text.matchAll(/\{\w+, plural,(?:[^{}]|\{[^{}]*\})*\}/g)) {
        // "many" of Spanish and French is for millions; no count here comes near.
        const needed = rules.filter((c) => !(c === 'many' && ['es', 'fr'].includes(language)));
        for (const category of needed) {
          if (!new RegExp(`\\s${category} \\{`).test(plural)) faults.push(`${name}: ${key} lacks the plural form "${category}"`);
        }
      }
    }
    if (Object.keys(catalog).join() !== keys.join() && faults.length === 0) faults.push(`${name}: the keys are not in the order of en.json`);
  }
  for (const key of keys) {
    if (!text.includes(`'${key}'`) && !text.includes(`"${key}"`) && !built.some((prefix) => key.startsWith(prefix))) faults.push(`${folder.replace('../', '')}/en.json: ${key} is used nowhere`);
  }
  return [keys.length, files.length];
}

const [area, languages] = check('../locales');
const [desk, deskLanguages] = check('../locales/desk');
if (languages !== deskLanguages) faults.push(`locales/desk has ${deskLanguages} languages, locales has ${languages}`);

if (faults.length > 0) {
  console.error(faults.join('\n'));
  process.exit(1);
}
console.log(`locales: ${area + desk} messages in ${languages} languages agree`);
