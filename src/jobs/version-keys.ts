import type { Subject } from '../model/match.ts';
import { ecosystem } from '../plugins/ecosystems/registry.ts';
import type { Db } from '../store/database.ts';
import { getSetting, putSetting, versionsAfter } from '../store/matches.ts';
import { saveVersionKeys, unkeyedVersions, type VersionKeys } from '../store/version-keys.ts';
import { placedKey, versionKeyForm } from '../versions/placed-key.ts';

const formSetting = 'versions.keyForm';
const versionsAtOnce = 1000;
/** Longest package name, in characters, beside which a key fits an index. */
const nameMax = 500;

/**
 * Writes the keys of stored package versions that have none yet, slice by slice; of all of them when this program
 * writes keys in another form than was written, which then count as none. Versions without keys are judged one by one
 * until then.
 */
export async function fillVersionKeys(db: Db): Promise<void> {
  const isNew = (await getSetting<number>(db, formSetting)) !== versionKeyForm;
  let after = 0;
  while (true) {
    const versions = await (isNew ? versionsAfter : unkeyedVersions)(db, after, versionsAtOnce);
    if (versions.length === 0) break;
    await saveVersionKeys(
      db,
      versions.map(({ id, subject }) => versionKeysOf(id, subject)),
    );
    after = versions.at(-1)?.id ?? after;
  }
  if (isNew) await putSetting(db, formSetting, versionKeyForm);
}

/** The keys of a package version: its own, and that of the version to compare under each package key. */
export function versionKeysOf(id: number, subject: Subject): VersionKeys {
  const scheme = ecosystem(subject.ecosystem)?.scheme ?? '';
  const keyOf = (name: string, version: string) =>
    name.length > nameMax ? null : placedKey(scheme, version);
  const places = new Map<string, VersionKeys['places'][number] & { readonly version: string }>();
  for (const { stream, name, version } of subject.keys) {
    const place = `${stream}|${name}`;
    const known = places.get(place);
    // Two versions under one key cannot both be placed.
    const key = known && known.version !== version ? null : keyOf(name, version);
    places.set(place, { stream, name, version, key });
  }
  return { id, key: keyOf(subject.name, subject.version), places: [...places.values()] };
}
