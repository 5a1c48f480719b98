import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { sharedPath, sharedReason } from '../../testkit/shared.ts';
import type { VersionScheme } from './contract.ts';
import { versionSchemes } from './registry.ts';
import { compareRpmSegment } from './rpm.ts';

// Rows of other projects' tests and of the real tools, where they are at hand. Differences that we stand by are in
// testdata/known-differences.json with the reason.

type Row = {
  readonly k: string;
  readonly a?: string;
  readonly op?: string;
  readonly b?: string;
  readonly version?: string;
  readonly ok?: boolean;
  readonly versions?: readonly string[];
};

const folders: Readonly<Record<string, string>> = { pep440: 'pypi' };
const known = readKnown();

describe('version vectors', () => {
  for (const scheme of versionSchemes) {
    for (const folder of scheme.id === 'semver' ? ['semver', 'npm'] : [folders[scheme.id] ?? scheme.id]) {
      const path = sharedPath('fixtures', 'versions', folder);
      const skip = path === null && sharedPath('fixtures', 'versions') === null ? sharedReason : false;
      test(`${scheme.id}: rows of ${folder}`, { skip }, (t) => {
        if (path === null) return;
        const misses: string[] = [];
        let count = 0;
        for (const row of readRows(path)) {
          const verdict = judge(scheme, row);
          if (verdict === null) continue;
          count++;
          if (!verdict && !known.has(`${scheme.id}: ${nameOf(row)}`)) misses.push(nameOf(row));
        }
        t.diagnostic(`${scheme.id}: ${count} rows of ${folder}, ${misses.length} unexplained`);
        assert.deepEqual(misses, []);
      });
    }
  }
});

// Whether the row holds, or null when it is of another kind.
function judge(scheme: VersionScheme, row: Row): boolean | null {
  if (row.k === 'cmp') return judgeComparison(scheme, row.a ?? '', row.op ?? '', row.b ?? '');
  if (row.k === 'order') {
    const versions = row.versions ?? [];
    return versions.every((version, i) => i === 0 || scheme.compare(versions[i - 1] ?? '', version) === -1);
  }
  if (row.k === 'valid') return scheme.isValid(row.version ?? '') === row.ok;
  if (row.k === 'canonical-equal') return scheme.compare(row.a ?? '', row.b ?? '') === 0;
  return null;
}

function judgeComparison(scheme: VersionScheme, a: string, op: string, b: string): boolean {
  const turned: Readonly<Record<string, string>> = { '<': '>', '>': '<', '<=': '>=', '>=': '<=' };
  const relation = op === '!=' ? '=' : op.replace('!', '');
  const there = holds(compare(scheme, a, b), relation);
  const back = holds(compare(scheme, b, a), turned[relation] ?? relation);
  if (there === null || back === null) return false;
  return op.startsWith('!') ? !there && !back : there && back;
}

// rpm's rows hold bare segments too, the empty one and some with many hyphens among them, which are no versions.
function compare(scheme: VersionScheme, a: string, b: string): unknown {
  if (scheme.id === 'rpm' && (isBare(a) || isBare(b))) return compareRpmSegment(a, b);
  return scheme.compare(a, b);
}

function isBare(text: string): boolean {
  return text === '' || text.split('-').length > 2;
}

function holds(order: unknown, relation: string): boolean | null {
  if (typeof order !== 'number') return null;
  switch (relation) {
    case '<':
      return order < 0;
    case '<=':
      return order <= 0;
    case '>':
      return order > 0;
    case '>=':
      return order >= 0;
    default:
      return order === 0;
  }
}

function nameOf(row: Row): string {
  if (row.k === 'valid') return `valid ${row.version}`;
  if (row.k === 'order') return (row.versions ?? []).join(' < ');
  return `${row.a} ${row.k === 'cmp' ? row.op : 'is'} ${row.b}`;
}

function readRows(folder: string): readonly Row[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.jsonl'))
    .flatMap((name) => readFileSync(join(folder, name), 'utf8').split('\n'))
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Row);
}

function readKnown(): ReadonlySet<string> {
  const path = join(import.meta.dirname, 'testdata', 'known-differences.json');
  const groups = JSON.parse(readFileSync(path, 'utf8')) as readonly {
    readonly scheme: string;
    readonly reason: string;
    readonly rows: readonly string[];
  }[];
  return new Set(groups.flatMap((group) => group.rows.map((row) => `${group.scheme}: ${row}`)));
}
