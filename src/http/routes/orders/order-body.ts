import {integerField, integerInput, listField, objectField} from '../../drf/fields.ts'
import {parseHtmlList} from '../../drf/html-list.ts'
import {currencyField, currencyInput, decimalField, decimalText} from '../../drf/money-fields.ts'
import type {FormSchema, RequestBody} from '../../openapi/operation.ts'

const Item = objectField({
  product_id: integerField().meta({description: 'One that can be ordered; each once.'}),
  quantity: integerField().meta({override: integerInput({minimum: 1}), description: '1 or more.'}),
})

export const OrderBody = objectField({
  items: listField(Item).meta({description: 'At least one.'}),
  currency: currencyField().meta({description: "The shop's own without it."}).optional(),
  expected_total: decimalField()
    .meta({
      description:
        'In the currency of the order, with no more decimals than that has: refused where it would cost anything else.',
    })
    .optional(),
}).meta({id: 'NewOrder'})

/** An HTML form has its items by position: `items[0]product_id=6`. */
const OrderForm: FormSchema = {
  type: 'object',
  description:
    'The items by position: `items[0]product_id` and `items[0]quantity`, `items[1]product_id`, ... At least one, and each with both.',
  properties: {
    // A field that is empty counts as one that was not sent.
    currency: {anyOf: [currencyInput, {const: ''}]},
    expected_total: {anyOf: [decimalText, {const: ''}]},
  },
  patternProperties: {
    [String.raw`^items\[\d+\]product_id$`]: integerInput(),
    [String.raw`^items\[\d+\]quantity$`]: integerInput({minimum: 1}),
  },
  minProperties: 1,
}

export const orderBody: RequestBody = {
  json: OrderBody,
  form: OrderForm,
  examples: {
    'one bread': {
      json: {items: [{product_id: 6, quantity: 1}]},
      form: {'items[0]product_id': '6', 'items[0]quantity': '1'},
    },
    'for no other price': {
      json: {items: [{product_id: 6, quantity: 1}], currency: 'USD', expected_total: '4.25'},
      form: {'items[0]product_id': '6', 'items[0]quantity': '1', currency: 'USD', expected_total: '4.25'},
    },
  },
}

/** A field that is empty counts as one that was not sent. */
export function readOrderForm(fields: URLSearchParams): Record<string, unknown> {
  const read = (name: string) => (fields.get(name) === '' ? undefined : (fields.get(name) ?? undefined))
  return {items: parseHtmlList(fields, 'items'), currency: read('currency'), expected_total: read('expected_total')}
}
