import assert from 'node:assert/strict';
import { readFile, readdir } from 'node:fs/promises';
import { basename } from 'node:path';
import { Host } from './extism-host.mjs';

const root = new URL('..', import.meta.url);
const read = (path) => readFile(new URL(path, root));
const json = async (path) => JSON.parse(await read(path));

const module = await WebAssembly.compile(await read('plugin.wasm'));
const host = new Host(module);
let passed = 0;
let failed = 0;

async function test(name, body) {
  try {
    await body();
    passed++;
  } catch (problem) {
    failed++;
    console.error(`FAILED ${name}: ${problem.message}`);
  }
}

const bytes = (text) => new TextEncoder().encode(text);

async function score(vitals) {
  const { status, output, error } = await host.call('score', bytes(JSON.stringify(vitals)));
  assert.equal(error, undefined);
  assert.equal(status, 0);
  return JSON.parse(output);
}

async function refused(input, expected) {
  const { status, output, error } = await host.call('score', input);
  assert.equal(error, expected);
  assert.equal(status, 1);
  assert.equal(output, undefined);
}

await test('imports nothing but extism:host/env', () => {
  const modules = new Set(WebAssembly.Module.imports(module).map((i) => i.module));
  assert.deepEqual([...modules], ['extism:host/env']);
});

for (const file of (await readdir(new URL('testdata/input', root))).sort()) {
  const name = basename(file, '.json');
  const expected = await readdir(new URL('testdata/expected', root));
  await test(`testdata ${name}`, async () => {
    const input = new Uint8Array(await read(`testdata/input/${file}`));
    if (expected.includes(`${name}.error.txt`)) {
      await refused(input, (await read(`testdata/expected/${name}.error.txt`)).toString());
    } else {
      const { status, output, error } = await host.call('score', input);
      assert.equal(error, undefined);
      assert.equal(status, 0);
      assert.deepEqual(JSON.parse(output), await json(`testdata/expected/${name}.json`));
    }
  });
}

const table = await json('testdata/bands.json');
for (const { parameter, field = parameter, with: context = {}, bands } of table.parameters) {
  for (const { from, to, score: expected } of bands) {
    for (const value of new Set([from, to])) {
      await test(`${field} ${JSON.stringify(value)} ${JSON.stringify(context)}`, async () => {
        const result = await score({ ...table.base, ...context, [parameter]: value });
        assert.equal(result.scores[field], expected);
        assert.equal(result.score, Object.values(result.scores).reduce((a, b) => a + b));
        assert.equal(result.redScore, Object.values(result.scores).includes(3));
      });
    }
  }
}
for (const { set, expected } of table.totals) {
  await test(`total of ${JSON.stringify(set)}`, async () => {
    const { score: total, risk, redScore, monitoring } = await score({ ...table.base, ...set });
    assert.deepEqual({ score: total, risk, redScore, monitoring }, expected);
  });
}
for (const { set, error } of table.refusals) {
  await test(`refuses ${JSON.stringify(set)}`, () => refused(bytes(JSON.stringify({ ...table.base, ...set })), error));
}
for (const field of Object.keys(table.base)) {
  await test(`refuses input without ${field}`, async () => {
    const { [field]: _, ...rest } = table.base;
    const { status, error } = await host.call('score', bytes(JSON.stringify(rest)));
    assert.equal(status, 1);
    assert.match(error, new RegExp(`^${field}: must be [^;]+, was missing$`));
  });
}
for (const { text, hex, error } of table.documents) {
  const input = hex === undefined ? bytes(text) : Uint8Array.from(Buffer.from(hex, 'hex'));
  await test(`refuses ${text ?? hex}`, () => refused(input, error));
}
const whole = JSON.stringify(table.base);
for (let cut = 0; cut < whole.length; cut++) {
  await test(`refuses the first ${cut} bytes`, async () => {
    const { status, error } = await host.call('score', bytes(whole.slice(0, cut)));
    assert.equal(status, 1);
    assert.match(error, /^input: malformed JSON at byte \d+: .*the input ends here$/);
  });
}
await test('input at the limit', async () => {
  assert.equal((await host.call('score', bytes(whole.padEnd(16384)))).status, 0);
});
await test('input above the limit', () =>
  refused(bytes(whole.padEnd(16385)), 'input: must be at most 16384 bytes, was 16385 bytes'));
await test('many unknown fields', async () => {
  const input = bytes(`{${Array.from({ length: 1600 }, (_, i) => `"f${i}":0`).join()}}`);
  const { status, error } = await host.call('score', input);
  assert.equal(status, 1);
  assert.match(error, /; and 1592 more unknown fields; respiratoryRate: /);
});

console.log(`news2: ${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
