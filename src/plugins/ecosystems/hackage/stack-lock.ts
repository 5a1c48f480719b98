import type { Package } from '../../../model/package.ts';
import { problem } from '../../../model/problem.ts';
import type { Extraction, Extractor, ExtractorFile } from '../contract.ts';
import { listOf, objectOf, stringOf } from '../json-with-lines.ts';
import { hasName } from '../read-text.ts';
import { parseYaml } from '../read-yaml.ts';
import { hackagePackage } from './hackage-package.ts';

/**
 * The lock file of Stack. It lists the packages beside the snapshot; the snapshot itself is only named.
 * Source: https://docs.haskellstack.org/en/stable/topics/lock_files/
 */
export const hackageStackLock = {
  id: 'hackage/stack-lock',
  version: 1,
  sizeMaxBytes: 8 * 1024 * 1024,
  names: ['stack.yaml.lock'],
  wants: (path) => hasName(path, 'stack.yaml.lock'),
  isDeclaration: () => true,
  extract,
} satisfies Extractor;

function extract(file: ExtractorFile): Extraction {
  const documents = parseYaml(file);
  if ('kind' in documents) return { packages: [], problems: [documents] };
  const document = documents[0];
  const top = objectOf(document?.value);
  if (document === undefined || top === null) {
    return { packages: [], problems: [problem('malformed', file.path, 'This is no lock file of Stack.')] };
  }
  const packages: Package[] = [];
  for (const value of listOf(top.packages)) {
    const completed = objectOf(objectOf(value)?.completed);
    const found = /^([A-Za-z0-9-]{1,200})-([0-9.]{1,100})(?:@|$)/.exec(stringOf(completed?.hackage) ?? '');
    const [, name, version] = found ?? [];
    if (completed === null || name === undefined || version === undefined) continue;
    packages.push(hackagePackage(name, version, file.path, document.lineOf(completed, 'hackage')));
  }
  return { packages, problems: [] };
}
