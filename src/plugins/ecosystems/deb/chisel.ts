import { zstdDecompressSync } from 'node:zlib';
import type { Package } from '../../../model/package.ts';
import { type Problem, problem } from '../../../model/problem.ts';
import type { Extraction, Extractor, ExtractorFile, OwnedFiles } from '../contract.ts';
import { type JsonObject, listOf, objectOf, stringOf } from '../json-with-lines.ts';
import { isNameLike, packageOf } from '../package-of.ts';
import { hasName, linesOf, shown, textOf } from '../read-text.ts';
import { distroQualifier } from '../system-purl.ts';

const unpackedMaxBytes = 256 * 1024 * 1024;

/**
 * The manifest of a tree that Chisel cut out of Ubuntu packages, which has no dpkg: one JSON object on each line,
 * packed with zstd. It names the packages, and each file with the slices of packages that brought it.
 * Source: https://documentation.ubuntu.com/chisel/en/latest/reference/manifest
 */
export const debChisel = {
  id: 'deb/chisel',
  version: 1,
  sizeMaxBytes: 64 * 1024 * 1024,
  names: ['manifest.wall'],
  wants: (path) => hasName(path, 'manifest.wall'),
  extract,
} satisfies Extractor;

function extract(file: ExtractorFile): Extraction {
  const text = unpack(file);
  if (typeof text !== 'string') return { packages: [], problems: [text] };
  const lines = linesOf(text);
  const header = parseLine(lines[0] ?? '');
  if (stringOf(header?.jsonwall) === null) {
    return { packages: [], problems: [problem('malformed', file.path, 'This is no manifest of Chisel.')] };
  }
  const packages: Package[] = [];
  const problems: Problem[] = [];
  const owned = new Map<string, string[]>();
  for (const [index, line] of lines.entries()) {
    if (index === 0 || line === '') continue;
    const entry = parseLine(line);
    const where = `${file.path}:${index + 1}`;
    if (entry === null) problems.push(problem('malformed', where, 'This line is no JSON object.'));
    else if (entry.kind === 'path') noteOwners(entry, owned);
    else if (entry.kind === 'package') {
      const read = readPackage(entry, file, where);
      if ('purl' in read) packages.push(read);
      else problems.push(read);
    }
  }
  return { packages, problems, owned: [...owned].map(([name, paths]): OwnedFiles => ({ name, paths })) };
}

function unpack(file: ExtractorFile): string | Problem {
  try {
    return textOf(zstdDecompressSync(file.bytes, { maxOutputLength: unpackedMaxBytes }));
  } catch (error) {
    const code = (error as { code?: string }).code ?? '';
    return code === 'ERR_BUFFER_TOO_LARGE'
      ? problem('limit', file.path, `It unpacks to more than ${unpackedMaxBytes} bytes.`, 'manifestBytesMax')
      : problem('malformed', file.path, 'It is not packed with zstd, or the packed data is damaged.');
  }
}

function parseLine(line: string): JsonObject | null {
  try {
    return objectOf(JSON.parse(line));
  } catch {
    // The caller names the line.
    return null;
  }
}

function readPackage(entry: JsonObject, file: ExtractorFile, where: string): Package | Problem {
  const name = stringOf(entry.name);
  const version = stringOf(entry.version);
  if (!isNameLike(name)) return problem('malformed', where, 'This entry names no package.');
  if (!isNameLike(version)) return problem('malformed', where, `Package ${shown(name)} has no version.`);
  const arch = stringOf(entry.arch) || null;
  return packageOf({
    ecosystem: 'deb',
    namespace: file.os?.id ?? null,
    purlName: name,
    version,
    qualifiers: { arch, distro: distroQualifier(file.os) },
    arch,
    // The manifest does not say from which source a package was built; most have a source of their own name.
    source: { name, version },
    path: file.path,
    line: Number(where.slice(where.lastIndexOf(':') + 1)),
  });
}

// `base-files_bin` is the slice `bin` of the package `base-files`. Folders belong to many packages.
function noteOwners(entry: JsonObject, owned: Map<string, string[]>): void {
  const path = stringOf(entry.path) ?? '';
  if (!path.startsWith('/') || path.endsWith('/')) return;
  for (const slice of listOf(entry.slices).map(stringOf)) {
    const name = slice?.split('_')[0] ?? '';
    if (!isNameLike(name)) continue;
    const paths = owned.get(name);
    if (paths === undefined) owned.set(name, [path.slice(1)]);
    else paths.push(path.slice(1));
  }
}
