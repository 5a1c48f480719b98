import type { Verdict } from '../../model/match.ts';
import type { OsRelease } from '../../model/os-release.ts';
import type { Package } from '../../model/package.ts';
import { shellWord } from '../../plugins/distros/commands.ts';
import { distro, distroFor } from '../../plugins/distros/registry.ts';
import { ecosystem } from '../../plugins/ecosystems/registry.ts';
import commands from './upgrade-commands.json' with { type: 'json' };

/** How a package gets to a version. */
export type Upgrade = {
  /** The version of the package itself, or that of its source package where its own cannot be told from it. */
  readonly version: string;
  readonly command: string | null;
  /** The dependency of the project to raise, for a package that another one brings; null otherwise. */
  readonly raise: string | null;
  /** What to know besides, a sentence each. */
  readonly notes: readonly string[];
};

/** From the version that was compared to the fixed one; both are of the source package where advisories name that. */
export type Step = {
  readonly from: string;
  readonly to: string;
  /** The stream that names the fix; null where it does not matter. */
  readonly stream: string | null;
};

/** What ends a verdict on a package of an inventory with that operating system; null where no fix is known. */
export function fixOf(pkg: Package, os: OsRelease | null, verdict: Verdict): Upgrade | null {
  const isSystem = ecosystem(pkg.ecosystem)?.isSystem ?? false;
  const distroId = isSystem && os !== null ? (distroFor(os)?.id ?? null) : null;
  return upgradeFor(pkg, distroId, stepOf(verdict));
}

/** The step that ends a verdict, or null where no fix is known. */
export function stepOf({ fixedVersion, proof }: Pick<Verdict, 'fixedVersion' | 'proof'>): Step | null {
  return fixedVersion === null ? null : { from: proof.version, to: fixedVersion, stream: proof.key.stream };
}

/**
 * How a package gets to a fixed version, by the means of its distribution (`distroId`) or, without one, of its
 * ecosystem. Null for no step.
 */
export function upgradeFor(pkg: Package, distroId: string | null, step: Step | null): Upgrade | null {
  if (step === null) return null;
  const plugin = distroId === null ? null : distro(distroId);
  if (plugin === null) return languageUpgrade(pkg, step.to);
  const version = carried(pkg.version, step);
  const notes = subscriptionNotes(step);
  if (version === null)
    notes.push(`The fix is in version ${step.to} of the source package ${pkg.source?.name ?? pkg.name}.`);
  return { version: version ?? step.to, command: plugin.fixCommand(pkg.name, version), raise: null, notes };
}

/**
 * A version moved along a step of another one, where both go together: they are equal, or differ by an epoch or by the
 * number of a rebuild of the binary alone (`+b1`). Null otherwise.
 */
export function carried(version: string, { from, to }: Pick<Step, 'from' | 'to'>): string | null {
  if (version === from) return to;
  const rebuild = /^\+b\d{1,4}$/;
  const [own, other] = [withoutEpoch(version), withoutEpoch(from)];
  const isSame = own === other || (own.startsWith(other) && rebuild.test(own.slice(other.length)));
  if (!isSame) return null;
  return version.slice(0, version.length - own.length) + withoutEpoch(to);
}

function withoutEpoch(version: string): string {
  return version.replace(/^\d{1,8}:/, '');
}

/** Fixes that only subscribers get. Source: https://access.redhat.com/support/policy/updates/errata */
function subscriptionNotes({ to, stream }: Step): string[] {
  if (/esm|fips/i.test(to))
    return ['The fixed version is only delivered to subscribers of extended maintenance (Ubuntu Pro).'];
  const line = /^rhel:\d+:(els|eus|aus|tus|e4s)\b/.exec(stream ?? '')?.[1];
  return line === undefined
    ? []
    : [
        `The fixed version is only delivered to subscribers of Red Hat's extended support (${line.toUpperCase()}).`,
      ];
}

type Template = {
  readonly command?: string;
  readonly transitive?: string;
  readonly note?: string;
  readonly named?: Readonly<Record<string, Template>>;
};

function languageUpgrade(pkg: Package, version: string): Upgrade {
  const template = templateOf(pkg);
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

function templateOf({ ecosystem, name }: Package): Template {
  const templates: Readonly<Record<string, Template | string>> = commands;
  const found = Object.hasOwn(templates, ecosystem) ? templates[ecosystem] : undefined;
  const template = typeof found === 'object' ? found : {};
  const { named = {} } = template;
  return Object.hasOwn(named, name) ? (named[name] ?? template) : template;
}

function filled(text: string, pkg: Package, version: string, write: (part: string) => string): string {
  const values: Readonly<Record<string, string>> = {
    name: pkg.name,
    plain: version,
    version: pkg.ecosystem === 'golang' && /^\d/.test(version) ? `v${version}` : version,
  };
  return text.replace(/\S*\{\w+\}\S*/g, (word) =>
    write(word.replace(/\{(\w+)\}/g, (_, key: string) => values[key] ?? '')),
  );
}
