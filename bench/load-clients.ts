import {
  BatchGetFindingDetailsCommand,
  CreateFilterCommand,
  DeleteFilterCommand,
  GetConfigurationCommand,
  type Inspector2Client,
  ListCoverageCommand,
  ListFiltersCommand,
  ListFindingAggregationsCommand,
  ListFindingsCommand,
  TagResourceCommand,
  UpdateFilterCommand,
} from '@aws-sdk/client-inspector2';
import { clientOf } from '../testkit/running-service.ts';

/** The clients of the load bench, in a process of their own: what they cost is not the service's. */
export type LoadOrder = {
  readonly address: string;
  readonly region: string;
  readonly key: Parameters<typeof clientOf>[1];
  readonly clients: number;
  readonly seconds: number;
};

export type LoadReport = {
  /** By operation, each answered call in ms. */
  readonly times: Readonly<Record<string, readonly number[]>>;
  /** Error name to how often, with the first message. */
  readonly errors: Readonly<Record<string, { count: number; message: string }>>;
  /** Names of filters that stand, as the clients were answered. */
  readonly filters: readonly string[];
};

type Seen = { times: Record<string, number[]>; errors: Record<string, { count: number; message: string }> };

async function run({ address, region, key, clients, seconds }: LoadOrder): Promise<LoadReport> {
  const seen: Seen = { times: {}, errors: {} };
  const end = Date.now() + seconds * 1000;
  const standing = new Set<string>();
  await Promise.all(
    Array.from({ length: clients }, (_, n) =>
      one(clientOf(address, key, region), { n, end, seen, standing }),
    ),
  );
  return { ...seen, filters: [...standing].sort() };
}

type Client = {
  readonly n: number;
  readonly end: number;
  readonly seen: Seen;
  readonly standing: Set<string>;
};

// One in five writes; each reads on through a few pages, as a console or an exporter does.
async function one(client: Inspector2Client, { n, end, seen, standing }: Client): Promise<void> {
  for (let round = 0; Date.now() < end; round++) {
    if ((n + round) % 5 === 0) await write(client, `load-${n}-${round}`, seen, standing);
    else await read(client, n + round, seen);
  }
  client.destroy();
}

async function read(client: Inspector2Client, turn: number, seen: Seen): Promise<void> {
  if (turn % 4 === 0) {
    await timed(seen, 'ListFindingAggregations', () =>
      client.send(
        new ListFindingAggregationsCommand({ aggregationType: turn % 8 ? 'PACKAGE' : 'AWS_EC2_INSTANCE' }),
      ),
    );
  } else if (turn % 4 === 1) {
    await timed(seen, 'ListCoverage', () => client.send(new ListCoverageCommand({})));
    await timed(seen, 'GetConfiguration', () => client.send(new GetConfigurationCommand({})));
  } else {
    const sortCriteria = { field: turn % 3 ? 'SEVERITY' : 'EPSS_SCORE', sortOrder: 'DESC' } as const;
    const first = await timed(seen, 'ListFindings', () =>
      client.send(new ListFindingsCommand({ sortCriteria, maxResults: 25 })),
    );
    if (first?.nextToken) {
      const { nextToken } = first;
      await timed(seen, 'ListFindings', () =>
        client.send(new ListFindingsCommand({ sortCriteria, maxResults: 25, nextToken })),
      );
    }
    const findingArns = (first?.findings ?? []).slice(0, 5).map(({ findingArn }) => findingArn ?? '');
    if (findingArns.length > 0)
      await timed(seen, 'BatchGetFindingDetails', () =>
        client.send(new BatchGetFindingDetailsCommand({ findingArns })),
      );
  }
}

async function write(
  client: Inspector2Client,
  name: string,
  seen: Seen,
  standing: Set<string>,
): Promise<void> {
  const title = [{ comparison: 'PREFIX' as const, value: name }];
  const made = await timed(seen, 'CreateFilter', () =>
    client.send(new CreateFilterCommand({ action: 'NONE', name, filterCriteria: { title } })),
  );
  if (!made?.arn) return;
  standing.add(name);
  const { arn } = made;
  await timed(seen, 'UpdateFilter', () =>
    client.send(new UpdateFilterCommand({ filterArn: arn, description: 'changed under load' })),
  );
  await timed(seen, 'TagResource', () =>
    client.send(new TagResourceCommand({ resourceArn: arn, tags: { load: 'yes' } })),
  );
  await timed(seen, 'ListFilters', () => client.send(new ListFiltersCommand({ arns: [arn] })));
  const gone = await timed(seen, 'DeleteFilter', () => client.send(new DeleteFilterCommand({ arn })));
  if (gone?.arn) standing.delete(name);
}

async function timed<T>(seen: Seen, name: string, call: () => Promise<T>): Promise<T | null> {
  const started = performance.now();
  try {
    const answer = await call();
    const times = seen.times[name] ?? [];
    seen.times[name] = times;
    times.push(performance.now() - started);
    return answer;
  } catch (error) {
    const { name: kind, message } = error as Error;
    const known = seen.errors[kind] ?? { count: 0, message };
    seen.errors[kind] = known;
    known.count += 1;
    // A client that is told to wait waits.
    if (kind === 'ThrottlingException') await new Promise((resolve) => setTimeout(resolve, 1000));
    return null;
  }
}

process.on('message', async (order: LoadOrder) => {
  process.send?.(await run(order));
  process.disconnect();
});
