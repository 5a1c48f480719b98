import { problem } from '../../../model/problem.ts';
import type { Extraction, Extractor, ExtractorFile } from '../contract.ts';
import { isExecutable, readExecutable, sectionBytes } from '../executable.ts';
import { isNameLike } from '../package-of.ts';
import { hasName, linesOf, textOf } from '../read-text.ts';
import { genericPackage } from './generic-package.ts';
import vendors from './java-vendors.json' with { type: 'json' };
import { javaVersion } from './java-version.ts';
import { findVersions, parsePattern } from './version-search.ts';

/**
 * The description that every Java runtime keeps of itself: `NAME="value"` on each line.
 * Source: https://docs.oracle.com/en/java/javase/21/install/installed-directory-structure-jdk.html
 */
export const genericJavaRelease = {
  id: 'generic/java-release',
  version: 1,
  sizeMaxBytes: 64 * 1024,
  names: ['release'],
  wants: (path) => hasName(path, 'release'),
  extract,
} satisfies Extractor;

function extract(file: ExtractorFile): Extraction {
  const fields = new Map<string, string>();
  for (const line of linesOf(textOf(file.bytes))) {
    const [, name, value] = /^([A-Z_]{1,64})="?([^"]{0,4096})"?\s*$/.exec(line) ?? [];
    if (name !== undefined && value !== undefined) fields.set(name, value);
  }
  const written = fields.get('JAVA_VERSION');
  // Other things have a file of that name too.
  if (written === undefined) return { packages: [], problems: [] };
  const version = javaVersion(written);
  if (!isNameLike(version) || !/^\d/.test(version)) {
    return { packages: [], problems: [problem('malformed', file.path, 'Its JAVA_VERSION is no version.')] };
  }
  const { namespace, name } = vendorOf(fields.get('IMPLEMENTOR') ?? '');
  const runtime = fields.get('JAVA_RUNTIME_VERSION') ?? null;
  const attributes = { implementor: fields.get('IMPLEMENTOR') ?? null, runtime, written };
  return {
    packages: [genericPackage({ namespace, name, version, path: file.path, attributes })],
    problems: [],
  };
}

/**
 * The virtual machine itself, for runtimes whose description was left out. It holds the text of its version, and the
 * name of who built it.
 * Source: https://github.com/openjdk/jdk/blob/master/src/hotspot/share/runtime/abstract_vm_version.cpp
 */
export const genericJavaMachine = {
  id: 'generic/java-machine',
  version: 1,
  sizeMaxBytes: 512 * 1024 * 1024,
  names: ['libjvm.so', 'jvm.dll', 'libjvm.dylib'],
  wants: (path) => path.endsWith('/libjvm.so') || path.endsWith('/jvm.dll') || path.endsWith('/libjvm.dylib'),
  looksRight: isExecutable,
  extract: extractMachine,
} satisfies Extractor;

function extractMachine(file: ExtractorFile): Extraction {
  const executable = readExecutable(file.bytes);
  if (executable === null) return { packages: [], problems: [] };
  // Where the texts have a section of their own, the code need not be searched.
  const texts = sectionBytes(file.bytes, executable, '.rodata') ?? file.bytes;
  const [written] = findVersions(texts, parsePattern('JRE ({})'), { form: 'java', parts: 1 }, 1);
  if (written === undefined) {
    const why = 'It holds no text that tells its version.';
    return { packages: [], problems: [problem('not-assessed', file.path, why)] };
  }
  const buffer = Buffer.from(texts.buffer, texts.byteOffset, texts.length);
  const implementor = Object.keys(vendors).find((name) => buffer.includes(`${name}\0`, 0, 'latin1'));
  const { namespace, name } = vendorOf(implementor ?? '');
  const attributes = { implementor: implementor ?? null, written };
  const version = javaVersion(written);
  return {
    packages: [genericPackage({ namespace, name, version, path: file.path, attributes })],
    problems: [],
  };
}

function vendorOf(implementor: string): { readonly namespace: string; readonly name: string } {
  const known: Readonly<Record<string, string>> = vendors;
  const full = Object.hasOwn(known, implementor) ? known[implementor] : undefined;
  const [namespace = 'openjdk', name = 'openjdk'] = full?.split('/') ?? [];
  return { namespace, name };
}
