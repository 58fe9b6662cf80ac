// Generated corpora: one of hostile text, one that is too long for a page. Both are invented and always the same.

import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { payloads } from './payloads.mjs';

/** Numbers in [0, 1) that are the same for the same seed (mulberry32). */
export function randomness(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

const pick = (random, list) => list[Math.floor(random() * list.length)];
const escaped = (text) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

function write(folder, path, text) {
  const file = join(folder, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

/**
 * Writes each payload into every place of an article that a page may show: title, text, outlet, authors, address
 * and file name; `metadata` is a table about articles to pass with it.
 *
 * Readers take markup out of what they read. So each payload stands there as it is, and once escaped for each layer
 * that resolves character references, so that it arrives whole.
 */
export function writeHostile(folder, metadata) {
  const records = [];
  const rows = [['path', 'title', 'outlet', 'authors', 'url', 'date', 'desk']];
  payloads.forEach((payload, number) => {
    const day = `2024-${String(1 + (number % 12)).padStart(2, '0')}-${String(1 + (number % 28)).padStart(2, '0')}`;
    const once = escaped(payload);
    // A page: entities in its text are the payload itself once read.
    write(folder, `page/${number}.html`, `<!doctype html><html lang="en"><head><meta charset="utf-8">
<title>SEND ${once} support</title>
<meta property="og:title" content="SEND ${once} support">
<meta property="og:site_name" content="Echo ${once}">
<meta name="author" content="Ann ${once}">
<meta property="article:published_time" content="${day}T08:00:00Z">
<link rel="canonical" href="${once}">
</head><body><article><h1>SEND ${once} support</h1><p class="byline">By Ann ${once}</p>
<p>Parents of pupils with special educational needs told the council ${once} about school transport on Monday.</p>
<p>The taxi for children with an education, health and care plan was late again, said ${once} of the county.</p>
<p>${once}</p>
</article></body></html>`);
    // Records: titles and names lose their tags once references are resolved, so a second layer arrives whole.
    for (const [form, text] of [['raw', payload], ['escaped', once], ['twice', escaped(once)]]) {
      records.push({
        title: `SEND ${form} ${text}`,
        text: `The council said ${text} about special educational needs and the cabinet member.\n\n`
          + `School transport for SEND pupils ${form} was cut, ${text}, and families appealed.`,
        outlet: `Herald ${text}`,
        authors: [`Bob ${text}`],
        url: payload,
        date: day,
      });
      records.push({
        title: text,
        text: `${text} special educational needs and disabilities tribunal appeals rose in the county this year.`,
        source: { name: text },
        byline: text,
        url: `https://www.example.org/${form}/${number}?q=${payload}`,
        date: day,
      });
    }
    // A name: what a folder cannot hold stays out of it.
    const name = payload.replaceAll('\0', '').replace(/^\/+/, '').replaceAll(/\/{2,}/g, '/');
    write(folder, `name/${number}/${name}.txt`,
      `School transport for SEND pupils number ${number} ${payload}\n\n14 March 2024\n\n`
      + `Parents of pupils with special educational needs told the council that ${payload} was not enough.\n`);
    // A table about articles, whose cells are taken as they stand.
    write(folder, `table/${number}.txt`,
      `Waiting ${number}\n\nPupils with special educational needs in the county waited a year for plan ${number}.\n`);
    rows.push([`table/${number}.txt`, payload, `Table ${payload}`, payload, payload, day, `Desk ${payload}`]);
  });
  write(folder, 'records.jsonl', records.map((record) => JSON.stringify(record)).join('\n'));
  const cell = (text) => `"${text.replaceAll('"', '""')}"`;
  writeFileSync(metadata, rows.map((row) => row.map(cell).join(',')).join('\n'));
}

const OPENINGS = ['Parents', 'Teachers', 'Councillors', 'Drivers', 'Inspectors', 'Governors', 'Officers', 'Families'];
const DEEDS = ['said', 'warned', 'told a meeting', 'wrote in a letter', 'made clear', 'accepted', 'denied'];
const MATTERS = [
  'that school transport for pupils with special educational needs had been cut without notice',
  'that the director of children’s services would leave before the SEND inspection',
  'that the cabinet had voted against more money for education, health and care plans',
  'that tribunal appeals over special educational needs had risen to a record',
  'that taxis for children with disabilities arrived late on most days of the term',
  'that exclusions of pupils with an EHC plan had fallen after the new support came in',
];
const PLACES = ['Harrow Vale', 'Stonebridge', 'Ashworth', 'Pellham', 'Marrow Hill', 'Kingsmoor', 'Dunsley', 'Orrin'];

/** Writes short articles that give more than 20,000 passages. */
export function writeLarge(folder, articles = 4500) {
  const random = randomness(20);
  const lines = [];
  for (let number = 0; number < articles; number += 1) {
    const place = pick(random, PLACES);
    const day = new Date(Date.UTC(2019, 0, 1 + Math.floor(random() * 2300))).toISOString().slice(0, 10);
    const paragraphs = Array.from({ length: 5 }, (_, index) =>
      `${pick(random, OPENINGS)} in ${place} ${pick(random, DEEDS)} ${pick(random, MATTERS)}, and that `
      + `${2 + Math.floor(random() * 900)} families of ${pick(random, PLACES)} were waiting (case ${number}, part ${index}).`);
    lines.push(JSON.stringify({
      title: `SEND support in ${place}: report ${number}`,
      text: paragraphs.join('\n\n'),
      outlet: `${pick(random, PLACES)} Gazette`,
      url: `https://news.example.org/${number}`,
      date: number % 50 === 0 ? '' : day,
    }));
  }
  write(folder, 'articles.jsonl', lines.join('\n'));
}
