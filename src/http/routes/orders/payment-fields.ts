import {z} from 'zod'
import type {oas31} from 'zod-openapi'

import {integerField, integerInput, type Refine, refuse, required, textField} from '../../drf/fields.ts'

export type PaymentBody = {payment_method?: number | 'default' | undefined; return_url?: string | undefined}

const maxUrlLength = 2000

const urlInput: oas31.SchemaObject = {type: 'string', format: 'uri', maxLength: maxUrlLength}

/** Browsers would run what these contain, or open a file. */
const forbiddenProtocols = ['blob:', 'data:', 'file:', 'javascript:', 'vbscript:']

function methodField(): z.ZodType<number | 'default'> {
  const id = integerField()
  return z
    .unknown()
    .transform((value, context: Refine): number | 'default' => {
      if (value === 'default') return value
      if (!required(value, context)) return z.NEVER
      const result = id.safeParse(value)
      return result.success ? result.data : refuse(context, 'An id or "default" is required.')
    })
    .meta({override: {anyOf: [{const: 'default'}, integerInput()]}})
}

function isReturnUrl(text: string): boolean {
  if (text.length > maxUrlLength || !URL.canParse(text)) return false
  const {href, protocol} = new URL(text)
  return href.length > protocol.length && !forbiddenProtocols.includes(protocol)
}

/** The members of an order about its payment. */
export const paymentFields = {
  payment_method: methodField()
    .meta({description: "The id of one of the caller's payment methods, or `default`. It is charged for the order."})
    .optional(),
  return_url: textField({trim: true})
    .refine(isReturnUrl, `Enter a valid URL of at most ${maxUrlLength} characters.`)
    .meta({
      override: urlInput,
      description: 'Where the payment provider sends the buyer after an action, such as a confirmation with the bank.',
    })
    .optional(),
}

/** The fields of a form. An empty one counts as a missing one. */
export const paymentForm: Record<string, oas31.SchemaObject> = {
  payment_method: {anyOf: [{const: 'default'}, integerInput(), {const: ''}]},
  return_url: {anyOf: [urlInput, {const: ''}]},
}

/** The names of the fields of a form about the payment. */
export const paymentNames = Object.keys(paymentFields)
