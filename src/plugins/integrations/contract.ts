/** A place that findings are published to. */
export type Integration = {
  readonly id: string;
  readonly title: string;
  readonly sources: readonly string[];
  /** Says what is wrong with the settings, or null. Opens nothing. */
  checkSettings(settings: Readonly<Record<string, string>>): string | null;
  /** Delivers a batch in order. Throws to have the batch tried again; the receiver must be able to take it twice. */
  deliver(batch: readonly PublishedEvent[], settings: Readonly<Record<string, string>>): Promise<void>;
};

/** An EventBridge envelope. `detail` is the finding, scan or coverage change. */
export type PublishedEvent = {
  readonly id: string;
  readonly 'detail-type': string;
  readonly source: string;
  readonly account: string;
  /** ISO 8601. */
  readonly time: string;
  readonly region: string;
  readonly resources: readonly string[];
  readonly detail: Readonly<Record<string, unknown>>;
};
