import type { CodeSnippetError } from '@aws-sdk/client-inspector2';
import type { ApiContext } from '../context.ts';
import type { Checked, Handlers } from '../wire/handlers.ts';

export const codeSnippetOperations = {
  /**
   * Snippets belong to code findings, and there are none yet: each ARN says why it has none. An administrator does not
   * get those of its members either.
   * Source: https://docs.aws.amazon.com/inspector/v2/APIReference/API_BatchGetCodeSnippet.html
   */
  async BatchGetCodeSnippet(input, context) {
    const errors = [...new Set(input.findingArns)].map((arn) => errorOf(arn, context));
    return { codeSnippetResults: [], errors };
  },
} satisfies Handlers<ApiContext>;

// Told by the ARN alone, so that nobody learns which findings of others there are.
function errorOf(findingArn: string, { accountId, service }: ApiContext): Checked<CodeSnippetError> {
  const [, , , region, owner] = findingArn.split(':');
  if (owner !== accountId)
    return {
      findingArn,
      errorCode: 'ACCESS_DENIED',
      errorMessage: 'The finding belongs to another account.',
    };
  if (region !== service.region)
    return {
      findingArn,
      errorCode: 'INVALID_INPUT',
      errorMessage: `The finding is not of ${service.region}.`,
    };
  return {
    findingArn,
    errorCode: 'CODE_SNIPPET_NOT_FOUND',
    errorMessage: 'There is no code snippet of this finding.',
  };
}
