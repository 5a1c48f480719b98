import type { Subject } from '../../model/match.ts';
import type { Package } from '../../model/package.ts';
import { shellWord } from '../../plugins/distros/commands.ts';
import { distro } from '../../plugins/distros/registry.ts';
import commands from './upgrade-commands.json' with { type: 'json' };

/** How a package gets to a version. */
export type Upgrade = {
  /** The version that was asked for, as advisories write it. */
  readonly version: string | null;
  readonly command: string | null;
  /** The dependency of the project to raise, for a package that another one brings; null otherwise. */
  readonly raise: string | null;
  readonly notes: readonly string[];
};

/** How a package gets to a fixed version, by its distribution's or its ecosystem's own means; nothing for null. */
export function upgradeFor(pkg: Package, subject: Subject, version: string | null): Upgrade {
  if (version === null) return { version, command: null, raise: null, notes: [] };
  const plugin = subject.distro === null ? null : distro(subject.distro);
  if (plugin === null) return languageUpgrade(pkg, version);
  const binary = binaryVersion(pkg, subject, version);
  const notes =
    binary === null
      ? [`The fix is in version ${version} of the source package ${pkg.source?.name ?? ''}.`]
      : [];
  return { version, command: plugin.fixCommand(pkg.name, binary), raise: null, notes };
}

/**
 * The version of the binary package that a fixed version of its source gives, where one can be told from the other:
 * both are equal now, or differ by an epoch or the number of a rebuild. Null otherwise.
 */
export function binaryVersion(pkg: Package, subject: Subject, fixed: string): string | null {
  const compared = subject.keys.find(({ takes }) => takes === undefined)?.version ?? pkg.version;
  if (pkg.version === compared) return fixed;
  const rebuild = /^\+b\d{1,4}$/;
  if (pkg.version.startsWith(compared) && rebuild.test(pkg.version.slice(compared.length))) return fixed;
  const epoch = /^\d{1,8}:/.exec(pkg.version)?.[0] ?? '';
  return epoch !== '' && pkg.version === `${epoch}${compared}` ? `${epoch}${fixed}` : null;
}

type Template = { readonly command?: string; readonly transitive?: string; readonly note?: string };

function languageUpgrade(pkg: Package, version: string): Upgrade {
  const templates: Readonly<Record<string, Template | string>> = commands;
  const found = Object.hasOwn(templates, pkg.ecosystem) ? templates[pkg.ecosystem] : undefined;
  const template = typeof found === 'object' ? found : {};
  const raise = pkg.relation === 'transitive' ? (pkg.introducedBy[0] ?? null) : null;
  const text = raise === null ? template.command : (template.transitive ?? template.command);
  const notes: string[] = [];
  if (template.note !== undefined) notes.push(filled(template.note, pkg, version, (part) => part));
  if (raise !== null)
    notes.push(`It is brought by ${raise}: where that forbids ${version}, raise ${raise} itself.`);
  return {
    version,
    command: text === undefined ? null : filled(text, pkg, version, shellWord),
    raise,
    notes,
  };
}

function filled(text: string, pkg: Package, version: string, write: (part: string) => string): string {
  const values: Readonly<Record<string, string>> = {
    name: pkg.name,
    version: pkg.ecosystem === 'golang' && /^\d/.test(version) ? `v${version}` : version,
  };
  return text.replace(/\S*\{\w+\}\S*/g, (word) =>
    write(word.replace(/\{(\w+)\}/g, (_, key: string) => values[key] ?? '')),
  );
}
