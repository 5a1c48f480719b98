import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { after, before, describe, test } from 'node:test';
import * as errors from '../../src/api/wire/errors.ts';
import { credentials, region, type Server, startServer } from './server.ts';

const found = spawnSync('aws', ['--version'], { encoding: 'utf8' });
const skip = found.status === 0 ? false : 'the AWS CLI is not on the PATH';

type Ran = { readonly code: number; readonly stdout: string; readonly stderr: string };

describe('the AWS CLI', { skip }, () => {
  let server: Server;
  before(async () => {
    server = await startServer({
      ListFindings: async ({ maxResults }) => ({ findings: [], nextToken: `more than ${maxResults}` }),
      ScanSbom: async ({ sbom, outputFormat }) => ({ sbom: { got: sbom, as: outputFormat ?? null } }),
      async TagResource({ tags }) {
        throw errors.badRequest(`${Object.keys(tags)}`);
      },
    });
  });
  after(() => server.close());

  test('lists findings', async () => {
    const { code, stdout } = await aws(server, ['inspector2', 'list-findings', '--max-results', '7']);
    assert.deepEqual([code, JSON.parse(stdout)], [0, { findings: [], nextToken: 'more than 7' }]);
  });

  test('shows that a secret is wrong', async () => {
    const { code, stderr } = await aws(server, ['inspector2', 'list-findings'], {
      AWS_SECRET_ACCESS_KEY: 'wrong',
    });
    assert.notEqual(code, 0);
    assert.match(
      stderr,
      /\(InvalidSignatureException\) when calling the ListFindings operation: The request signature/,
    );
  });

  test('shows modelled errors', async () => {
    const resourceArn = 'arn:aws:inspector2:eu-central-1:123456789012:owner/123456789012/filter/a';
    const { stderr } = await aws(server, [
      'inspector2',
      'tag-resource',
      '--resource-arn',
      resourceArn,
      '--tags',
      'a=b',
    ]);
    assert.match(stderr, /\(BadRequestException\) when calling the TagResource operation: a$/m);
  });

  test('scans an SBOM', async () => {
    const { stdout } = await aws(server, [
      'inspector-scan',
      'scan-sbom',
      '--sbom',
      '{"components":[1]}',
      '--output-format',
      'INSPECTOR',
    ]);
    assert.deepEqual(JSON.parse(stdout), { sbom: { got: { components: [1] }, as: 'INSPECTOR' } });
  });

  test('asks who it is', async () => {
    const { stdout } = await aws(server, ['sts', 'get-caller-identity']);
    assert.deepEqual(JSON.parse(stdout), {
      UserId: 'AIDAEXAMPLE',
      Account: '123456789012',
      Arn: 'arn:aws:iam::123456789012:user/alice',
    });
  });

  test('and is told when nobody knows', async () => {
    const wrongSecret = await aws(server, ['sts', 'get-caller-identity'], { AWS_SECRET_ACCESS_KEY: 'wrong' });
    assert.match(
      wrongSecret.stderr,
      /\(SignatureDoesNotMatch\) when calling the GetCallerIdentity operation/,
    );
    const nobody = await aws(server, ['sts', 'get-caller-identity'], { AWS_ACCESS_KEY_ID: 'NOBODY' });
    assert.match(nobody.stderr, /\(InvalidClientTokenId\) when calling the GetCallerIdentity operation/);
    const other = await aws(server, ['sts', 'get-session-token']);
    assert.match(other.stderr, /\(InvalidAction\) when calling the GetSessionToken operation/);
  });
});

function aws(
  server: Server,
  parameters: readonly string[],
  environment: Readonly<Record<string, string>> = {},
) {
  const env = {
    PATH: process.env.PATH,
    HOME: '/nonexistent',
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_DEFAULT_REGION: region,
    AWS_MAX_ATTEMPTS: '1',
    ...environment,
  };
  const all = ['--endpoint-url', server.endpoint, '--output', 'json', ...parameters];
  return new Promise<Ran>((resolve) => {
    execFile('aws', all, { env }, (error, stdout, stderr) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr }),
    );
  });
}
