/**
 * What `os-release` says of an operating system.
 * Source: https://www.freedesktop.org/software/systemd/man/latest/os-release.html
 */
export type OsRelease = {
  /** `ID`, lower case: `debian`, `rhel`. It names the folder of the distro plugin. */
  readonly id: string;
  /** `ID_LIKE`, in order. */
  readonly idLike: readonly string[];
  /** `VERSION_ID`: `12`, `22.04`, `3.19.1`; null on rolling releases such as Debian sid. */
  readonly versionId: string | null;
  /** `VERSION_CODENAME`: `bookworm`. */
  readonly codename: string | null;
  readonly prettyName: string | null;
};

/** Fields of os-release, for any text: unknown and broken lines are passed over, `ID` defaults to `linux`. */
export function parseOsRelease(text: string): OsRelease {
  const fields = new Map<string, string>();
  for (const line of text.split('\n')) {
    const equals = line.indexOf('=');
    if (equals < 1 || line.startsWith('#')) continue;
    fields.set(line.slice(0, equals).trim(), unquote(line.slice(equals + 1).trim()));
  }
  const get = (name: string) => fields.get(name) || null;
  return {
    id: (get('ID') ?? 'linux').toLowerCase(),
    idLike: (get('ID_LIKE') ?? '').toLowerCase().split(/\s+/).filter(Boolean),
    versionId: get('VERSION_ID'),
    codename: get('VERSION_CODENAME') ?? get('UBUNTU_CODENAME'),
    prettyName: get('PRETTY_NAME'),
  };
}

function unquote(value: string): string {
  const quote = value[0];
  if ((quote !== '"' && quote !== "'") || value.at(-1) !== quote || value.length < 2) return value;
  const inside = value.slice(1, -1);
  return quote === '"' ? inside.replace(/\\([\\"$`])/g, '$1') : inside;
}
