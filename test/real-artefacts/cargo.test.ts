import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { deflateSync } from 'node:zlib';
import { listed, newFolder, readFileAs, run, without, writeFiles } from './tools.ts';

const folder = newFolder('cargo');
after(() => rmSync(folder, { recursive: true, force: true }));

const compiler = without('rustc') === false ? 'rustc' : 'gcc';

describe('auditable Rust programs', { skip: without(compiler, 'objcopy', 'readelf') }, () => {
  // As cargo-auditable writes it: zlib-packed JSON in the section `.dep-v0`.
  const list = {
    packages: [
      { name: 'app', version: '0.1.0', source: 'local', dependencies: [1], root: true },
      { name: 'libc', version: '0.2.150', source: 'crates.io' },
      { name: 'cc', version: '1.0.83', source: 'crates.io', kind: 'build' },
    ],
  };

  function build(): string {
    const program = join(folder, 'plain');
    writeFiles(folder, { 'main.rs': 'fn main() {}\n', 'main.c': 'int main(void) { return 0; }\n' });
    const source = join(folder, compiler === 'rustc' ? 'main.rs' : 'main.c');
    run(compiler, ['-o', program, source]);
    return program;
  }

  test('the crates of a program that a compiler made, before and after it is stripped', () => {
    const plain = build();
    assert.deepEqual(listed(readFileAs('usr/bin/plain', plain)), []);
    const section = join(folder, 'section');
    writeFileSync(section, deflateSync(JSON.stringify(list)));
    const audited = join(folder, 'audited');
    run('objcopy', ['--add-section', `.dep-v0=${section}`, plain, audited]);
    assert.match(run('readelf', ['-SW', audited]), /\.dep-v0/);
    assert.deepEqual(listed(readFileAs('usr/bin/audited', audited)), ['app 0.1.0', 'libc 0.2.150']);
    const stripped = join(folder, 'stripped');
    run('objcopy', ['--strip-all', '--keep-section', '.dep-v0', audited, stripped]);
    assert.deepEqual(listed(readFileAs('usr/bin/stripped', stripped)), ['app 0.1.0', 'libc 0.2.150']);
  });

  test('a program that cargo-auditable built', { skip: without('cargo', 'cargo-auditable') }, () => {
    const app = join(folder, 'crate');
    writeFiles(app, {
      'Cargo.toml': '[package]\nname = "audited-app"\nversion = "0.3.1"\nedition = "2021"\n',
      'src/main.rs': 'fn main() {}\n',
    });
    run('cargo', ['auditable', 'build', '--release', '--offline'], { cwd: app });
    const program = join(app, 'target/release/audited-app');
    assert.deepEqual(listed(readFileAs('usr/bin/audited-app', program)), ['audited-app 0.3.1']);
  });
});
