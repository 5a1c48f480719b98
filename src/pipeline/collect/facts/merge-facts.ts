import type { NotableFile, PasswordState, Service, UserAccount } from '../../../model/configuration.ts';
import type { InventoryFacts } from '../../../model/inventory.ts';
import { type Problem, problem } from '../../../model/problem.ts';
import type { PasswdEntry } from './accounts.ts';
import type { FactDocument, ReadFacts } from './gather.ts';
import { pathsIn } from './path-set.ts';
import { startedUnits } from './services.ts';
import type { Unit } from './units.ts';

/** How one reading lies above those before it. */
export type Above = {
  /** Whether it takes away what lies below at a path. */
  isHidden(path: string): boolean;
  /** Where a path of it ends up, by the links of what lies below. */
  place(path: string): string;
  /** Links of what lies below: the names under which it may have replaced a file. */
  readonly links: ReadonlyMap<string, string>;
};

export type FactsStack = {
  add(facts: ReadFacts | null, above: Above): void;
  finish(): { readonly facts: Partial<InventoryFacts>; readonly problems: readonly Problem[] };
};

/** Stacks the facts of readings from the base up, as a container runtime would show the files. Pure. */
export function createFactsStack(): FactsStack {
  const documents = new Map<string, FactDocument>();
  const links = new Map<string, string>();
  const files = new Map<string, NotableFile>();
  const problems: Problem[] = [];
  let isAny = false;
  return {
    add(facts, above) {
      for (const map of [documents, links, files])
        for (const path of map.keys()) if (above.isHidden(path)) map.delete(path);
      if (facts === null) return;
      isAny = true;
      for (const path of replaced(facts, files, above)) files.delete(path);
      if (facts.present && !facts.present.isWhole && files.size > 0) {
        const why = 'a layer has more entries than are remembered: modes of files below it may have changed';
        problems.push(problem('limit', 'modes of files', why, 'pathsMax'));
      }
      for (const document of facts.documents) {
        const path = canonical(above.place(document.path));
        links.delete(path);
        documents.set(path, document);
      }
      for (const { path, to } of facts.links) {
        const at = canonical(above.place(path));
        documents.delete(at);
        links.set(at, to);
      }
      for (const file of facts.files) {
        const path = above.place(file.path);
        files.set(path, path === file.path ? file : { ...file, path });
      }
      problems.push(...facts.problems);
    },
    finish() {
      if (!isAny) return { facts: {}, problems: [] };
      for (const document of documents.values()) problems.push(...document.problems);
      const services = [
        ...startedUnits({ units: unitsOf(documents), links }),
        ...internetServices(documents),
      ];
      const groups = documents.get('etc/group');
      const own = {
        services,
        users: usersOf(documents),
        groups: groups?.kind === 'group' ? groups.entries : [],
        files: [...files.values()].sort((a, b) => (a.path < b.path ? -1 : 1)),
      };
      return { facts: own, problems };
    },
  };
}

/** The files below that the reading has too, under whatever name leads there, with a mode that does not matter. */
function replaced(
  { present }: ReadFacts,
  files: ReadonlyMap<string, NotableFile>,
  { links }: Above,
): ReadonlySet<string> {
  if (!present || files.size === 0) return new Set();
  const names = new Map<string, string>();
  for (const path of files.keys()) {
    names.set(path, path);
    for (const [link, to] of links)
      if (path.startsWith(`${to}/`)) names.set(`${link}${path.slice(to.length)}`, path);
  }
  return new Set([...pathsIn(present, names.keys())].map((name) => names.get(name) ?? name));
}

// Where `lib` is no link of its own layer, units still are those of `usr/lib`.
function canonical(path: string): string {
  return path.startsWith('lib/systemd/') ? `usr/${path}` : path;
}

function unitsOf(documents: ReadonlyMap<string, FactDocument>): ReadonlyMap<string, Unit> {
  const units = new Map<string, Unit>();
  for (const [path, document] of documents) if (document.kind === 'unit') units.set(path, document.unit);
  return units;
}

function internetServices(documents: ReadonlyMap<string, FactDocument>): readonly Service[] {
  const paths = [...documents.keys()].sort();
  return paths.flatMap((path) => {
    const document = documents.get(path);
    return document?.kind === 'internet' ? document.services : [];
  });
}

function usersOf(documents: ReadonlyMap<string, FactDocument>): readonly UserAccount[] {
  const passwd = documents.get('etc/passwd');
  const shadow = documents.get('etc/shadow');
  if (passwd?.kind !== 'passwd') return [];
  const passwords =
    shadow?.kind === 'shadow'
      ? new Map(shadow.entries.map(({ name, password }) => [name, password] as const))
      : null;
  return passwd.entries.map((entry) => ({ ...entry, password: passwordOf(entry, passwords) }));
}

function passwordOf(
  { name, password }: PasswdEntry,
  passwords: ReadonlyMap<string, PasswordState> | null,
): PasswordState {
  if (password !== 'elsewhere') return password;
  return passwords?.get(name) ?? 'unknown';
}
