import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { parseGroup, parsePasswd, parseShadow } from './accounts.ts';
import { parseInetd, parseXinetd } from './internet-daemons.ts';
import { createPathSet, pathsIn } from './path-set.ts';
import { parseUnit, portOf } from './units.ts';

describe('parsers of the configuration', () => {
  test('ports of sockets', () => {
    const rows: readonly (readonly [string, string | null])[] = [
      ['22', 'null:22'],
      ['0.0.0.0:80', '0.0.0.0:80'],
      ['[::]:443', ':::443'],
      ['/run/docker.sock', null],
      ['@abstract', null],
      ['vsock::22', null],
      ['0', null],
      ['65536', null],
      ['host:22', null],
      ['', null],
    ];
    for (const [value, wanted] of rows) {
      const port = portOf(value, 'tcp');
      assert.equal(port && `${port.address}:${port.port}`, wanted, value);
    }
  });

  test('units: sections, comments, long lines, resets', () => {
    const unit = parseUnit(
      [
        '[Unit]',
        'ExecStart=/not/here',
        '[Service]',
        '; a comment',
        'ExecStart=/bin/first --a \\',
        '# between',
        ' ExecStart=/bin/not-this',
        'ExecStart=',
        'ExecStart=+"/bin/second" x',
        'User = app',
      ].join('\n'),
    );
    assert.deepEqual(
      [unit.program, unit.user, unit.resetsProgram, unit.listens],
      ['/bin/second', 'app', true, []],
    );
  });

  test('none throws or hangs, whatever it is given', () => {
    const piece = fc.oneof(
      fc.string(),
      fc.constantFrom(
        '[Service]\n',
        '[Socket]',
        'ListenStream=',
        '\\\n',
        ':',
        '\n',
        'service x {\n',
        '}',
        '=',
        ' ',
      ),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
        const text = pieces.join('');
        for (const { port } of parseUnit(text).listens) assert.ok(port > 0 && port < 65_536);
        for (const parse of [parsePasswd, parseShadow, parseGroup])
          for (const { where } of parse(text, 'etc/x').problems) assert.equal(where, 'etc/x');
        for (const { listens } of [...parseInetd(text, 'p'), ...parseXinetd(text, 'p')])
          for (const { port } of listens) assert.ok(port > 0 && port < 65_536);
      }),
      { numRuns: 500 },
    );
    const startedAt = Date.now();
    for (const text of [
      '\\\n'.repeat(1_000_000),
      ':'.repeat(4_000_000),
      ' '.repeat(4_000_000),
      'service '.repeat(500_000),
    ]) {
      parseUnit(text);
      parsePasswd(text, 'p');
      parseXinetd(text, 'p');
      parseInetd(text, 'p');
    }
    assert.ok(Date.now() - startedAt < 5000);
  });
});

describe('a set of paths', () => {
  test('has what was added and nothing else', () => {
    const set = createPathSet();
    const path = (at: number) => `usr/share/doc/package-${at}/copyright`;
    for (let at = 0; at < 50_000; at++) set.add(path(at));
    const finished = set.finish();
    const asked = Array.from({ length: 20_000 }, (_, at) => path(at + 40_000));
    const found = pathsIn(finished, asked);
    assert.equal(finished.isWhole, true);
    assert.deepEqual([...found].sort(), asked.slice(0, 10_000).sort());
    assert.equal(pathsIn(finished, []).size, 0);
  });
});
