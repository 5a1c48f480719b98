import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import openapi from './openapi.json' with { type: 'json' };

const routes = readFileSync(join(import.meta.dirname, 'routes.ts'), 'utf8');

describe('the API description', () => {
  test('has every route, and no other', () => {
    const served = [...routes.matchAll(/app\.(get|post|put|delete)\('([^']+)'/g)].map(
      ([, method, path]) => `${method} ${path?.replace(/:(\w+)/g, '{$1}')}`,
    );
    const described = Object.entries(openapi.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method} ${path}`),
    );
    assert.deepEqual(described.sort(), served.sort());
  });

  test('refers only to what it has', () => {
    const schemas = new Set(
      Object.keys(openapi.components.schemas).map((name) => `#/components/schemas/${name}`),
    );
    for (const [, name] of JSON.stringify(openapi).matchAll(/"\$ref":"([^"]+)"/g))
      assert.ok(schemas.has(name ?? ''), name);
  });
});
