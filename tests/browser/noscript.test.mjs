// Without JavaScript the page still tells what it knows.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { address, launch, open, query, table } from './harness.mjs';

describe('without JavaScript', () => {
  let browser;
  before(async () => {
    browser = await launch();
  });
  after(() => browser.close());

  for (const name of ['sample', 'outlets', 'large']) {
    test(`charts, their tables and the first passages are there, and nothing that cannot work: ${name}`, async () => {
      const page = await open(browser, address(name), { javaScriptEnabled: false });
      const themes = [...new Set(table(name, 'theme_by_date.csv').map(({ theme }) => theme))]
        .filter((theme) => !['all', 'any', 'none', 'off_topic'].includes(theme));
      for (const theme of themes) {
        const chart = page.locator(`figure.chart[data-theme=${theme}]`);
        assert.ok(await chart.locator('svg').isVisible(), theme);
        const { width, height } = await chart.locator('svg').boundingBox();
        assert.ok(width > 200 && height > 50, `${theme}: ${width} × ${height}`);
        await chart.locator('details > summary').click();
        assert.ok(await chart.locator('table').isVisible(), theme);
        assert.ok((await chart.locator('table tbody tr').count()) > 1);
      }
      for (const chart of ['sentiment', 'outlets']) {
        assert.ok(await page.locator(`figure.chart[data-chart=${chart}] svg`).isVisible(), chart);
      }
      const passages = page.locator('article.passage');
      assert.ok((await passages.count()) >= 10);
      const texts = new Map(query(name).map(({ passage, text }) => [passage, text]));
      const [first] = await passages.all();
      assert.ok(await first.isVisible());
      const text = texts.get(await first.getAttribute('data-passage'));
      assert.ok((await first.textContent()).replaceAll(/\s+/g, ' ').includes(text.replaceAll(/\s+/g, ' ')));
      const dead = page.locator('.js-only');
      assert.ok((await dead.count()) > 0);
      for (const element of await dead.all()) assert.ok(!(await element.isVisible()), await element.innerHTML());
      // What needs a script and is not marked so would be dead too.
      const buttons = await page.locator('button:visible').evaluateAll((all) => all.map((button) => button.outerHTML));
      assert.deepEqual(buttons, []);
      assert.deepEqual(page.faults, []);
      await page.context().close();
    });
  }
});
