/** What the Inspector API calls the kinds of resource, and our own kinds beside them. */
export const resourceTypes = [
  'AWS_EC2_INSTANCE',
  'AWS_ECR_CONTAINER_IMAGE',
  'AWS_ECR_REPOSITORY',
  'AWS_LAMBDA_FUNCTION',
  'CODE_REPOSITORY',
] as const;
export type ResourceType = (typeof resourceTypes)[number];

/** A machine, image or function that is watched. */
export type Resource = {
  readonly type: ResourceType;
  /** Instance id, image ARN, function ARN; ours look alike: `i-…`, `arn:aws:ecr:…`, `arn:aws:lambda:…`. */
  readonly id: string;
  /** The name that people know it by. */
  readonly name: string;
  /** The target plugin and the place it was found at. */
  readonly target: string;
  readonly location: string;
  /** Changes exactly when the content may have changed: a digest, or a hash of sizes and times. */
  readonly fingerprint: string;
  readonly tags: Readonly<Record<string, string>>;
  /** Shape by type; see `ResourceDetails` of the API. */
  readonly details: Readonly<Record<string, unknown>>;
};
