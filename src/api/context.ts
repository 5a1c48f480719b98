import type { Logger } from 'pino';
import type { IntelligenceHolder } from '../jobs/context.ts';
import type { Queue } from '../jobs/queue.ts';
import type { NewAccessKey, Principal } from '../store/access-keys.ts';
import type { ScanType } from '../store/accounts.ts';
import type { Db } from '../store/database.ts';
import type { Watch } from '../store/watches.ts';
import type { PageTokens } from './page-token.ts';

/** What every operation works with besides its input: who calls, and the parts of the service. */
export type ApiContext = {
  readonly accountId: string;
  readonly userName: string;
  readonly role: string;
  readonly service: ApiService;
};

export type ApiService = {
  readonly db: Db;
  readonly intelligence: IntelligenceHolder;
  readonly queue: Queue;
  readonly tokens: PageTokens;
  readonly region: string;
  readonly version: string;
  readonly log: Logger;
  readonly now: () => number;
  /** Makes an access key; the secret is known to nobody else afterwards. */
  readonly createAccessKey: (principal: Principal) => Promise<NewAccessKey>;
  /** Tells the running service that an account's scan types changed. */
  readonly onScanTypes: (accountId: string, types: readonly ScanType[]) => Promise<void>;
  readonly onWatchAdded: (watch: Watch) => void;
  readonly onWatchRemoved: (watchId: number) => void;
};
