import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, test } from 'node:test';

const root = join(import.meta.dirname, '..');
const linesMax = 400;
// A file past the limit, and why it stays one.
const longFiles: Readonly<Record<string, string>> = {
  'src/pipeline/reach/walk/flow.ts':
    'the state of a packet and its moves, which every step of the walk shares',
  'src/model/network.ts':
    'the neutral network model is one vocabulary: every kind of object stands beside the others',
  'test/reach/random-network.ts':
    'one generator draws every kind of object of a network, each from what was drawn before',
};

const files = listFiles();
const sources = files.filter(
  (file) => /\.(ts|mjs)$/.test(file) && !file.includes('testdata/') && !file.includes('.generated.'),
);

describe('tidy', () => {
  test('file names are kebab-case and say what they hold', () => {
    const vague = /^(utils?|helpers?|common|misc|shared|manager)\b/;
    // The folder of real test data has this name outside the project.
    const wrong = sources.filter((file) => {
      const name = basename(file).split('.')[0] ?? '';
      return !/^[a-z0-9]+(-[a-z0-9]+)*$/.test(name) || (vague.test(name) && file !== 'testkit/shared.ts');
    });
    assert.deepEqual(wrong, []);
  });

  test(`no source file is longer than ${linesMax} lines without a reason`, () => {
    const long = sources.filter(
      (file) => !/\.(test|integration)\.ts$/.test(file) && lineCount(file) > linesMax,
    );
    assert.deepEqual(
      long.filter((file) => !(file in longFiles)),
      [],
    );
    assert.deepEqual(
      Object.keys(longFiles).filter((file) => !long.includes(file)),
      [],
      'no longer needed',
    );
  });

  test('a to-do names the issue that it waits for', () => {
    const wrong = sources.filter(
      (file) => file !== 'test/tidy.test.ts' && /\b(TODO(?!\(#\d+\))|FIXME|XXX)\b/.test(read(file)),
    );
    assert.deepEqual(wrong, []);
  });

  test('no text names a machine path, a registry host or another place of work', () => {
    // Written so that this file does not match itself.
    const places = new RegExp(
      ['/wor', 'k/|/roo', 't/|registry\\.npm', 'js\\.org|deb\\.deb', 'ian\\.org'].join(''),
    );
    const wrong = files.filter((file) => isText(file) && places.test(read(file)));
    assert.deepEqual(wrong, []);
  });

  test('tests that do not run say why', () => {
    const wrong = sources.filter(
      (file) => /\b(test|describe|it)\.(only|todo)\b/.test(read(file)) && file !== 'test/tidy.test.ts',
    );
    assert.deepEqual(wrong, []);
  });

  test('an error is never swallowed without a word', () => {
    const wrong = sources.filter((file) => /catch\s*(\([^)]*\))?\s*\{\s*\}/.test(read(file)));
    assert.deepEqual(wrong, []);
  });

  test('every decision record has context, decision and consequences', () => {
    const records = files.filter((file) => /^docs\/adr\/\d{4}-.*\.md$/.test(file));
    assert.ok(records.length > 0);
    for (const file of records) {
      for (const heading of ['## Context', '## Decision', '## Consequences']) {
        assert.ok(read(file).includes(heading), `${file} has no '${heading}'`);
      }
    }
  });
});

function listFiles(): string[] {
  if (!existsSync(join(root, '.git'))) return [];
  const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
  });
  return listed.split('\n').filter((file) => file !== '' && existsSync(join(root, file)));
}

function isText(file: string): boolean {
  return (
    (/\.(ts|mjs|json|md|txt|jsonl|yml|yaml)$/.test(file) && file !== 'package-lock.json') ||
    file === '.ci/run'
  );
}

function read(file: string): string {
  return readFileSync(join(root, file), 'utf8');
}

function lineCount(file: string): number {
  return read(file).split('\n').length - 1;
}
