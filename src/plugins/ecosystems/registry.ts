import { alpm } from './alpm/index.ts';
import { apk } from './apk/index.ts';
import { cargo } from './cargo/index.ts';
import { cocoapods } from './cocoapods/index.ts';
import { composer } from './composer/index.ts';
import { conan } from './conan/index.ts';
import { conda } from './conda/index.ts';
import type { Ecosystem, Extractor } from './contract.ts';
import { cran } from './cran/index.ts';
import { deb } from './deb/index.ts';
import { gem } from './gem/index.ts';
import { generic } from './generic/index.ts';
import { golang } from './golang/index.ts';
import { hackage } from './hackage/index.ts';
import { hex } from './hex/index.ts';
import { julia } from './julia/index.ts';
import { maven } from './maven/index.ts';
import { npm } from './npm/index.ts';
import { nuget } from './nuget/index.ts';
import { pub } from './pub/index.ts';
import { pypi } from './pypi/index.ts';
import { rpm } from './rpm/index.ts';
import { swift } from './swift/index.ts';

/** Every ecosystem whose packages can be listed, by id. */
export const ecosystems: readonly Ecosystem[] = [
  alpm,
  apk,
  cargo,
  cocoapods,
  composer,
  conan,
  conda,
  cran,
  deb,
  gem,
  generic,
  golang,
  hackage,
  hex,
  julia,
  maven,
  npm,
  nuget,
  pub,
  pypi,
  rpm,
  swift,
];

const byId = new Map(ecosystems.map((entry) => [entry.id, entry]));

/** The ecosystem of that id, or null when there is none. */
export function ecosystem(id: string): Ecosystem | null {
  return byId.get(id) ?? null;
}

/** Every extractor of every ecosystem. A file may be wanted by several. */
export const extractors: readonly Extractor[] = ecosystems.flatMap((entry) => entry.extractors);
