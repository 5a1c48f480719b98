import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Inspector2Client } from '@aws-sdk/client-inspector2';
import { buildIntelligence } from '../src/intel/build.ts';
import { readAccessKey } from '../src/service/keys.ts';
import type { Settings } from '../src/service/settings.ts';
import { type Service, startService } from '../src/service/start.ts';
import type { NewAccessKey } from '../src/store/access-keys.ts';
import { type TestFeed, writeFeeds } from './feeds-directory.ts';

/** A service of its own for a test, with a home that goes when it stops. */
export type RunningService = {
  readonly service: Service;
  readonly settings: Settings;
  readonly key: NewAccessKey;
  readonly client: Inspector2Client;
  /** Builds a revision from the feed; the service takes it up by itself. */
  build(feed: TestFeed): Promise<string>;
  /** Waits until no job waits or runs and the condition holds; throws with what it was waiting for. */
  until(what: string, condition: () => Promise<boolean>, seconds?: number): Promise<number>;
  stop(): Promise<void>;
};

export function testSettings(home: string, databaseUrl: string | null): Settings {
  return {
    home,
    databaseUrl,
    listen: { host: '127.0.0.1', port: 0 },
    account: '111122223333',
    region: 'eu-central-1',
    intelDirectory: join(home, 'intel'),
    intelPublicKey: null,
    feedUrls: {},
    destinations: [],
    requestsPerSecond: 0,
    logLevel: process.env.TEST_LOG ?? 'fatal',
    origins: {},
  };
}

export async function buildFeed(settings: Settings, feed: TestFeed): Promise<string> {
  const feedsDirectory = mkdtempSync(join(tmpdir(), 'openinspector-feeds-'));
  writeFeeds(feedsDirectory, feed);
  const { meta } = await buildIntelligence({
    feedsDirectory,
    outDirectory: settings.intelDirectory,
    onProgress: () => {},
    now: new Date(),
  });
  rmSync(feedsDirectory, { recursive: true, force: true });
  return meta.revision;
}

export async function runService(options: {
  readonly databaseUrl: string | null;
  readonly feed: TestFeed;
  readonly watches?: readonly { readonly target: string; readonly location: string }[];
  readonly home?: string;
  readonly requestsPerSecond?: number;
}): Promise<RunningService> {
  const home = options.home ?? mkdtempSync(join(tmpdir(), 'openinspector-home-'));
  const { requestsPerSecond = 0 } = options;
  const settings = { ...testSettings(home, options.databaseUrl), requestsPerSecond };
  await buildFeed(settings, options.feed);
  const service = await startService({
    settings,
    watches: options.watches ?? [],
    role: 'all',
    onProgress: () => {},
  });
  const key = await readAccessKey(home);
  if (!key) throw new Error('the service made no access key');
  const client = clientOf(service.address, key, settings.region);
  return {
    service,
    settings,
    key,
    client,
    build: (feed) => buildFeed(settings, feed),
    async until(what, condition, seconds = 30) {
      const started = performance.now();
      while (performance.now() - started < seconds * 1000) {
        if (await condition()) return (performance.now() - started) / 1000;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      throw new Error(`waited ${seconds} seconds for ${what}`);
    },
    async stop() {
      client.destroy();
      await service.stop();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

export function clientOf(address: string, key: NewAccessKey, region: string): Inspector2Client {
  return new Inspector2Client({ endpoint: address, region, credentials: key, maxAttempts: 1 });
}
