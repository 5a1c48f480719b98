import { currentRevision } from '../intel/pointer.ts';
import { defaultLimits } from '../lib/limits.ts';
import { type Severity, severities } from '../model/severity.ts';
import { openReaders } from '../pipeline/collect/readers.ts';
import type { Settings } from '../service/settings.ts';
import { type Command, UsageError } from './command.ts';
import { contentIdentity } from './content-identity.ts';
import { keepReport, readKept, reportFile } from './kept-report.ts';
import { keepTree } from './kept-tree.ts';
import { print, terminalWidth } from './output.ts';
import { formats, rowsShown } from './scan-formats.ts';
import type { ScanRequest } from './scan-now.ts';
import { readSettings, settingOptions } from './settings.ts';

export const scan: Command = {
  name: 'scan',
  summary:
    'Takes the inventory of an image, directory, host, disk, function or SBOM and lists its vulnerabilities.',
  usage: ['[options] TARGET'],
  options: {
    format: { kind: 'value', word: 'FORMAT', help: `${formats.join(', ')}; table when not given` },
    severity: { kind: 'value', word: 'LEVEL', help: 'show findings of this severity and above' },
    'fail-on': {
      kind: 'value',
      word: 'LEVEL',
      help: 'exit with 1 when a finding of this severity or above is there',
    },
    vex: {
      kind: 'values',
      word: 'FILE',
      help: 'a VEX document (OpenVEX, CSAF, CycloneDX), or a directory of them: what they say is not affected or fixed is explained and not reported; may be given several times',
    },
    all: { kind: 'flag', help: `show every row of the table, not only the first ${rowsShown}` },
    ...settingOptions('home', 'intel-directory'),
  },
  examples: [
    'openinspector scan host',
    'openinspector scan oci-layout:./image',
    'openinspector scan docker-archive:image.tar --format json',
    'openinspector scan registry:registry.example.com/team/app:1.0',
    'openinspector scan zip:function.zip --fail-on high',
    'openinspector scan disk-image:disk.raw',
    'openinspector scan oci-layout:./image --vex vendor.openvex.json',
  ],
  async run(input) {
    const reference = input.positionals[0];
    if (!reference || input.positionals.length > 1) {
      throw new UsageError(
        "Name one thing to scan, as 'host' or 'oci-layout:DIR'.\nTry 'openinspector scan --help'.",
      );
    }
    const named = input.value('format') ?? 'table';
    const format = formats.find((item) => item === named);
    if (!format) throw new UsageError(`format '${named}' is not one of ${formats.join(', ')}`);
    const least = parseSeverity(input.value('severity'), 'severity');
    const failOn = parseSeverity(input.value('fail-on'), 'fail-on');
    const settings = readSettings(input.value);
    const request = { reference, format, least, failOn, isAll: input.flag('all'), vex: input.values('vex') };
    const file = await keptFile(request, settings);
    const kept = file === null ? null : readKept(file);
    if (kept) {
      print(kept.text);
      return kept.exitCode;
    }
    // The process that reads starts while this one loads what else a scan needs.
    const readers = openReaders(defaultLimits, 1);
    const made = await import('./scan-now.ts')
      .then(({ scanNow }) => scanNow(request, settings, readers))
      .finally(() => readers.close());
    print(made.text);
    // The revision may have been built on the way: the name is asked for again.
    if (made.isSettled && made.witness) keepTree(settings.home, made.witness);
    const now = made.isSettled ? await keptFile(request, settings) : null;
    if (now !== null) keepReport(now, made);
    return made.exitCode;
  },
};

// Documents carry the time they were made at; tables depend on the terminal. A day's end may change what is stale.
async function keptFile(request: ScanRequest, settings: Settings): Promise<string | null> {
  if (request.format !== 'table' && request.format !== 'json') return null;
  // What VEX documents say may change between two scans of the same content.
  if (request.vex.length > 0) return null;
  const revision = currentRevision(settings.intelDirectory);
  const identity = revision === null ? null : await contentIdentity(request.reference, settings.home);
  if (revision === null || identity === null) return null;
  const day = new Date().toISOString().slice(0, 10);
  const look =
    request.format === 'table' ? `${terminalWidth()} ${process.stdout.isTTY} ${process.env.NO_COLOR}` : '';
  return reportFile(settings.home, [
    JSON.stringify(request),
    revision,
    settings.intelDirectory,
    identity,
    day,
    look,
  ]);
}

function parseSeverity(text: string | null, option: string): Severity | null {
  if (text === null) return null;
  const severity = severities.find((item) => item === text.toUpperCase());
  if (!severity)
    throw new UsageError(`${option} '${text}' is not one of ${severities.join(', ').toLowerCase()}`);
  return severity;
}
