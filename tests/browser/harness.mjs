// What the tests share: the program and its runs, the browser, and an eye on everything a page does.

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

import { chromium } from 'playwright-core';

export const here = dirname(fileURLToPath(import.meta.url));
export const repository = join(here, '..', '..');
const target = process.env.CARGO_TARGET_DIR ?? join(repository, 'target');
export const place = join(target, 'browser');
export const program = process.env.SENDLENS ?? join(target, 'release', 'sendlens');

/** The output folder of a run that `prepare.mjs` made. */
export const outputs = (name) => join(place, name);

/** What the program prints. */
export function sendlens(...given) {
  return execFileSync(program, given, { encoding: 'utf8', maxBuffer: 1 << 28, stdio: ['ignore', 'pipe', 'pipe'] });
}

/** The passages that `sendlens query` finds in a run. */
export const query = (name, ...given) => JSON.parse(sendlens('query', outputs(name), ...given, '--format', 'json'));

/** The address of the report of a run. */
export const address = (name, fragment = '') =>
  pathToFileURL(join(outputs(name), 'report.html')).href + (fragment ? `#${fragment}` : '');

/** The rows of a CSV file as objects. */
export function csv(text) {
  const rows = [[]];
  let cell = '';
  let quoted = false;
  const source = text.replace(/^\ufeff/, '');
  for (let at = 0; at < source.length; at += 1) {
    const character = source[at];
    if (quoted && character === '"' && source[at + 1] === '"') {
      cell += '"';
      at += 1;
    } else if (character === '"') {
      quoted = !quoted;
    } else if (!quoted && character === ',') {
      rows.at(-1).push(cell);
      cell = '';
    } else if (!quoted && character === '\n') {
      rows.at(-1).push(cell.replace(/\r$/, ''));
      cell = '';
      rows.push([]);
    } else {
      cell += character;
    }
  }
  if (cell || rows.at(-1).length) rows.at(-1).push(cell);
  const [head, ...body] = rows.filter((row) => row.length);
  return body.map((row) => Object.fromEntries(head.map((name, index) => [name, row[index] ?? ''])));
}

/** A table of a run. */
export const table = (name, file) => csv(readFileSync(join(outputs(name), file), 'utf8'));

const BROWSERS = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** A browser for the tests of one file. */
export function launch() {
  const executablePath = BROWSERS.find((path) => path && existsSync(path));
  if (!executablePath) throw new Error('there is no Chromium: `apt-get install chromium`, or name one in CHROMIUM');
  // Without a sandbox, because CI is root; the pages are our own. Tests change the fragment faster than people do, which
  // Chromium takes for a flood and drops.
  const args = ['--no-sandbox', '--disable-dev-shm-usage', '--disable-ipc-flooding-protection'];
  return chromium.launch({ executablePath, headless: true, args });
}

/**
 * A page whose every word is noted: `page.faults` lists console errors and warnings, faults in scripts, dialogs,
 * violations of the content security policy, calls of the canary, and requests for anything but the page itself.
 */
export async function open(browser, url, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, acceptDownloads: true, ...options });
  const page = await context.newPage();
  page.faults = [];
  const note = (kind, what) => page.faults.push(`${kind}: ${what}`);
  const own = new URL(url);
  page.on('console', (message) => {
    if (['error', 'warning', 'assert'].includes(message.type())) note(`console ${message.type()}`, message.text());
  });
  page.on('pageerror', (error) => note('script', error.stack ?? error.message));
  page.on('dialog', (dialog) => {
    note('dialog', dialog.message());
    dialog.dismiss();
  });
  page.on('crash', () => note('crash', url));
  context.on('request', (request) => {
    const asked = new URL(request.url());
    const isOwn = asked.protocol === 'file:' && (asked.pathname === own.pathname || page.allowed?.(asked));
    if (!isOwn && asked.protocol !== 'blob:') note('request', request.url());
  });
  context.on('page', (other) => note('window', other.url()));
  await page.exposeBinding('sendlensNote', (_, kind, what) => note(kind, what));
  await page.addInitScript(() => {
    globalThis.canary = (number) => globalThis.sendlensNote('canary', String(number));
    addEventListener('securitypolicyviolation', (event) =>
      globalThis.sendlensNote('policy', `${event.violatedDirective} ${event.blockedURI} ${event.sample}`));
  });
  await page.goto(url);
  return page;
}

/** Puts the page into the state of another fragment, as following a link does. */
export const follow = (page, fragment) =>
  page.evaluate(async (wanted) => {
    const before = location.hash;
    const changed = new Promise((resolve) => addEventListener('hashchange', resolve, { once: true }));
    location.hash = wanted;
    if (location.hash !== before) await changed;
  }, fragment);

/** Waits until the page has done what it was told. */
export const settled = (page) =>
  page.evaluate(() => new Promise((resolve) => setTimeout(() => requestAnimationFrame(() => setTimeout(resolve)))));

/** How many passages and articles match now. */
export const matches = (page) =>
  page.locator('#matches').evaluate(({ dataset }) => ({
    passages: Number(dataset.passages),
    articles: Number(dataset.articles),
  }));

/** Ids of the passages listed now, in their order. */
export const listed = (page) =>
  page.locator('article.passage').evaluateAll((passages) => passages.map(({ dataset }) => dataset.passage));

/** Ids of every passage that matches, pages of the list unfolded. */
export async function unfolded(page) {
  await page.locator('#more').evaluate((more) => {
    for (let clicks = 0; !more.hidden && clicks < 1000; clicks += 1) more.click();
  });
  return listed(page);
}

/** Opens every part of the page that can be folded, or closes it. */
export async function unfold(page, isOpen = true) {
  await page.locator('details').evaluateAll((all, isOpen) => all.forEach((details) => {
    details.open = isOpen;
  }), isOpen);
  // What a part shows is filled in when it has been opened.
  await settled(page);
}

/** The fragment of a view: `[['theme', 'transport'], …]`. */
export const fragment = (pairs) => pairs.map(([key, value]) => `${key}=${encodeURIComponent(value)}`).join('&');
