// The build of the Client Area and the support desk: static files for the server, to build/web at the top of the repository.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants } from 'node:zlib';
import { defineConfig, type Plugin } from 'vite';

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const output = at('../build/web');
// For `npm run dev`: the Twofold server whose API the page talks to.
const server = process.env['TWOFOLD_SERVER'] ?? 'http://127.0.0.1:8080';

/** A .br file beside each text worth it: the server answers from memory and compresses nothing. */
function brotli(): Plugin {
  return {
    name: 'brotli',
    apply: 'build',
    closeBundle() {
      for (const entry of readdirSync(output, { withFileTypes: true, recursive: true })) {
        if (!entry.isFile() || !/\.(js|css|html|svg|wasm|json)$/.test(entry.name)) continue;
        const file = `${entry.parentPath ?? entry.path}/${entry.name}`;
        const plain = readFileSync(file);
        const packed = brotliCompressSync(plain, {
          params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: plain.length },
        });
        if (packed.length < plain.length * 0.9) writeFileSync(`${file}.br`, packed);
      }
    },
  };
}

export default defineConfig({
  plugins: [brotli()],
  // One Lit for the page and the elements, whichever node_modules each was installed into.
  resolve: { dedupe: ['lit', 'lit-html', 'lit-element', '@lit/reactive-element'] },
  build: {
    outDir: output,
    emptyOutDir: true,
    target: 'es2022',
    // The page's CSP allows no data: for scripts, styles, fonts or wasm; everything is a file.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rollupOptions: { input: [at('index.html'), at('desk/index.html'), at('demo/mailbox.html')] },
  },
  server: {
    proxy: Object.fromEntries(
      ['/client', '/v1', '/demo/mailbox.json'].map((path) => [path, { target: server, changeOrigin: true }]),
    ),
  },
});
