import type { Package, PackageScope } from '../../../model/package.ts';
import { type Problem, problem } from '../../../model/problem.ts';
import { type Json, type JsonObject, listOf, objectOf, stringOf } from '../json-with-lines.ts';
import { isNameLike, packageOf } from '../package-of.ts';

export type ComposerPlace = {
  readonly path: string;
  readonly line: number | null;
  readonly scope: PackageScope | null;
  readonly relation: 'direct' | 'transitive' | null;
};

/** A package as Composer describes it in its lock file and in its list of what is installed. */
export function composerPackage(value: Json, place: ComposerPlace): Package | Problem {
  const entry = objectOf(value);
  const name = stringOf(entry?.name);
  const version = stringOf(entry?.version);
  if (entry === null || !isNameLike(name) || !isNameLike(version)) {
    const where = place.line === null ? place.path : `${place.path}:${place.line}`;
    return problem('malformed', where, 'This entry has no name or no version.');
  }
  const slash = name.indexOf('/');
  return packageOf({
    ecosystem: 'composer',
    namespace: slash < 0 ? null : name.slice(0, slash),
    purlName: name.slice(slash + 1),
    name,
    version,
    ...place,
    licences: listOf(entry.license)
      .map(stringOf)
      .filter((licence) => licence !== null),
    attributes: { reference: referenceOf(entry), type: stringOf(entry.type) },
  });
}

function referenceOf(entry: JsonObject): string | null {
  return stringOf(objectOf(entry.source)?.reference) ?? stringOf(objectOf(entry.dist)?.reference);
}
