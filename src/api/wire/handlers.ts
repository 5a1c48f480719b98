import type * as sdk from '@aws-sdk/client-inspector2';
import type { OutputFormat } from './inspector-scan.ts';
import type { Json } from './json.ts';

/**
 * The operations that are there, by name, typed by the SDK's own interfaces. An input has been checked whole, so its
 * required members are not undefined; an output may be read-only. What is missing answers that it is not available.
 */
export type Handlers<Context> = {
  readonly [Name in OperationName]?: (input: InputOf<Name>, context: Context) => Promise<OutputOf<Name>>;
};

export type OperationName = Inspector2Name | 'ScanSbom';

export type InputOf<Name extends OperationName> = Name extends Inspector2Name
  ? Checked<Io<(typeof sdk)[`${Name}Command`]>['input']>
  : ScanSbomInput;

export type OutputOf<Name extends OperationName> = Name extends Inspector2Name
  ? Checked<Omit<Io<(typeof sdk)[`${Name}Command`]>['output'], '$metadata'>>
  : ScanSbomOutput;

export type ScanSbomInput = { readonly sbom: Json; readonly outputFormat?: OutputFormat };
export type ScanSbomOutput = { readonly sbom: Json };

/** The SDK gives required members the type `T | undefined`; this takes the undefined off and makes all read-only. */
export type Checked<T> = T extends Date | Uint8Array | string | number | boolean
  ? T
  : T extends readonly (infer Item)[]
    ? readonly Checked<Item>[]
    : T extends object
      ? {
          readonly [Name in keyof T]: object extends Pick<T, Name>
            ? Checked<T[Name]>
            : Checked<Exclude<T[Name], undefined>>;
        }
      : T;

type Inspector2Name = Exclude<
  {
    [Name in keyof typeof sdk]: Name extends `${infer Operation}Command` ? Operation : never;
  }[keyof typeof sdk],
  // The base class of the commands.
  '$'
>;

type Io<Command> = Command extends abstract new (
  ...parameters: never[]
) => sdk.$Command<infer Input, infer Output, infer _Configuration>
  ? { input: Input; output: Output }
  : never;
