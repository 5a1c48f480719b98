import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { defaultLimits, type ScanLimits } from '../../src/lib/limits.ts';
import type { Problem } from '../../src/model/problem.ts';
import { runTask } from '../../src/pipeline/collect/child.ts';
import type { Reading } from '../../src/pipeline/collect/reading.ts';
import { readZip, unzip } from '../../src/plugins/ecosystems/zip.ts';
import { listed, newFolder, readAs } from './tools.ts';
import { type ZipMember, zipBytes } from './zip-bytes.ts';

// Zip archives that lie, as functions and as jars: refused or bounded by a named limit, and the rest still read.

const folder = newFolder('hostile-zip');
after(() => rmSync(folder, { recursive: true, force: true }));

let count = 0;
const good: ZipMember = {
  name: 'node_modules/good/package.json',
  content: Buffer.from('{"name":"good","version":"1.0.0"}'),
};

function readFunction(members: readonly ZipMember[], limits: ScanLimits = defaultLimits): Promise<Reading> {
  const path = join(folder, `function-${count++}.zip`);
  writeFileSync(path, zipBytes(members));
  return runTask({ kind: 'zip', path }, limits, () => {});
}

function namesOf(reading: Reading): readonly string[] {
  return reading.files.flatMap(({ packages }) => packages.map(({ name }) => name));
}

function told(problems: readonly Problem[]): readonly string[] {
  return problems.map(({ kind, limit, where, why }) => `${kind} ${limit ?? '-'} ${where}: ${why}`);
}

function named(name: string): Buffer {
  return Buffer.from(JSON.stringify({ name, version: '1.0.0' }));
}

describe('hostile function archives', () => {
  test('names that climb, are absolute or of Windows', async () => {
    const climbing = ['../../node_modules/a/package.json', '..\\node_modules\\b\\package.json'];
    const reading = await readFunction([
      ...climbing.map((name) => ({ name, content: named('evil') })),
      { name: '/node_modules/absolute/package.json', content: named('absolute') },
      { name: 'node_modules\\windows\\package.json', content: named('windows') },
      good,
    ]);
    assert.deepEqual(
      told(reading.problems),
      climbing.map((name) => `escape - ${name}: climbs out of the archive or is too long, and was not read`),
    );
    // An absolute name begins at the root of the archive.
    assert.deepEqual(namesOf(reading), ['absolute', 'windows', 'good']);
  });

  test('a name longer than the limit', async () => {
    const name = `${'d/'.repeat(2500)}node_modules/a/package.json`;
    const reading = await readFunction([{ name, content: named('a') }, good]);
    assert.equal(reading.problems[0]?.kind, 'escape');
    assert.equal(reading.problems[0]?.where, name.slice(0, 200));
    assert.deepEqual(namesOf(reading), ['good']);
  });

  test('an encrypted member is named', async () => {
    const secret = { name: 'node_modules/s/package.json', content: named('s'), isEncrypted: true };
    const reading = await readFunction([secret, good]);
    assert.deepEqual(told(reading.problems), [`unsupported - ${secret.name}: is encrypted`]);
    assert.deepEqual(namesOf(reading), ['good']);
  });

  test('a size past 32 bits that is no true one', async () => {
    const name = 'node_modules/huge/package.json';
    const reading = await readFunction([{ name, content: named('huge'), size: 2 ** 40 }, good]);
    assert.equal(reading.problems.length, 1);
    assert.match(
      told(reading.problems)[0] ?? '',
      /^limit sizeMaxBytes node_modules\/huge\/package\.json: 1099511627776 bytes, and at most \d+ are read$/,
    );
    assert.deepEqual(namesOf(reading), ['good']);
  });

  test('a member that unpacks to more than it says', async () => {
    const name = 'node_modules/bomb/package.json';
    const reading = await readFunction([{ name, content: Buffer.alloc(10_000_000, ' '), size: 10 }, good]);
    assert.equal(reading.problems.length, 1);
    assert.equal(reading.problems[0]?.where, name);
    assert.match(
      reading.problems[0]?.why ?? '',
      /unpacks to more than the \d+ bytes that its directory says/,
    );
    assert.deepEqual(namesOf(reading), ['good']);
  });

  test('members that share their bytes are bounded together', async () => {
    const first = { name: 'app/m0.deps.json', content: Buffer.alloc(15 * 2 ** 20, ' ') };
    const others = Array.from({ length: 20 }, (_, index) => ({
      ...first,
      name: `app/m${index + 1}.deps.json`,
      sharedWith: first.name,
    }));
    const limits = { ...defaultLimits, expansionRatioMax: 1000 };
    const reading = await readFunction([good, first, ...others], limits);
    const last = reading.problems.find(({ kind }) => kind === 'limit');
    assert.equal(last?.limit, 'expansionRatioMax');
    assert.equal(last?.why, 'expands more than 1000 times');
    assert.equal(reading.isComplete, false);
    assert.ok(reading.byteCount < 100 * 2 ** 20, `${reading.byteCount}`);
    assert.deepEqual(namesOf(reading), ['good']);
  });

  test('more members than the limit', async () => {
    const reading = await readFunction(
      [good, ...[1, 2, 3, 4].map((number) => ({ name: `${number}`, content: Buffer.from('x') }))],
      { ...defaultLimits, archiveEntriesMax: 3 },
    );
    assert.equal(reading.isComplete, false);
    assert.match(told(reading.problems)[0] ?? '', /^limit archiveEntriesMax .*: more than 3 entries$/);
    assert.deepEqual(namesOf(reading), ['good']);
  });

  test('of members with one name each is read, and the last is what counts', async () => {
    const name = 'node_modules/twice/package.json';
    const reading = await readFunction([
      { name, content: named('first') },
      { name, content: named('second') },
    ]);
    assert.deepEqual(told(reading.problems), []);
    assert.deepEqual(namesOf(reading), ['first', 'second']);
  });
});

describe('hostile jars', () => {
  const properties = (artifact: string): ZipMember => ({
    name: `META-INF/maven/org.example/${artifact}/pom.properties`,
    content: Buffer.from(`groupId=org.example\nartifactId=${artifact}\nversion=1.0\n`),
  });

  test('members that share their bytes are each counted against the one budget', () => {
    const bomb = { name: 'bomb-0', content: Buffer.alloc(1_000_000) };
    const others = Array.from({ length: 49 }, (_, index) => ({
      ...bomb,
      name: `bomb-${index + 1}`,
      sharedWith: 'bomb-0',
    }));
    const bytes = zipBytes([bomb, ...others]);
    assert.ok(bytes.length < 10_000, 'fifty megabytes in a few thousand bytes');
    const budget = { bytesLeft: 10_000_000, entriesLeft: 100 };
    const archive = readZip(bytes, 'a.jar', budget);
    assert.ok(!('kind' in archive));
    const contents = archive.entries.map((entry) => unzip(bytes, entry, `a.jar!/${entry.name}`, budget));
    assert.equal(contents.filter((content) => !('kind' in content)).length, 10);
    const refused = contents.filter((content) => 'kind' in content);
    assert.deepEqual(told(refused.slice(0, 1)), [
      'limit zipBytesMax a.jar!/bomb-10: Its 1000000 bytes are past what is unpacked of one archive.',
    ]);
    assert.equal(refused.length, 40);
  });

  test('a size past 32 bits is refused by name, and the other libraries are listed', () => {
    const huge = { ...properties('huge'), name: 'BOOT-INF/lib/huge.jar', size: 2 ** 50 };
    const extraction = readAs('app/app.jar', zipBytes([huge, properties('good')]));
    assert.deepEqual(told(extraction.problems), [
      `limit zipBytesMax app/app.jar!/BOOT-INF/lib/huge.jar: Its ${2 ** 50} bytes are past what is unpacked of one archive.`,
    ]);
    assert.deepEqual(listed(extraction), ['org.example:good 1.0']);
  });

  test('properties past their size are refused by name', () => {
    const large = { ...properties('large'), content: Buffer.alloc(2 * 2 ** 20, '\n') };
    const extraction = readAs('app/app.jar', zipBytes([large, properties('good')]));
    assert.deepEqual(told(extraction.problems), [
      `limit propertiesMaxBytes app/app.jar!/${large.name}: The file of 2097152 bytes is not read.`,
    ]);
    assert.deepEqual(listed(extraction), ['org.example:good 1.0']);
  });

  test('jars inside jars end at their depth', () => {
    let bytes = zipBytes([properties('level-6')]);
    for (let level = 5; level >= 0; level--)
      bytes = zipBytes([properties(`level-${level}`), { name: 'lib/inner.jar', content: bytes }]);
    const extraction = readAs('app/app.jar', bytes);
    const deepest = `app/app.jar${'!/lib/inner.jar'.repeat(5)}`;
    assert.deepEqual(told(extraction.problems), [
      `limit archiveDepthMax ${deepest}: Archives inside archives are read to depth 4.`,
    ]);
    assert.equal(extraction.packages.length, 5);
  });

  test('names that climb are only names: nothing is written, and the evidence says where it was', () => {
    const inner = zipBytes([properties('inner')]);
    const extraction = readAs('app/app.jar', zipBytes([{ name: '../../lib/inner.jar', content: inner }]));
    assert.deepEqual(listed(extraction), ['org.example:inner 1.0']);
    assert.equal(extraction.packages[0]?.evidence[0]?.path, 'app/app.jar!/../../lib/inner.jar');
  });
});
