import { parse } from 'smol-toml';
import { type Fields, fields, list, textOf, texts } from '../../../lib/fields.ts';
import { below } from '../../../model/advisory.ts';
import { reasonOf } from '../../../model/problem.ts';
import { type Entry, openEntries } from '../archive.ts';
import type { Feed, FeedRecord } from '../contract.ts';
import { factsOf, isCve, problemRecord, problemRecords, statementRecord, streamRecord } from '../records.ts';

/** Bottlerocket advisories: packages of its core kit with the version that fixes them. */
export const bottlerocket = {
  id: 'bottlerocket',
  title: 'Bottlerocket security advisories',
  sources: [
    'https://github.com/bottlerocket-os/bottlerocket-core-kit/tree/develop/advisories',
    'https://github.com/bottlerocket-os/bottlerocket/security/advisories',
  ],
  licence: 'MIT OR Apache-2.0',
  downloads: ['core', 'kernel'].map((kit) => ({
    url: `https://github.com/bottlerocket-os/bottlerocket-${kit}-kit/archive/HEAD.tar.gz`,
    path: `bottlerocket/${kit}-kit.tar.gz`,
  })),
  wants: (path) => /(^|\/)bottlerocket\/[\w.-]+\.(tar\.gz|zip)$/.test(path),
  async *read(file) {
    const source = openEntries(file, (path) => /(^|\/)advisories\/[^/]+\/BRSA-[\w-]+\.toml$/.test(path));
    for await (const entry of source.entries) yield* advisoryRecords(entry);
    yield streamRecord('bottlerocket', { complete: true, asOf: null });
    yield* problemRecords(source.problems);
  },
} satisfies Feed;

function* advisoryRecords(entry: Entry): Generator<FeedRecord> {
  const document = parsed(entry);
  if ('kind' in document) {
    yield document;
    return;
  }
  const advisory = fields(document.value.advisory);
  const id = textOf(advisory.id);
  if (id === null) {
    yield problemRecord('malformed', entry.path, 'advisory has no id');
    return;
  }
  const cve = textOf(advisory.cve) ?? '';
  const ghsa = textOf(advisory.ghsa);
  const vulnerability = isCve(cve) ? cve : (ghsa ?? id);
  const severity = textOf(advisory.severity);
  yield factsOf({
    kind: 'vulnerability',
    id: vulnerability,
    source: 'bottlerocket',
    description: textOf(advisory.description)?.slice(0, 4000),
    labels: severity === null ? [] : [{ source: 'bottlerocket', label: severity }],
  });
  const info = fields(document.value.updateinfo);
  const arches = texts(info.arches).toSorted();
  for (const product of list(advisory.products).map(fields)) {
    yield productRecord({
      product,
      id,
      vulnerability,
      severity,
      arches,
      kit: textOf(info.version),
      path: entry.path,
    });
  }
}

function parsed(entry: Entry): { readonly value: Fields } | FeedRecord {
  try {
    return { value: fields(parse(entry.bytes.toString('utf8'))) };
  } catch (error) {
    return problemRecord('malformed', entry.path, `not TOML: ${reasonOf(error).split('\n', 1)[0]}`);
  }
}

function productRecord(parts: {
  readonly product: Fields;
  readonly id: string;
  readonly vulnerability: string;
  readonly severity: string | null;
  readonly arches: readonly string[];
  readonly kit: string | null;
  readonly path: string;
}): FeedRecord {
  const name = textOf(parts.product['package-name']);
  const version = versionOf(parts.product);
  if (name === null || version === null)
    return problemRecord('malformed', parts.path, 'product lacks a name or version');
  return statementRecord(
    { stream: 'bottlerocket', name },
    {
      vulnerability: parts.vulnerability,
      advisory: parts.id,
      feed: 'bottlerocket',
      record: parts.id,
      status: 'fixed',
      scheme: 'rpm',
      ranges: [below(version)],
      severity: parts.severity,
      only: parts.arches.length === 0 ? null : { arches: parts.arches, module: null, binaries: null },
      note: parts.kit === null ? null : `kit ${parts.kit}`,
    },
  );
}

/**
 * Kernels carry the name of Amazon's source package (`kernel-6.1.112-122.189.amzn2023`), of which Bottlerocket's own
 * package has only the version. Release 0 stands for any release.
 */
function versionOf(product: Fields): string | null {
  const told = textOf(product['patched-version']);
  if (told === null) return null;
  const version = /^kernel-(\d[\d.]*)-/.exec(told)?.[1] ?? told;
  const epoch = textOf(product['patched-epoch']) ?? '0';
  const release = textOf(product['patched-release']) ?? '0';
  return `${epoch === '0' ? '' : `${epoch}:`}${version}${release === '0' ? '' : `-${release}`}`;
}
