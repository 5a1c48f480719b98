import type { Destination } from '../jobs/deliver.ts';

/** What a service or command runs with, resolved from flags, environment and configuration file. */
export type Settings = {
  readonly home: string;
  readonly databaseUrl: string | null;
  readonly listen: { readonly host: string; readonly port: number };
  /** Twelve digits. */
  readonly account: string;
  readonly region: string;
  readonly intelDirectory: string;
  /** Path of the key that must have signed intelligence that is taken in; null: signatures are not asked for. */
  readonly intelPublicKey: string | null;
  /** Feed id to address, in place of the publisher's. */
  readonly feedUrls: Readonly<Record<string, string>>;
  /** Where finding events are delivered; from the configuration file only, since settings hold secrets. */
  readonly destinations: readonly Destination[];
  /** Calls of the API that each account may make in a second; 0: as many as it likes. */
  readonly requestsPerSecond: number;
  readonly logLevel: string;
  /** Setting name to where it came from: flag, environment, file or default. */
  readonly origins: Readonly<Record<string, string>>;
};
