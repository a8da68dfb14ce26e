// Writes src/tokens.css, the page's copy of the design tokens, from src/tokens.ts.
import { build } from "esbuild";
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

export async function tokensCss() {
  const out = await build({
    entryPoints: [`${root}src/tokens.ts`],
    bundle: true,
    format: "esm",
    write: false,
  });
  const code = Buffer.from(out.outputFiles[0].contents).toString("base64");
  const { pageTokens } = await import(`data:text/javascript;base64,${code}`);
  const body = pageTokens().replace(/([{;])(?=.)/g, "$1\n  ").replace("}", "}\n");
  return (
    "/* Design tokens for pages around the elements. Written by `npm run tokens` from tokens.ts. */\n" +
    body.replace(/\n {2}}/, "\n}")
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(`${root}src/tokens.css`, await tokensCss());
}
