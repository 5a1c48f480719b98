import type { Problem } from '../../model/problem.ts';
import type { ExtractorFile } from './contract.ts';
import { listOf, objectOf, stringOf } from './json-with-lines.ts';
import { baseName } from './read-text.ts';
import { parseYaml } from './read-yaml.ts';

/** What an environment file of conda asks for: packages of conda, and lines for pip among them. */
export type CondaEnvironment = {
  readonly specifications: readonly string[];
  readonly requirements: readonly string[];
};

/** `environment.yml`, `environment-dev.yaml`. */
export function isCondaEnvironment(path: string): boolean {
  if (!path.endsWith('.yml') && !path.endsWith('.yaml')) return false;
  return baseName(path).startsWith('environment');
}

/**
 * The dependencies of an environment file. A file of that name without a list of dependencies is no file of conda, and
 * gives empty lists.
 * Source: https://docs.conda.io/projects/conda/en/stable/user-guide/tasks/manage-environments.html
 */
export function readCondaEnvironment(file: ExtractorFile): CondaEnvironment | Problem {
  const documents = parseYaml(file);
  if ('kind' in documents) return documents;
  const dependencies = listOf(objectOf(documents[0]?.value)?.dependencies);
  return {
    specifications: dependencies.map(stringOf).filter((text) => text !== null),
    requirements: dependencies
      .flatMap((entry) => listOf(objectOf(entry)?.pip))
      .map(stringOf)
      .filter((text) => text !== null),
  };
}
