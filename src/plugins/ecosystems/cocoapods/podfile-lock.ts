import type { Package } from '../../../model/package.ts';
import { problem } from '../../../model/problem.ts';
import type { Extraction, Extractor, ExtractorFile } from '../contract.ts';
import { isNameLike, packageOf } from '../package-of.ts';
import { hasName, linesOf, textOf } from '../read-text.ts';

/**
 * The lock file of CocoaPods: below `PODS:` each pod with its version, two spaces in. A part of a pod
 * (`AppCenter/Core`) is a subpath of its purl.
 * Source: https://guides.cocoapods.org/using/using-cocoapods.html#what-is-podfilelock
 */
export const cocoapodsPodfileLock = {
  id: 'cocoapods/podfile-lock',
  version: 1,
  sizeMaxBytes: 8 * 1024 * 1024,
  names: ['Podfile.lock'],
  wants: (path) => hasName(path, 'Podfile.lock'),
  isDeclaration: () => true,
  extract,
} satisfies Extractor;

function extract(file: ExtractorFile): Extraction {
  const packages: Package[] = [];
  let section = '';
  for (const [index, line] of linesOf(textOf(file.bytes)).entries()) {
    if (/^[A-Z]/.test(line)) section = line;
    if (section !== 'PODS:') continue;
    const [, name, version] = /^ {2}- "?([^\s"(]{1,200}) \(([^\s)]{1,200})\)"?:?$/.exec(line) ?? [];
    if (isNameLike(name) && isNameLike(version))
      packages.push(podPackage(name, version, file.path, index + 1));
  }
  if (section === '')
    return { packages, problems: [problem('malformed', file.path, 'This is no lock file of CocoaPods.')] };
  return { packages, problems: [] };
}

function podPackage(name: string, version: string, path: string, line: number): Package {
  const slash = name.indexOf('/');
  const pod = slash < 0 ? name : name.slice(0, slash);
  const subpath = slash < 0 ? null : name.slice(slash + 1);
  return packageOf({
    ecosystem: 'cocoapods',
    namespace: null,
    purlName: pod,
    subpath,
    name,
    version,
    path,
    line,
  });
}
