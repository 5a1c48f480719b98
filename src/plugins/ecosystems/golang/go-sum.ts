import { go } from '../../../versions/go.ts';
import { isNameLike } from '../package-of.ts';
import { linesOf } from '../read-text.ts';
import { isModulePath } from './golang-package.ts';

/**
 * The modules whose content was checked, the highest version of each, as the build chooses. Lines that only check a
 * `go.mod` file say nothing about what was used.
 * Source: https://go.dev/ref/mod#go-sum-files
 */
export function sumsOf(
  text: string,
): readonly { readonly module: string; readonly version: string; readonly line: number }[] {
  const found = new Map<string, { module: string; version: string; line: number }>();
  for (const [index, line] of linesOf(text).entries()) {
    const [module, version, sum] = line.trim().split(/\s+/);
    if (
      !isModulePath(module) ||
      !isNameLike(version) ||
      version.endsWith('/go.mod') ||
      !sum?.startsWith('h1:')
    )
      continue;
    const known = found.get(module);
    if (known !== undefined && go.compare(known.version, version) !== -1) continue;
    found.set(module, { module, version, line: index + 1 });
  }
  return [...found.values()];
}
