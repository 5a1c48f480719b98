import { type Fields, fields, list, numberOf, textOf, texts } from '../../../lib/fields.ts';
import type { Problem } from '../../../model/problem.ts';
import { versionScheme } from '../../../versions/registry.ts';
import { openEntries } from '../archive.ts';
import { allOf, gemDialect } from '../constraints.ts';
import type { Feed, FeedRecord } from '../contract.ts';
import { type Interval, intervalAlgebra, rangesOf } from '../intervals.ts';
import { yamlOf } from '../osv-file.ts';
import {
  factsOf,
  isoTime,
  problemRecord,
  problemRecords,
  statementRecord,
  streamRecord,
} from '../records.ts';

/** The Ruby advisory database: gems, and the Ruby interpreters themselves. */
export const rubysec = {
  id: 'rubysec',
  title: 'Ruby Advisory Database',
  sources: ['https://github.com/rubysec/ruby-advisory-db'],
  licence: 'public domain',
  downloads: [
    {
      url: 'https://github.com/rubysec/ruby-advisory-db/archive/HEAD.tar.gz',
      path: 'rubysec/ruby-advisory-db.tar.gz',
    },
  ],
  wants: (path) => /(^|\/)ruby-advisory-db[\w.-]*\.(tar\.gz|zip)$/.test(path),
  async *read(file) {
    const source = openEntries(file, (path) => /(^|\/)(gems|rubies)\/[^/]+\/[^/]+\.ya?ml$/.test(path));
    for await (const entry of source.entries) {
      const read = yamlOf(entry);
      if ('why' in read) yield { kind: 'problem', problem: read };
      else yield* advisoryRecords(fields(read.value), entry.path);
    }
    yield streamRecord('gem', { complete: true, asOf: null });
    yield streamRecord('ruby', { complete: true, asOf: null });
    yield* problemRecords(source.problems);
  },
} satisfies Feed;

function* advisoryRecords(advisory: Fields, path: string): Generator<FeedRecord> {
  const gem = textOf(advisory.gem);
  const name = gem ?? textOf(advisory.engine);
  const ids = idsOf(advisory);
  const own = /([^/]+)\.ya?ml$/.exec(path)?.[1] ?? '';
  const id = ids[0] ?? own;
  if (name === null || id === '') {
    yield problemRecord('malformed', path, 'advisory names no gem or interpreter');
    return;
  }
  yield factsOfAdvisory(id, advisory);
  for (const alias of ids.slice(1)) yield { kind: 'alias', id, alias };
  const affected = affectedOf(advisory, path);
  if ('kind' in affected) {
    yield { kind: 'problem', problem: affected };
    return;
  }
  if (affected.intervals.length === 0) {
    yield problemRecord('malformed', path, 'its requirements leave no version that is affected');
    return;
  }
  const ranges = rangesOf(affected.intervals, 'gem');
  const platform = textOf(advisory.platform);
  yield statementRecord(
    { stream: gem === null ? 'ruby' : 'gem', name },
    {
      vulnerability: id,
      feed: 'rubysec',
      record: `${gem === null ? 'rubies' : 'gems'}/${name}/${id}`,
      status: ranges.every((range) => range.fixed !== null) ? 'fixed' : 'affected',
      scheme: 'gem',
      ranges,
      note: platform === null ? null : `only on platform ${platform}`.slice(0, 100),
    },
  );
}

/** The CVE first, then GHSA and OSVDB numbers of the same flaw. */
function idsOf(advisory: Fields): readonly string[] {
  // YAML reads an unquoted number as one.
  const part = (name: string) => textOf(advisory[name]) ?? numberOf(advisory[name])?.toString() ?? null;
  const [cve, ghsa, osvdb] = [part('cve'), part('ghsa'), part('osvdb')];
  return [
    cve !== null && /^\d{4}-\d{4,19}$/.test(cve) ? `CVE-${cve}` : null,
    ghsa !== null && /^[\w-]{10,40}$/.test(ghsa) ? `GHSA-${ghsa.replace(/^GHSA-/, '')}` : null,
    osvdb !== null && /^\d{1,10}$/.test(osvdb) ? `OSVDB-${osvdb}` : null,
  ].filter((id) => id !== null);
}

/**
 * A version is affected when it satisfies none of the patched and none of the unaffected requirements; no patched
 * requirement at all means that there is no fix.
 */
function affectedOf(advisory: Fields, path: string): { readonly intervals: readonly Interval[] } | Problem {
  const safe: Interval[] = [];
  for (const requirement of [...texts(advisory.patched_versions), ...texts(advisory.unaffected_versions)]) {
    const intervals = allOf(requirement, gemDialect);
    if ('why' in intervals) return { ...intervals, where: `${path}: ${intervals.where}` };
    safe.push(...intervals);
  }
  const scheme = versionScheme('gem');
  const intervals = scheme === null ? [] : intervalAlgebra(scheme, path).complement(safe);
  return 'why' in intervals ? intervals : { intervals };
}

function factsOfAdvisory(id: string, advisory: Fields): FeedRecord {
  const score = numberOf(advisory.cvss_v3) ?? numberOf(advisory.cvss_v4) ?? numberOf(advisory.cvss_v2);
  const url = textOf(advisory.url);
  const related = texts(fields(advisory.related).url);
  return factsOf({
    kind: 'vulnerability',
    id,
    source: 'rubysec',
    title: textOf(advisory.title)?.slice(0, 300),
    description: textOf(advisory.description)?.slice(0, 4000),
    // Only the number is given, never the vector that a rating needs.
    labels: score === null ? [] : [{ source: 'rubysec', label: labelOf(score) }],
    published: isoTime(textOf(advisory.date)),
    references: [...(url === null ? [] : [url]), ...list(related).map(String)]
      .filter((text) => /^https?:\/\/\S+$/.test(text))
      .slice(0, 30),
  });
}

function labelOf(score: number): string {
  if (score >= 9) return 'critical';
  if (score >= 7) return 'high';
  return score >= 4 ? 'medium' : 'low';
}
