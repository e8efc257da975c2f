import type * as errors from './errors.ts'

/** What `new` makes of the classes that a module exports. */
export type InstanceOf<Module> = {
  [Name in keyof Module]: Module[Name] extends new (...parameters: never[]) => infer Instance ? Instance : never
}[keyof Module]

/** Every error of the shop, told apart by its `code`. A class that is added to errors.ts is one of them. */
export type AnyShopError = InstanceOf<typeof errors>

/** The names of the data that an error carries beside its text. */
export type DataOf<AnyError> = Exclude<keyof AnyError, 'code' | 'headers' | 'hint' | keyof Error>
