import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { statement } from '../../testkit/intelligence.ts';
import { below } from '../model/advisory.ts';
import { problem } from '../model/problem.ts';
import type { Feed, FeedRecord } from '../plugins/feeds/contract.ts';
import { buildIntelligence } from './build.ts';
import { diffRevisions } from './diff.ts';
import { databaseFile, manifestFile } from './layout.ts';
import { openIntelligence, openRevision } from './open.ts';
import { currentRevision } from './pointer.ts';
import { pruneRevisions } from './prune.ts';
import { searchPackage, searchVulnerability } from './search.ts';

const root = mkdtempSync(join(tmpdir(), 'openinspector-intel-'));
after(() => rmSync(root, { recursive: true, force: true }));

const now = new Date('2026-08-01T00:00:00Z');

/** A feed that says the records of a list, whatever its file holds. */
function feedOf(id: string, records: readonly FeedRecord[], files: readonly string[] = [`${id}.txt`]): Feed {
  return {
    id,
    title: '',
    sources: [],
    licence: '',
    downloads: [],
    wants: (path) => files.includes(path),
    *read(file) {
      const share = Math.ceil(records.length / files.length);
      const start = files.indexOf(file.path) * share;
      yield* records.slice(start, start + share);
    },
  };
}

let counter = 0;

async function build(
  feeds: readonly Feed[],
  options: { out?: string; files?: readonly string[]; isStarter?: boolean } = {},
) {
  counter += 1;
  const feedsDirectory = join(root, `feeds-${counter}`);
  mkdirSync(feedsDirectory);
  for (const name of options.files ?? feeds.map(({ id }) => `${id}.txt`))
    writeFileSync(join(feedsDirectory, name), '');
  const outDirectory = options.out ?? join(root, `out-${counter}`);
  const isStarter = options.isStarter ?? false;
  const result = await buildIntelligence({
    feedsDirectory,
    outDirectory,
    now,
    feeds,
    isStarter,
    onProgress: () => {},
  });
  return { ...result, outDirectory };
}

function says(stream: string, name: string, vulnerability: string, fixed: string, feed = 'one'): FeedRecord {
  return {
    kind: 'statement',
    key: { stream, name },
    statement: statement(vulnerability, [below(fixed)], { feed }),
  };
}

function facts(id: string, more: Partial<Extract<FeedRecord, { kind: 'vulnerability' }>> = {}): FeedRecord {
  return { kind: 'vulnerability', id, source: 'one', ...more };
}

const base: readonly FeedRecord[] = [
  says('debian:12', 'openssl', 'CVE-2024-0001', '3.0.1'),
  says('debian:12', 'openssl', 'CVE-2024-0002', '3.0.2'),
  says('npm', '@scope/päck', 'GHSA-aaaa-bbbb-cccc', '1.2.3'),
  facts('CVE-2024-0001', { title: 'A flaw', published: '2024-01-01', modified: '2024-02-01' }),
  facts('GHSA-aaaa-bbbb-cccc', { title: 'Another' }),
  { kind: 'alias', id: 'GHSA-aaaa-bbbb-cccc', alias: 'CVE-2024-0003' },
  { kind: 'stream', stream: 'debian:12', complete: true, asOf: '2024-03-01' },
  { kind: 'stream', stream: 'npm', complete: false, asOf: null },
  facts('CVE-2024-0001', { epss: { score: 0.25, percentile: 0.9, date: '2026-07-01' } }),
  facts('CVE-2020-9999', { epss: { score: 0.01, percentile: 0.1, date: '2026-07-01' } }),
  { kind: 'problem', problem: problem('malformed', 'x', 'bad') },
];

describe('building and opening', () => {
  test('everything that was said is found again', async () => {
    const { meta, outDirectory, problems } = await build([feedOf('one', base)]);
    const intelligence = openIntelligence(outDirectory);
    assert.deepEqual(intelligence.meta, meta);
    assert.deepEqual(meta.feeds, [
      { id: 'one', statements: 3, vulnerabilities: 4, problems: 1, asOf: '2026-07-01' },
    ]);
    assert.deepEqual([meta.statementCount, meta.keyCount, meta.vulnerabilityCount], [3, 2, 3]);
    assert.deepEqual(problems, [problem('malformed', 'x', 'bad')]);
    assert.deepEqual(intelligence.problems(), problems);
    assert.deepEqual(intelligence.statements({ stream: 'debian:12', name: 'openssl' }), [
      statement('CVE-2024-0001', [below('3.0.1')], { feed: 'one' }),
      statement('CVE-2024-0002', [below('3.0.2')], { feed: 'one' }),
    ]);
    assert.equal(intelligence.statements({ stream: 'npm', name: '@scope/päck' }).length, 1);
    assert.deepEqual(intelligence.statements({ stream: 'npm', name: 'absent' }), []);
    assert.deepEqual(intelligence.statements({ stream: 'npm', name: 'x'.repeat(5000) }), []);
    assert.deepEqual(intelligence.stream('debian:12'), {
      stream: 'debian:12',
      feeds: ['one'],
      complete: true,
      asOf: '2024-03-01',
    });
    assert.equal(intelligence.stream('debian:13'), null);
    assert.deepEqual(intelligence.keysOf('GHSA-aaaa-bbbb-cccc'), [{ stream: 'npm', name: '@scope/päck' }]);
    intelligence.close();
  });

  test('vulnerabilities are found by any id, and by a score alone', async () => {
    const { outDirectory } = await build([feedOf('one', base)]);
    const intelligence = openIntelligence(outDirectory);
    const known = intelligence.vulnerability('CVE-2024-0001');
    assert.equal(known?.title, 'A flaw');
    assert.deepEqual(known?.epss, { score: 0.25, percentile: 0.9, date: '2026-07-01' });
    assert.equal(intelligence.vulnerability('GHSA-aaaa-bbbb-cccc')?.id, 'CVE-2024-0003');
    assert.deepEqual(intelligence.vulnerability('CVE-2024-0003')?.aliases, ['GHSA-aaaa-bbbb-cccc']);
    assert.equal(intelligence.vulnerability('CVE-2024-0002')?.title, null);
    assert.equal(intelligence.vulnerability('CVE-2020-9999')?.epss?.score, 0.01);
    assert.equal(intelligence.vulnerability('CVE-2020-9998'), null);
    assert.equal(intelligence.displayId('GHSA-aaaa-bbbb-cccc'), 'CVE-2024-0003');
    assert.equal(intelligence.displayId('unheard-of'), 'unheard-of');
    intelligence.close();
  });

  test('equal content gives an equal revision, in any order, from any files, with repeats', async () => {
    const first = await build([feedOf('one', base)]);
    const again = await build([feedOf('one', [...base, ...base.slice(0, 6)].reverse(), ['a.txt', 'b.txt'])], {
      files: ['a.txt', 'b.txt'],
    });
    assert.equal(again.meta.revision, first.meta.revision);
    assert.equal(again.meta.statementCount, first.meta.statementCount);
    const other = await build([feedOf('one', base.slice(1))]);
    assert.notEqual(other.meta.revision, first.meta.revision);
  });

  test('statements about withdrawn flaws are left out', async () => {
    const { outDirectory, meta, withdrawnStatements } = await build([
      feedOf('one', [...base, facts('CVE-2024-0001', { withdrawn: '2026-06-01' })]),
    ]);
    const intelligence = openIntelligence(outDirectory);
    assert.equal(withdrawnStatements, 1);
    assert.equal(meta.statementCount, 2);
    assert.equal(intelligence.vulnerability('CVE-2024-0001')?.withdrawn, '2026-06-01');
    assert.deepEqual(intelligence.keysOf('CVE-2024-0001'), []);
    intelligence.close();
  });

  test('a feed that throws is a problem and the others count', async () => {
    const broken: Feed = {
      ...feedOf('broken', []),
      read: () => {
        throw new Error('oops');
      },
    };
    const { meta, problems } = await build([broken, feedOf('one', base)]);
    assert.equal(meta.statementCount, 3);
    assert.match(problems[0]?.why ?? '', /broken failed on it: oops/);
  });

  test('impossible dates do not make a feed look fresh, and long names are refused', async () => {
    const { meta, problems } = await build([
      feedOf('one', [
        facts('CVE-2024-0001', { modified: '2031-01-01' }),
        facts('CVE-2024-0002', { modified: '2025-01-01' }),
        says('npm', 'x'.repeat(3000), 'CVE-2024-0001', '1'),
      ]),
    ]);
    assert.equal(meta.feeds[0]?.asOf, '2025-01-01');
    assert.equal(problems[0]?.limit, 'keyBytesMax');
  });

  test('a directory without any known file is refused', async () => {
    await assert.rejects(build([feedOf('one', base)], { files: ['other.txt'] }), /no feed knows any file/);
  });

  test('nothing but revisions and the pointer is left behind', async () => {
    const { outDirectory, meta } = await build([feedOf('one', base)], { isStarter: true });
    assert.deepEqual(readdirSync(outDirectory).sort(), [meta.revision, 'current'].sort());
    assert.equal(meta.isStarter, true);
  });
});

describe('opening what cannot be opened', () => {
  test('an empty directory names the command that fills it', () => {
    assert.throws(() => openIntelligence(join(root, 'absent')), /openinspector intel update/);
  });

  test('a truncated database says that it is damaged', async () => {
    const { directory, outDirectory } = await build([feedOf('one', base)]);
    truncateSync(join(directory, databaseFile), 100);
    assert.throws(() => openIntelligence(outDirectory), /intelligence database .* is damaged; delete it/);
  });

  test('a file that is none says so', async () => {
    const { directory, outDirectory } = await build([feedOf('one', base)]);
    writeFileSync(join(directory, databaseFile), 'x'.repeat(20_000));
    assert.throws(() => openIntelligence(outDirectory), /intelligence database .* is damaged; delete it/);
    // Building the same content again repairs it.
    await build([feedOf('one', base)], { out: outDirectory });
    openIntelligence(outDirectory).close();
  });

  test('a database of a newer program is refused with both numbers', async () => {
    const { directory } = await build([feedOf('one', base)]);
    writeFileSync(join(directory, manifestFile), JSON.stringify({ format: 99, size: 1 }));
    assert.throws(() => openIntelligence(directory), /has form 99, this program reads up to 1/);
  });

  test('a revision that is not there is named', async () => {
    const { outDirectory } = await build([feedOf('one', base)]);
    assert.throws(
      () => openRevision(outDirectory, '0123456789abcdef'),
      /revision 0123456789abcdef is not in/,
    );
    assert.throws(
      () => openRevision(outDirectory, '../../etc'),
      /is not the name of an intelligence revision/,
    );
  });
});

describe('comparing, searching, pruning', () => {
  test('a diff names changed keys, vulnerabilities and streams, both ways', async () => {
    const out = join(root, 'diff');
    const first = await build([feedOf('one', base)], { out });
    const second = await build(
      [
        feedOf('one', [
          ...base.slice(1, 8),
          says('alpine:3.20', 'openssl', 'CVE-2024-0002', '3.0.2-r0'),
          facts('CVE-2024-0002', { title: 'told now' }),
          { kind: 'stream', stream: 'alpine:3.20', complete: false, asOf: null },
          facts('CVE-2024-0001', { epss: { score: 0.3, percentile: 0.9, date: '2026-07-02' } }),
          facts('CVE-2020-9999', { epss: { score: 0.11, percentile: 0.5, date: '2026-07-02' } }),
        ]),
      ],
      { out },
    );
    const [before, young] = [openRevision(out, first.meta.revision), openIntelligence(out)];
    assert.equal(young.meta.revision, second.meta.revision);
    const expected = {
      from: first.meta.revision,
      to: second.meta.revision,
      keys: [
        { stream: 'alpine:3.20', name: 'openssl' },
        { stream: 'debian:12', name: 'openssl' },
      ],
      // CVE-2024-0001 lost a statement, which is a matter of its key; its score moved too little to tell.
      vulnerabilities: ['CVE-2020-9999', 'CVE-2024-0002'],
      streams: ['alpine:3.20'],
    };
    assert.deepEqual(diffRevisions(before, young), expected);
    assert.deepEqual(diffRevisions(young, before), { ...expected, from: expected.to, to: expected.from });
    assert.deepEqual(diffRevisions(young, young).keys, []);
    before.close();
    young.close();
  });

  test('a statement that shows under another id has changed', async () => {
    const out = join(root, 'rename');
    const records: readonly FeedRecord[] = [says('npm', 'p', 'GHSA-aaaa-bbbb-cccc', '1')];
    const first = await build([feedOf('one', records)], { out });
    await build(
      [feedOf('one', [...records, { kind: 'alias', id: 'GHSA-aaaa-bbbb-cccc', alias: 'CVE-2024-0005' }])],
      { out },
    );
    const [before, young] = [openRevision(out, first.meta.revision), openIntelligence(out)];
    const { keys, vulnerabilities } = diffRevisions(before, young);
    assert.deepEqual(keys, [{ stream: 'npm', name: 'p' }]);
    assert.deepEqual(vulnerabilities, ['CVE-2024-0005', 'GHSA-aaaa-bbbb-cccc']);
    before.close();
    young.close();
  });

  test('search finds by any id and by name across streams', async () => {
    const { outDirectory } = await build([
      feedOf('one', [
        ...base,
        says('alpine:3.20', 'openssl', 'CVE-2024-0001', '3'),
        { kind: 'stream', stream: 'alpine:3.20', complete: false, asOf: null },
      ]),
    ]);
    const intelligence = openIntelligence(outDirectory);
    const hit = searchVulnerability(intelligence, 'ghsa-aaaa-bbbb-cccc');
    assert.equal(hit?.vulnerability.id, 'CVE-2024-0003');
    assert.deepEqual(
      hit?.packages.map(({ key }) => key.name),
      ['@scope/päck'],
    );
    assert.equal(searchVulnerability(intelligence, 'CVE-1999-0001'), null);
    const streams = (name: string, isPrefix: boolean) =>
      searchPackage(intelligence, name, { isPrefix }).map(
        ({ key, statementCount }) => `${key.stream} ${key.name} ${statementCount}`,
      );
    assert.deepEqual(streams('openssl', false), ['alpine:3.20 openssl 1', 'debian:12 openssl 2']);
    assert.deepEqual(streams('open', false), []);
    assert.deepEqual(streams('open', true), ['alpine:3.20 openssl 1', 'debian:12 openssl 2']);
    intelligence.close();
  });

  test('pruning keeps the newest and the current, and readers keep what they have open', async () => {
    const out = join(root, 'prune');
    const revisions: string[] = [];
    for (const fixed of ['1', '2', '3', '4', '5']) {
      const { meta } = await build([feedOf('one', [says('npm', 'p', 'CVE-2024-0001', fixed)])], { out });
      revisions.push(meta.revision);
    }
    const oldest = openRevision(out, revisions[0] ?? '');
    mkdirSync(join(out, '.build-1-1'));
    const gone = await pruneRevisions(out, { now: new Date(Date.now() + 48 * 3_600_000) });
    assert.equal(gone.length, 2);
    assert.equal(currentRevision(out), revisions[4]);
    assert.equal(existsSync(join(out, '.build-1-1')), false);
    assert.equal(readdirSync(out).length, 4);
    assert.equal(oldest.statements({ stream: 'npm', name: 'p' }).length, 1);
    oldest.close();
  });
});
