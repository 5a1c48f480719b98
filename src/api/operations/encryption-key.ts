import { getAccountSetting, putAccountSetting } from '../../store/account-settings.ts';
import type { ApiContext } from '../context.ts';
import { resourceNotFound, validation } from '../wire/errors.ts';
import type { Handlers } from '../wire/handlers.ts';

type Subject = { readonly scanType: string; readonly resourceType: string };

// Only code snippets are encrypted under a key of the customer.
// Source: https://docs.aws.amazon.com/inspector/latest/user/encryption-rest.html
const resourceTypes = ['AWS_LAMBDA_FUNCTION', 'CODE_REPOSITORY'];

export const encryptionKeyOperations = {
  async GetEncryptionKey(input, context) {
    return { kmsKeyId: await ownKey(context, input) };
  },

  async UpdateEncryptionKey(input, context) {
    checkSubject(input);
    const { db, now } = context.service;
    await putAccountSetting(db, context.accountId, keySetting(input), input.kmsKeyId, now());
    return {};
  },

  async ResetEncryptionKey(input, context) {
    await ownKey(context, input);
    const { db, now } = context.service;
    await putAccountSetting(db, context.accountId, keySetting(input), null, now());
    return {};
  },
} satisfies Handlers<ApiContext>;

/** Under which name an account's key is stored. */
export function keySetting({ scanType, resourceType }: Subject): string {
  return `encryptionKey.${scanType}.${resourceType}`;
}

async function ownKey({ service, accountId }: ApiContext, subject: Subject): Promise<string> {
  checkSubject(subject);
  const found = await getAccountSetting<string | null>(service.db, accountId, keySetting(subject));
  if (!found?.value)
    throw resourceNotFound(`No key was set for ${subject.scanType} of ${subject.resourceType}.`);
  return found.value;
}

function checkSubject({ scanType, resourceType }: Subject): void {
  if (scanType !== 'CODE') throw wrong('scanType', 'must be CODE: only code snippets are encrypted by a key');
  if (!resourceTypes.includes(resourceType))
    throw wrong('resourceType', `must be ${resourceTypes.join(' or ')}`);
}

function wrong(name: string, message: string) {
  return validation(`${name} ${message}.`, { fields: [{ name, message }] });
}
