// Everyone can use the page: axe finds nothing serious, the keyboard reaches everything, nothing runs off a phone.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import axe from 'axe-core';

import { address, follow, launch, matches, open, settled, unfold } from './harness.mjs';

const DESKTOP = { viewport: { width: 1280, height: 900 } };
const PHONE = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true, deviceScaleFactor: 2 };

/** Whether the focused element, or what it is made of, looks different from the same without focus. */
const focusShows = (page) =>
  page.evaluate(() => {
    const element = document.activeElement;
    const parts = [element, ...[...element.querySelectorAll('*')].slice(0, 8)];
    const look = () => parts.map((part) => {
      const styles = getComputedStyle(part);
      return ['outlineStyle', 'outlineWidth', 'outlineColor', 'boxShadow', 'borderColor', 'backgroundColor', 'stroke',
        'strokeWidth', 'fill', 'textDecorationLine'].map((name) => styles[name]).join('|');
    }).join('\n');
    const focused = look();
    element.blur();
    const plain = look();
    element.focus();
    return focused !== plain;
  });

describe('accessibility', () => {
  let browser;
  before(async () => {
    browser = await launch();
  });
  after(() => browser.close());

  for (const [device, options] of [['desktop', DESKTOP], ['phone', PHONE]]) {
    for (const colorScheme of ['light', 'dark']) {
      test(`axe finds nothing serious or critical: ${device}, ${colorScheme}`, async () => {
        const page = await open(browser, address('sample'), { ...options, colorScheme });
        await page.evaluate(axe.source);
        for (const state of ['', 'theme=transport&sentiment=negative&from=2023-01-01', 'text=zzzz']) {
          await follow(page, state);
          await unfold(page);
          // Names that are filled in when the page rests.
          await page.waitForTimeout(300);
          const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }));
          const grave = violations
            .filter(({ impact }) => ['serious', 'critical'].includes(impact))
            .flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => `${id} ${target}: ${failureSummary}`));
          assert.deepEqual(grave.slice(0, 10), [], `${grave.length} faults in ${state || 'the whole'}`);
          for (const { id, nodes } of violations) console.log(`minor: ${id}, ${nodes.length} times, ${device} ${state}`);
        }
        assert.deepEqual(page.faults, []);
        await page.context().close();
      });
    }
  }

  test('the keyboard alone reaches filters, a point of a chart and a passage, and the focus shows', async () => {
    const page = await open(browser, address('sample'));
    const whole = await matches(page);
    // The filters are folded: keys open them.
    await page.locator('details.filters > summary').focus();
    await page.keyboard.press('Enter');
    await page.locator('.skip').focus();
    const reached = new Set();
    const kinds = ['#filters input, #filters select', '[data-period]', 'article.passage', '.save-csv'];
    const steps = [];
    for (let step = 0; step < 400 && reached.size < kinds.length; step += 1) {
      await page.keyboard.press('Tab');
      const at = await page.evaluate((selectors) => {
        const element = document.activeElement;
        const { width, height } = element.getBoundingClientRect();
        return {
          name: element.outerHTML.slice(0, 120),
          kinds: selectors.filter((selector) => element.closest(selector)),
          seen: width > 0 && height > 0,
        };
      }, kinds);
      const fresh = at.kinds.filter((kind) => !reached.has(kind));
      if (fresh.length) {
        assert.ok(at.seen, `it has a size: ${at.name}`);
        assert.ok(await focusShows(page), `the focus shows on ${at.name}`);
        fresh.forEach((kind) => reached.add(kind));
        steps.push(`${fresh}: Tab ${step + 1}`);
      }
    }
    console.log(steps.join('; '));
    assert.deepEqual([...reached].sort(), kinds.sort());

    // A filter, a point and a passage, each by keys.
    await page.locator('#filters [name=text]').focus();
    await page.keyboard.type('taxi');
    await page.keyboard.press('Enter');
    await settled(page);
    const filtered = await matches(page);
    assert.ok(filtered.passages < whole.passages && filtered.passages > 0);
    await follow(page, '');
    const point = page.locator('figure.chart[data-theme=transport] [data-period]').last();
    await point.focus();
    await page.keyboard.press('Enter');
    await settled(page);
    assert.ok((await matches(page)).passages < whole.passages, 'Enter on a point filters');
    await follow(page, '');
    const passage = page.locator('article.passage').first();
    await passage.locator('details > summary').focus();
    await page.keyboard.press('Enter');
    await settled(page);
    assert.ok(await passage.locator('.cite').isVisible(), 'Enter opens a passage');
    // From point to point by arrows, so that a chart is one stop on the way.
    const points = page.locator('figure.chart[data-theme=transport] [data-period]');
    await points.first().focus();
    await page.keyboard.press('ArrowRight');
    assert.equal(await page.evaluate(() => document.activeElement.dataset.period), await points.nth(1).getAttribute('data-period'));
    assert.deepEqual(page.faults, []);
    await page.context().close();
  });

  for (const width of [320, 360, 390]) {
    test(`nothing runs off a page ${width} px wide`, async () => {
      for (const name of ['sample', 'outlets', 'hostile']) {
        const page = await open(browser, address(name), { ...PHONE, viewport: { width, height: 700 } });
        for (const state of ['', 'theme=transport&sentiment=negative']) {
          await follow(page, state);
          await unfold(page);
          const wide = await page.evaluate(() => {
            const limit = document.documentElement.clientWidth;
            if (document.documentElement.scrollWidth <= limit) return [];
            return [...document.querySelectorAll('body *')]
              .filter((element) => element.getBoundingClientRect().right > limit + 1 && !element.closest('.scroll'))
              .map((element) => element.outerHTML.slice(0, 120)).slice(0, 5);
          });
          assert.deepEqual(wide, [], `${name} ${state}`);
        }
        await page.context().close();
      }
    });
  }

  test('targets for fingers are large enough', async () => {
    const page = await open(browser, address('sample'), PHONE);
    const small = await page.locator('#filters button, #filters input:not([type=checkbox]):not([type=radio]), #more, #reset')
      .evaluateAll((controls) => controls
        .map((control) => [control, control.getBoundingClientRect()])
        .filter(([, { width, height }]) => width > 0 && (width < 24 || height < 24))
        .map(([control, { width, height }]) => `${control.outerHTML.slice(0, 80)}: ${width} × ${height}`));
    assert.deepEqual(small, []);
    await page.context().close();
  });
});
