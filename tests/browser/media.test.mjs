// Paper, high contrast and a wish for rest are met.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { address, follow, launch, matches, open } from './harness.mjs';

describe('media', () => {
  let browser;
  before(async () => {
    browser = await launch();
  });
  after(() => browser.close());

  test('on paper the charts stand whole, dark on light, without controls', async () => {
    const page = await open(browser, address('sample', 'theme=transport'), { colorScheme: 'dark' });
    const shown = await matches(page);
    await page.emulateMedia({ media: 'print' });
    for (const chart of await page.locator('figure.chart').all()) {
      assert.ok(await chart.locator('svg').isVisible());
      assert.equal(await chart.locator('svg').evaluate((svg) => getComputedStyle(svg).breakInside), 'avoid');
    }
    const light = await page.evaluate(() => {
      const [red, green, blue, alpha = 1] = getComputedStyle(document.body).backgroundColor.match(/[\d.]+/g).map(Number);
      return alpha === 0 || red + green + blue > 600;
    });
    assert.ok(light, 'ink is not spent on a background');
    for (const dead of ['#reset', '#more', '.save-svg', '.save-csv']) {
      assert.ok(!(await page.locator(dead).first().isVisible()), `${dead} does nothing on paper`);
    }
    assert.deepEqual(await matches(page), shown);
    const paper = await page.pdf({ format: 'A4' });
    assert.ok(paper.length > 10_000, `${paper.length} bytes of PDF`);
    assert.deepEqual(page.faults, []);
    await page.context().close();
  });

  test('nothing moves for who wants rest, and the page works the same', async () => {
    const page = await open(browser, address('sample'), { reducedMotion: 'reduce' });
    await follow(page, 'theme=transport');
    const moving = await page.evaluate(() => [...document.querySelectorAll('*')].filter((element) => {
      const { transitionDuration, animationDuration, animationName, scrollBehavior } = getComputedStyle(element);
      const lasts = (text) => text.split(',').some((part) => parseFloat(part) > 0.01);
      return lasts(transitionDuration) || (animationName !== 'none' && lasts(animationDuration)) || scrollBehavior === 'smooth';
    }).map((element) => element.outerHTML.slice(0, 80)).slice(0, 5));
    assert.deepEqual(moving, []);
    assert.ok((await matches(page)).passages > 0);
    assert.deepEqual(page.faults, []);
    await page.context().close();
  });

  test('colours forced by the system leave everything legible', async () => {
    const page = await open(browser, address('sample'), { forcedColors: 'active' });
    assert.ok(await page.locator('figure.chart svg').first().isVisible());
    await follow(page, 'theme=transport&sentiment=negative');
    assert.ok((await matches(page)).passages > 0);
    assert.deepEqual(page.faults, []);
    await page.context().close();
  });

  test('twice the font size and half the window cut nothing off', async () => {
    const page = await open(browser, address('sample'), { viewport: { width: 640, height: 480 }, bypassCSP: true });
    await page.addStyleTag({ content: 'html { font-size: 200% !important }' });
    const { wide, limit } = await page.evaluate(() => ({
      wide: document.documentElement.scrollWidth,
      limit: document.documentElement.clientWidth,
    }));
    assert.ok(wide <= limit, `${wide} px of ${limit}`);
    await page.context().close();
  });
});
