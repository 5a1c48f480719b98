import { randomBytes } from 'node:crypto';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { countAccessKeys, createAccessKey, type NewAccessKey } from '../store/access-keys.ts';
import type { Db } from '../store/database.ts';

const serviceKeyBytes = 32;

/** The installation's secret key: made at the first start, readable by the owner only. */
export async function serviceKey(home: string): Promise<Buffer> {
  const path = join(home, 'service.key');
  try {
    await writeFile(path, randomBytes(serviceKeyBytes), { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if ((error as { code?: string }).code !== 'EEXIST') throw error;
  }
  const key = await readFile(path);
  if (key.length !== serviceKeyBytes)
    throw new Error(`${path} is damaged: it should have ${serviceKeyBytes} bytes`);
  return key;
}

/** Where the first access key is written. */
export function accessKeyFile(home: string): string {
  return join(home, 'access-key');
}

/** Makes the administrator's key when the installation has none, and writes it to a file only its owner can read. */
export async function ensureFirstKey(
  db: Db,
  key: Buffer,
  home: string,
  accountId: string,
  now: number,
): Promise<void> {
  if ((await countAccessKeys(db)) > 0) return;
  const made = await createAccessKey(db, key, { accountId, userName: 'admin', role: 'administrator' }, now);
  const path = accessKeyFile(home);
  await writeFile(path, `${JSON.stringify(made, null, 2)}\n`, { mode: 0o600 });
  await chmod(path, 0o600);
}

/** The key in the home, or null when there is none that can be read. */
export async function readAccessKey(home: string): Promise<NewAccessKey | null> {
  try {
    const parsed = JSON.parse(await readFile(accessKeyFile(home), 'utf8')) as Partial<NewAccessKey>;
    const { accessKeyId, secretAccessKey } = parsed;
    return accessKeyId && secretAccessKey ? { accessKeyId, secretAccessKey } : null;
  } catch {
    return null;
  }
}
