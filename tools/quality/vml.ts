import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Intelligence } from '../../src/intel/contract.ts';
import { type Fields, fields, list, textOf } from '../../src/lib/fields.ts';
import type { Subject } from '../../src/model/match.ts';
import type { OsRelease } from '../../src/model/os-release.ts';
import { judge } from '../../src/pipeline/match/match.ts';
import { prepare } from '../../src/pipeline/match/subject.ts';
import { ecosystem } from '../../src/plugins/ecosystems/registry.ts';
import type { Case, CaseSet, Expected, Finding } from './case.ts';
import { osOf, packageFrom } from './inventory.ts';
import places from './vml.json' with { type: 'json' };

/** Year up to which every finding of an image whose package list is whole was labelled. */
const labelledUntil = 2021;

/**
 * Matches that people have looked at, image by image. What must be reported counts only where the intelligence at hand
 * speaks of the vulnerability in that release at all; what must not be counts always.
 */
export function vml(folder: string, intelligence: Intelligence): CaseSet {
  const sources = fields(JSON.parse(readFileSync(join(folder, 'binary-to-source.json'), 'utf8')));
  const cases: Case[] = [];
  const skipped: { id: string; why: string }[] = [];
  for (const file of readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .sort()) {
    const image = fields(JSON.parse(readFileSync(join(folder, file), 'utf8')));
    if (list(image.labels).length === 0) continue;
    const id = file.replace(/\.json$/, '');
    const world = {
      sources,
      intelligence,
      os: osOfImage(fields(image.os)),
      unused: new Map<string, number>(),
    };
    cases.push(...casesOf(id, image, world));
    for (const [why, count] of world.unused) skipped.push({ id: `${id}: ${count} labels`, why });
  }
  return { id: 'vml', cases, skipped };
}

type World = {
  readonly sources: Fields;
  readonly intelligence: Intelligence;
  readonly os: OsRelease | null;
  /** Why labels are not used, counted. */
  readonly unused: Map<string, number>;
};

function osOfImage(told: Fields): OsRelease | null {
  const id = (places.families as Readonly<Record<string, string>>)[String(told.family)];
  const version = textOf(told.version);
  return id === undefined ? null : osOf(id, version === '?' ? null : version);
}

type Label = { readonly subject: Subject; readonly id: string; readonly finding: Omit<Finding, 'fixed'> };

type Group = { readonly group: string; readonly right: Label[]; readonly wrong: Label[] };

// The distribution's packages of an image are one case, and those of each language beside them another.
function casesOf(id: string, image: Fields, world: World): readonly Case[] {
  const groups = new Map<string, Group>();
  for (const told of list(image.labels).map(fields)) {
    if (told.label !== 'TP' && told.label !== 'FP') continue;
    const label = labelOf(told, world);
    if (typeof label === 'string') {
      world.unused.set(label, (world.unused.get(label) ?? 0) + 1);
      continue;
    }
    const name = label.subject.distro ?? label.subject.ecosystem;
    const group = groups.get(name) ?? { group: name, right: [], wrong: [] };
    groups.set(name, group);
    group[told.label === 'TP' ? 'right' : 'wrong'].push(label);
  }
  return [...groups.values()].map((group) => caseOf(`${id}: ${group.group}`, image, group, world));
}

function caseOf(id: string, image: Fields, { group, right, wrong }: Group, world: World): Case {
  const forbidden = new Set(wrong.map(({ finding }) => textOfFinding(finding)));
  for (const { finding } of right) forbidden.delete(textOfFinding(finding));
  const isWhole = list(image.packageList).length > 0;
  return {
    id,
    group,
    kind: group === world.os?.id ? 'distribution' : 'language',
    expected: right.map(({ finding }) => finding),
    isWrong: (finding) => forbidden.has(textOfFinding(finding)) || (isWhole && isLabelledYear(finding)),
    run: async () => {
      const subjects = [...right, ...wrong].map(({ subject }) => subject);
      const others = wholeList(image).filter(({ ecosystem: own }) => own === group);
      return findingsOf([...subjects, ...others], world.intelligence);
    },
    whyNot: (missing) => whyNot(missing, right, world.intelligence),
  };
}

function whyNot(missing: Expected, labels: readonly Label[], intelligence: Intelligence): string {
  const label = labels.find(({ finding }) => textOfFinding(finding) === textOfFinding(missing));
  if (label === undefined) return 'no label';
  const verdict = judge(label.subject, intelligence).find(({ vulnerability }) => vulnerability === label.id);
  if (verdict !== undefined) return verdict.proof.reason;
  const stream = label.subject.keys[0]?.stream;
  const names = intelligence.keysOf(label.id).filter((key) => key.stream === stream);
  return `nothing is said of it, but of ${names
    .slice(0, 3)
    .map(({ name }) => name)
    .join(', ')}`;
}

function wholeList(image: Fields): readonly Subject[] {
  return list(image.packageList)
    .map(fields)
    .flatMap((told) => {
      const pkg = packageFrom({
        ecosystem: String(told.type),
        name: String(told.name),
        version: String(told.version),
      });
      const prepared = prepare(pkg, null, { isContainer: true, runningKernel: null, layers: [] });
      return prepared.kind === 'subject' ? [prepared.subject] : [];
    });
}

function isLabelledYear({ vulnerability }: Finding): boolean {
  const year = /^CVE-(\d{4})-/.exec(vulnerability)?.[1];
  return year !== undefined && Number(year) <= labelledUntil;
}

function findingsOf(subjects: readonly Subject[], intelligence: Intelligence): readonly Finding[] {
  return subjects.flatMap((subject) =>
    judge(subject, intelligence)
      .filter(({ result }) => result === 'affected')
      .map(({ vulnerability, fixedVersion }) => ({
        package: subject.name,
        installed: subject.version,
        vulnerability,
        fixed: fixedVersion,
      })),
  );
}

function textOfFinding({ package: name, installed, vulnerability }: Omit<Finding, 'fixed'>): string {
  return `${name} ${installed} ${vulnerability}`;
}

// A reason instead where the label cannot be used here.
function labelOf(told: Fields, world: World): Label | string {
  const { intelligence } = world;
  const id = intelligence.displayId(textOf(told.cve) ?? textOf(told.vuln) ?? '');
  const name = textOf(told.package) ?? '';
  const version = textOf(told.version) ?? '';
  const type = textOf(told.type);
  const subject =
    type === 'deb' || type === 'rpm' || type === 'apk'
      ? systemSubject({ type, name, version }, world)
      : languageSubject({ type, name, version, id }, world);
  if (typeof subject === 'string') return subject;
  const isKnown = isSpokenOf(id, subject, intelligence);
  if (told.label === 'TP' && !isKnown) return 'the data says nothing of the vulnerability in that release';
  return { subject, id, finding: { package: subject.name, installed: version, vulnerability: id } };
}

type Given = { readonly name: string; readonly version: string };

function systemSubject(given: Given & { readonly type: string }, world: World): Subject | string {
  const { type, name, version } = given;
  if (world.os === null) return 'the image has no distribution that we know';
  const source = sourceOf(given, world);
  const pkg = packageFrom({
    ecosystem: type,
    name,
    version,
    source: source === null ? null : { name: source, version: sourceVersion(version, type) },
  });
  const prepared = prepare(pkg, world.os, { isContainer: true, runningKernel: null, layers: [] });
  return prepared.kind === 'subject' ? prepared.subject : prepared.why;
}

// The list knows one source for each binary; a few are called otherwise in older releases.
function sourceOf({ type, name, version }: Given & { readonly type: string }, world: World): string | null {
  const known = textOf(fields(fields(world.sources[type]).map)[name]) ?? name;
  for (const { family, source, version: pattern, becomes } of type === 'deb' ? places.sources : []) {
    const found = source === known ? new RegExp(pattern).exec(version) : null;
    if (found !== null && (family === '' || family === world.os?.id))
      return becomes.replace('$1', found[1] ?? '');
  }
  return known;
}

// A rebuild of the binary alone does not change the source's version.
function sourceVersion(version: string, type: string): string {
  return type === 'deb' ? version.replace(/\+b\d+$/, '') : version;
}

/** Labels name a package without its ecosystem or group; the advisory that they are about tells which one is meant. */
function languageSubject(
  given: Given & { readonly type: string | null; readonly id: string },
  { intelligence }: World,
): Subject | string {
  const { name, version } = given;
  const told = (places.types as Readonly<Record<string, string>>)[given.type ?? ''];
  const named = intelligence
    .keysOf(given.id)
    .find(({ stream, name: full }) => ecosystem(stream)?.isSystem === false && isSameName(full, name));
  const stream = told ?? named?.stream;
  if (stream === undefined)
    return 'the label does not tell the ecosystem, and no advisory names such a package';
  const full = told === undefined ? (named?.name ?? name) : (ecosystem(told)?.normaliseName(name) ?? name);
  return {
    ecosystem: stream,
    name,
    version,
    arch: null,
    keys: [{ stream, name: full, version }],
    module: null,
    distro: null,
  };
}

function isSameName(full: string, name: string): boolean {
  const short = name.toLowerCase();
  const long = full.toLowerCase();
  return long === short || long.endsWith(`:${short}`) || long.endsWith(`/${short}`);
}

function isSpokenOf(id: string, subject: Subject, intelligence: Intelligence): boolean {
  const streams = new Set(
    subject.keys.filter(({ takes }) => takes === undefined).map(({ stream }) => stream),
  );
  return intelligence.keysOf(id).some(({ stream }) => streams.has(stream));
}
