// Text of others stays text: nothing of it runs, loads, leads anywhere, or hides.

import assert from 'node:assert/strict';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { after, before, describe, test } from 'node:test';

import { address, csv, follow, fragment, launch, matches, open, outputs, place, query, settled, unfold, unfolded } from './harness.mjs';
import { payloads } from './payloads.mjs';

/** Characters that change the order in which others are read. */
const TURNING = /[\u202a-\u202e\u2066-\u2069\u061c\u200e\u200f]/;

const PLACES = ['title', 'text', 'outlet', 'article', 'url'];

/** What no report holds, whatever was read. */
const foreign = (page) =>
  page.evaluate(() => {
    const elements = [...document.querySelectorAll('*')];
    const tags = new Set(['IFRAME', 'OBJECT', 'EMBED', 'BASE', 'IMG', 'VIDEO', 'AUDIO', 'MARQUEE', 'PORTAL', 'MATH',
      'FOREIGNOBJECT', 'ANIMATE', 'SET', 'IMAGE']);
    const links = elements
      .flatMap((element) => ['href', 'xlink:href', 'src', 'action', 'formaction'].map((name) => element.getAttribute(name)))
      .filter((value) => value !== null)
      .filter((value) => !/^(https?:\/\/|#|[\w.-]+\.(html|csv|parquet|json)([#?]|$)|blob:)/.test(value));
    const handlers = elements.flatMap((element) => [...element.attributes]
      .filter(({ name }) => /^on/i.test(name))
      .map(({ name, value }) => `${element.tagName} ${name}=${value}`));
    const open = [...document.querySelectorAll('a[href^="http"]')].filter((link) => !/noopener|noreferrer/.test(link.rel));
    return {
      tags: elements.map(({ tagName }) => tagName.toUpperCase()).filter((name) => tags.has(name)),
      links,
      handlers,
      open: open.map((link) => link.outerHTML),
    };
  });
const NOTHING = { tags: [], links: [], handlers: [], open: [] };

describe('injection', () => {
  let browser;
  let hits;
  before(async () => {
    browser = await launch();
    hits = query('hostile');
  });
  after(() => browser.close());

  test('a page that does run them is seen to', async () => {
    const bad = join(place, 'bad.html');
    writeFileSync(bad, `<!doctype html><meta charset="utf-8"><script>alert(1)</script><p>${payloads.slice(0, 45).join('</p><p>')}`);
    const page = await open(browser, pathToFileURL(bad).href);
    await page.waitForTimeout(500);
    const kinds = new Set(page.faults.map((fault) => fault.split(':')[0]));
    for (const kind of ['canary', 'request', 'dialog', 'console error']) assert.ok(kinds.has(kind), `${kind}: ${[...kinds]}`);
    const { tags, handlers } = await foreign(page);
    assert.ok(tags.length && handlers.length);
    await page.context().close();
  });

  test('the corpus carries a hundred payloads in each place', () => {
    for (const part of PLACES) {
      const arrived = payloads.filter((payload) => hits.some((hit) => hit[part]?.includes(payload.trim())));
      // Readers let no address through that is none, and a path holds no empty names.
      const least = ['url', 'article'].includes(part) ? 80 : 100;
      assert.ok(arrived.length >= least, `${arrived.length} of ${payloads.length} payloads arrive in ${part}`);
    }
  });

  for (const javaScriptEnabled of [true, false]) {
    const mode = javaScriptEnabled ? 'with scripts' : 'without scripts';
    test(`nothing runs, loads or leads astray, and every passage stands there as text: ${mode}`, async () => {
      const page = await open(browser, address('hostile'), { javaScriptEnabled });
      if (javaScriptEnabled) {
        const ids = await unfolded(page);
        assert.deepEqual(ids.sort(), hits.filter(({ relevant }) => relevant).map(({ passage }) => passage).sort());
        await unfold(page);
      }
      await page.waitForTimeout(300);
      const shown = new Map(await page.locator('article.passage').evaluateAll((passages) =>
        passages.map((passage) => [passage.dataset.passage, passage.textContent.replaceAll(/\s+/g, ' ')])));
      assert.ok(shown.size >= 10, `${shown.size} passages are there`);
      // Headlines and names are cut where they are long.
      const plain = (text, part) => text.replaceAll(/\s+/g, ' ').trim().slice(0, part === 'text' ? undefined : 40);
      for (const hit of hits.filter(({ passage }) => shown.has(passage))) {
        for (const part of ['text', 'outlet', 'title']) {
          if (hit[part] === null) continue;
          assert.ok(shown.get(hit.passage).includes(plain(hit[part], part)), `${hit.passage}: ${part} ${hit[part]}`);
        }
      }
      assert.deepEqual(await foreign(page), NOTHING);
      const turned = (await page.locator('body').innerText()).split('\n').filter((line) => TURNING.test(line));
      assert.deepEqual(turned.slice(0, 5), [], 'nothing turns the text around it');
      assert.deepEqual(page.faults, []);
      await page.context().close();
    });
  }

  test('opened passages show title, authors, address and file as text', async () => {
    const page = await open(browser, address('hostile'));
    const step = Math.ceil(hits.length / 150);
    for (const hit of hits.filter((_, index) => index % step === 0)) {
      await follow(page, fragment([['passage', hit.passage]]));
      const text = (await page.locator('body').innerText()).replaceAll(/\s+/g, ' ');
      assert.ok(text.includes(hit.text.replaceAll(/\s+/g, ' ').trim()), `${hit.passage} is open`);
      assert.deepEqual(await foreign(page), NOTHING, hit.passage);
    }
    assert.deepEqual(page.faults, []);
    await page.context().close();
  });

  test('payloads in the address are no more than a filter', async () => {
    const page = await open(browser, address('hostile'));
    for (const payload of payloads) {
      await follow(page, fragment(['text', 'outlet', 'theme', 'passage', 'from', 'match', payload].map((key) => [key, payload])));
      await follow(page, payload);
    }
    for (const odd of ['%', '%E0%A4%A', 'theme=%', '&&&===', 'from=2023-99-99', 'to=9999999999', `text=${'a'.repeat(1e5)}`,
      'theme=__proto__', 'outlet=constructor&outlet=toString', '__proto__=1', 'passage=__proto__', 'sentiment=hasOwnProperty']) {
      await follow(page, odd);
    }
    assert.deepEqual(await foreign(page), NOTHING);
    await follow(page, '');
    assert.equal((await matches(page)).passages, hits.filter(({ relevant }) => relevant).length, 'the page still works');
    assert.deepEqual(page.faults, []);
    await page.context().close();
  });

  test('the other pages and what is saved are as harmless', async () => {
    const pages = readdirSync(outputs('hostile')).filter((name) => name.endsWith('.html') && name !== 'report.html');
    for (const name of pages) {
      const page = await open(browser, pathToFileURL(join(outputs('hostile'), name)).href);
      assert.deepEqual(await foreign(page), NOTHING, name);
      assert.deepEqual(page.faults, [], name);
      await page.context().close();
    }
    const page = await open(browser, address('hostile'));
    for (const link of await page.locator('.save-csv').all()) {
      const [download] = await Promise.all([page.waitForEvent('download'), link.click()]);
      const rows = csv(readFileSync(await download.path(), 'utf8'));
      for (const cell of rows.flatMap((row) => Object.values(row))) {
        assert.doesNotMatch(cell, /^(?:[=@\t\r]|[+-](?!\d))/, 'no cell is a formula');
      }
    }
    await settled(page);
    assert.deepEqual(page.faults, []);
    await page.context().close();
  });
});
