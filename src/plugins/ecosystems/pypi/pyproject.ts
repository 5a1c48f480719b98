import { type Json, listOf, objectOf, stringOf } from '../json-with-lines.ts';
import { parseToml } from '../read-toml.ts';
import { normalisePypi } from './pypi-package.ts';

/**
 * The names that a project asks for itself, normalised, from the file that describes it; null without one.
 * Source: https://packaging.python.org/en/latest/specifications/pyproject-toml/
 */
export function requestedNames(bytes: Uint8Array | undefined): ReadonlySet<string> | null {
  const document = bytes === undefined ? null : parseToml(bytes, 'pyproject.toml');
  if (document === null || 'kind' in document) return null;
  const project = objectOf(document.top.project);
  const requirements = [
    ...listOf(project?.dependencies),
    ...listsIn(project?.['optional-dependencies']),
    ...listsIn(document.top['dependency-groups']),
  ];
  const names = requirements.map(
    (requirement) => /^[A-Za-z0-9][A-Za-z0-9._-]*/.exec(stringOf(requirement) ?? '')?.[0] ?? '',
  );
  const poetry = objectOf(objectOf(document.top.tool)?.poetry);
  const groups = Object.values(objectOf(poetry?.group) ?? {}).map((group) => objectOf(group)?.dependencies);
  for (const table of [poetry?.dependencies, poetry?.['dev-dependencies'], ...groups]) {
    names.push(...Object.keys(objectOf(table) ?? {}));
  }
  return new Set(names.filter((name) => name !== '').map(normalisePypi));
}

function listsIn(table: Json | undefined): readonly Json[] {
  return Object.values(objectOf(table) ?? {}).flatMap((list) => listOf(list));
}
