import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Limit } from '../../src/api/wire/limits.ts';
import type { Shape, Structure } from '../../src/api/wire/schema.ts';
import { limitOf } from '../../src/api/wire/validate.ts';

/** A text that each pattern of the API accepts, by the pattern. */
export const patternSamples: Readonly<Record<string, string>> = JSON.parse(
  readFileSync(join(import.meta.dirname, 'testdata/pattern-samples.json'), 'utf8'),
);

/**
 * How a sample is made: with required members only or with all, and which member unions take (counted round, so
 * that a loop over `variant` meets them all).
 */
export type Sampling = { readonly members: 'required' | 'all'; readonly variant: number };

export type Sample = { readonly [name: string]: unknown };

/** A value of a structure that keeps to all its limits. */
export function sampleOf(structure: Structure, sampling: Sampling): Sample {
  const members = [...structure.members.values()];
  const chosen =
    structure.kind === 'union'
      ? members.filter((_, index) => index === sampling.variant % members.length)
      : members.filter(({ required }) => required || sampling.members === 'all');
  return Object.fromEntries(
    chosen.map(({ name, shape }) => [name, sampleValue(shape, limitOf(structure.name, name), sampling)]),
  );
}

/** How many variants it takes to meet each member of each union in a structure. */
export function variantsOf(structure: Structure): number {
  let most = structure.kind === 'union' ? structure.members.size : 1;
  for (const { shape } of structure.members.values()) {
    const inner = shape.kind === 'list' ? shape.element : shape;
    if (inner.kind === 'structure' || inner.kind === 'union') most = Math.max(most, variantsOf(inner));
  }
  return most;
}

function sampleValue(shape: Shape, limit: Limit | null, sampling: Sampling): unknown {
  switch (shape.kind) {
    case 'structure':
    case 'union':
      return sampleOf(shape, sampling);
    case 'list':
      return [sampleValue(shape.element, limit?.kind === 'list' ? limit.element : null, sampling)];
    case 'map': {
      const bounds = limit?.kind === 'map' ? limit : null;
      const key = textOf(bounds?.key ?? null);
      return { [key]: sampleValue(shape.value, bounds?.value ?? null, sampling) };
    }
    case 'string':
      return textOf(limit);
    case 'number':
      return limit?.kind === 'number' && limit.type !== 'double' ? Math.max(limit.min, 1) : 0.5;
    case 'boolean':
      return true;
    case 'timestamp':
      return new Date(1_700_000_000_250);
    case 'blob':
      return Uint8Array.of(0, 127, 255);
    case 'document':
      return { a: [1, null, 'ä'] };
  }
}

function textOf(limit: Limit | null): string {
  if (limit?.kind === 'enum') return limit.values.at(-1) ?? '';
  if (limit?.kind !== 'text') return 'tëxt 漢 😀';
  if (!limit.pattern) return 'ä'.repeat(Math.max(limit.min, 1));
  const sample = patternSamples[limit.pattern.source];
  if (sample === undefined) throw new Error(`no sample for the pattern ${limit.pattern.source}`);
  return sample;
}
