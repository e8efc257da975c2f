import type * as errors from './errors.ts'

/** The instance types of all classes that a module exports. */
export type InstanceOf<Module> = {
  [Name in keyof Module]: Module[Name] extends new (...parameters: never[]) => infer Instance ? Instance : never
}[keyof Module]

/** The union of all error classes in errors.ts, discriminated by `code`. */
export type AnyShopError = InstanceOf<typeof errors>

/** The names of the members in which an error carries data besides its text and what is sent as headers. */
export type DataOf<AnyError> = Exclude<keyof AnyError, 'code' | 'headers' | 'hint' | 'retryAfterSeconds' | keyof Error>
