import { type Fields, fields, list, textOf } from '../../../lib/fields.ts';
import type { OsRelease } from '../../../model/os-release.ts';
import type { Evidence, Package, PackageScope } from '../../../model/package.ts';
import { type Problem, type ProblemKind, problem } from '../../../model/problem.ts';
import { formatPurl, parsePurl } from '../../../model/purl.ts';
import { noVersion, purlLengthMax, tooLong } from './package-of-purl.ts';
import type { SbomFacts } from './sbom-content.ts';

// What our own documents carry beyond their format, so that reading one back loses nothing. The values are as little
// trusted as the rest of the document: what has another type is left out.

const scopes: readonly PackageScope[] = ['runtime', 'dev', 'test', 'optional'];
const kinds: readonly ProblemKind[] = [
  'unreadable',
  'malformed',
  'limit',
  'escape',
  'unsupported',
  'not-assessed',
  'stale',
];

/**
 * A package from its purl and the facts that stood beside it, or the reason why it is none. Name and version are the
 * component's own, which a purl may bend.
 */
export function ownPackage(purlText: string, told: Fields): Package | string {
  const parts = parsePurl(purlText.toWellFormed());
  if (parts === null) return 'its purl is malformed';
  const version = textOf(told.version) ?? parts.version;
  if (version === null) return noVersion;
  const source = fields(told.source);
  const relation = told.relation;
  const purl = formatPurl(parts);
  if (purl.length > purlLengthMax) return tooLong;
  return {
    purl,
    ecosystem: parts.type,
    name: textOf(told.name) ?? parts.name,
    version,
    arch: stringOf(told.arch),
    source:
      typeof source.name === 'string' && typeof source.version === 'string'
        ? { name: source.name, version: source.version }
        : null,
    evidence: list(told.evidence).map(evidenceOf),
    scope: scopes.find((scope) => scope === told.scope) ?? null,
    relation: relation === 'direct' || relation === 'transitive' ? relation : null,
    introducedBy: stringsIn(told.introducedBy),
    owner: stringOf(told.owner),
    licences: stringsIn(told.licences),
    attributes: Object.fromEntries(Object.entries(fields(told.attributes)).filter(isText)),
  };
}

/** The system, or null when the document says that there is none. */
export function ownSystem(value: unknown): OsRelease | null {
  const told = fields(value);
  const id = textOf(told.id);
  if (id === null) return null;
  return {
    id,
    idLike: stringsIn(told.idLike),
    versionId: stringOf(told.versionId),
    codename: stringOf(told.codename),
    prettyName: stringOf(told.prettyName),
  };
}

/** The facts of the inventory that was written. */
export function ownInventoryFacts(value: unknown): SbomFacts {
  const told = fields(value);
  return {
    isContainer: told.isContainer !== false,
    runningKernel: stringOf(told.runningKernel),
    layers: stringsIn(told.layers),
  };
}

/** A problem of the inventory that was written, or null when it is none. */
export function ownProblem(value: unknown): Problem | null {
  const told = fields(value);
  const kind = kinds.find((name) => name === told.kind);
  const where = textOf(told.where);
  const why = textOf(told.why);
  if (kind === undefined || where === null || why === null) return null;
  return problem(kind, where, why, kind === 'limit' ? (textOf(told.limit) ?? 'unknown') : null);
}

function evidenceOf(value: unknown): Evidence {
  const { path, layer, line } = fields(value);
  const isLine = typeof line === 'number' && Number.isSafeInteger(line) && line > 0;
  return { path: stringOf(path) ?? '', layer: stringOf(layer), line: isLine ? line : null };
}

function stringOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

function stringsIn(value: unknown): readonly string[] {
  return list(value).filter((item): item is string => typeof item === 'string');
}

function isText(entry: readonly [string, unknown]): entry is [string, string] {
  return typeof entry[1] === 'string';
}
