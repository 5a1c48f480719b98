import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { listLimits } from '../../src/api/wire/constraints.ts';
import { OutputFormat, ScanFailureReason, ScanValidationReason } from '../../src/api/wire/inspector-scan.ts';
import type { Limit } from '../../src/api/wire/limits.ts';
import {
  errors,
  operations,
  type ServiceName,
  type Shape,
  type Structure,
} from '../../src/api/wire/schema.ts';
import { limitOf } from '../../src/api/wire/validate.ts';

// Holds our constraints, and the schemas that we wrote by hand, against the service models of a botocore that is
// installed here. What both know must agree; where an older or odd model does not, `testdata/drift.json` says why.

type Model = {
  readonly operations: Readonly<
    Record<string, { http: ModelHttp; input?: { shape: string }; output?: { shape: string } }>
  >;
  readonly shapes: Readonly<Record<string, ModelShape>>;
};
type ModelHttp = { readonly method: string; readonly requestUri: string; readonly responseCode?: number };
type ModelRef = { readonly shape: string; readonly location?: string; readonly locationName?: string };
type ModelShape = {
  readonly type: string;
  readonly min?: number;
  readonly max?: number;
  readonly pattern?: string;
  readonly enum?: readonly string[];
  readonly required?: readonly string[];
  readonly members?: Readonly<Record<string, ModelRef>>;
  readonly member?: ModelRef;
  readonly key?: ModelRef;
  readonly value?: ModelRef;
  readonly document?: boolean;
  readonly exception?: boolean;
  readonly error?: { readonly httpStatusCode: number };
};
/** `theirs` is the start of the SHA-256 of what their model says: it is not kept here. */
type Expected = { readonly where: string; readonly theirs: string; readonly reason: string };
type Difference = { readonly where: string; readonly ours: string; readonly theirs: string };

const folder = botocoreFolder();
const skip = folder === null ? 'no botocore with a model of inspector2 is installed here' : false;
const expected: readonly Expected[] = JSON.parse(
  readFileSync(join(import.meta.dirname, 'testdata/drift.json'), 'utf8'),
);

describe('against the models of botocore', { skip }, () => {
  for (const service of ['inspector2', 'inspector-scan'] as const)
    test(service, (context) => {
      const model = readModel(service);
      const walk: Walk = { model, found: [], seen: new Set(), compared: 0, onlyOurs: 0 };
      compareService(service, walk);
      context.diagnostic(
        `${walk.compared} members compared, ${walk.onlyOurs} unknown to this botocore, ${walk.found.length} differences`,
      );
      const unexplained = walk.found.filter((difference) => !isExpected(difference));
      const shown = unexplained.map((difference) => ({ ...difference, digest: digest(difference.theirs) }));
      assert.deepEqual(shown, []);
      assert.ok(walk.compared > (service === 'inspector2' ? 500 : 3));
    });

  test('the enums that we wrote ourselves', () => {
    const { shapes } = readModel('inspector-scan');
    assert.deepEqual(OutputFormat, shapes.OutputFormat?.enum);
    assert.deepEqual(ScanValidationReason, shapes.ValidationExceptionReason?.enum);
    assert.deepEqual(ScanFailureReason, shapes.InternalServerExceptionReason?.enum);
  });
});

test('every expected difference has a reason', () => {
  for (const { where, reason } of expected) assert.ok(reason.length > 10, where);
});

type Walk = {
  readonly model: Model;
  readonly found: Difference[];
  readonly seen: Set<string>;
  compared: number;
  onlyOurs: number;
};

function compareService(service: ServiceName, walk: Walk): void {
  for (const operation of operations.filter((one) => one.service === service)) {
    const theirs = walk.model.operations[operation.name];
    if (!theirs) continue;
    const { method, requestUri, responseCode = 200 } = theirs.http;
    compare(
      walk,
      operation.name,
      `${operation.method} ${operation.uri} ${operation.status}`,
      `${method} ${requestUri} ${responseCode}`,
    );
    compareStructure(walk, operation.input, theirs.input?.shape, true);
    if (service === 'inspector-scan') compareStructure(walk, operation.output, theirs.output?.shape, false);
  }
  const exceptions = Object.entries(walk.model.shapes).filter(([, { exception }]) => exception);
  compare(
    walk,
    'errors',
    [...errors[service].keys()].sort().join(),
    exceptions
      .map(([name]) => name)
      .sort()
      .join(),
  );
  for (const { name, status, structure } of errors[service].values()) {
    compare(walk, `${name} status`, String(status), String(walk.model.shapes[name]?.error?.httpStatusCode));
    compareStructure(walk, structure, name, false);
  }
}

function compareStructure(walk: Walk, ours: Structure, name: string | undefined, limited: boolean): void {
  const theirs = walk.model.shapes[name ?? ''];
  if (!theirs || walk.seen.has(ours.name)) return;
  walk.seen.add(ours.name);
  compare(walk, 'structure name', ours.name, name ?? '');
  for (const absent of Object.keys(theirs.members ?? {}).filter((member) => !ours.members.has(member)))
    compare(walk, `${ours.name}.${absent}`, 'absent', 'present');
  for (const member of ours.members.values()) {
    const where = `${ours.name}.${member.name}`;
    const ref = theirs.members?.[member.name];
    if (!ref) {
      walk.onlyOurs += 1;
      continue;
    }
    const required = theirs.required?.includes(member.name) ?? false;
    const place = `${member.required ? 'required ' : ''}${member.place} ${member.place === 'body' ? member.name : member.wireName}`;
    compare(walk, `${where} place`, place, `${required ? 'required ' : ''}${placeOf(ref, member.name)}`);
    compareShape(walk, where, member.shape, limitOf(ours.name, member.name), ref.shape, limited);
  }
}

function compareShape(
  walk: Walk,
  where: string,
  ours: Shape,
  limit: Limit | null,
  name: string,
  limited: boolean,
): void {
  const theirs = walk.model.shapes[name];
  assert.ok(theirs, name);
  walk.compared += 1;
  const effective = limit ?? (ours.kind === 'list' && ours.name ? (listLimits[ours.name] ?? null) : null);
  compare(walk, where, describeOurs(ours, limited ? effective : null), describeTheirs(name, theirs, limited));
  if (ours.kind === 'structure' || ours.kind === 'union') compareStructure(walk, ours, name, limited);
  if (ours.kind === 'list' && theirs.member) {
    const element = effective?.kind === 'list' ? effective.element : null;
    compareShape(walk, `${where}[]`, ours.element, element, theirs.member.shape, limited);
  }
  if (ours.kind === 'map' && theirs.key && theirs.value) {
    const map = effective?.kind === 'map' ? effective : null;
    compareShape(walk, `${where} key`, { kind: 'string' }, map?.key ?? null, theirs.key.shape, limited);
    compareShape(walk, `${where} value`, ours.value, map?.value ?? null, theirs.value.shape, limited);
  }
}

function placeOf({ location, locationName }: ModelRef, name: string): string {
  const places: Readonly<Record<string, string>> = { uri: 'path', querystring: 'query', header: 'header' };
  const place = places[location ?? ''] ?? 'body';
  return `${place} ${place === 'header' ? (locationName ?? name).toLowerCase() : (locationName ?? name)}`;
}

const kinds: Readonly<Record<string, string>> = { integer: 'number', long: 'number', double: 'number' };

function describeTheirs(name: string, shape: ModelShape, limited: boolean): string {
  const kind = shape.document ? 'document' : (kinds[shape.type] ?? shape.type);
  if (!limited) return kind;
  if (shape.enum) return `enum ${name}`;
  if (kind === 'number') return shape.type + bounds(shape.min, shape.max);
  return kind + bounds(shape.min, shape.max) + (shape.pattern === undefined ? '' : ` ${shape.pattern}`);
}

function describeOurs(shape: Shape, limit: Limit | null): string {
  const kind = shape.kind === 'union' ? 'structure' : shape.kind;
  if (!limit) return kind;
  if (limit.kind === 'enum') return `enum ${limit.name}`;
  if (limit.kind === 'number') return limit.type + (limit.min < -1e9 ? '' : bounds(limit.min, limit.max));
  const pattern = limit.kind === 'text' && limit.pattern ? ` ${modelPattern(limit.pattern.source)}` : '';
  return kind + bounds(limit.min, limit.max) + pattern;
}

function bounds(min = 0, max = Number.POSITIVE_INFINITY): string {
  return min === 0 && max === Number.POSITIVE_INFINITY ? '' : ` ${min}..${max}`;
}

// Their models leave out the anchors, and say with `.*` where there were none.
function modelPattern(source: string): string {
  return source.startsWith('^') && source.endsWith('$') ? source.slice(1, -1) : `.*${source}.*`;
}

function compare(walk: Walk, where: string, ours: string, theirs: string): void {
  if (ours !== theirs) walk.found.push({ where, ours, theirs });
}

function isExpected({ where, theirs }: Difference): boolean {
  return expected.some((known) => known.where === where && known.theirs === digest(theirs));
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

function readModel(service: ServiceName): Model {
  const path = join(
    folder ?? '',
    service,
    service === 'inspector2' ? '2020-06-08' : '2023-08-08',
    'service-2.json',
  );
  return JSON.parse(
    (existsSync(path) ? readFileSync(path) : gunzipSync(readFileSync(`${path}.gz`))).toString(),
  );
}

function botocoreFolder(): string | null {
  const ask = 'import botocore, os; print(os.path.join(os.path.dirname(botocore.__file__), "data"))';
  const path =
    process.env.OPENINSPECTOR_BOTOCORE_DATA ?? spawnSync('python3', ['-c', ask], { encoding: 'utf8' }).stdout;
  const found = path?.trim() ?? '';
  return found !== '' && existsSync(join(found, 'inspector-scan')) ? found : null;
}
