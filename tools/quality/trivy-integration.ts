import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Intelligence } from '../../src/intel/contract.ts';
import { type Fields, fields, list, textOf } from '../../src/lib/fields.ts';
import { defaultLimits } from '../../src/lib/limits.ts';
import type { Inventory } from '../../src/model/inventory.ts';
import type { Package } from '../../src/model/package.ts';
import { runTask } from '../../src/pipeline/collect/child.ts';
import { collect } from '../../src/pipeline/collect/collect.ts';
import { readSbom, sbomInventory } from '../../src/plugins/targets/sbom/index.ts';
import { memoryIntelligence } from '../../testkit/intelligence.ts';
import { type Case, type CaseSet, everythingElse, type Finding } from './case.ts';
import { findingsOf, inventoryOf, packageFrom, plainHost } from './inventory.ts';
import { type TrivyRow, trivyStatements } from './trivy-database.ts';
import { familyOf, trivyFixes, trivyOs, trivyPackage } from './trivy-packages.ts';

/** Whole scans against one small database: lock files and SBOMs read from their files, images from their lists. */
export function trivyIntegration(folder: string): CaseSet {
  const rows = readFileSync(join(folder, 'database.jsonl'), 'utf8').trim().split('\n');
  const statements = trivyStatements(rows.map((row) => JSON.parse(row) as TrivyRow));
  const intelligence = memoryIntelligence({ statements });
  const cases: Case[] = [];
  const skipped: { id: string; why: string }[] = [];
  for (const file of readdirSync(join(folder, 'cases')).sort()) {
    const told = fields(JSON.parse(readFileSync(join(folder, 'cases', file), 'utf8')));
    const id = file.replace(/\.json$/, '');
    const made = caseOf(id, told, { folder, intelligence });
    if (typeof made === 'string') skipped.push({ id, why: made });
    else cases.push(made);
  }
  return { id: 'trivy-integration', cases, skipped };
}

type World = { readonly folder: string; readonly intelligence: Intelligence };

function caseOf(id: string, told: Fields, world: World): Case | string {
  const args = fields(told.args);
  if (args.vex !== undefined) return 'it is about suppressing by a VEX document, which is not matching';
  const wanted = list(told.expectedFindings).map(fields);
  const os = fields(told.os);
  const family = familyOf(textOf(os.Family) ?? '');
  const inventory = inventoryFor(told, wanted, world.folder);
  if (inventory === null) return 'its input is not among the files';
  const skips = list(args.skipFiles).map((path) => basename(join(String(path), '..')));
  const isUnfixedIgnored = args.IgnoreUnfixed === true;
  return {
    id,
    group: family?.id ?? purlType(wanted[0]) ?? 'none',
    kind: told.os === null ? 'language' : 'distribution',
    expected: wanted.map((item) => ({
      package: textOf(item.package) ?? '',
      installed: textOf(item.installed) ?? '',
      vulnerability: textOf(item.vuln) ?? '',
      fixed: trivyFixes(textOf(item.fixed)),
    })),
    isWrong: everythingElse,
    async run(): Promise<readonly Finding[]> {
      const whole = await inventory();
      const isSkipped = (path: string) => skips.some((skip) => path.startsWith(`${skip}/`));
      const packages = whole.packages.filter(
        ({ evidence }) => evidence.length === 0 || !evidence.every(({ path }) => isSkipped(path)),
      );
      const findings = findingsOf({ ...whole, packages }, world.intelligence);
      return isUnfixedIgnored ? findings.filter(({ fixed }) => fixed !== null) : findings;
    },
  };
}

// The list is whole where Trivy's own is known, else it is what the findings name.
function inventoryFor(
  told: Fields,
  wanted: readonly Fields[],
  folder: string,
): (() => Promise<Inventory>) | null {
  const family = familyOf(textOf(fields(told.os).Family) ?? '');
  if (told.kind === 'image' && family !== null) {
    const os = trivyOs(family, textOf(fields(told.os).Name) ?? '');
    const system = list(told.inventory).map((pkg) => trivyPackage(pkg, family.ecosystem));
    const named = wanted.flatMap((item) => packagesOfFinding(item, family.ecosystem, system.length > 0));
    return async () => inventoryOf(os, [...system, ...named]);
  }
  const input = join(
    folder,
    'input',
    told.kind === 'sbom' ? 'sbom' : '',
    basename(String(fields(told.args).input)),
  );
  if (!existsSync(input)) return null;
  if (told.kind === 'sbom') {
    return async () => sbomInventory(readSbom(readFileSync(input, 'utf8'), basename(input)));
  }
  return () => collectTree(input);
}

function packagesOfFinding(item: Fields, system: string, isListed: boolean): readonly Package[] {
  const [name, version] = [textOf(item.package) ?? '', textOf(item.installed) ?? ''];
  const ecosystem = purlType(item) ?? system;
  if (ecosystem === system && isListed) return [];
  const arch = /[?&]arch=(\w+)/.exec(textOf(item.purl) ?? '')?.[1] ?? null;
  return [packageFrom({ ecosystem, name, version, arch, source: sourceOf(name, version) })];
}

function purlType(item: Fields | undefined): string | null {
  return /^pkg:(\w+)\//.exec(textOf(item?.purl) ?? '')?.[1] ?? null;
}

// Findings name binary packages only; these are the ones that are called otherwise than their source.
const sources: Readonly<Record<string, string>> = {
  'libidn2-0': 'libidn2',
  e2fslibs: 'e2fsprogs',
  libcomerr2: 'e2fsprogs',
  libss2: 'e2fsprogs',
  'vim-minimal': 'vim',
  'curl-libs': 'curl',
};

function sourceOf(name: string, version: string): Package['source'] {
  const source = sources[name];
  return source === undefined ? null : { name: source, version };
}

async function collectTree(root: string): Promise<Inventory> {
  const readers = {
    read: (task: Parameters<typeof runTask>[0]) => runTask(task, defaultLimits, () => {}),
    close: () => {},
  };
  const content = { kind: 'tree', root, skip: [], facts: plainHost, problems: [] } as const;
  return collect(content, { readers, limits: defaultLimits, cache: null, onProgress: () => {} });
}
