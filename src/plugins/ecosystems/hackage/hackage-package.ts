import type { Package } from '../../../model/package.ts';
import { packageOf } from '../package-of.ts';

export function hackagePackage(name: string, version: string, path: string, line: number | null): Package {
  return packageOf({ ecosystem: 'hackage', namespace: null, purlName: name, version, path, line });
}
