import assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import fc from 'fast-check';
import { statement } from '../../testkit/intelligence.ts';
import { below } from '../model/advisory.ts';
import type { FeedRecord } from '../plugins/feeds/contract.ts';
import { buildIntelligence } from './build.ts';
import { type ApplyOptions, applyExchange } from './exchange-apply.ts';
import { exportRevision } from './exchange-write.ts';
import { openRevision, tablesOf } from './open.ts';
import { currentRevision } from './pointer.ts';
import { makeKeyPair, readPrivateKey, readPublicKey } from './sign.ts';

const root = mkdtempSync(join(tmpdir(), 'openinspector-exchange-'));
after(() => rmSync(root, { recursive: true, force: true }));

let counter = 0;
const fresh = (name: string) => {
  counter += 1;
  const path = join(root, `${name}-${counter}`);
  mkdirSync(path);
  return path;
};

async function build(records: readonly FeedRecord[], outDirectory: string, now: string): Promise<string> {
  const feedsDirectory = fresh('feeds');
  writeFileSync(join(feedsDirectory, 'one.txt'), '');
  const feed = {
    id: 'one',
    title: '',
    sources: [],
    licence: '',
    downloads: [],
    wants: (path: string) => path === 'one.txt',
    *read() {
      yield* records;
    },
  };
  const options = { feedsDirectory, outDirectory, now: new Date(now), feeds: [feed], onProgress: () => {} };
  return (await buildIntelligence(options)).meta.revision;
}

const older = '2026-08-01T00:00:00.000Z';
const newer = '2026-08-02T00:00:00.000Z';

// A small world, so that most changes meet something that is there: keys, flaws, what joins them, scores.
const key = fc.record({
  stream: fc.constantFrom('debian:12', 'npm', 'pypi'),
  name: fc.constantFrom('a', 'b', 'päck', 'c'),
});
const cve = fc.nat(5).map((n) => `CVE-2024-000${n}`);
const ghsa = fc.nat(3).map((n) => `GHSA-aaaa-bbbb-ccc${n}`);
const version = fc.nat(3).map((n) => `1.${n}`);
const record: fc.Arbitrary<FeedRecord> = fc.oneof(
  fc.tuple(key, fc.oneof(cve, ghsa), version).map(([where, id, fixed]) => ({
    kind: 'statement' as const,
    key: where,
    statement: statement(id, [below(fixed)], { feed: 'one' }),
  })),
  fc
    .tuple(fc.oneof(cve, ghsa), fc.constantFrom('x', 'y'), fc.constantFrom({}, { withdrawn: '2024-05-01' }))
    .map(([id, title, more]) => ({ kind: 'vulnerability' as const, id, source: 'one', title, ...more })),
  fc.tuple(ghsa, cve).map(([id, alias]) => ({ kind: 'alias' as const, id, alias })),
  fc
    .tuple(key, fc.boolean())
    .map(([{ stream }, complete]) => ({ kind: 'stream' as const, stream, complete, asOf: null })),
  fc.tuple(cve, fc.nat(9)).map(([id, score]) => ({
    kind: 'vulnerability' as const,
    id,
    source: 'one',
    epss: { score: score / 10, percentile: score / 10, date: '2026-07-01' },
  })),
);

function contentOf(directory: string, revision: string): unknown {
  const opened = openRevision(directory, revision);
  const { root: _, ...tables } = tablesOf(opened);
  const content = Object.fromEntries(
    Object.entries(tables).map(([name, table]) => [
      name,
      [...table.getRange({})].map((entry) => [entry.key, Buffer.from(entry.value).toString('base64')]),
    ]),
  );
  opened.close();
  return content;
}

async function exported(
  directory: string,
  names: { from: string | null; to: string },
  keyPath: string | null = null,
): Promise<string> {
  counter += 1;
  const path = join(root, `file-${counter}.oi`);
  const from = names.from === null ? null : openRevision(directory, names.from);
  const to = openRevision(directory, names.to);
  await exportRevision({ from, to, path, key: keyPath === null ? null : readPrivateKey(keyPath) });
  from?.close();
  to.close();
  return path;
}

const take = (directory: string, path: string, more: Partial<ApplyOptions> = {}) =>
  applyExchange({ directory, path, publicKey: null, allowsRollback: false, onProgress: () => {}, ...more });

function withBase(directory: string, revision: string): string {
  const copy = fresh('site');
  cpSync(join(directory, revision), join(copy, revision), { recursive: true });
  writeFileSync(join(copy, 'current'), `${revision}\n`);
  return copy;
}

test('a difference and a whole one give the same tables as a build, byte for byte', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(record, { maxLength: 25 }),
      fc.array(record, { maxLength: 10 }),
      fc.nat(10),
      async (first, added, dropped) => {
        const directory = fresh('maker');
        const from = await build(first, directory, older);
        const to = await build([...first.slice(dropped), ...added], directory, newer);
        const built = contentOf(directory, to);
        if (from !== to) {
          const site = withBase(directory, from);
          const meta = await take(site, await exported(directory, { from, to }));
          assert.equal(meta.revision, to);
          assert.deepEqual(contentOf(site, to), built);
        }
        const bare = fresh('bare');
        await take(bare, await exported(directory, { from: null, to }));
        assert.deepEqual(contentOf(bare, to), built);
        assert.equal(currentRevision(bare), to);
      },
    ),
    // Each run builds two databases.
    { numRuns: Number(process.env.OPENINSPECTOR_EXCHANGE_RUNS ?? 8) },
  );
});

describe('what is refused changes nothing', () => {
  const says = (fixed: string): FeedRecord[] => [
    {
      kind: 'statement',
      key: { stream: 'npm', name: 'a' },
      statement: statement('CVE-2024-0001', [below(fixed)], { feed: 'one' }),
    },
  ];

  async function world() {
    const directory = fresh('maker');
    const from = await build(says('1.0'), directory, older);
    const to = await build(says('2.0'), directory, newer);
    return { directory, from, to };
  }

  async function refused(site: string, path: string, expected: RegExp, more: Partial<ApplyOptions> = {}) {
    const before = readdirSync(site).sort();
    const current = currentRevision(site);
    await assert.rejects(take(site, path, more), expected);
    assert.deepEqual(readdirSync(site).sort(), before);
    assert.equal(currentRevision(site), current);
  }

  test('a file of another key, or of none, when a key is set', async () => {
    const { directory, from, to } = await world();
    const paths = ['one', 'two'].map((name) => {
      const { privatePem, publicPem } = makeKeyPair();
      writeFileSync(join(root, name), privatePem);
      writeFileSync(join(root, `${name}.pub`), publicPem);
      return join(root, name);
    });
    const [mine = '', theirs = ''] = paths;
    const publicKey = readPublicKey(`${mine}.pub`);
    const site = withBase(directory, from);
    await refused(site, await exported(directory, { from, to }), /is not signed, and a public key is set/, {
      publicKey,
    });
    await refused(
      site,
      await exported(directory, { from, to }, theirs),
      /not signed by the key that is set/,
      {
        publicKey,
      },
    );
    const good = await exported(directory, { from, to }, mine);
    const changed = readFileSync(good, 'latin1').replace('"builtAt":"2026-08-02', '"builtAt":"2027-08-02');
    writeFileSync(`${good}.changed`, changed, 'latin1');
    await refused(site, `${good}.changed`, /not signed by the key/, { publicKey });
    assert.equal((await take(site, good, { publicKey })).revision, to);
    assert.throws(() => readPublicKey(mine), /it is a private key/);
  });

  test('a file that is damaged anywhere, or cut short', async () => {
    const { directory, from, to } = await world();
    const good = readFileSync(await exported(directory, { from, to }));
    const site = withBase(directory, from);
    const path = join(root, 'damaged.oi');
    for (let at = 0; at < good.length; at += 7) {
      const bytes = Buffer.from(good);
      bytes[at] = (bytes[at] ?? 0) ^ 0x55;
      writeFileSync(path, bytes);
      // Without a key nobody reads the third line, and what it says.
      const line = good.indexOf(10, good.indexOf(10) + 1);
      if (at > line && at <= line + 1) continue;
      await refused(site, path, /./);
    }
    for (const length of [0, 10, 200, good.length - 1]) {
      writeFileSync(path, good.subarray(0, length));
      await refused(site, path, /./);
    }
  });

  test('an older one, unless it is asked for', async () => {
    const { directory, from, to } = await world();
    const path = await exported(directory, { from: null, to: from });
    const site = withBase(directory, to);
    await refused(site, path, /built 2026-08-01.*before the one in use.*--allow-rollback/);
    assert.equal((await take(site, path, { allowsRollback: true })).revision, from);
    assert.equal(currentRevision(site), from);
  });

  test('one that starts from what is not here', async () => {
    const { directory, from, to } = await world();
    const path = await exported(directory, { from, to });
    await refused(fresh('bare'), path, /starts from revision .*none is here; ask for/);
  });

  test('one whose content is not what its name stands for', async () => {
    const { directory, from, to } = await world();
    const other = fresh('other');
    const base = await build([...says('1.0'), ...says('0.5')], other, older);
    const path = await exported(directory, { from, to });
    const text = readFileSync(path, 'latin1').replace(`"from":"${from}"`, `"from":"${base}"`);
    writeFileSync(path, text, 'latin1');
    // The statement of the key is put whole; the other one of the base is gone with it, so this base fits as well.
    assert.equal((await take(withBase(other, base), path)).revision, to);
    const third = await build(
      [...says('1.0'), ...says('0.5')].concat({
        kind: 'statement',
        key: { stream: 'npm', name: 'b' },
        statement: statement('CVE-2024-0002', [below('1')], { feed: 'one' }),
      }),
      other,
      older,
    );
    writeFileSync(path, text.replace(`"from":"${base}"`, `"from":"${third}"`), 'latin1');
    await refused(withBase(other, third), path, /does not belong to this revision/);
  });
});
