// The page and `sendlens query` find the same passages, whatever the setting.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { after, before, describe, test } from 'node:test';

import { randomness } from './corpora.mjs';
import { address, follow, fragment, launch, matches, open, outputs, program, query, unfolded } from './harness.mjs';

const SETTINGS = 60;
const WORDS = ['taxi', 'COUNCIL', 'tribunal', '’', 'é', '%', '(', '"', '20', 'pupils with', 'zzzz', 'Parents', ' a '];
const QUERY = '"$PROGRAM" query "$OUT"';
/** What `sendlens query` has no option for. */
const UNSAID = [([key, value]) => key === 'outlet' && value === '', ([key, value]) => key === 'undated' && value === 'no'];
const SENTIMENTS = ['negative', 'neutral', 'positive'];

/** A random setting as the pairs of a fragment. */
function setting(random, themes, outlets) {
  const chance = (share) => random() < share;
  const some = (list, most) => {
    const left = [...list];
    return Array.from({ length: 1 + Math.floor(random() * most) }, () =>
      left.splice(Math.floor(random() * left.length), 1)[0]).filter((item) => item !== undefined);
  };
  const day = () => new Date(Date.UTC(2018, 0, 1 + Math.floor(random() * 3000))).toISOString().slice(0, 10);
  const pairs = [];
  if (chance(0.5)) {
    pairs.push(['theme', some(themes, 3).join(',')]);
    if (chance(0.5)) pairs.push(['match', chance(0.6) ? 'all' : 'any']);
  }
  if (chance(0.25)) pairs.push(['not', some(themes, 2).join(',')]);
  if (chance(0.35)) some([...outlets, ''], 3).forEach((outlet) => pairs.push(['outlet', outlet]));
  const days = [day(), day()].sort();
  if (chance(0.25)) pairs.push(['from', days[0]]);
  if (chance(0.25)) pairs.push(['to', days[1]]);
  if (chance(0.2)) pairs.push(['undated', chance(0.5) ? 'only' : 'no']);
  if (chance(0.35)) pairs.push(['sentiment', some(SENTIMENTS, 2).join(',')]);
  if (chance(0.3)) pairs.push(['text', some(WORDS, 1)[0]]);
  if (chance(0.2)) pairs.push(['relevant', 'no']);
  return pairs;
}

/** What `sendlens query` finds for a setting. */
function expected(name, pairs) {
  const values = (key) => pairs.filter(([found]) => found === key).map(([, value]) => value);
  const list = (key) => values(key).flatMap((value) => value.split(','));
  const given = [];
  const relevant = !values('relevant').length;
  const wanted = list('theme').join(values('match')[0] === 'all' ? ' and ' : ' or ');
  const conditions = [
    relevant ? 'all' : 'off_topic',
    ...(wanted ? [`(${wanted})`] : []),
    ...list('not').map((theme) => `not ${theme}`),
  ];
  given.push('--theme', conditions.join(' and '));
  if (values('from').length) given.push('--since', values('from')[0]);
  if (values('to').length) given.push('--until', values('to')[0]);
  if (list('sentiment').length) given.push('--sentiment', list('sentiment').join(','));
  if (values('text').length) given.push(`--text=${values('text')[0]}`);
  let hits = query(name, ...given);
  // What a query cannot say: the unknown outlet, and everything but the undated.
  const outlets = values('outlet');
  if (outlets.length) hits = hits.filter(({ outlet }) => outlets.includes(outlet ?? ''));
  const [undated] = values('undated');
  if (undated) {
    const without = new Set(query(name, '--date', 'undated').map(({ passage }) => passage));
    hits = hits.filter(({ passage }) => without.has(passage) === (undated === 'only'));
  }
  return hits;
}

describe('filters', () => {
  let browser;
  before(async () => {
    browser = await launch();
  });
  after(() => browser.close());

  for (const name of ['sample', 'outlets']) {
    test(`${SETTINGS} random settings give the passages of sendlens query: ${name}`, async () => {
      const all = query(name);
      const themes = [...new Set(all.flatMap((hit) => hit.themes))].sort();
      const outlets = [...new Set(all.map(({ outlet }) => outlet).filter(Boolean))].sort();
      const page = await open(browser, address(name));
      const random = randomness(name.length);
      const commands = [];
      let found = 0;
      for (let number = 0; number < SETTINGS; number += 1) {
        const pairs = setting(random, themes, outlets);
        const hits = expected(name, pairs);
        await follow(page, fragment(pairs));
        const shown = `setting ${number}: ${JSON.stringify(pairs)}`;
        assert.deepEqual(
          await matches(page),
          { passages: hits.length, articles: new Set(hits.map(({ article }) => article)).size },
          shown,
        );
        assert.deepEqual((await unfolded(page)).sort(), hits.map(({ passage }) => passage).sort(), shown);
        found += hits.length > 0;
        // What the page offers to type finds the same.
        const command = await page.locator('#command code').textContent();
        const printed = execFileSync('bash', ['-c', `${command.replace('sendlens query OUT', QUERY)} --format json`],
          { encoding: 'utf8', maxBuffer: 1 << 28, env: { PROGRAM: program, OUT: outputs(name) }, stdio: ['ignore', 'pipe', 'ignore'] });
        const wrong = JSON.parse(printed).length !== hits.length;
        if (wrong && !UNSAID.some((key) => pairs.some((pair) => key(pair)))) commands.push(`${command}: ${JSON.parse(printed).length} of ${hits.length}`);
      }
      assert.deepEqual(commands, [], 'commands that find others');
      assert.ok(found > SETTINGS / 2, `only ${found} settings match anything: the test would prove little`);
      assert.deepEqual(page.faults, []);
    });
  }
});
