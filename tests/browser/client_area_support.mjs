// client_area_support.mjs - what the Client Area's tests stand on: a server of their own, a browser,
// and readers that share no code with Twofold (zbarimg for the QR, oathtool for the codes).
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const root = fileURLToPath(new URL('../..', import.meta.url));
const axeSource = createRequire(import.meta.url)('axe-core').source;
export const shots = join(root, 'build/shots');

const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

async function freePort() {
  const server = createServer();
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address();
  await new Promise((done) => server.close(done));
  return port;
}

/**
 * A demo server on a port and in a folder of its own. TWOFOLD_TEST_URL names one that already runs.
 * @param settings  more of its environment
 */
export async function startServer(settings = {}) {
  if (process.env.TWOFOLD_TEST_URL) return { url: process.env.TWOFOLD_TEST_URL, stop: async () => undefined };
  const binary = process.env.TWOFOLD_BINARY ?? join(root, 'build/release/twofold');
  if (!existsSync(binary)) throw new Error(`no server at ${binary}: make build first`);
  const folder = mkdtempSync(join(tmpdir(), 'twofold-browser-'));
  const port = await freePort();
  const url = `http://localhost:${port}`;
  let output = '';
  const env = {
    ...process.env,
    TWOFOLD_LISTEN: `127.0.0.1:${port}`,
    TWOFOLD_PUBLIC_URL: url,
    TWOFOLD_DATABASE: `sqlite:${folder}/twofold.db`,
    TWOFOLD_KEYS: `${folder}/keys`,
    TWOFOLD_WEB_ROOT: join(root, 'build/web'),
    // One machine registers everybody here.
    TWOFOLD_REGISTERS_PER_IP: '10000',
    TWOFOLD_SIGN_INS_PER_IP: '10000',
    ...settings,
  };
  const child = spawn(binary, ['serve', '--demo'], {
    cwd: root,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.stdout.on('data', (d) => (output += d));
  child.stderr.on('data', (d) => (output += d));
  let ended = false;
  const gone = new Promise((done) => child.on('exit', done)).then(() => (ended = true));
  for (let i = 0; i < 150 && !ended; i += 1) {
    if (await fetch(`${url}/readyz`).then((r) => r.ok, () => false)) {
      return {
        url,
        /** The command line beside it. */
        run: (...args) => execFileSync(binary, args, { env: { ...env, TWOFOLD_DEMO: 'true' }, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }),
        stop: async () => {
          child.kill('SIGTERM');
          await gone;
          rmSync(folder, { recursive: true, force: true });
        },
      };
    }
    await sleep(100);
  }
  child.kill('SIGKILL');
  throw new Error(`the server did not come up:\n${output.slice(-4000)}`);
}

export async function startBrowser() {
  mkdirSync(shots, { recursive: true });
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-background-networking'],
  });
}

/** A page that remembers what went wrong in it, and every address it ever had. */
export async function openPage(browser, url, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 860 }, locale: 'en-US', ...options });
  const page = await context.newPage();
  const faults = [];
  page.on('pageerror', (error) => faults.push(`exception: ${error.message}`));
  page.on('console', (message) => {
    // A refusal the page handles is logged by the browser itself as a failed load; that is no fault.
    if (message.type() === 'error' && !/Failed to load resource/.test(message.text())) faults.push(`console: ${message.text()}`);
  });
  page.setDefaultTimeout(20_000);
  const cdp = await context.newCDPSession(page);
  return { context, page, faults, cdp, url };
}

/** axe over everything on the page, shadow roots included; the list of what it found. */
export async function violations({ page, cdp }) {
  // Through the debugger, since the page's CSP rightly refuses an injected script element.
  await cdp.send('Runtime.evaluate', { expression: axeSource });
  const found = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }));
  return found.violations.flatMap((v) => v.nodes.map((n) => `${v.id} at ${n.target.join(' ')}`));
}

/** Every address in the tab's history, and all that the page keeps in the browser. */
export async function traces({ page, cdp }) {
  const { entries } = await cdp.send('Page.getNavigationHistory');
  const stores = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, history.state]));
  return `${entries.map((e) => `${e.url} ${e.title}`).join('\n')}\n${stores}`;
}

export async function shoot(page, name) {
  await page.screenshot({ path: join(shots, `${name}.png`), fullPage: true });
}

/** How far the page is wider than its window, in CSS pixels. */
export const overflow = (page) =>
  page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

/** What zbarimg reads from a picture of an element. */
export async function readQr(locator) {
  const file = join(mkdtempSync(join(tmpdir(), 'twofold-qr-')), 'qr.png');
  writeFileSync(file, await locator.screenshot());
  return execFileSync('zbarimg', ['--raw', '--quiet', '-Sdisable', '-Sqrcode.enable', file], { encoding: 'utf8' }).trimEnd();
}

/**
 * An authenticator app: the codes come from oathtool. Each is used once, so it gives the oldest code
 * the server still takes (one step either side of now), and waits when all of them are spent.
 */
export class Authenticator {
  #last = -Infinity;

  constructor(uri) {
    this.secret = new URL(uri).searchParams.get('secret');
  }

  async next() {
    for (;;) {
      const now = Date.now() / 1000;
      const step = Math.floor(now / 30);
      // Near the end of a step the oldest code could be too old on arrival.
      const oldest = now % 30 < 24 ? step - 1 : step;
      const use = Math.max(oldest, this.#last + 1);
      if (use <= step + 1 && !(use === step + 1 && now % 30 < 1)) {
        this.#last = use;
        return this.at(use * 30);
      }
      await sleep(500);
    }
  }

  /** @param kind  oathtool's --totp, or another algorithm's: what a phone with other settings shows */
  at(seconds, kind = ['--totp']) {
    return execFileSync('oathtool', [...kind, '--base32', `--now=@${Math.floor(seconds)}`, this.secret], { encoding: 'utf8' }).trim();
  }
}

/** The newest message to an address whose link leads to a page; waits for it. */
export async function mailLink(url, to, path) {
  for (let i = 0; i < 100; i += 1) {
    const { items } = await (await fetch(`${url}/demo/mailbox.json`)).json();
    for (const item of items) {
      const link = item.link ?? /https?:\/\/\S+/.exec(item.text)?.[0];
      if (item.to === to && link?.includes(path)) return link;
    }
    await sleep(100);
  }
  throw new Error(`no message to ${to} with a link to ${path}`);
}

let accounts = 0;

/** A confirmed account, made over the API. */
export async function makeAccount(url, name = 'Ria Reader') {
  accounts += 1;
  const email = `client-area-${process.pid}-${Date.now()}-${accounts}@example.net`;
  const password = 'seven green bicycles';
  const post = async (path, body) => {
    const answer = await fetch(url + path, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  };
  await post('/client/register', { email, password, display_name: name, locale: 'en' });
  const token = (await mailLink(url, email, 'confirm-email')).split('token=')[1];
  await post('/client/register/confirm', { token, password });
  return { email, password };
}
