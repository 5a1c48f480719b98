import { parse } from 'smol-toml';
import { type Problem, problem, reasonOf } from '../../model/problem.ts';
import type { JsonObject } from './json-with-lines.ts';
import { linesOf, shown, textOf } from './read-text.ts';

export type TomlDocument = {
  readonly top: JsonObject;
  /** The lines on which the tables of a list begin (`[[package]]`), in order. */
  linesOfList(name: string): readonly number[];
};

const depthMax = 100;

/**
 * Parses a TOML file. Dates and times come as objects, which no reader here looks at.
 * Source: https://toml.io/en/v1.0.0
 */
export function parseToml(bytes: Uint8Array, path: string): TomlDocument | Problem {
  const text = textOf(bytes);
  try {
    const top = parse(text, { maxDepth: depthMax, integersAsBigInt: false }) as unknown as JsonObject;
    return { top, linesOfList: (name) => linesOfList(text, name) };
  } catch (error) {
    return problem('malformed', path, `The file is no TOML: ${shown(reasonOf(error).split('\n')[0] ?? '')}`);
  }
}

function linesOfList(text: string, name: string): readonly number[] {
  const header = `[[${name}]]`;
  const found: number[] = [];
  for (const [index, line] of linesOf(text).entries()) if (line.trim() === header) found.push(index + 1);
  return found;
}
