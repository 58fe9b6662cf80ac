// The page says nothing to the console, asks for nothing, and breaks no rule of its own policy, whatever is done.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';

import { address, csv, launch, matches, open, outputs, settled, unfold } from './harness.mjs';

describe('quiet', () => {
  let browser;
  before(async () => {
    browser = await launch();
  });
  after(() => browser.close());

  const visit = (name) => open(browser, address(name), { offline: true });

  test('the policy forbids every request and every script but the page\'s own', () => {
    const text = readFileSync(`${outputs('sample')}/report.html`, 'utf8');
    const policy = text.match(/<meta http-equiv="?Content-Security-Policy"? content="([^"]+)"/i)?.[1] ?? '';
    assert.match(policy, /default-src 'none'/);
    assert.doesNotMatch(policy, /unsafe-eval|https?:|\*/);
    assert.doesNotMatch(policy.match(/script-src[^;]*/)?.[0] ?? '', /unsafe-inline/);
    assert.doesNotMatch(text, /<(?:script|link|img|iframe)[^>]+(?:src|href)="?https?:/i);
  });

  test('loading, every control, opening passages and the way back', async () => {
    const page = await visit('sample');
    const whole = await matches(page);
    await unfold(page);
    const controls = page.locator('#filters').locator('input, select, textarea');
    const count = await controls.count();
    assert.ok(count >= 8, `${count} controls`);
    for (let index = 0; index < count; index += 1) {
      const control = controls.nth(index);
      if (!(await control.isVisible())) continue;
      const kind = await control.evaluate((element) => (element.tagName === 'INPUT' ? element.type : element.tagName));
      if (kind === 'checkbox' || kind === 'radio') await control.click();
      else if (kind === 'date') await control.fill('2023-06-01');
      else if (kind === 'SELECT') await control.selectOption({ index: (await control.locator('option').count()) - 1 });
      else await control.fill('taxi');
      await settled(page);
    }
    assert.notDeepEqual(await matches(page), whole);
    await page.locator('#reset').click();
    await settled(page);
    assert.deepEqual(await matches(page), whole);
    assert.equal(new URL(page.url()).hash, '');
    for (let index = 0; index < 5; index += 1) {
      const passage = page.locator('article.passage').nth(index);
      await passage.locator('summary, button').first().click();
      await settled(page);
    }
    await page.locator('#more').click();
    await page.goBack();
    await page.goForward();
    await settled(page);
    assert.deepEqual(page.faults, []);
    await page.context().close();
  });

  test('dragging over a chart chooses its days', async () => {
    const page = await visit('sample');
    const whole = await matches(page);
    const chart = page.locator('figure.chart[data-theme] svg').first();
    await chart.scrollIntoViewIfNeeded();
    const { x, y, width, height } = await chart.boundingBox();
    await page.mouse.move(x + width * 0.4, y + height * 0.5);
    await page.mouse.down();
    await page.mouse.move(x + width * 0.5, y + height * 0.5, { steps: 4 });
    await page.mouse.move(x + width * 0.7, y + height * 0.5, { steps: 4 });
    await page.mouse.up();
    await settled(page);
    const state = new URLSearchParams(new URL(page.url()).hash.slice(1));
    assert.match(state.get('from') ?? '', /^\d{4}-\d\d-\d\d$/);
    assert.match(state.get('to') ?? '', /^\d{4}-\d\d-\d\d$/);
    assert.ok(state.get('from') <= state.get('to'));
    const part = await matches(page);
    assert.ok(part.passages < whole.passages, 'fewer passages than before');
    assert.equal(await page.locator('#filters [name=from]').inputValue(), state.get('from'));
    assert.deepEqual(page.faults, []);
    await page.context().close();
  });

  test('what is saved offline is a drawing that stands alone and a table with the numbers shown', async () => {
    for (const name of ['sample', 'outlets', 'hostile']) {
      const page = await visit(name);
      const saved = async (link) => {
        const [download] = await Promise.all([page.waitForEvent('download'), link.click()]);
        return { name: download.suggestedFilename(), text: readFileSync(await download.path(), 'utf8') };
      };
      const charts = page.locator('figure.chart');
      assert.ok((await charts.count()) >= 5);
      for (const chart of await charts.all()) {
        const drawing = await saved(chart.locator('.save-svg'));
        assert.match(drawing.name, /^[\w.-]+\.svg$/);
        const faults = await page.evaluate((text) => {
          const parsed = new DOMParser().parseFromString(text, 'image/svg+xml');
          const root = parsed.documentElement;
          const active = parsed.querySelectorAll('script, foreignObject, image, use');
          const handlers = [...parsed.querySelectorAll('*')].flatMap((element) =>
            [...element.attributes].filter(({ name }) => name.startsWith('on')));
          return [
            parsed.querySelector('parsererror')?.textContent,
            root.localName === 'svg' && root.namespaceURI === 'http://www.w3.org/2000/svg' ? undefined : 'no svg',
            root.hasAttribute('viewBox') ? undefined : 'no viewBox',
            /var\(--/.test(text) && !/--[\w-]+\s*:/.test(text) ? 'colours of a page that is not there' : undefined,
            active.length || handlers.length ? 'active content' : undefined,
          ].filter(Boolean);
        }, drawing.text);
        assert.deepEqual(faults, [], drawing.name);

        const numbers = await saved(chart.locator('.save-csv'));
        assert.match(numbers.name, /^[\w.-]+\.csv$/);
        assert.ok(numbers.text.startsWith('\ufeff'), 'a spreadsheet sees that it is UTF-8');
        const rows = csv(numbers.text);
        const shown = await chart.locator('table').evaluate((table) =>
          [...table.tBodies[0].rows].map((row) => [...row.cells].slice(1).map((cell) => cell.textContent.trim())));
        assert.equal(rows.length, shown.length, `${numbers.name}: as many rows as the table`);
        for (const [index, { date, last_day: last, outlet, ...values }] of rows.entries()) {
          // A share is a number in the file and a percentage in the table.
          const written = Object.entries(values).map(([key, value]) => {
            if (key !== 'share') return value;
            return value === '' ? '–' : `${(100 * Number(value)).toFixed(1)}%`;
          });
          const row = `${numbers.name}, row ${index + 1}`;
          assert.deepEqual(written, shown[index].map((cell) => cell.replaceAll(/(?<=\d),(?=\d)/g, '')), row);
          if (date) assert.ok(/^\d{4}-\d\d-\d\d$/.test(date) && date <= last, row);
        }
        // Of more than ten downloads in a second Chromium drops the eleventh.
        await page.waitForTimeout(250);
      }
      assert.deepEqual(page.faults, []);
      await page.context().close();
    }
  });
});
