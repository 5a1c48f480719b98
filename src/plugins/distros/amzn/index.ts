import type { SubjectKey } from '../../../model/match.ts';
import type { OsRelease } from '../../../model/os-release.ts';
import type { Package } from '../../../model/package.ts';
import { dnfUpgrade, yumUpdate } from '../commands.ts';
import type { Distro } from '../contract.ts';
import { setAsideRpmKernel } from '../kernels.ts';
import { binaryKey, majorOf } from '../streams.ts';
import extras from './extras.json' with { type: 'json' };
import releases from './releases.json' with { type: 'json' };

/**
 * Amazon Linux: streams are releases and, in Amazon Linux 2, the topics of its extras library, whose advisories only
 * hold for packages from there. Which topic a package came from is told by its name and version.
 */
export const amzn = {
  id: 'amzn',
  alsoKnownAs: [],
  title: 'Amazon Linux',
  ecosystem: 'rpm',
  sources: [
    'https://alas.aws.amazon.com/',
    'https://docs.aws.amazon.com/AL2/latest/relnotes/support-info-by-support-statement.html',
  ],
  releases,
  cycleOf,
  keysOf(pkg, os) {
    const cycle = cycleOf(os);
    if (cycle === null) return [];
    const stream = `amzn:${cycle}`;
    return [...(cycle === '2' ? extraKeys(pkg, stream) : []), binaryKey(pkg, stream)];
  },
  rating: {
    source: 'amazon',
    isLabelFirst: false,
    pageOf: (id) => `https://alas.aws.amazon.com/cve/html/${id}.html`,
  },
  setAside: setAsideRpmKernel,
  fixCommand: (name, version) =>
    /\.amzn[12](?:\.|$)/.test(version ?? '') ? yumUpdate(name, version) : dnfUpgrade(name, version),
} satisfies Distro;

// Amazon Linux 1 numbers its releases by year and month: 2018.03.
function cycleOf(os: OsRelease): string | null {
  if (/^20\d\d\.\d\d$/.test(os.versionId ?? '')) return '1';
  return majorOf(os);
}

function extraKeys(pkg: Package, stream: string): readonly SubjectKey[] {
  const version = pkg.version.slice(pkg.version.indexOf(':') + 1);
  const source = pkg.source?.name ?? pkg.name;
  return extras
    .filter((extra) => extra.sources.includes(source) && isAtOrUnder(version, extra.version))
    .map((extra) => binaryKey(pkg, `${stream}:${extra.topic}`));
}

// `5.10` holds 5.10.184-175.731, not 5.104.
function isAtOrUnder(version: string, prefix: string | null): boolean {
  if (prefix === null) return true;
  return version.startsWith(prefix) && !/^\d/.test(version.slice(prefix.length));
}
