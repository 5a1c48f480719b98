/** Calls `run` on every item, at most `most` at once, and answers in the order of the items. The first error ends it. */
export async function inParallel<T, R>(
  items: readonly T[],
  most: number,
  run: (item: T) => Promise<R>,
): Promise<readonly R[]> {
  const results: R[] = [];
  let next = 0;
  let isOver = false;
  const work = async () => {
    while (next < items.length && !isOver) {
      const index = next++;
      results[index] = await run(items[index] as T);
    }
  };
  const workers = await Promise.allSettled(Array.from({ length: most }, () => work().catch(stop)));
  const failed = workers.find((worker) => worker.status === 'rejected');
  if (failed) throw failed.reason;
  return results;

  function stop(error: unknown): never {
    isOver = true;
    throw error;
  }
}
