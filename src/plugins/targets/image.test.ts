import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { baseImageOf, imageResource, readBaseImage, readImageConfig, readManifest } from './image.ts';

const digest = `sha256:${'ab'.repeat(32)}`;
const labels = {
  'org.opencontainers.image.base.name': 'docker.io/library/debian:12',
  'org.opencontainers.image.base.digest': digest,
};
const debian = { name: 'docker.io/library/debian:12', digest, lastLayer: null };

function resource(config: unknown, manifest: unknown = {}) {
  const { base } = readManifest(manifest);
  const read = readImageConfig(config);
  return imageResource({
    target: 'oci-layout',
    location: '/x',
    digest,
    reference: 'app:1',
    config: read,
    base,
  });
}

describe('the base image that an image names', () => {
  test('is in the labels of its configuration', () => {
    assert.deepEqual(baseImageOf(resource({ config: { Labels: labels } })), debian);
  });

  test('is in the annotations of its manifest, which count more', () => {
    const annotations = { 'org.opencontainers.image.base.name': 'docker.io/library/node:20' };
    const found = baseImageOf(resource({ config: { Labels: labels } }, { annotations }));
    assert.deepEqual(found, { name: 'docker.io/library/node:20', digest: null, lastLayer: null });
  });

  test('is absent from the details where nothing names it', () => {
    assert.equal(baseImageOf(resource({ config: { Labels: null } })), null);
    assert.equal('baseImage' in resource({}).details, false);
  });

  test('is told with its last layer by buildpacks', () => {
    const metadata = JSON.stringify({ runImage: { topLayer: digest, reference: 'example.org/run:base' } });
    assert.deepEqual(readBaseImage({ 'io.buildpacks.lifecycle.metadata': metadata }), {
      name: 'example.org/run:base',
      digest: null,
      lastLayer: digest,
    });
  });

  test('is not what cannot be a reference or a digest', () => {
    const names = ['', ' ', 'a b', '\u001b[31mred', '-rf', 'a\nb', 'x'.repeat(400), 7, null, {}];
    for (const name of names)
      assert.equal(readBaseImage({ 'org.opencontainers.image.base.name': name }), null);
    assert.equal(readBaseImage({ 'org.opencontainers.image.base.digest': 'sha256:12' }), null);
    for (const metadata of ['{', '[]', 'null', '{"runImage":7}', '{"runImage":{"topLayer":7}}'])
      assert.equal(readBaseImage({ 'io.buildpacks.lifecycle.metadata': metadata }), null);
  });
});
