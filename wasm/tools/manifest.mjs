// Writes dist/custom-elements.json (schema 1.0.0) from the sources, so that it cannot drift:
// properties and their comments from the classes, events from events.ts, parts from the templates,
// custom properties from the tokens.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const src = fileURLToPath(new URL("../src/", import.meta.url));
const parse = (name) => ts.createSourceFile(name, readFileSync(src + name, "utf8"), ts.ScriptTarget.ES2022, true);
const comment = (node) => ts.getJSDocCommentsAndTags(node).map((d) => ts.getTextOfJSDocComment(d.comment) ?? "").join(" ").trim() || undefined;

/** name -> { attribute, type, description } of the public properties a class declares. */
function propertiesOf(file) {
  const found = [];
  const visit = (node) => {
    if (ts.isClassLike(node)) {
      const declared = new Map();
      for (const member of node.members) {
        const hidden = ts.getCombinedModifierFlags(member) & (ts.ModifierFlags.Private | ts.ModifierFlags.Protected);
        if (ts.isPropertyDeclaration(member) && !hidden && ts.isIdentifier(member.name)) declared.set(member.name.text, member);
      }
      const table = node.members.find((m) => ts.isPropertyDeclaration(m) && m.name.getText() === "properties");
      for (const entry of table?.initializer.properties ?? []) {
        if (!ts.isPropertyAssignment(entry)) continue;
        const name = entry.name.getText();
        const options = entry.initializer.getText();
        const member = declared.get(name);
        if (!member && name !== "lang" && name !== "autofocus") continue;
        const attribute = /attribute: false|state: true/.test(options) ? undefined : (/attribute: "([\w-]+)"/.exec(options)?.[1] ?? name);
        found.push({ name, attribute, type: member?.type?.getText() ?? (name === "autofocus" ? "boolean" : "string"), description: member && comment(member) });
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

function eventsOf(file) {
  const map = file.statements.find((s) => ts.isInterfaceDeclaration(s) && s.name.text === "TwofoldEventMap");
  return map.members.map((m) => ({ name: m.name.text, type: `CustomEvent<${m.type.getText().replace(/\s+/g, " ")}>`, description: comment(m) }));
}

const says = (text) => [...text.matchAll(/\.say\("([\w-]+)"/g)].map((m) => m[1]);
// A button's look is a part too: parts.ts puts it together.
const partsIn = (text) =>
  [...text.matchAll(/\bpart="([^"]+)"/g)].flatMap((m) =>
    m[1].split(/\s+(?![^{]*\})/).flatMap((p) => (p.startsWith("button-${") ? ["button-primary", "button-danger", "button-plain", "button-link"] : [p])),
  );

export function manifest() {
  const events = eventsOf(parse("elements/events.ts"));
  const shared = readFileSync(`${src}elements/base.ts`, "utf8");
  const sharedParts = partsIn(readFileSync(`${src}elements/parts.ts`, "utf8") + shared);
  const tokens = readFileSync(`${src}tokens.ts`, "utf8");
  const custom = [...tokens.matchAll(/^ {2}"?([a-z][\w-]*)"?: (?:\["([^"]+)", "([^"]+)"\]|\s*['"])/gm)].map((m) => ({
    name: `--twofold-${m[1]}`,
    ...(m[2] && { default: `light-dark(${m[2]}, ${m[3]})` }),
  }));
  const base = propertiesOf(parse("elements/base.ts"));
  const element = (name, className, more) => {
    const text = readFileSync(`${src}elements/${name}_element.ts`, "utf8");
    const all = text + more.map((f) => readFileSync(`${src}elements/${f}.ts`, "utf8")).join("");
    const own = propertiesOf(parse(`elements/${name}_element.ts`));
    const properties = [...base, ...own].filter((p, i, list) => !list.slice(i + 1).some((q) => q.name === p.name));
    const said = new Set([...says(shared), ...says(all)]);
    return {
      kind: "javascript-module",
      path: `src/elements/${name}_element.ts`,
      declarations: [
        {
          kind: "class",
          name: className,
          tagName: `twofold-${name}`,
          customElement: true,
          superclass: { name: "TwofoldElement", module: "src/elements/base.ts" },
          members: properties.map((p) => ({ kind: "field", name: p.name, type: { text: p.type }, description: p.description, attribute: p.attribute })),
          attributes: properties.filter((p) => p.attribute).map((p) => ({ name: p.attribute, fieldName: p.name, type: { text: p.type }, description: p.description })),
          events: events.filter((e) => said.has(e.name)).map((e) => ({ name: e.name, type: { text: e.type }, description: e.description })),
          cssParts: [...new Set([...sharedParts, ...partsIn(all)])].sort().map((part) => ({ name: part })),
          cssProperties: custom,
        },
      ],
      exports: [
        { kind: "js", name: className, declaration: { name: className } },
        { kind: "custom-element-definition", name: `twofold-${name}`, declaration: { name: className } },
      ],
    };
  };
  return {
    schemaVersion: "1.0.0",
    readme: "README.md",
    modules: [
      element("setup", "TwofoldSetup", ["codes_panel", "sent_panels", "delivery_panel"]),
      element("verify", "TwofoldVerify", ["verify_more", "delivery_panel"]),
      element("support", "TwofoldSupport", []),
      element("settings", "TwofoldSettings", ["codes_panel"]),
    ],
  };
}
