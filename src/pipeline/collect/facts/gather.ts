import type { NotableFile, Service, UserGroup } from '../../../model/configuration.ts';
import { type Problem, problem } from '../../../model/problem.ts';
import { type PasswdEntry, parseGroup, parsePasswd, parseShadow, type ShadowEntry } from './accounts.ts';
import { parseInetd, parseXinetd } from './internet-daemons.ts';
import { createNotableFiles, type FileState } from './notable-files.ts';
import { createPathSet, type PathSet } from './path-set.ts';
import { parseUnit, type Unit } from './units.ts';

/** Facts about the configuration in one body of bytes, before anything lies above or below it. Plain data. */
export type ReadFacts = {
  readonly documents: readonly FactDocument[];
  /** Links among systemd's units: what is started, what is masked, other names. */
  readonly links: readonly { readonly path: string; readonly to: string }[];
  readonly files: readonly NotableFile[];
  /** Of a layer: everything else that it has, which replaces what lies below under the same path. */
  readonly present: PathSet | null;
  readonly problems: readonly Problem[];
};

export type FactDocument = { readonly path: string; readonly problems: readonly Problem[] } & (
  | { readonly kind: 'passwd'; readonly entries: readonly PasswdEntry[] }
  | { readonly kind: 'shadow'; readonly entries: readonly ShadowEntry[] }
  | { readonly kind: 'group'; readonly entries: readonly UserGroup[] }
  | { readonly kind: 'unit'; readonly unit: Unit }
  | { readonly kind: 'internet'; readonly services: readonly Service[] }
);

/** Gathers facts while a tree or layer is read: what is asked and told comes in the order of the bytes. */
export type FactsGathering = {
  /** Whether the file says something of the configuration. Runs on every path: no allocation. */
  wants(path: string): boolean;
  /** Whether a symbolic link of this path does. */
  wantsLink(path: string): boolean;
  take(path: string, bytes: Uint8Array): void;
  link(path: string, target: string): void;
  /** Tells of an entry's mode; true when it is one that matters. */
  note(path: string, kind: 'file' | 'directory', state: FileState): boolean;
  /** Tells of an entry that has no mode of its own, as a link. */
  pass(path: string): void;
  finish(): ReadFacts;
};

export const documentBytesMax = 4 * 2 ** 20;
const documentsMax = 20_000;
/** Of all documents together: what is read out of them is held in memory. */
const documentsBytesMax = 64 * 2 ** 20;
const linksMax = documentsMax;

export function createFacts(options: { readonly isLayer: boolean }): FactsGathering {
  const documents: FactDocument[] = [];
  const links: { path: string; to: string }[] = [];
  const notable = createNotableFiles();
  const present = options.isLayer ? createPathSet() : null;
  let passedOver = 0;
  let takenBytes = 0;
  return {
    wants: (path) => kindOf(path) !== null,
    wantsLink: isUnitPath,
    take(path, bytes) {
      const kind = kindOf(path);
      if (kind === null) return;
      takenBytes += bytes.length;
      const isRoomLeft = documents.length < documentsMax && takenBytes <= documentsBytesMax;
      if (isRoomLeft) documents.push(read(kind, path, bytes));
      else passedOver++;
    },
    link(path, target) {
      if (links.length < linksMax) links.push({ path, to: target.slice(0, 4096) });
      else passedOver++;
    },
    note(path, kind, state) {
      const isNotable = notable.note(path, kind, state);
      if (!isNotable) present?.add(path);
      return isNotable;
    },
    pass: (path) => present?.add(path),
    finish: () => ({
      documents,
      links,
      files: notable.files,
      present: present?.finish() ?? null,
      problems: [...notable.problems(), ...tooMany(passedOver)],
    }),
  };
}

function tooMany(count: number): readonly Problem[] {
  if (count === 0) return [];
  const why = `${count} files and links of the configuration were not read: there are more than ${documentsMax}, or they are larger than ${documentsBytesMax} bytes`;
  return [problem('limit', 'etc/systemd', why, 'documentsMax')];
}

type Kind = 'passwd' | 'shadow' | 'group' | 'unit' | 'xinetd' | 'inetd';

function kindOf(path: string): Kind | null {
  const first = path.charCodeAt(0);
  // `e`, `l` or `u`: most paths of a system begin with the last and go on elsewhere.
  if (first !== 101 && first !== 108 && first !== 117) return null;
  if (path === 'etc/passwd') return 'passwd';
  if (path === 'etc/shadow') return 'shadow';
  if (path === 'etc/group') return 'group';
  if (path === 'etc/inetd.conf') return 'inetd';
  if (path === 'etc/xinetd.conf' || path.startsWith('etc/xinetd.d/')) return 'xinetd';
  if (!isUnitPath(path)) return null;
  return /\.(?:service|socket|conf)$/.test(path) ? 'unit' : null;
}

/** Whether a path lies among systemd's units of the system. */
function isUnitPath(path: string): boolean {
  return (
    path.startsWith('etc/systemd/system/') ||
    path.startsWith('usr/lib/systemd/system/') ||
    path.startsWith('lib/systemd/system/') ||
    path.startsWith('usr/local/lib/systemd/system/')
  );
}

function read(kind: Kind, path: string, bytes: Uint8Array): FactDocument {
  const text = new TextDecoder().decode(bytes);
  if (kind === 'unit') return { path, kind, unit: parseUnit(text), problems: [] };
  if (kind === 'inetd') return { path, kind: 'internet', services: parseInetd(text, path), problems: [] };
  if (kind === 'xinetd') return { path, kind: 'internet', services: parseXinetd(text, path), problems: [] };
  if (kind === 'passwd') return { path, kind, ...parsePasswd(text, path) };
  if (kind === 'shadow') return { path, kind, ...parseShadow(text, path) };
  return { path, kind, ...parseGroup(text, path) };
}
