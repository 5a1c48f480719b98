import { openEntries, unpackEntry } from '../archive.ts';
import type { Feed } from '../contract.ts';
import { problemRecords } from '../records.ts';
import { type Update, type UpdatePackage, updateinfoRecords } from '../updateinfo.ts';
import repositories from './repositories.json' with { type: 'json' };

/** Amazon Linux security advisories, from the updateinfo of its package repositories. */
export const amazon = {
  id: 'amazon',
  title: 'Amazon Linux security advisories (ALAS)',
  sources: ['https://alas.aws.amazon.com/', 'https://alas.aws.amazon.com/faqs.html'],
  licence: 'as published by Amazon Web Services; fetched by each user, not redistributed',
  downloads: repositories.map(({ url, path }) => ({
    url: `${url}#repodata:updateinfo`,
    path: `amazon/${path}`,
  })),
  wants: (path) =>
    /(^|\/)amazon\/[\w./-]*(updateinfo[\w.-]*\.xml(\.gz|\.zst)?|alas[\w.-]*\.tar\.gz)$/.test(path),
  async *read(file) {
    const source = openEntries(file, (path) => /(^|\/)updateinfo[\w.-]*\.xml(\.gz)?$/.test(path));
    for await (const packed of source.entries) {
      const entry = unpackEntry(packed);
      if ('kind' in entry) yield { kind: 'problem', problem: entry };
      else {
        yield* updateinfoRecords(entry.path, entry.bytes.toString('utf8'), {
          feed: 'amazon',
          stream: streamOf,
          complete: !/sample/.test(file.path),
        });
      }
    }
    yield* problemRecords(source.problems);
  },
} satisfies Feed;

/**
 * The repository that an update is of: `amazon-linux-2023`, `amazon-linux-ami` (the first Amazon Linux), or one beside
 * the core, `amazon-linux-2---kernel-5.15`, whose fixes are only for hosts that have it enabled.
 */
function streamOf(_update: Update, pack: UpdatePackage): string | null {
  const match = /^amazon-linux-(ami|\d{1,4})(?:---([\w.-]{1,60}))?$/.exec(pack.collection);
  if (match === null) return null;
  const release = match[1] === 'ami' ? '1' : match[1];
  return `amzn:${release}${match[2] === undefined ? '' : `:${match[2]}`}`;
}
