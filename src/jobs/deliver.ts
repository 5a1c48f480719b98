import type { Logger } from 'pino';
import { reasonOf } from '../model/problem.ts';
import { findingEvent } from '../pipeline/publish/envelope.ts';
import type { PublishedEvent } from '../plugins/integrations/contract.ts';
import { integration } from '../plugins/integrations/registry.ts';
import type { Db } from '../store/database.ts';
import { eventsAfter, type FindingEvent, lastEventId } from '../store/finding-events.ts';
import { getSetting, putSetting } from '../store/matches.ts';

/** A configured place of delivery. */
export type Destination = {
  /** Names its place in the stream of events; renaming it starts anew. */
  readonly name: string;
  readonly integration: string;
  readonly settings: Readonly<Record<string, string>>;
};

export type DeliveryOptions = {
  readonly db: Db;
  readonly accountId: string;
  readonly region: string;
  readonly destinations: readonly Destination[];
  /** Findings by ARN, in the shape of the API. */
  readonly findings: (arns: readonly string[]) => Promise<ReadonlyMap<string, object>>;
  readonly log: Logger;
};

const eventsAtOnce = 100;
const pollMilliseconds = 1000;
const waitMostMilliseconds = 60_000;

/**
 * Delivers finding events to every destination, in order and at least once: the place in the stream moves only after
 * the receiver took the batch. A destination that fails waits longer each time and holds up no other.
 */
export function startDeliveries(options: DeliveryOptions): { stop(): void } {
  let stopped = false;
  for (const destination of options.destinations) void follow(options, destination, () => stopped);
  return {
    stop() {
      stopped = true;
    },
  };
}

async function follow(
  options: DeliveryOptions,
  destination: Destination,
  isStopped: () => boolean,
): Promise<void> {
  let failures = 0;
  while (!isStopped()) {
    let wait = pollMilliseconds;
    try {
      if ((await deliverNext(options, destination)) === eventsAtOnce) wait = 0;
      failures = 0;
    } catch (error) {
      wait = Math.min(waitMostMilliseconds, pollMilliseconds * 2 ** ++failures);
      options.log.warn(
        { destination: destination.name, why: reasonOf(error), again: wait },
        'events could not be delivered',
      );
    }
    if (!isStopped()) await new Promise((resolve) => setTimeout(resolve, wait).unref());
  }
}

/** Delivers the next batch; answers how many events it had. */
export async function deliverNext(options: DeliveryOptions, destination: Destination): Promise<number> {
  const { db, accountId } = options;
  const plugin = integration(destination.integration);
  if (!plugin) throw new Error(`there is no integration '${destination.integration}'`);
  const setting = `delivery.${destination.name}`;
  const known = await getSetting<number>(db, setting);
  // A new destination hears what happens from now on, not everything that ever happened.
  const last = known ?? (await lastEventId(db));
  if (known === null) await putSetting(db, setting, last);
  const events = await eventsAfter(db, accountId, last, eventsAtOnce);
  const next = events.at(-1);
  if (!next) return 0;
  const batch = await envelopes(options, events);
  if (batch.length > 0) await plugin.deliver(batch, destination.settings);
  await putSetting(db, setting, next.eventId);
  return events.length;
}

async function envelopes(
  options: DeliveryOptions,
  events: readonly FindingEvent[],
): Promise<PublishedEvent[]> {
  const arns = new Set(events.flatMap(({ findingArn }) => (findingArn === null ? [] : [findingArn])));
  const findings = await options.findings([...arns]);
  const made: PublishedEvent[] = [];
  for (const { eventId, at, findingArn } of events) {
    const finding = findingArn === null ? undefined : findings.get(findingArn);
    // A finding that is past its retention by now has nothing left to tell.
    if (findingArn === null || !finding) continue;
    made.push(
      findingEvent({ eventId, at, account: options.accountId, region: options.region, findingArn, finding }),
    );
  }
  return made;
}
