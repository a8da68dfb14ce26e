// Bundles tests/wasm/**/*.test.ts (TypeScript that Node 18 cannot run by itself) and runs them with
// node --test. Arguments: parts of file names to run, and node's own --test-… options.
import { build } from "esbuild";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const wasm = fileURLToPath(new URL("..", import.meta.url));
const root = join(wasm, "..");
const tests = join(root, "tests", "wasm");
const wanted = process.argv.slice(2).filter((a) => !a.startsWith("--"));
const options = process.argv.slice(2).filter((a) => a.startsWith("--"));

function walk(folder) {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? walk(path) : [path];
  });
}

const files = (existsSync(tests) ? walk(tests) : [])
  .filter((path) => path.endsWith(".test.ts"))
  .filter((path) => wanted.length === 0 || wanted.some((part) => path.includes(part)));
if (files.length === 0) {
  console.error("no tests found");
  process.exit(1);
}
// Inside the package, so that node finds its modules.
mkdirSync(join(wasm, "node_modules", ".cache"), { recursive: true });
const out = mkdtempSync(join(wasm, "node_modules", ".cache", "tests-"));
try {
  await build({
    entryPoints: files,
    outdir: out,
    outbase: tests,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    platform: "node",
    target: "node18",
    format: "esm",
    sourcemap: "inline",
    tsconfig: join(wasm, "tsconfig.json"),
    packages: "external",
    // Node 18 has it, but not as a global.
    banner: { js: 'import { webcrypto as __crypto } from "node:crypto"; globalThis.crypto ??= __crypto;' },
    define: { __ROOT__: JSON.stringify(root) },
    logLevel: "warning",
  });
  const run = spawnSync(process.execPath, ["--enable-source-maps", "--test", ...options, ...walk(out).filter((f) => f.endsWith(".mjs"))], {
    stdio: "inherit",
    cwd: root,
  });
  process.exitCode = run.status ?? 1;
} finally {
  rmSync(out, { recursive: true, force: true });
}
