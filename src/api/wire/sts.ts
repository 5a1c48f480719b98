import { unmodelled } from './errors.ts';
import type { WireResponse } from './http.ts';
import { writeQueryResult } from './query.ts';

// The one call of AWS STS that clients of the API make: who am I.
// Source: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html

export const stsNamespace = 'https://sts.amazonaws.com/doc/2011-06-15/';

export type CallerIdentity = {
  /** Twelve digits. */
  readonly account: string;
  /** ARN of the user or role session. */
  readonly arn: string;
  /** The unique id of the principal: `AIDA…`, or `AROA…:session`. */
  readonly userId: string;
};

/** Answers an action of STS; throws the error of the caller for one that is not there. */
export async function answerSts(
  action: string,
  identify: () => CallerIdentity | Promise<CallerIdentity>,
  requestId: string,
): Promise<WireResponse> {
  if (action !== 'GetCallerIdentity')
    throw unmodelled(
      'InvalidAction',
      400,
      `Could not find operation ${action.slice(0, 100)} for this service.`,
    );
  const { arn, userId, account } = await identify();
  return writeQueryResult(action, stsNamespace, { Arn: arn, UserId: userId, Account: account }, requestId);
}
