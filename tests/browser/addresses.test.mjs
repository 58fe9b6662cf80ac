// A view has an address that brings it back, and every number of a chart leads to its passages.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { address, follow, fragment, launch, listed, matches, open, settled, table, unfold } from './harness.mjs';

const VIEWS = [
  [['theme', 'transport']],
  [['theme', 'transport,politics'], ['match', 'all']],
  [['theme', 'outcomes'], ['not', 'politics'], ['sentiment', 'negative,neutral']],
  [['outlet', 'The Harrow Echo'], ['from', '2023-01-01'], ['to', '2024-12-31']],
  [['outlet', 'The Harrow Echo'], ['outlet', 'The National Ledger']],
  [['outlet', '']],
  [['undated', 'only']],
  [['text', 'taxi & “bus” 50%']],
  [['relevant', 'no']],
];

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

  test('what the form is told stands in the address, and back goes one step back', async () => {
    const page = await open(browser, address('sample'));
    const whole = await matches(page);
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
    while (state(page).length) {
      const before = state(page);
      await page.goBack();
      await settled(page);
      assert.notDeepEqual(state(page), before);
    }
    assert.deepEqual(await matches(page), whole);
    assert.deepEqual(page.faults, []);
    await page.context().close();
  });

  test('every linked number of a table leads to as many passages', async () => {
    for (const name of ['sample', 'outlets']) {
      const page = await open(browser, address(name));
      await unfold(page);
      const links = page.locator('main td a[href^="#"], main strong a[href^="#"]');
      const count = await links.count();
      assert.ok(count > 100, `${count} numbers`);
      let clicked = 0;
      for (let index = 0; index < count; index += 1) {
        // Those that name their view are followed; every tenth, and those that do not, are clicked.
        const { href, number } = await links.nth(index).evaluate((link) => ({
          href: link.getAttribute('href'),
          number: Number(link.textContent.replaceAll(',', '').match(/\d+/)[0]),
        }));
        if (href === '#' || index % 10 === 0) {
          await follow(page, 'text=zzzz');
          await links.nth(index).evaluate((link) => link.click());
          await settled(page);
          clicked += 1;
        } else {
          await follow(page, href.slice(1));
        }
        assert.equal((await matches(page)).passages, number, `${name}: ${href}`);
      }
      console.log(`${name}: ${count} numbers followed, ${clicked} of them by click`);
      assert.deepEqual(page.faults, []);
      await page.context().close();
    }
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
        const periods = await chart.locator('svg [data-period]').evaluateAll((all) => all.map(({ dataset }) => dataset.period));
        const missing = [...counts].filter(([date, count]) => count > 0 && !periods.includes(date));
        assert.deepEqual(missing, [], `${theme}: numbers without a point`);
        for (const [index, period] of periods.entries()) {
          await follow(page, '');
          const point = chart.locator('svg [data-period]').nth(index);
          if (index % 2) {
            await point.focus();
            await page.keyboard.press('Enter');
          } else {
            await point.click({ timeout: 3000 });
          }
          await settled(page);
          const { passages } = await matches(page);
          assert.equal(passages, counts.get(period), `${theme} ${period}`);
          if (passages > 0 && points % 10 === 0) {
            const first = page.locator('article.passage').first();
            await first.locator('summary, button, a').first().click();
            await settled(page);
            const id = await first.getAttribute('data-passage');
            assert.equal(new URLSearchParams(new URL(page.url()).hash.slice(1)).get('passage'), id);
          }
          points += 1;
        }
      }
      console.log(`${name}: ${points} points`);
      assert.deepEqual(page.faults, []);
      await page.context().close();
    });
  }
});
