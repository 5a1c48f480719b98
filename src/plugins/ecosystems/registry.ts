import { apk } from './apk/index.ts';
import type { Ecosystem, Extractor } from './contract.ts';
import { deb } from './deb/index.ts';
import { npm } from './npm/index.ts';
import { pypi } from './pypi/index.ts';
import { rpm } from './rpm/index.ts';

/** Every ecosystem whose packages can be listed, by id. */
export const ecosystems: readonly Ecosystem[] = [apk, deb, npm, pypi, rpm];

const byId = new Map(ecosystems.map((entry) => [entry.id, entry]));

/** The ecosystem of that id, or null when there is none. */
export function ecosystem(id: string): Ecosystem | null {
  return byId.get(id) ?? null;
}

/** Every extractor of every ecosystem. A file may be wanted by several. */
export const extractors: readonly Extractor[] = ecosystems.flatMap((entry) => entry.extractors);
