// Makes the runs that the tests look at, under target/browser. A run that was made by this very program from these
// very generators is kept.

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { writeHostile, writeLarge } from './corpora.mjs';
import { here, outputs, place, program, repository, sendlens } from './harness.mjs';

const SAMPLE = join(repository, 'corpus', 'sample');
const corpus = (name) => join(place, `${name}-corpus`);

// Whole passages, where tests compare texts; the large run has the beginnings, as by default.
const FULL = ['--report-text', 'full'];

const RUNS = {
  sample: () => [SAMPLE, ...FULL],
  outlets: () => [SAMPLE, '--by', 'outlet', '--period', 'quarter', '--engine', 'lexicon', ...FULL],
  hostile: () => {
    const metadata = join(place, 'hostile.csv');
    const folder = generated('hostile', (folder) => writeHostile(folder, metadata));
    return [folder, '--engine', 'lexicon', '--metadata', metadata, '--by', 'desk', ...FULL];
  },
  large: () => [generated('large', writeLarge), '--engine', 'lexicon'],
};

function generated(name, write) {
  rmSync(corpus(name), { recursive: true, force: true });
  write(corpus(name));
  return corpus(name);
}

if (!existsSync(program)) {
  console.error(`there is no ${program}: run \`cargo build --release\` first`);
  process.exit(2);
}
const digest = (...files) =>
  files.reduce((hash, file) => hash.update(readFileSync(file)), createHash('sha256')).digest('hex');
const GENERATORS = ['corpora.mjs', 'payloads.mjs', 'prepare.mjs'].map((name) => join(here, name));
const version = digest(program, ...GENERATORS);
mkdirSync(place, { recursive: true });
for (const [name, inputs] of Object.entries(RUNS)) {
  const stamp = join(place, `${name}.version`);
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === version) continue;
  rmSync(outputs(name), { recursive: true, force: true });
  const started = performance.now();
  sendlens('run', ...inputs(), '-o', outputs(name), '--as-of', '2026-06-01', '--quiet', '--allow-skipped');
  writeFileSync(stamp, version);
  console.log(`run ${name}: ${((performance.now() - started) / 1000).toFixed(1)} s`);
}
