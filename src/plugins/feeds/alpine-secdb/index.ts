import { fields, textOf } from '../../../lib/fields.ts';
import { openEntries } from '../archive.ts';
import type { Feed, FeedRecord } from '../contract.ts';
import { jsonOf, problemRecord, problemRecords, streamRecord } from '../records.ts';
import { secdbRecords } from '../secdb.ts';
import branches from './branches.json' with { type: 'json' };

/** Alpine's security database: what was fixed in which version, by branch and repository. */
export const alpineSecdb = {
  id: 'alpine-secdb',
  title: 'Alpine security database',
  sources: ['https://secdb.alpinelinux.org/', 'https://wiki.alpinelinux.org/wiki/Secdb'],
  licence: 'Alpine aports data',
  downloads: branches.flatMap(({ branch, repositories }) =>
    repositories.map((repository) => ({
      url: `https://secdb.alpinelinux.org/${branch}/${repository}.json`,
      path: `alpine-secdb/${branch}/${repository}.json`,
    })),
  ),
  wants: (path) =>
    /(^|\/)(alpine\/secdb-[\w.-]+\.tar\.gz|alpine-secdb\/(v\d+\.\d+|edge)\/(main|community)\.json)$/.test(
      path,
    ),
  async *read(file) {
    const source = openEntries(file, (path) => /(^|\/)(main|community)\.json$/.test(path));
    const streams = new Set<string>();
    for await (const entry of source.entries) {
      const read = jsonOf(entry);
      if ('why' in read) yield { kind: 'problem', problem: read };
      else yield* documentRecords(read.value, entry.path, streams);
    }
    // Only fixes are listed, never what is open: a package that is not named is not thereby safe.
    for (const stream of streams) yield streamRecord(stream, { complete: false, asOf: null });
    yield* problemRecords(source.problems);
  },
} satisfies Feed;

function* documentRecords(value: unknown, where: string, streams: Set<string>): Generator<FeedRecord> {
  const branch = textOf(fields(value).distroversion) ?? '';
  if (!/^(v\d+\.\d+|edge)$/.test(branch)) {
    yield problemRecord('malformed', where, 'secdb document names no Alpine branch');
    return;
  }
  const stream = `alpine:${branch.replace(/^v/, '')}`;
  streams.add(stream);
  yield* secdbRecords(value, { feed: 'alpine-secdb', stream, where });
}
