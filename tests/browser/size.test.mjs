// A large run gives a page that opens and answers, and loses nothing.

import assert from 'node:assert/strict';
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { after, before, describe, test } from 'node:test';

import { address, follow, launch, listed, matches, open, outputs, query, settled } from './harness.mjs';

const LARGEST = 10 * 1024 * 1024;
const LONGEST_FILTER_MS = 100;

describe('size', () => {
  let browser;
  before(async () => {
    browser = await launch();
  });
  after(() => browser.close());

  test('no page of a run with more than 20,000 passages is larger than 10 MiB', () => {
    assert.ok(query('large').length > 20_000);
    const pages = readdirSync(outputs('large')).filter((name) => name.endsWith('.html'));
    assert.ok(pages.includes('report.html'));
    for (const name of pages) {
      const { size } = statSync(join(outputs('large'), name));
      console.log(`${name}: ${(size / 1048576).toFixed(2)} MiB`);
      assert.ok(size <= LARGEST, `${name} has ${size} bytes`);
    }
  });

  test('a filter takes no longer than 100 ms, median of each kind', async () => {
    const page = await open(browser, address('large'));
    const states = {
      theme: ['theme=transport', 'theme=politics', 'theme=outcomes'],
      match: ['theme=transport,politics&match=all', 'theme=transport,outcomes&match=any', 'theme=transport&not=politics'],
      dates: ['from=2021-01-01', 'from=2022-01-01&to=2022-12-31', 'to=2020-05-05'],
      text: ['text=taxi', 'text=zzzz', 'text=the'],
      everything: ['', 'sentiment=negative', ''],
    };
    // The work of the page's thread, so that a busy machine does not fail the test; the clock is told beside it.
    const session = await page.context().newCDPSession(page);
    await session.send('Performance.enable', { timeDomain: 'threadTicks' });
    const worked = async () => {
      const { metrics } = await session.send('Performance.getMetrics');
      return 1000 * metrics.find(({ name }) => name === 'TaskDuration').value;
    };
    const median = (times) => [...times].sort((one, other) => one - other)[Math.floor(times.length / 2)];
    const slow = [];
    for (const [kind, fragments] of Object.entries(states)) {
      const [work, clock] = [[], []];
      for (let round = 0; round < 3; round += 1) {
        for (const wanted of fragments) {
          await follow(page, 'text=taxi&theme=outcomes&not=politics');
          await settled(page);
          const before = await worked();
          // From the change of the state to the layout that shows it.
          clock.push(await page.evaluate(async (wanted) => {
            const changed = new Promise((resolve) => addEventListener('hashchange', resolve, { once: true }));
            const started = performance.now();
            location.hash = wanted;
            await changed;
            document.body.getBoundingClientRect();
            return performance.now() - started;
          }, wanted));
          work.push((await worked()) - before);
        }
      }
      console.log(`${kind}: median ${median(work).toFixed(0)} ms of work, ${median(clock).toFixed(0)} ms by the clock`);
      if (median(work) > LONGEST_FILTER_MS) slow.push(`${kind}: ${median(work)} ms`);
    }
    assert.deepEqual(slow, []);
    assert.deepEqual(page.faults, []);
    await page.context().close();
  });

  test('the further pages hold every passage once, and the report leads to each of them', async () => {
    const hits = query('large');
    const page = await open(browser, address('large'));
    const { passages: held } = await matches(page);
    const links = await page.locator('#pages a').evaluateAll((all) => all.map((link) => link.getAttribute('href')));
    await page.context().close();
    assert.ok(held >= 15_000 && held < hits.length, `${held} passages in the report`);
    const found = [];
    for (const name of links) {
      const other = await open(browser, pathToFileURL(join(outputs('large'), name)).href, { javaScriptEnabled: false });
      found.push(...(await listed(other)));
      assert.deepEqual(other.faults, []);
      await other.context().close();
    }
    console.log(`${held} passages in the report, ${found.length} in ${links.length} further pages`);
    assert.deepEqual(found.sort(), hits.map(({ passage }) => passage).sort());
    const named = JSON.parse(readFileSync(join(outputs('large'), 'run.json'), 'utf8')).files;
    for (const name of links) assert.ok(JSON.stringify(named).includes(name), `run.json names ${name}`);
  });
});
