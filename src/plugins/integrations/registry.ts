import type { Integration } from './contract.ts';
import { webhook } from './webhook/index.ts';

/** Every kind of place that events can be delivered to. */
export const integrations: readonly Integration[] = [webhook];

/** The integration of an id, or null. */
export function integration(id: string): Integration | null {
  return integrations.find((item) => item.id === id) ?? null;
}
