import { getAccountSetting, putAccountSetting } from './account-settings.ts';
import type { Db } from './database.ts';
import { getStanding } from './organisation.ts';

// Settings that an administrator makes for all its members, unless it set one for a member by itself.

export type InheritedName = 'configuration.ec2' | 'configuration.ecr';

/** As it is stored: the value, and the account that set it. Null inside: it was set back. */
type Stored<T> = { readonly set: T; readonly setBy: string } | null;

/**
 * What holds for an account, or null where nobody set anything. What a member had set before it became one waits
 * until it stands alone again.
 */
export async function inheritedSetting<T>(
  db: Db,
  accountId: string,
  name: InheritedName,
): Promise<{ readonly value: T; readonly updatedAt: number } | null> {
  const { memberOf } = await getStanding(db, accountId);
  const own = await stored<T>(db, accountId, name);
  if (memberOf === null || own?.value.setBy === memberOf) return shape(own);
  return shape(await stored<T>(db, memberOf, name));
}

export async function putInheritedSetting(
  db: Db,
  accountId: string,
  name: InheritedName,
  value: unknown,
  setBy: string,
  now: number,
): Promise<void> {
  await putAccountSetting(db, accountId, name, { set: value, setBy }, now);
}

/** The account follows its administrator again. */
export async function resetInheritedSetting(
  db: Db,
  accountId: string,
  name: InheritedName,
  now: number,
): Promise<void> {
  await putAccountSetting(db, accountId, name, null, now);
}

async function stored<T>(db: Db, accountId: string, name: InheritedName) {
  const found = await getAccountSetting<Stored<T>>(db, accountId, name);
  return found?.value ? { value: found.value, updatedAt: found.updatedAt } : null;
}

function shape<T>(found: { readonly value: { readonly set: T }; readonly updatedAt: number } | null) {
  return found && { value: found.value.set, updatedAt: found.updatedAt };
}
