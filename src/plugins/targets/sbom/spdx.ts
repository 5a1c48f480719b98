import { type Fields, fields, list, textOf } from '../../../lib/fields.ts';
import type { OsRelease } from '../../../model/os-release.ts';
import type { Package } from '../../../model/package.ts';
import { type Problem, problem } from '../../../model/problem.ts';
import { packageOfPurl } from './package-of-purl.ts';
import type { SbomContent } from './sbom-content.ts';

const packagesMax = 1_000_000;

/** SPDX 2.2 and 2.3 JSON. Source: https://spdx.github.io/spdx-spec/v2.3/ */
export function readSpdx(document: Fields, where: string): SbomContent {
  const packages: Package[] = [];
  const problems: Problem[] = [];
  let os: OsRelease | null = null;
  const entries = list(document.packages);
  if (entries.length > packagesMax)
    problems.push(problem('limit', where, `more than ${packagesMax} packages`, 'packagesMax'));
  for (const entry of entries.slice(0, packagesMax)) {
    const item = fields(entry);
    if (item.primaryPackagePurpose === 'OPERATING-SYSTEM') {
      const id = textOf(item.name)?.toLowerCase();
      if (id) os = { id, idLike: [], versionId: textOf(item.versionInfo), codename: null, prettyName: null };
      continue;
    }
    const purlText = purlOf(item);
    if (!purlText) {
      if (item.primaryPackagePurpose !== 'CONTAINER' && textOf(item.versionInfo)) {
        const why = 'has no purl, so no ecosystem is known and it is not assessed';
        problems.push(problem('not-assessed', `${where}: package ${textOf(item.name) ?? '?'}`, why));
      }
      continue;
    }
    const licence = textOf(item.licenseConcluded) ?? textOf(item.licenseDeclared);
    const made = packageOfPurl({
      purlText,
      evidence: [{ path: where, layer: null, line: null }],
      source: null,
      licences: licence && licence !== 'NOASSERTION' && licence !== 'NONE' ? [licence] : [],
      scope: null,
    });
    if (typeof made !== 'string') packages.push(made);
    else if (!purlText.startsWith('pkg:oci/'))
      problems.push(problem('malformed', `${where}: ${purlText.slice(0, 200)}`, made));
  }
  return { os, packages, problems, name: textOf(document.name), digest: null };
}

function purlOf(item: Fields): string | null {
  for (const reference of list(item.externalRefs)) {
    const { referenceType, referenceLocator } = fields(reference);
    if (referenceType === 'purl') return textOf(referenceLocator);
  }
  return null;
}
