// Builds the package: dist/ for bundlers (Lit stays a dependency), dist/browser/ for a plain
// <script type="module">, and the type declarations. The core's .wasm is copied beside both.
import { build, transform } from "esbuild";
import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { manifest } from "./manifest.mjs";
import { tokensCss } from "./tokens.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const kEntries = ["index", "define", "define_setup", "define_verify", "define_support", "core", "core_node", "activity_words", "audit", "api", "i18n", "tokens"];

/** Minifies the css`…` literals of the style files, which esbuild leaves as it is. */
export const minifyCss = {
  name: "minify-css",
  setup(setup) {
    setup.onLoad({ filter: /styles(_\w+)?\.ts$/ }, async ({ path }) => {
      const source = readFileSync(path, "utf8");
      const [before, rest] = source.split("css`\n");
      const end = rest.indexOf("`,");
      const { code } = await transform(rest.slice(0, end), { loader: "css", minify: true, target: "es2022" });
      return { contents: `${before}css\`${code.trim().replaceAll("\\", "\\\\")}\`,${rest.slice(end + 2)}`, loader: "ts" };
    });
  },
};

/** Indentation inside templates means nothing to HTML; after minifying, it is only there. */
export function dedent(file) {
  return file.text.replace(/\n {2,}/g, " ");
}

export async function bundle(outdir, options = {}) {
  const result = await build({
    entryPoints: kEntries.map((name) => `${root}src/${name}.ts`).filter(existsSync),
    bundle: true,
    splitting: true,
    format: "esm",
    target: "es2022",
    minify: true,
    legalComments: "none",
    charset: "utf8",
    chunkNames: "[name]-[hash]",
    outdir,
    write: false,
    metafile: true,
    plugins: [minifyCss],
    tsconfig: `${root}tsconfig.json`,
    ...options,
    // core_node.ts reads its .wasm from the file system.
    external: ["node:*", ...(options.external ?? [])],
  });
  return { files: result.outputFiles.map((file) => ({ path: file.path, text: dedent(file) })), metafile: result.metafile };
}

async function write(outdir, options) {
  mkdirSync(outdir, { recursive: true });
  for (const { path, text } of (await bundle(outdir, options)).files) writeFileSync(path, text);
  for (const name of ["twofold_core.wasm", ...(options.entryPoints ? [] : ["twofold_audit.wasm"])]) {
    const wasm = [`${root}../build/wasm/${name}`, `${root}${name}`].find(existsSync);
    if (wasm) copyFileSync(wasm, `${outdir}/${name}`);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const dist = `${root}dist`;
  rmSync(dist, { recursive: true, force: true });
  await write(dist, { external: ["lit", "lit/*"] });
  await write(`${dist}/browser`, {
    entryPoints: ["define", "define_setup", "define_verify", "define_support"].map((name) => `${root}src/${name}.ts`),
  });
  writeFileSync(`${dist}/tokens.css`, await tokensCss());
  writeFileSync(`${dist}/custom-elements.json`, `${JSON.stringify(manifest(), null, 2)}\n`);
  execFileSync(process.execPath, [`${root}node_modules/typescript/bin/tsc`, "--emitDeclarationOnly", "--outDir", `${dist}/types`], { cwd: root, stdio: "inherit" });
}
