import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { IntelligenceRevision } from '../src/intel/open.ts';
import { sharedPath } from '../testkit/shared.ts';
import { type Measure, measure, versionOf } from './measure.ts';

/**
 * Whole commands on one SBOM of 20,000 packages of PyPI and Go: ours, and osv-scanner with the same exports of OSV as
 * its offline database. Grype and Trivy fetch databases of their own form, so they cannot be compared offline.
 */
const command = join(import.meta.dirname, '../bin/openinspector.mjs');
const ecosystems = [
  { folder: 'PyPI', stream: 'pypi', type: 'pypi' },
  { folder: 'Go', stream: 'golang', type: 'golang' },
];
const rounds = 3;

/** Rows of a table: who, seconds, packages a second, vulnerabilities found, and the ratio to ours. */
export async function measurePeers(
  directory: string,
  intelligence: IntelligenceRevision,
): Promise<readonly string[][]> {
  const folder = mkdtempSync(join(tmpdir(), 'openinspector-match-'));
  try {
    const bom = join(folder, 'bom.cdx.json');
    const count = writeBom(bom, intelligence);
    const rows = [await ours(folder, directory, bom, count)];
    const theirs = await osvScanner(folder, bom, count);
    rows.push(theirs);
    const seconds = [rows[0], theirs].map((row) => Number(row?.[1]));
    const ratio = (seconds[1] ?? Number.NaN) / (seconds[0] ?? Number.NaN);
    return rows.map((row, at) => [...row, at === 0 || Number.isNaN(ratio) ? '' : `${ratio.toFixed(1)}x`]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function writeBom(path: string, from: IntelligenceRevision): number {
  const components = ecosystems.flatMap(({ stream, type }) =>
    from
      .namesIn(stream, '', 5000)
      .flatMap((name, at) => [
        component(type, name, `${1 + (at % 3)}.${at % 23}.${at % 11}`),
        component(type, `unheard-of-${at}`, '1.0.0'),
      ]),
  );
  writeFileSync(path, JSON.stringify({ bomFormat: 'CycloneDX', specVersion: '1.5', version: 1, components }));
  return components.length;
}

function component(type: string, name: string, version: string): object {
  const stated = type === 'golang' ? `v${version}` : version;
  const purl = `pkg:${type}/${encodeURI(name)}@${stated}`;
  return { type: 'library', 'bom-ref': purl, name, version: stated, purl };
}

async function ours(folder: string, directory: string, bom: string, count: number): Promise<string[]> {
  const home = join(folder, 'home');
  mkdirSync(home);
  symlinkSync(resolve(directory), join(home, 'intel'));
  const best = await bestOf(() => {
    rmSync(join(home, 'cache'), { recursive: true, force: true });
    return measure(process.execPath, [command, 'scan', `sbom:${bom}`, '--format', 'json'], {
      OPENINSPECTOR_HOME: home,
    });
  });
  return row('ours, whole command', best, count, JSON.parse(best.output).findings.length);
}

async function osvScanner(folder: string, bom: string, count: number): Promise<string[]> {
  const version = versionOf('osv-scanner');
  if (version === null) return ['osv-scanner: not on the PATH', '', '', '', ''];
  const base = join(folder, 'databases');
  for (const { folder: ecosystem } of ecosystems) {
    const source = sharedPath('feeds', 'osv', ecosystem, 'all.zip');
    if (source === null || !existsSync(source))
      return ['osv-scanner: no exports of OSV here', '', '', '', ''];
    mkdirSync(join(base, 'osv-scalibr', ecosystem), { recursive: true });
    copyFileSync(source, join(base, 'osv-scalibr', ecosystem, 'all.zip'));
  }
  const best = await bestOf(() =>
    measure('osv-scanner', [
      'scan',
      'source',
      '-L',
      bom,
      '--offline',
      '--format',
      'json',
      '--local-db-path',
      base,
    ]),
  );
  const results = JSON.parse(best.output).results as { packages: { groups?: unknown[] }[] }[];
  const found = results.flatMap(({ packages }) => packages).flatMap(({ groups = [] }) => groups).length;
  return row(version, best, count, found);
}

function row(name: string, { seconds, peakMegabytes }: Measure, count: number, found: number): string[] {
  return [name, seconds.toFixed(2), (count / seconds).toFixed(0), String(found), peakMegabytes.toFixed(0)];
}

async function bestOf(run: () => Promise<Measure>): Promise<Measure> {
  const made: Measure[] = [];
  for (let round = 0; round < rounds; round++) made.push(await run());
  return made.reduce((best, one) => (one.seconds < best.seconds ? one : best));
}
