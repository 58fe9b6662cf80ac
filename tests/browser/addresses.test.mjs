// A view has an address that brings it back, and every number of a chart leads to its passages.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { address, follow, fragment, launch, listed, matches, open, settled, table, unfold } from './harness.mjs';

const VIEWS = [
  [['theme', 'transport']],
  [['theme', 'transport,politics'], ['match', 'all']],
  [['theme', 'transport,politics'], ['and', 'leadership']],
  [['theme', 'outcomes'], ['not', 'politics'], ['sentiment', 'negative,neutral']],
  [['outlet', 'The Harrow Echo'], ['from', '2023-01-01'], ['to', '2024-12-31']],
  [['outlet', 'The Harrow Echo'], ['outlet', 'The National Ledger']],
  [['outlet', '']],
  [['undated', 'only']],
  [['text', 'taxi & “bus” 50%']],
  [['relevant', 'no']],
];

/** Numbers of each filtered view that are followed, out of some hundreds. */
const NUMBERS = 24;

const state = (page) =>
  [...new URLSearchParams(new URL(page.url()).hash.slice(1))].map((pair) => pair.join('=')).sort();

/** What the form says. */
const form = (page) =>
  page.locator('#filters').evaluate((element) => [...new FormData(element)].map((pair) => pair.join('=')).sort());

describe('addresses', () => {
  let browser;
  before(async () => {
    browser = await launch();
  });
  after(() => browser.close());

  test('the address of a filtered view brings the view back', async () => {
    const page = await open(browser, address('sample'));
    for (const view of VIEWS) {
      await follow(page, fragment(view));
      const shown = [await matches(page), await listed(page), await form(page), state(page)];
      const again = await open(browser, page.url());
      assert.deepEqual([await matches(again), await listed(again), await form(again), state(again)], shown, fragment(view));
      assert.deepEqual(again.faults, []);
      await again.context().close();
    }
    assert.deepEqual(page.faults, []);
    await page.context().close();
  });

  test('what the form is told stands in the address, and back leads back', async () => {
    const page = await open(browser, address('sample'));
    const whole = await matches(page);
    await unfold(page);
    await page.locator('#filters [name=from]').fill('2023-01-01');
    await settled(page);
    await page.locator('#filters [name=text]').fill('taxi');
    await page.locator('#filters [name=text]').press('Enter');
    await page.waitForTimeout(400);
    assert.deepEqual(state(page), ['from=2023-01-01', 'text=taxi']);
    const filtered = await matches(page);
    const again = await open(browser, page.url());
    assert.deepEqual(await matches(again), filtered);
    await again.context().close();
    // Typing leaves no steps behind; following a number does.
    await page.locator('.glance td a[href="#theme=transport"]').click();
    await settled(page);
    assert.deepEqual(state(page), ['theme=transport']);
    await page.goBack();
    await settled(page);
    assert.deepEqual(await matches(page), filtered);
    await page.locator('#reset').click();
    await settled(page);
    assert.deepEqual(await matches(page), whole);
    assert.deepEqual(page.faults, []);
    await page.context().close();
  });

  test('every linked number of a table leads to as many passages', async () => {
    for (const name of ['sample', 'outlets']) {
      const page = await open(browser, address(name));
      const links = page.locator('main td a[href^="#"], main strong a[href^="#"]');
      const numbers = await links.evaluateAll((all) => all.map((link) => ({
        href: link.getAttribute('href').slice(1),
        number: Number(link.textContent.replaceAll(',', '').match(/\d+/)[0]),
      })));
      assert.ok(numbers.length > 100, `${numbers.length} numbers`);
      for (const [index, { href, number }] of numbers.entries()) {
        // Those that name their view are followed; every twentieth, and those that do not, are clicked.
        if (href === '' || index % 20 === 0) {
          await follow(page, '');
          await links.nth(index).evaluate((link) => link.click());
          await settled(page);
        } else {
          await follow(page, href);
        }
        assert.equal((await matches(page)).passages, number, `${name}: ${href}`);
      }
      console.log(`${name}: ${numbers.length} linked numbers`);
      assert.deepEqual(page.faults, []);
      await page.context().close();
    }
  });

  test('the numbers of filtered charts lead to as many passages within the filter', async () => {
    const page = await open(browser, address('sample'));
    for (const view of [...VIEWS, [['theme', 'transport,politics']], [['from', '2023-02-14'], ['to', '2024-01-10']],
      [['theme', 'leadership,outcomes'], ['sentiment', 'negative'], ['from', '2022-06-01']]]) {
      await follow(page, '');
      await follow(page, fragment(view));
      await unfold(page);
      const all = await page.locator('figure.chart td a[href*="="]').evaluateAll((links) => links.map((link) => ({
        href: link.getAttribute('href').slice(1),
        number: Number(link.textContent.replaceAll(',', '')),
        chart: link.closest('figure').dataset.theme ?? link.closest('figure').dataset.chart,
      })));
      await unfold(page, false);
      const numbers = all.filter((_, index) => index % Math.ceil(all.length / NUMBERS) === 0);
      for (const { href, number, chart } of numbers) {
        await follow(page, href);
        assert.equal((await matches(page)).passages, number, `${fragment(view)}, ${chart}: ${href}`);
      }
    }
    assert.deepEqual(page.faults, []);
    await page.context().close();
  });

  for (const name of ['sample', 'outlets']) {
    test(`every number of a chart leads to as many passages in one click, to one of them in two: ${name}`, async () => {
      const rows = table(name, 'theme_by_date.csv');
      const themes = [...new Set(rows.map(({ theme }) => theme))]
        .filter((theme) => !['all', 'any', 'none', 'off_topic'].includes(theme));
      const page = await open(browser, address(name));
      let points = 0;
      for (const theme of themes) {
        const counts = new Map();
        for (const { date, passages } of rows.filter((row) => row.theme === theme && row.date)) {
          counts.set(date, (counts.get(date) ?? 0) + Number(passages));
        }
        const chart = page.locator(`figure.chart[data-theme=${theme}]`);
        // Every point, by an event of the page; then some by mouse and keys.
        const led = await chart.locator('svg [data-period]').evaluateAll(async (all) => {
          const view = document.querySelector('#matches');
          const changed = () => new Promise((resolve) => addEventListener('hashchange', resolve, { once: true }));
          const led = [];
          for (const point of all) {
            let done = changed();
            point.dispatchEvent(new MouseEvent('click', { bubbles: true }));
            await done;
            led.push([point.dataset.period, Number(view.dataset.passages)]);
            done = changed();
            location.hash = '';
            await done;
          }
          return led;
        });
        assert.deepEqual(led, [...counts].sort(), theme);
        points += led.length;
        const filled = led.flatMap(([, count], index) => (count > 0 ? [index] : []));
        for (const [turn, index] of filled.filter((_, place) => place % Math.ceil(filled.length / 4) === 0).entries()) {
          const point = chart.locator('svg [data-period]').nth(index);
          if (turn % 2) {
            await point.focus();
            await page.keyboard.press('Enter');
          } else {
            await point.locator('.hit').click();
          }
          await settled(page);
          assert.equal((await matches(page)).passages, led[index][1], `${theme} ${led[index][0]}`);
          const first = page.locator('article.passage').first();
          await first.locator('details > summary').click();
          await settled(page);
          assert.ok(await first.locator('.cite').isVisible(), 'the second click opens a passage');
          await follow(page, '');
        }
      }
      console.log(`${name}: ${points} points`);
      assert.deepEqual(page.faults, []);
      await page.context().close();
    });
  }
});
