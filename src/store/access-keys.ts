import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import type { Db } from './database.ts';

/** Who an access key speaks for. */
export type Principal = {
  readonly accountId: string;
  readonly userName: string;
  readonly role: string;
};

export type NewAccessKey = { readonly accessKeyId: string; readonly secretAccessKey: string };

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** Makes an access key; the secret is answered once and stored encrypted under the installation's key. */
export async function createAccessKey(
  db: Db,
  key: Buffer,
  principal: Principal,
  now: number,
): Promise<NewAccessKey> {
  const accessKeyId = `AKIA${Array.from(randomBytes(16), (byte) => alphabet[byte % 32]).join('')}`;
  const secretAccessKey = randomBytes(30).toString('base64');
  await sql`insert into access_key (access_key_id, account_id, user_name, role, secret, created_at)
    values (${accessKeyId}, ${principal.accountId}, ${principal.userName}, ${principal.role},
      ${seal(key, accessKeyId, secretAccessKey)}, ${now})`.execute(db);
  return { accessKeyId, secretAccessKey };
}

/** The secret and principal of an active key, or null. Throws when the installation's key is not the right one. */
export async function findAccessKey(
  db: Db,
  key: Buffer,
  accessKeyId: string,
): Promise<{ readonly secret: string; readonly principal: Principal } | null> {
  const found = await sql<{ secret: Buffer; accountId: string; userName: string; role: string }>`
    select secret, account_id as "accountId", user_name as "userName", role from access_key
    where access_key_id = ${accessKeyId} and not is_disabled`.execute(db);
  const row = found.rows[0];
  if (!row) return null;
  const { accountId, userName, role } = row;
  return { secret: unseal(key, accessKeyId, row.secret), principal: { accountId, userName, role } };
}

/** A key as it is listed: everything but its secret. */
export type StoredAccessKey = Principal & {
  readonly accessKeyId: string;
  readonly createdAt: number;
  readonly isDisabled: boolean;
};

/** Every key of the installation, by account and age. */
export async function listAccessKeys(db: Db): Promise<StoredAccessKey[]> {
  const found = await sql<StoredAccessKey>`
    select access_key_id as "accessKeyId", account_id as "accountId", user_name as "userName", role,
      created_at as "createdAt", is_disabled as "isDisabled"
    from access_key order by account_id, created_at, access_key_id`.execute(db);
  return found.rows;
}

/** Refuses a key from now on; `last`: it is the only one of an administrator, without which nobody could make another. */
export async function disableAccessKey(
  db: Db,
  accessKeyId: string,
): Promise<'disabled' | 'unknown' | 'last'> {
  return db.transaction().execute(async (tx) => {
    // Two that are disabled at once must not both be told that the other one stays.
    const administrators = await sql<{ id: string }>`
      select access_key_id as id from access_key where role = 'administrator' and not is_disabled for update`.execute(
      tx,
    );
    if (administrators.rows.length === 1 && administrators.rows[0]?.id === accessKeyId) return 'last';
    const changed =
      await sql`update access_key set is_disabled = true where access_key_id = ${accessKeyId}`.execute(tx);
    return changed.numAffectedRows === 0n ? 'unknown' : 'disabled';
  });
}

export async function countAccessKeys(db: Db): Promise<number> {
  return (
    (await sql<{ count: number }>`select count(*) as count from access_key`.execute(db)).rows[0]?.count ?? 0
  );
}

// AES-256-GCM; the key id is authenticated with the secret, so that rows cannot be swapped.
function seal(key: Buffer, accessKeyId: string, secret: string): Buffer {
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(accessKeyId));
  const sealed = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), sealed]);
}

function unseal(key: Buffer, accessKeyId: string, stored: Buffer): string {
  const decipher = createDecipheriv('aes-256-gcm', key, stored.subarray(0, 12)).setAAD(
    Buffer.from(accessKeyId),
  );
  decipher.setAuthTag(stored.subarray(12, 28));
  try {
    return Buffer.concat([decipher.update(stored.subarray(28)), decipher.final()]).toString('utf8');
  } catch {
    throw new Error(
      'a stored access key does not open with the service key of this home: was service.key replaced?',
    );
  }
}
