import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type Fields, fields, list, textOf } from '../src/lib/fields.ts';
import type { Problem } from '../src/model/problem.ts';
import { readSbomBytes } from '../src/plugins/targets/sbom/read-sbom.ts';
import type { SbomContent } from '../src/plugins/targets/sbom/sbom-content.ts';

// Reads the SBOMs of the bundle and compares what they list. What is expected is read from the same documents by
// plainer means: the bundle's own lists of components, or a walk over every purl in the JSON. A component that is no
// package must be named by a problem.

/** What a document must give. A component with a purl and a version is a package; any other is named by a problem. */
type SbomCase = {
  readonly group: string;
  readonly id: string;
  readonly path: string;
  readonly expected: readonly Component[];
  readonly isBroken: boolean;
};

type Component = { readonly name: string; readonly version: string; readonly purl: string | null };

type Count = { cases: number; passed: number; failed: number };

/** Prints a row for each folder and what differs. False when anything does. */
export function compareSboms(folder: string): boolean {
  const counts = new Map<string, Count>();
  const failures: string[] = [];
  for (const found of [...listedCases(folder), ...walkedCases(folder)]) {
    const count = counts.get(found.group) ?? { cases: 0, passed: 0, failed: 0 };
    counts.set(found.group, count);
    count.cases++;
    const wrong = differences(found);
    if (wrong.length === 0) count.passed++;
    else count.failed++;
    failures.push(...wrong.map((line) => `${found.group}: ${found.id}: ${line}`));
  }
  console.log(
    `\n${'SBOMs'.padEnd(46)}${['cases', 'passed', 'failed'].map((word) => word.padStart(8)).join('')}`,
  );
  for (const [group, { cases, passed, failed }] of counts)
    console.log(`${group.padEnd(46)}${[cases, passed, failed].map((n) => String(n).padStart(8)).join('')}`);
  for (const line of failures) console.log(line);
  return failures.length === 0;
}

function differences({ path, expected, isBroken }: SbomCase): readonly string[] {
  const content = readSbomBytes(readFileSync(path), basename(path));
  if ('kind' in content) return isBroken ? [] : [`refused: ${content.why}`];
  if (isBroken) return ['should have been refused'];
  return [...missing(expected, content), ...extra(expected, content)];
}

function missing(expected: readonly Component[], content: SbomContent): readonly string[] {
  const purls = new Set(content.packages.map(({ purl }) => plainPurl(purl)));
  const listed = new Set(content.packages.map(({ name, version }) => `${name} ${version}`));
  return expected
    .filter((component) => {
      const { purl, name, version } = component;
      if (purl !== null && hasVersion(purl)) return !purls.has(plainPurl(purl));
      return !listed.has(`${name} ${version}`) && !content.problems.some((found) => names(found, component));
    })
    .map(({ name, version, purl }) => `- ${name} ${version} ${purl ?? ''}`);
}

function names({ where }: Problem, { name, purl }: Component): boolean {
  return where.includes(name) || (purl !== null && where.includes(purl));
}

// A package that no component stands for. The subject of a document is none of its listed components.
function extra(expected: readonly Component[], content: SbomContent): readonly string[] {
  const purls = new Set(expected.flatMap(({ purl }) => (purl === null ? [] : plainPurl(purl))));
  const named = new Set(expected.map(({ name, version }) => `${name} ${version}`));
  return content.packages
    .filter(({ purl, name, version }) => !purls.has(plainPurl(purl)) && !named.has(`${name} ${version}`))
    .map(({ purl }) => `+ ${purl}`);
}

// Without qualifiers and subpath, whose escaping differs from tool to tool.
function plainPurl(purl: string): string {
  const bare = purl.split(/[?#]/, 1)[0] ?? '';
  return decodeURIComponent(bare).toLowerCase();
}

function hasVersion(purl: string): boolean {
  return /[^/]@[^/]+$/.test(purl.split(/[?#]/, 1)[0] ?? '');
}

type ListedCase = {
  readonly file?: string;
  readonly input?: string;
  readonly error?: boolean;
  readonly components?: readonly Fields[];
  readonly packages?: readonly Fields[];
};

function listedCases(folder: string): readonly SbomCase[] {
  const groups = ['cyclonedx/dependency-track', 'cyclonedx/osv-scalibr', 'spdx/osv-scalibr'];
  return groups.flatMap((group) => {
    const base = join(folder, 'sbom', group);
    if (!existsSync(join(base, 'cases.json'))) return [];
    const cases = JSON.parse(readFileSync(join(base, 'cases.json'), 'utf8')) as readonly ListedCase[];
    return cases.map((listed) => caseOf(`sbom/${group}`, base, listed));
  });
}

function caseOf(group: string, base: string, listed: ListedCase): SbomCase {
  const id = listed.file ?? listed.input ?? '';
  const path = join(base, 'files', id);
  const text = readFileSync(path, 'utf8');
  // YAML is refused, by name.
  const isBroken = listed.error === true || id.endsWith('.yml');
  const components = (listed.components ?? listed.packages ?? []).map(componentOf);
  const expected = id.endsWith('.xml')
    ? [...components.filter((component) => isInXml(component, text)), ...subjectInXml(text)]
    : [...components, ...(id.endsWith('.json') ? subjectsInJson(text) : [])];
  return { group, id, path, isBroken, expected };
}

// A CPE stands where a package has no name; its own file says both.
function componentOf(item: Fields): Component {
  const name = textOf(item.name) ?? '';
  const version = textOf(item.version) ?? '';
  const [, , , , product = '', cpeVersion = ''] = name.startsWith('cpe:2.3:') ? name.split(':') : [];
  if (product !== '')
    return { name: product.replace(/^./, (c) => c.toUpperCase()), version: cpeVersion, purl: null };
  const references = list(fields(item.meta).ExternalReferences).map(fields);
  const purl = textOf(item.purl) ?? textOf(references.find(({ RefType }) => RefType === 'purl')?.Locator);
  return { name, version, purl };
}

// What a component was made from, and the tools that wrote the document, are not in the software.
const elsewhere = /<(pedigree|tools|annotations|formulation)>.*?<\/\1>/gs;

function isInXml({ name, purl }: Component, text: string): boolean {
  const rest = text.replace(elsewhere, '');
  return purl === null
    ? rest.includes(name)
    : rest.includes(purl) || rest.includes(purl.replaceAll('&', '&amp;'));
}

// What the document is about is a package too where it has an identity.
function subjectInXml(text: string): readonly Component[] {
  const rest = text.replace(elsewhere, '');
  const subject = /<metadata>.*?(<component .*?<\/component>)/s.exec(rest)?.[1] ?? '';
  const tag = (name: string) => new RegExp(`<${name}>(.*?)</${name}>`).exec(subject)?.[1] ?? '';
  const isIdentified = /<purl>|<swid /.test(subject);
  return isIdentified ? [{ name: tag('name'), version: tag('version'), purl: tag('purl') || null }] : [];
}

function subjectsInJson(text: string): readonly Component[] {
  const subject = fields(fields(fields(JSON.parse(text)).metadata).component);
  return [subject, ...list(subject.components).map(fields)]
    .filter(({ purl, swid }) => purl !== undefined || swid !== undefined)
    .map(componentOf);
}

// Documents without a list of their own.
function walkedCases(folder: string): readonly SbomCase[] {
  const groups = ['pkgdb/trivy-analyzer/files/sbom', 'ground-truth/trivy-integration/input/sbom'];
  return groups.flatMap((group) => {
    const base = join(folder, group);
    if (!existsSync(base)) return [];
    return readdirSync(base)
      .sort()
      .map((id) => {
        const path = join(base, id);
        const expected = [...purlsIn(JSON.parse(readFileSync(path, 'utf8')))]
          .filter((purl) => hasVersion(purl))
          .map((purl) => ({ name: purl, version: '', purl }));
        return { group, id, path, expected, isBroken: false };
      });
  });
}

// The image that a document is about is no package in it.
function purlsIn(document: unknown): ReadonlySet<string> {
  const found = new Set<string>();
  const subject = fields(fields(document).metadata).component;
  const pending: unknown[] = [document];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (typeof next !== 'object' || next === null) continue;
    const item = next as Fields;
    const purl = item.referenceType === 'purl' ? item.referenceLocator : item.purl;
    const isImage = next === subject && textOf(purl)?.startsWith('pkg:oci/') === true;
    if (typeof purl === 'string' && !isImage) found.add(purl);
    pending.push(...(Array.isArray(next) ? list(next) : Object.values(item)));
  }
  return found;
}
