import type { ExtractorFile } from './contract.ts';

// The qualifiers that purls of system packages share.

/** `debian-12`: the distribution as its os-release names it, or null without one. */
export function distroQualifier(os: ExtractorFile['os']): string | null {
  if (os === null) return null;
  return os.versionId === null ? os.id : `${os.id}-${os.versionId}`;
}

/** `glibc@2.36-9`: the source that a package was built from, or null when it says nothing new. */
export function upstreamQualifier(
  name: string,
  version: string,
  source: { readonly name: string; readonly version: string } | null,
): string | null {
  if (source === null || (source.name === name && source.version === version)) return null;
  return `${source.name}@${source.version}`;
}
