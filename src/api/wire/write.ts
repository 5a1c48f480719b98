import { assert } from '../../model/assert.ts';
import type { ApiError } from './errors.ts';
import type { WireResponse } from './http.ts';
import { errors, type Operation, type ServiceName, type Shape, type Structure } from './schema.ts';

/**
 * Writes what a handler gave as the answer of its operation. Members that are undefined or null are left out, and so
 * are members that the API does not have: a handler may hand over more than the answer needs.
 */
export function writeOutput(operation: Operation, output: object): WireResponse {
  return response(operation.status, operation.output, output, {});
}

/** Writes an error of a service; one that it does not model is a 400 unless the error says otherwise. */
export function writeError(service: ServiceName, error: ApiError): WireResponse {
  const modelled = errors[service].get(error.code);
  const headers = { 'x-amzn-errortype': error.code };
  const members = { ...error.members, message: error.message };
  if (modelled) return response(modelled.status, modelled.structure, members, headers);
  return json(error.status ?? 400, { message: error.message }, headers);
}

function response(
  status: number,
  structure: Structure,
  value: object,
  headers: Readonly<Record<string, string>>,
): WireResponse {
  const all: Record<string, string> = { ...headers };
  for (const member of structure.members.values()) {
    const given = (value as Record<string, unknown>)[member.name];
    if (member.place === 'header' && given !== undefined && given !== null)
      all[member.wireName] = String(given);
  }
  return json(status, writeStructure(structure, value), all);
}

function json(status: number, body: unknown, headers: Readonly<Record<string, string>>): WireResponse {
  return {
    status,
    headers: { 'content-type': 'application/json', ...headers },
    body: Buffer.from(JSON.stringify(body)),
  };
}

function writeStructure(structure: Structure, value: object): Record<string, unknown> {
  const written: Record<string, unknown> = {};
  for (const member of structure.members.values()) {
    const given = (value as Record<string, unknown>)[member.name];
    if (member.place === 'body' && given !== undefined && given !== null)
      written[member.wireName] = writeValue(member.shape, given, member.name);
  }
  return written;
}

// A value of the wrong type is a mistake of ours: the assertion ends as an internal error, not as a wrong answer.
function writeValue(shape: Shape, value: unknown, where: string): unknown {
  switch (shape.kind) {
    case 'structure':
    case 'union':
      assert(typeof value === 'object' && value !== null, `${where} is not an object`);
      return writeStructure(shape, value);
    case 'list':
      assert(Array.isArray(value), `${where} is not a list`);
      return value.map((item) => writeValue(shape.element, item, where));
    case 'map':
      assert(typeof value === 'object' && value !== null, `${where} is not a map`);
      return Object.fromEntries(
        Object.entries(value)
          .filter(([, item]) => item !== undefined && item !== null)
          .map(([key, item]) => [key, writeValue(shape.value, item, where)]),
      );
    case 'timestamp':
      assert(value instanceof Date && !Number.isNaN(value.getTime()), `${where} is not a date`);
      return shape.format === 'date-time' ? value.toISOString() : value.getTime() / 1_000;
    case 'blob':
      assert(value instanceof Uint8Array, `${where} is not bytes`);
      return Buffer.from(value).toString('base64');
    case 'number':
      assert(typeof value === 'number', `${where} is not a number`);
      return Number.isFinite(value) ? value : String(value);
    case 'string':
    case 'boolean':
      assert(typeof value === shape.kind, `${where} is not a ${shape.kind}`);
      return value;
    case 'document':
      return value;
  }
}
