import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';

/** A document format that has an official JSON schema. */
export type SchemaName = 'cyclonedx-1.6' | 'spdx-2.3' | 'sarif-2.1.0';

type Source =
  | { readonly kind: 'npm'; readonly spec: string; readonly files: readonly string[] }
  | { readonly kind: 'maven'; readonly artifact: string; readonly files: readonly string[] };

// Where the publishers, or those who build on them, ship the schemas; the first file is the one that others belong to.
const sources: Readonly<Record<SchemaName, Source>> = {
  'cyclonedx-1.6': {
    kind: 'npm',
    spec: '@cyclonedx/cyclonedx-library@10.3.0',
    files: ['bom-1.6', 'spdx', 'jsf-0.82'].map((name) => `package/res/schema/${name}.SNAPSHOT.schema.json`),
  },
  'spdx-2.3': {
    kind: 'maven',
    artifact: 'org.spdx:tools-java:1.1.8',
    files: ['resources/spdx-schema-v2.3.json'],
  },
  'sarif-2.1.0': {
    kind: 'npm',
    spec: '@microsoft/jest-sarif@1.0.0-beta.0',
    files: ['package/lib/schemas/sarif-2.1.0-rtm.5.json'],
  },
};

// Reads `{schema: [files], document: file}` and prints what is wrong, at most ten lines. The schemas of one set refer
// to one another by address; nothing is fetched.
const validator = `
import json, sys
from jsonschema.validators import validator_for
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT7
task = json.load(sys.stdin)
schemas = [json.load(open(path)) for path in task["schema"]]
registry = Registry()
for schema in schemas:
    name = schema.get("$id") or schema.get("id")
    resource = Resource.from_contents(schema, default_specification=DRAFT7)
    registry = registry.with_resource(name, resource)
    registry = registry.with_resource(name.replace(".schema.json", ".SNAPSHOT.schema.json"), resource)
kind = validator_for(schemas[0])
check = kind(schemas[0], registry=registry, format_checker=kind.FORMAT_CHECKER)
for path in task["documents"]:
    for count, error in enumerate(check.iter_errors(json.load(open(path)))):
        if count < 10:
            print(path, "/".join(map(str, error.absolute_path)), error.message[:300])
`;

/** Why nothing can be validated here, or null when it can. */
export function validatorMissing(): string | null {
  const found = spawnSync('python3', ['-c', 'import jsonschema, referencing']);
  return found.status === 0 ? null : 'the validator is not installed here (pip install jsonschema)';
}

/** What a schema finds wrong in JSON files, by name of the file; empty when they are valid. */
export function violations(schema: readonly string[], documents: readonly string[]): readonly string[] {
  const printed = execFileSync('python3', ['-c', validator], {
    input: JSON.stringify({ schema, documents }),
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  });
  return printed.split('\n').filter(Boolean);
}

/** The files of a schema, fetched once with the package's own client; or why they cannot be had. */
export function schemaFiles(name: SchemaName): readonly string[] | string {
  const folder = join(tmpdir(), 'openinspector-schemas', name);
  const source = sources[name];
  const files = source.files.map((file) => join(folder, file));
  if (files.every((file) => existsSync(file))) return files;
  const fresh = `${folder}.${process.pid}`;
  mkdirSync(fresh, { recursive: true });
  try {
    if (source.kind === 'npm') fetchNpm(source.spec, fresh);
    else fetchMaven(source.artifact, source.files, fresh);
    rmSync(folder, { recursive: true, force: true });
    renameSync(fresh, folder);
    return files;
  } catch (error) {
    rmSync(fresh, { recursive: true, force: true });
    return `the schema could not be fetched: ${String(error).split('\n', 1)[0]}`;
  }
}

function fetchNpm(spec: string, folder: string): void {
  const options = { cwd: folder, encoding: 'utf8', stdio: 'pipe' } as const;
  const printed = execFileSync('npm', ['pack', '--silent', '--ignore-scripts', spec], options);
  execFileSync('tar', ['-xzf', printed.trim().split('\n').at(-1) ?? ''], options);
}

function fetchMaven(artifact: string, files: readonly string[], folder: string): void {
  const [group = '', name = '', version = ''] = artifact.split(':');
  const goal = ['dependency:get', `-Dartifact=${artifact}`, '-Dtransitive=false'];
  execFileSync('mvn', ['-q', '-B', ...goal], { stdio: 'pipe' });
  const path = [...group.split('.'), name, version, `${name}-${version}.jar`];
  const jar = join(homedir(), '.m2/repository', ...path);
  for (const file of files) {
    mkdirSync(join(folder, file, '..'), { recursive: true });
    writeFileSync(join(folder, file), execFileSync('unzip', ['-p', jar, file]));
    JSON.parse(readFileSync(join(folder, file), 'utf8'));
  }
}
