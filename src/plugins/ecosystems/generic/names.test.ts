import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import osvEcosystems from '../../feeds/osv-ecosystems.json' with { type: 'json' };
import { generic } from './index.ts';
import { streamOfGeneric } from './names.ts';
import { programs } from './program.ts';

describe('who judges a package of no ecosystem', () => {
  test('programs that intelligence keeps are looked up under its name and stream', () => {
    assert.equal(osvEcosystems.Bitnami.stream, 'bitnami');
    for (const [name, known] of [
      ['nodejs/node', 'node'],
      ['apache/httpd', 'apache'],
      ['eclipse/temurin', 'java'],
      ['openjdk/openjdk', 'java'],
      ['wordpress/core/wordpress', 'wordpress'],
      // As other tools write them, without who makes them.
      ['node', 'node'],
      ['httpd', 'apache'],
    ] as const) {
      assert.equal(generic.normaliseName(name), known);
      assert.equal(generic.streamOf(name), 'bitnami', name);
    }
  });

  test('everything else has a stream that nobody fills, so that it is said not to be judged', () => {
    assert.equal(streamOfGeneric('openssl/openssl'), 'generic');
    assert.equal(streamOfGeneric('wordpress/plugin/akismet'), 'generic');
    assert.equal(streamOfGeneric('snap/node'), 'snap', 'a snap is no program of that name');
    assert.equal(streamOfGeneric('flatpak/org.gimp.GIMP'), 'flatpak');
    assert.equal(streamOfGeneric('gentoo/dev-libs/openssl'), 'gentoo');
    assert.equal(generic.normaliseName('snap/node'), 'snap/node');
  });

  test('the table of programs says everything that a row needs', () => {
    const names = programs.map(({ name }) => name);
    assert.equal(new Set(names).size, names.length);
    for (const { name, files, patterns, cpe, choose } of programs) {
      assert.match(name, /^[a-z0-9-]+\/[a-z0-9-]+$/);
      assert.ok(files.length > 0 && files.every((file) => /^[a-z-]+$/.test(file)), name);
      assert.ok(patterns.length > 0 && patterns.every((text) => /^[^{}]*\{[^{}]*\}[^{}]*$/.test(text)), name);
      assert.ok([undefined, 'only', 'greatest'].includes(choose), name);
      assert.match(cpe ?? '', /^cpe:2\.3:a:[a-z0-9_-]+:[a-z0-9_.-]+$/);
    }
  });
});
