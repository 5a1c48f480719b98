import { type Fields, fields, list, numberOf, textOf, texts } from '../../src/lib/fields.ts';
import {
  below,
  everyVersion,
  type PackageKey,
  type Statement,
  type StatementCondition,
  type StatementStatus,
} from '../../src/model/advisory.ts';
import { pep503 } from '../../src/plugins/feeds/osv-ecosystems.ts';
import { streamOfCpe } from '../../src/plugins/feeds/redhat-cpe.ts';
import { affectedRanges } from './advisory-bounds.ts';
import buckets from './trivy-buckets.json' with { type: 'json' };

/** One leaf of a Trivy database: bucket, package and vulnerability, and what is said. */
export type TrivyRow = { readonly path: readonly string[]; readonly value: unknown };

export type KeyedStatement = PackageKey & { readonly statement: Statement };

/** The statements of a Trivy database. Buckets of vendors that we do not know are passed over. */
export function trivyStatements(rows: readonly TrivyRow[]): readonly KeyedStatement[] {
  const cpes = new Map(
    rows
      .filter(({ path }) => path[0] === 'Red Hat CPE' && path[1] === 'cpe')
      .map(({ path, value }) => [Number(path[2]), String(value)]),
  );
  return rows.flatMap((row) => rowStatements(row, cpes));
}

function rowStatements(
  { path, value }: TrivyRow,
  cpes: ReadonlyMap<number, string>,
): readonly KeyedStatement[] {
  const [bucket = '', name = '', vulnerability = ''] = path;
  const parts = { bucket, name, vulnerability, told: fields(value) };
  if (bucket === 'Red Hat') return redHatStatements(parts, cpes);
  const language = /^(\w+)::/.exec(bucket)?.[1];
  if (language !== undefined) return languageStatements(parts, language);
  return distributionStatements(parts);
}

type Parts = {
  readonly bucket: string;
  readonly name: string;
  readonly vulnerability: string;
  readonly told: Fields;
};

function languageStatements(parts: Parts, language: string): readonly KeyedStatement[] {
  const place = (buckets.languages as Readonly<Record<string, { stream: string; scheme: string }>>)[language];
  if (place === undefined) return [];
  const ranges = affectedRanges(
    {
      vulnerable: texts(parts.told.VulnerableVersions),
      patched: texts(parts.told.PatchedVersions),
      unaffected: texts(parts.told.UnaffectedVersions),
    },
    place,
  );
  if (ranges === null) return [];
  const { stream, scheme } = place;
  const isFixed = ranges.length > 0 && ranges.every(({ fixed }) => fixed !== null);
  const statement = statementOf(parts, { scheme, status: isFixed ? 'fixed' : 'affected', ranges });
  return [{ stream, name: languageName(stream, parts.name), statement }];
}

function languageName(stream: string, name: string): string {
  if (stream === 'pypi') return pep503(name);
  return stream === 'nuget' || stream === 'composer' ? name.toLowerCase() : name;
}

function distributionStatements(parts: Parts): readonly KeyedStatement[] {
  const place = placeOf(parts.bucket);
  if (place === null) return [];
  const entries = list(parts.told.Entries).map(fields);
  return (entries.length > 0 ? entries : [parts.told]).flatMap((told) => {
    const state = stateOf(told, place.scheme);
    const { name, module } = moduleOf(parts.name);
    const only = conditionOf(texts(told.Arches), module);
    const statement = statementOf(parts, { scheme: place.scheme, ...state, only });
    return state === null ? [] : [{ stream: place.stream, name, statement }];
  });
}

function placeOf(bucket: string): { readonly stream: string; readonly scheme: string } | null {
  for (const { bucket: pattern, stream, scheme } of buckets.distributions) {
    const found = new RegExp(pattern).exec(bucket);
    if (found === null) continue;
    return { stream: stream.replace(/\$(\d)/g, (_, group) => found[Number(group)] ?? ''), scheme };
  }
  return null;
}

type State = Pick<Statement, 'status' | 'ranges'>;

// Alpine and its kin list only what was fixed, so nothing is said by an entry without a version.
function stateOf(told: Fields, scheme: string): State | null {
  const fixed = textOf(told.FixedVersion)?.replace(/^0:/, '') ?? null;
  if (fixed === '0') return { status: 'not-affected', ranges: [] };
  if (fixed !== null) return { status: 'fixed', ranges: [below(fixed)] };
  if (scheme === 'apk') return null;
  const status = buckets.statuses[numberOf(told.Status) ?? 2] ?? 'affected';
  return { status: status as StatementStatus, ranges: status === 'not-affected' ? [] : [everyVersion] };
}

// `nginx:1.14::nginx` is the package of a module.
function moduleOf(name: string): { readonly name: string; readonly module: string | null } {
  const at = name.indexOf('::');
  return at < 0 ? { name, module: null } : { name: name.slice(at + 2), module: name.slice(0, at) };
}

function conditionOf(arches: readonly string[], module: string | null): StatementCondition | null {
  if (arches.length === 0 && module === null) return null;
  return { arches: arches.length === 0 ? null : arches, module, binaries: null };
}

function redHatStatements(parts: Parts, cpes: ReadonlyMap<number, string>): readonly KeyedStatement[] {
  const { name, module } = moduleOf(parts.name);
  return list(parts.told.Entries)
    .map(fields)
    .flatMap((entry) => {
      const streams = list(entry.Affected)
        .map((index) => streamOfCpe(cpes.get(Number(index)) ?? ''))
        .filter((stream) => stream !== null);
      const ids = list(entry.Cves).map((cve) => textOf(fields(cve).ID) ?? parts.vulnerability);
      const state = stateOf(entry, 'rpm');
      const only = conditionOf(texts(entry.Arches), module);
      return [...new Set(streams)].flatMap((stream) =>
        ids.map((vulnerability) => ({
          stream,
          name,
          statement: statementOf({ ...parts, vulnerability }, { scheme: 'rpm', ...state, only }),
        })),
      );
    });
}

function statementOf(parts: Parts, told: Partial<Statement> & { readonly scheme: string }): Statement {
  return {
    vulnerability: parts.vulnerability,
    advisory: null,
    feed: parts.bucket,
    record: `${parts.name} ${parts.vulnerability}`,
    status: 'affected',
    ranges: [],
    versions: [],
    severity: null,
    only: null,
    note: null,
    ...told,
  };
}
