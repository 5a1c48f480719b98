import { type Fields, fields, numberOf, textOf } from '../../src/lib/fields.ts';
import type { OsRelease } from '../../src/model/os-release.ts';
import type { Package } from '../../src/model/package.ts';
import type { Expected } from './case.ts';
import { osOf, packageFrom } from './inventory.ts';
import buckets from './trivy-buckets.json' with { type: 'json' };

type Family = { readonly id: string; readonly ecosystem: string };

/** The distribution that Trivy calls by this family, or null for one that we do not know. */
export function familyOf(name: string): Family | null {
  return (buckets.families as Readonly<Record<string, Family>>)[name] ?? null;
}

export function trivyOs(family: Family, version: string): OsRelease {
  return osOf(family.id, version === '' ? null : version);
}

/** A system package in Trivy's form, where epoch, version and release stand apart. */
export function trivyPackage(value: unknown, ecosystem: string): Package {
  const told = fields(value);
  const name = textOf(told.Name) ?? '';
  const module = textOf(told.Modularitylabel);
  const sourceName = textOf(told.SrcName);
  return packageFrom({
    ecosystem,
    name,
    version: versionOf(told, ''),
    arch: textOf(told.Arch),
    source: sourceName === null ? null : { name: sourceName, version: versionOf(told, 'Src') },
    attributes: module === null ? {} : { modularity: module },
  });
}

function versionOf(told: Fields, prefix: string): string {
  const epoch = numberOf(told[`${prefix}Epoch`]) ?? 0;
  const release = textOf(told[`${prefix}Release`]);
  const version = textOf(told[`${prefix}Version`]) ?? '';
  return `${epoch === 0 ? '' : `${epoch}:`}${version}${release === null ? '' : `-${release}`}`;
}

/**
 * The fixes that Trivy names, out of its one text: `6.0.3.1, 5.2.4.3` or `>= 3.1.0, >= 2.1.3, < 3.0.0`. Null when it
 * names none.
 */
export function trivyFixes(text: string | null): Expected['fixed'] {
  if (text === null || text === '') return null;
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => !part.startsWith('<'))
    .map((part) => part.replace(/^(>=|~>|=)\s*/, ''));
}
