import { existsSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type Measure, measure, textTable, versionOf } from './measure.ts';

/**
 * Scans one image or directory, cold and warm, beside the peers that are on the PATH.
 * usage: npm run bench -- scan PLACE [INTELLIGENCE-DIRECTORY]
 * PLACE is an OCI layout directory, a function zip or any other directory. Peers only take the inventory (syft) or match it with
 * whatever database they have (trivy, grype), so each row says what was done.
 */
const place = resolve(process.argv[2] ?? '');
if (!process.argv[2] || !existsSync(place)) {
  process.stderr.write('usage: npm run bench -- scan PLACE [INTELLIGENCE-DIRECTORY]\n');
  process.exit(2);
}
const isLayout = existsSync(join(place, 'oci-layout'));
const isZip = place.endsWith('.zip');
// osv-scanner takes no layout: it gets the same image as saved by Docker, where that lies beside the layout.
const saved = place.replace(/\.oci$/, '.docker.tar');
const command = join(import.meta.dirname, '../bin/openinspector.mjs');
const rounds = 3;

const rows: string[][] = [['what', 'seconds', 'peak MB', 'packages', 'packages/s', 'ratio']];
const ours = await runOurs();
const peers = [
  {
    name: 'syft (inventory)',
    program: 'syft',
    args: ['scan', `${isLayout ? 'oci-dir' : isZip ? 'file' : 'dir'}:${place}`, '-o', 'json', '-q'],
    count: (text: string) => JSON.parse(text).artifacts.length,
  },
  {
    name: 'trivy (inventory)',
    program: 'trivy',
    args: isZip
      ? null
      : isLayout
        ? ['image', '--input', place, '--format', 'cyclonedx', '-q']
        : ['rootfs', place, '--format', 'cyclonedx', '-q'],
    count: (text: string) => JSON.parse(text).components.length,
  },
  {
    name: 'osv-scanner (inventory)',
    program: 'osv-scanner',
    args:
      isZip || (isLayout && !existsSync(saved))
        ? null
        : [
            'scan',
            ...(isLayout
              ? ['image', '--archive', saved]
              : ['source', '-r', place, '--experimental-plugins', 'artifact']),
            ...['--offline-vulnerabilities', '--format', 'json', '--all-packages'],
          ],
    count: osvCount,
  },
];
let fastest = Number.POSITIVE_INFINITY;
for (const { name, program, args, count } of peers) {
  if (args === null) {
    rows.push([`${name}: does not take this`, '', '', '', '', '']);
    continue;
  }
  const version = versionOf(program);
  if (version === null) {
    rows.push([`${name}: not on the PATH`, '', '', '', '', '']);
    continue;
  }
  try {
    const best = await bestOf(() =>
      measure(program, args, {
        TRIVY_CACHE_DIR: mkdtempSync(join(tmpdir(), 'trivy-')),
        SYFT_CHECK_FOR_APP_UPDATE: 'false',
      }),
    );
    fastest = Math.min(fastest, best.seconds);
    rows.push(row(`${name} ${version.slice(0, 30)}`, best, count(best.output)));
  } catch (error) {
    rows.push([
      `${name}: ${error instanceof Error ? error.message.slice(0, 80) : error}`,
      '',
      '',
      '',
      '',
      '',
    ]);
  }
}
for (const [index, item] of rows.entries()) {
  const seconds = Number(item[1]);
  if (index > 0 && seconds > 0) item[5] = `${(seconds / ours.cold.seconds).toFixed(2)}x`;
}
process.stdout.write(`${place}\n${textTable(rows)}\n`);
if (Number.isFinite(fastest)) {
  process.stdout.write(
    `ours, cold, takes ${(ours.cold.seconds / fastest).toFixed(2)} of the fastest peer's time (target: at most 0.50)\n`,
  );
}

async function runOurs(): Promise<{ cold: Measure; warm: Measure }> {
  const given = process.argv[3];
  const home = mkdtempSync(join(tmpdir(), 'openinspector-bench-'));
  try {
    if (given) symlinkSync(resolve(given), join(home, 'intel'));
    else
      await measure(process.execPath, [command, 'intel', 'status'], { OPENINSPECTOR_HOME: home }).catch(
        () => null,
      );
    const run = () =>
      measure(process.execPath, [command, 'scan', place, '--format', 'json'], { OPENINSPECTOR_HOME: home });
    const cold = await bestOf(async () => {
      rmSync(join(home, 'cache'), { recursive: true, force: true });
      return run();
    });
    const warm = await bestOf(run);
    const count = (text: string): number => {
      const report = JSON.parse(text);
      return (Array.isArray(report) ? report : [report]).reduce((sum, one) => sum + one.packages.length, 0);
    };
    rows.push(row('ours, cold (inventory and verdicts)', cold, count(cold.output)));
    rows.push(row('ours, warm (layers known)', warm, count(warm.output)));
    return { cold, warm };
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

async function bestOf(run: () => Promise<Measure>): Promise<Measure> {
  let best: Measure | null = null;
  for (let round = 0; round < rounds; round++) {
    const made = await run();
    if (best === null || made.seconds < best.seconds) best = made;
  }
  if (best === null) throw new Error('no round was run');
  return best;
}

function osvCount(text: string): number {
  const { results = [] } = JSON.parse(text) as {
    results?: readonly { readonly packages: readonly unknown[] }[];
  };
  return results.reduce((sum, { packages }) => sum + packages.length, 0);
}

function row(name: string, { seconds, peakMegabytes }: Measure, packages: number): string[] {
  return [
    name,
    seconds.toFixed(2),
    peakMegabytes.toFixed(0),
    String(packages),
    (packages / seconds).toFixed(0),
    '',
  ];
}
