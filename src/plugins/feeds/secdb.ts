import { fields, list, textOf, texts } from '../../lib/fields.ts';
import { below } from '../../model/advisory.ts';
import type { FeedRecord } from './contract.ts';
import { isCve, problemRecord, statementRecord } from './records.ts';

/** Most ids of one entry that are looked at. */
const idsMax = 500;

export type SecdbReading = {
  readonly feed: string;
  readonly stream: string;
  /** Where the document was found, for problems and proofs. */
  readonly where: string;
};

/**
 * One secdb document (Alpine and distributions after it): origin package → fixed version → ids. Version `0` says that
 * the package never had the flaw. An id string may hold further names of the same flaw after the first. What is not
 * listed is not known.
 * Source: https://wiki.alpinelinux.org/wiki/Secdb (format), https://secdb.alpinelinux.org/
 */
export function* secdbRecords(value: unknown, reading: SecdbReading): Generator<FeedRecord> {
  const packages = list(fields(value).packages);
  if (packages.length === 0 && !Array.isArray(fields(value).packages)) {
    yield problemRecord('malformed', reading.where, 'secdb document has no packages');
    return;
  }
  for (const item of packages) {
    const pkg = fields(fields(item).pkg);
    const name = textOf(pkg.name);
    if (name === null) {
      yield problemRecord('malformed', reading.where, 'secdb entry has no package name');
      continue;
    }
    for (const [fixed, ids] of Object.entries(fields(pkg.secfixes))) {
      yield* fixRecords({ name, fixed: fixed.trim(), ids: texts(ids) }, reading);
    }
  }
}

type Fix = { readonly name: string; readonly fixed: string; readonly ids: readonly string[] };

function* fixRecords({ name, fixed, ids }: Fix, reading: SecdbReading): Generator<FeedRecord> {
  for (const text of ids.slice(0, idsMax)) {
    const names = secdbNames(text);
    for (const vulnerability of names.vulnerabilities) {
      yield statementRecord(
        { stream: reading.stream, name },
        {
          vulnerability,
          feed: reading.feed,
          record: `${reading.stream} ${name} ${fixed}`,
          status: fixed === '0' ? 'not-affected' : 'fixed',
          scheme: 'apk',
          ranges: fixed === '0' ? [] : [below(fixed)],
        },
      );
    }
    for (const alias of names.aliases) {
      yield { kind: 'alias', id: names.vulnerabilities[0] ?? alias, alias };
    }
  }
}

/** `CVE-2021-27219 GHSL-2021-045`: one flaw with its names, unless several are CVEs, which are flaws of their own. */
export function secdbNames(text: string): {
  readonly vulnerabilities: readonly string[];
  readonly aliases: readonly string[];
} {
  const ids = text.split(/[\s,]+/).filter((id) => /^[A-Za-z][\x21-\x7e]{2,100}$/.test(id) && /\d/.test(id));
  const cves = ids.filter(isCve);
  if (cves.length > 1) return { vulnerabilities: cves, aliases: [] };
  const [first] = cves.length === 1 ? cves : ids;
  if (first === undefined) return { vulnerabilities: [], aliases: [] };
  // XSA and ZBX numbers name advisories that may cover several flaws; they stay out of the flaw's names.
  const aliases = ids.filter((id) => id !== first && /^(GHSA|GHSL|PYSEC|RUSTSEC|GO|TROVE|ZDI|OSV)-/.test(id));
  return { vulnerabilities: [first], aliases };
}
