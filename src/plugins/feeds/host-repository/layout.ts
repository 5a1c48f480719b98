/** A file of a repository's copy, and what its place says of it. */
export type RepositoryFile = {
  readonly kind: 'updateinfo' | 'changelog';
  /** The release stream whose packages the repository holds: `debian:12`. */
  readonly stream: string;
  /** The name that the copy of the repository goes by. */
  readonly repository: string;
  /** Name and version of the source package, of a changelog; empty otherwise. */
  readonly source: string;
  readonly version: string;
};

const streamPattern = /^[a-z0-9][a-z0-9._-]{0,60}(@[a-z0-9][a-z0-9._-]{0,60}){0,3}$/;
const namePattern = /^[A-Za-z0-9][\w.+-]{0,150}$/;

/**
 * Reads the place of a file in a feeds directory, or null when it is no repository's. The colons of a stream and of
 * an epoch are written so that every file system takes them: `debian@12`, `bind9_1%3a9.18_changelog.gz`.
 */
export function repositoryFile(path: string): RepositoryFile | null {
  const parts = path.slice(0, 1000).split('/');
  const at = parts.indexOf('host-repository');
  if (at < 0) return null;
  const [stream = '', repository = '', ...rest] = parts.slice(at + 1);
  if (!streamPattern.test(stream) || !namePattern.test(repository)) return null;
  const place = { stream: stream.replaceAll('@', ':'), repository };
  const [first = '', second = ''] = rest;
  if (rest.length === 1 && /^updateinfo\.xml(\.gz|\.zst|\.bz2)?$/.test(first))
    return { kind: 'updateinfo', ...place, source: '', version: '' };
  if (rest.length !== 2 || first !== 'changelogs') return null;
  const named = /^([a-z0-9][a-z0-9+.-]{0,100})_([A-Za-z0-9.+~%-]{1,100})_changelog\.gz$/.exec(second);
  if (named === null) return null;
  const [, source = '', version = ''] = named;
  return { kind: 'changelog', ...place, source, version: version.replaceAll('%3a', ':') };
}

/** The folder of a repository's copy, relative to a feeds directory. */
export function repositoryFolder(stream: string, repository: string): string {
  return `host-repository/${stream.replaceAll(':', '@')}/${repository}`;
}

/** The name of a changelog's copy in the folder `changelogs` of its repository; null for names that are none. */
export function changelogName(source: string, version: string): string | null {
  const name = `${source}_${version.replaceAll(':', '%3a')}_changelog.gz`;
  return repositoryFile(`host-repository/x/x/changelogs/${name}`) === null ? null : name;
}
