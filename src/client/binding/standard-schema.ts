/**
 * The Standard Schema interface, version 1 (standardschema.dev): what zod, valibot, arktype and others offer beside their own. Written out here, so that
 * callers need no package of ours choosing.
 */

/** A schema of any make that speaks version 1. */
export interface StandardSchema<Input = unknown, Output = Input> {
  readonly '~standard': {
    readonly version: 1;
    /** Who made it, such as `zod`. */
    readonly vendor: string;
    readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>;
    /** There for the type checker only. */
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
  };
}

export type SchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] };

export interface SchemaIssue {
  readonly message: string;
  /** From the whole value to the place that is wrong. */
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** The type of what a schema makes. */
export type SchemaOutput<Schema extends StandardSchema> = NonNullable<Schema['~standard']['types']>['output'];

/** The path of an issue as strings. */
export function issuePath({ path = [] }: SchemaIssue): string[] {
  return path.map((segment) => String(typeof segment === 'object' ? segment.key : segment));
}
