import { parsePackageQuery } from '../pipeline/match/package-query.ts';
import type { PackageHit } from '../store/package-search.ts';
import { type Command, exitCode, UsageError } from './command.ts';
import { print, table } from './output.ts';
import { findService } from './service-client.ts';
import { readSettings, settingOptions } from './settings.ts';

export const find: Command = {
  name: 'find',
  summary: 'Says which resources carry a package, by name and versions, before any advisory exists.',
  usage: ["[options] 'ECOSYSTEM/NAME [BOUND...]'"],
  options: {
    format: { kind: 'value', word: 'FORMAT', help: 'table (default) or json' },
    ...settingOptions('home', 'region'),
  },
  examples: ["openinspector find 'deb/xz-utils >=5.6.0 <5.6.2'", 'openinspector find npm/event-stream'],
  async run(input) {
    const text = input.positionals.join(' ');
    const query = parsePackageQuery(text);
    if (typeof query === 'string') throw new UsageError(`${query}.\nTry 'openinspector find --help'.`);
    const settings = readSettings(input.value);
    const service = await findService(settings);
    if (!service)
      throw new Error(`no service of ${settings.home} is running; start one with 'openinspector serve'`);
    type Answer = { packages: readonly PackageHit[]; undetermined: readonly string[] };
    const answer = await service.call<Answer>(
      'GET',
      `/openinspector/v1/packages?${new URLSearchParams({ query: text })}`,
    );
    if (input.value('format') === 'json') {
      print(JSON.stringify(answer, null, 1));
      return exitCode.done;
    }
    const rows = (answer?.packages ?? []).map((hit) => [
      hit.resourceName,
      hit.resourceId,
      hit.package.name,
      hit.package.version,
      hit.package.evidence[0]?.path ?? '',
    ]);
    const columns = [
      { title: 'RESOURCE', min: 10, share: 1 },
      { title: 'ID', min: 12, share: 1 },
      { title: 'PACKAGE', min: 10, share: 1 },
      { title: 'VERSION', min: 10, share: 1 },
      { title: 'EVIDENCE', min: 12, share: 1 },
    ];
    print(rows.length > 0 ? table(columns, rows) : 'No resource carries it.');
    if (answer && answer.undetermined.length > 0) {
      print(`These versions cannot be compared with the bounds: ${answer.undetermined.join(', ')}`);
    }
    return exitCode.done;
  },
};
