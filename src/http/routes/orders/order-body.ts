import type {z} from 'zod'

import type {Currency} from '../../../money.ts'
import {integerField, integerInput, listField, objectField} from '../../drf/fields.ts'
import {type BodyReader, createBodyReader, readFields} from '../../drf/body.ts'
import {parseHtmlList} from '../../drf/html-list.ts'
import {currencyField, currencyInput, type Decimal, decimalField, decimalText} from '../../drf/money-fields.ts'
import type {FormSchema, RequestBody} from '../../openapi/operation.ts'
import {type PaymentBody, paymentFields, paymentForm, paymentNames} from './payment-fields.ts'

const Item = objectField({
  product_id: integerField().meta({
    description: 'The id of a product that can be ordered. Each product may appear only once.',
  }),
  quantity: integerField().meta({override: integerInput({minimum: 1}), description: 'At least 1.'}),
})

const itemKeys = ['product_id', 'quantity']

export type ItemBody = {product_id: number; quantity: number}

/** At most `maxItems` items. */
export function itemsField(maxItems: number): z.ZodType<ItemBody[]> {
  return listField(Item, {maxItems}).meta({description: 'At least one item.'})
}

/** HTML forms name the items by position: `items[0]product_id=6`. */
export const itemsForm: FormSchema = {
  type: 'object',
  description:
    'The items by position: `items[0]product_id` and `items[0]quantity`, `items[1]product_id` and so on. At least ' +
    'one item is required, and every item needs both fields.',
  patternProperties: {
    [String.raw`^items\[\d+\]product_id$`]: integerInput(),
    [String.raw`^items\[\d+\]quantity$`]: integerInput({minimum: 1}),
  },
  minProperties: 1,
}

export function readItems(fields: URLSearchParams): unknown[] | undefined {
  return parseHtmlList(fields, 'items', itemKeys)
}

/** A form has two fields for each item. */
export function createItemsReader(maxItems: number, options: {refusesCards?: boolean} = {}): BodyReader {
  return createBodyReader({maxFields: Math.max(1000, 2 * maxItems + 100), ...options})
}

export const orderCurrency = currencyField()
  .meta({description: 'The currency of the order. The default is the currency of the shop.'})
  .optional()

export const expectedTotal = decimalField()
  .meta({
    description:
      'The total that the buyer expects, in the currency of the order and with no more decimals than it has. The order ' +
      'is refused if the actual total differs.',
  })
  .optional()

export type OrderBody = PaymentBody & {
  items: ItemBody[]
  currency?: Currency | undefined
  expected_total?: Decimal | undefined
}

/** The members of an order of at most `maxItems` items. */
export function orderFields(maxItems: number, {takesPayments}: {takesPayments: boolean}): z.ZodType<OrderBody> {
  const shape = {items: itemsField(maxItems), currency: orderCurrency, expected_total: expectedTotal}
  const fields = takesPayments ? objectField({...shape, ...paymentFields}) : objectField(shape)
  return fields.meta({id: 'NewOrder'})
}

/** The fields of a form about money. An empty one counts as a missing one. */
export const moneyForm = {
  currency: {anyOf: [currencyInput, {const: ''}]},
  expected_total: {anyOf: [decimalText, {const: ''}]},
}

const orderForm: FormSchema = {...itemsForm, properties: moneyForm}
const paidOrderForm: FormSchema = {...itemsForm, properties: {...moneyForm, ...paymentForm}}

const examples = {
  'one bread': {
    json: {items: [{product_id: 6, quantity: 1}]},
    form: {'items[0]product_id': '6', 'items[0]quantity': '1'},
  },
  'with an expected total': {
    json: {items: [{product_id: 6, quantity: 1}], currency: 'USD', expected_total: '4.25'},
    form: {'items[0]product_id': '6', 'items[0]quantity': '1', currency: 'USD', expected_total: '4.25'},
  },
}

const paidExamples = {
  ...examples,
  'paid with the default method': {
    json: {items: [{product_id: 6, quantity: 1}], payment_method: 'default'},
    form: {'items[0]product_id': '6', 'items[0]quantity': '1', payment_method: 'default'},
  },
}

export function describeOrderBody(
  fields: z.ZodType<OrderBody>,
  {takesPayments}: {takesPayments: boolean},
): RequestBody {
  if (takesPayments) return {json: fields, form: paidOrderForm, examples: paidExamples}
  return {json: fields, form: orderForm, examples}
}

/** A shop that takes no payments ignores the fields about them. */
export function readOrderForm(fields: URLSearchParams): Record<string, unknown> {
  return {items: readItems(fields), ...readFilledFields(fields, ['currency', 'expected_total', ...paymentNames])}
}

/** An empty field counts as a missing one. */
export function readFilledFields(fields: URLSearchParams, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(readFields(fields, names)).filter(([, value]) => value !== ''))
}
