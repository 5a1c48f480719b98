import type { Package, PackageScope } from '../../../model/package.ts';
import { packageOf } from '../package-of.ts';

export type MavenFound = {
  /** Null when nothing tells it; such a package cannot be matched by its full coordinate. */
  readonly group: string | null;
  readonly artifact: string;
  readonly version: string;
  readonly path: string;
  readonly line?: number | null;
  readonly scope?: PackageScope | null;
  readonly relation?: 'direct' | 'transitive' | null;
  readonly attributes?: Readonly<Record<string, string | null>>;
};

/** A Maven package; its name is `group:artifact`. */
export function mavenPackage(found: MavenFound): Package {
  return packageOf({
    ecosystem: 'maven',
    namespace: found.group,
    purlName: found.artifact,
    name: found.group === null ? found.artifact : `${found.group}:${found.artifact}`,
    version: found.version,
    path: found.path,
    line: found.line ?? null,
    scope: found.scope ?? null,
    relation: found.relation ?? null,
    attributes: found.attributes ?? {},
  });
}

/** Whether a text can be a group, an artifact or a version: no blanks, and no property left in it. */
export function isMavenPart(text: string | null | undefined): text is string {
  return typeof text === 'string' && text.length <= 256 && /^[^\s:/\\${}[\](),"'<>|?*]+$/.test(text);
}
