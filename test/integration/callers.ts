import type { Inspector2Client } from '@aws-sdk/client-inspector2';
import { serviceKey } from '../../src/service/keys.ts';
import { createAccessKey, type NewAccessKey } from '../../src/store/access-keys.ts';
import { ensureAccount, type ScanType } from '../../src/store/accounts.ts';
import { clientOf, type RunningService } from '../../testkit/running-service.ts';

/** Somebody with a key of an account. */
export type Caller = {
  readonly accountId: string;
  readonly key: NewAccessKey;
  readonly client: Inspector2Client;
};

/** Makes a further account in a running service, with a key and the given scan types enabled. */
export async function addCaller(
  { service, settings }: RunningService,
  accountId: string,
  enabled: readonly ScanType[] = [],
): Promise<Caller> {
  const { db } = service.database;
  await ensureAccount(db, accountId, enabled, Date.now());
  const principal = { accountId, userName: 'user', role: 'administrator' };
  const key = await createAccessKey(db, await serviceKey(settings.home), principal, Date.now());
  return { accountId, key, client: clientOf(service.address, key, settings.region) };
}
