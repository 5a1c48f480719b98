import { type Fields, fields, list, textOf } from '../../src/lib/fields.ts';
import { below, everyVersion, type Statement, type StatementCondition } from '../../src/model/advisory.ts';
import { osvRecords } from '../../src/plugins/feeds/osv-record.ts';
import { affectedRanges } from './advisory-bounds.ts';
import places from './grype-matcher.json' with { type: 'json' };
import type { KeyedStatement } from './trivy-database.ts';

/** A vendor's record in the form that Grype's database is built from. */
export type VunnelRecord = {
  readonly identifier: string;
  readonly provider: string;
  readonly item: Fields;
};

/** What a record says. The NVD says nothing here: its names are those of products, not of packages. */
export function vunnelStatements(record: VunnelRecord): readonly KeyedStatement[] {
  if (record.item.Advisory !== undefined) return advisoryStatements(fields(record.item.Advisory));
  if (record.item.Vulnerability !== undefined)
    return vulnerabilityStatements(fields(record.item.Vulnerability));
  return record.item.affected === undefined ? [] : osvStatements(record);
}

function vulnerabilityStatements(told: Fields): readonly KeyedStatement[] {
  const name = textOf(told.Name) ?? '';
  const cves = list(fields(told.Metadata).CVE).map((cve) => textOf(fields(cve).Name) ?? '');
  const ids = cves.length > 0 ? cves : [name];
  return list(told.FixedIn)
    .map(fields)
    .flatMap((fix) => {
      const stream = streamOf(textOf(fix.NamespaceName) ?? '');
      const scheme = textOf(fix.VersionFormat) ?? '';
      const said = stateOf(fix);
      if (stream === null) return [];
      return ids.map((vulnerability) => ({
        stream,
        name: textOf(fix.Name) ?? '',
        statement: {
          ...nothingSaid,
          ...said,
          vulnerability,
          advisory: advisoryOf(fix) ?? (name === vulnerability ? null : name),
          record: name,
          scheme,
          only: conditionOf(fix),
        },
      }));
    });
}

function streamOf(namespace: string): string | null {
  for (const { namespace: pattern, stream } of places.namespaces) {
    const found = new RegExp(pattern).exec(namespace);
    if (found !== null) return stream.replace('$1', found[1] ?? '');
  }
  return null;
}

// `None`: affected with no fix. `0`: never affected.
function stateOf(fix: Fields): Pick<Statement, 'status' | 'ranges'> {
  const version = (textOf(fix.Version) ?? 'None').replace(/^0:/, '');
  if (version === '0') return { status: 'not-affected', ranges: [] };
  if (version !== 'None') return { status: 'fixed', ranges: [below(version)] };
  const isRefused = fields(fix.VendorAdvisory).NoAdvisory === true;
  return { status: isRefused ? 'will-not-fix' : 'affected', ranges: [everyVersion] };
}

function advisoryOf(fix: Fields): string | null {
  return textOf(fields(list(fields(fix.VendorAdvisory).AdvisorySummary)[0]).ID);
}

function conditionOf(fix: Fields): StatementCondition | null {
  const arch = textOf(fix.Arch);
  const module = textOf(fix.Module);
  if (arch === null && module === null) return null;
  return { arches: arch === null ? null : [arch], module, binaries: null };
}

function advisoryStatements(told: Fields): readonly KeyedStatement[] {
  const id = textOf(told.ghsaId) ?? '';
  const fixes = list(told.FixedIn).map(fields);
  const names = [...new Set(fixes.map((fix) => textOf(fix.name) ?? ''))];
  return names.flatMap((name) => {
    const own = fixes.filter((fix) => fix.name === name);
    const ecosystem = textOf(own[0]?.ecosystem) ?? '';
    const vulnerable = own.map((fix) => textOf(fix.range) ?? '');
    const patched = own.map((fix) => textOf(fix.identifier) ?? '');
    const place = { stream: ecosystem, scheme: ecosystem };
    const ranges = affectedRanges({ vulnerable, patched, unaffected: [] }, place);
    const statement = { ...nothingSaid, vulnerability: id, record: id, scheme: ecosystem };
    return ranges === null ? [] : [{ stream: ecosystem, name, statement: { ...statement, ranges } }];
  });
}

// AlmaLinux: one erratum with the CVEs that it fixes, and the module of each build.
function osvStatements({ identifier, item, provider }: VunnelRecord): readonly KeyedStatement[] {
  return list(item.affected).flatMap((affected) => {
    const module = textOf(fields(fields(affected).ecosystem_specific).rpm_modularity);
    const reading = {
      feed: provider,
      where: identifier,
      unknown: new Set<string>(),
      streams: new Set<string>(),
      conditions: () => (module === null ? null : [{ arches: null, module, binaries: null }]),
    };
    const records = [...osvRecords({ ...item, affected: [affected] }, reading)];
    return records.flatMap((record) =>
      record.kind === 'statement' ? [{ ...record.key, statement: record.statement }] : [],
    );
  });
}

const nothingSaid: Omit<Statement, 'vulnerability' | 'record' | 'scheme'> = {
  advisory: null,
  feed: 'vendor',
  status: 'fixed',
  ranges: [],
  versions: [],
  severity: null,
  only: null,
  note: null,
};
