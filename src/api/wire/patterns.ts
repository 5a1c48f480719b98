import type { Pattern } from './limits.ts';

// The API's patterns that would backtrack far, or nest quantifiers, as code that reads the text once. `source` is
// the pattern as the API has it: messages show it, and the tests hold the code against it.

/** An image or repository of ECR, in any partition. */
export const ecrArn: Pattern = {
  source: '^arn:.*:ecr:.*:\\d{12}:repository\\/[a-zA-Z0-9._\\/-]+(\\/sha256:[a-z0-9]{64})?$',
  matches: isEcrArn,
};

/** A resource that findings name: ECR, EC2, Lambda, a code project, or Azure. */
export const resourceId: Pattern = {
  source:
    '(^arn:.*:ecr:.*:\\d{12}:repository\\/[a-zA-Z0-9._\\/-]+(\\/sha256:[a-z0-9]{64})?$)|(^i-([a-z0-9]{8}|[a-z0-9]{17}|\\\\*)$|(^arn:(aws[a-zA-Z-]*)?:lambda:[a-z]{2}(-gov)?-[a-z]+-\\d{1}:\\d{12}:function:[a-zA-Z0-9-_\\.]+(:(\\$LATEST|[a-zA-Z0-9-_]+))?$)|(^arn:(aws[a-zA-Z-]*)?:inspector2:[a-z]{2}(-gov)?-[a-z]+-\\d{1}:\\d{12}:codesecurity-integration\\/[a-f0-9-]{36}\\/project-[a-f0-9]{8}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{12}$))|(^\\/subscriptions\\/[a-f0-9]{8}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{12}\\/resourcegroups\\/[a-z0-9_\\-\\.()]+\\/providers\\/(microsoft\\.compute\\/virtualmachines\\/[a-z0-9_\\-]+|microsoft\\.web\\/sites\\/[a-z0-9_\\-]+|microsoft\\.containerregistry\\/registries\\/[a-z0-9_\\-]+(\\/repositories\\/[a-z0-9_\\-\\/]+\\/images?\\/sha256:[a-f0-9]{64})?)$)',
  matches: isResourceId,
};

export const connectorArn: Pattern = {
  source:
    '^arn:aws(-[a-z]+)*:inspector2:[a-z0-9-]+:[0-9]{12}:connector/([a-f0-9-]+|aws-service-connector/.+/[a-f0-9-]+)$',
  matches: isConnectorArn,
};

/** A folder that deep inspection looks into, on Linux or Windows. */
export const packagePath: Pattern = {
  source:
    '^(?:(?:/(?:\\.[-\\w]+|[-\\w]+(?:[. ][-\\w]+)*))+/?|[A-Za-z]:\\\\(?:[-\\w]+(?:[. ][-\\w]+)*\\\\)*[-\\w]+(?:[. ][-\\w]+)*)$',
  matches: isPackagePath,
};

/** An account, or a word for the caller's own or all of them. The API's alternatives are not grouped, and so would
 * let any text pass that holds ALL_ACCOUNTS; we take each as the whole text. */
export const targetAccount: Pattern = {
  source: '^\\d{12}|ALL_ACCOUNTS|SELF$',
  matches: (text) => /^(?:\d{12}|ALL_ACCOUNTS|SELF)$/.test(text),
};

const lineEnd = /[\n\r\u2028\u2029]/;
const repositoryMark = ':repository/';

function isEcrArn(text: string): boolean {
  // What follows the mark holds no ':' but the one of a digest, so the last mark is the only one that can count.
  const mark = text.lastIndexOf(repositoryMark);
  if (mark < 0) return false;
  const account = text.slice(mark - 13, mark);
  const front = text.slice(0, Math.max(mark - 13, 0));
  return (
    /^:\d{12}$/.test(account) &&
    front.startsWith('arn:') &&
    front.includes(':ecr:', 4) &&
    !lineEnd.test(front) &&
    isRepository(text.slice(mark + repositoryMark.length))
  );
}

function isRepository(text: string): boolean {
  const digest = text.length > 72 && /^\/sha256:[a-z0-9]{64}$/.test(text.slice(-72));
  return /^[a-zA-Z0-9._/-]+$/.test(digest ? text.slice(0, -72) : text);
}

const otherResources = [
  /^i-(?:[a-z0-9]{8}|[a-z0-9]{17}|\\*)$/,
  /^arn:(?:aws[a-zA-Z-]*)?:lambda:[a-z]{2}(?:-gov)?-[a-z]+-\d:\d{12}:function:[a-zA-Z0-9-_.]+(?::(?:\$LATEST|[a-zA-Z0-9-_]+))?$/,
  /^arn:(?:aws[a-zA-Z-]*)?:inspector2:[a-z]{2}(?:-gov)?-[a-z]+-\d:\d{12}:codesecurity-integration\/[a-f0-9-]{36}\/project-[a-f0-9]{8}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{12}$/,
  /^\/subscriptions\/[a-f0-9]{8}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{12}\/resourcegroups\/[a-z0-9_\-.()]+\/providers\/(?:microsoft\.compute\/virtualmachines\/[a-z0-9_-]+|microsoft\.web\/sites\/[a-z0-9_-]+|microsoft\.containerregistry\/registries\/[a-z0-9_-]+(?:\/repositories\/[a-z0-9_\-/]+\/images?\/sha256:[a-f0-9]{64})?)$/,
];

function isResourceId(text: string): boolean {
  return isEcrArn(text) || otherResources.some((regex) => regex.test(text));
}

function isConnectorArn(text: string): boolean {
  const [arn, partition = '', service, region = '', account = '', ...rest] = text.split(':', 256);
  if (arn !== 'arn' || service !== 'inspector2' || !isAwsPartition(partition)) return false;
  if (!/^[a-z0-9-]+$/.test(region) || !/^[0-9]{12}$/.test(account)) return false;
  return isConnector(rest.join(':'));
}

function isAwsPartition(text: string): boolean {
  const [first, ...parts] = text.split('-');
  return first === 'aws' && parts.every((part) => /^[a-z]+$/.test(part));
}

function isConnector(text: string): boolean {
  const [prefix, service] = ['connector/', 'connector/aws-service-connector/'];
  if (!text.startsWith(prefix)) return false;
  if (/^[a-f0-9-]+$/.test(text.slice(prefix.length))) return true;
  const slash = text.lastIndexOf('/');
  if (!text.startsWith(service) || slash <= service.length || lineEnd.test(text)) return false;
  return /^[a-f0-9-]+$/.test(text.slice(slash + 1));
}

function isPackagePath(text: string): boolean {
  if (/^[A-Za-z]:\\/.test(text)) return text.slice(3).split('\\').every(isPathPart);
  if (!text.startsWith('/')) return false;
  const parts = text.slice(1).split('/');
  if (parts.length > 1 && parts.at(-1) === '') parts.pop();
  return parts.every((part) => /^\.[-\w]+$/.test(part) || isPathPart(part));
}

function isPathPart(part: string): boolean {
  return part.split(/[. ]/).every((word) => /^[-\w]+$/.test(word));
}
