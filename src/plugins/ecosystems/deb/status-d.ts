import type { Extraction, Extractor, ExtractorFile } from '../contract.ts';
import { linesOf, textOf } from '../read-text.ts';
import { extractStanzas } from './status.ts';

const folder = 'var/lib/dpkg/status.d/';
const sums = '.md5sums';

/**
 * Images without a package manager keep one file for each package, with its list of files beside it.
 * Source: https://github.com/GoogleContainerTools/distroless/blob/main/PACKAGE_METADATA.md
 */
export const debStatusD = {
  id: 'deb/status.d',
  version: 1,
  sizeMaxBytes: 4 * 1024 * 1024,
  wants: (path) => path.startsWith(folder) && !path.endsWith(sums) && path.indexOf('/', folder.length) < 0,
  companions: (path) => [path + sums],
  extract,
} satisfies Extractor;

function extract(file: ExtractorFile): Extraction {
  const extraction = extractStanzas(file, 'status.d');
  const list = file.companions.get(file.path + sums);
  const name = extraction.packages[0]?.name;
  if (list === undefined || name === undefined) return extraction;
  return { ...extraction, owned: [{ name, paths: pathsOf(textOf(list)) }] };
}

// Each line is a sum, two spaces and the path from the root.
function pathsOf(text: string): readonly string[] {
  return linesOf(text)
    .map((line) => /^[0-9a-f]{32} [ *](.+)$/.exec(line)?.[1] ?? '')
    .filter((path) => path !== '');
}
