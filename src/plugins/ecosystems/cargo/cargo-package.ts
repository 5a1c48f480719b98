import type { Package } from '../../../model/package.ts';
import { packageOf } from '../package-of.ts';

export type CargoFound = {
  readonly name: string;
  readonly version: string;
  readonly path: string;
  readonly line?: number | null;
  readonly scope?: 'runtime' | 'dev' | null;
  readonly relation?: 'direct' | 'transitive' | null;
  readonly attributes?: Readonly<Record<string, string | null>>;
};

/** A crate. */
export function cargoPackage(found: CargoFound): Package {
  return packageOf({ ...found, ecosystem: 'cargo', namespace: null, purlName: found.name });
}
