import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { cargoBinary } from './cargo/binary.ts';
import type { ExtractorFile } from './contract.ts';
import { maybeProgram } from './executable.ts';
import { golangBinary } from './golang/binary.ts';
import {
  buildAuditable,
  buildElf,
  buildGoInfo,
  buildMachO,
  buildOldGoInfo,
  buildPe,
} from './testdata/build-executable.ts';

const modules =
  'path\texample.com/app\nmod\texample.com/app\tv1.2.3\t\ndep\tgolang.org/x/net\tv0.7.0\th1:abc=\n';
const wanted = ['stdlib v1.20.3', 'example.com/app v1.2.3', 'golang.org/x/net v0.7.0'];

function file(bytes: Uint8Array): ExtractorFile {
  return { path: 'usr/bin/app', bytes, companions: new Map(), os: null };
}

function goModules(bytes: Uint8Array): readonly string[] {
  return golangBinary.extract(file(bytes)).packages.map((pkg) => `${pkg.name} ${pkg.version}`);
}

describe('program files', () => {
  const info = [{ name: '.go.buildinfo', content: buildGoInfo('go1.20.3', modules) }];
  test('Go modules of ELF, PE and Mach-O', () => {
    assert.deepEqual(goModules(buildElf(info)), wanted);
    assert.deepEqual(goModules(buildElf(info, 4, 'big')), wanted);
    assert.deepEqual(goModules(buildPe(info)), wanted);
    assert.deepEqual(goModules(buildMachO(info)), wanted);
    assert.deepEqual(goModules(buildMachO(info, true)), wanted);
  });

  for (const [width, order, at] of [
    [8, 'little', 128],
    [8, 'big', 128],
    [4, 'little', 96],
    [4, 'big', 96],
  ] as const) {
    test(`Go modules before 1.18, ${width * 8} bits, ${order}-endian`, () => {
      const content = buildOldGoInfo('go1.20.3', modules, at, width, order);
      const bytes = buildElf([{ name: '.go.buildinfo', content }], width, order);
      assert.equal(bytes.indexOf('\xff Go buildinf:', 0, 'latin1'), at);
      assert.deepEqual(goModules(bytes), wanted);
    });
  }

  test('a magic that stands there for another reason is passed over', () => {
    const decoy = Buffer.concat([Buffer.from('\xff Go buildinf:', 'latin1'), Buffer.alloc(64, 1)]);
    assert.deepEqual(goModules(buildElf([{ name: '.rodata', content: decoy }, ...info])), wanted);
  });

  test('crates of ELF, PE and Mach-O', () => {
    const crates = [
      { name: 'app', version: '0.1.0', source: 'local', root: true },
      { name: 'libc', version: '0.2.140', source: 'crates.io' },
      { name: 'cc', version: '1.0.0', source: 'crates.io', kind: 'build' },
    ];
    const section = [{ name: '.dep-v0', content: buildAuditable(crates) }];
    for (const bytes of [buildElf(section), buildElf(section, 4), buildPe(section), buildMachO(section)]) {
      const { packages, problems } = cargoBinary.extract(file(bytes));
      assert.deepEqual(
        packages.map((pkg) => pkg.name),
        ['app', 'libc'],
      );
      assert.deepEqual(problems, []);
    }
  });

  test('a packed list that swells past its limit is a problem', () => {
    const content = buildAuditable([{ name: 'a'.repeat(10_000_000), version: '1.0.0' }]);
    const { problems } = cargoBinary.extract(file(buildElf([{ name: '.dep-v0', content }])));
    assert.match(problems[0]?.why ?? '', /too long/);
  });

  test('programs have no ending and do not lie among data', () => {
    for (const path of ['usr/bin/kubectl', 'app', 'opt/tool-1.2.3', 'bin/tool.exe', 'usr/lib/libx.so.1'])
      assert.ok(maybeProgram(path), path);
    for (const path of ['etc/passwd', 'usr/share/doc/x/copyright', 'app/main.py', 'proc/1/exe', 'x/'])
      assert.ok(!maybeProgram(path), path);
  });
});
