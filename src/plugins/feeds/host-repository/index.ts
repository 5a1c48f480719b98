import type { Feed, FeedFile, FeedRecord } from '../contract.ts';
import { problemRecord } from '../records.ts';
import { readUpdateinfo, rebootNote } from '../updateinfo.ts';
import { readChangelogFile } from './changelog-file.ts';
import { type RepositoryFile, repositoryFile } from './layout.ts';

/**
 * What the package repositories that a host installs from say themselves: the errata of dnf repositories (updateinfo)
 * and the changelogs of Debian packages, whose entries name the flaws that a version mends. It has no publisher of its
 * own: copies of the repositories' files are laid under `host-repository/STREAM/REPOSITORY/`, see `layout.ts`.
 */
export const hostRepository = {
  id: 'host-repository',
  title: 'Package repositories of the hosts',
  sources: [
    'https://www.debian.org/doc/debian-policy/ch-source.html#debian-changelog-debian-changelog',
    'https://wiki.debian.org/DebianRepository/Format',
    'https://github.com/rpm-software-management/createrepo_c',
  ],
  licence: 'as the owner of each repository says',
  downloads: [],
  wants: (path) => repositoryFile(path) !== null,
  async *read(file: FeedFile): AsyncGenerator<FeedRecord> {
    const known = repositoryFile(file.path);
    if (known === null)
      yield problemRecord('unsupported', file.path, 'is no file of a repository that we know');
    else if (known.kind === 'changelog') yield* readChangelogFile(file, known);
    else yield* readErrata(file, known);
  },
} satisfies Feed;

function readErrata(file: FeedFile, { stream, repository }: RepositoryFile): AsyncGenerator<FeedRecord> {
  return readUpdateinfo(file, {
    feed: 'host-repository',
    stream: () => stream,
    complete: false,
    recordOf: ({ id }) => `${id} in ${repository}`,
    noteOf: ({ reboot }) => (reboot ? rebootNote : null),
    hasFacts: true,
  });
}
