import { createHash } from 'node:crypto';
import type { PublishedEvent } from '../../plugins/integrations/contract.ts';

/** What happened, ready to be put into an envelope. `finding` is in the shape of the API. */
export type Occurrence = {
  readonly eventId: number;
  readonly at: number;
  readonly account: string;
  readonly region: string;
  readonly findingArn: string;
  readonly finding: object;
};

/**
 * A finding's change as an EventBridge event, as Inspector publishes it. The id is the same whenever the same change
 * is delivered again. Pure.
 * Source: https://docs.aws.amazon.com/inspector/latest/user/eventbridge-integration.html
 */
export function findingEvent(occurrence: Occurrence): PublishedEvent {
  const hash = createHash('sha256')
    .update(`${occurrence.account} ${occurrence.findingArn} ${occurrence.eventId}`)
    .digest('hex');
  return {
    id: `${hash.slice(0, 8)}-${hash.slice(8, 12)}-${hash.slice(12, 16)}-${hash.slice(16, 20)}-${hash.slice(20, 32)}`,
    'detail-type': 'Inspector2 Finding',
    source: 'aws.inspector2',
    account: occurrence.account,
    time: new Date(occurrence.at).toISOString().replace(/\.\d{3}Z$/, 'Z'),
    region: occurrence.region,
    resources: [occurrence.findingArn],
    detail: withJavaDates(occurrence.finding) as Readonly<Record<string, unknown>>,
  };
}

// Inspector's events write times as Java prints them: `Wed Sep 04 16:59:44.356 UTC 2024`.
function withJavaDates(value: unknown): unknown {
  if (value instanceof Date) return javaDate(value);
  if (Array.isArray(value)) return value.map(withJavaDates);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withJavaDates(item)]));
}

function javaDate(date: Date): string {
  const [weekday, day, month, year, time] = date.toUTCString().replace(',', '').split(' ');
  return `${weekday} ${month} ${day} ${time}.${String(date.getUTCMilliseconds()).padStart(3, '0')} UTC ${year}`;
}
