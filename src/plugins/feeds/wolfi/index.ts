import { openEntries } from '../archive.ts';
import type { Feed } from '../contract.ts';
import { jsonOf, problemRecord, problemRecords, streamRecord } from '../records.ts';
import { secdbRecords } from '../secdb.ts';

/** Wolfi's and Chainguard's security databases, which have Alpine's form without branches. */
export const wolfi = {
  id: 'wolfi',
  title: 'Wolfi and Chainguard security databases',
  sources: [
    'https://packages.wolfi.dev/os/security.json',
    'https://packages.cgr.dev/chainguard/security.json',
    'https://edu.chainguard.dev/chainguard/chainguard-images/staying-secure/security-advisories/',
  ],
  licence: 'as published by Chainguard; fetched by each user, not redistributed',
  downloads: [
    { url: 'https://packages.wolfi.dev/os/security.json', path: 'wolfi/wolfi/security.json' },
    { url: 'https://packages.cgr.dev/chainguard/security.json', path: 'wolfi/chainguard/security.json' },
  ],
  wants: (path) => streamOf(path) !== null,
  async *read(file) {
    const stream = streamOf(file.path);
    if (stream === null) {
      yield problemRecord('unsupported', file.path, 'not a Wolfi or Chainguard security database');
      return;
    }
    const source = openEntries(file, () => true);
    for await (const entry of source.entries) {
      const read = jsonOf(entry);
      if ('why' in read) yield { kind: 'problem', problem: read };
      else yield* secdbRecords(read.value, { feed: 'wolfi', stream, where: file.path });
    }
    yield streamRecord(stream, { complete: false, asOf: null });
    yield* problemRecords(source.problems);
  },
} satisfies Feed;

function streamOf(path: string): string | null {
  return /(?:^|\/)wolfi\/(wolfi|chainguard)\/security\.json$/.exec(path)?.[1] ?? null;
}
