import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { listed, newFolder, readFileAs, run, without, writeFiles } from './tools.ts';

const folder = newFolder('jar');
after(() => rmSync(folder, { recursive: true, force: true }));

function properties(group: string, artifact: string, version: string): Readonly<Record<string, string>> {
  const text = `groupId=${group}\nartifactId=${artifact}\nversion=${version}\n`;
  return { [`META-INF/maven/${group}/${artifact}/pom.properties`]: text };
}

// A jar of the given files, made by the tool of the JDK.
function makeJar(name: string, files: Readonly<Record<string, string>>, flags = '-cf'): string {
  const content = join(folder, `${name}.content`);
  writeFiles(content, files);
  const jar = join(folder, name);
  run('jar', [flags, jar, '-C', content, '.']);
  return jar;
}

// The coordinates that the tool itself unpacks out of a jar.
function toldByJar(jar: string): readonly string[] {
  const entries = run('jar', ['-tf', jar]).split('\n');
  const unpacked = newFolder('jar-unpacked');
  run('jar', ['-xf', jar], { cwd: unpacked });
  const found = entries
    .filter((entry) => entry.endsWith('pom.properties'))
    .map((entry) => {
      const text = run('cat', [join(unpacked, entry)]);
      const field = (name: string) => new RegExp(`^${name}=(.*)$`, 'm').exec(text)?.[1];
      return `${field('groupId')}:${field('artifactId')} ${field('version')}`;
    });
  rmSync(unpacked, { recursive: true, force: true });
  return found.sort();
}

describe('archives that the JDK made', { skip: without('jar') }, () => {
  test('a shaded jar holds two libraries, packed or only stored', () => {
    const files = {
      ...properties('org.example', 'shade', '1.0.0'),
      ...properties('com.google.guava', 'guava', '33.0.0-jre'),
      'org/example/Main.class': 'class',
    };
    for (const [name, flags] of [
      ['shaded.jar', '-cf'],
      ['stored.jar', '-0cf'],
    ] as const) {
      const jar = makeJar(name, files, flags);
      const expected = toldByJar(jar);
      assert.equal(expected.length, 2);
      assert.deepEqual(listed(readFileAs(`app/${name}`, jar)), expected);
    }
  });

  test('a war with jars, one of them inside another', () => {
    const inner = makeJar('inner.jar', {
      ...properties('org.example', 'inner', '2.1'),
      'a/Inner.class': 'class',
    });
    const middleContent = join(folder, 'middle.jar.content/BOOT-INF/lib');
    run('mkdir', ['-p', middleContent]);
    run('cp', [inner, middleContent]);
    const middle = makeJar('middle.jar', {
      ...properties('org.example', 'middle', '3.0'),
      'a/Middle.class': 'class',
    });
    const libraries = join(folder, 'app.war.content/WEB-INF/lib');
    run('mkdir', ['-p', libraries]);
    run('cp', [middle, libraries]);
    const war = makeJar('app.war', { 'WEB-INF/web.xml': '<web-app/>' });
    const extraction = readFileAs('srv/app.war', war);
    assert.deepEqual(listed(extraction), [...toldByJar(inner), ...toldByJar(middle)].sort());
    assert.deepEqual(extraction.packages.map(({ evidence }) => evidence[0]?.path).sort(), [
      'srv/app.war!/WEB-INF/lib/middle.jar',
      'srv/app.war!/WEB-INF/lib/middle.jar!/BOOT-INF/lib/inner.jar',
    ]);
    assert.deepEqual(extraction.problems, []);
  });
});
