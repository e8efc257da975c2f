import {z} from 'zod'

export const time = z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/)

export const amount = z.string().regex(/^\d+(\.\d+)?$/)

export const currency = z.string().regex(/^[A-Z]{3}$/)

/** Of lists that are counted. */
export function numberedPageOf<Row>(
  row: z.ZodType<Row>,
): z.ZodType<{count: number; page: number; page_count: number; results: Row[]}> {
  const count = z.int().nonnegative()
  return z.strictObject({count, page: z.int().positive(), page_count: z.int().positive(), results: z.array(row)})
}

/** Of lists that grow while they are read. */
export function keysetPageOf<Row>(
  row: z.ZodType<Row>,
): z.ZodType<{next: string | null; previous: string | null; results: Row[]}> {
  return z.strictObject({next: z.string().nullable(), previous: z.string().nullable(), results: z.array(row)})
}
