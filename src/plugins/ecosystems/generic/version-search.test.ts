import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { findVersions, parsePattern, type VersionShape } from './version-search.ts';

const numbers: VersionShape = { form: 'numbers', parts: 3 };

function found(text: string, pattern: string, shape = numbers, most = 100): readonly string[] {
  return findVersions(Buffer.from(text, 'latin1'), parsePattern(pattern), shape, most);
}

describe('the text of a version in a program', () => {
  test('behind a literal, with what may follow', () => {
    assert.deepEqual(found('x node.js/v20.11.1\0', 'node.js/v{}'), ['20.11.1']);
    assert.deepEqual(found('ruby 3.2.3p157 (2024', 'ruby {} ('), ['3.2.3']);
    assert.deepEqual(found('ruby 3.2.3 gem', 'ruby {} ('), []);
    assert.deepEqual(found('HAProxy version 2.9-dev3 ', 'HAProxy version {}', { ...numbers, parts: 2 }), [
      '2.9-dev3',
    ]);
  });

  test('in front of a literal, read backwards', () => {
    assert.deepEqual(found('\x0010.11.6-MariaDB\0', '{}-MariaDB'), ['10.11.6']);
    assert.deepEqual(found('\x006.0.27\0\0\0tcmalloc', '{}\0tcmalloc'), ['6.0.27']);
    assert.deepEqual(found('6.0.27tcmalloc', '{}\0tcmalloc'), [], 'the NUL is needed');
    assert.deepEqual(found('-MariaDB', '{}-MariaDB'), []);
  });

  test('alone between NULs, each once and in order', () => {
    assert.deepEqual(found('\x003.45.1\0\x001.2.11\0\x003.45.1\0', '\0{}\0'), ['3.45.1', '1.2.11']);
    assert.deepEqual(found('\x003.45.1\0\x001.2.11\0', '\0{3.}\0'), ['3.45.1']);
    assert.deepEqual(found('a3.45.1\0', '\0{3.}\0'), []);
    assert.deepEqual(found('\x003.11.7+\0', '\0{3.11.}\0'), ['3.11.7'], 'a build past the release');
    assert.deepEqual(found('\x003.45.1 of something\0', '\0{3.}\0'), []);
  });

  test('a number that goes on, or too few of them, is no version', () => {
    assert.deepEqual(found('\x006.2.14912196-host-170\0', '\0{}\0'), []);
    assert.deepEqual(found('Apache/2 Apache/2.4 Apache/2.4.58', 'Apache/{}'), ['2.4.58']);
    assert.deepEqual(found(`Apache/${'1'.repeat(500)}.1.1`, 'Apache/{}'), []);
  });

  test('letters, ports and Java write versions in their own way', () => {
    assert.deepEqual(found('OpenSSL 1.1.1w  11 Sep 2023', 'OpenSSL {} #', { form: 'letters', parts: 3 }), [
      '1.1.1w',
    ]);
    assert.deepEqual(found('OpenSSL 1.1.1 (compatible', 'OpenSSL {} #', { form: 'letters', parts: 3 }), []);
    assert.deepEqual(found('OpenSSH_9.6\0OpenSSH_9.6p1\0', 'OpenSSH_{}', { form: 'portable', parts: 2 }), [
      '9.6p1',
    ]);
    assert.deepEqual(found('JRE (1.8.0_392-b08), built', 'JRE ({})', { form: 'java', parts: 1 }), [
      '1.8.0_392',
    ]);
  });

  test('bytes made to be slow are looked through in time', { timeout: 20_000 }, () => {
    const size = 16 * 1024 * 1024;
    for (const filling of ['\0', '\x001', 'OpenSSL ', '-MariaDB', '\x001.', '\0tcmalloc', '1.1.1.1.']) {
      const bytes = Buffer.alloc(size, filling, 'latin1');
      for (const pattern of ['\0{}\0', 'OpenSSL {} #', '{}-MariaDB', '\0{1.}\0', '{}\0tcmalloc']) {
        const started = performance.now();
        findVersions(bytes, parsePattern(pattern), numbers, 512);
        const took = performance.now() - started;
        assert.ok(took < 5000, `${JSON.stringify(filling)} for ${JSON.stringify(pattern)}: ${took} ms`);
      }
    }
  });
});
