import { problem } from '../../../model/problem.ts';
import type { Extraction, Extractor, ExtractorFile } from '../contract.ts';
import { isNameLike, packageOf } from '../package-of.ts';
import { linesOf, textOf } from '../read-text.ts';

/**
 * The core of Drupal since version 8, which is a package of Composer however it was installed:
 * `const VERSION = '10.1.5';`
 * Source: https://api.drupal.org/api/drupal/core%21lib%21Drupal.php/class/Drupal
 */
export const composerDrupalCore = {
  id: 'composer/drupal-core',
  version: 1,
  sizeMaxBytes: 1024 * 1024,
  names: ['Drupal.php'],
  wants: (path) => path.endsWith('core/lib/Drupal.php'),
  extract,
} satisfies Extractor;

function extract(file: ExtractorFile): Extraction {
  for (const [index, line] of linesOf(textOf(file.bytes)).entries()) {
    const version = /^\s*const\s+VERSION\s*=\s*'([^']{1,64})'/.exec(line.slice(0, 512))?.[1];
    if (!isNameLike(version)) continue;
    const pkg = packageOf({
      ecosystem: 'composer',
      namespace: 'drupal',
      purlName: 'core',
      name: 'drupal/core',
      version,
      path: file.path,
      line: index + 1,
    });
    return { packages: [pkg], problems: [] };
  }
  const why = 'No line of it gives the version of Drupal.';
  return { packages: [], problems: [problem('malformed', file.path, why)] };
}
