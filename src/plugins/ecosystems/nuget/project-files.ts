import type { Package } from '../../../model/package.ts';
import { type Problem, problem } from '../../../model/problem.ts';
import type { Extraction, Extractor, ExtractorFile } from '../contract.ts';
import { baseName, shown } from '../read-text.ts';
import { childrenOf, parseXml, textOfChild, type XmlElement } from '../read-xml.ts';
import { exactNugetVersion, isNugetId, nugetPackage } from './nuget-package.ts';

/**
 * Project files and the list of central versions. They name what is asked for directly.
 * Source: https://learn.microsoft.com/en-us/nuget/consume-packages/package-references-in-project-files
 */
export const nugetProject = {
  id: 'nuget/project',
  version: 1,
  sizeMaxBytes: 4 * 1024 * 1024,
  wants: (path) => (path.endsWith('proj') && /\.(?:cs|fs|vb)proj$/.test(path)) || isCentralList(path),
  isDeclaration: () => true,
  extract: extractProject,
} satisfies Extractor;

/**
 * The list of packages that older projects keep beside themselves.
 * Source: https://learn.microsoft.com/en-us/nuget/reference/packages-config
 */
export const nugetPackagesConfig = {
  id: 'nuget/packages-config',
  version: 1,
  sizeMaxBytes: 4 * 1024 * 1024,
  wants: (path) => /\.config$/i.test(path) && baseName(path).toLowerCase() === 'packages.config',
  isDeclaration: () => true,
  extract: extractConfig,
} satisfies Extractor;

// Directory.Packages.props, in any case of its letters.
function isCentralList(path: string): boolean {
  if (!path.endsWith('props') && !path.endsWith('PROPS')) return false;
  return /(?:^|\/)(?:Directory\.)?Packages\.props$/i.test(path);
}

const elementsOfPackages = new Set(['PackageReference', 'PackageVersion', 'GlobalPackageReference']);

function extractProject(file: ExtractorFile): Extraction {
  const root = parseXml(file.bytes, file.path);
  if ('kind' in root) return { packages: [], problems: [root] };
  const elements = childrenOf(root, 'ItemGroup').flatMap((group) => group.children);
  return readElements(
    elements.filter((element) => elementsOfPackages.has(element.name)),
    file.path,
    (element) => ({
      name: (element.attributes.Include ?? element.attributes.Update)?.trim(),
      version:
        element.attributes.VersionOverride ??
        element.attributes.Version ??
        textOfChild(element, 'Version') ??
        undefined,
      scope: null,
    }),
  );
}

function extractConfig(file: ExtractorFile): Extraction {
  const root = parseXml(file.bytes, file.path);
  if ('kind' in root) return { packages: [], problems: [root] };
  return readElements(childrenOf(root, 'package'), file.path, (element) => ({
    name: element.attributes.id,
    version: element.attributes.version,
    scope: element.attributes.developmentDependency === 'true' ? 'dev' : null,
  }));
}

type Read = {
  readonly name: string | undefined;
  readonly version: string | undefined;
  readonly scope: 'dev' | null;
};

function readElements(
  elements: readonly XmlElement[],
  path: string,
  read: (element: XmlElement) => Read,
): Extraction {
  const packages: Package[] = [];
  const problems: Problem[] = [];
  for (const element of elements) {
    const { name, version, scope } = read(element);
    const exact = exactNugetVersion(version);
    const line = element.line;
    if (isNugetId(name) && exact !== null) {
      packages.push(nugetPackage({ name, version: exact, path, line, scope, relation: 'direct' }));
    } else if (name) {
      // With central versions a project names no version itself; the central list is read too.
      const why = version ? `"${shown(version)}" is no single version` : 'no version is written here';
      problems.push(problem('not-assessed', `${path}:${line}`, `Package ${shown(name)}: ${why}.`));
    }
  }
  return { packages, problems };
}
