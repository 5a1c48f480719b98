import { type Problem, problem, reasonOf } from '../../model/problem.ts';
import type { ExtractorFile } from './contract.ts';
import { type JsonDocument, type JsonObject, objectOf, parseJson } from './json-with-lines.ts';
import { shown, textOf } from './read-text.ts';

/** A JSON file whose top is an object, with the lines of its members. */
export function readJsonObject(file: ExtractorFile): { top: JsonObject; document: JsonDocument } | Problem {
  const document = parseJson(textOf(file.bytes), file.path, { allowComments: false });
  if ('kind' in document) return document;
  const top = objectOf(document.value);
  return top === null ? problem('malformed', file.path, 'The document is no object.') : { top, document };
}

/** The same without lines, for small files of which there are very many. */
export function readJsonFast(bytes: Uint8Array, path: string): { top: JsonObject } | Problem {
  let value: unknown;
  try {
    value = JSON.parse(textOf(bytes));
  } catch (error) {
    return problem('malformed', path, `The file is no JSON: ${shown(reasonOf(error))}`);
  }
  const top = objectOf(value as JsonObject);
  return top === null ? problem('malformed', path, 'The document is no object.') : { top };
}
