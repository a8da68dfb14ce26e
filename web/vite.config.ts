// The Client Area's build: static files for the server, to build/web at the top of the repository.
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
// For `npm run dev`: the Twofold server whose API the page talks to.
const server = process.env['TWOFOLD_SERVER'] ?? 'http://127.0.0.1:8080';

export default defineConfig({
  // One Lit for the page and the elements, whichever node_modules each was installed into.
  resolve: { dedupe: ['lit', 'lit-html', 'lit-element', '@lit/reactive-element'] },
  build: {
    outDir: at('../build/web'),
    emptyOutDir: true,
    target: 'es2022',
    // The page's CSP allows no data: for scripts, styles, fonts or wasm; everything is a file.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rollupOptions: { input: [at('index.html'), at('demo/mailbox.html')] },
  },
  server: {
    proxy: Object.fromEntries(
      ['/client', '/v1', '/demo/mailbox.json'].map((path) => [path, { target: server, changeOrigin: true }]),
    ),
  },
});
