import { deepStrictEqual, ok } from 'node:assert';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { ecosystems } from '../../plugins/ecosystems/registry.ts';
import { indexExtractors } from './extractor-index.ts';

const extractors = ecosystems.flatMap((one) => one.extractors);
const index = indexExtractors(extractors);
const asked = (path: string) => extractors.filter((one) => one.wants(path)).map(({ id }) => id);
const found = (path: string) => index.of(path).map(({ id }) => id);

// Every word that a path of interest is made of, as the sources of the extractors have them.
const words = [
  ...extractors.flatMap(({ names = [], endings = [] }) => [...names, ...endings]),
  ...[
    'var/lib/dpkg/status.d/',
    'var/lib/dpkg/info/',
    'var/lib/rpm/',
    'usr/lib/sysimage/rpm/',
    'node_modules/',
  ],
  ...['conda-meta/', 'a.dist-info/', 'a.egg-info/', 'EGG-INFO/', 'wp-includes/', 'wp-content/plugins/a/'],
  ...[
    'requirements/',
    'requirements',
    'environment',
    'composer/',
    'specifications/',
    'var/db/pkg/a/b/',
    'meta/',
  ],
  ...[
    'usr/bin/',
    'python3',
    'node',
    'libssl.so.3',
    'a',
    'b.jar',
    'c.csproj',
    'Packages.config',
    '.',
    '/',
    '-',
  ],
  ...['dependency-locks/', 'lib/apk/db/', 'core/lib/', 'releases/25/', 'flatpak/app/a/export/share/', 'lib/'],
];

test('the index finds exactly those that want a path', () => {
  const path = fc
    .array(fc.constantFrom(...words), { minLength: 1, maxLength: 4 })
    .map((parts) => parts.join(''));
  let wanted = 0;
  fc.assert(
    fc.property(path, (one) => {
      deepStrictEqual(found(one), asked(one));
      if (asked(one).length > 0) wanted++;
    }),
    { numRuns: 20_000 },
  );
  ok(wanted > 2000, `${wanted} paths were wanted`);
});

test('the same for every file of this checkout, and each name that an extractor gives', () => {
  const files = readdirSync(join(import.meta.dirname, '../../..'), { recursive: true, encoding: 'utf8' });
  for (const one of [...files, ...words, ...words.map((word) => `some/folder/${word}`)])
    deepStrictEqual(found(one), asked(one), one);
});

test('an ending has a point in front', () => {
  for (const { id, endings = [] } of extractors)
    for (const ending of endings) ok(ending.startsWith('.'), `${id} ${ending}`);
});
