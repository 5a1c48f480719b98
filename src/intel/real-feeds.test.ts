import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { sharedPath, sharedReason } from '../../testkit/shared.ts';
import { fields, texts } from '../lib/fields.ts';
import { feeds } from '../plugins/feeds/registry.ts';
import { type BuildResult, buildIntelligence } from './build.ts';
import type { RevisionDiff } from './contract.ts';
import { diffRevisions } from './diff.ts';
import { type IntelligenceRevision, openRevision } from './open.ts';

// Two states of real feeds, a month apart, with what is known to have changed between them.
const pairs: readonly (readonly [older: string, newer: string, path: string])[] = [
  ['osv/Go/all-2026-07-20.zip', 'osv/Go/all.zip', 'osv/Go/all.zip'],
  ['osv/crates.io/all-2026-07-20.zip', 'osv/crates.io/all.zip', 'osv/crates.io/all.zip'],
  ['os/alpine/secdb-2024-11-30.tar.gz', 'os/alpine/secdb-2024-12-31.tar.gz', 'alpine/secdb-x.tar.gz'],
  [
    'exploit/known_exploited_vulnerabilities-2026-07.json',
    'exploit/known_exploited_vulnerabilities.json',
    'kev/known_exploited_vulnerabilities.json',
  ],
];

const deltasPath = sharedPath('feeds-older', 'deltas.json');
const skip = deltasPath === null && sharedReason;

describe('two states of real feeds', { skip }, () => {
  const root = mkdtempSync(join(tmpdir(), 'openinspector-real-'));
  const deltas = skip ? {} : fields(JSON.parse(readFileSync(deltasPath ?? '', 'utf8')));
  let diff: RevisionDiff;
  let older: IntelligenceRevision;
  let newer: IntelligenceRevision;

  async function build(folder: string, column: 0 | 1): Promise<BuildResult> {
    const feedsDirectory = join(root, folder);
    for (const pair of pairs) {
      const target = join(feedsDirectory, pair[2]);
      mkdirSync(dirname(target), { recursive: true });
      copyFileSync(sharedPath(column === 0 ? 'feeds-older' : 'feeds', pair[column]) ?? '', target);
    }
    return buildIntelligence({
      feedsDirectory,
      outDirectory: join(root, 'out'),
      now: new Date(),
      onProgress: () => {},
    });
  }

  before(async () => {
    const first = await build('older', 0);
    const second = await build('newer', 1);
    assert.deepEqual([first.problemTotal, second.problemTotal], [0, 0]);
    older = openRevision(join(root, 'out'), first.meta.revision);
    newer = openRevision(join(root, 'out'), second.meta.revision);
    diff = diffRevisions(older, newer);
  });

  after(() => {
    older?.close();
    newer?.close();
    rmSync(root, { recursive: true, force: true });
  });

  function delta(name: string, kind: 'added' | 'removed' | 'modified'): readonly string[] {
    return texts(fields(deltas[name])[kind]).map((key) => key.replace(/\.json$/, ''));
  }

  for (const [name, stream] of [
    ['Go', 'golang'],
    ['crates.io', 'cargo'],
  ] as const) {
    test(`${name}: new records change their packages, and only records that changed do`, () => {
      const told = (kind: 'added' | 'removed' | 'modified') => new Set(delta(name, kind));
      const changed = new Set([...told('added'), ...told('removed'), ...told('modified')]);
      const keys = new Set(diff.keys.filter((key) => key.stream === stream).map((key) => key.name));
      const added = told('added');
      let withPackages = 0;
      for (const id of added) {
        const packages = newer.keysOf(id).filter((key) => key.stream === stream);
        if (packages.length > 0) withPackages += 1;
        for (const key of packages) assert.ok(keys.has(key.name), `${id} ${key.name}`);
      }
      assert.ok(withPackages > added.size / 2);
      for (const name of keys) {
        const records = [older, newer].flatMap((one) =>
          one.statements({ stream, name }).map((said) => said.record),
        );
        assert.ok(records.some((record) => changed.has(record)) || hasNewName(name), name);
      }
    });
  }

  /** A key also changes when a flaw of it shows under another id. */
  function hasNewName(name: string): boolean {
    return ['golang', 'cargo'].some((stream) =>
      older
        .statements({ stream, name })
        .some(({ vulnerability }) => older.displayId(vulnerability) !== newer.displayId(vulnerability)),
    );
  }

  test('KEV: every entry that was added is a changed vulnerability, once and for all', () => {
    const changed = new Set(diff.vulnerabilities);
    const added = delta('KEV', 'added');
    assert.equal(added.length, 23);
    for (const id of added) {
      assert.ok(changed.has(id), id);
      assert.equal(older.vulnerability(id)?.kev ?? null, null);
      assert.notEqual(newer.vulnerability(id)?.kev ?? null, null);
    }
  });

  test('Alpine: the new branch is a stream that began, and every added fix is there', () => {
    assert.deepEqual(diff.streams, ['alpine:3.21']);
    for (const key of delta('Alpine-secdb', 'added')) {
      const [place = '', name = '', ids = ''] = key.split('|');
      const stream = `alpine:${(place.split('/')[0] ?? '').replace(/^v/, '')}`;
      const cve = /CVE-\d{4}-\d+/.exec(ids)?.[0];
      if (cve === undefined) continue;
      assert.ok(
        newer.statements({ stream, name }).some(({ vulnerability }) => vulnerability === cve),
        key,
      );
      assert.ok(
        diff.keys.some((changed) => changed.stream === stream && changed.name === name),
        key,
      );
    }
  });

  test('every feed file of the bundle that holds records is wanted by exactly one feed', () => {
    const root = sharedPath('feeds') ?? '';
    const paths = readdirSync(root, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => relative(root, join(entry.parentPath, entry.name)))
      .filter((path) => path.includes('/'));
    assert.ok(paths.length > 50);
    const shared = paths.filter((path) => feeds.filter((feed) => feed.wants(path)).length > 1);
    assert.deepEqual(shared, []);
    // Mixtures of test files of other scanners, cross-checks and indexes are nobody's.
    const unwanted = paths.filter((path) => !feeds.some((feed) => feed.wants(path)));
    const known = /^eol\/|samples\.tar\.gz$|cwe-weaknesses|epss_kev_nvd|roave|SOURCES\.tsv|github-graphql/;
    assert.deepEqual(
      unwanted.filter((path) => !known.test(path)),
      [],
    );
  });
});
