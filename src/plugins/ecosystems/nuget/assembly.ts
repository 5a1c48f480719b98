import { problem } from '../../../model/problem.ts';
import type { Extraction, Extractor, ExtractorFile } from '../contract.ts';
import { readPe } from '../executable-pe.ts';
import { isManaged, versionText } from '../executable-pe-version.ts';
import { baseName, shown } from '../read-text.ts';
import { exactNugetVersion, isNugetId, nugetPackage } from './nuget-package.ts';

/**
 * Compiled .NET code. Its file is named after the assembly, and its version resource holds the version of the package
 * that it was built for; the version of the assembly itself often stays behind. What it was compiled against has files
 * of its own. Those of a shared framework are named by the framework's own list.
 * Source: https://learn.microsoft.com/en-us/dotnet/standard/assembly/file-format
 */
export const nugetAssembly = {
  id: 'nuget/assembly',
  version: 1,
  sizeMaxBytes: 256 * 1024 * 1024,
  endings: ['.dll'],
  wants,
  looksRight: (head) => head[0] === 0x4d && head[1] === 0x5a,
  extract,
} satisfies Extractor;

function wants(path: string): boolean {
  if (!path.endsWith('.dll') || path.endsWith('.resources.dll')) return false;
  return !path.includes('/ref/') && !path.includes('shared/Microsoft.');
}

function extract(file: ExtractorFile): Extraction {
  const executable = readPe(file.bytes);
  if (executable === null) {
    return { packages: [], problems: [problem('malformed', file.path, 'This is no Windows library.')] };
  }
  if (!isManaged(file.bytes)) return { packages: [], problems: [] };
  const name = baseName(file.path).replace(/\.dll$/, '');
  // `13.0.3+0a2e291c`: what follows the plus sign only names the build.
  const product = versionText(file.bytes, executable, 'ProductVersion');
  const version = exactNugetVersion(product?.split(/[+\s]/)[0]);
  if (!isNugetId(name) || version === null) {
    const why = `The version of ${shown(name)} is not written in it.`;
    return { packages: [], problems: [problem('not-assessed', file.path, why)] };
  }
  const assemblyVersion = versionText(file.bytes, executable, 'Assembly Version');
  const attributes = { assemblyVersion, identifiedBy: 'assembly' };
  return { packages: [nugetPackage({ name, version, path: file.path, attributes })], problems: [] };
}
