import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, test } from 'node:test';
import { allowedEdges, pureFolders, pureModules } from './architecture.ts';

const root = join(import.meta.dirname, '../src');

type Import = { readonly file: string; readonly from: string; readonly target: string };

const files = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .filter(
    (file) =>
      file.endsWith('.ts') &&
      !file.endsWith('.test.ts') &&
      !file.endsWith('.d.ts') &&
      !file.includes('testdata'),
  )
  .sort();
const imports = files.flatMap(importsOf);

describe('architecture', () => {
  test('imports go in the allowed directions only', () => {
    const wrong = imports.flatMap(({ file, target }) => {
      if (!target.startsWith('.')) return [];
      const to = relative(root, resolve(join(root, dirname(file)), target));
      if (to.startsWith('..')) return [];
      const rule = ruleOf(file);
      if (rule === null) return file === 'main.ts' ? [] : [`${file}: no rule for its folder`];
      const allowed = (allowedEdges[rule] ?? []).some(
        (folder) => to === folder || to.startsWith(`${folder}/`),
      );
      return allowed ? [] : [`${file} imports ${to}`];
    });
    assert.deepEqual(wrong, []);
  });

  test('plugins of one family do not import one another', () => {
    const wrong = imports.flatMap(({ file, target }) => {
      const own = /^plugins\/([^/]+)\/([^/]+)\//.exec(file);
      if (!own || !target.startsWith('.')) return [];
      const to = relative(root, resolve(join(root, dirname(file)), target));
      const other = /^plugins\/([^/]+)\/([^/]+)\//.exec(to);
      return other && (other[1] !== own[1] || other[2] !== own[2]) && other[1] === own[1]
        ? [`${file} imports ${to}`]
        : [];
    });
    assert.deepEqual(wrong, []);
  });

  test('pure folders do no I/O', () => {
    const wrong = imports.flatMap(({ file, target }) => {
      if (!pureFolders.some((folder) => file.startsWith(`${folder}/`))) return [];
      return target.startsWith('node:') && !pureModules.includes(target) ? [`${file} imports ${target}`] : [];
    });
    assert.deepEqual(wrong, []);
  });

  test('only main.ts and the service wire concrete parts: nothing imports main.ts', () => {
    assert.deepEqual(
      imports.filter(({ target }) => /(^|\/)main\.ts$/.test(target)).map(({ file }) => file),
      [],
    );
  });
});

function ruleOf(file: string): string | null {
  const fitting = Object.keys(allowedEdges).filter((folder) => file.startsWith(`${folder}/`));
  return fitting.sort((a, b) => b.length - a.length)[0] ?? null;
}

function importsOf(file: string): Import[] {
  const text = readFileSync(join(root, file), 'utf8');
  const found = [...text.matchAll(/^(?:import|export)\s[^;]*?from\s+'([^']+)'|import\('([^']+)'\)/gms)];
  return found.map((match) => ({ file, from: file, target: match[1] ?? match[2] ?? '' }));
}
