import * as sdk from '@aws-sdk/client-inspector2';
import { NormalizedSchema } from '@smithy/core/schema';
import type {
  $SchemaRef,
  StaticErrorSchema,
  StaticOperationSchema,
  StaticStructureSchema,
} from '@smithy/types';
import { assert } from '../../model/assert.ts';
import * as scan from './inspector-scan.ts';

// The one door to the SDK's schema tuples: whoever walks a shape uses the small view below. Reading it is strict,
// so an SDK that brings a tuple kind or a trait that we do not know stops the start and the contract test.

export type ServiceName = 'inspector2' | 'inspector-scan';

/** The type of a value on the wire. Shapes may refer to one another in a circle; never walk one without a value. */
export type Shape =
  | { readonly kind: 'string' | 'number' | 'boolean' | 'blob' | 'document' }
  | { readonly kind: 'timestamp'; readonly format: 'epoch-seconds' | 'date-time' }
  /** `name` is null where the SDK gives none: lists of strings and numbers. */
  | { readonly kind: 'list'; readonly name: string | null; readonly element: Shape }
  | { readonly kind: 'map'; readonly name: string | null; readonly value: Shape }
  | Structure;

export type Structure = {
  readonly kind: 'structure' | 'union';
  readonly name: string;
  readonly members: ReadonlyMap<string, Member>;
};

export type Member = {
  readonly name: string;
  readonly required: boolean;
  /** Where HTTP carries it. */
  readonly place: 'body' | 'path' | 'query' | 'header';
  /** The name it has there: a label, a query parameter, a header in lower case. */
  readonly wireName: string;
  readonly shape: Shape;
};

export type Operation = {
  readonly service: ServiceName;
  readonly name: string;
  readonly method: string;
  /** Path with `{label}` placeholders. */
  readonly uri: string;
  readonly status: number;
  readonly input: Structure;
  readonly output: Structure;
};

export type ErrorShape = {
  readonly name: string;
  readonly status: number;
  readonly structure: Structure;
};

type EnumName = {
  [K in keyof typeof sdk]: (typeof sdk)[K] extends Readonly<Record<string, string>> ? K : never;
}[keyof typeof sdk];

const memberTraits = ['httpLabel', 'httpQuery', 'httpHeader', 'sensitive', 'idempotencyToken'] as const;
const exported: Readonly<Record<EnumName, Readonly<Record<string, string>>>> = sdk;
const built = new Map<unknown, Shape>();

/** All operations, those of inspector2 first. */
export const operations: readonly Operation[] = [
  ...tuples(sdk, isOperation).map((tuple) => operationOf('inspector2', tuple)),
  ...tuples(scan, isOperation).map((tuple) => operationOf('inspector-scan', tuple)),
];

/** The modelled errors of a service, by name. */
export const errors: Readonly<Record<ServiceName, ReadonlyMap<string, ErrorShape>>> = {
  inspector2: errorsOf(sdk),
  'inspector-scan': errorsOf(scan),
};

/** The values of an enum, straight from the SDK so that they cannot drift. */
export function enumValues(name: EnumName): readonly string[] {
  return Object.values(exported[name]);
}

export type { EnumName };

function tuples<T>(module: object, is: (value: unknown) => value is T): T[] {
  return Object.values(module).filter(is);
}

function isOperation(value: unknown): value is StaticOperationSchema {
  return Array.isArray(value) && value[0] === 9;
}

function isError(value: unknown): value is StaticErrorSchema {
  // The SDK's own base exception lies in a namespace of its own and never crosses the wire.
  return Array.isArray(value) && value[0] === -3 && !String(value[1]).startsWith('smithy.ts.sdk');
}

function operationOf(service: ServiceName, tuple: StaticOperationSchema): Operation {
  const [, , name, , input, output] = tuple;
  const { http } = traitsOf(NormalizedSchema.of(tuple), ['http']);
  assert(http, `operation ${name} has no http trait`);
  const [method, uri, status] = http;
  return { service, name, method, uri, status, input: structureOf(input), output: structureOf(output) };
}

function errorsOf(module: object): ReadonlyMap<string, ErrorShape> {
  const found = new Map<string, ErrorShape>();
  for (const tuple of tuples(module, isError)) {
    const { httpError } = traitsOf(NormalizedSchema.of(tuple), ['error', 'httpError']);
    assert(typeof httpError === 'number', `error ${tuple[2]} has no status`);
    found.set(tuple[2], { name: tuple[2], status: httpError, structure: structureOf(tuple) });
  }
  return found;
}

function structureOf(ref: $SchemaRef): Structure {
  const schema = NormalizedSchema.of(ref);
  assert(schema.isStructSchema(), `${schema.getName()} is not a structure`);
  const shape = shapeOf(schema);
  assert(shape.kind === 'structure', `${schema.getName()} is not a structure`);
  return shape;
}

function shapeOf(schema: NormalizedSchema): Shape {
  const tuple = schema.getSchema();
  if (!schema.isStructSchema()) return simpleOf(schema);
  const known = built.get(tuple);
  if (known) return known;
  const members = new Map<string, Member>();
  const kind = schema.isUnionSchema() ? 'union' : 'structure';
  const shape: Structure = { kind, name: String(schema.getName()), members };
  // Set before the members are read, so that a shape may contain itself.
  built.set(tuple, shape);
  let requiredLeft = kind === 'union' ? 0 : ((tuple as StaticStructureSchema)[6] ?? 0);
  for (const [name, member] of schema.structIterator())
    members.set(name, memberOf(name, member, requiredLeft-- > 0));
  return shape;
}

function simpleOf(schema: NormalizedSchema): Shape {
  if (schema.isListSchema()) {
    const name = namedTuple(schema);
    return { kind: 'list', name, element: shapeOf(schema.getValueSchema()) };
  }
  if (schema.isMapSchema()) {
    assert(schema.getKeySchema().isStringSchema(), `the keys of ${schema.getName()} are not strings`);
    return { kind: 'map', name: namedTuple(schema), value: shapeOf(schema.getValueSchema()) };
  }
  if (schema.isTimestampSchema()) return { kind: 'timestamp', format: timestampFormat(schema) };
  if (schema.isStringSchema()) return { kind: 'string' };
  if (schema.isNumericSchema()) return { kind: 'number' };
  if (schema.isBooleanSchema()) return { kind: 'boolean' };
  if (schema.getSchema() === 21) return { kind: 'blob' };
  if (schema.isDocumentSchema()) return { kind: 'document' };
  assert(false, `unknown schema kind ${JSON.stringify(schema.getSchema())} at ${schema.getName(true)}`);
}

function namedTuple(schema: NormalizedSchema): string | null {
  return Array.isArray(schema.getSchema()) ? (schema.getName() ?? null) : null;
}

function timestampFormat(schema: NormalizedSchema): 'epoch-seconds' | 'date-time' {
  const code = schema.getSchema();
  assert(code !== 6, `http-date timestamp at ${schema.getName(true)}`);
  return code === 5 ? 'date-time' : 'epoch-seconds';
}

function memberOf(name: string, schema: NormalizedSchema, required: boolean): Member {
  const traits = traitsOf(schema, memberTraits);
  const shape = shapeOf(schema);
  if (traits.httpLabel) return { name, required, place: 'path', wireName: name, shape };
  if (traits.httpQuery) return { name, required, place: 'query', wireName: traits.httpQuery, shape };
  if (traits.httpHeader)
    return { name, required, place: 'header', wireName: traits.httpHeader.toLowerCase(), shape };
  return { name, required, place: 'body', wireName: name, shape };
}

function traitsOf(schema: NormalizedSchema, known: readonly string[]) {
  const traits = schema.getMergedTraits();
  for (const trait of Object.keys(traits))
    assert(known.includes(trait), `unknown trait ${trait} at ${schema.getName(true)}`);
  return traits;
}
