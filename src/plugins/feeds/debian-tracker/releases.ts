import releases from './releases.json' with { type: 'json' };

const versions: Readonly<Record<string, string>> = releases;

/** The stream of a release code name (`bookworm` is `debian:12`), or null for one that we do not know. */
export function streamOfCodename(codename: string): string | null {
  const version = Object.hasOwn(versions, codename) ? versions[codename] : undefined;
  return version === undefined ? null : `debian:${version}`;
}
