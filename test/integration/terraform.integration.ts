import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type Answer, call, type Estate, hub, openEstate } from './estate.ts';

// Terraform and its AWS provider, which know nothing of us but the address. They are not fetched: where the provider
// does not lie in one of Terraform's own folders, OPENINSPECTOR_TERRAFORM_PLUGINS names a mirror that has it.
// Source: https://developer.hashicorp.com/terraform/cli/config/config-file#implied-local-mirror-directories

// Nothing is enabled there yet: with an account that has more than it asks for, the provider waits until it gives up.
const member = '222233334444';
const mirror = findMirror();
const skip =
  spawnSync('terraform', ['version']).status !== 0
    ? 'terraform is not installed here'
    : mirror === null
      ? 'the AWS provider of terraform is not here (OPENINSPECTOR_TERRAFORM_PLUGINS names a mirror)'
      : false;

describe('Terraform', { skip }, () => {
  let opened: Awaited<ReturnType<typeof openEstate>> = null;
  let estate: Estate;
  let folder = '';

  before(async () => {
    if (skip !== false) return;
    opened = await openEstate('embedded', { isOrganised: false });
    estate = (opened as NonNullable<typeof opened>).estate;
    folder = join(estate.place, 'terraform');
    mkdirSync(folder);
    writeFileSync(join(folder, 'terraformrc'), cliConfiguration(mirror ?? ''));
  });
  after(() => opened?.close());

  test('applies, finds nothing to do, changes, and takes all away', async () => {
    write({ description: 'first', reason: 'none', ec2: true, lambda: false });
    await expect(['init'], 0);
    await expect(['apply', '-auto-approve'], 0);
    assert.equal((await filterOf()).description, 'first');
    const { delegatedAdmin } = await call(estate.owner, 'GetDelegatedAdminAccount', {});
    assert.equal(delegatedAdmin.accountId, hub);
    const { members } = await call(estate.owner, 'ListMembers', {});
    assert.deepEqual(
      members.map(({ accountId, relationshipStatus }: Answer) => [accountId, relationshipStatus]),
      [[member, 'ENABLED']],
    );
    const { autoEnable } = await call(estate.owner, 'DescribeOrganizationConfiguration', {});
    assert.deepEqual([autoEnable.ec2, autoEnable.lambda], [true, false]);
    assert.deepEqual(await scanTypes(), ['ENABLED', 'ENABLED']);
    // Zero: nothing to change; two: something.
    await expect(['plan', '-detailed-exitcode'], 0);

    write({ description: 'second', reason: 'changed', ec2: false, lambda: true });
    await expect(['plan', '-detailed-exitcode'], 2);
    await expect(['apply', '-auto-approve'], 0);
    const filter = await filterOf();
    assert.deepEqual([filter.description, filter.reason], ['second', 'changed']);
    const changed = await call(estate.owner, 'DescribeOrganizationConfiguration', {});
    assert.deepEqual([changed.autoEnable.ec2, changed.autoEnable.lambda], [false, true]);
    await expect(['plan', '-detailed-exitcode'], 0);

    await expect(['destroy', '-auto-approve'], 0);
    assert.deepEqual((await call(estate.owner, 'ListFilters', {})).filters, []);
    const { delegatedAdminAccounts } = await call(estate.owner, 'ListDelegatedAdminAccounts', {});
    assert.deepEqual(delegatedAdminAccounts, []);
    assert.deepEqual(await scanTypes(), ['DISABLED', 'DISABLED']);
  });

  async function scanTypes(): Promise<Answer> {
    const { accounts } = await call(estate.admin, 'BatchGetAccountStatus', {});
    const { ec2, ecr } = accounts[0].resourceState;
    return [ec2.status, ecr.status];
  }

  async function filterOf(): Promise<Answer> {
    return (await call(estate.owner, 'ListFilters', {})).filters[0];
  }

  function write(settings: Settings): void {
    writeFileSync(join(folder, 'main.tf'), mainText(estate, settings));
  }

  async function expect(args: readonly string[], code: number): Promise<void> {
    const result = await terraform(folder, args);
    assert.equal(result.code, code, `terraform ${args[0]}: ${result.output}`);
  }
});

type Settings = {
  readonly description: string;
  readonly reason: string;
  readonly ec2: boolean;
  readonly lambda: boolean;
};

function mainText({ running }: Estate, { description, reason, ec2, lambda }: Settings): string {
  const { key, settings, service } = running;
  return `
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}
provider "aws" {
  region                      = "${settings.region}"
  access_key                  = "${key.accessKeyId}"
  secret_key                  = "${key.secretAccessKey}"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_region_validation      = true
  max_retries                 = 1
  endpoints {
    inspector2 = "${service.address}"
    sts        = "${service.address}"
  }
}
resource "aws_inspector2_delegated_admin_account" "it" {
  account_id = "${hub}"
}
resource "aws_inspector2_member_association" "it" {
  account_id = "${member}"
  depends_on = [aws_inspector2_delegated_admin_account.it]
}
resource "aws_inspector2_enabler" "it" {
  account_ids    = ["${member}"]
  resource_types = ["ECR", "EC2"]
  depends_on     = [aws_inspector2_member_association.it]
  timeouts {
    create = "1m"
    update = "1m"
    delete = "1m"
  }
}
resource "aws_inspector2_organization_configuration" "it" {
  auto_enable {
    ec2    = ${ec2}
    ecr    = true
    lambda = ${lambda}
  }
  # Once the member is there: for the next ones only.
  depends_on = [aws_inspector2_enabler.it]
}
resource "aws_inspector2_filter" "it" {
  name        = "by-terraform"
  action      = "NONE"
  description = "${description}"
  reason      = "${reason}"
  filter_criteria {
    severity {
      comparison = "EQUALS"
      value      = "HIGH"
    }
  }
}
`;
}

function cliConfiguration(path: string): string {
  return `
disable_checkpoint = true
provider_installation {
  filesystem_mirror {
    path = "${path}"
  }
}
`;
}

function findMirror(): string | null {
  const named = process.env.OPENINSPECTOR_TERRAFORM_PLUGINS;
  const places = [
    ...(named ? [named] : []),
    join(homedir(), '.terraform.d', 'plugins'),
    '/usr/local/share/terraform/plugins',
    '/usr/share/terraform/plugins',
  ];
  // A mirror has a folder for each host that providers come from.
  const has = (place: string) =>
    existsSync(place) && readdirSync(place).some((host) => existsSync(join(place, host, 'hashicorp', 'aws')));
  return places.find(has) ?? null;
}

function terraform(
  folder: string,
  args: readonly string[],
): Promise<{ readonly code: number; readonly output: string }> {
  const env = {
    PATH: process.env.PATH ?? '',
    HOME: folder,
    TF_CLI_CONFIG_FILE: join(folder, 'terraformrc'),
    TF_IN_AUTOMATION: '1',
  };
  const [verb = '', ...rest] = args;
  return new Promise((resolve) => {
    const all = [verb, '-input=false', '-no-color', ...rest];
    execFile('terraform', all, { cwd: folder, env, maxBuffer: 1 << 24 }, (error, stdout, stderr) => {
      const code = typeof error?.code === 'number' ? error.code : error ? 1 : 0;
      resolve({ code, output: `${stdout}${stderr}` });
    });
  });
}
