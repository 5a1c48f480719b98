import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join, sep } from 'node:path';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { Package } from '../src/model/package.ts';
import { parsePurl } from '../src/model/purl.ts';
import type { Ecosystem, Extraction, Extractor, ExtractorFile } from '../src/plugins/ecosystems/contract.ts';
import { versionScheme } from '../src/versions/registry.ts';

/** A golden case: the files of `testdata/<case>/tree`, and what they must give in `expected.json` beside it. */
export type GoldenCase = {
  readonly name: string;
  readonly folder: string;
  readonly os: ExtractorFile['os'];
  /** Path in the tree to its bytes. Files named `….b64` are given decoded, under the name without it. */
  readonly files: ReadonlyMap<string, Uint8Array>;
};

/** What every ecosystem has to keep: names, sources, golden cases, and problems instead of throws for any bytes. */
export function ecosystemContract(ecosystems: readonly Ecosystem[], folder: string): void {
  for (const entry of ecosystems) {
    describe(`ecosystem ${entry.id}`, () => {
      const cases = readGoldenCases(join(folder, entry.id, 'testdata'));
      testDeclaration(entry, folder);
      for (const golden of cases) testGolden(entry, golden);
      for (const extractor of entry.extractors) testExtractor(extractor, cases);
    });
  }
}

/** The golden cases below a `testdata` folder, by name. */
export function readGoldenCases(testdata: string): readonly GoldenCase[] {
  if (!existsSync(testdata)) return [];
  return readdirSync(testdata, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(join(testdata, entry.name, 'tree')))
    .map((entry) => readGoldenCase(join(testdata, entry.name)))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Runs every extractor that wants a file of the case, in the order of paths, with the companions that are there. */
export function runCase(extractors: readonly Extractor[], golden: GoldenCase): Extraction {
  const all: Extraction[] = [];
  for (const path of [...golden.files.keys()].sort()) {
    for (const extractor of extractors) {
      if (extractor.wants(path)) all.push(extractor.extract(fileOf(extractor, golden, path)));
    }
  }
  return {
    packages: all.flatMap((extraction) => extraction.packages),
    problems: all.flatMap((extraction) => extraction.problems),
    owned: all.flatMap((extraction) => extraction.owned ?? []),
  };
}

function readGoldenCase(folder: string): GoldenCase {
  const tree = join(folder, 'tree');
  const files = new Map<string, Uint8Array>();
  for (const entry of readdirSync(tree, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const place = join(entry.parentPath, entry.name);
    const path = place
      .slice(tree.length + 1)
      .split(sep)
      .join('/');
    const bytes = readFileSync(place);
    if (path.endsWith('.b64')) files.set(path.slice(0, -4), Buffer.from(bytes.toString('latin1'), 'base64'));
    else files.set(path, bytes);
  }
  const os = join(folder, 'os.json');
  return {
    name: basename(folder),
    folder,
    os: existsSync(os) ? (JSON.parse(readFileSync(os, 'utf8')) as ExtractorFile['os']) : null,
    files,
  };
}

function fileOf(extractor: Extractor, golden: GoldenCase, path: string, bytes?: Uint8Array): ExtractorFile {
  const companions = new Map<string, Uint8Array>();
  for (const companion of extractor.companions?.(path) ?? []) {
    const found = golden.files.get(companion);
    if (found !== undefined) companions.set(companion, found);
  }
  return { path, bytes: bytes ?? golden.files.get(path) ?? new Uint8Array(), companions, os: golden.os };
}

function testDeclaration(entry: Ecosystem, folder: string): void {
  test('is named after its folder, gives its sources and an order of versions', () => {
    assert.ok(existsSync(join(folder, entry.id, 'index.ts')));
    assert.match(entry.id, /^[a-z][a-z0-9]*$/);
    assert.ok(entry.sources.length > 0 && entry.sources.every((source) => source.startsWith('https://')));
    assert.ok(versionScheme(entry.scheme), entry.scheme);
    assert.ok(entry.extractors.length > 0);
    for (const name of ['Some.Name_x', '@scope/name', 'group:artifact']) {
      assert.equal(entry.normaliseName(entry.normaliseName(name)), entry.normaliseName(name));
    }
  });
}

function testGolden(entry: Ecosystem, golden: GoldenCase): void {
  test(`case ${golden.name} gives what it gave`, () => {
    const place = join(golden.folder, 'expected.json');
    const result = shortened(runCase(entry.extractors, golden));
    if (process.env.OPENINSPECTOR_GOLDEN === 'write')
      writeFileSync(place, `${JSON.stringify(result, null, 2)}\n`);
    assert.deepEqual(result, JSON.parse(readFileSync(place, 'utf8')));
  });
}

// Without what is empty, so that a person can read it.
function shortened(extraction: Extraction): unknown {
  const short = {
    packages: extraction.packages.map(shortPackage),
    problems: extraction.problems.map((found) => withoutEmpty(found)),
    owned: extraction.owned ?? [],
  };
  return JSON.parse(JSON.stringify(short.owned.length === 0 ? { ...short, owned: undefined } : short));
}

function shortPackage(pkg: Package): unknown {
  const [evidence, ...others] = pkg.evidence;
  const where =
    others.length === 0 ? `${evidence?.path}${evidence?.line ? `:${evidence.line}` : ''}` : pkg.evidence;
  return withoutEmpty({ ...pkg, ecosystem: null, evidence: where });
}

function withoutEmpty(value: object): unknown {
  return Object.fromEntries(
    Object.entries(value).filter(([, field]) => {
      if (field === null) return false;
      return typeof field !== 'object' || Object.keys(field).length > 0;
    }),
  );
}

function testExtractor(extractor: Extractor, cases: readonly GoldenCase[]): void {
  describe(extractor.id, () => {
    const wanted = cases.flatMap((golden) =>
      [...golden.files.keys()].filter((path) => extractor.wants(path)).map((path) => ({ golden, path })),
    );
    test('is declared in full and has a golden case', () => {
      assert.match(extractor.id, /^[a-z][a-z0-9]*\/[a-z0-9][a-z0-9.-]*$/);
      assert.ok(Number.isInteger(extractor.version) && extractor.version > 0);
      assert.ok(extractor.sizeMaxBytes > 0 && extractor.sizeMaxBytes <= 1024 * 1024 * 1024);
      assert.ok(wanted.length > 0, 'no golden case has such a file');
    });
    test('wants the same paths every time, and not the empty one', () => {
      assert.equal(extractor.wants(''), false);
      const texts = fc.sample(fc.string(), { numRuns: 50, seed: 1 });
      const first = texts.map((path) => extractor.wants(path));
      assert.deepEqual(
        texts.map((path) => extractor.wants(path)),
        first,
      );
      for (const { path } of wanted) {
        assert.ok(extractor.wants(path) && extractor.wants(path));
        assert.equal(extractor.isDeclaration?.(path), extractor.isDeclaration?.(path));
      }
    });
    if (wanted.length > 0) testBytes(extractor, wanted);
  });
}

const timeoutMs = 120_000;

function testBytes(extractor: Extractor, wanted: readonly { golden: GoldenCase; path: string }[]): void {
  const place = fc.constantFrom(...wanted);
  test('any bytes give an extraction', { timeout: timeoutMs }, () => {
    fc.assert(
      fc.property(place, fc.uint8Array({ maxLength: 2048 }), ({ golden, path }, bytes) => {
        checkExtraction(extractor.extract(fileOf(extractor, golden, path, bytes)));
      }),
    );
  });
  test('damaged files give an extraction, and the same one twice', { timeout: timeoutMs }, () => {
    fc.assert(
      fc.property(place, fc.array(damage, { minLength: 1, maxLength: 6 }), ({ golden, path }, damages) => {
        let bytes = golden.files.get(path) ?? new Uint8Array();
        for (const step of damages) bytes = applyDamage(bytes, step);
        const first = extractor.extract(fileOf(extractor, golden, path, bytes));
        checkExtraction(first);
        assert.deepEqual(extractor.extract(fileOf(extractor, golden, path, bytes)), first);
      }),
      { numRuns: 300 },
    );
  });
}

type Damage = {
  readonly kind: 'set' | 'cut' | 'drop' | 'repeat';
  readonly at: number;
  readonly byte: number;
};

const damage: fc.Arbitrary<Damage> = fc.record({
  kind: fc.constantFrom('set', 'set', 'cut', 'drop', 'repeat'),
  at: fc.nat({ max: 1_000_000 }),
  byte: fc.oneof(fc.integer({ min: 0, max: 255 }), fc.constantFrom(0, 255, 10, 34, 123, 125, 58)),
});

function applyDamage(bytes: Uint8Array, { kind, at, byte }: Damage): Uint8Array {
  const place = bytes.length === 0 ? 0 : at % bytes.length;
  const width = 1 + (byte % 16);
  if (kind === 'cut') return bytes.slice(0, place);
  if (kind === 'drop') return Buffer.concat([bytes.subarray(0, place), bytes.subarray(place + width)]);
  if (kind === 'repeat') {
    return Buffer.concat([bytes.subarray(0, place), bytes.subarray(Math.max(0, place - width))]);
  }
  const copy = bytes.slice();
  if (copy.length > 0) copy[place] = byte;
  return copy;
}

function checkExtraction(extraction: Extraction): void {
  for (const pkg of extraction.packages) {
    assert.ok(pkg.name !== '' && pkg.version !== '' && pkg.evidence.length > 0, JSON.stringify(pkg));
    assert.notEqual(parsePurl(pkg.purl), null, pkg.purl);
  }
  for (const problem of extraction.problems) {
    assert.ok(
      problem.where !== '' && problem.why !== '' && !problem.why.includes('\n'),
      JSON.stringify(problem),
    );
    assert.equal(problem.limit !== null, problem.kind === 'limit');
  }
}
