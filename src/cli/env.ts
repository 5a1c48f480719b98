import { readAccessKey } from '../service/keys.ts';
import { runningAddress } from '../service/start.ts';
import { type Command, exitCode } from './command.ts';
import { print } from './output.ts';
import { readSettings, settingOptions } from './settings.ts';

export const env: Command = {
  name: 'env',
  summary: 'Prints the variables that point the AWS CLI and SDKs at the service.',
  usage: ['[options]'],
  options: settingOptions('home', 'listen', 'region'),
  examples: ['eval "$(openinspector env)"'],
  async run(input) {
    const settings = readSettings(input.value);
    const key = await readAccessKey(settings.home);
    if (!key)
      throw new Error(
        `there is no access key in ${settings.home}; the first 'openinspector serve' makes one`,
      );
    const { host, port } = settings.listen;
    const address = (await runningAddress(settings.home)) ?? `http://${host}:${port}`;
    const variables = {
      AWS_ACCESS_KEY_ID: key.accessKeyId,
      AWS_SECRET_ACCESS_KEY: key.secretAccessKey,
      AWS_REGION: settings.region,
      AWS_DEFAULT_REGION: settings.region,
      AWS_ENDPOINT_URL_INSPECTOR2: address,
      AWS_ENDPOINT_URL_STS: address,
    };
    print(
      Object.entries(variables)
        .map(([name, value]) => `export ${name}='${value}'`)
        .join('\n'),
    );
    print('unset AWS_SESSION_TOKEN AWS_PROFILE');
    return exitCode.done;
  },
};
