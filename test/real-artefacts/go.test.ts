import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { listed, newFolder, readAs, readFileAs, run, without, writeFiles } from './tools.ts';

const skip = without('go', 'zip');
const folder = newFolder('go');
after(() => {
  // The module cache is write-protected.
  if (!skip) run('chmod', ['-R', 'u+w', folder]);
  rmSync(folder, { recursive: true, force: true });
});

// A module that the program needs, in the form of a proxy on the disk, so that nothing is fetched.
function makeProxy(): string {
  const proxy = join(folder, 'proxy');
  const module = 'example.com/greet@v1.2.3';
  writeFiles(join(folder, 'zip'), {
    [`${module}/go.mod`]: 'module example.com/greet\n\ngo 1.17\n',
    [`${module}/greet.go`]: 'package greet\n\nfunc Hello() string { return "hello" }\n',
  });
  const versions = join(proxy, 'example.com/greet/@v');
  mkdirSync(versions, { recursive: true });
  run('zip', ['-qr', join(versions, 'v1.2.3.zip'), module], { cwd: join(folder, 'zip') });
  writeFiles(versions, {
    list: 'v1.2.3\n',
    'v1.2.3.info': '{"Version":"v1.2.3","Time":"2024-01-01T00:00:00Z"}\n',
    'v1.2.3.mod': 'module example.com/greet\n\ngo 1.17\n',
  });
  return `file://${proxy}`;
}

function build(): void {
  const app = join(folder, 'app');
  writeFiles(app, {
    'go.mod': 'module example.com/app\n\ngo 1.17\n\nrequire example.com/greet v1.2.3\n',
    'main.go': 'package main\n\nimport "example.com/greet"\n\nfunc main() { println(greet.Hello()) }\n',
  });
  const env = {
    GOPROXY: makeProxy(),
    GOSUMDB: 'off',
    GOFLAGS: '-mod=mod',
    GOTOOLCHAIN: 'local',
    GOPATH: join(folder, 'path'),
    CGO_ENABLED: '0',
  };
  run('go', ['build', '-o', join(folder, 'plain'), '.'], { cwd: app, env });
  run('go', ['build', '-ldflags', '-s -w', '-o', join(folder, 'stripped'), '.'], { cwd: app, env });
  run('go', ['build', '-o', join(folder, 'app.exe'), '.'], { cwd: app, env: { ...env, GOOS: 'windows' } });
  run('go', ['build', '-o', join(folder, 'mac'), '.'], { cwd: app, env: { ...env, GOOS: 'darwin' } });
}

// `dep\texample.com/greet\tv1.2.3\th1:…` of `go version -m`, and the release in its first line.
function toldByGo(file: string): readonly string[] {
  const text = run('go', ['version', '-m', file]);
  const release = /: go(\S+)/.exec(text)?.[1] ?? '';
  const modules = [...text.matchAll(/^\t(?:dep|mod)\t(\S+)\t(v\S+)/gm)];
  return [...modules.map(([, name, version]) => `${name} ${version}`), `stdlib v${release}`].sort();
}

describe('programs that Go built', { skip }, () => {
  if (!skip) build();
  for (const name of ['plain', 'stripped', 'app.exe', 'mac']) {
    test(`${name}: the modules that go itself lists`, () => {
      const extraction = readFileAs(`usr/bin/${name}`, join(folder, name));
      const expected = toldByGo(join(folder, name));
      assert.ok(expected.includes('example.com/greet v1.2.3'));
      assert.deepEqual(listed(extraction), expected);
    });
  }

  test('a program whose table of sections was taken away is searched', () => {
    const bytes = readFileSync(join(folder, 'plain'));
    // Place and count of the table in the header of a 64-bit ELF file.
    bytes.fill(0, 40, 48);
    bytes.fill(0, 58, 64);
    assert.deepEqual(listed(readAs('usr/bin/cut', bytes)), toldByGo(join(folder, 'plain')));
  });

  test('the toolchain itself', () => {
    const root = run('go', ['env', 'GOROOT']).trim();
    const release = run('go', ['env', 'GOVERSION']).trim().replace('go', 'v');
    writeFileSync(join(folder, 'VERSION'), run('cat', [join(root, 'VERSION')]));
    const extraction = readFileAs('usr/local/go/VERSION', join(folder, 'VERSION'));
    assert.deepEqual(listed(extraction), [`stdlib ${release}`, `toolchain ${release}`]);
  });
});
