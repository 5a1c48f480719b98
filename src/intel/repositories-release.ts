import type { Checksum } from './repositories-place.ts';

/** Most files of one Release that are looked at. */
export const releaseFilesMax = 200_000;

/** What an apt suite's Release says. */
export type Release = {
  /** Fields of one line, by their name in small letters. */
  readonly fields: ReadonlyMap<string, string>;
  /** The files that it vouches for, by their path beside it. */
  readonly files: ReadonlyMap<string, Checksum>;
};

/** One architecture of one component, in the forms that its packages are listed in, the best first. */
export type PackageIndex = {
  readonly component: string;
  readonly arch: string;
  readonly forms: readonly { readonly path: string; readonly checksum: Checksum }[];
};

/**
 * Reads a Release. Lines that are none are passed over.
 * Source: https://wiki.debian.org/DebianRepository/Format
 */
export function parseRelease(text: string): Release {
  const fields = new Map<string, string>();
  const files = new Map<string, Checksum>();
  let list = '';
  for (const line of text.split('\n')) {
    const field = /^([A-Za-z][\w-]{0,60}):(.*)$/.exec(line);
    if (field !== null) {
      list = (field[1] ?? '').toLowerCase();
      fields.set(list, (field[2] ?? '').trim());
    } else if (list === 'sha256' && files.size < releaseFilesMax) {
      const [, hex, path] = /^ {1,4}([0-9a-f]{64}) {1,20}\d{1,16} {1,4}(\S{1,500})\s*$/i.exec(line) ?? [];
      if (hex !== undefined && path !== undefined) files.set(path, { algorithm: 'sha256', hex });
    }
  }
  return { fields, files };
}

const formOrder = ['.gz', '', '.xz'];

/** The package indexes of a suite (`main/binary-amd64/Packages.gz`) or of a flat repository (`Packages.gz`). */
export function packageIndexes({ files }: Release): readonly PackageIndex[] {
  const found = new Map<string, { component: string; arch: string; paths: string[] }>();
  for (const path of files.keys()) {
    const match = /^(?:\.\/)?(?:([\w./+-]{1,200})\/binary-([a-z0-9-]{1,40})\/)?Packages(\.gz|\.xz)?$/.exec(
      path,
    );
    if (match === null) continue;
    const [, component = '', arch = ''] = match;
    // Packages of the installer alone are never on a host.
    if (component.endsWith('/debian-installer')) continue;
    const key = `${component} ${arch}`;
    const index = found.get(key) ?? { component, arch, paths: [] };
    index.paths.push(path);
    found.set(key, index);
  }
  const indexes = [...found.values()].map(({ component, arch, paths }) => ({
    component,
    arch,
    forms: paths
      .sort((left, right) => formRank(left) - formRank(right))
      .flatMap((path) => {
        const checksum = files.get(path);
        return checksum === undefined ? [] : [{ path, checksum }];
      }),
  }));
  return indexes.filter(({ forms }) =>
    forms.every(({ checksum }) => checksum.hex.toLowerCase() !== emptySha256),
  );
}

/** What a file without a byte hashes to: an architecture that a component has no packages for. */
const emptySha256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

function formRank(path: string): number {
  return formOrder.findIndex((form) => path.endsWith(`Packages${form}`));
}
