import type { JobLine } from '../store/job-log.ts';
import { type Command, exitCode } from './command.ts';
import { colour, print, table } from './output.ts';
import { findService } from './service-client.ts';
import { readSettings, settingOptions } from './settings.ts';

export const jobs: Command = {
  name: 'jobs',
  summary: 'Shows what the running service did, what it left alone, and why.',
  usage: ['[options]'],
  options: {
    limit: { kind: 'value', word: 'N', help: 'how many lines, newest last (50)' },
    format: { kind: 'value', word: 'FORMAT', help: 'table (default) or json' },
    ...settingOptions('home', 'region'),
  },
  examples: ['openinspector jobs', 'openinspector jobs --limit 200 --format json'],
  async run(input) {
    const settings = readSettings(input.value);
    const service = await findService(settings);
    if (!service)
      throw new Error(`no service of ${settings.home} is running; start one with 'openinspector serve'`);
    const limit = Number(input.value('limit') ?? '50');
    const answer = await service.call<{ jobs: readonly JobLine[] }>(
      'GET',
      `/openinspector/v1/jobs?limit=${limit}`,
    );
    const lines = [...(answer?.jobs ?? [])].reverse();
    if (input.value('format') === 'json') {
      print(JSON.stringify(lines, null, 1));
      return exitCode.done;
    }
    const columns = [
      { title: 'TIME', min: 8, share: 0 },
      { title: 'JOB', min: 8, share: 0 },
      { title: 'OUTCOME', min: 7, share: 0 },
      { title: 'SECONDS', min: 7, share: 0 },
      { title: 'SUBJECT', min: 12, share: 1 },
      { title: 'TRIGGER', min: 12, share: 1 },
      { title: 'WHY', min: 20, share: 1 },
    ];
    const rows = lines.map((line) => [
      new Date(line.at).toISOString().slice(11, 19),
      line.job,
      line.outcome,
      (line.milliseconds / 1000).toFixed(1),
      line.subject,
      line.trigger,
      line.why,
    ]);
    print(
      table(columns, rows, (text, column, row) =>
        column === 2 && lines[row]?.outcome === 'failed' ? colour(text, 'red') : text,
      ),
    );
    return exitCode.done;
  },
};
