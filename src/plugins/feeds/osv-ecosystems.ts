import ecosystems from './osv-ecosystems.json' with { type: 'json' };
import { streamOfCpe } from './redhat-cpe.ts';
import { streamOfSuseProduct } from './suse-products.ts';

/** Where the packages of an OSV ecosystem are kept, and how they are named and compared. */
export type OsvPackage = {
  readonly stream: string;
  readonly name: string;
  readonly scheme: string;
  /** True for packages of a distribution, whose records are about releases of it. */
  readonly isDistro: boolean;
};

/**
 * The place of an OSV package, or null for an ecosystem (or release of one) that we do not know.
 * Source: https://ossf.github.io/osv-schema/#affectedpackage-field (defined ecosystems)
 */
export function osvPackage(parts: {
  readonly ecosystem: string;
  readonly name: string;
  /** Package URL, which names the pocket for Ubuntu. */
  readonly purl: string | null;
}): OsvPackage | null {
  const colon = parts.ecosystem.indexOf(':');
  const base = colon < 0 ? parts.ecosystem : parts.ecosystem.slice(0, colon);
  const suffix = colon < 0 ? null : parts.ecosystem.slice(colon + 1);
  const found = Object.hasOwn(table, base) ? table[base] : undefined;
  if (found === undefined || parts.name === '') return null;
  const stream =
    found.release === undefined ? found.stream : distroStream(found, suffix ?? '', parts.purl ?? '');
  if (stream === null) return null;
  const name = (naming[found.names] ?? exact)(parts.name);
  return { stream, name, scheme: found.scheme, isDistro: found.release !== undefined };
}

/** A Python project name in the form that compares equal for equal projects. */
export function pep503(name: string): string {
  return name.toLowerCase().replace(/[-_.]+/g, '-');
}

type Ecosystem = {
  readonly stream: string;
  readonly scheme: string;
  readonly names: string;
  readonly release?: string;
};

const table: Readonly<Record<string, Ecosystem>> = ecosystems;

function exact(name: string): string {
  return name;
}

const naming: Readonly<Record<string, (name: string) => string>> = {
  exact,
  lower: (name) => name.toLowerCase(),
  pep503,
  repository: (name) =>
    name
      .toLowerCase()
      .replace(/^https?:\/\//, '')
      .replace(/\.git$/, ''),
};

function distroStream(ecosystem: Ecosystem, suffix: string, purl: string): string | null {
  const { stream } = ecosystem;
  switch (ecosystem.release) {
    case 'none':
      return stream;
    case 'same':
      return suffix === '' ? null : `${stream}:${suffix}`;
    case 'major':
      return /^\d+/.test(suffix) ? `${stream}:${/^\d+/.exec(suffix)?.[0]}` : null;
    case 'alpine':
      return /^(v\d+\.\d+|edge)$/.test(suffix) ? `${stream}:${suffix.replace(/^v/, '')}` : null;
    case 'ubuntu':
      return ubuntuStream(suffix, purl);
    case 'redhat':
      return streamOfCpe(`cpe:/a:redhat:${suffix}`);
    case 'opensuse':
    case 'suse':
      return streamOfSuseProduct(ecosystem.release === 'suse' ? `SUSE ${suffix}` : `openSUSE ${suffix}`);
    default:
      return null;
  }
}

/**
 * `22.04:LTS`, `24.10`, `Pro:18.04:LTS`, `Pro:FIPS-updates:18.04:LTS`. The Pro pocket (`esm-infra`, `esm-apps`) is
 * only told by the package URL (`distro=esm-infra/bionic`).
 */
function ubuntuStream(suffix: string, purl: string): string | null {
  const release = /(?:^|:)(\d\d\.\d\d)(?::|$)/.exec(suffix)?.[1];
  if (release === undefined) return null;
  if (!suffix.startsWith('Pro:')) return `ubuntu:${release}`;
  const pocket = /[?&]distro=([a-z-]+)(?:\/|%2F)/i.exec(purl)?.[1] ?? /^Pro:([A-Za-z-]+):/.exec(suffix)?.[1];
  return `ubuntu:${release}:${(pocket ?? 'esm-infra').toLowerCase()}`;
}
